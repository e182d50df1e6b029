#include "rules/check.h"

enum { EXEC, HTTP_GET, TCP_SOCKET, GRPC };

struct probe_quality_params {
    unsigned handlers;
    bool distinct, declared_ports;
};

static const char *const handler_names[] = {
    [EXEC] = "exec", [HTTP_GET] = "httpGet", [TCP_SOCKET] = "tcpSocket", [GRPC] = "grpc", NULL};

static const struct param params[] = {
    {"distinct", PARAM_BOOL, offsetof(struct probe_quality_params, distinct), .fallback = "true",
     .doc = "A liveness probe that does the same as the readiness probe must fail later: "
            "failureThreshold times periodSeconds must be more."},
    {"declaredPorts", PARAM_BOOL, offsetof(struct probe_quality_params, declared_ports),
     .fallback = "true",
     .doc = "A port that is probed by its number must be a containerPort of the pod. By name it "
            "must always be one of the container."},
    {"handlers", PARAM_CHOICES, offsetof(struct probe_quality_params, handlers),
     .fallback = "[exec, httpGet, tcpSocket, grpc]", .choices = handler_names,
     .doc = "What a probe may be; without exec no probe may run a command."},
};

enum { IDENTICAL, NO_SUCH_NAME, UNDECLARED, HANDLER };

static const struct problem problems[] = {
    [IDENTICAL] = {.says = "{has|have} a liveness probe that is the readiness probe again",
                   .mend = "let it fail later, by a higher failureThreshold, or ask for less",
                   .hides_state = true},
    [NO_SUCH_NAME] = {.says = "{probes|probe} the port \"{detail}\", which {it does|they do} not "
                              "have",
                      .mend = "name a port of the container, or give its number"},
    [UNDECLARED] = {.says = "{probes|probe} port {detail}, which no container of the pod declares",
                    .mend = "probe a containerPort, or declare it"},
    [HANDLER] = {.says = "{has|have} a probe by {detail}",
                 .mend = "use {expected} instead",
                 .hides_state = true},
};

/* What the API server fills in. */
#define PERIOD_SECONDS 10
#define FAILURE_THRESHOLD 3

struct probe {
    const struct handler *handler;
    const char *field;
};

/* As text of the path: "livenessProbe.httpGet"; of handlers that a probe may have. */
static const char *handler_name(enum handler_type type) {
    switch (type) {
    case HANDLER_EXEC: return handler_names[EXEC];
    case HANDLER_HTTP_GET: return handler_names[HTTP_GET];
    case HANDLER_TCP_SOCKET: return handler_names[TCP_SOCKET];
    case HANDLER_GRPC: return handler_names[GRPC];
    case HANDLER_NONE:
    case HANDLER_SLEEP: break;
    }
    return NULL;
}

static bool has_name(const struct container *container, struct str name) {
    for (size_t i = 0; i < container->port_count; i++)
        if (str_equals(container->ports[i].name, name)) return true;
    return false;
}

static bool has_port(const struct container *container, int64_t number) {
    for (size_t i = 0; i < container->port_count; i++)
        if (container->ports[i].container_port.value == number) return true;
    return false;
}

/* Nor in more of them: pods of thousands must not cost millions. */
#define CONTAINERS_ASKED 32

/* Containers of a pod share their addresses: a sidecar may be probed through another one's port. */
static bool is_declared(const struct check_ctx *ctx, int64_t number) {
    if (has_port(ctx->container, number)) return true;
    for (size_t i = 0; i < ctx->pod->container_count && i < CONTAINERS_ASKED; i++)
        if (has_port(&ctx->pod->containers[i], number)) return true;
    return false;
}

static void report(const struct check_ctx *ctx, struct findings *findings, int problem,
                   struct str field, struct str actual, struct str expected) {
    finding_add(findings, (struct finding){.problem = &problems[problem],
                                           .container = ctx->container,
                                           .field = field,
                                           .actual = actual,
                                           .expected = expected,
                                           .detail = actual});
}

