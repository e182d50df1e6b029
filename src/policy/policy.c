/*
 * A source is a YAML stream; each document is
 *
 *   apiVersion: podgate.io/v1alpha1
 *   kind: Policy | Exception | Profile | WorkloadKind
 *   metadata: {name: LABEL, labels: {...}, annotations: {...}}
 *   spec: by kind, see the key tables below
 */
#include "policy/builtin.h"
#include "policy/policy.h"

#include "policy/policy_loading.h"
#include "text/yaml.h"

#define API_VERSION "podgate.io/v1alpha1"
#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))
#define WORD(literal)                                                                              \
    { "" literal, sizeof(literal) - 1 }

static const struct str action_words[] = {[ACTION_OFF] = WORD("off"),
                                          [ACTION_AUDIT] = WORD("audit"),
                                          [ACTION_WARN] = WORD("warn"),
                                          [ACTION_DENY] = WORD("deny")};
static const struct str mode_words[] = {
    [MODE_AUDIT] = WORD("audit"), [MODE_WARN] = WORD("warn"), [MODE_ENFORCE] = WORD("enforce")};

struct str action_name(enum action action) {
    return action_words[action];
}
struct str mode_name(enum mode mode) {
    return mode_words[mode];
}

bool action_parse(struct str name, enum action *out) {
    for (size_t i = 0; i < COUNT_OF(action_words); i++)
        if (str_equals(action_words[i], name)) {
            *out = (enum action)i;
            return true;
        }
    return false;
}

bool mode_parse(struct str name, enum mode *out) {
    for (size_t i = 0; i < COUNT_OF(mode_words); i++)
        if (str_equals(mode_words[i], name)) {
            *out = (enum mode)i;
            return true;
        }
    return false;
}

enum action rule_action(const struct rule *rule, bool is_pod, int64_t today) {
    enum action action = is_pod ? rule->action : rule->template_action;
    return action == ACTION_DENY && today < rule->deny_from ? ACTION_WARN : action;
}

enum action action_under(enum action action, enum mode mode) {
    static const enum action ceiling[] = {
        [MODE_AUDIT] = ACTION_AUDIT, [MODE_WARN] = ACTION_WARN, [MODE_ENFORCE] = ACTION_DENY};
    return action < ceiling[mode] ? action : ceiling[mode];
}

/* --- values that several objects share ----------------------------------------------------- */

static void unknown_word(struct loading *loading, const struct cJSON *node, struct str word,
                         const struct str *words, size_t count) {
    loading_error(loading, node, "unknown %s %s", node->string, loading_quote(loading, word));
    loading_hint_words(loading, word, words, count);
}

static bool decode_action_word(struct loading *loading, const struct cJSON *node,
                               enum action *out) {
    struct str word;
    if (!loading_string(loading, node, node->string, &word)) return false;
    if (action_parse(word, out)) return true;
    unknown_word(loading, node, word, action_words, COUNT_OF(action_words));
    return false;
}

static void ignore_string_map(struct loading *loading, const struct cJSON *node, void *out) {
    (void)out;
    if (!tree_is_object(node)) {
        loading_error(loading, node, "\"%s\" takes a map of strings, this is %s", node->string,
                      tree_type_name(node));
        return;
    }
    for (const struct cJSON *member = node->child; member; member = member->next)
        if (!tree_is_string(member)) {
            loading_error(loading, member, "\"%s\" takes strings, this is %s", node->string,
                          tree_type_name(member));
            loading_hint(loading, "write it in quotes");
        }
}

/* --- a rule --------------------------------------------------------------------------------- */

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
    loading_error(loading, node, "unknown check %s", loading_quote(loading, id));
    struct str near = check_nearest(id);
    if (str_is_empty(near))
        loading_hint(loading, "podgate list shows all checks");
    else
        loading_hint(loading, "did you mean \"%.*s\"?", STR_ARGS(near));
}

static void decode_rule_action(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    draft->has_action = decode_action_word(loading, node, &draft->rule.action);
}

static void decode_rule_template_action(struct loading *loading, const struct cJSON *node,
                                        void *out) {
    struct rule_draft *draft = out;
    draft->has_template_action = decode_action_word(loading, node, &draft->rule.template_action);
}

