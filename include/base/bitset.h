/*
 * bitset: a set of numbers below a limit that its owner knows, one bit each. Any thread may read one that nobody changes.
 */
#ifndef PODGATE_BASE_BITSET_H
#define PODGATE_BASE_BITSET_H

#include "base/arena.h"

#define BITSET_WORD 64 /* bits */

static inline size_t bitset_words(size_t limit) { return (limit + BITSET_WORD - 1) / BITSET_WORD; }
/* The empty set, or NULL. */
static inline uint64_t *bitset_new(struct arena *arena, size_t limit) {
    return ARENA_NEW(arena, uint64_t, bitset_words(limit));
}
static inline void bitset_add(uint64_t *set, size_t number) {
    set[number / BITSET_WORD] |= UINT64_C(1) << number % BITSET_WORD;
}
static inline bool bitset_has(const uint64_t *set, size_t number) {
    return set[number / BITSET_WORD] >> number % BITSET_WORD & 1;
}
/* Whether a number is in both. */
static inline bool bitset_meets(const uint64_t *a, const uint64_t *b, size_t limit) {
    for (size_t i = 0; i < bitset_words(limit); i++)
        if (a[i] & b[i]) return true;
    return false;
}
/* The first number from `from` on, or `limit`. */
static inline size_t bitset_next(const uint64_t *set, size_t limit, size_t from) {
    uint64_t skipped = (UINT64_C(1) << from % BITSET_WORD) - 1;
    for (size_t i = from / BITSET_WORD; i < bitset_words(limit); i++, skipped = 0)
        if (set[i] & ~skipped) return i * BITSET_WORD + (size_t)__builtin_ctzll(set[i] & ~skipped);
    return limit;
}

#endif
