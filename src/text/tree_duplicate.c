/*
 * Few members are compared pairwise. Many go into a hash table, whose function is keyed by the
 * process's own random bytes: keys come from whoever may create an object, who must not be able to
 * choose ones that collide. SipHash-1-3: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast
 * short-input PRF".
 */
#include <sys/auxv.h>

#include "text/tree.h"

#define PAIRWISE_MAX 16

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

static uint64_t hash(const uint64_t seed[static 2], struct str s) {
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

static const struct cJSON *find_pairwise(const struct cJSON *object, const struct cJSON **earlier) {
    for (const struct cJSON *member = object->child; member; member = member->next) {
        for (const struct cJSON *other = object->child; other != member; other = other->next) {
            if (other->string[0] != member->string[0]) continue;
            if (strcmp(other->string, member->string) != 0) continue;
            *earlier = other;
            return member;
        }
    }
    return NULL;
}

static const struct cJSON *find_hashed(struct arena *arena, const struct cJSON *object,
                                       size_t count, const struct cJSON **earlier) {
    size_t size = 2 * PAIRWISE_MAX;
    while (size / 2 < count)
        size *= 2;
    const struct cJSON **slots = ARENA_NEW(arena, const struct cJSON *, size);
    if (!slots) return NULL;
    /* 16 random bytes that the kernel gives every process. */
    uint64_t seed[2] = {0, 0};
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random) memcpy(seed, random, sizeof seed);

    for (const struct cJSON *member = object->child; member; member = member->next) {
        size_t slot = (size_t)hash(seed, tree_key(member)) & (size - 1);
        for (; slots[slot]; slot = (slot + 1) & (size - 1)) {
            if (strcmp(slots[slot]->string, member->string) != 0) continue;
            *earlier = slots[slot];
            return member;
        }
        slots[slot] = member;
    }
    return NULL;
}

const struct cJSON *tree_find_duplicate(struct arena *arena, const struct cJSON *object,
                                        const struct cJSON **earlier) {
    size_t count = tree_count(object);
    if (!tree_is_object(object) || count < 2) return NULL;
    if (count <= PAIRWISE_MAX) return find_pairwise(object, earlier);
    return find_hashed(arena, object, count, earlier);
}
