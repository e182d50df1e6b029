#include "rules/check.h"

struct resource_limits_params {
    struct str_list limits, requests, forbid_limits;
};

static const struct param params[] = {
    {"limits", PARAM_STRINGS, offsetof(struct resource_limits_params, limits),
     .fallback = "[memory]",
     .doc = "Resources that every container must limit: cpu, memory, ephemeral-storage or an "
            "extended resource."},
    {"requests", PARAM_STRINGS, offsetof(struct resource_limits_params, requests),
     .fallback = "[cpu, memory]",
     .doc = "Resources that every container must request. Where a request is absent, the limit "
            "is the request."},
    {"forbidLimits", PARAM_STRINGS, offsetof(struct resource_limits_params, forbid_limits),
     .fallback = "[]",
     .doc = "Resources that no container may limit, such as cpu where limits are known to throttle "
            "idle nodes."},
};

enum { NO_LIMIT, NO_REQUEST, BAD_LIMIT, BAD_REQUEST, FORBIDDEN_LIMIT };

static const struct problem problems[] = {
    [NO_LIMIT] = {.says = "{has|have} no {detail} limit", .mend = "set {it|each} to {expected}"},
    [NO_REQUEST] = {.says = "{has|have} no {detail} request",
                    .mend = "set {it|each} to {expected}"},
    [BAD_LIMIT] = {.says = "{has|have} a {detail} limit that is no quantity",
                   .mend = "set {it|each} to {expected}"},
    [BAD_REQUEST] = {.says = "{has|have} a {detail} request that is no quantity",
                     .mend = "set {it|each} to {expected}"},
    [FORBIDDEN_LIMIT] = {.says = "{has|have} a {detail} limit",
                         .mend = "remove {it|them} and keep the request"},
};

/* What a sentence proposes: typical of a small service. */
static const struct {
    const char *resource, *limit, *request;
} samples[] = {
    {"memory", "a limit such as 256Mi", "a request such as 128Mi"},
    {"cpu", "a limit such as 500m", "a request such as 100m"},
    {"ephemeral-storage", "a limit such as 1Gi", "a request such as 100Mi"},
};

static struct str sample(struct str resource, bool is_limit) {
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        if (str_equals(resource, str_from(samples[i].resource)))
            return str_from(is_limit ? samples[i].limit : samples[i].request);
    }
    return is_limit ? STR("a limit above 0") : STR("a request above 0");
}

enum amount { AMOUNT_NONE, AMOUNT_ZERO, AMOUNT_SET, AMOUNT_BAD };

/* An amount of 0 limits and requests nothing. */
static enum amount amount_of(const struct resource_amount *line) {
    if (!line) return AMOUNT_NONE;
    struct quantity quantity;
    struct error err;
    if (!quantity_parse(line->quantity, &quantity, &err)) return AMOUNT_BAD;
    return quantity_is_positive(&quantity) ? AMOUNT_SET : AMOUNT_ZERO;
}

static void report(const struct check_ctx *ctx, struct findings *findings, int problem,
                   struct str resource, struct str actual) {
    bool is_limit = problem != NO_REQUEST && problem != BAD_REQUEST;
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .container = ctx->container,
                                 .field = check_resource_field(ctx->arena, is_limit, resource),
                                 .actual = actual,
                                 .expected = problem == FORBIDDEN_LIMIT
                                                 ? STR("no limit")
                                                 : sample(resource, is_limit),
                                 .detail = resource});
}

/* Whatever it is for, an amount that cannot be read is a fault of its own. */
static void judge_amounts(const struct check_ctx *ctx, struct findings *findings, int problem,
                          const struct resource_amount *lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (amount_of(&lines[i]) == AMOUNT_BAD)
            report(ctx, findings, problem, lines[i].name, lines[i].quantity);
    }
}

static bool has_limit(const struct resources *resources, struct str resource) {
    return amount_of(resources_find_limit(resources, resource)) == AMOUNT_SET;
}

