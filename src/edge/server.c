#include "edge/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "edge/clock.h"
#include "edge/server_body.h"
#include "edge/tls_send.h"
#include "edge/tls_wait.h"

#define STACK_BYTES (256 * 1024)
#define ARENA_BLOCK_BYTES ((size_t)64 * 1024)
#define ARENA_KEEP_BYTES ((size_t)256 * 1024)
/* A refused body up to so much is read, to keep the connection. */
#define DRAIN_BODY_BYTES ((size_t)64 * 1024)
#define REQUESTS_LEAST 10000
#define REQUESTS_MOST 100000

/* Why a request does not reach its handler. */
enum refusal {
    REFUSED_NOT,
    REFUSED_PATH,
    REFUSED_METHOD,
    REFUSED_TYPE,
    REFUSED_ENCODING,
    REFUSED_BOTH_LENGTHS,
    REFUSED_NO_LENGTH,
    REFUSED_TWO_LENGTHS,
    REFUSED_BAD_LENGTH,
    REFUSED_TOO_LARGE,
    REFUSED_MEMORY,
};
static const struct {
    int status;
    bool at_once; /* where the body ends is in doubt, or it is too much to read */
    const char *message;
} refusals[] = {
    [REFUSED_PATH] = {404, false, "there is nothing at this path"},
    [REFUSED_METHOD] = {405, false, "this path does not take that method"},
    [REFUSED_TYPE] = {415, false, "the Content-Type must be application/json"},
    [REFUSED_ENCODING] =
        {411, true, "a Transfer-Encoding is not accepted: send the body with a Content-Length"},
    [REFUSED_BOTH_LENGTHS] =
        {400, true, "Transfer-Encoding and Content-Length together leave the body's end in doubt"},
    [REFUSED_NO_LENGTH] = {411, true, "a Content-Length is required"},
    [REFUSED_TWO_LENGTHS] = {400, true, "there is more than one Content-Length"},
    [REFUSED_BAD_LENGTH] = {400, true, "the Content-Length is not a number"},
    [REFUSED_TOO_LARGE] = {413, true, "the body is larger than podgate accepts"},
    [REFUSED_MEMORY] =
        {503, false, "podgate holds as many request bodies as it may (--memory-budget); try again"},
};

struct worker {
    struct server *server;
    struct MHD_Daemon *daemon;
    int events; /* its thread's epoll file */
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
    struct tls_sender sender; /* bound when the server speaks TLS */
    struct tls_waiter waiter;
    unsigned requests, request_limit;
    int64_t ends_ns; /* answers after this end the connection; 0: no such time */
    /* the request */
    const struct http_route *route;
    struct str rest;
    enum refusal refusal;
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
    if (worker->server->options.tls) tls_sender_expect(&client->sender, reply->body.len);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    if (worker->server->options.counts_requests)
        metrics_count_http(worker->thread.metrics, reply->status);
    return result;
}

/* With the sizes, or with what there is instead where something else is asked for. */
static struct str refusal_text(struct worker *worker, const struct client *client) {
    const char *message = refusals[client->refusal].message;
    if (client->refusal == REFUSED_TOO_LARGE)
        return str_format(&worker->thread.arena, "%s: it has %zu bytes, --max-body allows %zu",
                          message, client->body.declared, worker->server->options.max_body);
    const char *instead = client->refusal == REFUSED_PATH     ? worker->server->options.paths
                          : client->refusal == REFUSED_METHOD ? client->route->method
                                                              : NULL;
    if (!instead) return str_from(message);
    return str_format(&worker->thread.arena,
                      client->refusal == REFUSED_PATH ? "%s: %s" : "%s, only %s", message, instead);
}

