#include "base/json_out.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/expect.h"

static struct arena arena;
static struct strbuf buf;
static struct json_out out;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    strbuf_init(&buf, &arena, 0);
    json_out_init(&out, &buf);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void writes_every_kind_of_value(void **state) {
    (void)state;
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "s", STR("x"));
    json_out_string_at(&out, STR("k\""), STR("y"));
    json_out_int(&out, "min", INT64_MIN);
    json_out_int(&out, "max", INT64_MAX);
    json_out_bool(&out, "t", true);
    json_out_bool(&out, "f", false);
    json_out_null(&out, "n");
    json_out_raw(&out, "r", STR("[1, 2]"));
    json_out_end_object(&out);
    expect_str(strbuf_str(&buf), "{\"s\":\"x\",\"k\\\"\":\"y\",\"min\":-9223372036854775808,"
                                 "\"max\":9223372036854775807,\"t\":true,\"f\":false,\"n\":null,"
                                 "\"r\":[1, 2]}");
}

static void commas_stand_between_and_nowhere_else(void **state) {
    (void)state;
    json_out_begin_array(&out, NULL);
    json_out_begin_array(&out, NULL);
    json_out_end_array(&out);
    json_out_begin_object(&out, NULL);
    json_out_begin_array(&out, "a");
    json_out_int(&out, NULL, 1);
    json_out_int(&out, NULL, 2);
    json_out_end_array(&out);
    json_out_begin_object(&out, "o");
    json_out_end_object(&out);
    json_out_end_object(&out);
    json_out_null(&out, NULL);
    json_out_end_array(&out);
    expect_str(strbuf_str(&buf), "[[],{\"a\":[1,2],\"o\":{}},null]");
}

static void the_deepest_nesting_works(void **state) {
    (void)state;
    for (int i = 0; i < 32; i++)
        json_out_begin_array(&out, NULL);
    json_out_int(&out, NULL, 1);
    json_out_int(&out, NULL, 2);
    for (int i = 0; i < 32; i++)
        json_out_end_array(&out);
    assert_int_equal(buf.len, 32 + 3 + 32);
    assert_int_equal(out.depth, 0);
}

static void one_value_alone_is_a_document(void **state) {
    (void)state;
    json_out_string(&out, NULL, STR("x"));
    expect_str(strbuf_str(&buf), "\"x\"");
}

static void strings_are_escaped(void **state) {
    (void)state;
    json_out_escape(&buf, STR("a\"\\/\b\f\n\r\t\x1F\x7F<>&"));
    expect_str(strbuf_str(&buf), "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u001f\\u007f"
                                 "\\u003c\\u003e\\u0026\"");
}

static void strings_are_valid_utf8_on_the_wire(void **state) {
    (void)state;
    json_out_escape(&buf,
                    STR("\xC3\xA9\xE2\x80\xA8\xE2\x80\xA9\xF0\x9F\x90\xB3|\xFF|\xED\xA0\x80|\xC3"));
    expect_str(strbuf_str(&buf), "\"\xC3\xA9\\u2028\\u2029\xF0\x9F\x90\xB3|\xEF\xBF\xBD|"
                                 "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|\xEF\xBF\xBD\"");
}

static void what_misleads_readers_is_escaped(void **state) {
    (void)state;
    json_out_escape(&buf, STR("\xE2\x80\xAEtxt\xE2\x80\x8B|\xEF\xBB\xBF|\xC2\x9B|\x7F|\x1B[31m"));
    expect_str(strbuf_str(&buf), "\"\\u202etxt\\u200b|\\ufeff|\\u009b|\\u007f|\\u001b[31m\"");
}

/* Short and long texts are looked at in different ways: one character to escape, at each place of each length. */
static void what_must_be_escaped_is_found_wherever_it_stands(void **state) {
    (void)state;
    for (size_t length = 0; length <= 40; length++)
        for (size_t place = 0; place <= length; place++) { /* place == length: none */
            char *text = malloc(length > 0 ? length : 1), expected[64];
            assert_non_null(text); /* of exact size, so that reading beyond it is seen */
            memset(text, 'a', length);
            if (place < length) text[place] = '<';
            int n = snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)place, text,
                             place < length ? "\\u003c" : "",
                             place < length ? (int)(length - place - 1) : 0,
                             text + (place < length ? place + 1 : place));
            struct str given = {text, length};
            strbuf_truncate(&buf, 0);
            json_out_init(&out, &buf);
            json_out_string(&out, NULL, given);
            assert_int_equal(buf.len, n);
            assert_memory_equal(buf.at, expected, (size_t)n);
            free(text);
        }
}

/* What is kept for several places is what the escaper wrote, whatever the text. */
static void a_kept_text_is_written_as_the_escaper_writes_it(void **state) {
    (void)state;
    const struct str texts[] = {
        STR(""),
        STR("spec.containers[0].image"),
        STR("\"<b>&\\\n\x1B[31m\0"),
        STR("\xE2\x80\xAEtxt\xE2\x80\x8B|\xFF|\xED\xA0\x80|\xC3"),
        STR("a text of more than one block that ends with what must be escaped<"),
    };
    struct strbuf page = {.arena = &arena};
    struct json_text kept[sizeof texts / sizeof *texts];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        kept[i] = json_text_of(&page, texts[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct strbuf expected = {.arena = &arena};
        json_out_escape(&expected, texts[i]);
        strbuf_truncate(&buf, 0);
        json_out_text(&buf, kept[i]);
        assert_int_equal(buf.len, expected.len);
        assert_memory_equal(buf.at, expected.at, expected.len);
    }
    strbuf_truncate(&buf, 0);
    json_out_two_texts(&buf, kept[2], kept[1]);
    expect_str(strbuf_str(&buf), "\"\\\"\\u003cb\\u003e\\u0026\\\\\\n\\u001b[31m\\u0000 "
                                 "spec.containers[0].image\"");
}

static void a_text_that_finds_no_memory_is_empty(void **state) {
    (void)state;
    struct arena small;
    arena_init(&small, 64, 64);
    struct strbuf page = {.arena = &small};
    struct json_text text = json_text_of(&page, STR("more than sixty-four bytes of text, which is "
                                                    "what this arena has at most <"));
    assert_true(arena_is_exhausted(&small));
    assert_int_equal(text.escaped.len, 0);
    arena_fini(&small);
}

static void nul_inside_a_string_is_escaped(void **state) {
    (void)state;
    json_out_escape(&buf, STR("a\0b"));
    expect_str(strbuf_str(&buf), "\"a\\u0000b\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_every_kind_of_value, setup, teardown),
        cmocka_unit_test_setup_teardown(commas_stand_between_and_nowhere_else, setup, teardown),
        cmocka_unit_test_setup_teardown(the_deepest_nesting_works, setup, teardown),
        cmocka_unit_test_setup_teardown(one_value_alone_is_a_document, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_must_be_escaped_is_found_wherever_it_stands, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(strings_are_valid_utf8_on_the_wire, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kept_text_is_written_as_the_escaper_writes_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_text_that_finds_no_memory_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(nul_inside_a_string_is_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_misleads_readers_is_escaped, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
