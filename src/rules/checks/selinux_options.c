#include "rules/check.h"

#include "base/glob.h"
#include "rules/controls/values.h"

enum { TYPE, USER, ROLE, LEVEL, PARTS };

struct selinux_options_params {
    struct str_list allowed[PARTS];
    struct str allowed_text[PARTS]; /* as a sentence shows them */
};

static const struct param params[] = {
    {"types", PARAM_GLOBS, offsetof(struct selinux_options_params, allowed[TYPE]),
     .fallback = VALUES_TEXT(SELINUX_TYPES), .doc = "Types that may be set."},
    {"users", PARAM_GLOBS, offsetof(struct selinux_options_params, allowed[USER]), .fallback = "[]",
     .doc = "Users that may be set."},
    {"roles", PARAM_GLOBS, offsetof(struct selinux_options_params, allowed[ROLE]), .fallback = "[]",
     .doc = "Roles that may be set."},
    {"levels", PARAM_GLOBS, offsetof(struct selinux_options_params, allowed[LEVEL]),
     .fallback = "[\"*\"]", .doc = "Levels that may be set: s0:c123,c456."},
};

static const struct problem problems[] = {
    [TYPE] = {.says = "{sets|set} an SELinux type that is not allowed",
              .mend = "leave {it|them} {expected}"},
    [USER] = {.says = "{sets|set} an SELinux user that is not allowed",
              .mend = "leave {it|them} {expected}"},
    [ROLE] = {.says = "{sets|set} an SELinux role that is not allowed",
              .mend = "leave {it|them} {expected}"},
    [LEVEL] = {.says = "{sets|set} an SELinux level that is not allowed",
               .mend = "leave {it|them} {expected}"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    (void)err;
    struct selinux_options_params *p = params_;
    for (size_t i = 0; i < PARTS; i++) {
        struct str listed = str_join(arena, &p->allowed[i], STR(", "));
        p->allowed_text[i] =
            str_is_empty(listed)
                ? STR("unset")
                : str_format(arena, "unset, or set to %s%.*s",
                             p->allowed[i].count > 1 ? "one of " : "", STR_ARGS(listed));
    }
    return true;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct selinux_options_params *p = ctx->params;
    const struct container *container = ctx->container;
    const struct selinux_options *own =
        container ? &container->security.selinux : &ctx->pod->security.selinux;
    const struct {
        struct str value, field;
    } parts[PARTS] = {
        [TYPE] = {own->type, STR("securityContext.seLinuxOptions.type")},
        [USER] = {own->user, STR("securityContext.seLinuxOptions.user")},
        [ROLE] = {own->role, STR("securityContext.seLinuxOptions.role")},
        [LEVEL] = {own->level, STR("securityContext.seLinuxOptions.level")},
    };
    for (size_t i = 0; i < PARTS; i++) {
        if (str_is_empty(parts[i].value) || glob_match_any(&p->allowed[i], parts[i].value))
            continue;
        finding_add(findings, (struct finding){.problem = &problems[i],
                                               .container = container,
                                               .field = parts[i].field,
                                               .actual = parts[i].value,
                                               .expected = p->allowed_text[i]});
    }
}

const struct check check_selinux_options = {
    .id = "selinux-options",
    .title = "SELinux options stay within a list",
    .rationale =
        "SELinux keeps a container that got out from the node's files; a type such as spc_t "
        "switches that off, a level of another pod's opens its volumes. Unset is best: the "
        "runtime chooses a confined type and a level of its own. Options are judged where "
        "they are written, at the pod and at each container. By default the types of the Pod "
        "Security Standards may be set, users and roles not.",
    .references = "Pod Security Standards, baseline: SELinux\n"
                  "Kubernetes documentation: Configure a Security Context for a Pod or "
                  "Container",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct selinux_options_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext:\n"
                      "      seLinuxOptions: {type: spc_t}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext:\n"
                       "      seLinuxOptions: {level: \"s0:c123,c456\"}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
