/*
 * Open addressing, at most half full. The hash is SipHash-1-3: J.-P. Aumasson, D. J. Bernstein,
 * "SipHash: a fast short-input PRF".
 */
#include "base/table.h"

#include <sys/auxv.h>

#define FIRST_ROOM 16

static uint64_t rotate(uint64_t value, unsigned bits) {
    return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[static 4]) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* 16 random bytes that the kernel gives every process. */
static void read_seed(uint64_t seed[static 2]) {
    /* The kernel hands the address over as a number. */
    const void *random = (const void *)getauxval(AT_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
    seed[0] = seed[1] = 0;
    if (random) memcpy(seed, random, 2 * sizeof *seed);
}

uint64_t table_hash(struct str s) {
    uint64_t seed[2];
    read_seed(seed);
    uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     seed[0] ^ UINT64_C(0x6c7967656e657261),
                     seed[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)s.len << 56;
    for (; s.len >= 8; s = str_slice(s, 8, s.len)) {
        uint64_t word;
        memcpy(&word, s.at, sizeof word);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; i < s.len; i++)
        last |= (uint64_t)(unsigned char)s.at[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void table_init(struct table *table, size_t row_bytes, uint32_t limit) {
    /* Rows may hold anything. */
    size_t align = _Alignof(max_align_t);
    *table = (struct table){.row_bytes = (row_bytes + align - 1) / align * align, .limit = limit};
}

static uint32_t *find_slot(const struct table *table, struct str key) {
    uint32_t mask = table->slot_count - 1;
    uint32_t at = (uint32_t)table_hash(key) & mask;
    while (table->slots[at] != 0 && !str_equals(table->keys[table->slots[at] - 1], key))
        at = (at + 1) & mask;
    return &table->slots[at];
}

uint32_t table_find(const struct table *table, struct str key) {
    /* Of no slot the number is 0, one below it TABLE_NONE. */
    return table->slot_count == 0 ? TABLE_NONE : *find_slot(table, key) - 1;
}

/* What the arena held of the smaller arrays is lost until its end: less than what the larger take. */
static bool grow(struct table *table, struct arena *arena) {
    uint32_t room = table->room == 0 ? FIRST_ROOM : table->room * 2;
    struct table larger = *table;
    larger.room = room;
    larger.slot_count = room * 2;
    larger.keys = ARENA_NEW(arena, struct str, room);
    larger.rows = arena_allocate(arena, table->row_bytes, room, _Alignof(max_align_t));
    larger.slots = ARENA_NEW(arena, uint32_t, larger.slot_count);
    if (!larger.keys || !larger.rows || !larger.slots) return false;
    if (table->count > 0) {
        memcpy(larger.keys, table->keys, table->count * sizeof *table->keys);
        memcpy(larger.rows, table->rows, table->count * table->row_bytes);
    }
    for (uint32_t i = 0; i < table->count; i++)
        *find_slot(&larger, larger.keys[i]) = i + 1;
    *table = larger;
    return true;
}

uint32_t table_take(struct table *table, struct arena *arena, struct str key) {
    uint32_t found = table_find(table, key);
    if (found != TABLE_NONE || table->count >= table->limit) return found;
    if (table->count == table->room && !grow(table, arena)) return TABLE_NONE;
    struct str copy = str_copy(arena, key);
    if (!copy.at) return TABLE_NONE;
    *find_slot(table, key) = table->count + 1;
    table->keys[table->count] = copy;
    return table->count++;
}
