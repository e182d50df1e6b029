#include "cli/serve.h"

#include <malloc.h>
#include <unistd.h>

#include "cli/console.h"
#include "cli/serve_options.h"
#include "cli/serve_process.h"
#include "cli/version.h"
#include "edge/clock.h"
#include "edge/health.h"
#include "edge/reload.h"
#include "edge/sandbox.h"
#include "edge/server.h"
#include "edge/webhook.h"

#define DESCRIPTORS_KEPT 64  /* for files, logs, the libraries */
#define PLAIN_CONNECTIONS 16 /* of the health and of the metrics port */
#define PLAIN_MS 5000
#define INACTIVITY_S 150
#define LAST_ARRIVALS_MS 1000 /* for who connected just before the door was closed to ask */
#define TELL_CLEAN_MS 60000
#define MAPPED_BYTES (256 * 1024) /* what is as large goes back to the system when it is freed */

enum { WEBHOOK, HEALTH, METRICS, SERVERS };
static const char *const server_names[SERVERS] = {"webhook", "health", "metrics"};

/* All there is, in the order of its making; taken down backwards. */
struct serve {
    struct serve_options options;
    struct arena *arena;
    struct log *log;
    struct metrics *metrics;
    struct recorder *recorder;
    struct tls *tls;
    struct store *store;
    struct reload *reload;
    struct sandbox sandbox;
    struct listener *listener;
    struct server *servers[SERVERS];
    unsigned doors[SERVERS];
    bool has_metrics_port;
    unsigned threads, connections;
    struct webhook webhook;
    struct health health;
    struct http_route validate[1], probes[2], scrape[1];
};

/* --- building --------------------------------------------------------------------------------- */

/* The reload room needs the store before it exists; there is one long before anything is released. */
static void wake_control(void *serve) { reload_wake(((struct serve *)serve)->reload); }

static enum mode mode_of(const struct serve_options *o) {
    return o->audit_only ? MODE_AUDIT : (enum mode)o->mode;
}

static bool make_rooms(struct serve *serve, struct error *err) {
    const struct serve_options *o = &serve->options;
    const struct metrics_options metrics = {.version = version_number,
                                            .commit = version_commit,
                                            .mode = mode_of(o),
                                            .namespaces = (unsigned)o->metrics_namespaces};
    serve->metrics = metrics_new(&metrics);
    serve->tls = tls_new(o->client_names);
    if (!serve->metrics || !serve->tls)
        return error_set(err, ERR_MEMORY, "out of memory at the start");
    if (!log_new(STDOUT_FILENO, (enum log_level)o->log_level, (enum log_format)o->log_format,
                 &serve->log, err))
        return false;
    sandbox_init(&serve->sandbox, (enum sandbox_mode)o->sandbox, serve->log, serve->arena);
    serve->store = store_new(wake_control, serve);
    if (!serve->store) return error_set(err, ERR_MEMORY, "out of memory at the start");
    struct reload_options reload = {.policies = &o->policies,
                                    .tls_files = {o->tls_cert, o->tls_key, o->client_ca},
                                    .poll_ms = o->poll_ms,
                                    .log = serve->log,
                                    .metrics = serve->metrics,
                                    .store = serve->store,
                                    .tls = serve->tls};
    return reload_new(&reload, &serve->reload, err);
}

static bool load_policies(struct serve *serve, struct error *err) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, serve->arena);
    bool fine = reload_policies(serve->reload, &diagnostics, err);
    console_print_diagnostics(&diagnostics, serve->arena);
    if (fine || err->code != ERR_NONE) return fine;
    return error_set(err, ERR_SCHEMA, "the policies have %zu error%s: podgate does not start",
                     diagnostics.errors, str_plural(diagnostics.errors));
}

static bool check_options(const struct serve_options *o, struct error *err) {
    if (str_is_empty(o->tls_cert) || str_is_empty(o->tls_key))
        return error_set(err, ERR_USAGE,
                         "--tls-cert and --tls-key are required: the API server speaks only "
                         "HTTPS to webhooks");
    if (o->client_names.count > 0 && str_is_empty(o->client_ca))
        return error_set(err, ERR_USAGE,
                         "--client-name needs --client-ca: without it clients show no certificate");
    for (size_t i = 0; i < o->client_names.count; i++)
        if (str_is_empty(o->client_names.items[i]))
            return error_set(err, ERR_USAGE, "--client-name is empty");
    return true;
}

