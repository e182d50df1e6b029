#include "rules/check.h"

struct host_ports_params {
    struct range_list allow;
};

static const struct param params[] = {
    {"allow", PARAM_RANGES, offsetof(struct host_ports_params, allow), .fallback = "[]", .min = 1,
     .max = 65535,
     .doc = "Ports of the node that may be used: 9100, or a range such as 8000-8999."},
};

enum { HOST_PORT, HOST_NETWORK_PORT };

static const struct problem problems[] = {
    [HOST_PORT] = {.says = "{takes|take} port {detail} of the node",
                   .mend = "remove {it|them} and reach the pod through a Service"},
    [HOST_NETWORK_PORT] = {.says = "{takes|take} port {detail} of the node, because the pod uses "
                                   "the node's network",
                           .mend = "remove it: with it every containerPort is a port of the node",
                           .hides_state = true,
                           .pod_field = "hostNetwork"},
};

static void judge_port(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct host_ports_params *p = ctx->params;
    const struct port *port = &ctx->container->ports[index];
    bool is_explicit = port->host_port.is_set && port->host_port.value != 0;
    /* The API server fills hostPort in from containerPort, in Pods and not in templates: here both read alike. */
    bool is_implied = ctx->pod->host_network == FLAG_TRUE && port->container_port.is_set;
    if (!is_explicit && !is_implied) return;
    int64_t taken = is_explicit ? port->host_port.value : port->container_port.value;
    if (range_list_has(&p->allow, taken)) return;
    struct str text = str_format(ctx->arena, "%lld", (long long)taken);
    finding_add(findings,
                (struct finding){.problem = &problems[is_implied ? HOST_NETWORK_PORT : HOST_PORT],
                                 .container = ctx->container,
                                 .list = STR("ports"),
                                 .index = index,
                                 .key = str_is_empty(port->name) ? text : port->name,
                                 .field = is_explicit ? STR("hostPort") : STR("containerPort"),
                                 .actual = text,
                                 .expected = STR("no port of the node"),
                                 .detail = text});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->container->port_count; i++)
        judge_port(ctx, findings, i);
}

const struct check check_host_ports = {
    .id = "host-ports",
    .title = "Containers take no ports of the node",
    .rationale =
        "A hostPort opens the container on the node's own addresses, past Services and often past "
        "network policies, and lets only one such pod run on a node. A hostPort of 0 is none. With "
        "hostNetwork every containerPort is a port of the node, written or not, and is judged as "
        "one.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of containers which use "
                  "HostPorts\n"
                  "Pod Security Standards, baseline: Host Ports",
    .theme = THEME_NODE,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct host_ports_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    ports: [{containerPort: 8080, hostPort: 80}]\n",
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
