#include "unit/expect.h"

#include <stdio.h>
#include <stdlib.h>

#include "desk/format.h"
#include "desk/format/excerpt.h"
#include "desk/format/escape.h"
#include "desk/format/hidden.h"
#include "desk/format/told.h"

static const struct desk_run run = {.version = {"0", 1}, .fail_on = ACTION_DENY};

static void expect_text(struct str actual, const char *expected) {
    if (actual.len == 0 && !expected[0]) return;
    expect_str_at(actual, expected, strlen(expected), __FILE__, __LINE__);
}

/* --- hidden values ---------------------------------------------------------------------------- */

static void values_that_may_be_secret_are_found(void **state) {
    (void)state;
    static const struct {
        const char *line, *value;
    } cases[] = {
        {"value: correct-horse", "correct-horse"},
        {"  - {name: X, value: correct-horse}", "correct-horse"},
        {"{\"name\":\"X\",\"value\":\"correct-horse\"}", "correct-horse"},
        {"{\"value\" : \"correct \\\" horse\"}", "correct \\\" horse"},
        {"  password: 'correct horse'", "correct horse"},
        {"  apiToken: correct-horse", "correct-horse"},
        {"  value: \"never closed", "never closed"},
        {"  image: nginx:latest", NULL},
        {"  value:", NULL},
        {"  value: |", NULL},
        {"  password: {valueFrom: x}", NULL},
        {"  passwordFile: /run/x", NULL},
        {"  value: $(OTHER)", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str value;
        bool found = hidden_find(str_from(cases[i].line), 0, &value);
        if (found != (cases[i].value != NULL)) fail_msg("%s", cases[i].line);
        if (found) expect_text(value, cases[i].value);
    }
}

/* --- escapes ----------------------------------------------------------------------------------- */

typedef void (*escape_fn)(struct strbuf *buf, struct str text);

static void texts_are_escaped_by_each_formats_rules(void **state) {
    (void)state;
    static const struct {
        escape_fn escape;
        struct str text;
        const char *escaped;
    } cases[] = {
        {escape_add_xml_text, STR_INIT("a<b>&\"c\n\t\r"), "a&lt;b&gt;&amp;\"c\n\t&#13;"},
        {escape_add_xml_attribute, STR_INIT("a<b>&\"c\n\t\r"),
         "a&lt;b&gt;&amp;&quot;c&#10;&#9;&#13;"},
        {escape_add_xml_text, STR_INIT("]]>\x1b\x00z"), "]]&gt;\xEF\xBF\xBD\xEF\xBF\xBDz"},
        {escape_add_xml_text, STR_INIT("\xC3\xA4 \xFF \xEF\xBF\xBE"),
         "\xC3\xA4 \xEF\xBF\xBD \xEF\xBF\xBD"},
        {escape_add_uri, STR_INIT("./a b/c:d%e?f#g.yaml"), "a%20b/c%3Ad%25e%3Ff%23g.yaml"},
        {escape_add_uri, STR_INIT("/tmp/\xC3\xA4"), "file:///tmp/%C3%A4"},
        {escape_add_uri, STR_INIT("<stdin>"), "%3Cstdin%3E"},
        {escape_add_uri, STR_INIT(".//./../x"), "../x"},
        {escape_add_command_data, STR_INIT("100%\r\n::error::a,b"), "100%25%0D%0A::error::a,b"},
        {escape_add_command_property, STR_INIT("a:b,c%\n\x1b"), "a%3Ab%2Cc%25%0A\\x1b"},
    };
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strbuf buf;
        strbuf_init(&buf, &arena, 0);
        cases[i].escape(&buf, cases[i].text);
        expect_text(strbuf_str(&buf), cases[i].escaped);
    }
    arena_fini(&arena);
}

static void a_region_ends_behind_its_last_character(void **state) {
    (void)state;
    struct str text = STR("a: \xC3\xA4\xC3\xB6\nb: |\n  x\n  yz\n");
    struct place place = {.line = 1, .column = 4, .offset = 3, .length = 4};
    struct place end = told_end(text, &place);
    assert_int_equal(end.line, 1);
    assert_int_equal(end.column, 6);
    place = (struct place){.line = 2, .column = 4, .offset = 11, .length = 10};
    end = told_end(text, &place);
    assert_int_equal(end.line, 4);
    assert_int_equal(end.column, 5);
}

/* --- excerpts --------------------------------------------------------------------------------- */

static void expect_excerpt(const char *text, size_t offset, size_t length, const char *expected) {
    struct format_sink sink;
    struct place place = {.line = 7, .column = 1, .offset = offset, .length = length};
    format_sink_init(&sink, &format_text, &run, stdout, false);
    excerpt_add(&sink, str_from(text), &place);
    expect_text(strbuf_str(&sink.buf), expected);
    format_sink_fini(&sink);
}