static void decode_rule_severity(struct loading *loading, const struct cJSON *node, void *out) {
    struct rule_draft *draft = out;
    struct str word, words[SEVERITY_CRITICAL + 1];
    if (!loading_string(loading, node, node->string, &word)) return;
    draft->has_severity = severity_parse(word, &draft->rule.severity);
    if (draft->has_severity) return;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = severity_name((enum severity)i);
    unknown_word(loading, node, word, words, COUNT_OF(words));
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

/* What a policy says for those of its rules that are silent. */
struct inherited {
    enum action action;
    int64_t deny_from;
};

/* False when the rule is unusable. */
static bool decode_rule(struct loading *loading, const struct cJSON *node,
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

/* --- kind Policy ----------------------------------------------------------------------------- */

struct policy_draft {
    struct loaded_policy *loaded;
    struct inherited inherited;
    const struct cJSON *rules;
};

static void decode_policy_action(struct loading *loading, const struct cJSON *node, void *out) {
    decode_action_word(loading, node, &((struct policy_draft *)out)->inherited.action);
}

static void decode_policy_deny_from(struct loading *loading, const struct cJSON *node, void *out) {
    loading_date(loading, node, node->string, &((struct policy_draft *)out)->inherited.deny_from);
}

static void decode_policy_updates(struct loading *loading, const struct cJSON *node, void *out) {
    static const struct str words[] = {WORD("ratchet"), WORD("strict")};
    struct policy *policy = &((struct policy_draft *)out)->loaded->policy;
    struct str word;
    if (!loading_string(loading, node, node->string, &word)) return;
    policy->is_strict = str_equals(word, STR("strict"));
    if (!policy->is_strict && !str_equals(word, STR("ratchet")))
        unknown_word(loading, node, word, words, COUNT_OF(words));
}

static void decode_policy_suppression(struct loading *loading, const struct cJSON *node,
                                      void *out) {
    struct policy *policy = &((struct policy_draft *)out)->loaded->policy;
    loading_bool(loading, node, node->string, &policy->allows_suppression);
}

static void decode_policy_match(struct loading *loading, const struct cJSON *node, void *out) {
    loading_match(loading, node, &((struct policy_draft *)out)->loaded->policy.match);
}

static void decode_policy_exclude(struct loading *loading, const struct cJSON *node, void *out) {
    struct loaded_policy *loaded = ((struct policy_draft *)out)->loaded;
    if (!loading_list(loading, node, node->string)) return;
    loaded->excludes = ARENA_NEW(loading->arena, struct match, tree_count(node));
    if (!loaded->excludes) return;
    for (const struct cJSON *item = node->child; item; item = item->next)
        loading_exclude(loading, item, &loaded->excludes[loaded->policy.exclude_count++]);
}

static void decode_policy_rules(struct loading *loading, const struct cJSON *node, void *out) {
    /* Rules inherit the action, which may stand below them: they are decoded when all keys are. */
    if (loading_list(loading, node, node->string)) ((struct policy_draft *)out)->rules = node;
}

static const struct key_row policy_keys[] = {
    {"action", decode_policy_action, false, KEY_ACTION,
     "what its rules do unless they say otherwise; default: deny"},
    {"denyFrom", decode_policy_deny_from, false, KEY_DATE,
     "the day (UTC) before which its rules only warn"},
    {"updates", decode_policy_updates, false, KEY_UPDATES,
     "ratchet denies only what an update adds; strict all that it has"},
    {"match", decode_policy_match, false, KEY_MATCH, ""},
    {"exclude", decode_policy_exclude, false, KEY_EXCLUDES,
     "any item that matches takes the object, or the container, out"},
    {"rules", decode_policy_rules, true, KEY_RULES, "what is judged"},
    {"allowInlineSuppression", decode_policy_suppression, false, KEY_BOOL,
     "manifests may suppress its rules with podgate.io/ignore in podgate check"},
};

static void refuse_same_rule(struct loading *loading, const struct cJSON *node,
                             const struct loaded_policy *loaded, const struct rule *rule) {
    for (size_t i = 0; i < loaded->policy.rule_count; i++) {
        const struct rule *before = &loaded->rules[i];
        if (!str_equals(before->name, rule->name)) continue;
        loading_error(loading, node,
                      "a second rule \"%.*s\" in this policy, the first is in line %u",
                      STR_ARGS(rule->name), before->line);
        loading_hint(loading, "give one of them a name of its own");
        return;
    }
}

static void decode_rules(struct loading *loading, const struct policy_draft *draft) {
    struct loaded_policy *loaded = draft->loaded;
    if (!draft->rules) return;
    loaded->rules = ARENA_NEW(loading->arena, struct rule, tree_count(draft->rules));
    if (!loaded->rules) return;
    for (const struct cJSON *item = draft->rules->child; item; item = item->next) {
        struct rule *rule = &loaded->rules[loaded->policy.rule_count];
        if (!decode_rule(loading, item, &draft->inherited, rule)) continue;
        refuse_same_rule(loading, item, loaded, rule);
        loaded->policy.rule_count++;
    }
}

static void read_policy(struct loading *loading, const struct cJSON *spec, struct str name,
                        const struct origin *origin) {
    struct loaded_policy *loaded = ARENA_NEW(loading->arena, struct loaded_policy, 1);
    if (!loaded) return;
    loaded->origin = *origin;
    loaded->policy = (struct policy){.name = name,
                                     .file = loading->file,
                                     .is_builtin = loading->is_builtin,
                                     .match = match_everything(),
                                     .line = origin->line};
    struct policy_draft draft = {.loaded = loaded, .inherited = {.action = ACTION_DENY}};
    if (spec) loading_object(loading, spec, "spec", policy_keys, COUNT_OF(policy_keys), &draft);
    decode_rules(loading, &draft);
    *loading->policies_end = loaded;
    loading->policies_end = &loaded->next;
    loading->policy_count++;
}

/* --- kind Profile ---------------------------------------------------------------------------- */

static void decode_profile_policies(struct loading *loading, const struct cJSON *node, void *out) {
    struct loaded_profile *loaded = out;
    struct str_list globs = {0};
    loading_globs(loading, node, &globs);
    struct named_glob *named = ARENA_NEW(loading->arena, struct named_glob, tree_count(node));
    if (!named || globs.count != tree_count(node)) return;
    const struct cJSON *item = node->child;
    for (size_t i = 0; i < globs.count; i++, item = item->next)
        named[i] = (struct named_glob){globs.items[i], loading_origin(loading, item)};
    loaded->policies = named;
    loaded->policy_count = globs.count;
}

static void decode_profile_mode(struct loading *loading, const struct cJSON *node, void *out) {
    struct str word;
    if (!loading_string(loading, node, node->string, &word)) return;
    if (!mode_parse(word, &((struct loaded_profile *)out)->mode))
        unknown_word(loading, node, word, mode_words, COUNT_OF(mode_words));
}

static const struct key_row profile_keys[] = {
    {"policies", decode_profile_policies, false, KEY_TEXTS,
     "globs of policies' names; a built-in profile may leave it out"},
    {"mode", decode_profile_mode, false, KEY_MODE, "a ceiling on every action; default: enforce"},
};

static void read_profile(struct loading *loading, const struct cJSON *spec, struct str name,
                         const struct origin *origin) {
    struct loaded_profile *loaded = ARENA_NEW(loading->arena, struct loaded_profile, 1);
    if (!loaded) return;
    *loaded = (struct loaded_profile){.name = name, .mode = MODE_ENFORCE, .origin = *origin};
    struct key_row keys[COUNT_OF(profile_keys)];
    memcpy(keys, profile_keys, sizeof keys);
    /* One of a built-in name may leave its policies as they are and say only the mode. */
    keys[0].is_required = !builtin_profile_find(name);
    if (spec) loading_object(loading, spec, "spec", keys, COUNT_OF(keys), loaded);
    *loading->profiles_end = loaded;
    loading->profiles_end = &loaded->next;
    loading->profile_count++;
}

/* --- documents ------------------------------------------------------------------------------- */

struct document_kind {
    struct str kind;
    void (*read)(struct loading *loading, const struct cJSON *spec, struct str name,
                 const struct origin *origin);
};

static const struct document_kind document_kinds[] = {
    {WORD("Policy"), read_policy},
    {WORD("Exception"), loading_read_exception},
    {WORD("Profile"), read_profile},
    {WORD("WorkloadKind"), loading_read_workload_kind},
};

struct head {
    bool is_ours;
    const struct document_kind *kind;
    struct str name;
    struct origin origin; /* of the name */
    const struct cJSON *spec;
};

static void decode_api_version(struct loading *loading, const struct cJSON *node, void *out) {
    struct str version;
    if (!loading_string(loading, node, node->string, &version)) return;
    ((struct head *)out)->is_ours = str_equals(version, STR(API_VERSION));
    if (((struct head *)out)->is_ours) return;
    loading_error(loading, node, "unknown apiVersion %s", loading_quote(loading, version));
    loading_hint(loading, "this podgate reads " API_VERSION);
}

static void decode_kind(struct loading *loading, const struct cJSON *node, void *out) {
    struct str words[COUNT_OF(document_kinds)], word;
    if (!loading_string(loading, node, node->string, &word)) return;
    for (size_t i = 0; i < COUNT_OF(document_kinds); i++) {
        words[i] = document_kinds[i].kind;
        if (str_equals(words[i], word)) ((struct head *)out)->kind = &document_kinds[i];
    }
    if (!((struct head *)out)->kind) unknown_word(loading, node, word, words, COUNT_OF(words));
}

static void decode_name(struct loading *loading, const struct cJSON *node, void *out) {
    struct head *head = out;
    if (loading_label(loading, node, node->string, &head->name))
        head->origin = loading_origin(loading, node);
}

static const struct key_row metadata_keys[] = {
    {"name", decode_name, true, KEY_LABEL, "lower-case letters, digits and inner dashes"},
    {"labels", ignore_string_map, false, KEY_TEXT_MAP, "for you"},
    {"annotations", ignore_string_map, false, KEY_TEXT_MAP, "for you"},
};

static void decode_metadata(struct loading *loading, const struct cJSON *node, void *out) {
    loading_object(loading, node, "metadata", metadata_keys, COUNT_OF(metadata_keys), out);
}

static void decode_spec(struct loading *loading, const struct cJSON *node, void *out) {
    (void)loading;
    ((struct head *)out)->spec = node;
}

static const struct key_row document_keys[] = {
    {"apiVersion", decode_api_version, true, KEY_LINE, "podgate.io/v1alpha1"},
    {"kind", decode_kind, true, KEY_LINE, "what this is"},
    {"metadata", decode_metadata, true, KEY_LINE, "its name"},
    {"spec", decode_spec, true, KEY_LINE, "what it says"},
};

/* One line for a file that is something else altogether, instead of one for each of its keys. */
static bool is_foreign(struct loading *loading, const struct cJSON *root) {
    const struct cJSON *version = tree_find(root, STR("apiVersion"));
    if (!tree_is_string(version) || str_starts_with(tree_string(version), STR("podgate.io/")))
        return false;
    struct head unused = {0};
    decode_api_version(loading, version, &unused);
    return true;
}

static void read_document(struct loading *loading, const struct document *document) {
    struct head head = {0};
    if (loading_is_declaration(document->root) != loading->is_declaring) return;
    loading->document = document;
    if (tree_is_object(document->root) && is_foreign(loading, document->root)) return;
    loading_object(loading, document->root, "a policy document", document_keys,
                   COUNT_OF(document_keys), &head);
    if (head.origin.line == 0) head.origin = loading_origin(loading, document->root);
    if (head.is_ours && head.kind) head.kind->read(loading, head.spec, head.name, &head.origin);
}

void loading_read_source(struct loading *loading, const struct policy_source *source) {
    loading->file = str_copy(loading->arena, source->name);
    loading->is_builtin = str_starts_with(source->name, STR("builtin:"));
    struct yaml_reader reader;
    yaml_reader_init(&reader, source->text, YAML_POLICY, &yaml_limits_policy);
    for (;;) {
        struct document document;
        struct error err = {0};
        enum yaml_next next = yaml_read(&reader, loading->arena, &document, &err);
        if (next == YAML_END) return;
        if (next == YAML_DOCUMENT) {
            read_document(loading, &document);
            continue;
        }
        loading->failed = true;
        if (!loading->is_declaring)
            diagnostics_add_error(loading->diagnostics, loading->file, &err);
        if (err.code == ERR_MEMORY) return;
    }
}

/* --- the tables, for the schema -------------------------------------------------------------- */

struct key_table loading_policy_keys(void) {
    return (struct key_table){policy_keys, COUNT_OF(policy_keys)};
}
struct key_table loading_rule_keys(void) {
    return (struct key_table){rule_keys, COUNT_OF(rule_keys)};
}
struct key_table loading_profile_keys(void) {
    return (struct key_table){profile_keys, COUNT_OF(profile_keys)};
}
struct key_table loading_metadata_keys(void) {
    return (struct key_table){metadata_keys, COUNT_OF(metadata_keys)};
}
