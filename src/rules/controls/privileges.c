/* What a container's processes may do: privileges, capabilities, users, /proc. */
#include "rules/controls/rows.h"
#include "rules/controls/values.h"

/* --- privileged --- */

static const struct problem privileged = {
    .says = "{is|are} privileged",
    .mend = "remove {it|them}",
};

static void judge_privileged(const struct control_ctx *ctx) {
    if (ctx->container->security.privileged != FLAG_TRUE) return;
    control_report(ctx, &privileged,
                   (struct finding){.field = STR("securityContext.privileged"),
                                    .actual = STR("true"),
                                    .expected = STR("false")});
}

const struct control control_privileged = {
    .id = "privileged",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_CRITICAL,
    .reason = "privileged",
    .demands = "`privileged` is unset or `false`",
    .judge_container = judge_privileged,
};

/* --- allowPrivilegeEscalation --- */

static const struct problem escalation = {
    .says = "may gain privileges (allowPrivilegeEscalation != false)",
    .mend = "set {it|each} to false",
};

static void judge_escalation(const struct control_ctx *ctx) {
    enum flag flag = ctx->container->security.allow_privilege_escalation;
    if (flag == FLAG_FALSE) return;
    control_report(ctx, &escalation,
                   (struct finding){.field = STR("securityContext.allowPrivilegeEscalation"),
                                    .actual = flag == FLAG_TRUE ? STR("true") : STR_NONE,
                                    .expected = STR("false")});
}

const struct control control_allow_privilege_escalation = {
    .id = "allowPrivilegeEscalation",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .since = 8,
    .spares_windows_since = 25,
    .reason = "allowPrivilegeEscalation != false",
    .demands = "`allowPrivilegeEscalation` is `false`",
    .judge_container = judge_escalation,
};

/* --- capabilities_baseline, capabilities_restricted --- */

static const struct problem added_non_default = {
    .says = "{adds|add} non-default capabilities",
    .mend = "remove {it|them}; only those that runtimes grant by default may be added",
};
static const struct problem added_any = {
    .says = "{has|have} unrestricted capabilities",
    .mend = "remove {it|them}; may be added: {expected}",
};
static const struct problem kept_any = {
    .says = "{has|have} unrestricted capabilities",
    .mend = "set {it|each} to [ALL]",
};

/* Names are compared exactly: Kubernetes stores free strings, and what a runtime makes of "all" or
 * CAP_CHOWN differs. */
static void judge_added(const struct control_ctx *ctx, const struct problem *problem) {
    const struct str_list *added = &ctx->container->security.capabilities_add;
    for (size_t i = 0; i < added->count; i++) {
        if (control_allows(ctx, added->items[i])) continue;
        control_report(ctx, problem,
                       (struct finding){.list = STR("securityContext.capabilities.add"),
                                        .index = i,
                                        .key = added->items[i],
                                        .actual = control_shown(added->items[i]),
                                        .expected = control_allowed_text(ctx)});
    }
}

static void judge_capabilities_baseline(const struct control_ctx *ctx) {
    judge_added(ctx, &added_non_default);
}

static struct str list_text(struct arena *arena, const struct str_list *list) {
    if (list->count == 0) return STR_NONE;
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; i < list->count; i++) {
        strbuf_add(&text, i == 0 ? STR("[") : STR(", "));
        strbuf_add(&text, list->items[i]);
    }
    strbuf_add_char(&text, ']');
    return strbuf_str(&text);
}

static void judge_capabilities_restricted(const struct control_ctx *ctx) {
    const struct str_list *dropped = &ctx->container->security.capabilities_drop;
    if (!str_list_contains(dropped, STR("ALL"))) {
        control_report(ctx, &kept_any,
                       (struct finding){.field = STR("securityContext.capabilities.drop"),
                                        .actual = list_text(ctx->findings->arena, dropped),
                                        .expected = STR("[ALL]")});
    }
    judge_added(ctx, &added_any);
}

static const struct control_value default_capabilities[] = {VALUES_ROWS(DEFAULT_CAPABILITIES)};

const struct control control_capabilities_baseline = {
    .id = "capabilities_baseline",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_HIGH,
    .reason = "non-default capabilities",
    .demands = "`capabilities.add` holds only {allowed}",
    .judge_container = judge_capabilities_baseline,
    CONTROL_VALUES(default_capabilities),
};

static const struct control_value restricted_capabilities[] = {
    CONTROL_VALUE(0, "NET_BIND_SERVICE"),
};

const struct control control_capabilities_restricted = {
    .id = "capabilities_restricted",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .since = 22,
    .replaces = "capabilities_baseline",
    .spares_windows_since = 25,
    .reason = "unrestricted capabilities",
    .demands = "`capabilities.drop` has `ALL`, and `capabilities.add` holds only {allowed}",
    .judge_container = judge_capabilities_restricted,
    CONTROL_VALUES(restricted_capabilities),
};

/* --- procMount, procMount_restricted --- */

