/*
 * server_body: request bodies, private to the room server. A body belongs to its connection, grows with what arrives
 * and is charged to the budget of all requests before it is taken. The buffer of an ordinary body is kept by its
 * thread for the next one.
 */
#ifndef PODGATE_EDGE_SERVER_BODY_H
#define PODGATE_EDGE_SERVER_BODY_H

#include "edge/metrics.h"

/* One event thread's. */
struct body_pool {
    struct arena_budget *budget;
    struct metrics *metrics;
    char *spare; /* of BODY_FIRST_BYTES, charged to nobody; NULL: none */
};
void body_pool_fini(struct body_pool *pool);

#define BODY_FIRST_BYTES ((size_t)16 * 1024)
struct body {
    char *at;
    size_t len, capacity;
    size_t declared; /* never more than this is taken */
};
/* False when it is more than was declared or than there is memory for: nothing of the body is left then. */
MUST_CHECK bool body_add(struct body_pool *pool, struct body *body, const char *data, size_t size);
void body_drop(struct body_pool *pool, struct body *body);

#endif
