/*
 * kind Exception, and which rules each one concerns.
 *
 *   rules: [GLOB of POLICY/RULE, ...]    "*" alone is every rule
 */
#include "policy/policy_loading.h"

#include "base/glob.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

/* --- reading ---------------------------------------------------------------------------------- */

static void decode_rules(struct loading *loading, const struct cJSON *node, void *out) {
    loading_globs(loading, node, &((struct loaded_exception *)out)->exception.rules);
    if (!tree_is_array(node)) return;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct str glob = tree_string(item);
        if (str_is_empty(glob) || str_equals(glob, STR("*")) || str_find_char(glob, '/') < glob.len)
            continue;
        loading_error(loading, item, "%s names no rule: \"rules\" takes policy/rule",
                      str_quoted(glob).text);
        struct str of_any = str_format(loading->arena, "*/%.*s", STR_ARGS(glob));
        struct str any_of = str_format(loading->arena, "%.*s/*", STR_ARGS(glob));
        loading_hint(loading, "write %s or %s", str_quoted(of_any).text, str_quoted(any_of).text);
    }
}

static bool is_control(struct str id) {
    for (size_t i = 0; i < standard_control_count; i++)
        if (str_equals(str_from(standard_controls[i]->id), id)) return true;
    return false;
}

static void unknown_control(struct loading *loading, const struct cJSON *item, struct str id) {
    struct str ids[STANDARD_ACTIVE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < standard_control_count && count < COUNT_OF(ids); i++) {
        struct str known = str_from(standard_controls[i]->id);
        /* Rows of one control follow each other. */
        if (count == 0 || !str_equals(ids[count - 1], known)) ids[count++] = known;
    }
    loading_error(loading, item, "%s is no control of the Pod Security Standards",
                  str_quoted(id).text);
    loading_hint_words(loading, id, ids, count);
}

static void decode_controls(struct loading *loading, const struct cJSON *node, void *out) {
    struct loaded_exception *loaded = out;
    loaded->controls_origin = loading_origin(loading, node);
    if (!loading_list(loading, node, node->string)) return;
    struct str *ids = ARENA_NEW(loading->arena, struct str, tree_count(node));
    if (!ids) return;
    loaded->exception.controls = (struct str_list){ids, 0};
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct str id;
        if (!loading_string(loading, item, node->string, &id)) continue;
        if (is_control(id))
            ids[loaded->exception.controls.count++] = id;
        else
            unknown_control(loading, item, id);
    }
}

static void decode_match(struct loading *loading, const struct cJSON *node, void *out) {
    struct loaded_exception *loaded = out;
    loaded->match_origin = loading_origin(loading, node);
    loading_exception_match(loading, node, &loaded->exception.match);
}

static void decode_owner(struct loading *loading, const struct cJSON *node, void *out) {
    loading_line(loading, node, node->string, &((struct loaded_exception *)out)->exception.owner);
}

static void decode_reason(struct loading *loading, const struct cJSON *node, void *out) {
    loading_line(loading, node, node->string, &((struct loaded_exception *)out)->exception.reason);
}

static void decode_expires(struct loading *loading, const struct cJSON *node, void *out) {
    loading_date(loading, node, node->string, &((struct loaded_exception *)out)->exception.expires);
}

static const struct key_row exception_keys[] = {
    {"rules", decode_rules, true, KEY_TEXTS, "globs of policy/rule"},
    {"controls", decode_controls, false, KEY_CONTROLS,
     "the Pod Security controls that it concerns; default: all"},
    {"match", decode_match, false, KEY_EXCEPTION_MATCH, ""},
    {"owner", decode_owner, true, KEY_LINE, "who answers for it"},
    {"reason", decode_reason, true, KEY_LINE, "why"},
    {"expires", decode_expires, false, KEY_DATE, "the last day (UTC) on which it counts"},
};

void loading_read_exception(struct loading *loading, const struct cJSON *spec, struct str name,
                            const struct origin *origin) {
    struct loaded_exception *loaded = ARENA_NEW(loading->arena, struct loaded_exception, 1);
    if (!loaded) return;
    loaded->origin = *origin;
    loaded->exception = (struct exception){.name = name,
                                           .file = loading->file,
                                           .match = match_everything(),
                                           .expires = EXCEPTION_NEVER_ENDS,
                                           .line = origin->line,
                                           .column = origin->column};
    if (spec)
        loading_object(loading, spec, "spec", exception_keys, COUNT_OF(exception_keys), loaded);
    *loading->exceptions_end = loaded;
    loading->exceptions_end = &loaded->next;
    loading->exception_count++;
}

/* --- what concerns what ------------------------------------------------------------------------ */

