#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/glob.h"
#include "base/glob_index.h"

#define OWNERS 8

static struct arena arena;

/* Owner i has the pattern i. */
static struct glob_index build(const char *const *patterns, size_t count, bool in_path) {
    struct glob_filing filings[OWNERS];
    struct glob_index index;
    for (uint32_t i = 0; i < count; i++)
        filings[i] = (struct glob_filing){str_from(patterns[i]), i};
    assert_true(glob_index_build(&arena, filings, count, OWNERS, in_path, &index));
    return index;
}

/* The owners of what matches one of the texts, as "0 3 ". */
static void assert_owners(const struct glob_index *index, struct str_list texts,
                          const char *expected) {
    char got[3 * OWNERS] = "";
    uint64_t *entries = bitset_new(&arena, index->count), *owners = bitset_new(&arena, OWNERS);
    for (size_t i = 0; i < texts.count; i++)
        glob_index_find(index, texts.items[i], entries);
    glob_index_owners(index, entries, owners);
    for (size_t i = bitset_next(owners, OWNERS, 0); i < OWNERS;
         i = bitset_next(owners, OWNERS, i + 1))
        sprintf(got + strlen(got), "%zu ", i);
    assert_string_equal(got, expected);
}

static void assert_owners_of(const struct glob_index *index, const char *text,
                             const char *expected) {
    struct str one = str_from(text);
    assert_owners(index, (struct str_list){&one, 1}, expected);
}

static void all_patterns_that_match_are_found(void **state) {
    (void)state;
    static const char *const patterns[] = {"team-a", "team-*", "team-a*", "*-a",
                                           "t?am-b", "kube",   "",        "team-a"};
    struct glob_index index = build(patterns, 8, false);
    assert_int_equal(index.count, 7); /* two are one */
    assert_owners_of(&index, "team-a", "0 1 2 3 7 ");
    assert_owners_of(&index, "team-b", "1 4 ");
    assert_owners_of(&index, "team-ab", "1 2 ");
    assert_owners_of(&index, "kube", "5 ");
    assert_owners_of(&index, "kube-system", "");
    assert_owners_of(&index, "", "6 ");
    assert_owners_of(&index, "\xff", "");
}

static void texts_are_asked_together(void **state) {
    (void)state;
    static const char *const patterns[] = {"a", "b", "a*"};
    struct str texts[] = {STR("a"), STR("b"), STR("a")};
    struct glob_index index = build(patterns, 3, false);
    assert_owners(&index, (struct str_list){texts, 3}, "0 1 2 ");
    assert_owners(&index, (struct str_list){texts, 0}, "");
}

static void paths_are_matched_by_segments(void **state) {
    (void)state;
    static const char *const patterns[] = {"r.io/*", "r.io/**", "**/web"};
    struct glob_index index = build(patterns, 3, true);
    assert_owners_of(&index, "r.io/a", "0 1 ");
    assert_owners_of(&index, "r.io/a/web", "1 2 ");
}

static void who_has_patterns_is_known(void **state) {
    (void)state;
    struct glob_filing filings[] = {{STR("a"), 6}, {STR("b"), 2}};
    struct glob_index index;
    assert_true(glob_index_build(&arena, filings, 2, OWNERS, false, &index));
    assert_int_equal(*index.asking, 1 << 6 | 1 << 2);
    assert_true(glob_index_build(&arena, filings, 0, OWNERS, false, &index));
    assert_int_equal(*index.asking, 0);
    assert_owners_of(&index, "a", "");
}

static unsigned choose(uint32_t *state, unsigned count) {
    *state = *state * 1664525 + 1013904223;
    return (*state >> 16) % count;
}

/* Few letters, so that many begin alike. */
static struct str choose_text(uint32_t *state, const char *letters, size_t most) {
    char text[8];
    size_t length = choose(state, (unsigned)most);
    for (size_t i = 0; i < length; i++)
        text[i] = letters[choose(state, (unsigned)strlen(letters))];
    return str_copy(&arena, (struct str){text, length});
}

static void it_finds_what_asking_each_finds(void **state) {
    (void)state;
    uint32_t random = 1;
    size_t matches = 0;
    for (size_t round = 0; round < 2000; round++) {
        enum { COUNT = 40 };
        struct glob_filing filings[COUNT];
        struct glob_index index;
        bool in_path = choose(&random, 2);
        for (uint32_t i = 0; i < COUNT; i++)
            filings[i] = (struct glob_filing){choose_text(&random, "aab/!*?\\", 7), i};
        assert_true(glob_index_build(&arena, filings, COUNT, COUNT, in_path, &index));
        for (size_t i = 0; i < 20; i++) {
            struct str text = choose_text(&random, "aab/!*\xff", 7);
            uint64_t *entries = bitset_new(&arena, index.count),
                     *owners = bitset_new(&arena, COUNT);
            glob_index_find(&index, text, entries);
            glob_index_owners(&index, entries, owners);
            for (size_t j = 0; j < COUNT; j++) {
                bool is_match = in_path ? glob_match_path(filings[j].pattern, text)
                                        : glob_match(filings[j].pattern, text);
                assert_int_equal(bitset_has(owners, filings[j].owner), is_match);
                matches += is_match;
            }
        }
        arena_reset(&arena, 1 << 20);
    }
    assert_true(matches > 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_patterns_that_match_are_found),
        cmocka_unit_test(texts_are_asked_together),
        cmocka_unit_test(paths_are_matched_by_segments),
        cmocka_unit_test(who_has_patterns_is_known),
        cmocka_unit_test(it_finds_what_asking_each_finds),
    };
    arena_init(&arena, 65536, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
