#include "rules/check.h"

struct container_count_params {
    int64_t maximum, max_init;
};

static const struct param params[] = {
    {"maximum", PARAM_INT, offsetof(struct container_count_params, maximum), .fallback = "10",
     .min = 1, .max = 10000, .doc = "The most containers and sidecars that a pod may have."},
    {"maxInit", PARAM_INT, offsetof(struct container_count_params, max_init), .fallback = "10",
     .min = 0, .max = 10000, .doc = "The most init containers that are no sidecars."},
};

enum { CONTAINERS, INIT_CONTAINERS };

static const struct problem problems[] = {
    [CONTAINERS] = {.says = "has {detail} containers and sidecars, more than {expected}",
                    .mend = "divide it into several pods",
                    .hides_state = true},
    [INIT_CONTAINERS] = {.says = "has {detail} init containers, more than {expected}",
                         .mend = "do their work in fewer",
                         .hides_state = true},
};

static void judge(const struct check_ctx *ctx, struct findings *findings, int problem,
                  int64_t count, int64_t maximum) {
    if (count <= maximum) return;
    struct str shown = str_format(ctx->arena, "%lld", (long long)count);
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .field = problem == CONTAINERS ? STR("containers")
                                                                : STR("initContainers"),
                                 .actual = shown,
                                 .expected = str_format(ctx->arena, "%lld", (long long)maximum),
                                 .detail = shown});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct container_count_params *p = ctx->params;
    int64_t counts[CONTAINER_EPHEMERAL + 1] = {0};
    for (size_t i = 0; i < ctx->pod->container_count; i++)
        counts[ctx->pod->containers[i].type]++;
    judge(ctx, findings, CONTAINERS, counts[CONTAINER_REGULAR] + counts[CONTAINER_SIDECAR],
          p->maximum);
    judge(ctx, findings, INIT_CONTAINERS, counts[CONTAINER_INIT], p->max_init);
}

const struct check check_container_count = {
    .id = "container-count",
    .title = "Pods have few containers",
    .rationale =
        "A pod with very many containers is several applications that are scheduled, scaled and "
        "restarted as one, or a mistake of a generator. Sidecars count as containers, ephemeral "
        "ones do not.",
    .references = "Kubernetes documentation: Pods, Workload resources for managing pods",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct container_count_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - {name: a, image: \"registry.example.com/web:1.4.2\"}\n"
                      "  - {name: b, image: \"registry.example.com/web:1.4.2\"}\n"
                      "  - {name: c, image: \"registry.example.com/web:1.4.2\"}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - {name: a, image: \"registry.example.com/web:1.4.2\"}\n"
                       "  - {name: b, image: \"registry.example.com/web:1.4.2\"}\n",
    .example_params = "{maximum: 2}",
    .evaluate = evaluate,
};
