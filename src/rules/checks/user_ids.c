#include "rules/check.h"

#define ID_MAX 2147483647 /* what the API server takes */

enum id { RUN_AS_USER, RUN_AS_GROUP, FS_GROUP, SUPPLEMENTAL_GROUPS, IDS };
static const char *const id_names[] = {
    [RUN_AS_USER] = "runAsUser",
    [RUN_AS_GROUP] = "runAsGroup",
    [FS_GROUP] = "fsGroup",
    [SUPPLEMENTAL_GROUPS] = "supplementalGroups",
    [IDS] = NULL,
};

struct user_ids_params {
    struct range_list allowed[IDS];
    unsigned required; /* bit set of enum id */
    bool accepts_user_namespace;
    struct str allowed_text[IDS]; /* as a sentence shows them */
};

#define ID_RANGES(which)                                                                           \
    .type = PARAM_RANGES, .offset = offsetof(struct user_ids_params, allowed[which]), .min = 0,    \
    .max = ID_MAX

static const struct param params[] = {
    {.name = "runAsUser",
     ID_RANGES(RUN_AS_USER),
     .fallback = "[10000-2147483647]",
     .doc = "User IDs that containers may run as: 1000, or a range such as 10000-65535."},
    {.name = "runAsGroup",
     ID_RANGES(RUN_AS_GROUP),
     .fallback = "[10000-2147483647]",
     .doc = "Primary group IDs of containers."},
    {.name = "fsGroup",
     ID_RANGES(FS_GROUP),
     .fallback = "[1-2147483647]",
     .doc = "Group IDs that volumes may be given to."},
    {.name = "supplementalGroups",
     ID_RANGES(SUPPLEMENTAL_GROUPS),
     .fallback = "[1-2147483647]",
     .doc = "Further group IDs of containers."},
    {.name = "required",
     .type = PARAM_CHOICES,
     .offset = offsetof(struct user_ids_params, required),
     .fallback = "[runAsUser, runAsGroup]",
     .choices = id_names,
     .doc = "Which must be set. What is not is the image's choice, or 0."},
    {.name = "acceptUserNamespace",
     .type = PARAM_BOOL,
     .offset = offsetof(struct user_ids_params, accepts_user_namespace),
     .fallback = "false",
     .doc = "true: with hostUsers: false any runAsUser and runAsGroup will do, for they are nobody "
            "on the node. Groups of volumes are judged all the same."},
};

enum {
    USER,
    GROUP,
    VOLUMES_GROUP,
    FURTHER_GROUP,
    NO_USER,
    NO_GROUP,
    NO_VOLUMES_GROUP,
    NO_FURTHER_GROUP
};

