#include "rules/check.h"

#include "base/glob.h"

struct priority_class_params {
    bool required;
    struct str_list allow, deny;
};

static const struct param params[] = {
    {"required", PARAM_BOOL, offsetof(struct priority_class_params, required), .fallback = "false",
     .doc = "true: pods must name a class."},
    {"allow", PARAM_GLOBS, offsetof(struct priority_class_params, allow), .fallback = "[\"*\"]",
     .doc = "Patterns of classes that pods may name."},
    {"deny", PARAM_GLOBS, offsetof(struct priority_class_params, deny),
     .fallback = "[\"system-*\"]",
     .doc = "Patterns of classes that they may not name, whatever allow says."},
};

enum { ABSENT, NOT_ALLOWED };

static const struct problem problems[] = {
    [ABSENT] = {.says = "names no priority class", .mend = "set it to {expected}"},
    [NOT_ALLOWED] = {.says = "uses the priority class \"{detail}\"",
                     .mend = "remove it, or set it to {expected}"},
};

static struct str describe(const struct check_ctx *ctx) {
    const struct priority_class_params *p = ctx->params;
    if (p->allow.count == 0 || str_list_contains(&p->allow, STR("*"))) return STR("another class");
    return param_strings_text(ctx->arena, &p->allow);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct priority_class_params *p = ctx->params;
    struct str class = ctx->pod->priority_class_name;
    bool is_set = !str_is_empty(class);
    if (is_set ? glob_match_any(&p->allow, class) && !glob_match_any(&p->deny, class)
               : !p->required)
        return;
    finding_add(findings, (struct finding){.problem = &problems[is_set ? NOT_ALLOWED : ABSENT],
                                           .field = STR("priorityClassName"),
                                           .actual = class,
                                           .expected = is_set ? describe(ctx) : STR("a class"),
                                           .detail = class});
}

const struct check check_priority_class = {
    .id = "priority-class",
    .title = "Pods have a priority that the policy allows",
    .rationale =
        "A Pod of a higher priority class takes the place of others. The classes system-cluster-"
        "critical and system-node-critical are for what the cluster itself lives on, and nothing "
        "keeps a namespace from using them but a quota or a rule like this. Where a class is "
        "required, one that the cluster gives by default counts on Pods, because it is filled in "
        "before the webhook is asked, and is not seen in templates.",
    .references = "Kubernetes documentation: Pod Priority and Preemption",
    .theme = THEME_AVAILABILITY,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct priority_class_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  priorityClassName: system-node-critical\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  priorityClassName: business-critical\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
