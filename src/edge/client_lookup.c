#include "edge/client_lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "edge/clock.h"

#define HOST_BYTES 256
#define PORT_BYTES 8

/* Whoever of asker and thread is the last to leave frees it. */
struct lookup {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool is_done, is_left;
    char host[HOST_BYTES], port[PORT_BYTES];
    int code; /* getaddrinfo's */
    struct lookup_address found[LOOKUP_MOST];
    size_t count;
};

static void lookup_free(struct lookup *lookup) {
    pthread_cond_destroy(&lookup->done);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup);
}

static void *resolve(void *arg) {
    struct lookup *lookup = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list = NULL;
    int code = getaddrinfo(lookup->host, lookup->port, &hints, &list);
    pthread_mutex_lock(&lookup->mutex);
    lookup->code = code;
    for (struct addrinfo *one = list; one && lookup->count < LOOKUP_MOST; one = one->ai_next) {
        struct lookup_address *found = &lookup->found[lookup->count];
        if (one->ai_addrlen > sizeof found->address) continue;
        memcpy(&found->address, one->ai_addr, one->ai_addrlen);
        found->len = one->ai_addrlen;
        lookup->count++;
    }
    lookup->is_done = true;
    bool is_left = lookup->is_left;
    pthread_cond_signal(&lookup->done);
    pthread_mutex_unlock(&lookup->mutex);
    if (list) freeaddrinfo(list);
    if (is_left) lookup_free(lookup);
    return NULL;
}

static struct lookup *begin(struct str host, struct str port) {
    struct lookup *lookup = calloc(1, sizeof *lookup);
    pthread_condattr_t monotonic;
    pthread_t thread;
    if (!lookup || host.len >= HOST_BYTES || port.len >= PORT_BYTES) {
        free(lookup);
        return NULL;
    }
    memcpy(lookup->host, host.at, host.len);
    memcpy(lookup->port, port.at, port.len);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&lookup->mutex, NULL);
    pthread_cond_init(&lookup->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&thread, NULL, resolve, lookup) == 0) {
        pthread_detach(thread);
        return lookup;
    }
    lookup_free(lookup);
    return NULL;
}

/* False when the time is over; then the lookup is the thread's. */
static bool await(struct lookup *lookup, int64_t deadline_ns) {
    const struct timespec until = {.tv_sec = deadline_ns / CLOCK_NS_PER_S,
                                   .tv_nsec = deadline_ns % CLOCK_NS_PER_S};
    pthread_mutex_lock(&lookup->mutex);
    int code = 0;
    while (!lookup->is_done && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&lookup->done, &lookup->mutex, &until);
    bool is_done = lookup->is_done;
    lookup->is_left = !is_done;
    pthread_mutex_unlock(&lookup->mutex);
    return is_done;
}

bool client_lookup(struct str host, struct str port, int64_t deadline_ns,
                   struct lookup_address found[static LOOKUP_MOST], size_t *count,
                   struct error *err) {
    struct lookup *lookup = begin(host, port);
    if (!lookup) return error_set(err, ERR_MEMORY, "the name cannot be looked up: out of memory");
    if (!await(lookup, deadline_ns))
        return error_set(err, ERR_IO, "the time is over while the name is looked up");
    int code = lookup->code;
    *count = lookup->count;
    memcpy(found, lookup->found, sizeof lookup->found);
    lookup_free(lookup);
    if (code == 0 && *count > 0) return true;
    return error_set(err, ERR_IO, "has no address: %s",
                     code ? gai_strerror(code) : "none of a known family");
}
