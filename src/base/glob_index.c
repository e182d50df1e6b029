#include "base/glob_index.h"

#include <stdlib.h>

#include "base/glob.h"

struct glob_entry {
    struct str pattern;
    uint32_t head; /* letters of the pattern */
    uint32_t next; /* the nearest entry before whose head this one's begins with, + 1; 0: none */
    uint32_t owners_from, owners_to;
};

static struct str head_of(const struct glob_entry *entry) {
    return str_slice(entry->pattern, 0, entry->head);
}

static struct str filing_head(const struct glob_filing *filing) {
    return str_slice(filing->pattern, 0, glob_head_length(filing->pattern));
}

static int compare_filings(const void *left, const void *right) {
    const struct glob_filing *a = left, *b = right;
    int order = str_compare(filing_head(a), filing_head(b));
    if (order == 0) order = str_compare(a->pattern, b->pattern);
    return order != 0 ? order : (a->owner > b->owner) - (a->owner < b->owner);
}

/* On the way of the entry before lie all that the head begins with. */
static uint32_t find_next(const struct glob_entry *entries, size_t at) {
    uint32_t next = (uint32_t)at;
    while (next > 0 && !str_starts_with(head_of(&entries[at]), head_of(&entries[next - 1])))
        next = entries[next - 1].next;
    return next;
}

bool glob_index_build(struct arena *arena, struct glob_filing *filings, size_t count,
                      size_t owner_limit, bool in_path, struct glob_index *out) {
    *out = (struct glob_index){.in_path = in_path};
    if (count > 1) qsort(filings, count, sizeof *filings, compare_filings);
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        different += i == 0 || !str_equals(filings[i].pattern, filings[i - 1].pattern);
    struct glob_entry *entries = ARENA_NEW(arena, struct glob_entry, different);
    uint32_t *owners = ARENA_NEW(arena, uint32_t, count);
    uint64_t *asking = bitset_new(arena, owner_limit);
    if (!entries || !owners || !asking) return false;

    for (size_t i = 0; i < count; i++) {
        struct str pattern = filings[i].pattern;
        bool is_new = i == 0 || !str_equals(pattern, filings[i - 1].pattern);
        size_t at = is_new ? out->count++ : out->count - 1;
        if (is_new) {
            entries[at] = (struct glob_entry){.pattern = pattern,
                                              .head = (uint32_t)glob_head_length(pattern),
                                              .owners_from = (uint32_t)i};
            entries[at].next = find_next(entries, at);
        }
        owners[i] = filings[i].owner;
        entries[at].owners_to = (uint32_t)i + 1;
        bitset_add(asking, filings[i].owner);
    }
    out->entries = entries;
    out->owners = owners;
    out->asking = asking;
    return true;
}

/* How many entries have a head that does not sort behind the text. */
static size_t count_before(const struct glob_index *index, struct str text) {
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(head_of(&index->entries[middle]), text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void glob_index_find(const struct glob_index *index, struct str text, uint64_t *entries) {
    bool (*match)(struct str, struct str) = index->in_path ? glob_match_path : glob_match;
    for (size_t at = count_before(index, text); at > 0; at = index->entries[at - 1].next)
        if (!bitset_has(entries, at - 1) && match(index->entries[at - 1].pattern, text))
            bitset_add(entries, at - 1);
}

void glob_index_owners(const struct glob_index *index, const uint64_t *entries, uint64_t *owners) {
    for (size_t at = bitset_next(entries, index->count, 0); at < index->count;
         at = bitset_next(entries, index->count, at + 1)) {
        const struct glob_entry *entry = &index->entries[at];
        for (uint32_t i = entry->owners_from; i < entry->owners_to; i++)
            bitset_add(owners, index->owners[i]);
    }
}
