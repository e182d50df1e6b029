#include "edge/listener.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "edge/clock.h"
#include "edge/listener_socket.h"

#define STACK_BYTES (256 * 1024)
#define EVENTS 64
#define ACCEPT_ROUND 64                  /* accepts in a row before other events get their turn */
#define PAUSE_NS (100 * CLOCK_NS_PER_MS) /* without descriptors, accepting rests so long */

enum state {
    FREE,
    WAITING, /* ours: not a byte has come */
    GIVEN,   /* the worker's library has the descriptor */
    DYING,   /* given, and told to go */
};

struct connection {
    struct listener *listener;
    enum state state; /* under the mutex */
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

bool listener_new(struct log *log, struct metrics *metrics, struct metrics_shard *shard,
                  unsigned descriptors, struct listener **out, struct error *err) {
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct listener *listener = ARENA_NEW(&arena, struct listener, 1);
    struct connection *connections = ARENA_NEW(&arena, struct connection, descriptors);
    if (!listener || !connections) {
        arena_fini(&arena);
        return error_set(err, ERR_MEMORY, "out of memory for %u connections", descriptors);
    }
    *listener = (struct listener){.arena = arena,
                                  .log = log,
                                  .metrics = metrics,
                                  .shard = shard,
                                  .size = descriptors,
                                  .connections = connections,
                                  .tick_ns = CLOCK_NS_PER_S};
    for (unsigned i = 0; i < descriptors; i++)
        connections[i].listener = listener;
    pthread_mutex_init(&listener->mutex, NULL);
    pthread_cond_init(&listener->closed, NULL);
    listener->epoll = epoll_create1(EPOLL_CLOEXEC);
    listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (listener->epoll < 0 || listener->wake < 0) {
        error_set(err, ERR_IO, "no descriptors for the listener: %s", strerror(errno));
        listener_free(listener);
        return false;
    }
    *out = listener;
    return true;
}

void listener_free(struct listener *listener) {
    if (!listener) return;
    for (unsigned d = 0; d < listener->door_count; d++)
        if (listener->doors[d].socket >= 0) close(listener->doors[d].socket);
    if (listener->epoll >= 0) close(listener->epoll);
    if (listener->wake >= 0) close(listener->wake);
    pthread_cond_destroy(&listener->closed);
    pthread_mutex_destroy(&listener->mutex);
    struct arena arena = listener->arena;
    arena_fini(&arena);
}

static void shorten_tick(struct listener *listener, int64_t ms) {
    int64_t tick = ms * CLOCK_NS_PER_MS / 4;
    if (tick < 5 * CLOCK_NS_PER_MS) tick = 5 * CLOCK_NS_PER_MS;
    if (tick < listener->tick_ns) listener->tick_ns = tick;
}

bool listener_open(struct listener *listener, const struct door_options *options, unsigned *index,
                   struct error *err) {
    if (!ENSURE(listener->door_count < LISTENER_DOORS, err)) return false;
    struct door *door = &listener->doors[listener->door_count];
    door->options = *options;
    door->loads = ARENA_NEW(&listener->arena, _Atomic unsigned, options->workers);
    if (!door->loads) return error_set(err, ERR_MEMORY, "out of memory for the listener");
    if (!socket_listen(options->address, &door->socket, &door->port, err))
        return error_context(err, "%s", options->name);
    shorten_tick(listener, options->first_request_ms);
    shorten_tick(listener, options->body_ms);
    shorten_tick(listener, options->idle_ms);
    *index = listener->door_count++;
    return true;
}

void listener_set_receiver(struct listener *listener, unsigned door, door_give give,
                           void *context) {
    listener->doors[door].give = give;
    listener->doors[door].context = context;
}

unsigned listener_port(const struct listener *listener, unsigned door) {
    return listener->doors[door].port;
}

unsigned listener_connections(const struct listener *listener, unsigned door) {
    return atomic_load(&listener->doors[door].connections);
}

static bool is_silent(const struct connection *connection) {
    return (connection->state == WAITING || connection->state == GIVEN) &&
           !atomic_load_explicit(&connection->has_asked, memory_order_relaxed);
}

/* --- records ---------------------------------------------------------------------------------- */

struct connection *connection_find(struct listener *listener, int fd) {
    return fd >= 0 && (unsigned)fd < listener->size ? &listener->connections[fd] : NULL;
}

static void set_deadline(struct connection *connection, int64_t in_ms, enum cut_reason why) {
    int64_t deadline = clock_monotonic_ns() + in_ms * CLOCK_NS_PER_MS;
    atomic_store_explicit(&connection->why, (int)why, memory_order_relaxed);
    atomic_store_explicit(&connection->deadline_ns, deadline, memory_order_relaxed);
}

static const struct door_options *options_of(const struct connection *connection) {
    return &connection->listener->doors[connection->door].options;
}

void connection_begin_request(struct connection *connection) {
    set_deadline(connection, options_of(connection)->body_ms, CUT_SLOW_BODY);
}

void connection_whole_request(struct connection *connection) {
    atomic_store_explicit(&connection->has_asked, true, memory_order_relaxed);
    set_deadline(connection, options_of(connection)->body_ms, CUT_SLOW_BODY);
}

void connection_answered(struct connection *connection) {
    set_deadline(connection, options_of(connection)->idle_ms, CUT_IDLE);
}

static void forget_locked(struct connection *connection) {
    struct listener *listener = connection->listener;
    struct door *door = &listener->doors[connection->door];
    if (connection->state == FREE) return;
    if (connection->state == DYING) atomic_fetch_sub(&door->dying, 1);
    if (connection->state != WAITING) atomic_fetch_sub(&door->loads[connection->worker], 1);
    connection->state = FREE;
    atomic_store_explicit(&connection->deadline_ns, 0, memory_order_relaxed);
    atomic_fetch_sub(&door->connections, 1);
    if (door->options.open_gauge != METRIC_COUNT)
        metrics_add(listener->metrics, door->options.open_gauge, -1);
}

void connection_end(struct connection *connection) {
    pthread_mutex_lock(&connection->listener->mutex);
    forget_locked(connection);
    pthread_mutex_unlock(&connection->listener->mutex);
}

static int descriptor_of(const struct connection *connection) {
    return (int)(connection - connection->listener->connections);
}

/* Tells a connection's owner to close it. */
static void shut_down_locked(struct connection *connection) {
    connection->state = DYING;
    atomic_fetch_add(&connection->listener->doors[connection->door].dying, 1);
    shutdown(descriptor_of(connection), SHUT_RDWR);
}

/* Whether its client waits for nothing and sends nothing. The bytes are looked for first: a worker that has
 * just taken them says so at once. */
static bool is_idle_locked(struct connection *connection) {
    char byte;
    if (connection->state != GIVEN) return false;
    if (recv(descriptor_of(connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return false;
    return atomic_load(&connection->why) == CUT_IDLE;
}

unsigned listener_end_idle(struct listener *listener, unsigned door) {
    unsigned others = 0;
    pthread_mutex_lock(&listener->mutex);
    for (unsigned fd = 0; fd < listener->size; fd++) {
        struct connection *connection = &listener->connections[fd];
        if (connection->door != door) continue;
        if (is_idle_locked(connection))
            shut_down_locked(connection);
        else if (connection->state == WAITING || connection->state == GIVEN)
            others++;
    }
    pthread_mutex_unlock(&listener->mutex);
    return others;
}

/* --- the thread ------------------------------------------------------------------------------- */

static bool watch(struct listener *listener, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(listener->epoll, operation, fd, &event) == 0;
}

/* Ends a connection: a waiting one at once, a given one by telling its owner. */
static void cut(struct connection *connection, enum cut_reason why) {
    struct listener *listener = connection->listener;
    int fd = descriptor_of(connection);
    pthread_mutex_lock(&listener->mutex);
    enum state was = connection->state;
    if (was == GIVEN) {
        shut_down_locked(connection);
    } else if (was == WAITING) {
        forget_locked(connection);
        close(fd);
    }
    pthread_mutex_unlock(&listener->mutex);
    if (was == GIVEN || was == WAITING) metrics_count(listener->shard, METRIC_CONNECTIONS_CUT, why);
}

static enum state state_of(struct connection *connection) {
    pthread_mutex_lock(&connection->listener->mutex);
    enum state state = connection->state;
    pthread_mutex_unlock(&connection->listener->mutex);
    return state;
}

static void reap(struct listener *listener, int64_t now) {
    listener->next_reap_ns = now + listener->tick_ns;
    for (unsigned fd = 0; fd <= listener->highest; fd++) {
        struct connection *connection = &listener->connections[fd];
        int64_t deadline = atomic_load_explicit(&connection->deadline_ns, memory_order_relaxed);
        if (deadline == 0 || deadline > now) continue;
        cut(connection, (enum cut_reason)atomic_load(&connection->why));
    }
}

#define ANY_DOOR LISTENER_DOORS

/* The oldest connection (of a door, or of any) that never sent a whole request, or NULL. */
static struct connection *find_oldest_silent(struct listener *listener, unsigned door) {
    struct connection *oldest = NULL;
    pthread_mutex_lock(&listener->mutex);
    for (unsigned fd = 0; fd <= listener->highest; fd++) {
        struct connection *one = &listener->connections[fd];
        bool may_go = (door == ANY_DOOR || one->door == door) && is_silent(one);
        if (may_go && (!oldest || one->accepted_ns < oldest->accepted_ns)) oldest = one;
    }
    pthread_mutex_unlock(&listener->mutex);
    return oldest;
}

/* Whether one more connection may come, after sending another away if need be. */
static bool make_room(struct listener *listener, unsigned index) {
    struct door *door = &listener->doors[index];
    unsigned all = atomic_load(&door->connections), dying = atomic_load(&door->dying);
    if (all - dying < door->options.limit) return all < door->options.limit + LISTENER_SLACK;
    struct connection *silent =
        all < door->options.limit + LISTENER_SLACK ? find_oldest_silent(listener, index) : NULL;
    log_limited(listener->log, &listener->full, LOG_LEVEL_WARN,
                "%s: all %u connections are taken: %s", door->options.name, door->options.limit,
                silent ? "the oldest without a request was ended for a new one"
                       : "a new one was refused");
    if (!silent) return false;
    cut(silent, CUT_EVICTED);
    return true;
}

static void admit(struct listener *listener, unsigned index, int fd) {
    struct door *door = &listener->doors[index];
    struct connection *connection = connection_find(listener, fd);
    if (!connection || !make_room(listener, index)) {
        metrics_count(listener->shard, METRIC_SHED, SHED_CONNECTIONS);
        close(fd);
        return;
    }
    if ((unsigned)fd > listener->highest) listener->highest = (unsigned)fd;
    pthread_mutex_lock(&listener->mutex);
    /* The library does not tell us of a connection that it drops before its start. The descriptor
     * is new, so a record still in use is such a one. */
    forget_locked(connection);
    connection->state = WAITING;
    connection->door = index;
    connection->accepted_ns = clock_monotonic_ns();
    atomic_store(&connection->has_asked, false);
    atomic_fetch_add(&door->connections, 1);
    pthread_mutex_unlock(&listener->mutex);
    if (door->options.open_gauge != METRIC_COUNT)
        metrics_add(listener->metrics, door->options.open_gauge, 1);
    set_deadline(connection, door->options.first_request_ms, CUT_NO_REQUEST);
    watch(listener, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP);
}

static void set_accepting(struct listener *listener, bool accepting) {
    for (unsigned d = 0; d < listener->door_count; d++)
        if (listener->doors[d].socket >= 0)
            watch(listener, EPOLL_CTL_MOD, listener->doors[d].socket, accepting ? EPOLLIN : 0);
    listener->paused_until_ns = accepting ? 0 : clock_monotonic_ns() + PAUSE_NS;
}

/* Out of descriptors. True when one was freed at once, at a silent connection's cost; otherwise the
 * level-triggered socket would wake us for ever, so accepting rests a while. */
static bool free_descriptor(struct listener *listener, unsigned door, int why) {
    log_limited(listener->log, &listener->no_descriptors, LOG_LEVEL_ERROR,
                "%s: cannot accept connections: %s", listener->doors[door].options.name,
                strerror(why));
    metrics_count(listener->shard, METRIC_SHED, SHED_DESCRIPTORS);
    struct connection *silent = find_oldest_silent(listener, ANY_DOOR);
    if (silent) cut(silent, CUT_EVICTED);
    if (silent && state_of(silent) == FREE) return true;
    set_accepting(listener, false);
    return false;
}

/* accept4 asks for a descriptor before it looks for a connection: EMFILE alone does not tell. */
static bool has_pending(int socket) {
    struct pollfd ready = {.fd = socket, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

/* `rounds` bounds what a flood may take from everybody else. */
static void accept_some(struct listener *listener, unsigned door, int socket, unsigned rounds) {
    while (rounds-- > 0) {
        int fd = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(listener, door, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            int why = errno;
            if (!has_pending(socket) || !free_descriptor(listener, door, why)) return;
        } else if (errno == EAGAIN || errno == EINVAL || errno == EBADF) {
            return;
        }
    }
}

static unsigned least_loaded(const struct door *door) {
    unsigned best = 0;
    for (unsigned w = 1; w < door->options.workers; w++)
        if (atomic_load_explicit(&door->loads[w], memory_order_relaxed) <
            atomic_load_explicit(&door->loads[best], memory_order_relaxed))
            best = w;
    return best;
}

static void refuse_plain(struct listener *listener, struct connection *connection, char first) {
    bool looks_like_http = first >= 'A' && first <= 'Z';
    const char *name = listener->doors[connection->door].options.name;
    log_limited(listener->log, &listener->not_tls, LOG_LEVEL_WARN,
                looks_like_http
                    ? "%s: a client speaks plain HTTP to the TLS port: it must use https"
                    : "%s: a client sent bytes to the TLS port that are no TLS",
                name);
    if (looks_like_http) socket_say_https(descriptor_of(connection));
    cut(connection, CUT_NOT_TLS);
}

static void give(struct listener *listener, struct connection *connection) {
    struct door *door = &listener->doors[connection->door];
    int fd = descriptor_of(connection);
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0) {
        cut(connection, CUT_NO_REQUEST);
        return;
    }
    pthread_mutex_lock(&listener->mutex);
    connection->worker = least_loaded(door);
    atomic_fetch_add(&door->loads[connection->worker], 1);
    connection->state = GIVEN;
    pthread_mutex_unlock(&listener->mutex);
    if (!door->give(door->context, connection->worker, fd, (struct sockaddr *)&address, len))
        connection_end(connection);
}

/* A waiting connection's first byte has come, or its end. */
static void on_first_byte(struct listener *listener, struct connection *connection) {
    int fd = descriptor_of(connection);
    char first;
    ssize_t n = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    watch(listener, EPOLL_CTL_DEL, fd, 0);
    if (n <= 0)
        cut(connection, CUT_NO_REQUEST);
    else if (listener->doors[connection->door].options.speaks_tls && first != TLS_HANDSHAKE)
        refuse_plain(listener, connection, first);
    else
        give(listener, connection);
}

static void close_doors(struct listener *listener) {
    for (unsigned d = 0; d < listener->door_count; d++) {
        struct door *door = &listener->doors[d];
        if (door->socket < 0 || !atomic_load(&door->closing)) continue;
        accept_some(listener, d, door->socket, door->options.limit);
        pthread_mutex_lock(&listener->mutex);
        close(door->socket);
        door->socket = -1;
        pthread_cond_broadcast(&listener->closed);
        pthread_mutex_unlock(&listener->mutex);
    }
}

static void on_event(struct listener *listener, int fd) {
    if (fd == listener->wake) {
        eventfd_t count;
        eventfd_read(fd, &count);
        close_doors(listener);
        return;
    }
    for (unsigned d = 0; d < listener->door_count; d++)
        if (fd == listener->doors[d].socket) {
            accept_some(listener, d, fd, ACCEPT_ROUND);
            return;
        }
    struct connection *connection = connection_find(listener, fd);
    if (connection && state_of(connection) == WAITING) on_first_byte(listener, connection);
}

static void *listener_main(void *arg) {
    struct listener *listener = arg;
    while (!atomic_load(&listener->stopping)) {
        struct epoll_event events[EVENTS];
        int64_t now = clock_monotonic_ns();
        if (listener->paused_until_ns != 0 && now >= listener->paused_until_ns)
            set_accepting(listener, true);
        if (now >= listener->next_reap_ns) reap(listener, now);
        int64_t until = listener->next_reap_ns;
        if (listener->paused_until_ns != 0 && listener->paused_until_ns < until)
            until = listener->paused_until_ns;
        int ms = (int)((until - now) / CLOCK_NS_PER_MS) + 1;
        int n = epoll_wait(listener->epoll, events, EVENTS, ms);
        for (int i = 0; i < n; i++)
            on_event(listener, events[i].data.fd);
    }
    return NULL;
}

/* --- the control thread's side ---------------------------------------------------------------- */

bool listener_start(struct listener *listener, struct error *err) {
    /* Unheard, the thread would neither accept nor ever end. */
    bool heard = watch(listener, EPOLL_CTL_ADD, listener->wake, EPOLLIN);
    for (unsigned d = 0; heard && d < listener->door_count; d++)
        heard = watch(listener, EPOLL_CTL_ADD, listener->doors[d].socket, EPOLLIN);
    if (!heard)
        return error_set(err, ERR_IO, "the listener's sockets cannot be watched: %s",
                         strerror(errno));
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int failed = pthread_create(&listener->thread, &attr, listener_main, listener);
    pthread_attr_destroy(&attr);
    if (failed)
        return error_set(err, ERR_IO, "the listener's thread does not start: %s", strerror(failed));
    listener->started = true;
    return true;
}

void listener_close_door(struct listener *listener, unsigned index) {
    struct door *door = &listener->doors[index];
    atomic_store(&door->closing, true);
    if (!listener->started) return;
    eventfd_write(listener->wake, 1);
    pthread_mutex_lock(&listener->mutex);
    while (door->socket >= 0)
        pthread_cond_wait(&listener->closed, &listener->mutex);
    pthread_mutex_unlock(&listener->mutex);
}

void listener_stop(struct listener *listener) {
    if (!listener || !listener->started) return;
    atomic_store(&listener->stopping, true);
    eventfd_write(listener->wake, 1);
    pthread_join(listener->thread, NULL);
    listener->started = false;
    for (unsigned fd = 0; fd <= listener->highest; fd++)
        if (listener->connections[fd].state == WAITING)
            cut(&listener->connections[fd], CUT_NO_REQUEST);
}
