#include "rules/check.h"

enum { ALWAYS, ON_FAILURE, NEVER };

struct restart_policy_params {
    unsigned allow, allow_jobs;
};

static const char *const policy_names[] = {
    [ALWAYS] = "Always", [ON_FAILURE] = "OnFailure", [NEVER] = "Never", NULL};

static const struct param params[] = {
    {"allow", PARAM_CHOICES, offsetof(struct restart_policy_params, allow),
     .fallback = "[Always, OnFailure]", .choices = policy_names,
     .doc = "The policies of pods that run on."},
    {"allowJobs", PARAM_CHOICES, offsetof(struct restart_policy_params, allow_jobs),
     .fallback = "[OnFailure, Never]", .choices = policy_names,
     .doc = "The policies of Jobs, CronJobs and their Pods."},
};

static const struct problem problems[] = {
    {.says = "has the restart policy {detail}", .mend = "set it to {expected}"},
};

static bool is_of_unknown_controller(const struct workload *workload) {
    struct str owner = workload->meta.owner_kind;
    return workload->kind->is_pod && !str_is_empty(owner) && !workload_find_name(owner);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct restart_policy_params *p = ctx->params;
    if (is_of_unknown_controller(ctx->workload)) return;
    struct str written = ctx->pod->restart_policy;
    struct str policy = str_is_empty(written) ? STR("Always") : written;
    unsigned allow = workload_runs_to_its_end(ctx->workload) ? p->allow_jobs : p->allow;
    if (param_choices_have(policy_names, allow, policy)) return;
    finding_add(findings,
                (struct finding){.problem = &problems[0],
                                 .field = STR("restartPolicy"),
                                 .actual = written,
                                 .expected = param_choices_text(ctx->arena, policy_names, allow),
                                 .detail = policy});
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct restart_policy_params *p = params_;
    (void)arena;
    if (p->allow && p->allow_jobs) return true;
    error_set(err, ERR_SCHEMA, "an empty list would allow no pod at all");
    return error_in(err, p->allow ? "allowJobs" : "allow");
}

const struct check check_restart_policy = {
    .id = "restart-policy",
    .title = "Pods restart as the policy says",
    .rationale =
        "A service whose restartPolicy is Never stays dead after its first crash. Unset is "
        "Always. Jobs, CronJobs and their Pods have a list of their own: the API server refuses "
        "Always there. Pods of controllers that podgate does not know, such as workflow engines, "
        "are exempt, because the controller decides what is done about their end.",
    .references = "Kubernetes documentation: Pod Lifecycle, Container restart policy",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct restart_policy_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  restartPolicy: Never\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  restartPolicy: Always\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
