/* What was read becomes a snapshot: arrays, profiles with their rules by kind, distinct matches. */
#include <stdlib.h>

#include "policy/builtin.h"
#include "policy/policy_loading.h"

#include "base/fingerprint.h"
#include "base/glob.h"

#define SNAPSHOT_BLOCK_BYTES (64 * 1024)
#define DEFAULT_PROFILE STR("default")

/* --- contradictions between documents -------------------------------------------------------- */

const char *loading_origin_text(struct loading *loading, const struct origin *origin) {
    struct str text = str_format(loading->arena, "%.*s:%u:%u", STR_ARGS(origin->file), origin->line,
                                 origin->column);
    return text.at ? text.at : "";
}

void loading_take_name(struct loading *loading, struct table *taken, const char *kind,
                       struct str name, const struct origin *origin) {
    if (str_is_empty(name)) return; /* an error that was told */
    uint32_t fresh = taken->count, number = table_take(taken, loading->arena, name);
    if (number == TABLE_NONE) return;
    const struct origin **first = table_row(taken, number);
    if (number == fresh)
        *first = origin;
    else
        loading_error_at(loading, origin, "a second %s named %s, the first is at %s", kind,
                         str_quoted(name).text, loading_origin_text(loading, *first));
}

static void refuse_same_policies(struct loading *loading) {
    struct table taken;
    table_init(&taken, sizeof(struct origin *), (uint32_t)loading->policy_count);
    for (struct loaded_policy *loaded = loading->policies; loaded; loaded = loaded->next)
        loading_take_name(loading, &taken, "policy", loaded->policy.name, &loaded->origin);
}

static void refuse_same_profiles(struct loading *loading) {
    struct table taken;
    table_init(&taken, sizeof(struct origin *), (uint32_t)loading->profile_count);
    for (struct loaded_profile *loaded = loading->profiles; loaded; loaded = loaded->next)
        loading_take_name(loading, &taken, "profile", loaded->name, &loaded->origin);
}

static bool any_policy_matches(const struct loading *loading, struct str glob) {
    for (const struct loaded_policy *loaded = loading->policies; loaded; loaded = loaded->next)
        if (glob_match(glob, loaded->policy.name)) return true;
    return false;
}

/* A pattern may wait for its policies; a name that is no pattern is a mistake. */
static void refuse_unknown_policies(struct loading *loading) {
    struct str *names = ARENA_NEW(loading->arena, struct str, loading->policy_count);
    if (!names) return;
    size_t count = 0;
    for (const struct loaded_policy *loaded = loading->policies; loaded; loaded = loaded->next)
        names[count++] = loaded->policy.name;
    for (const struct loaded_profile *profile = loading->profiles; profile; profile = profile->next)
        for (size_t i = 0; i < profile->policy_count; i++) {
            const struct named_glob *named = &profile->policies[i];
            if (glob_has_wildcard(named->glob) || any_policy_matches(loading, named->glob))
                continue;
            loading_error_at(loading, &named->origin, "no policy is named %s",
                             str_quoted(named->glob).text);
            loading_hint_words(loading, named->glob, names, count);
        }
}

/* --- distinct matches ------------------------------------------------------------------------ */

static int compare_numbers(size_t a, size_t b) { return (a > b) - (a < b); }

static int compare_lists(const struct str_list *a, const struct str_list *b) {
    int order = compare_numbers(a->count, b->count);
    for (size_t i = 0; order == 0 && i < a->count; i++)
        order = str_compare(a->items[i], b->items[i]);
    return order;
}

static int compare_labels(const struct match *a, const struct match *b) {
    int order = compare_numbers(a->label_count, b->label_count);
    for (size_t i = 0; order == 0 && i < a->label_count; i++) {
        order = str_compare(a->labels[i].key, b->labels[i].key);
        if (order == 0) order = str_compare(a->labels[i].glob, b->labels[i].glob);
    }
    return order;
}