/* A limit that cannot be read was complained of already: its request is not missed too. */
static bool has_request(const struct resources *resources, struct str resource) {
    enum amount request = amount_of(resources_find_request(resources, resource));
    if (request != AMOUNT_NONE) return request == AMOUNT_SET;
    enum amount limit = amount_of(resources_find_limit(resources, resource));
    return limit == AMOUNT_SET || limit == AMOUNT_BAD;
}

static void judge_limit(const struct check_ctx *ctx, struct findings *findings,
                        struct str resource) {
    const struct resources *own = &ctx->container->resources;
    if (has_limit(own, resource) || has_limit(&ctx->pod->resources, resource)) return;
    const struct resource_amount *line = resources_find_limit(own, resource);
    if (amount_of(line) == AMOUNT_BAD) return;
    report(ctx, findings, NO_LIMIT, resource, line ? line->quantity : STR_NONE);
}

static void judge_request(const struct check_ctx *ctx, struct findings *findings,
                          struct str resource) {
    const struct resources *own = &ctx->container->resources;
    if (has_request(own, resource) || has_request(&ctx->pod->resources, resource)) return;
    const struct resource_amount *line = resources_find_request(own, resource);
    if (amount_of(line) == AMOUNT_BAD) return;
    report(ctx, findings, NO_REQUEST, resource, line ? line->quantity : STR_NONE);
}

/* A limit of the pod as a whole throttles like one of a container. */
static void judge_forbidden(const struct check_ctx *ctx, struct findings *findings,
                            const struct resources *own) {
    const struct resource_limits_params *p = ctx->params;
    for (size_t i = 0; i < p->forbid_limits.count; i++) {
        struct str resource = p->forbid_limits.items[i];
        const struct resource_amount *line = resources_find_limit(own, resource);
        enum amount amount = amount_of(line);
        if (amount == AMOUNT_SET || (!ctx->container && amount == AMOUNT_BAD))
            report(ctx, findings, FORBIDDEN_LIMIT, resource, line->quantity);
    }
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct resource_limits_params *p = params_;
    (void)arena;
    for (size_t i = 0; i < p->forbid_limits.count; i++) {
        if (!str_list_contains(&p->limits, p->forbid_limits.items[i])) continue;
        error_set(err, ERR_SCHEMA, "%s must be limited, says limits",
                  str_quoted(p->forbid_limits.items[i]).text);
        return param_error_in(err, "forbidLimits", i);
    }
    return true;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct resource_limits_params *p = ctx->params;
    if (!ctx->container) {
        judge_forbidden(ctx, findings, &ctx->pod->resources);
        return;
    }
    const struct resources *own = &ctx->container->resources;
    /* The API server refuses resources on ephemeral containers. */
    if (ctx->container->type == CONTAINER_EPHEMERAL) return;

    judge_amounts(ctx, findings, BAD_LIMIT, own->limits, own->limit_count);
    judge_amounts(ctx, findings, BAD_REQUEST, own->requests, own->request_count);
    for (size_t i = 0; i < p->limits.count; i++)
        judge_limit(ctx, findings, p->limits.items[i]);
    for (size_t i = 0; i < p->requests.count; i++)
        judge_request(ctx, findings, p->requests.items[i]);
    judge_forbidden(ctx, findings, own);
}

const struct check check_resource_limits = {
    .id = "resource-limits",
    .title = "Containers have resource requests and limits",
    .rationale =
        "Without a memory limit one leaking container takes its whole node down; without "
        "requests the scheduler packs pods blindly. A limit of 0 is none. Init containers and "
        "sidecars count, resources of the pod as a whole count for each of its containers, and "
        "an absent request equals the limit. Ephemeral containers cannot have resources. On "
        "workload templates a warning is the better action: LimitRange defaults only reach Pods.",
    .references = "NSA/CISA Kubernetes Hardening Guide: Resource policies\n"
                  "Kubernetes documentation: Resource Management for Pods and Containers",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct resource_limits_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    resources:\n"
                      "      requests: {cpu: 100m}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    resources:\n"
                       "      requests: {cpu: 100m, memory: 128Mi}\n"
                       "      limits: {memory: 256Mi}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