static bool choose_sizes(struct serve *serve, struct error *err) {
    const struct serve_options *o = &serve->options;
    serve->threads = o->threads > 0 ? (unsigned)o->threads : process_cores();
    /* With one, a large review would hold up all others. */
    if (o->threads == 0 && serve->threads < 2) serve->threads = 2;
    if (serve->threads > SERVE_THREADS_MAX) serve->threads = SERVE_THREADS_MAX;
    unsigned descriptors = process_raise_descriptors();
    metrics_set(serve->metrics, METRIC_MAX_DESCRIPTORS, descriptors);
    unsigned kept = DESCRIPTORS_KEPT + 2 * PLAIN_CONNECTIONS + SERVERS * LISTENER_SLACK;
    if (descriptors <= kept)
        return error_set(err, ERR_LIMIT,
                         "podgate may open only %u files, it needs more than %u (ulimit -n)",
                         descriptors, kept);
    serve->connections = (unsigned)o->max_connections;
    if (serve->connections > descriptors - kept) serve->connections = descriptors - kept;
    return listener_new(serve->log, serve->metrics, metrics_shard(serve->metrics, 0),
                        serve->connections + kept + 4 * serve->threads + DESCRIPTORS_KEPT,
                        &serve->listener, err);
}

static bool open_doors(struct serve *serve, struct error *err) {
    const struct serve_options *o = &serve->options;
    struct door_options webhook = {.name = server_names[WEBHOOK],
                                   .address = o->listen,
                                   .limit = serve->connections,
                                   .workers = serve->threads,
                                   .speaks_tls = true,
                                   .first_request_ms = o->first_request_ms,
                                   .body_ms = o->body_ms,
                                   .idle_ms = o->idle_ms,
                                   .open_gauge = METRIC_CONNECTIONS};
    struct door_options plain = {.name = server_names[HEALTH],
                                 .address = o->health_listen,
                                 .limit = PLAIN_CONNECTIONS,
                                 .workers = 1,
                                 .first_request_ms = PLAIN_MS,
                                 .body_ms = PLAIN_MS,
                                 .idle_ms = PLAIN_MS,
                                 .open_gauge = METRIC_COUNT};
    if (!listener_open(serve->listener, &webhook, &serve->doors[WEBHOOK], err)) return false;
    if (!listener_open(serve->listener, &plain, &serve->doors[HEALTH], err)) return false;
    serve->has_metrics_port =
        !str_is_empty(o->metrics_listen) && !str_equals(o->metrics_listen, STR("off"));
    plain.name = server_names[METRICS];
    plain.address = o->metrics_listen;
    return !serve->has_metrics_port ||
           listener_open(serve->listener, &plain, &serve->doors[METRICS], err);
}

static struct str_list exempt_namespaces(struct serve *serve) {
    struct str_list all = {NULL, serve->options.exempt_namespaces.count};
    all.items = ARENA_NEW(serve->arena, struct str, all.count + 1);
    if (!all.items) return (struct str_list){NULL, 0};
    for (size_t i = 0; i < all.count; i++)
        all.items[i] = serve->options.exempt_namespaces.items[i];
    if (!str_is_empty(serve->options.own_namespace))
        all.items[all.count++] = serve->options.own_namespace;
    return all;
}

static struct scan_limits limits_of(const struct serve_options *o) {
    return (struct scan_limits){.depth = (unsigned)o->max_depth,
                                .nodes = (size_t)o->max_nodes,
                                .string_bytes = (size_t)o->max_string};
}

static void set_up_handlers(struct serve *serve) {
    const struct serve_options *o = &serve->options;
    serve->webhook = (struct webhook){.admission = {.limits = limits_of(o),
                                                    .mode = mode_of(o),
                                                    .exempt_namespaces = exempt_namespaces(serve)},
                                      .store = serve->store,
                                      .log = serve->log,
                                      .recorder = serve->recorder,
                                      .omits_users = o->omit_users,
                                      .big_limit = serve->threads > 1 ? serve->threads - 1 : 1};
    serve->health = (struct health){.store = serve->store,
                                    .tls = serve->tls,
                                    .log = serve->log,
                                    .metrics = serve->metrics};
    serve->validate[0] =
        (struct http_route){"POST", "/validate", true, true, webhook_validate, &serve->webhook};
    serve->probes[0] =
        (struct http_route){"GET", "/livez", false, false, health_live, &serve->health};
    serve->probes[1] =
        (struct http_route){"GET", "/readyz", false, false, health_ready, &serve->health};
    serve->scrape[0] =
        (struct http_route){"GET", "/metrics", false, false, health_metrics, &serve->health};
}