static const struct problem proc_mount = {
    .says = "{sets|set} a forbidden procMount",
    .mend = "set {it|each} to {expected} or remove {it|them}",
};

static void judge_proc_mount(const struct control_ctx *ctx) {
    struct str mount = ctx->container->security.proc_mount;
    if (!mount.at || control_allows(ctx, mount)) return;
    control_report(ctx, &proc_mount,
                   (struct finding){.field = STR("securityContext.procMount"),
                                    .actual = control_shown(mount),
                                    .expected = control_allowed_text(ctx)});
}

static const struct control_value proc_mounts[] = {CONTROL_VALUE(0, "Default")};

const struct control control_proc_mount = {
    .id = "procMount",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_HIGH,
    .spares_user_namespaces_since = 35,
    .reason = "procMount",
    .demands = "`procMount` is unset or {allowed}",
    .judge_container = judge_proc_mount,
    CONTROL_VALUES(proc_mounts),
};

/* Where the baseline control begins to spare user namespaces, restricted goes on without that. */
const struct control control_proc_mount_restricted = {
    .id = "procMount_restricted",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .since = 35,
    .replaces = "procMount",
    .reason = "procMount",
    .demands = "`procMount` is unset or {allowed}, with `hostUsers: false` too",
    .judge_container = judge_proc_mount,
    CONTROL_VALUES(proc_mounts),
};

/* --- runAsNonRoot --- */

enum { ROOT_OF_POD, ROOT_SET, ROOT_BY_DEFAULT, ROOT_BY_DEFAULT_DEBUG, ROOT_BY_DEFAULT_WINDOWS };

static const struct problem root_allowed[] = {
    [ROOT_OF_POD] = {.says = "lets its containers run as root (runAsNonRoot != true)",
                     .mend = "set {it|each} to true"},
    [ROOT_SET] = {.says = "may run as root (runAsNonRoot != true)",
                  .mend = "set {it|each} to true"},
    [ROOT_BY_DEFAULT] =
        {.says = "may run as root (runAsNonRoot != true)",
         .mend = "set {it|each} to true, and runAsUser to the image's numeric user if its "
                 "USER is root or a name",
         .pod_field = "securityContext.runAsNonRoot"},
    /* It joins a pod that nobody can edit any more. */
    [ROOT_BY_DEFAULT_DEBUG] =
        {.says = "may run as root (runAsNonRoot != true)",
         .mend = "set {it|each} to true (kubectl debug --profile=restricted does)"},
    /* The API server refuses runAsUser there. */
    [ROOT_BY_DEFAULT_WINDOWS] = {.says = "may run as administrator (runAsNonRoot != true)",
                                 .mend = "set {it|each} to true",
                                 .pod_field = "securityContext.runAsNonRoot"},
};

static const struct problem *root_by_default(const struct control_ctx *ctx) {
    if (ctx->container->type == CONTAINER_EPHEMERAL) return &root_allowed[ROOT_BY_DEFAULT_DEBUG];
    if (ctx->pod->is_windows) return &root_allowed[ROOT_BY_DEFAULT_WINDOWS];
    return &root_allowed[ROOT_BY_DEFAULT];
}

/* A false of the pod is one finding, the pod's: those who inherit it are not told again. */
static void judge_non_root(const struct control_ctx *ctx) {
    const struct container *container = ctx->container;
    struct finding finding = {.field = STR("securityContext.runAsNonRoot"),
                              .expected = STR("true")};
    if (control_security(ctx)->run_as_non_root == FLAG_FALSE) {
        finding.actual = STR("false");
        control_report(ctx, &root_allowed[container ? ROOT_SET : ROOT_OF_POD], finding);
    } else if (container && container->effective.run_as_non_root == FLAG_UNSET) {
        control_report(ctx, root_by_default(ctx), finding);
    }
}

const struct control control_run_as_non_root = {
    .id = "runAsNonRoot",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .spares_user_namespaces_since = 35,
    .reason = "runAsNonRoot != true",
    .demands = "`runAsNonRoot` is `true`, the container's own or the pod's, and nowhere `false`",
    .judge_pod = judge_non_root,
    .judge_container = judge_non_root,
};

/* --- runAsUser --- */

static const struct problem root_user = {
    .says = "{runs|run} as root (runAsUser=0)",
    .mend = "set {it|each} to a user above 0 that the image works with, such as 1000",
};

/* Zero at the pod breaks it even if every container has a user of its own. */
static void judge_user(const struct control_ctx *ctx) {
    struct optional_int user = control_security(ctx)->run_as_user;
    if (!user.is_set || user.value != 0) return;
    control_report(ctx, &root_user,
                   (struct finding){.field = STR("securityContext.runAsUser"),
                                    .actual = STR("0"),
                                    .expected = STR("a user above 0")});
}

const struct control control_run_as_user = {
    .id = "runAsUser",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .since = 23,
    .spares_user_namespaces_since = 35,
    .reason = "runAsUser=0",
    .demands = "`runAsUser` is unset or not `0`, in the pod and each container",
    .judge_pod = judge_user,
    .judge_container = judge_user,
};
