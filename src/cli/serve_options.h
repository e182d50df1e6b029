/* What `podgate serve` is told. Private to serve. */
#ifndef PODGATE_CLI_SERVE_OPTIONS_H
#define PODGATE_CLI_SERVE_OPTIONS_H

#include "cli/option.h"

#define SERVE_THREADS_MAX 200

struct serve_options {
    struct str listen, health_listen, metrics_listen, tls_cert, tls_key, client_ca, port_file;
    struct str_list client_names, policies, exempt_namespaces;
    struct str own_namespace, record;
    int mode, log_format, log_level, sandbox;
    bool audit_only, omit_users, record_users;
    int64_t threads, max_connections, metrics_namespaces;
    int64_t record_size, record_per_workload;
    int64_t max_body, memory_budget, max_string, max_depth, max_nodes;
    int64_t first_request_ms, body_ms, idle_ms, connection_age_ms;
    int64_t drain_quiet_ms, drain_timeout_ms, poll_ms;
};

/* A struct verb's `run`. */
int serve_run(const struct verb *verb, struct arena *arena, int argc, char **argv);

#endif
