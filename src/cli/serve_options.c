#include "cli/serve_options.h"

#include "cli/console.h"
#include "cli/serve.h"

static const char *const log_format_names[] = {"json", "text", NULL};
static const char *const sandbox_names[] = {"auto", "require", "off", NULL};
static const char *const log_level_names[] = {"debug", "info", "warn", "error", NULL};

#define FIELD(member) offsetof(struct serve_options, member)
#define HOUR_MS 3600000
#define GIB (INT64_C(1) << 30)

static const struct option_row rows[] = {
    {"listen", 0, OPTION_TEXT, FIELD(listen), "ADDR:PORT", ":8443", 0, 0, NULL,
     "where reviews come in, by HTTPS"},
    {"tls-cert", 0, OPTION_TEXT, FIELD(tls_cert), "FILE", NULL, 0, 0, NULL,
     "the certificate in PEM form, its chain behind it (required)"},
    {"tls-key", 0, OPTION_TEXT, FIELD(tls_key), "FILE", NULL, 0, 0, NULL,
     "its private key in PEM form (required)"},
    {"client-ca", 0, OPTION_TEXT, FIELD(client_ca), "FILE", NULL, 0, 0, NULL,
     "only clients with a certificate of this CA are served (health and metrics ask for none)"},
    {"client-name", 0, OPTION_TEXTS, FIELD(client_names), "NAME", NULL, 0, 0, NULL,
     "and only those whose certificate has this common name or DNS name"},
    {"policies", 0, OPTION_TEXTS, FIELD(policies), "PATH", NULL, 0, 0, NULL,
     "a policy file, a folder of them, or builtin:NAME; without any: the built-in default policy"},
    {"mode", 0, OPTION_CHOICE, FIELD(mode), "audit|warn|enforce", "enforce", 0, 0,
     console_mode_names, "a ceiling on what any policy does"},
    {"audit-only", 0, OPTION_FLAG, FIELD(audit_only), NULL, NULL, 0, 0, NULL,
     "the same as --mode audit: nothing is ever denied; what would be is annotated and logged"},
    {"exempt-namespace", 0, OPTION_TEXTS, FIELD(exempt_namespaces), "NAME", NULL, 0, 0, NULL,
     "a namespace that is never judged"},
    {"own-namespace", 0, OPTION_TEXT, FIELD(own_namespace), "NAME", NULL, 0, 0, NULL,
     "podgate's own namespace, never judged, so that podgate can always start"},
    {"health-listen", 0, OPTION_TEXT, FIELD(health_listen), "ADDR:PORT", ":8081", 0, 0, NULL,
     "where /livez and /readyz answer, by plain HTTP"},
    {"metrics-listen", 0, OPTION_TEXT, FIELD(metrics_listen), "ADDR:PORT", ":8080", 0, 0, NULL,
     "where /metrics answers, by plain HTTP; off: nowhere"},
    {"metrics-namespaces", 0, OPTION_NUMBER, FIELD(metrics_namespaces), "N", "0", 0, 10000, NULL,
     "so many namespaces, the first that come, are counted apart; the others together"},
    {"log-format", 0, OPTION_CHOICE, FIELD(log_format), NULL, "json", 0, 0, log_format_names,
     "of the lines on standard output"},
    {"log-level", 0, OPTION_CHOICE, FIELD(log_level), NULL, "info", 0, 0, log_level_names,
     "debug adds a line for every review that nothing is to be said about"},
    {"log-omit-users", 0, OPTION_FLAG, FIELD(omit_users), NULL, NULL, 0, 0, NULL,
     "the log does not say who asked"},
    {"record", 0, OPTION_TEXT, FIELD(record), "DIR", NULL, 0, 0, NULL,
     "keep reviews, without their secrets, in files of this folder, for podgate replay"},
    {"record-size", 0, OPTION_BYTES, FIELD(record_size), "SIZE", "64MiB", 1024 * 1024, 1024 * GIB,
     NULL, "of all these files; the oldest one is removed for a new one"},
    {"record-per-workload", 0, OPTION_NUMBER, FIELD(record_per_workload), "N", "10", 0, 1000000,
     NULL, "so many reviews of one workload, kind and operation in a file; 0: all"},
    {"record-users", 0, OPTION_FLAG, FIELD(record_users), NULL, NULL, 0, 0, NULL,
     "with the names and groups of persons too, not only those that begin with system:"},
    {"threads", 0, OPTION_NUMBER, FIELD(threads), "N", "0", 0, SERVE_THREADS_MAX, NULL,
     "event threads; 0: the cores that podgate may use, at least 2"},
    {"max-connections", 0, OPTION_NUMBER, FIELD(max_connections), "N", "1024", 1, 65536, NULL,
     "on the webhook port; about 45 KiB each"},
    {"max-body", 0, OPTION_BYTES, FIELD(max_body), "SIZE", "8MiB", 1024, GIB, NULL,
     "the largest review"},
    {"memory-budget", 0, OPTION_BYTES, FIELD(memory_budget), "SIZE", "256MiB", 65536, 64 * GIB,
     NULL, "request bodies and what judging them takes, together; above it 503 with Retry-After"},
    {"max-depth", 0, OPTION_NUMBER, FIELD(max_depth), "N", "64", 16, 512, NULL,
     "nesting of an object that must be judged"},
    {"max-nodes", 0, OPTION_NUMBER, FIELD(max_nodes), "N", "65536", 1024, 16777216, NULL,
     "values in an object that must be judged"},
    {"max-string", 0, OPTION_BYTES, FIELD(max_string), "SIZE", "1MiB", 1024, GIB, NULL,
     "the longest string of an object that must be judged"},
    {"first-request-timeout", 0, OPTION_DURATION, FIELD(first_request_ms), "TIME", "30s", 10,
     HOUR_MS, NULL, "from a connection's start to its first whole request"},
    {"body-timeout", 0, OPTION_DURATION, FIELD(body_ms), "TIME", "30s", 10, HOUR_MS, NULL,
     "from a request's head to its end, and again to its answer being taken"},
    {"idle-timeout", 0, OPTION_DURATION, FIELD(idle_ms), "TIME", "120s", 10, HOUR_MS, NULL,
     "from an answer to the next whole request; more than the API server's 90s"},
    {"connection-age", 0, OPTION_DURATION, FIELD(connection_age_ms), "TIME", "10m", 0, 24 * HOUR_MS,
     NULL,
     "about when an answer ends its connection, so that load spreads; also after 10,000 to "
     "100,000 requests; 0s: never"},
    {"drain-quiet", 0, OPTION_DURATION, FIELD(drain_quiet_ms), "TIME", "10s", 0, HOUR_MS, NULL,
     "after SIGTERM: accept until no request came for so long"},
    {"drain-timeout", 0, OPTION_DURATION, FIELD(drain_timeout_ms), "TIME", "40s", 0, HOUR_MS, NULL,
     "after SIGTERM: end after so long in any case"},
    {"reload-interval", 0, OPTION_DURATION, FIELD(poll_ms), "TIME", "10s", 10, HOUR_MS, NULL,
     "how often policies and certificate are looked at, besides at once when their folder changes"},
    {"sandbox", 0, OPTION_CHOICE, FIELD(sandbox), NULL, "auto", 0, 0, sandbox_names,
     "give up what serving does not need (seccomp, Landlock, capabilities, core dumps); auto: what "
     "the kernel offers; require: all of it, or do not start"},
    {"port-file", 0, OPTION_TEXT, FIELD(port_file), "FILE", NULL, 0, 0, NULL,
     "written when all ports are bound: a line NAME PORT each (webhook, health, metrics)"},
};

static const char help[] =
    "Reviews go to /validate (the Profile \"default\") and /validate/PROFILE.\n"
    "SIGHUP reads policies and certificate again; what has errors is logged and the old stays in force.\n"
    "SIGTERM drains: /readyz turns 503, answers end their connections, then podgate ends. A second one ends it at once.\n"
    "\n"
    "example:\n"
    "  podgate serve --tls-cert tls.crt --tls-key tls.key --policies /etc/podgate/policies\n"
    "\n"
    "exit status: 0 after a drain; 2 when it could not start.";

const struct verb verb_serve = {
    .name = "serve",
    .summary = "the HTTPS webhook",
    .operands = "",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = serve_run,
};
