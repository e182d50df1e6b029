#include "edge/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "edge/clock.h"
#include "edge/server_thread.h"
#include "edge/server_body.h"
#include "edge/server_head.h"
#include "edge/tls_transport.h"

#define ARENA_BLOCK_BYTES ((size_t)64 * 1024)
#define ARENA_KEEP_BYTES ((size_t)256 * 1024)
#define REQUESTS_LEAST 10000
#define REQUESTS_MOST 100000

struct worker {
    struct server *server;
    struct server_thread events;
    struct http_thread thread;
    struct body_pool bodies;
};

struct server {
    struct server_options options;
    struct worker *workers;
    struct arena arena;         /* owns this struct and the workers */
    struct arena_budget memory; /* bodies, and what it takes to judge them */
    _Atomic int64_t last_request_ns;
    atomic_uint in_flight;
    _Atomic bool draining;
    struct log_limit handshakes, refused_clients, library, refused;
};

/* One TCP connection, and the request that is on it: HTTP/1.1 has one at a time. */
struct client {
    struct connection *record;
    struct tls_generation *generation;
    struct tls_transport transport; /* bound when the server speaks TLS */
    unsigned requests, request_limit;
    int64_t ends_ns; /* answers after this end the connection; 0: no such time */
    /* the request */
    struct head head;
    int64_t arrived_ns;
    struct body body;
};

/* --- replies ---------------------------------------------------------------------------------- */

static bool is_last_answer(struct server *server, struct client *client) {
    return server->options.close_each || client->requests >= client->request_limit ||
           atomic_load_explicit(&server->draining, memory_order_relaxed) ||
           (client->ends_ns != 0 && client->arrived_ns >= client->ends_ns);
}

static enum MHD_Result queue(struct worker *worker, struct client *client,
                             struct MHD_Connection *connection, const struct http_reply *reply) {
    union {
        const char *read_only;
        void *bytes; /* the library's type forgets that it only reads */
    } body = {reply->body.at};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.len, body.bytes, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", reply->content_type);
    if (reply->allow) MHD_add_response_header(response, "Allow", reply->allow);
    if (reply->retry_after_s >= 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", reply->retry_after_s);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    if (is_last_answer(worker->server, client))
        MHD_add_response_header(response, "Connection", "close");
    if (worker->server->options.tls) tls_transport_expect(&client->transport, reply->body.len);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    if (worker->server->options.counts_requests)
        metrics_count_http(worker->thread.metrics, reply->status);
    return result;
}

static void refuse(struct worker *worker, const struct client *client, struct http_reply *reply) {
    struct server *server = worker->server;
    const struct head *head = &client->head;
    int status = head_refusal_status(head->refusal);
    http_refuse(&worker->thread, reply, status,
                head_refusal_message(&worker->thread.arena, &server->options, head));
    if (head->refusal == REFUSED_METHOD) reply->allow = head->route->method;
    if (head->refusal == REFUSED_MEMORY) {
        reply->retry_after_s = 1;
        metrics_count(worker->thread.metrics, METRIC_SHED, SHED_MEMORY);
    }
    if (server->options.counts_requests)
        log_limited(server->options.log, &server->refused, LOG_LEVEL_WARN,
                    "a request was refused with status %d: %s", status,
                    head_refusal_text(head->refusal));
}

static struct str timeout_of(struct MHD_Connection *connection) {
    return str_from(MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "timeout"));
}

