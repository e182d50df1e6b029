/*
 * The listener's records, private to it: doors, and every connection by its descriptor, from its accept to its end.
 * The mutex guards their states; functions that expect it held end in _locked.
 */
#ifndef PODGATE_EDGE_LISTENER_CONNECTION_H
#define PODGATE_EDGE_LISTENER_CONNECTION_H

#include <pthread.h>

#include "edge/listener.h"

enum connection_state {
    FREE,
    WAITING, /* ours: not a byte has come */
    GIVEN,   /* the worker's library has the descriptor */
    DYING,   /* given, and told to go */
};

struct connection {
    struct listener *listener;
    enum connection_state state; /* under the mutex */
    unsigned door, worker;
    int64_t accepted_ns;
    _Atomic int64_t deadline_ns;
    _Atomic int why;        /* enum cut_reason of the deadline */
    _Atomic bool has_asked; /* sent a whole request at least once */
};

struct door {
    struct door_options options;
    int socket; /* -1 once closed */
    unsigned port;
    door_give give;
    void *context;
    _Atomic unsigned connections, dying; /* dying is part of connections */
    _Atomic unsigned *loads;             /* by worker */
    _Atomic bool closing;
};

struct listener {
    struct arena arena;
    struct log *log;
    struct metrics *metrics;
    struct metrics_shard *shard;
    int epoll, wake;
    pthread_t thread;
    bool started;
    _Atomic bool stopping;
    struct door doors[LISTENER_DOORS];
    unsigned door_count;
    unsigned size;                  /* of connections */
    struct connection *connections; /* by descriptor */
    pthread_mutex_t mutex;          /* guards states, shutdown(2) and `closed` */
    pthread_cond_t closed;          /* a door's sockets were closed */
    /* the thread's own */
    unsigned highest; /* descriptor seen */
    int64_t tick_ns, next_reap_ns;
    int64_t paused_until_ns; /* 0: accepting */
    struct log_limit not_tls, full, no_descriptors;
};

int connection_descriptor(const struct connection *connection);
enum connection_state connection_state(struct connection *connection);
/* Its descriptor was just accepted: it waits for its first byte. */
void connection_admit(struct connection *connection, unsigned door);
/* Gives it to the least loaded worker of its door; the caller tells that one. */
void connection_hand_over(struct connection *connection);
/* Ends a connection: a waiting one at once, a given one by telling its owner. */
void connection_cut(struct connection *connection, enum cut_reason why);

#define ANY_DOOR LISTENER_DOORS
/* The oldest connection (of a door, or of any) that never sent a whole request, or NULL. */
struct connection *listener_find_oldest_silent(struct listener *listener, unsigned door);

#endif
