#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bitset.h"

static struct arena arena;

static void what_is_added_is_there_and_nothing_else(void **state) {
    (void)state;
    uint64_t *set = bitset_new(&arena, 130);
    bitset_add(set, 0);
    bitset_add(set, 63);
    bitset_add(set, 64);
    bitset_add(set, 129);
    for (size_t i = 0; i < 130; i++)
        assert_int_equal(bitset_has(set, i), i == 0 || i == 63 || i == 64 || i == 129);
}

static void numbers_come_in_their_order(void **state) {
    (void)state;
    uint64_t *set = bitset_new(&arena, 200);
    assert_int_equal(bitset_next(set, 200, 0), 200);
    bitset_add(set, 5);
    bitset_add(set, 63);
    bitset_add(set, 199);
    assert_int_equal(bitset_next(set, 200, 0), 5);
    assert_int_equal(bitset_next(set, 200, 5), 5);
    assert_int_equal(bitset_next(set, 200, 6), 63);
    assert_int_equal(bitset_next(set, 200, 64), 199);
    assert_int_equal(bitset_next(set, 200, 200), 200);
    assert_int_equal(bitset_next(set, 0, 0), 0);
}

static void sets_meet_in_a_number_of_both(void **state) {
    (void)state;
    uint64_t *a = bitset_new(&arena, 100), *b = bitset_new(&arena, 100);
    assert_false(bitset_meets(a, b, 100));
    bitset_add(a, 70);
    bitset_add(b, 71);
    assert_false(bitset_meets(a, b, 100));
    bitset_add(b, 70);
    assert_true(bitset_meets(a, b, 100));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there_and_nothing_else),
        cmocka_unit_test(numbers_come_in_their_order),
        cmocka_unit_test(sets_meet_in_a_number_of_both),
    };
    arena_init(&arena, 4096, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
