/*
 * glob_index: many patterns (base/glob), each of one or more owners, asked at once: who has one that matches this text?
 *
 * A pattern's head is its letters before the first special one. Patterns are sorted by their heads, and each knows the nearest
 * one before it whose head its own begins with. Therefore all whose head a text begins with lie on one way, which starts at the last
 * head that does not sort behind the text: of a thousand patterns some ten heads are compared, and few patterns asked. Patterns
 * that are equal are one.
 *
 * Built once in an arena, then only read, by any thread. Owners are numbers below a limit.
 */
#ifndef PODGATE_BASE_GLOB_INDEX_H
#define PODGATE_BASE_GLOB_INDEX_H

#include "base/bitset.h"
#include "base/str.h"

struct glob_entry;

struct glob_index {
    const struct glob_entry *entries;
    size_t count;           /* of entries: different patterns */
    const uint32_t *owners; /* of the first entry, then of the second, ... */
    const uint64_t *asking; /* the set of all owners */
    bool in_path;           /* patterns are those of glob_match_path */
};

/* A pattern, which must live as long as the index, and whose it is. */
struct glob_filing {
    struct str pattern;
    uint32_t owner;
};
/* Sorts `filings`, which may go afterwards. False: out of memory. */
MUST_CHECK bool glob_index_build(struct arena *arena, struct glob_filing *filings, size_t count,
                                 size_t owner_limit, bool in_path, struct glob_index *out);
/* Adds to `entries`, a set of numbers below the index's `count`, those whose pattern matches the text: such as are in it already are
 * not asked again. */
void glob_index_find(const struct glob_index *index, struct str text, uint64_t *entries);
/* Adds to `owners` those of the entries. */
void glob_index_owners(const struct glob_index *index, const uint64_t *entries, uint64_t *owners);

#endif