/* Some order; 0 where all object keys are equal. Container keys are asked for each container. */
static int compare_matches(const void *left, const void *right) {
    const struct match *a = *(struct match *const *)left, *b = *(struct match *const *)right;
    int order = compare_numbers(a->kinds, b->kinds);
    if (order == 0) order = compare_numbers(a->operations, b->operations);
    if (order == 0) order = compare_lists(&a->namespaces, &b->namespaces);
    if (order == 0) order = compare_lists(&a->names, &b->names);
    if (order == 0) order = compare_lists(&a->users, &b->users);
    if (order == 0) order = compare_lists(&a->groups, &b->groups);
    if (order == 0) order = compare_lists(&a->service_account_names, &b->service_account_names);
    if (order == 0) order = compare_lists(&a->runtime_classes, &b->runtime_classes);
    return order == 0 ? compare_labels(a, b) : order;
}

/* Gives those that are equal one id, and tells how many ids there are. */
static size_t give_ids(struct match **matches, size_t count) {
    unsigned id = 0;
    qsort(matches, count, sizeof(struct match *), compare_matches);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_matches(&matches[i - 1], &matches[i]) != 0) id++;
        matches[i]->id = id;
    }
    return count > 0 ? id + 1 : 0;
}

/* --- the snapshot ---------------------------------------------------------------------------- */

static size_t count_matches(const struct policy *policies, size_t count) {
    size_t matches = count;
    for (size_t i = 0; i < count; i++)
        matches += policies[i].exclude_count;
    return matches;
}

static bool index_matches(struct arena *arena, const struct policy *policies, size_t count,
                          struct match_index *out) {
    struct match_filing *filings =
        ARENA_NEW(arena, struct match_filing, count_matches(policies, count));
    size_t filed = 0;
    for (uint32_t i = 0; filings && i < count; i++) {
        filings[filed++] = (struct match_filing){&policies[i].match, MATCH_SELECT, i};
        for (size_t j = 0; j < policies[i].exclude_count; j++)
            filings[filed++] = (struct match_filing){&policies[i].excludes[j], MATCH_EXCLUDE, i};
    }
    return filings && match_index_build(arena, filings, filed, count, out);
}

static size_t give_match_ids(struct loading *loading, struct policy *policies, size_t count,
                             struct exception *exceptions) {
    struct match **matches = ARENA_NEW(loading->arena, struct match *,
                                       count_matches(policies, count) + loading->exception_count);
    size_t found = 0;
    if (!matches) return 0;
    struct loaded_policy *loaded = loading->policies;
    for (size_t i = 0; i < count && loaded; i++, loaded = loaded->next) {
        matches[found++] = &policies[i].match;
        for (size_t j = 0; j < policies[i].exclude_count; j++)
            matches[found++] = &loaded->excludes[j];
    }
    for (size_t i = 0; i < loading->exception_count; i++)
        matches[found++] = &exceptions[i].match;
    return give_ids(matches, found);
}

static bool rule_concerns_kind(const struct rule *rule, size_t kind) {
    if (!(rule->policy->match.kinds & UINT32_C(1) << kind)) return false;
    bool is_pod = kind < workload_kind_count && workload_kinds[kind].is_pod;
    enum action action = is_pod ? rule->action : rule->template_action;
    return action != ACTION_OFF;
}

static struct kind_rules rules_of_kind(struct arena *arena, const struct policy *policy,
                                       size_t kind) {
    const struct rule **rules = ARENA_NEW(arena, const struct rule *, policy->rule_count);
    size_t count = 0;
    for (size_t i = 0; rules && i < policy->rule_count; i++)
        if (rule_concerns_kind(&policy->rules[i], kind)) rules[count++] = &policy->rules[i];
    return (struct kind_rules){rules, count};
}

static void compile_rules(struct arena *arena, struct policy *policy, size_t kind_count) {
    struct kind_rules *of_kind = ARENA_NEW(arena, struct kind_rules, kind_count);
    for (size_t kind = 0; of_kind && kind < kind_count; kind++)
        of_kind[kind] = rules_of_kind(arena, policy, kind);
    policy->of_kind = of_kind;
}

static struct policy *compile_policies(struct loading *loading, size_t *rule_count) {
    struct policy *policies = ARENA_NEW(loading->arena, struct policy, loading->policy_count);
    if (!policies) return NULL;
    struct policy *policy = policies;
    *rule_count = 0;
    for (struct loaded_policy *loaded = loading->policies; loaded;
         loaded = loaded->next, policy++) {
        *policy = loaded->policy;
        policy->rules = loaded->rules;
        policy->excludes = loaded->excludes;
        for (size_t i = 0; i < policy->rule_count; i++) {
            loaded->rules[i].policy = policy;
            loaded->rules[i].number = (*rule_count)++;
        }
        compile_rules(loading->arena, policy, workload_kind_count + loading->declared.count);
    }
    return policies;
}