static bool start_server(struct serve *serve, int which, struct error *err) {
    const struct serve_options *o = &serve->options;
    bool is_webhook = which == WEBHOOK;
    static const char *const paths[SERVERS] = {"reviews go to /validate or /validate/PROFILE",
                                               "here are /livez and /readyz", "here is /metrics"};
    struct server_options options = {.name = server_names[which],
                                     .paths = paths[which],
                                     .routes = serve->validate,
                                     .route_count = 1,
                                     .threads = is_webhook ? serve->threads : 1,
                                     .connections =
                                         is_webhook ? serve->connections : PLAIN_CONNECTIONS,
                                     .tls = is_webhook ? serve->tls : NULL,
                                     .log = serve->log,
                                     .metrics = serve->metrics,
                                     .first_shard = is_webhook ? 1 : 0,
                                     .listener = serve->listener,
                                     .door = serve->doors[which],
                                     .max_body = (size_t)o->max_body,
                                     .memory_budget = o->memory_budget,
                                     .close_each = !is_webhook,
                                     .counts_requests = is_webhook,
                                     .inactivity_s = is_webhook ? INACTIVITY_S : PLAIN_MS / 1000,
                                     .connection_age_ms = is_webhook ? o->connection_age_ms : 0};
    if (which == HEALTH) {
        options.routes = serve->probes;
        options.route_count = 2;
    } else if (which == METRICS) {
        options.routes = serve->scrape;
    }
    if (!server_start(&options, &serve->servers[which], err)) return false;
    listener_set_receiver(serve->listener, serve->doors[which], server_give, serve->servers[which]);
    return true;
}

static bool write_port_file(struct serve *serve, struct error *err) {
    struct strbuf text;
    if (str_is_empty(serve->options.port_file)) return true;
    strbuf_init(&text, serve->arena, 64);
    for (int s = 0; s < SERVERS; s++)
        if (s != METRICS || serve->has_metrics_port)
            strbuf_printf(&text, "%s %u\n", server_names[s],
                          listener_port(serve->listener, serve->doors[s]));
    return process_write_file(serve->arena, serve->options.port_file, strbuf_str(&text), err);
}

static bool confine(struct serve *serve, struct error *err) {
    const struct serve_options *o = &serve->options;
    size_t n = 0;
    struct str *paths = ARENA_NEW(serve->arena, struct str, o->policies.count + 3);
    if (!paths) return error_set(err, ERR_MEMORY, "out of memory at the start");
    for (size_t i = 0; i < o->policies.count; i++)
        paths[n++] = o->policies.items[i];
    paths[n++] = o->tls_cert;
    paths[n++] = o->tls_key;
    paths[n++] = o->client_ca;
    return sandbox_confine(&serve->sandbox, paths, n, o->record, err);
}

static bool start_threads(struct serve *serve, struct error *err) {
    if (!log_start(serve->log, err) || !recorder_start(serve->recorder, err)) return false;
    for (int s = 0; s < SERVERS; s++)
        if ((s != METRICS || serve->has_metrics_port) && !start_server(serve, s, err)) return false;
    return listener_start(serve->listener, err);
}

/* Before the process is confined: the folder is opened here. */
static bool make_recorder(struct serve *serve, struct error *err) {
    const struct serve_options *o = &serve->options;
    const struct recorder_options options = {.folder = o->record,
                                             .most_bytes = o->record_size,
                                             .per_workload = o->record_per_workload,
                                             .recording = {.limits = limits_of(o),
                                                           .keeps_users =
                                                               o->record_users && !o->omit_users},
                                             .log = serve->log,
                                             .shard = metrics_shard(serve->metrics, 0)};
    return str_is_empty(o->record) || recorder_new(&options, &serve->recorder, err);
}

/* The ports and the port file may need rights that go away then; threads take over what the first one has. */
static bool start(struct serve *serve, struct error *err) {
    if (!check_options(&serve->options, err) || !reload_block_signals(err) ||
        !make_rooms(serve, err) || !load_policies(serve, err) ||
        !reload_certificate(serve->reload, err) || !choose_sizes(serve, err) ||
        !open_doors(serve, err) || !write_port_file(serve, err) || !make_recorder(serve, err) ||
        !confine(serve, err))
        return false;
    set_up_handlers(serve);
    return start_threads(serve, err) && sandbox_seal(&serve->sandbox, err);
}