static void judge_port(const struct check_ctx *ctx, struct findings *findings,
                       const struct probe *probe, const char *type) {
    const struct probe_quality_params *p = ctx->params;
    struct str port = probe->handler->port;
    int64_t number;
    if (str_is_empty(port)) return;
    bool is_number = str_to_int64(port, &number);
    if (is_number ? !p->declared_ports || is_declared(ctx, number) : has_name(ctx->container, port))
        return;
    report(ctx, findings, is_number ? UNDECLARED : NO_SUCH_NAME,
           str_format(ctx->arena, "%s.%s.port", probe->field, type), port,
           STR("a port that is declared"));
}

static void judge_probe(const struct check_ctx *ctx, struct findings *findings,
                        const struct probe *probe) {
    const struct probe_quality_params *p = ctx->params;
    const char *type = handler_name(probe->handler->type);
    if (!type) return;
    if (!param_choices_have(handler_names, p->handlers, str_from(type)))
        report(ctx, findings, HANDLER, str_format(ctx->arena, "%s.%s", probe->field, type),
               str_from(type), param_choices_text(ctx->arena, handler_names, p->handlers));
    judge_port(ctx, findings, probe, type);
}

/* Seconds of failure until the kubelet acts; absurd ones are cut, so that their product fits. */
static int64_t patience(const struct handler *probe) {
    int64_t period =
        probe->period.is_set && probe->period.value ? probe->period.value : PERIOD_SECONDS;
    int64_t times = probe->failure_threshold.is_set && probe->failure_threshold.value
                        ? probe->failure_threshold.value
                        : FAILURE_THRESHOLD;
    return (period > INT32_MAX ? INT32_MAX : period) * (times > INT32_MAX ? INT32_MAX : times);
}

static bool are_identical(const struct container *container) {
    const struct handler *liveness = container->liveness, *readiness = container->readiness;
    return liveness->type != HANDLER_NONE && liveness->type == readiness->type &&
           tree_equals(liveness->action, readiness->action) &&
           patience(liveness) <= patience(readiness);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct probe_quality_params *p = ctx->params;
    const struct container *container = ctx->container;
    const struct probe probes[] = {{container->liveness, "livenessProbe"},
                                   {container->readiness, "readinessProbe"},
                                   {container->startup, "startupProbe"}};
    /* The API server refuses probes on these. */
    if (container->type == CONTAINER_INIT || container->type == CONTAINER_EPHEMERAL) return;
    if (workload_runs_to_its_end(ctx->workload)) return;
    if (p->distinct && are_identical(container))
        report(ctx, findings, IDENTICAL, STR("livenessProbe"), STR("the readiness probe"),
               STR("a probe that fails later"));
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        judge_probe(ctx, findings, &probes[i]);
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct probe_quality_params *p = params_;
    (void)arena;
    if (p->handlers) return true;
    error_set(err, ERR_SCHEMA, "handlers is empty: no probe could ever be used");
    return error_in(err, "handlers");
}

const struct check check_probe_quality = {
    .id = "probe-quality",
    .title = "Probes do what they are for",
    .rationale =
        "A liveness probe that asks the same as the readiness probe, and is no more patient, "
        "restarts a container that only needed a moment, mostly all replicas at once. A probe of "
        "a named port that the container does not declare never succeeds, and one of a number "
        "that no container of the pod declares is mostly a mistake. Commands as probes start a "
        "process each time and leave zombies in images without an init. Whether there are probes "
        "is a matter of probes; Pods of Jobs are exempt.",
    .references = "Kubernetes documentation: Liveness, Readiness, and Startup Probes",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct probe_quality_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    ports: [{containerPort: 8080}]\n"
                      "    readinessProbe: {httpGet: {path: /healthz, port: 8080}}\n"
                      "    livenessProbe: {httpGet: {path: /healthz, port: 8080}}\n",
    .example_allowed =
        "apiVersion: v1\n"
        "kind: Pod\n"
        "metadata: {name: web}\n"
        "spec:\n"
        "  containers:\n"
        "  - name: web\n"
        "    image: registry.example.com/web:1.4.2\n"
        "    ports: [{containerPort: 8080}]\n"
        "    readinessProbe: {httpGet: {path: /healthz, port: 8080}}\n"
        "    livenessProbe: {httpGet: {path: /healthz, port: 8080}, failureThreshold: 6}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