static void the_line_is_shown_with_marks_below(void **state) {
    (void)state;
    expect_excerpt("a: 1\nbb: 22\nc: 3\n", 9, 2,
                   "    7 | bb: 22\n"
                   "      |     ^^\n");
    expect_excerpt("bb: 22", 0, 0,
                   "    7 | bb: 22\n"
                   "      | ^\n");
    expect_excerpt("bb: 22\r\n", 4, 20,
                   "    7 | bb: 22\n"
                   "      |     ^^\n");
    expect_excerpt("", 0, 3,
                   "    7 | \n"
                   "      | ^\n");
    expect_excerpt("short", 99, 1, "");
}

static void tabs_stay_and_controls_are_escaped(void **state) {
    (void)state;
    expect_excerpt("\ta:\t1", 4, 1,
                   "    7 | \ta:\t1\n"
                   "      | \t  \t^\n");
    expect_excerpt("\x1b[1m: \xC3\xA4 x \xFF", 9, 1,
                   "    7 | \\x1b[1m: \xC3\xA4 x \\xff\n"
                   "      |            ^\n");
}

static void long_lines_are_cut_around_the_place(void **state) {
    (void)state;
    char text[1024];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text + 500, "\"key\":\"meant\"", 13);
    struct format_sink sink;
    struct place place = {.line = 1, .column = 507, .offset = 506, .length = 7};
    format_sink_init(&sink, &format_text, &run, stdout, false);
    excerpt_add(&sink, str_from(text), &place);
    struct str shown = strbuf_str(&sink.buf);
    assert_true(str_starts_with(shown, STR("    1 | ...\"key\":\"meant\"xxx")));
    assert_true(str_ends_with(shown, STR("xxx...\n      |          ^^^^^^^\n")));
    assert_true(shown.len < 250);
    format_sink_fini(&sink);
}

static void hidden_values_are_stars(void **state) {
    (void)state;
    expect_excerpt("{value: correct-horse, image: nginx}", 30, 5,
                   "    7 | {value: ***, image: nginx}\n"
                   "      |                     ^^^^^\n");
}

/* --- errors ----------------------------------------------------------------------------------- */

static char *written_by(const struct format *format, const struct desk_error *errors,
                        size_t count) {
    char *text = NULL;
    size_t len;
    struct format_sink sink;
    struct desk_summary summary = {.errors = count};
    FILE *stream = open_memstream(&text, &len);
    format_sink_init(&sink, format, &run, stream, false);
    format->begin(&sink);
    for (size_t i = 0; i < count; i++)
        format->error(&sink, &errors[i]);
    format->end(&sink, &summary);
    format_sink_fini(&sink);
    fclose(stream);
    return text;
}

static void errors_point_into_their_own_file(void **state) {
    (void)state;
    /* The same memory for both files, as a source reuses it. */
    char text[] = "one\ntwo\nthree\n";
    struct desk_error errors[2] = {
        {.file = STR("a"),
         .text = str_from(text),
         .file_number = 1,
         .place = {.line = 3, .column = 1},
         .message = STR("m")},
        {.file = STR("b"),
         .text = str_from(text),
         .file_number = 2,
         .place = {.line = 2, .column = 2},
         .message = STR("m")},
    };
    char *shown = written_by(&format_errors, errors, 2);
    assert_string_equal(shown, "a:3:1: error: m\n"
                               "    3 | three\n"
                               "      | ^^^^^\n"
                               "b:2:2: error: m\n"
                               "    2 | two\n"
                               "      |  ^^\n");
    free(shown);
}

static void json_is_whole_without_results(void **state) {
    (void)state;
    struct desk_error error = {.file = STR("a\"b"), .message = STR("line\nbreak")};
    char *shown = written_by(&format_json, NULL, 0);
    assert_string_equal(
        shown,
        "{\"version\":1,\"results\":[],\"errors\":[],\"namespaces\":[],\"summary\":{\"objects\":0,"
        "\"skipped\":0,\"denied\":0,\"warned\":0,\"audited\":0,"
        "\"excepted\":0,\"suppressed\":0,\"errors\":0}}\n");
    free(shown);
    shown = written_by(&format_json, &error, 1);
    assert_non_null(strstr(shown,
                           "\"errors\":[\n{\"file\":\"a\\\"b\",\"line\":0,\"column\":0,"
                           "\"message\":\"line\\nbreak\"}\n],\"namespaces\":[],\"summary\""));
    free(shown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped_by_each_formats_rules),
        cmocka_unit_test(a_region_ends_behind_its_last_character),
        cmocka_unit_test(values_that_may_be_secret_are_found),
        cmocka_unit_test(the_line_is_shown_with_marks_below),
        cmocka_unit_test(tabs_stay_and_controls_are_escaped),
        cmocka_unit_test(long_lines_are_cut_around_the_place),
        cmocka_unit_test(hidden_values_are_stars),
        cmocka_unit_test(errors_point_into_their_own_file),
        cmocka_unit_test(json_is_whole_without_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