static void compile_kind(struct arena *arena, const struct snapshot *snapshot, size_t kind,
                         struct profile *profile) {
    uint64_t *set = bitset_new(arena, snapshot->policy_count + snapshot->private_policy_count);
    profile->of_kind[kind] = set;
    for (size_t i = 0; set && i < profile->policy_count; i++) {
        const struct policy *policy = profile->policies[i];
        struct kind_rules rules = policy->of_kind[kind];
        if (rules.count > 0) bitset_add(set, (size_t)(policy - snapshot->policies));
        for (size_t j = 0; j < rules.count; j++)
            profile->judges_object[kind] |= rules.items[j]->judges_object;
    }
}

static bool profile_has(const struct loaded_profile *loaded, struct str policy) {
    for (size_t i = 0; i < loaded->policy_count; i++)
        if (glob_match(loaded->policies[i].glob, policy)) return true;
    return false;
}

/* Of `count` policies from `first` on. `loaded` NULL: the profile that holds them all. */
static void compile_profile(struct arena *arena, const struct loaded_profile *loaded,
                            const struct snapshot *snapshot, size_t first, size_t count,
                            struct profile *out) {
    const struct policy *policies = snapshot->policies + first;
    *out = (struct profile){.name = loaded ? loaded->name : DEFAULT_PROFILE,
                            .mode = loaded ? loaded->mode : MODE_ENFORCE};
    out->policies = ARENA_NEW(arena, const struct policy *, count);
    if (!out->policies) return;
    for (size_t i = 0; i < count; i++)
        if (!loaded || profile_has(loaded, policies[i].name))
            out->policies[out->policy_count++] = &policies[i];
    for (size_t kind = 0; kind < workload_kind_count + snapshot->declared.count; kind++)
        compile_kind(arena, snapshot, kind, out);
}

/* What the files say of a profile, or NULL. */
static const struct loaded_profile *find_loaded(const struct loading *loading, struct str name) {
    for (const struct loaded_profile *profile = loading->profiles; profile; profile = profile->next)
        if (str_equals(profile->name, name)) return profile;
    return NULL;
}

/* Without policies it only changes the mode of a built-in one. */
static bool has_own_profile(const struct loading *loading, struct str name) {
    const struct loaded_profile *loaded = find_loaded(loading, name);
    return loaded && loaded->policy_count > 0;
}

/* Those of the files, `default` unless it is among them, and those that keep a policy to themselves. */
static void compile_profiles(struct loading *loading, struct snapshot *snapshot) {
    struct arena *arena = loading->arena;
    size_t count = snapshot->policy_count;
    struct profile *profiles =
        ARENA_NEW(arena, struct profile, loading->profile_count + 1 + builtin_profile_count);
    if (!profiles) return;
    snapshot->profiles = profiles;
    const struct loaded_profile *loaded = loading->profiles;
    for (; loaded; loaded = loaded->next)
        if (loaded->policy_count > 0)
            compile_profile(arena, loaded, snapshot, 0, count,
                            &profiles[snapshot->profile_count++]);
    if (!has_own_profile(loading, DEFAULT_PROFILE))
        compile_profile(arena, NULL, snapshot, 0, count, &profiles[snapshot->profile_count++]);
    size_t private_policy = count;
    for (size_t i = 0; i < builtin_profile_count; i++) {
        if (has_own_profile(loading, builtin_profiles[i].name)) continue;
        struct profile *profile = &profiles[snapshot->profile_count++];
        compile_profile(arena, NULL, snapshot, private_policy++, 1, profile);
        profile->name = builtin_profiles[i].name;
        if ((loaded = find_loaded(loading, profile->name))) profile->mode = loaded->mode;
    }
}

