/* What confines a container from outside: AppArmor, SELinux, seccomp, sysctls. */
#include "kube/profile.h"
#include "rules/controls/rows.h"
#include "rules/controls/values.h"

static bool is_allowed_annotation(struct str value) {
    struct str type = profile_from_annotation(value).type;
    return str_equals(type, STR("RuntimeDefault")) || str_equals(type, STR("Localhost"));
}

static void report_annotation(const struct control_ctx *ctx, const struct problem *problem,
                              const struct meta_annotation *annotation) {
    struct str field =
        str_format(ctx->findings->arena, "annotations['%.*s']", STR_ARGS(annotation->key));
    control_report(ctx, problem,
                   (struct finding){.root = FINDING_POD_METADATA,
                                    .key = annotation->key,
                                    .field = field,
                                    .actual = control_shown(annotation->value),
                                    .expected = STR("runtime/default or localhost/*")});
}

/* --- appArmorProfile --- */

static const struct problem app_armor_type = {
    .says = "{sets|set} a forbidden AppArmor profile",
    .mend = "set {it|each} to {expected}",
};
static const struct problem app_armor_annotation = {
    .says = "{sets|set} a forbidden AppArmor profile in an annotation",
    .mend =
        "remove {it|them} and set securityContext.appArmorProfile.type to RuntimeDefault or Localhost",
};

static void judge_app_armor_type(const struct control_ctx *ctx) {
    const struct security_profile *profile = &control_security(ctx)->apparmor;
    if (!profile->is_set || control_allows(ctx, profile->type)) return;
    control_report(ctx, &app_armor_type,
                   (struct finding){.field = STR("securityContext.appArmorProfile.type"),
                                    .actual = profile->type,
                                    .expected = control_allowed_text(ctx)});
}

/* As upstream, whether or not there is a container of the name that the key ends in. */
static void judge_app_armor_pod(const struct control_ctx *ctx) {
    judge_app_armor_type(ctx);
    struct meta_annotation at = {0};
    while (meta_annotation_next(ctx->pod->meta, &at)) {
        if (!str_starts_with(at.key, STR(PROFILE_APP_ARMOR_PREFIX))) continue;
        if (str_is_empty(at.value) || is_allowed_annotation(at.value)) continue;
        report_annotation(ctx, &app_armor_annotation, &at);
    }
}

static const struct control_value profile_types[] = {
    CONTROL_VALUE(0, "RuntimeDefault"),
    CONTROL_VALUE(0, "Localhost"),
};

const struct control control_app_armor_profile = {
    .id = "appArmorProfile",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .reason = "forbidden AppArmor profile",
    .demands = "`appArmorProfile.type`, where the object is set, is one of {allowed}; annotations "
               "`" PROFILE_APP_ARMOR_PREFIX "*` are empty, `runtime/default` or `localhost/*`",
    .judge_pod = judge_app_armor_pod,
    .judge_container = judge_app_armor_type,
    CONTROL_VALUES(profile_types),
};

/* --- seLinuxOptions --- */

static const struct problem selinux_type = {
    .says = "{sets|set} forbidden seLinuxOptions",
    .mend = "remove {it|them}, or set {it|each} to {expected}",
};
static const struct problem selinux_owner = {
    .says = "{sets|set} forbidden seLinuxOptions",
    .mend = "remove {it|them}",
};

static void report_owner(const struct control_ctx *ctx, struct str field, struct str value) {
    if (str_is_empty(value)) return;
    control_report(ctx, &selinux_owner,
                   (struct finding){.field = field, .actual = value, .expected = STR("unset")});
}

static void judge_selinux(const struct control_ctx *ctx) {
    const struct selinux_options *options = &control_security(ctx)->selinux;
    if (!str_is_empty(options->type) && !control_allows(ctx, options->type)) {
        control_report(ctx, &selinux_type,
                       (struct finding){.field = STR("securityContext.seLinuxOptions.type"),
                                        .actual = options->type,
                                        .expected = control_allowed_text(ctx)});
    }
    report_owner(ctx, STR("securityContext.seLinuxOptions.user"), options->user);
    report_owner(ctx, STR("securityContext.seLinuxOptions.role"), options->role);
}

static const struct control_value selinux_types[] = {VALUES_ROWS(SELINUX_TYPES)};

const struct control control_selinux_options = {
    .id = "seLinuxOptions",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .reason = "seLinuxOptions",
    .demands = "`seLinuxOptions.type` is unset or one of {allowed}; `user` and `role` are unset",
    .judge_pod = judge_selinux,
    .judge_container = judge_selinux,
    CONTROL_VALUES(selinux_types),
};

/* --- seccompProfile_baseline, seccompProfile_restricted --- */

