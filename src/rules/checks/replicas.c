#include "rules/check.h"

struct replicas_params {
    int64_t minimum, maximum;
    bool allow_zero;
};

static const struct param params[] = {
    {"minimum", PARAM_INT, offsetof(struct replicas_params, minimum), .fallback = "2", .min = 0,
     .max = 100000, .doc = "The fewest replicas; unset is 1, as the API server fills it in."},
    {"maximum", PARAM_INT, offsetof(struct replicas_params, maximum), .fallback = "0", .min = 0,
     .max = 100000, .doc = "The most replicas; 0: any number."},
    {"allowZero", PARAM_BOOL, offsetof(struct replicas_params, allow_zero), .fallback = "true",
     .doc = "true: a workload may be scaled to 0, which is switching it off."},
};

enum { TOO_FEW, TOO_MANY, UNSET };

static const struct problem problems[] = {
    [TOO_FEW] = {.says = "has {actual} {detail}, fewer than {expected}",
                 .mend = "set it to {expected} or more"},
    [TOO_MANY] = {.says = "has {actual} {detail}, more than {expected}",
                  .mend = "set it to {expected} or fewer"},
    [UNSET] = {.says = "has 1 replica, fewer than {expected}",
               .mend = "set it to {expected} or more, with an autoscaler to its minReplicas"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct replicas_params *p = params_;
    (void)arena;
    if (p->maximum == 0 || p->maximum >= p->minimum) return true;
    error_set(err, ERR_SCHEMA, "maximum is %lld and minimum %lld: no number is between them",
              (long long)p->maximum, (long long)p->minimum);
    return error_in(err, "maximum");
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct replicas_params *p = ctx->params;
    const struct optional_int *set = &ctx->workload->spec.replicas;
    int64_t count = set->is_set ? set->value : 1;
    if (!workload_is_scaled(ctx->workload) || (count == 0 && p->allow_zero)) return;
    bool is_few = count<p->minimum, is_many = p->maximum> 0 && count > p->maximum;
    if (!is_few && !is_many) return;
    finding_add(findings,
                (struct finding){.problem = &problems[is_many       ? TOO_MANY
                                                      : set->is_set ? TOO_FEW
                                                                    : UNSET],
                                 .root = FINDING_OBJECT,
                                 .field = STR("spec.replicas"),
                                 .actual = set->is_set
                                               ? str_format(ctx->arena, "%lld", (long long)count)
                                               : STR_NONE,
                                 .expected =
                                     str_format(ctx->arena, "%lld",
                                                (long long)(is_many ? p->maximum : p->minimum)),
                                 .detail = count == 1 ? STR("replica") : STR("replicas")});
}

const struct check check_replicas = {
    .id = "replicas",
    .title = "Workloads run enough replicas, and not too many",
    .rationale =
        "With one replica every eviction, node failure and restart is an outage. Deployments, "
        "StatefulSets, and ReplicaSets and ReplicationControllers that nothing controls are "
        "judged; a Deployment's ReplicaSets are its own affair. Scaling through the scale "
        "subresource (kubectl scale, autoscalers) is not seen, and an update that leaves replicas "
        "alone is not refused for them. A workload with an autoscaler is created with 1 replica "
        "where its file leaves the field out: write minReplicas there.",
    .references = "Kubernetes documentation: Disruptions",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .judges_object = true,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct replicas_params),
    .example_denied = "apiVersion: apps/v1\n"
                      "kind: Deployment\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  replicas: 1\n"
                      "  selector: {matchLabels: {app: web}}\n"
                      "  template:\n"
                      "    metadata: {labels: {app: web}}\n"
                      "    spec:\n"
                      "      containers:\n"
                      "      - name: web\n"
                      "        image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: apps/v1\n"
                       "kind: Deployment\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  replicas: 2\n"
                       "  selector: {matchLabels: {app: web}}\n"
                       "  template:\n"
                       "    metadata: {labels: {app: web}}\n"
                       "    spec:\n"
                       "      containers:\n"
                       "      - name: web\n"
                       "        image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
