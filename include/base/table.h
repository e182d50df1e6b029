/*
 * table: rows found by a text, in the order they came; at most as many as its limit says.
 *
 * The hash is keyed by random bytes of the process: texts come from whoever may create an object, who
 * must not be able to choose ones that collide. Keys are copied; rows and keys live in the caller's
 * arena, and rows move when the table grows, so they are held by number. One thread.
 */
#ifndef PODGATE_BASE_TABLE_H
#define PODGATE_BASE_TABLE_H

#include "base/str.h"

/* SipHash-1-3 of the text under the process's own key: the same within a process only. */
uint64_t table_hash(struct str text);

#define TABLE_NONE UINT32_MAX

struct table {
    struct str *keys; /* by number */
    char *rows;
    size_t row_bytes;
    uint32_t *slots; /* number + 1, or 0 */
    uint32_t count, room, slot_count;
    uint32_t limit;
};

/* `row_bytes` may be 0. The limit is below 2^30. */
void table_init(struct table *table, size_t row_bytes, uint32_t limit);
/* The number of the key's row, or TABLE_NONE. */
uint32_t table_find(const struct table *table, struct str key);
/* The same; a zeroed row is added when there is none. TABLE_NONE: the table is full, or the arena
 * is exhausted. */
uint32_t table_take(struct table *table, struct arena *arena, struct str key);
/* Valid until the next table_take. */
static inline void *table_row(const struct table *table, uint32_t number) {
    return table->rows + number * table->row_bytes;
}

#endif