static void refuse(struct worker *worker, struct client *client, struct http_reply *reply) {
    struct server *server = worker->server;
    enum refusal why = client->refusal;
    http_refuse(&worker->thread, reply, refusals[why].status, refusal_text(worker, client));
    if (why == REFUSED_METHOD) reply->allow = client->route->method;
    if (why == REFUSED_MEMORY) {
        reply->retry_after_s = 1;
        metrics_count(worker->thread.metrics, METRIC_SHED, SHED_MEMORY);
    }
    if (server->options.counts_requests)
        log_limited(server->options.log, &server->refused, LOG_LEVEL_WARN,
                    "a request was refused with status %d: %s", refusals[why].status,
                    refusals[why].message);
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
    if (client->refusal != REFUSED_NOT) {
        refuse(worker, client, &reply);
    } else {
        struct http_request request = {.path = str_from(url),
                                       .rest = client->rest,
                                       .timeout = timeout_of(connection),
                                       .accept = client->route->takes_json ? STR_NONE
                                                                           : accept_of(connection),
                                       .body = {client->body.at, client->body.len},
                                       .arrived_ns = client->arrived_ns};
        client->route->handle(client->route->context, &worker->thread, &request, &reply);
    }
    enum MHD_Result result = queue(worker, client, connection, &reply);
    arena_reset(&worker->thread.arena, ARENA_KEEP_BYTES);
    body_drop(&worker->bodies, &client->body);
    return result;
}

/* --- heads ------------------------------------------------------------------------------------ */

/* What the headers say about the body. */
struct framing {
    bool is_json, has_encoding;
    unsigned lengths;
    struct str length;
};

static bool is_json_type(struct str type) {
    return str_equals_ignore_case(str_trim(str_slice(type, 0, str_find_char(type, ';'))),
                                  STR("application/json"));
}

static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                 size_t key_len, const char *value, size_t value_len) {
    struct framing *framing = cls;
    struct str name = {key, key_len}, text = {value, value_len};
    (void)kind;
    /* The lengths tell most headers apart before their letters are looked at. */
    if (key_len == 12 && str_equals_ignore_case(name, STR("Content-Type"))) {
        framing->is_json = is_json_type(text);
    } else if (key_len == 14 && str_equals_ignore_case(name, STR("Content-Length"))) {
        framing->lengths++;
        framing->length = text;
    } else if (key_len == 17 && str_equals_ignore_case(name, STR("Transfer-Encoding"))) {
        framing->has_encoding = true;
    }
    return MHD_YES;
}

static const struct http_route *find_route(const struct server *server, struct str path,
                                           struct str *rest) {
    for (size_t i = 0; i < server->options.route_count; i++) {
        const struct http_route *route = &server->options.routes[i];
        struct str own = str_from(route->path);
        *rest = STR_NONE;
        if (!str_starts_with(path, own)) continue;
        if (path.len == own.len) return route;
        *rest = str_slice(path, own.len + 1, path.len);
        if (route->has_rest && path.at[own.len] == '/' && rest->len > 0 &&
            str_find_char(*rest, '/') == rest->len)
            return route;
    }
    return NULL;
}

static enum refusal check_body(const struct server *server, const struct framing *framing,
                               struct client *client) {
    int64_t declared;
    if (!framing->is_json) return REFUSED_TYPE;
    if (framing->has_encoding) return framing->lengths ? REFUSED_BOTH_LENGTHS : REFUSED_ENCODING;
    if (framing->lengths == 0) return REFUSED_NO_LENGTH;
    if (framing->lengths > 1) return REFUSED_TWO_LENGTHS;
    if (!str_to_int64(framing->length, &declared) || declared < 0) return REFUSED_BAD_LENGTH;
    client->body.declared = (size_t)declared;
    return client->body.declared > server->options.max_body ? REFUSED_TOO_LARGE : REFUSED_NOT;
}

static enum refusal check_head(const struct server *server, struct client *client,
                               const struct framing *framing, const char *url, const char *method) {
    client->route = find_route(server, str_from(url), &client->rest);
    if (!client->route) return REFUSED_PATH;
    if (!str_equals(str_from(client->route->method), str_from(method))) return REFUSED_METHOD;
    if (client->route->takes_json) return check_body(server, framing, client);
    return REFUSED_NOT;
}

