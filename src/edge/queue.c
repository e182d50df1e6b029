#include "edge/queue.h"

#include <time.h>

bool queue_init(struct queue *queue, struct arena *arena, size_t room) {
    *queue = (struct queue){.room = room};
    queue->filling = arena_allocate_text(arena, room);
    queue->taken = arena_allocate_text(arena, room);
    if (arena_is_exhausted(arena)) return false;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->has_some, NULL);
    return true;
}

void queue_fini(struct queue *queue) {
    pthread_cond_destroy(&queue->has_some);
    pthread_mutex_destroy(&queue->mutex);
}

bool queue_add(struct queue *queue, const struct str *parts, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += parts[i].len;
    pthread_mutex_lock(&queue->mutex);
    bool fits = bytes <= queue->room - queue->filled;
    bool wakes_taker = queue->filled == 0 && fits && bytes > 0;
    for (size_t i = 0; fits && i < count; i++) {
        if (parts[i].len > 0) memcpy(queue->filling + queue->filled, parts[i].at, parts[i].len);
        queue->filled += parts[i].len;
    }
    pthread_mutex_unlock(&queue->mutex);
    /* Not before: it would wake up only to wait for the lock. */
    if (wakes_taker) pthread_cond_signal(&queue->has_some);
    return fits;
}

bool queue_take(struct queue *queue, int64_t gather_ns, struct str *taken) {
    pthread_mutex_lock(&queue->mutex);
    while (queue->filled == 0 && !queue->stopping)
        pthread_cond_wait(&queue->has_some, &queue->mutex);
    if (!queue->stopping) {
        pthread_mutex_unlock(&queue->mutex);
        nanosleep(&(struct timespec){.tv_nsec = gather_ns}, NULL);
        pthread_mutex_lock(&queue->mutex);
    }
    char *filled = queue->filling;
    *taken = (struct str){filled, queue->filled};
    queue->filling = queue->taken;
    queue->taken = filled;
    queue->filled = 0;
    pthread_mutex_unlock(&queue->mutex);
    return taken->len > 0;
}

void queue_stop(struct queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    queue->stopping = true;
    pthread_cond_signal(&queue->has_some);
    pthread_mutex_unlock(&queue->mutex);
}
