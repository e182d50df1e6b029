#include "rules/confinement.h"

#include "kube/profile.h"

static const struct param params[] = {
    {"allow", PARAM_CHOICES, offsetof(struct confinement_params, allow),
     .fallback = "[RuntimeDefault, Localhost]", .choices = confinement_types,
     .doc = "The types that may be used."},
    {"localhostProfiles", PARAM_GLOBS, offsetof(struct confinement_params, localhost),
     .fallback = "[\"*\"]",
     .doc = "Which profiles loaded on the node a Localhost profile may name: k8s-nginx, audit-*."},
    {"required", PARAM_BOOL, offsetof(struct confinement_params, is_required), .fallback = "false",
     .doc = "true: it must be set. Without one the runtime's default holds on nodes with AppArmor; "
            "with one a node without AppArmor refuses the pod."},
};

static const struct problem problems[CONFINEMENT_PROBLEMS] = {
    [CONFINEMENT_TYPE] = {.says = "{uses|use} an AppArmor profile of a type that is not allowed",
                          .mend = "set {it|each} to {expected}"},
    [CONFINEMENT_LOCALHOST] = {.says = "{uses|use} an AppArmor profile that is not allowed",
                               .mend = "set {it|each} to one that matches {expected}"},
    [CONFINEMENT_ANNOTATION] = {.says = "{has|have} an AppArmor profile in an annotation that is "
                                        "not allowed",
                                .mend = "remove {it|them}, or set "
                                        "securityContext.appArmorProfile.type to {expected}"},
    [CONFINEMENT_MISSING] = {.says = "{has|have} no AppArmor profile",
                             .mend = "set {it|each} to {expected}",
                             .pod_field = "securityContext.appArmorProfile.type"},
    [CONFINEMENT_MISSING_DEBUG] = {.says = "{has|have} no AppArmor profile",
                                   .mend = "set {it|each} to {expected}"},
};

static const struct security_profile *profile_of(const struct security *security) {
    return &security->apparmor;
}

static const struct cJSON *annotation_of(const struct profile_annotations *profiles) {
    return profiles->app_armor;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    static const struct confinement apparmor = {
        .problems = problems,
        .type_field = STR_INIT("securityContext.appArmorProfile.type"),
        .localhost_field = STR_INIT("securityContext.appArmorProfile.localhostProfile"),
        .annotation_of = annotation_of,
        .annotation_counts = true,
        .of = profile_of,
    };
    confinement_judge(&apparmor, ctx, findings);
}

const struct check check_apparmor_profile = {
    .id = "apparmor-profile",
    .title = "Containers keep their AppArmor profile",
    .rationale =
        "AppArmor says which files, mounts and capabilities a program may touch, whatever user it "
        "runs as; Unconfined switches that off. Without a profile the runtime's own holds on nodes "
        "that have AppArmor. What counts for a container is its own field, else its annotation "
        "(container.apparmor.security.beta.kubernetes.io/NAME, which Kubernetes still reads), else "
        "the pod's field. Windows pods are exempt.",
    .references = "Pod Security Standards, baseline: AppArmor\n"
                  "NSA/CISA Kubernetes Hardening Guide: Hardening applications\n"
                  "Kubernetes documentation: Restrict a Container's Access to Resources with "
                  "AppArmor",
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
                      "      appArmorProfile: {type: Unconfined}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext:\n"
                       "      appArmorProfile: {type: RuntimeDefault}\n",
    .prepare = confinement_prepare,
    .evaluate = evaluate,
};
