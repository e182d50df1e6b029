#include "rules/check.h"

struct run_as_non_root_params {
    bool accept_run_as_user;
};

static const struct param params[] = {
    {"acceptRunAsUser", PARAM_BOOL, offsetof(struct run_as_non_root_params, accept_run_as_user),
     .fallback = "false",
     .doc = "true: a runAsUser above 0, the container's own or the pod's, is enough; "
            "runAsNonRoot may then be unset."},
};

enum { UNSET, UNSET_ON_WINDOWS, CONTAINER_FALSE, POD_FALSE, ROOT_USER, ROOT_USER_OF_POD };

static const struct problem problems[] = {
    [UNSET] =
        {.says = "may run as root",
         .mend = "set {it|each} to true, and runAsUser to the image's numeric user if its USER is "
                 "root or a name",
         .pod_field = "securityContext.runAsNonRoot"},
    [UNSET_ON_WINDOWS] = {.says = "may run as administrator",
                          .mend = "set {it|each} to true",
                          .pod_field = "securityContext.runAsNonRoot"},
    [CONTAINER_FALSE] = {.says = "may run as root", .mend = "set {it|each} to true"},
    [POD_FALSE] = {.says = "lets its containers run as root", .mend = "set {it|each} to true"},
    [ROOT_USER] = {.says = "{runs|run} as UID 0 (root)",
                   .mend =
                       "set {it|each} to a user above 0 that the image works with, such as 1000"},
    [ROOT_USER_OF_POD] = {.says = "{runs|run} as UID 0 (root)",
                          .mend =
                              "set {it|each} to a user above 0 that the image works with, such as "
                              "1000",
                          .pod_field = "securityContext.runAsUser"},
};

static bool is_accepted_by_user(const struct run_as_non_root_params *p,
                                const struct container *container) {
    struct optional_int user = container->effective.run_as_user;
    return p->accept_run_as_user && user.is_set && user.value > 0;
}

/* A false in the pod is the pod's fault, whatever its containers say: the next one inherits it. */
static void judge_pod(const struct check_ctx *ctx, struct findings *findings) {
    const struct run_as_non_root_params *p = ctx->params;
    if (ctx->pod->security.run_as_non_root != FLAG_FALSE) return;
    bool is_harmless = p->accept_run_as_user;
    for (size_t i = 0; is_harmless && i < ctx->pod->container_count; i++) {
        const struct container *container = &ctx->pod->containers[i];
        is_harmless =
            container->security.run_as_non_root != FLAG_UNSET || is_accepted_by_user(p, container);
    }
    if (is_harmless) return;
    finding_add(findings, (struct finding){.problem = &problems[POD_FALSE],
                                           .field = STR("securityContext.runAsNonRoot"),
                                           .actual = STR("false"),
                                           .expected = STR("true")});
}

static void judge_container(const struct check_ctx *ctx, struct findings *findings) {
    const struct container *container = ctx->container;
    const struct effective *effective = &container->effective;
    struct finding finding = {.container = container, .expected = STR("true")};
    /* Windows has no UIDs: the API server refuses runAsUser there. */
    bool has_user = effective->run_as_user.is_set && !ctx->pod->is_windows;

    if (has_user && effective->run_as_user.value == 0) {
        bool is_own = container->security.run_as_user.is_set;
        finding.problem = &problems[is_own ? ROOT_USER : ROOT_USER_OF_POD];
        finding.field = STR("securityContext.runAsUser");
        finding.actual = STR("0");
        finding.expected = STR("a user above 0");
        /* NOLINTNEXTLINE(bugprone-branch-clone): a case of its own */
    } else if (is_accepted_by_user(ctx->params, container)) {
        return;
    } else if (container->security.run_as_non_root == FLAG_FALSE) {
        finding.problem = &problems[CONTAINER_FALSE];
        finding.field = STR("securityContext.runAsNonRoot");
        finding.actual = STR("false");
    } else if (effective->run_as_non_root == FLAG_UNSET) {
        finding.problem = &problems[ctx->pod->is_windows ? UNSET_ON_WINDOWS : UNSET];
        finding.field = STR("securityContext.runAsNonRoot");
    } else {
        return;
    }
    finding_add(findings, finding);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    if (ctx->container)
        judge_container(ctx, findings);
    else
        judge_pod(ctx, findings);
}

const struct check check_run_as_non_root = {
    .id = "run-as-non-root",
    .title = "Containers run as non-root",
    .rationale =
        "A process that runs as root in a container is root on the node as soon as it gets out of "
        "the container, and many ways out need root first. With runAsNonRoot the kubelet refuses "
        "to start an image as UID 0. It must be true at the container or inherited from the pod, "
        "a runAsNonRoot of false is refused at both, and so is UID 0. It can only compare "
        "numbers: an image whose USER is a name needs a runAsUser too.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of root containers\n"
                  "NSA/CISA Kubernetes Hardening Guide: Non-root containers\n"
                  "Pod Security Standards, restricted: Running as Non-root, Running as Non-root "
                  "user\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or Container",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct run_as_non_root_params),
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
                       "  securityContext:\n"
                       "    runAsNonRoot: true\n"
                       "    runAsUser: 10001\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
