#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "{has|have} a writable root file system",
     .mend =
         "set {it|each} to true, and mount an emptyDir where the application writes, such as /tmp"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    enum flag read_only = ctx->container->security.read_only_root_filesystem;
    /* The API server refuses the field on Windows. */
    if (read_only == FLAG_TRUE || ctx->pod->is_windows) return;
    finding_add(findings,
                (struct finding){.problem = &problems[0],
                                 .container = ctx->container,
                                 .field = STR("securityContext.readOnlyRootFilesystem"),
                                 .actual = read_only == FLAG_FALSE ? STR("false") : STR_NONE,
                                 .expected = STR("true")});
}

const struct check check_read_only_root_filesystem = {
    .id = "read-only-root-filesystem",
    .title = "Containers have a read-only root file system",
    .rationale =
        "An intruder who can write into the image's files can replace the program or leave tools "
        "behind. With a read-only root file system a container writes only where a volume is "
        "mounted for it. Unset means writable.",
    .references = "NSA/CISA Kubernetes Hardening Guide: Immutable container file systems\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or Container",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
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
                       "    securityContext: {readOnlyRootFilesystem: true}\n"
                       "    volumeMounts: [{name: tmp, mountPath: /tmp}]\n"
                       "  volumes: [{name: tmp, emptyDir: {}}]\n",
    .evaluate = evaluate,
};
