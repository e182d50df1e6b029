#include "rules/check.h"

static const struct problem problems[] = {
    {.says = "uses the node's user IDs: root in it is root on the node",
     .mend = "set {it|each} to false"},
};

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    enum flag flag = ctx->pod->host_users;
    /* The API server refuses the field on Windows. */
    if (flag == FLAG_FALSE || ctx->pod->is_windows) return;
    finding_add(findings, (struct finding){.problem = &problems[0],
                                           .field = STR("hostUsers"),
                                           .actual = flag == FLAG_TRUE ? STR("true") : STR_NONE,
                                           .expected = STR("false")});
}

const struct check check_host_users = {
    .id = "host-users",
    .title = "Pods run in a user namespace",
    .rationale =
        "With hostUsers: false a pod has user IDs of its own: its root is an ID that owns "
        "nothing on the node, and capabilities count inside only. That takes the sting out of "
        "most ways out of a container, also for programs that need root. It asks for Linux "
        "6.3, for a runtime and for volumes that know ID-mapped mounts, so roll it out with "
        "warn. Pods with hostNetwork, hostPID or hostIPC cannot have it. Windows pods are "
        "exempt.",
    .references = "Kubernetes documentation: User Namespaces; Use a User Namespace With a Pod",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
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
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  hostUsers: false\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
