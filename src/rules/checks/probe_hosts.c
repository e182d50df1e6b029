#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "{sends|send} the kubelet's probes or hooks to another host",
     .mend = "remove {it|them}, then the kubelet asks the pod itself"},
};

static void judge_host(const struct check_ctx *ctx, struct findings *findings, struct str handler,
                       const char *type, struct str host) {
    if (str_is_empty(host)) return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .container = ctx->container,
                                           .field = str_format(ctx->arena, "%.*s.%s.host",
                                                               STR_ARGS(handler), type),
                                           .actual = host,
                                           .expected = STR("unset")});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    struct named_handler handlers[CONTAINER_HANDLERS];
    size_t count = container_handlers(ctx->container, handlers);
    for (size_t i = 0; i < count; i++) {
        judge_host(ctx, findings, handlers[i].field, "httpGet", handlers[i].handler->http_host);
        judge_host(ctx, findings, handlers[i].field, "tcpSocket", handlers[i].handler->tcp_host);
    }
}

const struct check check_probe_hosts = {
    .id = "probe-hosts",
    .title = "Probes and hooks ask the pod itself",
    .rationale =
        "The kubelet sends probes and lifecycle hooks from the node. Their host field makes "
        "it ask any address: the node's own loopback, the cloud's metadata service, another "
        "pod past every network policy, as often as the writer likes. Left unset they go to "
        "the pod. A virtual host is set with httpHeaders instead.",
    .references = "Pod Security Standards, baseline: Host Probes / Lifecycle Hooks\n"
                  "Kubernetes documentation: Configure Liveness, Readiness and Startup Probes",
    .theme = THEME_NETWORK,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    livenessProbe:\n"
                      "      httpGet: {host: 169.254.169.254, path: /, port: 80}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    livenessProbe:\n"
                       "      httpGet: {path: /healthz, port: 8080}\n",
    .evaluate = evaluate,
};
