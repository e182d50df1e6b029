#include "rules/check.h"

#include "kube/demand.h"

struct qos_class_params {
    unsigned allow;
};

static const struct param params[] = {
    {"allow", PARAM_CHOICES, offsetof(struct qos_class_params, allow),
     .fallback = "[Burstable, Guaranteed]", .choices = qos_class_names,
     .doc = "The classes that a pod may have."},
};

enum { ASKS_NOTHING, NOT_GUARANTEED, ASKS_TOO_MUCH };

static const struct problem problems[] = {
    [ASKS_NOTHING] = {.says = "requests and limits nothing: its class is BestEffort",
                      .mend = "give each container a request of cpu and memory",
                      .hides_state = true},
    [NOT_GUARANTEED] = {.says = "is of the class {detail}, not Guaranteed",
                        .mend = "give each container, init ones too, limits of cpu and memory and "
                                "no other requests than these",
                        .hides_state = true},
    [ASKS_TOO_MUCH] = {.says = "is of the class {detail}, not {expected}",
                       .mend = "change its requests and limits",
                       .hides_state = true},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct qos_class_params *p = ctx->params;
    enum qos_class own = demand_qos_class(ctx->pod);
    if (p->allow & 1U << own) return;
    int problem = p->allow == 1U << QOS_GUARANTEED ? NOT_GUARANTEED
                  : own == QOS_BEST_EFFORT         ? ASKS_NOTHING
                                                   : ASKS_TOO_MUCH;
    finding_add(findings,
                (struct finding){.problem = &problems[problem],
                                 .field = STR("containers"),
                                 .actual = str_from(qos_class_names[own]),
                                 .expected =
                                     param_choices_text(ctx->arena, qos_class_names, p->allow),
                                 .detail = str_from(qos_class_names[own])});
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct qos_class_params *p = params_;
    (void)arena;
    if (p->allow) return true;
    error_set(err, ERR_SCHEMA, "allow is empty: every pod has one of the classes");
    return error_in(err, "allow");
}

const struct check check_qos_class = {
    .id = "qos-class",
    .title = "Pods have a quality of service that the policy allows",
    .rationale =
        "Kubernetes gives a pod its class by its requests and limits and kills BestEffort pods "
        "first, and all of them, when a node runs short. Guaranteed is for what must not be "
        "disturbed: every container, init containers too, has a CPU and a memory limit and "
        "requests just that. The class is computed as Kubernetes does, with resources of the pod "
        "as a whole and with the requests that the API server fills in from limits.",
    .references = "Kubernetes documentation: Pod Quality of Service Classes",
    .theme = THEME_RESOURCES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct qos_class_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    resources:\n"
                       "      requests: {cpu: 100m, memory: 128Mi}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
