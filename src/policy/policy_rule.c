/* One of a policy's `rules`. */
#include "policy/policy_loading.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

enum action rule_action(const struct rule *rule, bool is_pod, int64_t today) {
    enum action action = is_pod ? rule->action : rule->template_action;
    return action == ACTION_DENY && today < rule->deny_from ? ACTION_WARN : action;
}

struct rule_draft {
    struct rule rule;
    bool has_action, has_template_action, has_severity, has_deny_from;
    const struct cJSON *params, *check_node;
};

static void decode_rule_name(struct loading *loading, const struct cJSON *node, void *out) {
    loading_label(loading, node, node->string, &((struct rule_draft *)out)->rule.name);
}

static void decode_rule_check(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    struct str id;
    draft->check_node = node;
    if (!loading_string(loading, node, node->string, &id)) return;
    draft->rule.check = check_find(id);
    if (draft->rule.check) return;
    loading_error(loading, node, "unknown check %s", str_quoted(id).text);
    struct str near = check_nearest(id);
    if (str_is_empty(near))
        loading_hint(loading, "podgate list shows all checks");
    else
        loading_hint(loading, "did you mean %s?", str_quoted(near).text);
}

static void decode_rule_action(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    draft->has_action = loading_action(loading, node, &draft->rule.action);
}

static void decode_rule_template_action(struct loading *loading, const struct cJSON *node,
                                        void *out) {
    struct rule_draft *draft = out;
    draft->has_template_action = loading_action(loading, node, &draft->rule.template_action);
}

static void decode_rule_severity(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    struct str word, words[SEVERITY_CRITICAL + 1];
    if (!loading_string(loading, node, node->string, &word)) return;
    draft->has_severity = severity_parse(word, &draft->rule.severity);
    if (draft->has_severity) return;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = severity_name((enum severity)i);
    loading_unknown_word(loading, node, word, words, COUNT_OF(words));
}

static void decode_rule_params(struct loading *loading, const struct cJSON *node, void *out) {
    (void)loading;
    ((struct rule_draft *)out)->params = node;
}

static void decode_rule_message(struct loading *loading, const struct cJSON *node, void *out) {
    loading_line(loading, node, node->string, &((struct rule_draft *)out)->rule.message);
}

static void decode_rule_deny_from(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    draft->has_deny_from = true;
    loading_date(loading, node, node->string, &draft->rule.deny_from);
}

static const struct key_row rule_keys[] = {
    {"name", decode_rule_name, false, KEY_LABEL,
     "its name in every message; default: the check's id"},
    {"check", decode_rule_check, true, KEY_CHECK, "what it judges by: podgate list"},
    {"action", decode_rule_action, false, KEY_ACTION,
     "what it does to a Pod; default: the policy's"},
    {"templateAction", decode_rule_template_action, false, KEY_ACTION,
     "what it does to workload templates; default: action"},
    {"severity", decode_rule_severity, false, KEY_SEVERITY, "default: the check's"},
    {"params", decode_rule_params, false, KEY_PARAMS, "the check's parameters: podgate explain"},
    {"message", decode_rule_message, false, KEY_LINE, "one more line for the reader"},
    {"denyFrom", decode_rule_deny_from, false, KEY_DATE,
     "the day (UTC) before which it only warns"},
};

/* Where an error of a check's `prepare` stands: at the value that it names, as far as that is written. */
static const struct cJSON *find_param(const struct rule_draft *draft, const struct error *err) {
    bool is_whole;
    if (!draft->params) return draft->check_node;
    return tree_resolve(draft->params, str_from(err->where), &is_whole);
}

static void decode_params(struct loading *loading, struct rule_draft *draft) {
    const struct check *check = draft->rule.check;
    void *params = params_decode(loading->arena, check->id, check->params, check->param_count,
                                 check->params_size, loading->document, draft->params,
                                 loading->file, loading->diagnostics);
    struct error err = {0};
    if (!params)
        loading->failed = true;
    else if (check->prepare && !check->prepare(params, loading->arena, &err))
        loading_error(loading, find_param(draft, &err), "%s", err.text);
    draft->rule.params = params;
    draft->rule.judges_object = check->judges_object || (params && check->judges_object_with &&
                                                         check->judges_object_with(params));
    if (check == check_find(STR("pod-security"))) draft->rule.standard = params;
}

bool loading_rule(struct loading *loading, const struct cJSON *node,
                  const struct inherited *inherited, struct rule *out) {
    struct rule_draft draft = {0};
    loading_object(loading, node, "a rule", rule_keys, COUNT_OF(rule_keys), &draft);
    struct origin origin = loading_origin(loading, node);
    draft.rule.line = origin.line;
    draft.rule.column = origin.column;
    if (!draft.rule.check) return false;
    decode_params(loading, &draft);
    if (!draft.has_action) draft.rule.action = inherited->action;
    if (!draft.has_deny_from) draft.rule.deny_from = inherited->deny_from;
    if (!draft.has_template_action) draft.rule.template_action = draft.rule.action;
    if (!draft.has_severity) draft.rule.severity = draft.rule.check->severity;
    if (str_is_empty(draft.rule.name)) draft.rule.name = str_from(draft.rule.check->id);
    *out = draft.rule;
    return true;
}

struct key_table loading_rule_keys(void) {
    return (struct key_table){rule_keys, COUNT_OF(rule_keys)};
}