static struct str accept_of(struct MHD_Connection *connection) {
    return str_from(
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
}

static enum MHD_Result answer(struct worker *worker, struct client *client,
                              struct MHD_Connection *connection, const char *url) {
    struct http_reply reply;
    connection_whole_request(client->record);
    if (client->head.refusal != REFUSED_NOT) {
        refuse(worker, client, &reply);
    } else {
        const struct http_route *route = client->head.route;
        struct http_request request = {.path = str_from(url),
                                       .rest = client->head.rest,
                                       .timeout = timeout_of(connection),
                                       .accept =
                                           route->takes_json ? STR_NONE : accept_of(connection),
                                       .body = {client->body.at, client->body.len},
                                       .arrived_ns = client->arrived_ns};
        route->handle(route->context, &worker->thread, &request, &reply);
    }
    enum MHD_Result result = queue(worker, client, connection, &reply);
    arena_reset(&worker->thread.arena, ARENA_KEEP_BYTES);
    body_drop(&worker->bodies, &client->body);
    return result;
}

static enum MHD_Result begin(struct worker *worker, struct client *client,
                             struct MHD_Connection *connection, const char *url,
                             const char *method) {
    struct server *server = worker->server;
    client->arrived_ns = clock_monotonic_ns();
    client->requests++;
    atomic_store_explicit(&server->last_request_ns, client->arrived_ns, memory_order_relaxed);
    atomic_fetch_add(&server->in_flight, 1);
    if (server->options.counts_requests) metrics_add(server->options.metrics, METRIC_INFLIGHT, 1);
    if (server->options.tls && client->requests == 1)
        metrics_count(worker->thread.metrics, METRIC_TLS_HANDSHAKES, HANDSHAKE_OK);
    connection_begin_request(client->record);
    head_read(&server->options, connection, url, method, &client->head);
    client->body.declared = client->head.declared;
    /* Queued before the body was read, the library ends the connection behind it. */
    return client->head.ends_connection ? answer(worker, client, connection, url) : MHD_YES;
}

/* --- the library's callbacks ------------------------------------------------------------------ */

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request_context) {
    struct worker *worker = cls;
    struct client *client = *request_context;
    (void)version;
    worker->events.progress++;
    if (!client) {
        client =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        if (!client) return MHD_NO;
        *request_context = client;
        return begin(worker, client, connection, url, method);
    }
    if (*size > 0) {
        if (client->head.refusal == REFUSED_NOT && client->head.route->takes_json &&
            !body_add(&worker->bodies, &client->body, data, *size))
            client->head.refusal = REFUSED_MEMORY;
        *size = 0;
        return MHD_YES;
    }
    return answer(worker, client, connection, url);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode how) {
    struct worker *worker = cls;
    struct client *client = *request_context;
    (void)connection;
    if (!client) return;
    body_drop(&worker->bodies, &client->body);
    tls_transport_flush(&client->transport);
    atomic_fetch_sub(&worker->server->in_flight, 1);
    if (worker->server->options.counts_requests)
        metrics_add(worker->server->options.metrics, METRIC_INFLIGHT, -1);
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK) connection_answered(client->record);
    *request_context = NULL;
}

static void set_end(const struct server_options *options, struct client *client) {
    uint32_t random[2] = {0, 0};
    client->request_limit = UINT32_MAX;
    if (options->connection_age_ms <= 0) return;
    if (getrandom(random, sizeof random, GRND_NONBLOCK) < 0)
        random[0] = (uint32_t)clock_monotonic_ns();
    int64_t quarter = options->connection_age_ms / 4;
    int64_t age_ms =
        options->connection_age_ms - quarter / 2 + (quarter > 0 ? random[0] % quarter : 0);
    client->ends_ns = clock_monotonic_ns() + age_ms * CLOCK_NS_PER_MS;
    client->request_limit = REQUESTS_LEAST + random[1] % (REQUESTS_MOST - REQUESTS_LEAST);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
    struct worker *worker = cls;
    const struct server_options *options = &worker->server->options;
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct client *client = *socket_context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (client) tls_end_session(client->generation);
        free(client);
        *socket_context = NULL;
        connection_end(connection_find(options->listener, fd));
        return;
    }
    client = calloc(1, sizeof *client);
    if (!client) return; /* its requests will be refused */
    client->record = connection_find(options->listener, fd);
    set_end(options, client);
    if (options->tls) {
        void *session =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
        client->generation = tls_begin_session(options->tls, session);
        tls_transport_bind(&client->transport, session, fd, &worker->events.progress);
    }
    *socket_context = client;
}

/* The status of an answer that the library gives by itself, to a head that it does not understand; it
 * tells nobody but its log. 0: the message is about something else. */
static int status_of(struct str message) {
    const struct str before = STR("HTTP response code is ");
    int64_t status;
    if (str_starts_with(message, STR("Too large value of 'Content-Length'"))) return 413;
    for (size_t i = 0; i + before.len + 3 <= message.len; i++)
        if (str_starts_with(str_slice(message, i, message.len), before) &&
            str_to_int64(str_slice(message, i + before.len, 3), &status))
            return (int)status;
    return 0;
}

