#include "unit/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "desk/report.h"
#include "text/tree.h"

#define NOW 1800000000

/* A file in memory that report_read opens by its path. */
struct input {
    FILE *stream;
    char path[64];
};

static struct input input_new(void) {
    struct input input;
    int fd = memfd_create("log", 0);
    assert_true(fd >= 0);
    snprintf(input.path, sizeof input.path, "/proc/self/fd/%d", fd);
    input.stream = fdopen(fd, "w+");
    assert_non_null(input.stream);
    return input;
}

static void input_read(struct input *input, struct report *report) {
    struct error err = {.code = ERR_NONE};
    assert_int_equal(fflush(input->stream), 0);
    if (!report_read(report, str_from(input->path), &err)) fail_msg("%s", err.text);
    fclose(input->stream);
}

static void add_review(struct input *input, unsigned uid, const char *owner, const char *rule) {
    fprintf(
        input->stream,
        "{\"v\":1,\"ts\":\"2027-01-15T09:12:44.031Z\",\"msg\":\"admission\",\"uid\":\"u-%u\","
        "\"namespace\":\"a\",\"owner_kind\":\"Deployment\",\"owner\":\"%s\",\"decision\":"
        "\"would_deny\",\"rules\":[\"p/%s\"],\"violations\":[{\"policy\":\"p\",\"rule\":\"%s\","
        "\"wanted\":\"deny\",\"problems\":[{\"message\":\"m\",\"fix\":\"f\",\"paths\":[\"spec\"]}]}]}\n",
        uid, owner, rule, rule);
}

static void a_review_counts_once_whatever_file_tells_it(void **state) {
    (void)state;
    struct report report;
    report_init(&report);
    for (int file = 0; file < 2; file++) {
        struct input input = input_new();
        for (unsigned i = 0; i < 5000; i++)
            add_review(&input, i, i % 2 ? "web" : "db", "tag");
        input_read(&input, &report);
    }
    assert_int_equal(report.reviews, 5000);
    assert_int_equal(report.duplicates, 5000);
    assert_int_equal(report.owners.count, 2);
    const struct report_rule *rule = table_row(&report.rules, 0);
    assert_int_equal(rule->workloads, 2);
    assert_int_equal(rule->reviews, 5000);
    report_fini(&report);
}

static void rules_that_the_violations_leave_out_count_too(void **state) {
    (void)state;
    struct report report;
    struct input input = input_new();
    report_init(&report);
    fputs(
        "{\"v\":1,\"msg\":\"admission\",\"uid\":\"u\",\"decision\":\"deny\",\"namespace\":\"a\","
        "\"owner_kind\":\"Pod\",\"owner\":\"w\",\"rules\":[\"p/one\",\"p/two\"],\"violations\":["
        "{\"policy\":\"p\",\"rule\":\"one\",\"wanted\":\"deny\"},{\"policy\":\"p\",\"rule\":\"one\","
        "\"wanted\":\"deny\"}],\"violations_left_out\":1}\n",
        input.stream);
    input_read(&input, &report);
    assert_int_equal(report.rules.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct report_rule *rule = table_row(&report.rules, i);
        assert_int_equal(rule->reviews, 1);
        assert_int_equal(rule->workloads, 1);
    }
    report_fini(&report);
}

static void more_rules_than_are_kept_are_counted_and_told(void **state) {
    (void)state;
    struct report report;
    struct input input = input_new();
    char name[32];
    report_init(&report);
    for (unsigned i = 0; i < REPORT_RULES + 7; i++) {
        snprintf(name, sizeof name, "rule-%u", i);
        add_review(&input, i, "web", name);
    }
    input_read(&input, &report);
    assert_int_equal(report.rules.count, REPORT_RULES);
    /* Once as a violation, once by its name among the rules. */
    assert_int_equal(report.left_out.rules, 2 * 7);
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 4096);
    report_write_text(&report, NOW, false, &text);
    assert_true(str_contains(strbuf_str(&text), STR("rules beyond the first 1000 not listed")));
    assert_true(str_contains(strbuf_str(&text), STR("more rules")));
    arena_fini(&arena);
    report_fini(&report);
}

