#include "rules/check.h"

#include "kube/demand.h"

struct resource_ratio_params {
    struct quantity_map maximum;
    int64_t *thousandths; /* of each */
};

static const struct param params[] = {
    {"maximum", PARAM_QUANTITIES, offsetof(struct resource_ratio_params, maximum),
     .fallback = "{memory: 1}",
     .doc = "How many times the request a limit may be, by resource: from 1, which is equal, to "
            "1000, with at most three decimals."},
};

enum { UNEQUAL, TOO_FAR };

static const struct problem problems[] = {
    [UNEQUAL] = {.says = "{has|have} a {detail} limit above the request of {key}",
                 .mend = "set request and limit to the same amount"},
    [TOO_FAR] = {.says = "{has|have} a {detail} limit of more than {expected} times the request of "
                         "{key}",
                 .mend = "lower {it|them}, or request more"},
};

#define RATIO_MAX 1000

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct resource_ratio_params *p = params_;
    p->thousandths = ARENA_NEW(arena, int64_t, p->maximum.count);
    if (!p->thousandths) return error_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < p->maximum.count; i++) {
        const struct named_quantity *ratio = &p->maximum.items[i];
        const struct quantity *q = &ratio->quantity;
        bool is_fine = !q->saturated && q->units >= 1 && q->units <= RATIO_MAX &&
                       q->nanos % 1000000 == 0 && (q->units < RATIO_MAX || q->nanos == 0);
        if (!is_fine) {
            error_set(err, ERR_SCHEMA, "%s of %s must be 1 to 1000, with at most three decimals",
                      str_quoted(ratio->written).text, str_quoted(ratio->name).text);
            return error_in(err, "maximum");
        }
        p->thousandths[i] = q->units * 1000 + q->nanos / 1000000;
    }
    return true;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct resource_ratio_params *p = ctx->params;
    const struct resources *own =
        ctx->container ? &ctx->container->resources : &ctx->pod->resources;
    for (size_t i = 0; i < p->maximum.count; i++) {
        const struct named_quantity *ratio = &p->maximum.items[i];
        struct quantity request, limit;
        if (!demand_limit(own, ratio->name, &limit)) continue;
        demand_request(own, ratio->name, &request);
        if (quantity_compare_times(&limit, &request, p->thousandths[i]) <= 0) continue;
        const struct resource_amount *asked = resources_find_request(own, ratio->name);
        finding_add(findings,
                    (struct finding){.problem =
                                         &problems[p->thousandths[i] == 1000 ? UNEQUAL : TOO_FAR],
                                     .container = ctx->container,
                                     .key = asked ? asked->quantity : STR("0"),
                                     .field = check_resource_field(ctx->arena, true, ratio->name),
                                     .actual = resources_find_limit(own, ratio->name)->quantity,
                                     .expected = ratio->written,
                                     .detail = ratio->name});
    }
}

const struct check check_resource_ratio = {
    .id = "resource-ratio",
    .title = "Limits are near their requests",
    .rationale =
        "The scheduler counts requests; what is above them up to the limit is a promise that the "
        "node cannot keep to everybody at once. For memory that ends in killed containers, so the "
        "default asks for a limit equal to the request; for CPU some distance is sound. Judged "
        "are containers, and a pod's own resources; what has no limit is not (resource-limits "
        "asks for it), and an absent request is the limit. A request of 0 is far from any limit.",
    .references =
        "Kubernetes documentation: Node-pressure Eviction; Resource Management for Pods and Containers",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct resource_ratio_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    resources:\n"
                      "      requests: {memory: 128Mi}\n"
                      "      limits: {memory: 512Mi}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    resources:\n"
                       "      requests: {memory: 256Mi}\n"
                       "      limits: {memory: 256Mi}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
