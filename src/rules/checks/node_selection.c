#include "rules/check.h"

struct node_selection_params {
    bool allow_node_name, required;
};

static const struct param params[] = {
    {"allowNodeName", PARAM_BOOL, offsetof(struct node_selection_params, allow_node_name),
     .fallback = "false", .doc = "true: pods may name their node."},
    {"required", PARAM_BOOL, offsetof(struct node_selection_params, required), .fallback = "false",
     .doc = "true: pods must have a nodeSelector or a required node affinity."},
};

enum { NAMED, UNSELECTED };

static const struct problem problems[] = {
    [NAMED] = {.says = "names the node that it runs on", .mend = "remove it and use nodeSelector"},
    [UNSELECTED] = {.says = "does not say on which nodes it may run",
                    .mend = "set it to the labels of the nodes that are meant"},
};

static bool selects_nodes(const struct placement *placement) {
    return placement->has_node_affinity ||
           (placement->node_selector && placement->node_selector->child);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct node_selection_params *p = ctx->params;
    const struct pod *pod = ctx->pod;
    bool is_pod = ctx->workload->kind->is_pod;
    if (is_pod && workload_is_mirror(ctx->workload)) return;
    /* A running Pod has the scheduler's choice there: of the object, it is nothing that a debug container adds. */
    if (!p->allow_node_name && !str_is_empty(pod->node_name))
        finding_add(findings,
                    (struct finding){.problem = &problems[NAMED],
                                     .root = is_pod ? FINDING_OBJECT : FINDING_POD,
                                     .field = is_pod ? STR("spec.nodeName") : STR("nodeName"),
                                     .actual = pod->node_name,
                                     .expected = STR("no name")});
    if (p->required && !selects_nodes(&pod->placement))
        finding_add(findings, (struct finding){.problem = &problems[UNSELECTED],
                                               .field = STR("nodeSelector"),
                                               .expected = STR("labels of nodes")});
}

const struct check check_node_selection = {
    .id = "node-selection",
    .title = "Pods leave the choice of a node to the scheduler",
    .rationale =
        "A Pod with nodeName runs on that node past taints, resources and every rule of the "
        "scheduler, and is lost with it. The scheduler sets the field too, so on Pods it counts "
        "only when they are made. Where nodes are divided among teams, required asks for a "
        "nodeSelector or a required node affinity. Mirror Pods of static Pods are exempt.",
    .references = "Kubernetes documentation: Assigning Pods to Nodes",
    .theme = THEME_NODE,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct node_selection_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  nodeName: worker-3\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  nodeSelector: {disk: ssd}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
