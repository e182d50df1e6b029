#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "rules/finding.h"

#include <cmocka.h>

static void findings_are_kept_in_order_and_can_be_completed(void **state) {
    (void)state;
    struct arena arena;
    struct findings findings;
    arena_init(&arena, 4096, 0);
    findings_init(&findings, &arena, 10);
    struct finding *first = finding_add(&findings, (struct finding){.field = STR("a")});
    assert_non_null(finding_add(&findings, (struct finding){.field = STR("b"), .next = first}));
    first->detail = STR("more");
    assert_int_equal(findings.count, 2);
    assert_ptr_equal(findings.first, first);
    assert_true(str_equals(findings.first->detail, STR("more")));
    assert_true(str_equals(findings.first->next->field, STR("b")));
    assert_null(findings.first->next->next);
    arena_fini(&arena);
}

static void findings_above_the_limit_are_only_counted(void **state) {
    (void)state;
    struct arena arena;
    struct findings findings;
    arena_init(&arena, 4096, 0);
    findings_init(&findings, &arena, 2);
    for (int i = 0; i < 5; i++)
        (void)finding_add(&findings, (struct finding){0});
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.omitted, 3);
    arena_fini(&arena);
}

static bool refuse_all(size_t bytes) {
    (void)bytes;
    return true;
}

static void running_out_of_memory_marks_the_arena(void **state) {
    (void)state;
    struct arena arena;
    struct findings findings;
    arena_init(&arena, 4096, 0);
    findings_init(&findings, &arena, 2);
    arena_refuse = refuse_all;
    assert_null(finding_add(&findings, (struct finding){0}));
    arena_refuse = NULL;
    assert_true(arena_is_exhausted(&arena));
    assert_int_equal(findings.count, 0);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_kept_in_order_and_can_be_completed),
        cmocka_unit_test(findings_above_the_limit_are_only_counted),
        cmocka_unit_test(running_out_of_memory_marks_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
