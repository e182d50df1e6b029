#include "rules/check.h"

#include "base/glob.h"

struct tolerations_params {
    struct str_list allow, deny;
    bool allow_everything;
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct tolerations_params, allow), .fallback = "[\"*\"]",
     .doc = "Patterns of keys that may be tolerated."},
    {"deny", PARAM_GLOBS, offsetof(struct tolerations_params, deny),
     .fallback = "[node-role.kubernetes.io/control-plane, node-role.kubernetes.io/master]",
     .doc = "Patterns of keys that may not be tolerated, whatever allow says."},
    {"allowEverything", PARAM_BOOL, offsetof(struct tolerations_params, allow_everything),
     .fallback = "false",
     .doc = "true: operator Exists without a key, which is every key, may be."},
};

enum { KEY, EVERYTHING };

static const struct problem problems[] = {
    [KEY] = {.says = "tolerates the taint {detail}", .mend = "remove the toleration"},
    [EVERYTHING] = {.says = "tolerates every taint{detail}",
                    .mend = "name the keys that it must tolerate",
                    .hides_state = true},
};

static bool is_allowed(const struct tolerations_params *p, struct str key) {
    if (glob_match_any(&p->deny, key)) return false;
    return glob_match_any(&p->allow, key) || str_starts_with(key, STR("node.kubernetes.io/"));
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct tolerations_params *p = ctx->params;
    for (size_t i = 0; i < ctx->pod->placement.toleration_count; i++) {
        const struct toleration *toleration = &ctx->pod->placement.tolerations[i];
        bool is_everything = str_is_empty(toleration->key);
        if (is_everything ? p->allow_everything : is_allowed(p, toleration->key)) continue;
        struct str effect = toleration->effect;
        struct str detail = toleration->key;
        if (is_everything)
            detail = str_is_empty(effect)
                         ? STR("")
                         : str_format(ctx->arena, " of the effect %.*s", STR_ARGS(effect));
        finding_add(findings,
                    (struct finding){.problem = &problems[is_everything ? EVERYTHING : KEY],
                                     .list = STR("tolerations"),
                                     .index = i,
                                     .key = is_everything ? STR("*") : toleration->key,
                                     .field = is_everything ? STR("operator") : STR("key"),
                                     .actual = is_everything ? toleration->operator
                                                             : toleration->key,
                                     .expected = STR("a key that is allowed"),
                                     .detail = detail});
    }
}

const struct check check_tolerations = {
    .id = "tolerations",
    .title = "Pods tolerate only what the policy allows",
    .rationale =
        "Taints keep Pods off nodes that are not theirs, and a toleration lifts them: with the "
        "control plane's a Pod runs beside the API server and its keys, and with operator Exists "
        "and no key on every node, whatever is wrong with it. Tolerations of keys under "
        "node.kubernetes.io/, which Kubernetes gives to Pods itself, are found only if deny names "
        "them.",
    .references = "Kubernetes documentation: Taints and Tolerations",
    .theme = THEME_NODE,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct tolerations_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  tolerations: [{operator: Exists}]\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  tolerations: [{key: dedicated, value: shop, effect: NoSchedule}]\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
