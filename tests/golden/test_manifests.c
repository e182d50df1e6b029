/*
 * `podgate check` over two public repositories that nobody wrote for it: no crash, every object
 * with a pod spec judged, an error only where tests/manifests/expected-errors.txt says that the
 * file is wrong. The manifests are not part of the project: they lie beside it, and without them
 * this is skipped.
 */
#include "unit/expect.h"

#include <stdio.h>
#include <unistd.h>

#include "golden/command.h"
#include "text/json.h"

#define MANIFESTS "../shared/manifests"
#define EXPECTED "tests/manifests/expected-errors.txt"

struct fixture {
    struct arena arena;
    struct command_result result;
    struct document report;
    char *expected; /* lines that say something, ended by NUL each */
    size_t expected_len;
};

static int set_up(void **state) {
    static struct fixture f;
    struct error err;
    char *argv[] = {(char *)"podgate", (char *)"check", (char *)"-o",
                    (char *)"json",    (char *)".",     NULL};
    if (access(MANIFESTS, R_OK) != 0) return 0;
    arena_init(&f.arena, (size_t)64 << 10, 0);
    f.expected = command_read_file(EXPECTED, &f.expected_len);
    assert_non_null(f.expected);
    command_run(argv, MANIFESTS, NULL, &f.result);
    struct scan_limits limits = scan_limits_default;
    limits.nodes = (size_t)1 << 20;
    if (!json_read(&f.arena, (struct str){f.result.out, f.result.out_len}, &limits, &f.report,
                   &err)) {
        print_error("the report is not JSON: %s\n%s", err.text, f.result.err);
        return 1;
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (!f) return 0;
    command_free(&f->result);
    free(f->expected);
    arena_fini(&f->arena);
    return 0;
}

static struct fixture *needed(void **state) {
    if (!*state) {
        print_message("there is no " MANIFESTS " beside the project\n");
        skip();
    }
    return *state;
}

static int64_t number(const struct cJSON *object, struct str key) {
    int64_t value = -1;
    if (!tree_int64(NULL, tree_find(object, key), &value)) fail_msg("no number %s", key.at);
    return value;
}

/* The next line that is neither blank nor a comment, up to its " | ". */
static bool next_expected(struct str *rest, struct str *line) {
    while (rest->len > 0) {
        size_t end = str_find_char(*rest, '\n');
        *line = str_trim(str_slice(*rest, 0, str_find_char(str_slice(*rest, 0, end), '|')));
        *rest = str_slice(*rest, end + 1, rest->len);
        if (line->len > 0 && line->at[0] != '#') return true;
    }
    return false;
}

static struct str expected_text(const struct fixture *f) {
    return (struct str){f->expected, f->expected_len};
}

static bool is_expected(const struct fixture *f, struct str place) {
    struct str rest = expected_text(f), line;
    while (next_expected(&rest, &line))
        if (str_equals(line, place)) return true;
    return false;
}

static struct str place_of(struct fixture *f, const struct cJSON *error) {
    return str_format(&f->arena, "%s:%lld:%lld", tree_string(tree_find(error, STR("file"))).at,
                      (long long)number(error, STR("line")),
                      (long long)number(error, STR("column")));
}

static void nothing_crashes(void **state) {
    struct fixture *f = needed(state);
    assert_int_equal(f->result.status, 2);
}

static void errors_are_only_where_files_are_wrong(void **state) {
    struct fixture *f = needed(state);
    const struct cJSON *errors = tree_find(f->report.root, STR("errors"));
    int wrong = 0;
    for (const struct cJSON *each = errors->child; each; each = each->next) {
        struct str place = place_of(f, each);
        if (is_expected(f, place)) continue;
        print_error("not expected: %s: %s\n", place.at,
                    tree_string(tree_find(each, STR("message"))).at);
        wrong++;
    }
    struct str rest = expected_text(f), line;
    while (next_expected(&rest, &line)) {
        bool found = !str_contains(line, STR(":"));
        for (const struct cJSON *each = errors->child; each && !found; each = each->next)
            found = str_equals(place_of(f, each), line);
        if (found) continue;
        print_error("expected, but no error: %.*s\n", STR_ARGS(line));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void every_object_is_counted(void **state) {
    struct fixture *f = needed(state);
    const struct cJSON *summary = tree_find(f->report.root, STR("summary"));
    struct str objects =
        str_format(&f->arena, "objects %lld", (long long)number(summary, STR("objects")));
    struct str skipped =
        str_format(&f->arena, "skipped %lld", (long long)number(summary, STR("skipped")));
    if (!is_expected(f, objects)) fail_msg("%s is not expected", objects.at);
    if (!is_expected(f, skipped)) fail_msg("%s is not expected", skipped.at);
}

static void every_result_has_its_place(void **state) {
    struct fixture *f = needed(state);
    const struct cJSON *results = tree_find(f->report.root, STR("results"));
    assert_true(tree_count(results) > 100);
    for (const struct cJSON *each = results->child; each; each = each->next) {
        assert_true(number(each, STR("line")) > 0);
        assert_true(number(each, STR("column")) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_crashes),
        cmocka_unit_test(errors_are_only_where_files_are_wrong),
        cmocka_unit_test(every_object_is_counted),
        cmocka_unit_test(every_result_has_its_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
