/*
 * server: HTTP over libmicrohttpd: one daemon and one event thread for each worker, without a
 * listening socket; the listener gives it connections. This is the only door to libmicrohttpd.
 *
 * Law of a request: method, path, content type, framing and length are checked at its head. Then the body is
 * collected in memory that the connection owns, growing with what arrives and charged to a budget that all
 * connections share. A refusal whose body is small enough is sent after the body was read and dropped, so that the
 * connection lives on; where the framing itself is in doubt it is sent at once and the connection ends.
 * Only a whole request reaches its handler, inline in the event thread with the thread's arena; the answer
 * is copied, then the arena is reset. So a slow client holds a body, never an arena.
 *
 * server_* belong to the control thread, except server_give: the listener's.
 */
#ifndef PODGATE_EDGE_SERVER_H
#define PODGATE_EDGE_SERVER_H

#include "edge/http.h"
#include "edge/listener.h"
#include "edge/tls.h"

struct server;

struct server_options {
    const char *name;                /* of its door */
    const char *paths;               /* what there is, for who asks for something else */
    const struct http_route *routes; /* of one path with several methods: beside each other */
    size_t route_count;
    unsigned threads;
    unsigned connections; /* the door's limit */
    struct tls *tls;      /* NULL: plain */
    struct log *log;
    struct metrics *metrics;
    unsigned first_shard; /* thread n counts in the shard first_shard + n */
    struct listener *listener;
    unsigned door;
    size_t max_body;       /* one request's */
    int64_t memory_budget; /* all bodies and all that judging them takes, together */
    bool close_each;       /* the connection ends with its first answer */
    bool counts_requests;  /* podgate_http_requests_total and podgate_inflight_requests */
    /* The library closes after so long: a net below the listener's deadlines. */
    unsigned inactivity_s;
    /* After so long (varied by a quarter) or 10,000 to 100,000 requests an answer ends the connection. 0: never. */
    int64_t connection_age_ms;
};

MUST_CHECK bool server_start(const struct server_options *options, struct server **out,
                             struct error *err);
/* A door_give; `context` is the struct server. */
bool server_give(void *context, unsigned worker, int fd);
/* From now on every answer ends its connection. */
void server_drain(struct server *server);
/* Requests whose answer was not taken yet. */
unsigned server_in_flight(const struct server *server);
/* clock_monotonic_ns of the last request's head; 0 when there was none. */
int64_t server_last_request_ns(const struct server *server);
/* Ends all connections, whatever they do, and all threads. */
void server_stop(struct server *server);
const char *server_library_version(void);

#endif