/* The listener goes first: it gives connections to the servers. Its records go last: they end theirs. */
static void take_down(struct serve *serve) {
    listener_stop(serve->listener);
    for (int s = 0; s < SERVERS; s++)
        server_stop(serve->servers[s]);
    recorder_stop(serve->recorder);
    listener_free(serve->listener);
    reload_free(serve->reload);
    if (serve->store) store_free(serve->store);
    tls_free(serve->tls);
    log_stop(serve->log);
    metrics_free(serve->metrics);
}

/* --- running ---------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Serves on until no request came for the quiet time. False when a second signal cut it short. */
static bool wait_quiet(struct serve *serve, int64_t began_ns, int64_t end_ns) {
    int64_t quiet_ns = serve->options.drain_quiet_ms * CLOCK_NS_PER_MS;
    for (;;) {
        int64_t now = clock_monotonic_ns(), last = server_last_request_ns(serve->servers[WEBHOOK]);
        int64_t until = least((last > began_ns ? last : began_ns) + quiet_ns, end_ns);
        if (now >= until) return true;
        if (reload_wait(serve->reload, (until - now) / CLOCK_NS_PER_MS + 1)) return false;
    }
}

/* The door is closed: what came through it is answered, also what was still in its TLS handshake. Idle connections are ended
 * one by one, so that a request that has already come on one of them is not cut off with it. */
static bool wait_answered(struct serve *serve, int64_t end_ns) {
    int64_t now = clock_monotonic_ns();
    int64_t asked_ns = least(now + LAST_ARRIVALS_MS * CLOCK_NS_PER_MS, end_ns);
    for (; now < end_ns; now = clock_monotonic_ns()) {
        unsigned others = listener_end_idle(serve->listener, serve->doors[WEBHOOK]);
        if (server_in_flight(serve->servers[WEBHOOK]) == 0 && (now >= asked_ns || others == 0))
            break;
        if (reload_wait(serve->reload, 10)) return false;
    }
    return true;
}

static void drain(struct serve *serve) {
    int64_t began_ns = clock_monotonic_ns();
    int64_t end_ns = began_ns + serve->options.drain_timeout_ms * CLOCK_NS_PER_MS;
    log_message(serve->log, LOG_LEVEL_INFO,
                "draining: not ready any more, answers end their connections");
    atomic_store(&serve->health.draining, true);
    server_drain(serve->servers[WEBHOOK]);
    bool patient = wait_quiet(serve, began_ns, end_ns);
    listener_close_door(serve->listener, serve->doors[WEBHOOK]);
    if (!patient || !wait_answered(serve, end_ns))
        log_message(serve->log, LOG_LEVEL_WARN, "a second signal: ending at once");
    webhook_tell_clean(&serve->webhook, serve->metrics);
    unsigned left = server_in_flight(serve->servers[WEBHOOK]);
    log_message(serve->log, left ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
                "ended with %u requests unanswered", left);
}

static void run_until_signal(struct serve *serve) {
    log_message(serve->log, LOG_LEVEL_INFO,
                "podgate %s serves on port %u with %u threads, mode %.*s", version_number,
                listener_port(serve->listener, serve->doors[WEBHOOK]), serve->threads,
                STR_ARGS(mode_name(serve->webhook.admission.mode)));
    while (!reload_wait(serve->reload, TELL_CLEAN_MS))
        webhook_tell_clean(&serve->webhook, serve->metrics);
    drain(serve);
}

int serve_run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct str_list operands;
    struct error err = {.code = ERR_NONE};
    int status = STATUS_FINE;
    struct serve serve = {.arena = arena};
    /* Threads that allocate together must not each grow a heap of their own. */
    mallopt(M_ARENA_MAX, 2);
    /* Left to itself the bound rises to the largest body ever freed, whose memory then stays ours. */
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
    if (console_read_options(verb, arena, argc, argv, &serve.options, &operands, &status)) {
        if (start(&serve, &err)) {
            atomic_store(&serve.health.started, true);
            run_until_signal(&serve);
        } else {
            console_error(&err);
            status = STATUS_TROUBLE;
        }
        take_down(&serve);
    }
    return status;
}
