#include "edge/listener_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "edge/clock.h"

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

int64_t connection_accepted_ns(struct listener *listener, int fd) {
    const struct connection *connection = connection_find(listener, fd);
    return connection ? connection->accepted_ns : 0;
}

void connection_lost(struct listener *listener, int fd, int64_t accepted_ns) {
    struct connection *connection = connection_find(listener, fd);
    if (!connection) return;
    pthread_mutex_lock(&listener->mutex);
    if (connection->accepted_ns == accepted_ns) forget_locked(connection);
    pthread_mutex_unlock(&listener->mutex);
}

int connection_descriptor(const struct connection *connection) {
    return (int)(connection - connection->listener->connections);
}

/* Tells a connection's owner to close it. */
static void shut_down_locked(struct connection *connection) {
    connection->state = DYING;
    atomic_fetch_add(&connection->listener->doors[connection->door].dying, 1);
    shutdown(connection_descriptor(connection), SHUT_RDWR);
}

/* --- the listener's side ---------------------------------------------------------------------- */

enum connection_state connection_state(struct connection *connection) {
    pthread_mutex_lock(&connection->listener->mutex);
    enum connection_state state = connection->state;
    pthread_mutex_unlock(&connection->listener->mutex);
    return state;
}

void connection_admit(struct connection *connection, unsigned index) {
    struct listener *listener = connection->listener;
    struct door *door = &listener->doors[index];
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
}

static unsigned least_loaded(const struct door *door) {
    unsigned best = 0;
    for (unsigned w = 1; w < door->options.workers; w++)
        if (atomic_load_explicit(&door->loads[w], memory_order_relaxed) <
            atomic_load_explicit(&door->loads[best], memory_order_relaxed))
            best = w;
    return best;
}

void connection_hand_over(struct connection *connection) {
    struct listener *listener = connection->listener;
    struct door *door = &listener->doors[connection->door];
    pthread_mutex_lock(&listener->mutex);
    connection->worker = least_loaded(door);
    atomic_fetch_add(&door->loads[connection->worker], 1);
    connection->state = GIVEN;
    pthread_mutex_unlock(&listener->mutex);
}

void connection_cut(struct connection *connection, enum cut_reason why) {
    struct listener *listener = connection->listener;
    int fd = connection_descriptor(connection);
    pthread_mutex_lock(&listener->mutex);
    enum connection_state was = connection->state;
    if (was == GIVEN) {
        shut_down_locked(connection);
    } else if (was == WAITING) {
        forget_locked(connection);
        close(fd);
    }
    pthread_mutex_unlock(&listener->mutex);
    if (was == GIVEN || was == WAITING) metrics_count(listener->shard, METRIC_CONNECTIONS_CUT, why);
}

static bool is_silent(const struct connection *connection) {
    return (connection->state == WAITING || connection->state == GIVEN) &&
           !atomic_load_explicit(&connection->has_asked, memory_order_relaxed);
}

struct connection *listener_find_oldest_silent(struct listener *listener, unsigned door) {
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

/* Whether its client waits for nothing and sends nothing. The bytes are looked for first: a worker that has
 * just taken them says so at once. */
static bool is_idle_locked(struct connection *connection) {
    char byte;
    if (connection->state != GIVEN) return false;
    if (recv(connection_descriptor(connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        return false;
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
