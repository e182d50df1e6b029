#include "rules/check.h"

struct host_namespaces_params {
    bool allow_host_network, allow_host_pid, allow_host_ipc;
};

static const struct param params[] = {
    {"allowHostNetwork", PARAM_BOOL, offsetof(struct host_namespaces_params, allow_host_network),
     .fallback = "false", .doc = "true: pods may use the node's network."},
    {"allowHostPID", PARAM_BOOL, offsetof(struct host_namespaces_params, allow_host_pid),
     .fallback = "false", .doc = "true: pods may see the node's processes."},
    {"allowHostIPC", PARAM_BOOL, offsetof(struct host_namespaces_params, allow_host_ipc),
     .fallback = "false", .doc = "true: pods may use the node's shared memory and semaphores."},
};

enum { NETWORK, PID, IPC };

static const struct problem problems[] = {
    [NETWORK] = {.says = "uses the node's network", .mend = "remove {it|them}"},
    [PID] = {.says = "sees the node's processes", .mend = "remove {it|them}"},
    [IPC] = {.says = "uses the node's shared memory", .mend = "remove {it|them}"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct host_namespaces_params *p = ctx->params;
    const struct {
        enum flag flag;
        bool is_allowed;
        struct str field;
    } namespaces[] = {
        [NETWORK] = {ctx->pod->host_network, p->allow_host_network, STR("hostNetwork")},
        [PID] = {ctx->pod->host_pid, p->allow_host_pid, STR("hostPID")},
        [IPC] = {ctx->pod->host_ipc, p->allow_host_ipc, STR("hostIPC")},
    };
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        if (namespaces[i].flag != FLAG_TRUE || namespaces[i].is_allowed) continue;
        finding_add(findings, (struct finding){.problem = &problems[i],
                                               .field = namespaces[i].field,
                                               .actual = STR("true"),
                                               .expected = STR("false")});
    }
}

const struct check check_host_namespaces = {
    .id = "host-namespaces",
    .title = "Pods stay out of the node's namespaces",
    .rationale =
        "With hostNetwork a pod listens on the node's addresses, reaches what is bound to its "
        "loopback and escapes network policies; with hostPID it sees all processes, their "
        "environment and, as root, their files; with hostIPC it shares memory with them.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of containers wishing to "
                  "share the host process ID, host IPC, host network namespace\n"
                  "NSA/CISA Kubernetes Hardening Guide: Pod security enforcement\n"
                  "Pod Security Standards, baseline: Host Namespaces",
    .theme = THEME_NODE,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct host_namespaces_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  hostNetwork: true\n"
                      "  hostPID: true\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  hostNetwork: false\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
