#include "unit/expect.h"

static const size_t block = 1024;

static bool refuse_all(size_t bytes) {
    (void)bytes;
    return true;
}

static void takes_nothing_before_the_first_allocation(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    assert_int_equal(arena_held_bytes(&arena), 0);
    assert_false(arena_is_exhausted(&arena));
    arena_fini(&arena);
}

static void gives_zeroed_memory_also_after_reset(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 3 * block; size = size * 2 + 1) {
            unsigned char *bytes = ARENA_NEW(&arena, unsigned char, size);
            assert_non_null(bytes);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(bytes[i], 0);
            memset(bytes, 0xA5, size);
        }
        arena_reset(&arena, (size_t)1 << 20);
    }
    arena_fini(&arena);
}

static void aligns_what_it_gives(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    for (size_t i = 0; i < 500; i++) {
        size_t align = (size_t)1 << (i % 5);
        void *at = arena_allocate(&arena, 1 + i % 7, 1, align);
        assert_int_equal((uintptr_t)at % align, 0);
    }
    arena_fini(&arena);
}

static void allocations_do_not_overlap(void **state) {
    (void)state;
    struct arena arena;
    unsigned char *parts[200];
    arena_init(&arena, block, 0);
    for (size_t i = 0; i < 200; i++) {
        parts[i] = ARENA_NEW(&arena, unsigned char, 1 + i * 7);
        memset(parts[i], (int)i, 1 + i * 7);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < 1 + i * 7; j++)
            assert_int_equal(parts[i][j], i);
    arena_fini(&arena);
}

static void a_count_of_zero_gives_a_pointer(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    assert_non_null(ARENA_NEW(&arena, uint64_t, 0));
    assert_false(arena_is_exhausted(&arena));
    arena_fini(&arena);
}

static void an_overflowing_size_is_refused_and_marks(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    assert_null(arena_allocate(&arena, 16, SIZE_MAX / 8, 16));
    assert_true(arena_is_exhausted(&arena));
    arena_reset(&arena, 0);
    assert_null(arena_allocate(&arena, 1, SIZE_MAX, 1));
    assert_true(arena_is_exhausted(&arena));
    arena_reset(&arena, 0);
    assert_null(arena_allocate(&arena, 1, SIZE_MAX - 8, 1));
    assert_true(arena_is_exhausted(&arena));
    arena_fini(&arena);
}

static void the_limit_holds_and_the_mark_stays_until_reset(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 4 * block);
    size_t given = 0;
    while (ARENA_NEW(&arena, char, 256))
        given += 256;
    assert_true(given >= 2 * block);
    assert_true(arena_held_bytes(&arena) <= 4 * block);
    assert_true(arena_is_exhausted(&arena));
    ARENA_NEW(&arena, char, 1);
    assert_true(arena_is_exhausted(&arena));
    arena_reset(&arena, 4 * block);
    assert_false(arena_is_exhausted(&arena));
    assert_non_null(ARENA_NEW(&arena, char, 256));
    arena_fini(&arena);
}

static void reset_keeps_at_most_what_it_is_told(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    for (int i = 0; i < 100; i++)
        ARENA_NEW(&arena, char, 512);
    ARENA_NEW(&arena, char, 100 * block);
    assert_true(arena_held_bytes(&arena) > 100 * block);
    arena_reset(&arena, 8 * block);
    assert_true(arena_held_bytes(&arena) <= 8 * block);
    arena_reset(&arena, 0);
    assert_int_equal(arena_held_bytes(&arena), 0);
    arena_fini(&arena);
}

static void kept_blocks_are_used_again(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    size_t held = 0;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 50; i++)
            assert_non_null(ARENA_NEW(&arena, char, 300));
        assert_non_null(ARENA_NEW(&arena, char, 5 * block));
        if (round == 0) held = arena_held_bytes(&arena);
        assert_int_equal(arena_held_bytes(&arena), held);
        arena_reset(&arena, (size_t)1 << 20);
    }
    arena_fini(&arena);
}

static void tests_can_make_an_allocation_fail(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    arena_refuse = refuse_all;
    void *refused = ARENA_NEW(&arena, char, 1);
    arena_refuse = NULL;
    assert_null(refused);
    assert_true(arena_is_exhausted(&arena));
    arena_fini(&arena);
}

static void it_can_be_used_again_after_fini(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, block, 0);
    ARENA_NEW(&arena, char, 10);
    arena_fini(&arena);
    assert_int_equal(arena_held_bytes(&arena), 0);
    assert_non_null(ARENA_NEW(&arena, char, 10));
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_nothing_before_the_first_allocation),
        cmocka_unit_test(gives_zeroed_memory_also_after_reset),
        cmocka_unit_test(aligns_what_it_gives),
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(a_count_of_zero_gives_a_pointer),
        cmocka_unit_test(an_overflowing_size_is_refused_and_marks),
        cmocka_unit_test(the_limit_holds_and_the_mark_stays_until_reset),
        cmocka_unit_test(reset_keeps_at_most_what_it_is_told),
        cmocka_unit_test(kept_blocks_are_used_again),
        cmocka_unit_test(tests_can_make_an_allocation_fail),
        cmocka_unit_test(it_can_be_used_again_after_fini),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
