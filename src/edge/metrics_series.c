#include "edge/metrics_series.h"

#include <stdlib.h>

static struct series *make(struct arena *arena, const struct series_table *table) {
    size_t bytes = sizeof(struct series) + table->columns * sizeof(uint64_t);
    return arena_allocate(arena, bytes, 1, _Alignof(struct series));
}

bool series_init(struct series_table *table, struct arena *arena, unsigned value_count,
                 unsigned columns, unsigned limit) {
    ASSERT(value_count <= SERIES_VALUES_MAX);
    /* At most half of the slots are taken, so a search is short and always ends. */
    size_t slots = 2;
    while (slots < 2 * (size_t)limit)
        slots *= 2;
    *table = (struct series_table){.value_count = value_count,
                                   .columns = columns,
                                   .limit = limit,
                                   .mask = slots - 1};
    table->slots = ARENA_NEW(arena, _Atomic(struct series *), slots);
    table->other = make(arena, table);
    if (!table->slots || !table->other) return false;
    for (unsigned i = 0; i < value_count; i++)
        table->other->values[i] = STR("(other)"); /* no name of anything */
    return true;
}

static uint64_t hash_values(const struct str *values, unsigned count) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (unsigned v = 0; v < count; v++) {
        for (size_t i = 0; i < values[v].len; i++)
            hash = (hash ^ (unsigned char)values[v].at[i]) * UINT64_C(1099511628211);
        hash = (hash ^ 0x100) * UINT64_C(1099511628211);
    }
    return hash;
}

static bool has_values(const struct series *series, uint64_t hash, const struct str *values,
                       unsigned count) {
    if (series->hash != hash) return false;
    for (unsigned v = 0; v < count; v++)
        if (!str_equals(series->values[v], values[v])) return false;
    return true;
}

/* A new entry, or NULL when the table or the memory is full. */
static struct series *make_entry(struct series_table *table, struct arena *arena, uint64_t hash,
                                 const struct str *values) {
    if (atomic_fetch_add_explicit(&table->used, 1, memory_order_relaxed) < table->limit) {
        struct series *series = make(arena, table);
        bool is_whole = series != NULL;
        for (unsigned v = 0; is_whole && v < table->value_count; v++) {
            series->values[v] = str_copy(arena, values[v]);
            is_whole = series->values[v].at != NULL;
        }
        if (is_whole) {
            series->hash = hash;
            return series;
        }
    }
    atomic_fetch_sub_explicit(&table->used, 1, memory_order_relaxed);
    return NULL;
}

static struct series *find_or_make(struct series_table *table, struct arena *arena,
                                   const struct str *values) {
    uint64_t hash = hash_values(values, table->value_count);
    struct series *made = NULL;
    for (size_t i = hash & table->mask;; i = (i + 1) & table->mask) {
        struct series *found = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (!found) {
            if (!made) made = make_entry(table, arena, hash, values);
            if (!made) return table->other;
            if (atomic_compare_exchange_strong_explicit(&table->slots[i], &found, made,
                                                        memory_order_acq_rel, memory_order_acquire))
                return made;
        }
        if (!has_values(found, hash, values, table->value_count)) continue;
        /* Another thread was first with the same values: what was made here is left unused. */
        if (made) atomic_fetch_sub_explicit(&table->used, 1, memory_order_relaxed);
        return found;
    }
}

_Atomic uint64_t *series_counts(struct series_table *table, struct arena *arena,
                                const struct str *values) {
    return find_or_make(table, arena, values)->counts;
}

void series_announce(struct series_table *table, struct arena *arena, const struct str *values,
                     unsigned column) {
    struct series *series = find_or_make(table, arena, values);
    if (series != table->other) series->announced |= UINT64_C(1) << column;
}

static int compare(const void *a, const void *b) {
    const struct series *left = *(struct series *const *)a, *right = *(struct series *const *)b;
    for (unsigned v = 0; v < SERIES_VALUES_MAX; v++) {
        int order = str_compare(left->values[v], right->values[v]);
        if (order != 0) return order;
    }
    return 0;
}

struct series **series_sorted(struct series_table *table, struct arena *arena, size_t *count) {
    struct series **all = ARENA_NEW(arena, struct series *, table->limit + 1);
    *count = 0;
    if (!all) return NULL;
    for (size_t i = 0; i <= table->mask; i++) {
        struct series *series = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (series && *count < table->limit) all[(*count)++] = series;
    }
    qsort(all, *count, sizeof *all, compare);
    all[(*count)++] = table->other;
    return all;
}
