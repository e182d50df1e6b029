#include "policy/store.h"

#include <pthread.h>

struct store {
    struct arena arena; /* holds this struct */
    void (*notify)(void *);
    void *notify_arg;
    pthread_mutex_t mutex;
    /* guarded by the mutex, as are the snapshots' `references` and `next_retired` */
    struct snapshot *current;
    struct snapshot *retired; /* replaced and released: to be freed by store_reclaim */
    uint64_t generation;
};

struct store *store_new(void (*notify)(void *), void *notify_arg) {
    struct arena arena;
    arena_init(&arena, sizeof(struct store) + 64, 0);
    struct store *store = ARENA_NEW(&arena, struct store, 1);
    if (!store) {
        arena_fini(&arena);
        return NULL;
    }
    *store = (struct store){.notify = notify, .notify_arg = notify_arg};
    ASSERT(pthread_mutex_init(&store->mutex, NULL) == 0);
    store->arena = arena;
    return store;
}

static void lock(struct store *store) { ASSERT(pthread_mutex_lock(&store->mutex) == 0); }

static void unlock(struct store *store) { ASSERT(pthread_mutex_unlock(&store->mutex) == 0); }

void store_free(struct store *store) {
    if (!store) return;
    store_reclaim(store);
    snapshot_free(store->current);
    pthread_mutex_destroy(&store->mutex);
    struct arena arena = store->arena;
    arena_fini(&arena);
}

void store_replace(struct store *store, struct snapshot *snapshot) {
    lock(store);
    struct snapshot *old = store->current;
    if (snapshot) snapshot->generation = ++store->generation;
    store->current = snapshot;
    bool is_unused = old && old->references == 0;
    unlock(store);
    /* Nobody can acquire it any more, and the control thread, which frees, is the caller. */
    if (is_unused) snapshot_free(old);
}

struct snapshot *store_acquire(struct store *store) {
    lock(store);
    struct snapshot *snapshot = store->current;
    if (snapshot) snapshot->references++;
    unlock(store);
    return snapshot;
}

void store_release(struct store *store, struct snapshot *snapshot) {
    if (!snapshot) return;
    lock(store);
    ASSERT(snapshot->references > 0);
    bool is_done = --snapshot->references == 0 && snapshot != store->current;
    if (is_done) {
        snapshot->next_retired = store->retired;
        store->retired = snapshot;
    }
    unlock(store);
    if (is_done && store->notify) store->notify(store->notify_arg);
}

void store_reclaim(struct store *store) {
    lock(store);
    struct snapshot *retired = store->retired;
    store->retired = NULL;
    unlock(store);
    while (retired) {
        struct snapshot *next = retired->next_retired;
        snapshot_free(retired);
        retired = next;
    }
}
