/*
 * listener: sockets, and every connection from its accept to its end.
 *
 * One thread accepts for all doors (webhook, health, metrics), waits for a connection's first byte and gives
 * the connection to the least loaded worker of its door through the door's `give`. From then on the worker's
 * library owns the descriptor; the listener keeps a record of it (by descriptor), and ends it with shutdown(2)
 * when it is too slow: the library then closes it. What it refuses: connections above a door's limit (the oldest that
 * never sent a whole request goes first, if there is one), bytes that are no TLS on a TLS door.
 *
 * Lock: one mutex guards which records are in use and the calls of shutdown(2), so that a descriptor that was closed
 * and given out anew is never hit: `connection_end` must be called before the descriptor is closed.
 * Threads: all of listener_* belong to the control thread, connection_* to the connection's worker.
 */
#ifndef PODGATE_EDGE_LISTENER_H
#define PODGATE_EDGE_LISTENER_H

#include "edge/log.h"
#include "edge/metrics.h"

struct listener;
struct connection;

#define LISTENER_DOORS 4
/* Connections that a door may have beyond its limit, because they were told to go and have not gone
 * yet; the library's own limit must be above both together. */
#define LISTENER_SLACK 64

struct door_options {
    const char *name;   /* "webhook": in messages and in the port file */
    struct str address; /* "ADDR:PORT", "[::1]:PORT", ":PORT" (all addresses, IPv6 and IPv4) */
    unsigned limit;     /* connections */
    unsigned workers;
    bool speaks_tls;
    int64_t first_request_ms; /* from accept to the first whole request */
    int64_t body_ms;          /* from a request's head to its last byte, and to the answer taken */
    int64_t idle_ms; /* from an answer to the next whole request; more than the API server's 90 s */
    enum metric open_gauge; /* METRIC_COUNT: none */
};
/* Takes the descriptor, whatever it answers; false when the connection did not come about. */
typedef bool (*door_give)(void *context, unsigned worker, int fd);

/* `descriptors`: no connection's descriptor is this or above. */
MUST_CHECK bool listener_new(struct log *log, struct metrics *metrics, struct metrics_shard *shard,
                             unsigned descriptors, struct listener **out, struct error *err);
/* Binds and listens; nothing is accepted before listener_start. The error names the address. */
MUST_CHECK bool listener_open(struct listener *listener, const struct door_options *options,
                              unsigned *door, struct error *err);
void listener_set_receiver(struct listener *listener, unsigned door, door_give give, void *context);
/* The port that was bound. */
unsigned listener_port(const struct listener *listener, unsigned door);
MUST_CHECK bool listener_start(struct listener *listener, struct error *err);
/* Accepts what has already come, then closes the door's sockets; its connections stay. Returns when done. */
void listener_close_door(struct listener *listener, unsigned door);
/* Connections of a door that a worker has or that have not sent a byte yet. */
unsigned listener_connections(const struct listener *listener, unsigned door);
/* Ends those of a door's connections whose client waits for no answer and has sent nothing since the last one; returns
 * how many others there are. Any thread. */
unsigned listener_end_idle(struct listener *listener, unsigned door);
/* Ends the thread and closes all sockets that are still its own. The records stay until listener_free. */
void listener_stop(struct listener *listener);
void listener_free(struct listener *listener);

/* The record of a descriptor that was given to a worker. */
struct connection *connection_find(struct listener *listener, int fd);
/* A request's head is there: its body is waited for. */
void connection_begin_request(struct connection *connection);
/* The whole request is there: the answer is ours to give. */
void connection_whole_request(struct connection *connection);
/* The answer was taken: the next request is waited for. */
void connection_answered(struct connection *connection);
/* The worker's library is about to close the descriptor. */
void connection_end(struct connection *connection);
/* When it was accepted: with the descriptor this tells one connection from a later one of the same number. */
int64_t connection_accepted_ns(struct listener *listener, int fd);
/* The connection that was accepted then did not come about; its descriptor may be closed, or another's by now. */
void connection_lost(struct listener *listener, int fd, int64_t accepted_ns);

#endif
