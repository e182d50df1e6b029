/*
 * Few members are compared pairwise. Many go into a hash table, whose function is keyed: keys come from whoever
 * may create an object, who must not be able to choose ones that collide.
 */
#include "base/table.h"
#include "text/tree.h"

#define PAIRWISE_MAX 16

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
    for (const struct cJSON *member = object->child; member; member = member->next) {
        size_t slot = (size_t)table_hash(tree_key(member)) & (size - 1);
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
