#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "lets its containers see each other's processes", .mend = "remove {it|them}"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    if (ctx->pod->share_process_namespace != FLAG_TRUE) return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .field = STR("shareProcessNamespace"),
                                           .actual = STR("true"),
                                           .expected = STR("false")});
}

const struct check check_share_process_namespace = {
    .id = "share-process-namespace",
    .title = "Containers of a pod do not share their processes",
    .rationale =
        "With shareProcessNamespace each container of a pod sees the processes of all others: "
        "their arguments, and as the same user their environment, memory and, through /proc, "
        "their files. A sidecar of somebody else's then reads the main program's secrets. "
        "kubectl debug --target reaches one container's processes without it.",
    .references = "Kubernetes documentation: Share Process Namespace between Containers in a "
                  "Pod",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  shareProcessNamespace: true\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
