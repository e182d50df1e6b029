/*
 * queue: bytes from many threads to one that writes them somewhere slow.
 *
 * Two buffers: one is filled under a short lock, the other belongs to the taker. What finds no room is refused, and the
 * caller counts it: nobody waits for the taker. Memory that no burst has filled is never touched.
 * Any thread may add, one takes.
 */
#ifndef PODGATE_EDGE_QUEUE_H
#define PODGATE_EDGE_QUEUE_H

#include <pthread.h>

#include "base/str.h"

struct queue {
    pthread_mutex_t mutex; /* guards filling's bytes, filled and stopping */
    pthread_cond_t has_some;
    char *filling, *taken; /* the taker swaps them */
    size_t filled, room;   /* bytes; room is of each */
    bool stopping;
};

/* Both buffers come from the arena. False: it ran out. */
MUST_CHECK bool queue_init(struct queue *queue, struct arena *arena, size_t room);
/* After the last thread has left it. */
void queue_fini(struct queue *queue);
/* All the parts behind one another, or false and nothing. */
MUST_CHECK bool queue_add(struct queue *queue, const struct str *parts, size_t count);
/* Waits for bytes, and `gather_ns` longer for more that come together: a wake-up costs more than a piece. They live until the next
 * call. False: stopped, and nothing is left. */
MUST_CHECK bool queue_take(struct queue *queue, int64_t gather_ns, struct str *taken);
/* From now on queue_take gives what is there, and then false. */
void queue_stop(struct queue *queue);

#endif
