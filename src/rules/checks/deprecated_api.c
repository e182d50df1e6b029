#include "rules/check.h"

/* Versions that served workloads once, from Kubernetes' deprecation guide. */
#define REMOVED(version, kind, release, now)                                                       \
    { STR_INIT(version), STR_INIT(kind), STR_INIT(release), STR_INIT(now) }
static const struct {
    struct str api_version, kind, removed, instead;
} removed_versions[] = {
    REMOVED("extensions/v1beta1", "Deployment", "v1.16", "apps/v1"),
    REMOVED("extensions/v1beta1", "DaemonSet", "v1.16", "apps/v1"),
    REMOVED("extensions/v1beta1", "ReplicaSet", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta1", "Deployment", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta1", "StatefulSet", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta2", "Deployment", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta2", "StatefulSet", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta2", "DaemonSet", "v1.16", "apps/v1"),
    REMOVED("apps/v1beta2", "ReplicaSet", "v1.16", "apps/v1"),
    REMOVED("batch/v2alpha1", "CronJob", "v1.21", "batch/v1"),
    REMOVED("batch/v1beta1", "CronJob", "v1.25", "batch/v1"),
};

static const struct problem problems[] = {
    {.says = "is written in {key}, which Kubernetes {detail} removed",
     .mend = "write {expected}, and mend the fields that changed with it"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    struct str sent = ctx->workload->api_version, kind = ctx->workload->kind->kind;
    for (size_t i = 0; i < sizeof removed_versions / sizeof removed_versions[0]; i++) {
        if (!str_equals(sent, removed_versions[i].api_version) ||
            !str_equals(kind, removed_versions[i].kind))
            continue;
        finding_add(findings, (struct finding){.problem = &problems[0],
                                               .root = FINDING_OBJECT,
                                               .key = sent,
                                               .field = STR("apiVersion"),
                                               .actual = sent,
                                               .expected = removed_versions[i].instead,
                                               .detail = removed_versions[i].removed});
    }
}

const struct check check_deprecated_api = {
    .id = "deprecated-api",
    .title = "Workloads are written in versions of the API that are still served",
    .rationale =
        "A file in a version that a later Kubernetes removed is applied today and refused after the "
        "upgrade, by the tool that needs it then. Judged is the version in which the object is "
        "sent, which in a review may not be the one that is shown. Newer clusters refuse these "
        "versions by themselves, so it matters most for podgate check.",
    .references = "Kubernetes documentation: Deprecated API Migration Guide",
    .theme = THEME_OBJECTS,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .judges_object = true,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .example_denied = "apiVersion: batch/v1beta1\n"
                      "kind: CronJob\n"
                      "metadata: {name: nightly}\n"
                      "spec:\n"
                      "  schedule: \"0 3 * * *\"\n"
                      "  jobTemplate:\n"
                      "    spec:\n"
                      "      template:\n"
                      "        spec:\n"
                      "          restartPolicy: Never\n"
                      "          containers:\n"
                      "          - name: report\n"
                      "            image: registry.example.com/report:1.4.2\n",
    .example_allowed = "apiVersion: batch/v1\n"
                       "kind: CronJob\n"
                       "metadata: {name: nightly}\n"
                       "spec:\n"
                       "  schedule: \"0 3 * * *\"\n"
                       "  jobTemplate:\n"
                       "    spec:\n"
                       "      template:\n"
                       "        spec:\n"
                       "          restartPolicy: Never\n"
                       "          containers:\n"
                       "          - name: report\n"
                       "            image: registry.example.com/report:1.4.2\n",
    .evaluate = evaluate,
};
