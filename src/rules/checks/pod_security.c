/* The Kubernetes Pod Security Standards, as Pod Security Admission judges them, in every version.
 * */
#include "rules/standard.h"

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct standard *standard = ctx->params;
    standard_judge(standard, ctx->pod, ctx->container, findings);
}

static const struct param params[] = {
    {
        .name = "level",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct standard, level),
        .fallback = "restricted",
        .choices = control_level_names,
        .doc = "The level of the standards: privileged asks nothing, baseline stops known ways to "
               "take over a node, restricted is today's hardening.",
    },
    {
        .name = "version",
        .type = PARAM_STRING,
        .offset = offsetof(struct standard, version_text),
        .fallback = "latest",
        .doc = "The Kubernetes version whose standards hold, v1.0 to v1.37, or latest, which may "
               "ask more after an upgrade of podgate.",
    },
    {
        .name = "except",
        .type = PARAM_STRINGS,
        .offset = offsetof(struct standard, except),
        .fallback = "[]",
        .doc = "Controls that are not judged, by upstream's ids; in place of a restricted one the "
               "baseline control that it contains is judged, unless that is excepted too.",
    },
};

const struct check check_pod_security = {
    .id = "pod-security",
    .title = "Pods meet the Pod Security Standards",
    .rationale =
        "The Pod Security Standards are what Kubernetes itself recommends and enforces by "
        "namespace label. This check gives the verdicts of Pod Security Admission, for each "
        "version of the standards, and adds what it lacks: the field to edit and what to write, "
        "denials on workload templates, and exceptions for single controls.",
    .references =
        "Kubernetes: https://kubernetes.io/docs/concepts/security/pod-security-standards/\n"
        "Kubernetes: https://kubernetes.io/docs/concepts/security/pod-security-admission/\n"
        "NSA/CISA Kubernetes Hardening Guide 1.2: Kubernetes Pod security\n"
        "CIS Kubernetes Benchmark 5.2: Pod Security Standards",
    .theme = THEME_STANDARDS,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD_AND_CONTAINER,
    .params = params,
    .param_count = sizeof params / sizeof *params,
    .params_size = sizeof(struct standard),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  hostNetwork: true\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4\n"
                      "    securityContext: {privileged: true}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  securityContext:\n"
                       "    runAsNonRoot: true\n"
                       "    seccompProfile: {type: RuntimeDefault}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4\n"
                       "    securityContext:\n"
                       "      allowPrivilegeEscalation: false\n"
                       "      capabilities: {drop: [ALL]}\n",
    .prepare = standard_prepare,
    .evaluate = evaluate,
};
