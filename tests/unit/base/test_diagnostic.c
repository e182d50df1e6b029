#include "base/diagnostic.h"

#include "unit/expect.h"

static struct arena arena;
static struct diagnostics list;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    diagnostics_init(&list, &arena);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct str formatted(const struct diagnostic *diagnostic) {
    struct strbuf buf;
    strbuf_init(&buf, &arena, 0);
    diagnostic_format(diagnostic, &buf);
    return strbuf_str(&buf);
}

static void keeps_their_order_and_counts_by_level(void **state) {
    (void)state;
    char file[] = "a.yaml";
    diagnostics_add(&list, DIAGNOSTIC_ERROR, str_from(file), 3, 5, "unknown key %s", "imges");
    diagnostics_hint(&list, "did you mean %s?", "images");
    file[0] = 'z'; /* texts are copied */
    diagnostics_add(&list, DIAGNOSTIC_ADVICE, STR("b.yaml"), 0, 0, "no owner");
    diagnostics_add(&list, DIAGNOSTIC_ERROR, STR(""), 2, 0, "x");
    diagnostics_add(&list, DIAGNOSTIC_ERROR, STR(""), 0, 0, "y");
    assert_int_equal(list.errors, 3);
    assert_int_equal(list.advice, 1);
    const struct diagnostic *each = list.first;
    expect_str(formatted(each), "a.yaml:3:5: error: unknown key imges (did you mean images?)");
    expect_str(formatted(each = each->next), "b.yaml: advice: no owner");
    expect_str(formatted(each = each->next), "2: error: x");
    expect_str(formatted(each = each->next), "error: y");
    assert_null(each->next);
}

static void an_error_brings_its_own_place(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "100%% wrong");
    error_at(&err, 4, 2);
    diagnostics_add_error(&list, STR("f.yaml"), &err);
    error_in(&err, "g.yaml");
    diagnostics_add_error(&list, STR("f.yaml"), &err);
    expect_str(formatted(list.first), "f.yaml:4:2: error: 100% wrong");
    expect_str(formatted(list.last), "g.yaml:4:2: error: 100% wrong");
}

static void above_the_limit_they_are_only_counted(void **state) {
    (void)state;
    list.limit = 2;
    for (int i = 0; i < 5; i++) {
        diagnostics_add(&list, DIAGNOSTIC_ERROR, STR("f"), 1, 1, "e%d", i);
        diagnostics_hint(&list, "h%d", i);
    }
    diagnostics_add(&list, DIAGNOSTIC_ADVICE, STR("f"), 1, 1, "a");
    assert_int_equal(list.errors, 5);
    expect_str(formatted(list.first->next), "f:1:1: error: e1 (h1)");
    expect_str(formatted(list.last), "f:1:1: advice: a");
}

/* A library's memory is not the arena's: only the error tells. */
static void want_of_memory_is_told_from_what_the_files_hold(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "x");
    diagnostics_add_error(&list, STR("f"), &err);
    assert_false(list.out_of_memory);
    error_set(&err, ERR_MEMORY, "x");
    diagnostics_add_error(&list, STR("f"), &err);
    assert_true(list.out_of_memory);
}

static void nobody_need_listen(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "x");
    diagnostics_add(NULL, DIAGNOSTIC_ERROR, STR("f"), 1, 1, "x");
    diagnostics_hint(NULL, "x");
    diagnostics_add_error(NULL, STR("f"), &err);
    diagnostics_hint(&list, "a hint for nothing");
    assert_null(list.first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_their_order_and_counts_by_level, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_brings_its_own_place, setup, teardown),
        cmocka_unit_test_setup_teardown(above_the_limit_they_are_only_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(want_of_memory_is_told_from_what_the_files_hold, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nobody_need_listen, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
