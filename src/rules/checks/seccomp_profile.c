#include "rules/confinement.h"

#include "kube/profile.h"

static const struct param params[] = {
    {"allow", PARAM_CHOICES, offsetof(struct confinement_params, allow),
     .fallback = "[RuntimeDefault, Localhost]", .choices = confinement_types,
     .doc = "The types that may be used."},
    {"localhostProfiles", PARAM_GLOBS, offsetof(struct confinement_params, localhost),
     .fallback = "[\"*\"]",
     .doc = "Which files of the node a Localhost profile may name, as localhostProfile does: "
            "profiles/audit-*.json."},
    {"required", PARAM_BOOL, offsetof(struct confinement_params, is_required), .fallback = "true",
     .doc = "false: it need not be set. Without one a container runs unconfined, unless the "
            "kubelet has seccompDefault."},
};

static const struct problem problems[CONFINEMENT_PROBLEMS] = {
    [CONFINEMENT_TYPE] = {.says = "{uses|use} a seccomp profile of a type that is not allowed",
                          .mend = "set {it|each} to {expected}"},
    [CONFINEMENT_LOCALHOST] = {.says = "{uses|use} a seccomp profile that is not allowed",
                               .mend = "set {it|each} to one that matches {expected}"},
    [CONFINEMENT_ANNOTATION] = {.says = "{asks|ask} for a seccomp profile in an annotation",
                                .mend =
                                    "remove {it|them}: Kubernetes has not read {it|them} since "
                                    "v1.27; securityContext.seccompProfile.type is what counts"},
    [CONFINEMENT_MISSING] = {.says = "{has|have} no seccomp profile",
                             .mend = "set {it|each} to {expected}",
                             .pod_field = "securityContext.seccompProfile.type"},
    [CONFINEMENT_MISSING_DEBUG] = {.says = "{has|have} no seccomp profile",
                                   .mend = "set {it|each} to RuntimeDefault (kubectl debug "
                                           "--profile=restricted does)"},
};

static const struct security_profile *profile_of(const struct security *security) {
    return &security->seccomp;
}

static const struct cJSON *annotation_of(const struct profile_annotations *profiles) {
    return profiles->seccomp;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    static const struct confinement seccomp = {
        .problems = problems,
        .type_field = STR_INIT("securityContext.seccompProfile.type"),
        .localhost_field = STR_INIT("securityContext.seccompProfile.localhostProfile"),
        .pod_annotation = STR_INIT(PROFILE_SECCOMP_POD_KEY),
        .annotation_of = annotation_of,
        .of = profile_of,
    };
    confinement_judge(&seccomp, ctx, findings);
}

const struct check check_seccomp_profile = {
    .id = "seccomp-profile",
    .title = "Containers run under a seccomp profile",
    .rationale =
        "A seccomp profile refuses the system calls that a program has no business with; most "
        "holes of the kernel are reached through such calls. RuntimeDefault fits nearly "
        "everything. A profile is the container's own or the pod's; a wrong one of the pod is "
        "refused although all containers have their own, for the next one inherits it. The "
        "annotations of old have had no effect since v1.27: they satisfy nothing, and one that "
        "asks for what is not allowed is refused. Windows pods are exempt.",
    .references = "CIS Kubernetes Benchmark: Ensure that the seccomp profile is set to "
                  "docker/default in your Pod definitions\n"
                  "NSA/CISA Kubernetes Hardening Guide: Hardening applications\n"
                  "Pod Security Standards, baseline and restricted: Seccomp\n"
                  "Kubernetes documentation: Restrict a Container's Syscalls with seccomp",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct confinement_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext:\n"
                      "      seccompProfile: {type: Unconfined}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  securityContext:\n"
                       "    seccompProfile: {type: RuntimeDefault}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = confinement_prepare,
    .evaluate = evaluate,
};
