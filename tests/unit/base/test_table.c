#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/table.h"

#define KEYS 5000

static struct str key_of(char buffer[static 32], uint32_t i) {
    snprintf(buffer, 32, "key-%u", i);
    return str_from(buffer);
}

static void rows_are_found_again_in_their_order(void **state) {
    (void)state;
    struct arena arena;
    struct table table;
    char buffer[32];
    arena_init(&arena, 4096, 0);
    table_init(&table, sizeof(uint32_t), KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(table_find(&table, key_of(buffer, i)), TABLE_NONE);
        uint32_t number = table_take(&table, &arena, key_of(buffer, i));
        assert_int_equal(number, i);
        assert_int_equal(*(uint32_t *)table_row(&table, number), 0);
        *(uint32_t *)table_row(&table, number) = i * 3;
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(table_take(&table, &arena, key_of(buffer, i)), i);
        assert_int_equal(*(uint32_t *)table_row(&table, i), i * 3);
        assert_true(str_equals(table.keys[i], key_of(buffer, i)));
    }
    arena_fini(&arena);
}

static void a_full_table_still_finds_and_takes_no_more(void **state) {
    (void)state;
    struct arena arena;
    struct table table;
    arena_init(&arena, 4096, 0);
    table_init(&table, 0, 2);
    assert_int_equal(table_take(&table, &arena, STR("")), 0);
    assert_int_equal(table_take(&table, &arena, STR("b")), 1);
    assert_int_equal(table_take(&table, &arena, STR("c")), TABLE_NONE);
    assert_int_equal(table_take(&table, &arena, STR("")), 0);
    assert_int_equal(table.count, 2);
    arena_fini(&arena);
}

static void without_memory_nothing_is_taken(void **state) {
    (void)state;
    struct arena arena;
    struct table table;
    char buffer[32];
    uint32_t i = 0;
    arena_init(&arena, 1024, 16384);
    table_init(&table, 64, KEYS);
    while (table_take(&table, &arena, key_of(buffer, i)) != TABLE_NONE)
        i++;
    assert_true(i > 0 && i < KEYS);
    assert_true(arena_is_exhausted(&arena));
    for (uint32_t k = 0; k < i; k++)
        assert_int_equal(table_find(&table, key_of(buffer, k)), k);
    arena_fini(&arena);
}

static void the_hash_depends_on_every_byte(void **state) {
    (void)state;
    char text[24] = "abcdefghijklmnopqrstuvw";
    uint64_t whole = table_hash((struct str){text, 23});
    for (size_t i = 0; i < 23; i++) {
        text[i] ^= 1;
        assert_true(table_hash((struct str){text, 23}) != whole);
        text[i] ^= 1;
    }
    assert_true(table_hash((struct str){text, 22}) != whole);
    assert_true(table_hash((struct str){text, 23}) == whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_again_in_their_order),
        cmocka_unit_test(a_full_table_still_finds_and_takes_no_more),
        cmocka_unit_test(without_memory_nothing_is_taken),
        cmocka_unit_test(the_hash_depends_on_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
