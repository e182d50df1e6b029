#include "rules/check.h"

struct proc_mount_params {
    bool accepts_user_namespace;
};

static const struct param params[] = {
    {"acceptUserNamespace", PARAM_BOOL, offsetof(struct proc_mount_params, accepts_user_namespace),
     .fallback = "false",
     .doc = "true: pods with hostUsers: false may set it, as the baseline of the Pod Security "
            "Standards has it since v1.35: containers inside containers need it."},
};

static const struct problem problems[] = {
    {.says = "{asks|ask} for another /proc than the masked default", .mend = "remove {it|them}"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct proc_mount_params *p = ctx->params;
    struct str mount = ctx->container->security.proc_mount;
    /* The API server refuses the field on Windows. */
    if (!mount.at || str_equals(mount, STR("Default")) || ctx->pod->is_windows) return;
    if (p->accepts_user_namespace && ctx->pod->host_users == FLAG_FALSE) return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .container = ctx->container,
                                           .field = STR("securityContext.procMount"),
                                           .actual = str_is_empty(mount) ? STR("empty") : mount,
                                           .expected = STR("Default")});
}

const struct check check_proc_mount = {
    .id = "proc-mount",
    .title = "/proc stays masked",
    .rationale =
        "Container runtimes hide the parts of /proc that show or change the kernel itself. "
        "With procMount: Unmasked a root process in the container reads kernel memory and "
        "keys there, and writes what the whole node obeys. Inside a user namespace "
        "(hostUsers: false) root is nobody to the kernel, which is why Kubernetes takes "
        "Unmasked only there.",
    .references = "Pod Security Standards, baseline: /proc Mount Type\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or "
                  "Container",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct proc_mount_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext: {procMount: Unmasked}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext: {procMount: Default}\n",
    .evaluate = evaluate,
};