__attribute__((format(printf, 2, 0))) static void on_library_message(void *cls, const char *format,
                                                                     va_list args) {
    struct worker *worker = cls;
    struct server *server = worker->server;
    char text[256];
    vsnprintf(text, sizeof text, format, args);
    struct str message = str_trim(str_from(text));
    /* The library's words for every failed handshake, whatever the reason. */
    if (str_contains(message, STR("handshake message out of context"))) {
        char reason[TLS_REASON_BYTES];
        struct str refusal = tls_take_refusal(reason);
        metrics_count(worker->thread.metrics, METRIC_TLS_HANDSHAKES,
                      refusal.len > 0 ? HANDSHAKE_CLIENT_REFUSED : HANDSHAKE_FAILED);
        if (refusal.len > 0)
            log_limited(server->options.log, &server->refused_clients, LOG_LEVEL_WARN,
                        "%s: refused in the TLS handshake: %.*s", server->options.name,
                        STR_ARGS(refusal));
        else
            log_limited(server->options.log, &server->handshakes, LOG_LEVEL_WARN,
                        "%s: a TLS handshake failed: the client went away, offered nothing newer "
                        "than TLS 1.1 or did not trust the certificate",
                        server->options.name);
        return;
    }
    int status = status_of(message);
    if (status == 0) {
        log_limited(server->options.log, &server->library, LOG_LEVEL_INFO,
                    "%s: libmicrohttpd: %.*s", server->options.name, STR_ARGS(message));
        return;
    }
    if (!server->options.counts_requests) return;
    metrics_count_http(worker->thread.metrics, status);
    log_limited(server->options.log, &server->refused, LOG_LEVEL_WARN,
                "a request was refused with status %d: its head is malformed or too large", status);
}

_Noreturn static void on_panic(void *cls, const char *file, unsigned line, const char *reason) {
    (void)cls;
    error_abort(reason ? reason : "libmicrohttpd panic", file, (int)line);
}

/* --- the control thread's side ---------------------------------------------------------------- */

static bool start_worker(struct worker *worker, struct error *err) {
    const struct server_options *options = &worker->server->options;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
                     (options->tls ? MHD_USE_TLS : 0);
    /* Reaching the library's own limit hangs its thread: it must be above all that the door may have. */
    unsigned limit = options->connections + 2 * LISTENER_SLACK;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, worker, MHD_OPTION_EXTERNAL_LOGGER, on_library_message,
        worker, MHD_OPTION_NOTIFY_COMPLETED, on_completed, worker, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, worker, MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT,
        options->inactivity_s, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_STRICT_FOR_CLIENT,
        1, options->tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, tls_priorities,
        MHD_OPTION_HTTPS_CERT_CALLBACK, tls_certificate_callback(), MHD_OPTION_END);
    if (!daemon) return error_set(err, ERR_IO, "%s: libmicrohttpd does not start", options->name);
    return server_thread_start(&worker->events, daemon, options->listener, err) ||
           error_context(err, "%s", options->name);
}

bool server_start(const struct server_options *options, struct server **out, struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct server *server = ARENA_NEW(&arena, struct server, 1);
    struct worker *workers = ARENA_NEW(&arena, struct worker, options->threads);
    if (!server || !workers) {
        arena_fini(&arena);
        return error_set(err, ERR_MEMORY, "%s: out of memory", options->name);
    }
    server->options = *options;
    server->memory.limit = options->memory_budget;
    server->workers = workers;
    server->arena = arena;
    MHD_set_panic_func(on_panic, NULL);
    for (unsigned i = 0; i < options->threads; i++) {
        struct worker *worker = &workers[i];
        worker->server = server;
        worker->thread.metrics = metrics_shard(options->metrics, options->first_shard + i);
        /* A judgement's memory: a tree of the largest body, its texts, and its answer. */
        arena_init(&worker->thread.arena, ARENA_BLOCK_BYTES,
                   ((size_t)64 << 20) + 8 * options->max_body);
        worker->thread.arena.budget = &server->memory;
        worker->thread.arena.own_bytes = ARENA_KEEP_BYTES;
        worker->bodies = (struct body_pool){.budget = &server->memory, .metrics = options->metrics};
    }
    for (unsigned i = 0; i < options->threads; i++) {
        if (start_worker(&workers[i], err)) continue;
        server_stop(server);
        return false;
    }
    *out = server;
    return true;
}

bool server_give(void *context, unsigned index, int fd) {
    struct server *server = context;
    return server_thread_give(&server->workers[index].events, fd);
}

void server_drain(struct server *server) { atomic_store(&server->draining, true); }

unsigned server_in_flight(const struct server *server) { return atomic_load(&server->in_flight); }

int64_t server_last_request_ns(const struct server *server) {
    return atomic_load(&server->last_request_ns);
}

void server_stop(struct server *server) {
    if (!server) return;
    for (unsigned i = 0; i < server->options.threads; i++)
        server_thread_stop(&server->workers[i].events);
    for (unsigned i = 0; i < server->options.threads; i++) {
        arena_fini(&server->workers[i].thread.arena);
        body_pool_fini(&server->workers[i].bodies);
    }
    struct arena arena = server->arena;
    arena_fini(&arena);
}

const char *server_library_version(void) { return MHD_get_version(); }
