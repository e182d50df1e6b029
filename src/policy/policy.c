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

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

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

/* --- kind Policy ----------------------------------------------------------------------------- */

struct policy_draft {
    struct loaded_policy *loaded;
    struct inherited inherited;
    const struct cJSON *rules;
};

static void decode_policy_action(struct loading *loading, const struct cJSON *node, void *out) {
    loading_action(loading, node, &((struct policy_draft *)out)->inherited.action);
}

static void decode_policy_deny_from(struct loading *loading, const struct cJSON *node, void *out) {
    loading_date(loading, node, node->string, &((struct policy_draft *)out)->inherited.deny_from);
}

static void decode_policy_updates(struct loading *loading, const struct cJSON *node, void *out) {
    static const struct str words[] = {STR_INIT("ratchet"), STR_INIT("strict")};
    struct policy *policy = &((struct policy_draft *)out)->loaded->policy;
    struct str word;
    if (!loading_string(loading, node, node->string, &word)) return;
    policy->is_strict = str_equals(word, STR("strict"));
    if (!policy->is_strict && !str_equals(word, STR("ratchet")))
        loading_unknown_word(loading, node, word, words, COUNT_OF(words));
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
        loading_error(loading, node, "a second rule %s in this policy, the first is in line %u",
                      str_quoted(rule->name).text, before->line);
        loading_hint(loading, "give one of them a name of its own");
        return;
    }
}

static void name_rule(struct arena *arena, struct str policy, struct rule *rule) {
    struct strbuf page = {.arena = arena};
    rule->id = STR_CONCAT(arena, policy, STR("/"), rule->name);
    rule->json_id = json_text_of(&page, rule->id);
}

static void decode_rules(struct loading *loading, const struct policy_draft *draft) {
    struct loaded_policy *loaded = draft->loaded;
    if (!draft->rules) return;
    loaded->rules = ARENA_NEW(loading->arena, struct rule, tree_count(draft->rules));
    if (!loaded->rules) return;
    for (const struct cJSON *item = draft->rules->child; item; item = item->next) {
        struct rule *rule = &loaded->rules[loaded->policy.rule_count];
        if (!loading_rule(loading, item, &draft->inherited, rule)) continue;
        name_rule(loading->arena, loaded->policy.name, rule);
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
    struct str word, words[MODE_ENFORCE + 1];
    if (!loading_string(loading, node, node->string, &word)) return;
    if (mode_parse(word, &((struct loaded_profile *)out)->mode)) return;
    for (int i = MODE_AUDIT; i <= MODE_ENFORCE; i++)
        words[i] = mode_name((enum mode)i);
    loading_unknown_word(loading, node, word, words, COUNT_OF(words));
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

static struct key_table keys_of_policy(void) {
    return (struct key_table){policy_keys, COUNT_OF(policy_keys)};
}
static struct key_table keys_of_profile(void) {
    return (struct key_table){profile_keys, COUNT_OF(profile_keys)};
}

const struct policy_kind policy_kinds[POLICY_KINDS] = {
    {"Policy", read_policy, keys_of_policy},
    {"Exception", loading_read_exception, loading_exception_keys},
    {"Profile", read_profile, keys_of_profile},
    {"WorkloadKind", loading_read_workload_kind, loading_workload_kind_keys},
};

struct head {
    bool is_ours;
    const struct policy_kind *kind;
    struct str name;
    struct origin origin; /* of the name */
    const struct cJSON *spec;
};

static void decode_api_version(struct loading *loading, const struct cJSON *node, void *out) {
    struct str version;
    if (!loading_string(loading, node, node->string, &version)) return;
    ((struct head *)out)->is_ours = str_equals(version, STR(POLICY_API_VERSION));
    if (((struct head *)out)->is_ours) return;
    loading_error(loading, node, "unknown apiVersion %s", str_quoted(version).text);
    loading_hint(loading, "this podgate reads " POLICY_API_VERSION);
}

static void decode_kind(struct loading *loading, const struct cJSON *node, void *out) {
    struct str words[POLICY_KINDS], word;
    if (!loading_string(loading, node, node->string, &word)) return;
    for (size_t i = 0; i < POLICY_KINDS; i++) {
        words[i] = str_from(policy_kinds[i].name);
        if (str_equals(words[i], word)) ((struct head *)out)->kind = &policy_kinds[i];
    }
    if (!((struct head *)out)->kind)
        loading_unknown_word(loading, node, word, words, COUNT_OF(words));
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
    {"apiVersion", decode_api_version, true, KEY_LINE, POLICY_API_VERSION},
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

struct key_table loading_document_keys(void) {
    return (struct key_table){document_keys, COUNT_OF(document_keys)};
}
struct key_table loading_metadata_keys(void) {
    return (struct key_table){metadata_keys, COUNT_OF(metadata_keys)};
}