static void lines_of_any_length_are_read_or_counted(void **state) {
    (void)state;
    struct report report;
    struct input input = input_new();
    report_init(&report);
    add_review(&input, 1, "web", "tag");
    /* As long as the buffer at first, then longer than may be. */
    for (size_t i = 0; i < (1u << 20) + 3; i++)
        putc('x', input.stream);
    putc('\n', input.stream);
    add_review(&input, 2, "web", "tag");
    for (size_t i = 0; i < REPORT_LINE_BYTES + (1u << 20); i++)
        putc('{', input.stream);
    putc('\n', input.stream);
    add_review(&input, 3, "web", "tag");
    fputs("{\"v\":1,\"ts\":", input.stream);
    input_read(&input, &report);
    assert_int_equal(report.reviews, 3);
    assert_int_equal(report.skipped.foreign, 1);
    assert_int_equal(report.skipped.too_long, 1);
    assert_int_equal(report.skipped.cut, 1);
    assert_int_equal(report.lines, 6);
    report_fini(&report);
}

static struct strbuf page_of(const struct report *report, struct arena *arena) {
    struct strbuf page;
    strbuf_init(&page, arena, 65536);
    report_write_html(report, NOW, &page);
    assert_false(arena_is_exhausted(arena));
    return page;
}

static void the_page_of_earlier_is_compared_with(void **state) {
    (void)state;
    struct report before, now;
    struct input first = input_new(), second = input_new(), page = input_new();
    struct arena arena;
    struct error err = {.code = ERR_NONE};
    arena_init(&arena, 65536, 0);
    report_init(&before);
    add_review(&first, 1, "</script>", "tag");
    add_review(&first, 2, "gone", "tag");
    add_review(&first, 3, "gone", "other");
    input_read(&first, &before);
    struct strbuf html = page_of(&before, &arena);
    assert_int_equal(fwrite(html.at, 1, html.len, page.stream), html.len);
    assert_int_equal(fflush(page.stream), 0);
    report_init(&now);
    if (!report_read_previous(&now, str_from(page.path), &err)) fail_msg("%s", err.text);
    fclose(page.stream);
    add_review(&second, 1, "</script>", "tag");
    add_review(&second, 2, "new", "tag");
    add_review(&second, 3, "newer", "tag");
    input_read(&second, &now);
    struct strbuf text;
    strbuf_init(&text, &arena, 4096);
    report_write_text(&now, NOW, false, &text);
    assert_true(str_contains(strbuf_str(&text), STR("+1  p/tag: 3 workloads, before 2")));
    assert_true(str_contains(strbuf_str(&text), STR("-1  p/other: 0 workloads, before 1")));
    assert_true(str_contains(strbuf_str(&text), STR("2 workloads new here, 1 no longer seen")));
    report_fini(&before);
    report_fini(&now);
    arena_fini(&arena);
}

/* No address to fetch from, no handler, no script but the two. */
static void the_page_asks_for_nothing(void **state) {
    (void)state;
    struct report report;
    struct input input = input_new();
    struct arena arena;
    arena_init(&arena, 65536, 0);
    report_init(&report);
    add_review(&input, 1, "<img src=http://x>", "tag");
    input_read(&input, &report);
    struct strbuf page = page_of(&report, &arena);
    static const char *const absent[] = {" src=",    "url(", "@import", "http://",
                                         "https://", "<img", "<link"};
    const char *scripts = strstr(page.at, "id=\"data\"");
    assert_non_null(scripts);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        const char *found = strstr(page.at, absent[i]);
        /* Names are shown, escaped. */
        if (found && found < scripts && strncmp(found - 7, "&lt;img", 7) != 0 && i != 3)
            fail_msg("%s: %.60s", absent[i], found);
    }
    assert_true(strstr(page.at, "&lt;img src=http://x&gt;") != NULL);
    report_fini(&report);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_review_counts_once_whatever_file_tells_it),
        cmocka_unit_test(rules_that_the_violations_leave_out_count_too),
        cmocka_unit_test(more_rules_than_are_kept_are_counted_and_told),
        cmocka_unit_test(lines_of_any_length_are_read_or_counted),
        cmocka_unit_test(the_page_of_earlier_is_compared_with),
        cmocka_unit_test(the_page_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