static const struct problem seccomp_annotation = {
    .says = "{sets|set} a forbidden seccompProfile in an annotation",
    .mend = "remove {it|them} or set {it|each} to runtime/default",
};
static const struct problem seccomp_type = {
    .says = "{sets|set} a forbidden seccompProfile",
    .mend = "set {it|each} to {expected}",
};
static const struct problem seccomp_missing = {
    .says = "{has|have} no seccompProfile",
    .mend = "set {it|each} to RuntimeDefault",
    .pod_field = "securityContext.seccompProfile.type",
};
/* A debug container joins a pod that nobody can edit any more. */
static const struct problem seccomp_missing_debug = {
    .says = "{has|have} no seccompProfile",
    .mend = "set {it|each} to RuntimeDefault (kubectl debug --profile=restricted does)",
};

static void judge_seccomp_annotation(const struct control_ctx *ctx,
                                     const struct meta_annotation *at) {
    if (is_allowed_annotation(at->value) || str_equals(at->value, STR("docker/default"))) return;
    report_annotation(ctx, &seccomp_annotation, at);
}

static void judge_seccomp_of_pod(const struct control_ctx *ctx) {
    struct meta_annotation at = {0};
    while (meta_annotation_next(ctx->pod->meta, &at))
        if (str_equals(at.key, STR(PROFILE_SECCOMP_POD_KEY))) judge_seccomp_annotation(ctx, &at);
}

static void judge_seccomp_of_container(const struct control_ctx *ctx) {
    const struct cJSON *node = ctx->container->profiles.seccomp;
    if (!node) return;
    struct meta_annotation at = {tree_key(node), tree_string(node), node};
    judge_seccomp_annotation(ctx, &at);
}

const struct control control_seccomp_annotations = {
    .id = "seccompProfile_baseline",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .until = 19,
    .reason = "seccompProfile",
    .demands = "annotations `" PROFILE_SECCOMP_POD_KEY "` and `" PROFILE_SECCOMP_PREFIX "NAME` are "
               "`runtime/default`, `docker/default` or `localhost/*`",
    .judge_pod = judge_seccomp_of_pod,
    .judge_container = judge_seccomp_of_container,
};

static bool has_bad_seccomp(const struct control_ctx *ctx) {
    const struct security_profile *profile = &control_security(ctx)->seccomp;
    return profile->is_set && !control_allows(ctx, profile->type);
}

static void judge_seccomp(const struct control_ctx *ctx) {
    if (!has_bad_seccomp(ctx)) return;
    control_report(ctx, &seccomp_type,
                   (struct finding){.field = STR("securityContext.seccompProfile.type"),
                                    .actual = control_security(ctx)->seccomp.type,
                                    .expected = control_allowed_text(ctx)});
}

const struct control control_seccomp_baseline = {
    .id = "seccompProfile_baseline",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .since = 19,
    .reason = "seccompProfile",
    .demands = "`seccompProfile.type`, where the object is set, is one of {allowed}",
    .judge_pod = judge_seccomp,
    .judge_container = judge_seccomp,
    CONTROL_VALUES(profile_types),
};

/* A bad profile of the pod is one finding, the pod's: those who inherit it are not told again. */
static void judge_seccomp_restricted(const struct control_ctx *ctx) {
    judge_seccomp(ctx);
    const struct container *container = ctx->container;
    if (!container || container->effective.seccomp->is_set) return;
    bool is_debug = container->type == CONTAINER_EPHEMERAL;
    control_report(ctx, is_debug ? &seccomp_missing_debug : &seccomp_missing,
                   (struct finding){.field = STR("securityContext.seccompProfile.type"),
                                    .expected = control_allowed_text(ctx)});
}

const struct control control_seccomp_restricted = {
    .id = "seccompProfile_restricted",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_MEDIUM,
    .since = 19,
    .replaces = "seccompProfile_baseline",
    .spares_windows_since = 25,
    .reason = "seccompProfile",
    .demands =
        "`seccompProfile.type` is one of {allowed}, the container's own or the pod's, and nowhere "
        "anything else",
    .judge_pod = judge_seccomp,
    .judge_container = judge_seccomp_restricted,
    CONTROL_VALUES(profile_types),
};

/* --- sysctls --- */

static const struct problem forbidden_sysctl = {
    .says = "sets forbidden sysctls",
    .mend = "remove {this entry|these entries}",
};

static void judge_sysctls(const struct control_ctx *ctx) {
    const struct security *security = &ctx->pod->security;
    for (size_t i = 0; i < security->sysctl_count; i++) {
        struct str name = security->sysctls[i].name;
        if (control_allows(ctx, name)) continue;
        control_report(ctx, &forbidden_sysctl,
                       (struct finding){.list = STR("securityContext.sysctls"),
                                        .index = i,
                                        .key = name,
                                        .field = STR("name"),
                                        .actual = name,
                                        .expected = control_allowed_text(ctx)});
    }
}

static const struct control_value safe_sysctls[] = {VALUES_ROWS(SAFE_SYSCTLS)};

const struct control control_sysctls = {
    .id = "sysctls",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .reason = "forbidden sysctls",
    .demands = "`sysctls` holds only {allowed}",
    .judge_pod = judge_sysctls,
    CONTROL_VALUES(safe_sysctls),
};