/* Whether what follows a refused head can be read to its end at little cost. */
static bool can_drain(const struct framing *framing) {
    int64_t length = 0;
    if (framing->has_encoding || framing->lengths > 1) return false;
    return framing->lengths == 0 || (str_to_int64(framing->length, &length) && length >= 0 &&
                                     length <= (int64_t)DRAIN_BODY_BYTES);
}

static enum MHD_Result begin(struct worker *worker, struct client *client,
                             struct MHD_Connection *connection, const char *url,
                             const char *method) {
    struct server *server = worker->server;
    struct framing framing = {0};
    client->arrived_ns = clock_monotonic_ns();
    client->requests++;
    atomic_store_explicit(&server->last_request_ns, client->arrived_ns, memory_order_relaxed);
    atomic_fetch_add(&server->in_flight, 1);
    if (server->options.counts_requests) metrics_add(server->options.metrics, METRIC_INFLIGHT, 1);
    if (server->options.tls && client->requests == 1)
        metrics_count(worker->thread.metrics, METRIC_TLS_HANDSHAKES, HANDSHAKE_OK);
    connection_begin_request(client->record);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &framing);
    client->refusal = check_head(server, client, &framing, url, method);
    if (client->refusal == REFUSED_NOT) return MHD_YES;
    if (!refusals[client->refusal].at_once && can_drain(&framing)) return MHD_YES;
    /* Queued before the body was read, the library ends the connection behind it. */
    return answer(worker, client, connection, url);
}

/* --- the library's callbacks ------------------------------------------------------------------ */

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request_context) {
    struct worker *worker = cls;
    struct client *client = *request_context;
    (void)version;
    tls_waiter_note_progress();
    if (!client) {
        client =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        if (!client) return MHD_NO;
        *request_context = client;
        return begin(worker, client, connection, url, method);
    }
    if (*size > 0) {
        if (client->refusal == REFUSED_NOT &&
            !body_add(&worker->bodies, &client->body, data, *size))
            client->refusal = REFUSED_MEMORY;
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
    tls_sender_flush(&client->sender);
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
        tls_sender_bind(&client->sender, session, fd);
        tls_waiter_bind(&client->waiter, session, fd, worker->events);
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
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
                     (options->tls ? MHD_USE_TLS : 0);
    /* Reaching the library's own limit hangs its thread: it must be above all that the door may have. */
    unsigned limit = options->connections + 2 * LISTENER_SLACK;
    worker->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, worker, MHD_OPTION_EXTERNAL_LOGGER,
                         on_library_message, worker, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                         worker, MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
                         MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT,
                         options->inactivity_s, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES,
                         MHD_OPTION_STRICT_FOR_CLIENT, 1,
                         options->tls ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END,
                         tls_priorities, MHD_OPTION_HTTPS_CERT_CALLBACK, tls_certificate_callback(),
                         MHD_OPTION_END);
    if (!worker->daemon)
        return error_set(err, ERR_IO, "%s: an event thread does not start", options->name);
    worker->events = MHD_get_daemon_info(worker->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
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

bool server_give(void *context, unsigned index, int fd, const struct sockaddr *address,
                 socklen_t address_len) {
    struct server *server = context;
    return MHD_add_connection(server->workers[index].daemon, fd, address, address_len) == MHD_YES;
}

void server_drain(struct server *server) { atomic_store(&server->draining, true); }

unsigned server_in_flight(const struct server *server) { return atomic_load(&server->in_flight); }

int64_t server_last_request_ns(const struct server *server) {
    return atomic_load(&server->last_request_ns);
}

void server_stop(struct server *server) {
    if (!server) return;
    for (unsigned i = 0; i < server->options.threads; i++)
        if (server->workers[i].daemon) MHD_stop_daemon(server->workers[i].daemon);
    for (unsigned i = 0; i < server->options.threads; i++) {
        arena_fini(&server->workers[i].thread.arena);
        body_pool_fini(&server->workers[i].bodies);
    }
    struct arena arena = server->arena;
    arena_fini(&arena);
}

const char *server_library_version(void) { return MHD_get_version(); }