/* After the files: their policies come first, and what they must not contradict is only each other. */
static void read_private_policies(struct loading *loading) {
    size_t own = loading->policy_count;
    for (size_t i = 0; i < builtin_profile_count; i++) {
        if (has_own_profile(loading, builtin_profiles[i].name)) continue;
        const struct builtin_policy *builtin = builtin_policy_find(builtin_profiles[i].policy);
        ASSERT(builtin);
        struct str name = str_format(loading->arena, "builtin:%.*s", STR_ARGS(builtin->name));
        loading_read_source(loading, &(struct policy_source){name, builtin->text});
    }
    loading->private_policy_count = loading->policy_count - own;
}

struct snapshot *loading_compile(struct loading *loading) {
    refuse_same_policies(loading);
    refuse_same_profiles(loading);
    refuse_unknown_policies(loading);
    loading_refuse_same_exceptions(loading);
    read_private_policies(loading);
    struct snapshot *snapshot = ARENA_NEW(loading->arena, struct snapshot, 1);
    size_t rule_count;
    struct policy *policies = compile_policies(loading, &rule_count);
    if (!snapshot || !policies) return NULL;
    struct exception *exceptions =
        loading_compile_exceptions(loading, policies, loading->policy_count);
    if (loading->failed || !exceptions || arena_is_exhausted(loading->arena)) return NULL;
    snapshot->policies = policies;
    snapshot->private_policy_count = loading->private_policy_count;
    snapshot->policy_count = loading->policy_count - loading->private_policy_count;
    snapshot->rule_count = rule_count;
    snapshot->exceptions = exceptions;
    snapshot->exception_count = loading->exception_count;
    snapshot->declared = loading->declared;
    snapshot->match_count = give_match_ids(loading, policies, loading->policy_count, exceptions);
    if (!index_matches(loading->arena, policies, loading->policy_count, &snapshot->match_index))
        return NULL;
    compile_profiles(loading, snapshot);
    return snapshot;
}

static uint64_t hash_sources(const struct policy_source *sources, size_t count) {
    uint64_t hash = FINGERPRINT_START;
    for (size_t i = 0; i < count; i++)
        hash = fingerprint_add(fingerprint_add(hash, sources[i].name), sources[i].text);
    return hash;
}

/* Files without a policy would admit everything in silence. */
static void refuse_nothing(struct loading *loading, const struct policy_source *sources,
                           size_t count) {
    if (loading->failed || loading->policy_count > 0) return;
    struct origin nowhere = {.file = sources[0].name};
    loading_error_at(loading, &nowhere, "holds no Policy%s",
                     count > 1 ? ", and neither do the other files" : "");
    loading_hint(loading, "without one everything would be admitted");
}

struct snapshot *policy_compile(const struct policy_source *sources, size_t count,
                                struct diagnostics *diagnostics) {
    struct policy_source fallback = {.name = STR("builtin:default")};
    if (count == 0) {
        const struct builtin_policy *builtin = builtin_policy_find(STR("default"));
        ASSERT(builtin);
        fallback.text = builtin->text;
        sources = &fallback;
        count = 1;
    }
    struct arena arena;
    arena_init(&arena, SNAPSHOT_BLOCK_BYTES, 0);
    struct loading loading = {.arena = &arena, .diagnostics = diagnostics};
    loading.policies_end = &loading.policies;
    loading.profiles_end = &loading.profiles;
    loading.exceptions_end = &loading.exceptions;
    loading_declare_kinds(&loading, sources, count);
    for (size_t i = 0; i < count; i++)
        loading_read_source(&loading, &sources[i]);
    refuse_nothing(&loading, sources, count);
    struct snapshot *snapshot = loading_compile(&loading);
    if (arena_is_exhausted(&arena)) {
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, sources[0].name, 0, 0, "out of memory");
        if (diagnostics) diagnostics->out_of_memory = true;
        snapshot = NULL;
    }
    if (!snapshot) {
        arena_fini(&arena);
        return NULL;
    }
    snapshot->hash = hash_sources(sources, count);
    snapshot->arena = arena; /* the last step: from here on the arena lives in what it holds */
    return snapshot;
}

void snapshot_free(struct snapshot *snapshot) {
    if (!snapshot) return;
    struct arena arena = snapshot->arena;
    arena_fini(&arena);
}

const struct profile *snapshot_find_profile(const struct snapshot *snapshot, struct str name) {
    for (size_t i = 0; i < snapshot->profile_count; i++)
        if (str_equals(snapshot->profiles[i].name, name)) return &snapshot->profiles[i];
    return NULL;
}
