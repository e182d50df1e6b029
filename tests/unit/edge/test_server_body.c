/* What a body takes, gives back and keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/server_body.h"

static struct arena_budget budget;
static struct body_pool pool;
static char bytes[64 * 1024];

static int set_up(void **state) {
    (void)state;
    budget = (struct arena_budget){.limit = 40000};
    pool = (struct body_pool){.budget = &budget};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    body_pool_fini(&pool);
    return budget.held == 0 ? 0 : -1;
}

static void the_next_body_takes_the_buffer_of_the_last(void **state) {
    (void)state;
    struct body first = {.declared = 5000}, second = {.declared = 6000};
    assert_true(body_add(&pool, &first, bytes, 5000));
    assert_int_equal(budget.held, BODY_FIRST_BYTES);
    const char *at = first.at;
    body_drop(&pool, &first);
    assert_null(first.at);
    assert_int_equal(budget.held, 0);
    assert_true(body_add(&pool, &second, bytes, 6000));
    assert_ptr_equal(second.at, at);
    body_drop(&pool, &second);
}

static void two_at_a_time_have_buffers_of_their_own(void **state) {
    (void)state;
    struct body first = {.declared = 3}, second = {.declared = 3};
    assert_true(body_add(&pool, &first, "abc", 3));
    assert_true(body_add(&pool, &second, "def", 3));
    assert_memory_equal(first.at, "abc", 3);
    assert_memory_equal(second.at, "def", 3);
    body_drop(&pool, &first);
    body_drop(&pool, &second);
}

static void no_more_is_taken_than_was_declared_or_fits(void **state) {
    (void)state;
    struct body declared = {.declared = 10}, large = {.declared = sizeof bytes};
    assert_true(body_add(&pool, &declared, bytes, 10));
    assert_false(body_add(&pool, &declared, bytes, 1));
    assert_null(declared.at);
    assert_true(body_add(&pool, &large, bytes, 30000));
    assert_int_equal(budget.held, 30000);
    assert_false(body_add(&pool, &large, bytes, 20000));
    assert_int_equal(budget.held, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_body_takes_the_buffer_of_the_last, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_at_a_time_have_buffers_of_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_is_taken_than_was_declared_or_fits, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
