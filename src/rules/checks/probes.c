#include "rules/check.h"

struct probes_params {
    unsigned require;
};

enum { LIVENESS, READINESS, STARTUP };

static const char *const probe_names[] = {
    [LIVENESS] = "liveness", [READINESS] = "readiness", [STARTUP] = "startup", NULL};

static const struct param params[] = {
    {"require", PARAM_CHOICES, offsetof(struct probes_params, require),
     .fallback = "[liveness, readiness]", .choices = probe_names,
     .doc = "The probes that every long-running container must have."},
};

static const struct problem problems[] = {
    [LIVENESS] = {.says = "{has|have} no liveness probe",
                  .mend = "add {one|one each} that fails only when a restart helps"},
    [READINESS] = {.says = "{has|have} no readiness probe",
                   .mend = "add {one|one each} that succeeds when requests can be served"},
    [STARTUP] = {.says = "{has|have} no startup probe",
                 .mend = "add {one|one each} that succeeds when the application has started"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct probes_params *p = ctx->params;
    const struct container *container = ctx->container;
    const struct {
        const struct handler *handler;
        struct str field;
    } probes[] = {
        [LIVENESS] = {container->liveness, STR("livenessProbe")},
        [READINESS] = {container->readiness, STR("readinessProbe")},
        [STARTUP] = {container->startup, STR("startupProbe")},
    };
    /* The API server refuses probes on these. */
    if (container->type == CONTAINER_INIT || container->type == CONTAINER_EPHEMERAL) return;
    /* Nobody restarts the pods of a Job and nobody calls them. */
    if (workload_runs_to_its_end(ctx->workload)) return;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        if (!(p->require & 1U << i) || probes[i].handler->type != HANDLER_NONE) continue;
        finding_add(findings, (struct finding){.problem = &problems[i],
                                               .container = container,
                                               .field = probes[i].field,
                                               .expected = STR("a probe")});
    }
}

const struct check check_probes = {
    .id = "probes",
    .title = "Containers have probes",
    .rationale =
        "Without a readiness probe a Service sends requests to a container that cannot answer "
        "yet; without a liveness probe one that hangs is never restarted. Init and ephemeral "
        "containers cannot have probes, sidecars can. Pods of Jobs and CronJobs are exempt.",
    .references = "Kubernetes documentation: Liveness, Readiness, and Startup Probes",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct probes_params),
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
                       "    livenessProbe: {httpGet: {path: /healthz, port: 8080}}\n"
                       "    readinessProbe: {httpGet: {path: /readyz, port: 8080}}\n",
    .evaluate = evaluate,
};