static const struct problem problems[] = {
    [USER] = {.says = "{runs|run} as a user ID that is not allowed",
              .mend = "set {it|each} to an ID that the image works with: {expected}"},
    [GROUP] = {.says = "{runs|run} as a group ID that is not allowed",
               .mend = "set {it|each} to an ID that the image works with: {expected}"},
    [VOLUMES_GROUP] = {.says = "gives its volumes to a group ID that is not allowed",
                       .mend = "set {it|each} to an allowed ID: {expected}"},
    [FURTHER_GROUP] = {.says = "joins a group ID that is not allowed",
                       .mend = "remove {it|them}, or use an allowed ID: {expected}"},
    [NO_USER] = {.says = "{leaves|leave} the user ID to the image",
                 .mend = "set {it|each} to an ID that the image works with: {expected}",
                 .pod_field = "securityContext.runAsUser"},
    [NO_GROUP] = {.says = "{leaves|leave} the group ID to the image, often 0, root's",
                  .mend = "set {it|each} to an ID that the image works with: {expected}",
                  .pod_field = "securityContext.runAsGroup"},
    [NO_VOLUMES_GROUP] = {.says = "leaves the group of its volumes unset",
                          .mend = "set {it|each} to an allowed ID: {expected}"},
    [NO_FURTHER_GROUP] = {.says = "joins no further group",
                          .mend = "set {it|each} to allowed IDs: {expected}"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct user_ids_params *p = params_;
    for (int i = 0; i < IDS; i++) {
        if (p->allowed[i].count == 0) {
            error_set(err, ERR_SCHEMA, "%s is empty: no ID could ever be used; any is 0-%d",
                      id_names[i], ID_MAX);
            return error_in(err, id_names[i]);
        }
        p->allowed_text[i] = range_list_text(arena, &p->allowed[i], ID_MAX);
    }
    return true;
}

static struct finding place_of(const struct check_ctx *ctx, enum id id) {
    const struct user_ids_params *p = ctx->params;
    return (struct finding){.container = ctx->container,
                            .field = str_format(ctx->arena, "securityContext.%s", id_names[id]),
                            .expected = p->allowed_text[id]};
}

static void judge_value(const struct check_ctx *ctx, struct findings *findings, enum id id,
                        int64_t value) {
    const struct user_ids_params *p = ctx->params;
    if (range_list_has(&p->allowed[id], value)) return;
    struct finding finding = place_of(ctx, id);
    finding.problem = &problems[USER + (int)id];
    finding.actual = str_format(ctx->arena, "%lld", (long long)value);
    finding_add(findings, finding);
}

static void report_unset(const struct check_ctx *ctx, struct findings *findings, enum id id) {
    struct finding finding = place_of(ctx, id);
    finding.problem = &problems[NO_USER + (int)id];
    finding_add(findings, finding);
}

/* Judged where it is written, like every inherited field; `effective` only tells whether anybody set it. */
static void judge_inherited(const struct check_ctx *ctx, struct findings *findings, enum id id,
                            struct optional_int own, struct optional_int effective) {
    const struct user_ids_params *p = ctx->params;
    if (own.is_set)
        judge_value(ctx, findings, id, own.value);
    else if (ctx->container && !effective.is_set && p->required & 1U << id)
        report_unset(ctx, findings, id);
}

static void judge_users(const struct check_ctx *ctx, struct findings *findings) {
    const struct container *container = ctx->container;
    const struct security *own = container ? &container->security : &ctx->pod->security;
    judge_inherited(ctx, findings, RUN_AS_USER, own->run_as_user,
                    container ? container->effective.run_as_user : own->run_as_user);
    judge_inherited(ctx, findings, RUN_AS_GROUP, own->run_as_group,
                    container ? container->effective.run_as_group : own->run_as_group);
}

static void judge_further_group(const struct check_ctx *ctx, struct findings *findings,
                                size_t index) {
    const struct user_ids_params *p = ctx->params;
    int64_t group = ctx->pod->security.supplemental_groups.items[index];
    if (range_list_has(&p->allowed[SUPPLEMENTAL_GROUPS], group)) return;
    struct str number = str_format(ctx->arena, "%lld", (long long)group);
    finding_add(findings, (struct finding){.problem = &problems[FURTHER_GROUP],
                                           .list = STR("securityContext.supplementalGroups"),
                                           .index = index,
                                           .key = number,
                                           .actual = number,
                                           .expected = p->allowed_text[SUPPLEMENTAL_GROUPS]});
}

/* fsGroup and supplementalGroups, which only the pod has. */
static void judge_groups_of_pod(const struct check_ctx *ctx, struct findings *findings) {
    const struct user_ids_params *p = ctx->params;
    const struct security *security = &ctx->pod->security;
    if (security->fs_group.is_set)
        judge_value(ctx, findings, FS_GROUP, security->fs_group.value);
    else if (p->required & 1U << FS_GROUP)
        report_unset(ctx, findings, FS_GROUP);
    for (size_t i = 0; i < security->supplemental_groups.count; i++)
        judge_further_group(ctx, findings, i);
    if (security->supplemental_groups.count == 0 && p->required & 1U << SUPPLEMENTAL_GROUPS)
        report_unset(ctx, findings, SUPPLEMENTAL_GROUPS);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct user_ids_params *p = ctx->params;
    /* Windows has no numeric IDs: the API server refuses them there. */
    if (ctx->pod->is_windows) return;
    if (!ctx->container) judge_groups_of_pod(ctx, findings);
    if (p->accepts_user_namespace && ctx->pod->host_users == FLAG_FALSE) return;
    judge_users(ctx, findings);
}

const struct check check_user_ids = {
    .id = "user-ids",
    .title = "Users and groups of containers are within ranges",
    .rationale =
        "A user ID that also exists on the node, or in another team's pods, owns their files "
        "and processes as soon as something is shared or a border breaks; IDs from 10000 on "
        "are hardly ever taken. Group 0 opens whatever images left group-writable for root, "
        "so a primary group must be set too: with a runAsUser alone it is often 0. An ID of "
        "the pod is judged although all containers have their own, for the next one inherits "
        "it. A user namespace (hostUsers: false) turns container IDs into unused ones of the "
        "node, but files on volumes keep the pod's groups. Windows pods are exempt.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of root containers\n"
                  "NSA/CISA Kubernetes Hardening Guide: Non-root containers\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or "
                  "Container; User Namespaces",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct user_ids_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext: {runAsUser: 1000}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  securityContext:\n"
                       "    runAsUser: 10001\n"
                       "    runAsGroup: 10001\n"
                       "    fsGroup: 10001\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
