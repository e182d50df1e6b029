#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "{is|are} privileged: whoever gets in has the whole node",
     .mend = "remove {it|them}, and add the single capability or device that is needed"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    /* The API server refuses the field on Windows. */
    if (ctx->container->security.privileged != FLAG_TRUE || ctx->pod->is_windows) return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .container = ctx->container,
                                           .field = STR("securityContext.privileged"),
                                           .actual = STR("true"),
                                           .expected = STR("false")});
}

const struct check check_privileged = {
    .id = "privileged",
    .title = "No privileged containers",
    .rationale =
        "A privileged container has every capability, every device of the node and none of the "
        "kernel's restrictions: it is a root shell on the node. Hardly anything but drivers and "
        "network plugins needs it; most of those need one capability or one device only.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of privileged containers\n"
                  "NSA/CISA Kubernetes Hardening Guide: Pod security enforcement\n"
                  "Pod Security Standards, baseline: Privileged Containers",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_CRITICAL,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext: {privileged: true}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext: {privileged: false}\n",
    .evaluate = evaluate,
};
