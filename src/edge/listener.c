#include "edge/listener_connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/clock.h"
#include "edge/listener_socket.h"

#define STACK_BYTES (256 * 1024)
#define EVENTS 64
#define ACCEPT_ROUND 64                  /* accepts in a row before other events get their turn */
#define PAUSE_NS (100 * CLOCK_NS_PER_MS) /* without descriptors, accepting rests so long */

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

/* --- the thread ------------------------------------------------------------------------------- */

static bool watch(struct listener *listener, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(listener->epoll, operation, fd, &event) == 0;
}

static void reap(struct listener *listener, int64_t now) {
    listener->next_reap_ns = now + listener->tick_ns;
    for (unsigned fd = 0; fd <= listener->highest; fd++) {
        struct connection *connection = &listener->connections[fd];
        int64_t deadline = atomic_load_explicit(&connection->deadline_ns, memory_order_relaxed);
        if (deadline == 0 || deadline > now) continue;
        connection_cut(connection, (enum cut_reason)atomic_load(&connection->why));
    }
}

/* Whether one more connection may come, after sending another away if need be. */
static bool make_room(struct listener *listener, unsigned index) {
    struct door *door = &listener->doors[index];
    unsigned all = atomic_load(&door->connections), dying = atomic_load(&door->dying);
    if (all - dying < door->options.limit) return all < door->options.limit + LISTENER_SLACK;
    struct connection *silent = all < door->options.limit + LISTENER_SLACK
                                    ? listener_find_oldest_silent(listener, index)
                                    : NULL;
    log_limited(listener->log, &listener->full, LOG_LEVEL_WARN,
                "%s: all %u connections are taken: %s", door->options.name, door->options.limit,
                silent ? "the oldest without a request was ended for a new one"
                       : "a new one was refused");
    if (!silent) return false;
    connection_cut(silent, CUT_EVICTED);
    return true;
}

static void admit(struct listener *listener, unsigned index, int fd) {
    struct connection *connection = connection_find(listener, fd);
    if (!connection || !make_room(listener, index)) {
        metrics_count(listener->shard, METRIC_SHED, SHED_CONNECTIONS);
        close(fd);
        return;
    }
    if ((unsigned)fd > listener->highest) listener->highest = (unsigned)fd;
    connection_admit(connection, index);
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
    struct connection *silent = listener_find_oldest_silent(listener, ANY_DOOR);
    if (silent) connection_cut(silent, CUT_EVICTED);
    if (silent && connection_state(silent) == FREE) return true;
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

static void refuse_plain(struct listener *listener, struct connection *connection, char first) {
    bool looks_like_http = first >= 'A' && first <= 'Z';
    const char *name = listener->doors[connection->door].options.name;
    log_limited(listener->log, &listener->not_tls, LOG_LEVEL_WARN,
                looks_like_http
                    ? "%s: a client speaks plain HTTP to the TLS port: it must use https"
                    : "%s: a client sent bytes to the TLS port that are no TLS",
                name);
    if (looks_like_http) socket_say_https(connection_descriptor(connection));
    connection_cut(connection, CUT_NOT_TLS);
}

static void give(struct listener *listener, struct connection *connection) {
    struct door *door = &listener->doors[connection->door];
    int fd = connection_descriptor(connection);
    connection_hand_over(connection);
    if (!door->give(door->context, connection->worker, fd)) connection_end(connection);
}

/* A waiting connection's first byte has come, or its end. */
static void on_first_byte(struct listener *listener, struct connection *connection) {
    int fd = connection_descriptor(connection);
    char first;
    ssize_t n = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    watch(listener, EPOLL_CTL_DEL, fd, 0);
    if (n <= 0)
        connection_cut(connection, CUT_NO_REQUEST);
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
    if (connection && connection_state(connection) == WAITING) on_first_byte(listener, connection);
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
            connection_cut(&listener->connections[fd], CUT_NO_REQUEST);
}
