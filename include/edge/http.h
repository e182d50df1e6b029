/*
 * http: what a handler sees of HTTP, so that handlers know no library: a request, a reply, refusals.
 *
 * Error bodies are v1 Status objects, because the API server shows their message to the person at
 * the keyboard. Texts in a reply are literals or live in the thread's arena until the server has taken them.
 * A struct http_thread belongs to one event thread.
 */
#ifndef PODGATE_EDGE_HTTP_H
#define PODGATE_EDGE_HTTP_H

#include "edge/metrics.h"

/* What an event thread owns and lends to the handler. */
struct http_thread {
    struct arena arena; /* reset after every reply */
    struct metrics_shard *metrics;
};

struct http_request {
    struct str path;
    /* Of the path, behind the route's own and a '/': "restricted" of /validate/restricted. */
    struct str rest;
    struct str timeout; /* ?timeout= as written, or none */
    struct str accept;  /* the header as written, or none */
    struct str body;
    int64_t arrived_ns; /* the head (clock_monotonic_ns) */
};

struct http_reply {
    int status;
    struct str body;
    const char *content_type;
    const char *allow; /* of a 405, or NULL */
    int retry_after_s; /* -1: none */
};

typedef void (*http_handler)(void *context, struct http_thread *thread,
                             const struct http_request *request, struct http_reply *reply);

/* One line of a route table. */
struct http_route {
    const char *method, *path;
    bool has_rest;   /* PATH/REST is this route too */
    bool takes_json; /* application/json with a Content-Length is required; else no body */
    http_handler handle;
    void *context;
};

/* A 200 of text/plain. */
void http_text(struct http_reply *reply, struct str body);
/* A v1 Status of this code; without memory an empty body. */
void http_refuse(struct http_thread *thread, struct http_reply *reply, int status,
                 struct str message);

#endif
