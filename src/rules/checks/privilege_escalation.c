#include "rules/check.h"

#include "kube/capability.h"

enum { ALLOWED, FORCED_BY_PRIVILEGED, FORCED_BY_CAPABILITY };

static const struct problem problems[] = {
    [ALLOWED] = {.says = "{allows|allow} privilege escalation", .mend = "set {it|each} to false"},
    [FORCED_BY_PRIVILEGED] = {.says = "{is|are} privileged, which always allows privilege "
                                      "escalation",
                              .mend = "remove {it|them} and set allowPrivilegeEscalation to false"},
    [FORCED_BY_CAPABILITY] = {.says = "{adds|add} the capability {key}, which always allows "
                                      "privilege escalation",
                              .mend = "remove {it|them} and set allowPrivilegeEscalation to false"},
};

/* The index of CAP_SYS_ADMIN among the added capabilities, or their count. */
static size_t find_sys_admin(const struct str_list *added) {
    size_t i = 0;
    while (i < added->count && !capability_equals(added->items[i], STR("SYS_ADMIN")))
        i++;
    return i;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct security *security = &ctx->container->security;
    const struct str_list *added = &security->capabilities_add;
    size_t sys_admin = find_sys_admin(added);
    struct finding finding = {.container = ctx->container, .expected = STR("false")};
    /* The API server refuses the field on Windows. */
    if (ctx->pod->is_windows) return;

    if (security->privileged == FLAG_TRUE) {
        finding.problem = &problems[FORCED_BY_PRIVILEGED];
        finding.field = STR("securityContext.privileged");
        finding.actual = STR("true");
    } else if (sys_admin < added->count) {
        finding.problem = &problems[FORCED_BY_CAPABILITY];
        finding.list = STR("securityContext.capabilities.add");
        finding.index = sys_admin;
        finding.key = finding.actual = added->items[sys_admin];
        finding.expected = STR("not among them");
    } else if (security->allow_privilege_escalation != FLAG_FALSE) {
        finding.problem = &problems[ALLOWED];
        finding.field = STR("securityContext.allowPrivilegeEscalation");
        if (security->allow_privilege_escalation == FLAG_TRUE) finding.actual = STR("true");
    } else {
        return;
    }
    finding_add(findings, finding);
}

const struct check check_privilege_escalation = {
    .id = "privilege-escalation",
    .title = "Containers cannot gain privileges",
    .rationale =
        "With allowPrivilegeEscalation false the kernel's no_new_privs bit is set: no setuid "
        "binary such as sudo can give a process more than it started with. Unset counts as true. "
        "A privileged container and one with CAP_SYS_ADMIN can always gain privileges.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of containers with "
                  "allowPrivilegeEscalation\n"
                  "NSA/CISA Kubernetes Hardening Guide: Pod security enforcement\n"
                  "Pod Security Standards, restricted: Privilege Escalation",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_MEDIUM,
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
                       "    securityContext: {allowPrivilegeEscalation: false}\n",
    .evaluate = evaluate,
};
