/*
 * metrics_series (private to the room metrics): counters whose labels have values that nobody knows beforehand: names of
 * policies, rules, exceptions, profiles, and of namespaces up to a cap.
 *
 * A table only grows. Whoever meets new values makes an entry in the arena of its own thread and publishes it by one
 * compare-and-swap; finding an entry takes no lock and writes nothing. Values beyond the table's limit are counted in one
 * more entry, whose values are all "(other)". Counters live on when the policies that named them are replaced.
 */
#ifndef PODGATE_EDGE_METRICS_SERIES_H
#define PODGATE_EDGE_METRICS_SERIES_H

#include <stdatomic.h>

#include "base/str.h"

#define SERIES_VALUES_MAX 3

struct series {
    uint64_t hash;
    struct str values[SERIES_VALUES_MAX];
    _Atomic uint64_t announced; /* bit n: column n is shown though it is 0 */
    _Atomic uint64_t counts[];  /* the table's columns */
};

struct series_table {
    unsigned value_count, columns, limit;
    _Atomic unsigned used;
    size_t mask; /* slots - 1 */
    _Atomic(struct series *) *slots;
    struct series *other;
};

/* `limit` entries with that many values (at most SERIES_VALUES_MAX) and counters each. The arena must outlive the table.
 * False when out of memory. */
MUST_CHECK bool series_init(struct series_table *table, struct arena *arena, unsigned value_count,
                            unsigned columns, unsigned limit);
/* The counters of these values; `arena` is the calling thread's own and outlives the table. Never NULL. */
_Atomic uint64_t *series_counts(struct series_table *table, struct arena *arena,
                                const struct str *values);
/* From now on the column (below 64) of these values is shown, even while it is 0. */
void series_announce(struct series_table *table, struct arena *arena, const struct str *values,
                     unsigned column);
static inline bool series_shows(struct series *series, size_t column) {
    return series->counts[column] > 0 || (column < 64 && series->announced >> column & 1);
}
/* All entries with the values sorted, in `arena`; NULL when out of memory. */
struct series **series_sorted(struct series_table *table, struct arena *arena, size_t *count);

#endif
