#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "has no controller: nobody replaces it when it is gone",
     .mend = "make it by a Deployment, a StatefulSet, a DaemonSet or a Job"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct workload *workload = ctx->workload;
    if (!workload->kind->is_pod || !str_is_empty(workload->meta.owner_kind) ||
        workload_is_mirror(workload))
        return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .root = FINDING_OBJECT,
                                           .field = STR("metadata.ownerReferences"),
                                           .expected = STR("a controller")});
}

const struct check check_bare_pods = {
    .id = "bare-pods",
    .title = "Pods belong to a controller",
    .rationale =
        "A Pod that nothing controls is not made again when its node fails or is drained. kubectl "
        "run makes such Pods, and so does kubectl debug with --copy-to: in namespaces where "
        "people work by hand, warn. A controller is the owner reference with controller: true; it "
        "is set by whoever makes the Pod, so this is about tidiness, not about safety. Mirror "
        "Pods of static Pods are exempt, and adding a debug container to a bare Pod of old is not "
        "refused for it.",
    .references = "Kubernetes documentation: Pods, Workload management",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: apps/v1\n"
                       "kind: Deployment\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  selector: {matchLabels: {app: web}}\n"
                       "  template:\n"
                       "    metadata: {labels: {app: web}}\n"
                       "    spec:\n"
                       "      containers:\n"
                       "      - name: web\n"
                       "        image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
