#include "rules/check.h"

#include "kube/demand.h"

struct resource_range_params {
    struct quantity_map min_requests, max_requests, min_limits, max_limits, max_pod_requests;
};

static const struct param params[] = {
    {"minRequests", PARAM_QUANTITIES, offsetof(struct resource_range_params, min_requests),
     .fallback = "{memory: 1Mi}", .doc = "The least that a container may request."},
    {"maxRequests", PARAM_QUANTITIES, offsetof(struct resource_range_params, max_requests),
     .fallback = "{}", .doc = "The most that a container may request."},
    {"minLimits", PARAM_QUANTITIES, offsetof(struct resource_range_params, min_limits),
     .fallback = "{memory: 4Mi}", .doc = "The lowest limit that a container may have."},
    {"maxLimits", PARAM_QUANTITIES, offsetof(struct resource_range_params, max_limits),
     .fallback = "{}",
     .doc = "The highest limit that a container may have. One without the limit passes here: let "
            "resource-limits ask for it as well."},
    {"maxPodRequests", PARAM_QUANTITIES, offsetof(struct resource_range_params, max_pod_requests),
     .fallback = "{}",
     .doc = "The most that a pod may request in all, such as what is left on your largest nodes."},
};

enum { REQUEST_BELOW, REQUEST_ABOVE, LIMIT_BELOW, LIMIT_ABOVE, POD_ABOVE };

static const struct problem problems[] = {
    [REQUEST_BELOW] = {.says = "{requests|request} less {detail} than {expected}",
                       .mend = "set {it|each} to {expected} or more"},
    [REQUEST_ABOVE] = {.says = "{requests|request} more {detail} than {expected}",
                       .mend = "set {it|each} to {expected} or less"},
    [LIMIT_BELOW] = {.says = "{has|have} a {detail} limit below {expected}",
                     .mend = "set {it|each} to {expected} or more"},
    [LIMIT_ABOVE] = {.says = "{has|have} a {detail} limit above {expected}",
                     .mend = "set {it|each} to {expected} or less"},
    [POD_ABOVE] = {.says = "requests {actual} of {detail} in all, more than {expected}",
                   .mend = "request less in its containers, or split it",
                   .hides_state = true},
};

typedef bool (*amount_fn)(const struct resources *, struct str resource, struct quantity *out);

static void report(const struct check_ctx *ctx, struct findings *findings, int problem,
                   const struct named_quantity *bound) {
    const struct resources *own = &ctx->container->resources;
    const struct resource_amount *line = NULL;
    bool is_limit = problem == LIMIT_BELOW || problem == LIMIT_ABOVE;
    if (!is_limit) line = resources_find_request(own, bound->name);
    if (!line) {
        is_limit = true;
        line = resources_find_limit(own, bound->name);
    }
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .container = ctx->container,
                                 .field = check_resource_field(ctx->arena, is_limit, bound->name),
                                 .actual = line->quantity,
                                 .expected = bound->written,
                                 .detail = bound->name});
}

static void judge(const struct check_ctx *ctx, struct findings *findings, amount_fn amount_of,
                  const struct quantity_map *bounds, int problem) {
    int wrong = problem == REQUEST_BELOW || problem == LIMIT_BELOW ? -1 : 1;
    for (size_t i = 0; i < bounds->count; i++) {
        const struct named_quantity *bound = &bounds->items[i];
        struct quantity amount;
        if (amount_of(&ctx->container->resources, bound->name, &amount) &&
            quantity_compare(&amount, &bound->quantity) * wrong > 0)
            report(ctx, findings, problem, bound);
    }
}

static void judge_pod(const struct check_ctx *ctx, struct findings *findings) {
    const struct resource_range_params *p = ctx->params;
    for (size_t i = 0; i < p->max_pod_requests.count; i++) {
        const struct named_quantity *bound = &p->max_pod_requests.items[i];
        struct quantity asked = demand_of_pod(ctx->pod, bound->name);
        if (quantity_compare(&asked, &bound->quantity) > 0)
            finding_add(findings, (struct finding){.problem = &problems[POD_ABOVE],
                                                   .field = STR("containers"),
                                                   .actual = quantity_format(ctx->arena, &asked),
                                                   .expected = bound->written,
                                                   .detail = bound->name});
    }
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct resource_range_params *p = ctx->params;
    if (!ctx->container) {
        judge_pod(ctx, findings);
        return;
    }
    /* The API server refuses resources on these. */
    if (ctx->container->type == CONTAINER_EPHEMERAL) return;
    judge(ctx, findings, demand_request, &p->min_requests, REQUEST_BELOW);
    judge(ctx, findings, demand_request, &p->max_requests, REQUEST_ABOVE);
    judge(ctx, findings, demand_limit, &p->min_limits, LIMIT_BELOW);
    judge(ctx, findings, demand_limit, &p->max_limits, LIMIT_ABOVE);
}

const struct check check_resource_range = {
    .id = "resource-range",
    .title = "Requests and limits are within bounds",
    .rationale =
        "One container that asks for more than a node has waits for ever, and one that asks for "
        "nearly nothing is the first to be killed. The default finds the commonest mistake: "
        "memory: 128m is an eighth of a byte. What is absent or 0 is not judged here (resource-"
        "limits asks for it); an absent request is the limit. maxPodRequests is about the pod as "
        "a whole, as the scheduler counts it: regular containers and sidecars together, or the "
        "largest init container.",
    .references =
        "Kubernetes documentation: Resource Management for Pods and Containers; Limit Ranges",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct resource_range_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    resources:\n"
                      "      requests: {memory: 128m}\n"
                      "      limits: {memory: 128Mi}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    resources:\n"
                       "      requests: {memory: 128Mi}\n"
                       "      limits: {memory: 128Mi}\n",
    .evaluate = evaluate,
};
