/*
 * health: what kubelet and Prometheus ask, answered on plain ports of their own.
 *
 * Alive means that the health thread's loop turns: it depends on no policy, certificate or webhook thread. Ready means: the start is over,
 * the sandbox's too; there is a snapshot, a certificate that has not expired, and no drain. Any thread may enter; the struct is filled before threads start.
 */
#ifndef PODGATE_EDGE_HEALTH_H
#define PODGATE_EDGE_HEALTH_H

#include "edge/http.h"
#include "edge/log.h"
#include "edge/tls.h"
#include "policy/store.h"

struct health {
    struct store *store;
    struct tls *tls;
    struct log *log;
    struct metrics *metrics;
    _Atomic bool started, draining;
};

/* http_handlers; `context` is the struct health. */
void health_live(void *context, struct http_thread *thread, const struct http_request *request,
                 struct http_reply *reply);
void health_ready(void *context, struct http_thread *thread, const struct http_request *request,
                  struct http_reply *reply);
void health_metrics(void *context, struct http_thread *thread, const struct http_request *request,
                    struct http_reply *reply);

#endif
