#include "edge/server_body.h"

#include <stdlib.h>

static bool charge(struct body_pool *pool, size_t bytes) {
    if (!arena_budget_charge(pool->budget, bytes)) return false;
    metrics_add(pool->metrics, METRIC_BODY_BYTES, (int64_t)bytes);
    return true;
}

static void give_back(struct body_pool *pool, size_t bytes) {
    arena_budget_give_back(pool->budget, bytes);
    metrics_add(pool->metrics, METRIC_BODY_BYTES, -(int64_t)bytes);
}

/* The first buffer, or a larger one; the old one stays when there is none. */
static char *allocate(struct body_pool *pool, const struct body *body, size_t capacity) {
    if (body->at || capacity != BODY_FIRST_BYTES || !pool->spare)
        return realloc(body->at, capacity);
    char *spare = pool->spare;
    pool->spare = NULL;
    return spare;
}

/* Room for `more` bytes: the buffer doubles, up to what was declared. */
static bool grow(struct body_pool *pool, struct body *body, size_t more) {
    size_t needed = body->len + more;
    if (needed <= body->capacity) return true;
    size_t capacity = 2 * body->capacity;
    if (capacity < needed) capacity = needed;
    if (capacity > body->declared) capacity = body->declared;
    if (capacity < BODY_FIRST_BYTES) capacity = BODY_FIRST_BYTES;
    size_t added = capacity - body->capacity;
    if (!charge(pool, added)) return false;
    char *larger = allocate(pool, body, capacity);
    if (!larger) {
        give_back(pool, added);
        return false;
    }
    body->at = larger;
    body->capacity = capacity;
    return true;
}

bool body_add(struct body_pool *pool, struct body *body, const char *data, size_t size) {
    if (size > body->declared - body->len || !grow(pool, body, size)) {
        body_drop(pool, body);
        return false;
    }
    memcpy(body->at + body->len, data, size);
    body->len += size;
    return true;
}

void body_drop(struct body_pool *pool, struct body *body) {
    if (body->capacity > 0) give_back(pool, body->capacity);
    if (body->capacity == BODY_FIRST_BYTES && !pool->spare)
        pool->spare = body->at;
    else
        free(body->at);
    body->at = NULL;
    body->len = body->capacity = 0;
}

void body_pool_fini(struct body_pool *pool) {
    free(pool->spare);
    pool->spare = NULL;
}
