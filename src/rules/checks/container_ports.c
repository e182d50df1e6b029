#include "rules/check.h"

struct container_ports_params {
    int64_t minimum;
    struct range_list allow, deny;
};

static const struct param params[] = {
    {"minimum", PARAM_INT, offsetof(struct container_ports_params, minimum), .fallback = "1024",
     .min = 1, .max = 65535, .doc = "The lowest port that containers may listen on."},
    {"allow", PARAM_RANGES, offsetof(struct container_ports_params, allow), .fallback = "[]",
     .min = 1, .max = 65535, .doc = "Ports below it that they may listen on: 80, or 80-89."},
    {"deny", PARAM_RANGES, offsetof(struct container_ports_params, deny), .fallback = "[22]",
     .min = 1, .max = 65535, .doc = "Ports that they may not listen on in any case; 22 is ssh."},
};

enum { PRIVILEGED, DENIED };

static const struct problem problems[] = {
    [PRIVILEGED] = {.says = "{listens|listen} on port {detail}, below {expected}",
                    .mend =
                        "listen on {expected} or above; a Service can still offer port {detail}"},
    [DENIED] = {.says = "{listens|listen} on port {detail}, which is denied",
                .mend = "remove {it|them}"},
};

static void judge_port(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct container_ports_params *p = ctx->params;
    const struct port *port = &ctx->container->ports[index];
    if (!port->container_port.is_set) return;
    int64_t number = port->container_port.value;
    bool is_denied = range_list_has(&p->deny, number);
    if (!is_denied && (number >= p->minimum || range_list_has(&p->allow, number))) return;
    struct str text = str_format(ctx->arena, "%lld", (long long)number);
    finding_add(findings,
                (struct finding){
                    .problem = &problems[is_denied ? DENIED : PRIVILEGED],
                    .container = ctx->container,
                    .list = STR("ports"),
                    .index = index,
                    .key = str_is_empty(port->name) ? text : port->name,
                    .field = STR("containerPort"),
                    .actual = text,
                    .expected = is_denied ? STR("another port")
                                          : str_format(ctx->arena, "%lld", (long long)p->minimum),
                    .detail = text,
                });
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->container->port_count; i++)
        judge_port(ctx, findings, i);
}

const struct check check_container_ports = {
    .id = "container-ports",
    .title = "Containers listen on unprivileged ports",
    .rationale =
        "A port below 1024 needs root or NET_BIND_SERVICE, or a sysctl, and asks for rights "
        "that the program has no other use for; a Service maps port 80 to 8080 for nothing. A "
        "port 22 is a second way in, past the cluster's own access control and audit. Only "
        "ports that are declared can be judged: containerPort is a statement, not a border.",
    .references = "Kubernetes documentation: Service\n"
                  "Trivy: KSV-0117\n"
                  "kube-linter: privileged-ports, ssh-port",
    .theme = THEME_NETWORK,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct container_ports_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    ports: [{containerPort: 80}]\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    ports: [{containerPort: 8080}]\n",
    .evaluate = evaluate,
};