bool exception_names_rule(const struct exception *exception, const struct rule *rule) {
    /* Names are DNS labels of at most 63 bytes. */
    char id[130];
    struct str policy = rule->policy->name, name = rule->name;
    if (policy.len + 1 + name.len > sizeof id) return false;
    /* A policy whose name is missing is an error that was told: its rules are still compiled. */
    if (policy.len > 0) memcpy(id, policy.at, policy.len);
    id[policy.len] = '/';
    if (name.len > 0) memcpy(id + policy.len + 1, name.at, name.len);
    for (size_t i = 0; i < exception->rules.count; i++)
        if (glob_match(exception->rules.items[i], (struct str){id, policy.len + 1 + name.len}))
            return true;
    return false;
}

bool exception_has_control(const struct exception *exception, const struct control *control) {
    if (exception->controls.count == 0) return true;
    return control && str_list_contains(&exception->controls, control_id(control));
}

/* --- contradictions ---------------------------------------------------------------------------- */

void loading_refuse_same_exceptions(struct loading *loading) {
    struct table taken;
    table_init(&taken, sizeof(struct origin *), (uint32_t)loading->exception_count);
    for (struct loaded_exception *loaded = loading->exceptions; loaded; loaded = loaded->next)
        loading_take_name(loading, &taken, "exception", loaded->exception.name, &loaded->origin);
}

static bool is_judged_at_containers(struct str id) {
    for (size_t i = 0; i < standard_control_count; i++)
        if (str_equals(str_from(standard_controls[i]->id), id) &&
            standard_controls[i]->judge_container)
            return true;
    return false;
}

/* Container keys never reach what is found at the pod. */
static void refuse_pod_controls(struct loading *loading, const struct loaded_exception *loaded) {
    const struct str_list *controls = &loaded->exception.controls;
    if (!loaded->exception.match.narrows_containers || controls->count == 0) return;
    for (size_t i = 0; i < controls->count; i++)
        if (is_judged_at_containers(controls->items[i])) return;
    loading_error_at(loading, &loaded->match_origin,
                     "this would excuse nothing: %s%s judged on the pod as a whole, and "
                     "containers, containerTypes and images excuse only what is found at a "
                     "container",
                     str_quoted(controls->items[0]).text,
                     controls->count > 1 ? " and the other controls are" : " is");
    loading_hint(loading, "leave the container keys out and name the object");
}

/* `controls` where no rule that is named has any. */
static void refuse_strange_controls(struct loading *loading, const struct loaded_exception *loaded,
                                    const struct policy *policies, size_t policy_count) {
    const struct rule *strange = NULL;
    if (loaded->controls_origin.line == 0) return;
    for (size_t i = 0; i < policy_count; i++)
        for (size_t j = 0; j < policies[i].rule_count; j++) {
            const struct rule *rule = &policies[i].rules[j];
            if (!exception_names_rule(&loaded->exception, rule)) continue;
            if (rule->standard) return;
            strange = rule;
        }
    if (!strange) return;
    loading_error_at(loading, &loaded->controls_origin,
                     "only pod-security has controls, and %.*s/%.*s is a rule of %s",
                     STR_ARGS(strange->policy->name), STR_ARGS(strange->name), strange->check->id);
    loading_hint(loading, "leave controls out, or name a pod-security rule in \"rules\"");
}

/* --- compiling --------------------------------------------------------------------------------- */

/* Those that last longest stand first, so that the first one that covers a violation is the one to tell. */
static void insert(const struct exception **list, size_t count, const struct exception *added) {
    size_t at = count;
    for (; at > 0 && list[at - 1]->expires < added->expires; at--)
        list[at] = list[at - 1];
    list[at] = added;
}

static void give_exceptions(struct loading *loading, struct rule *rule,
                            const struct exception *exceptions) {
    size_t count = 0;
    for (size_t i = 0; i < loading->exception_count; i++)
        count += exception_names_rule(&exceptions[i], rule);
    if (count == 0) return;
    rule->exceptions = ARENA_NEW(loading->arena, const struct exception *, count);
    if (!rule->exceptions) return;
    for (size_t i = 0; i < loading->exception_count; i++)
        if (exception_names_rule(&exceptions[i], rule))
            insert(rule->exceptions, rule->exception_count++, &exceptions[i]);
}

struct exception *loading_compile_exceptions(struct loading *loading, struct policy *policies,
                                             size_t policy_count) {
    struct exception *exceptions =
        ARENA_NEW(loading->arena, struct exception, loading->exception_count);
    if (!exceptions) return NULL;
    struct exception *exception = exceptions;
    for (const struct loaded_exception *loaded = loading->exceptions; loaded;
         loaded = loaded->next) {
        *exception++ = loaded->exception;
        refuse_pod_controls(loading, loaded);
        refuse_strange_controls(loading, loaded, policies, policy_count);
    }
    struct loaded_policy *loaded = loading->policies;
    for (size_t i = 0; i < policy_count; i++, loaded = loaded->next)
        for (size_t j = 0; j < policies[i].rule_count; j++)
            give_exceptions(loading, &loaded->rules[j], exceptions);
    return exceptions;
}

struct key_table loading_exception_keys(void) {
    return (struct key_table){exception_keys, COUNT_OF(exception_keys)};
}
