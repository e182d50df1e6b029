/* Decoding of `match`, of one item of `exclude` and of an Exception's `match`. */
#include "policy/policy_loading.h"

#include "base/glob.h"

struct match_draft {
    struct match match;
    bool acknowledges_broad_requesters;
    const struct cJSON *users, *groups;
};

struct match match_everything(void) {
    return (struct match){.is_empty = true, .is_of_envelope = true, .kinds = MATCH_ALL_KINDS};
}

/* A list of words of a fixed set becomes bits by their place in it. */
static uint32_t decode_words(struct loading *loading, const struct cJSON *node,
                             const struct str *words, size_t count, const char *kind_of_word) {
    uint32_t bits = 0;
    if (!loading_list(loading, node, node->string)) return 0;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct str word;
        if (!loading_string(loading, item, node->string, &word)) continue;
        size_t at = 0;
        while (at < count && !str_equals(words[at], word))
            at++;
        if (at < count) {
            bits |= UINT32_C(1) << at;
            continue;
        }
        loading_error(loading, item, "unknown %s %s", kind_of_word, str_quoted(word).text);
        loading_hint_words(loading, word, words, count);
    }
    return bits;
}

static void refuse_kind(struct loading *loading, const struct cJSON *item, struct str name) {
    struct str names[WORKLOAD_KINDS_MAX];
    size_t count = 0, same = 0;
    for (size_t i = 0; i < workload_kind_count; i++)
        names[count++] = workload_kinds[i].kind;
    for (size_t i = 0; i < loading->declared.count; i++) {
        names[count++] = loading->declared.items[i].kind;
        if (str_equals(loading->declared.items[i].kind, name)) same++;
    }
    if (same > 1) {
        loading_error(loading, item, "more than one WorkloadKind has the kind %s",
                      str_quoted(name).text);
        loading_hint(loading, "write its group too: %.*s.GROUP", STR_ARGS(name));
        return;
    }
    loading_error(loading, item, "unknown kind %s", str_quoted(name).text);
    struct str near = str_nearest(name, names, count);
    struct str all = str_join(loading->arena, &(struct str_list){names, count}, STR(", "));
    if (str_is_empty(near))
        loading_hint(loading, "write one of %.*s, or declare it: kind WorkloadKind", STR_ARGS(all));
    else
        loading_hint(loading, "did you mean %s?", str_quoted(near).text);
}

static void decode_kinds(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    if (!loading_list(loading, node, node->string)) return;
    uint32_t kinds = 0;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct str name;
        if (!loading_string(loading, item, node->string, &name)) continue;
        const struct workload_kind *kind = workload_find_name_among(&loading->declared, name);
        if (kind)
            kinds |= UINT32_C(1) << workload_index(kind);
        else
            refuse_kind(loading, item, name);
    }
    draft->match.kinds = kinds;
}

static void decode_operations(struct loading *loading, const struct cJSON *node, void *out) {
    /* DELETE and CONNECT are never judged, so a match on them would be a mistake. */
    static const struct str words[] = {
        [OPERATION_CREATE] = STR_INIT("CREATE"), [OPERATION_UPDATE] = STR_INIT("UPDATE")};
    struct match_draft *draft = out;
    draft->match.operations = decode_words(loading, node, words, 2, "operation");
}

static void decode_namespaces(struct loading *loading, const struct cJSON *node, void *out) {
    loading_globs(loading, node, &((struct match_draft *)out)->match.namespaces);
}

static void decode_names(struct loading *loading, const struct cJSON *node, void *out) {
    loading_globs(loading, node, &((struct match_draft *)out)->match.names);
}

static void decode_service_account_names(struct loading *loading, const struct cJSON *node,
                                         void *out) {
    loading_globs(loading, node, &((struct match_draft *)out)->match.service_account_names);
}

static void decode_runtime_classes(struct loading *loading, const struct cJSON *node, void *out) {
    loading_globs(loading, node, &((struct match_draft *)out)->match.runtime_classes);
}

static void decode_users(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    draft->users = node;
    loading_globs(loading, node, &draft->match.users);
}

static void decode_groups(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    draft->groups = node;
    loading_globs(loading, node, &draft->match.groups);
}

static void decode_labels(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    if (!tree_is_object(node) || !node->child) {
        loading_error(loading, node, "\"labels\" takes a map of label to glob, this is %s",
                      tree_is_object(node) ? "an empty map" : tree_type_name(node));
        return;
    }
    struct label_glob *labels = ARENA_NEW(loading->arena, struct label_glob, tree_count(node));
    if (!labels) return;
    size_t count = 0;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        struct error err = {0};
        struct label_glob label = {.key = tree_key(member)};
        if (!loading_string(loading, member, member->string, &label.glob)) continue;
        if (!glob_check(label.glob, &err))
            loading_error(loading, member, "%s: %s", str_quoted(label.glob).text, err.text);
        else
            labels[count++] = label;
    }
    draft->match.labels = labels;
    draft->match.label_count = count;
}

static void decode_containers(struct loading *loading, const struct cJSON *node, void *out) {
    loading_globs(loading, node, &((struct match_draft *)out)->match.containers);
}

static void decode_container_types(struct loading *loading, const struct cJSON *node, void *out) {
    static const enum container_type types[] = {CONTAINER_INIT, CONTAINER_SIDECAR,
                                                CONTAINER_REGULAR, CONTAINER_EPHEMERAL};
    struct match_draft *draft = out;
    struct str words[CONTAINER_EPHEMERAL + 1];
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        words[types[i]] = container_type_name(types[i]);
    draft->match.container_types =
        decode_words(loading, node, words, CONTAINER_EPHEMERAL + 1, "container type");
}

static void decode_images(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    if (!loading_list(loading, node, node->string)) return;
    struct image_pattern *patterns =
        ARENA_NEW(loading->arena, struct image_pattern, tree_count(node));
    if (!patterns) return;
    size_t count = 0;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct error err = {0};
        struct str text;
        if (!loading_string(loading, item, node->string, &text)) continue;
        if (image_pattern_parse(loading->arena, text, &patterns[count], &err))
            count++;
        else
            loading_error(loading, item, "the image pattern %s %s", str_quoted(text).text,
                          err.text);
    }
    draft->match.images = (struct image_pattern_list){patterns, count};
}

static void decode_acknowledge(struct loading *loading, const struct cJSON *node, void *out) {
    struct match_draft *draft = out;
    /* A wrong type is one error, not two. */
    draft->acknowledges_broad_requesters = true;
    loading_bool(loading, node, node->string, &draft->acknowledges_broad_requesters);
}

/* The last row is for what takes objects out: items of `exclude`, and exceptions. */
static const struct key_row match_keys[] = {
    {"kinds", decode_kinds, false, KEY_KINDS,
     "default: all that carry a pod spec, declared ones (WorkloadKind) too"},
    {"operations", decode_operations, false, KEY_OPERATIONS, "default: both"},
    {"namespaces", decode_namespaces, false, KEY_TEXTS, "globs"},
    {"names", decode_names, false, KEY_TEXTS, "globs of the object's own name or its workload's"},
    {"labels", decode_labels, false, KEY_TEXT_MAP, "label to glob, of the pod or its template"},
    {"users", decode_users, false, KEY_TEXTS, "globs of who asks"},
    {"groups", decode_groups, false, KEY_TEXTS, "globs of a group of who asks"},
    {"serviceAccountNames", decode_service_account_names, false, KEY_TEXTS,
     "globs of the pod's service account"},
    {"runtimeClasses", decode_runtime_classes, false, KEY_TEXTS,
     "globs of the pod's runtime class"},
    {"containers", decode_containers, false, KEY_TEXTS, "globs of containers' names"},
    {"containerTypes", decode_container_types, false, KEY_CONTAINER_TYPES, "of containers"},
    {"images", decode_images, false, KEY_TEXTS, "patterns of containers' images"},
    {"acknowledgeBroadRequesters", decode_acknowledge, false, KEY_BOOL,
     "yes, nearly all Pods are meant"},
};
#define KEY_COUNT (sizeof match_keys / sizeof *match_keys)

static struct match finish(struct match match) {
    match.needs_request = match.operations != 0 || match.users.count > 0 || match.groups.count > 0;
    match.narrows_containers =
        match.containers.count > 0 || match.container_types != 0 || match.images.count > 0;
    match.is_of_envelope = match.names.count == 0 && match.label_count == 0 &&
                           match.service_account_names.count == 0 &&
                           match.runtime_classes.count == 0 && !match.narrows_containers;
    match.is_empty = match.is_of_envelope && match.kinds == MATCH_ALL_KINDS &&
                     !match.needs_request && match.namespaces.count == 0;
    return match;
}

void loading_match(struct loading *loading, const struct cJSON *node, struct match *out) {
    struct match_draft draft = {.match = match_everything()};
    loading_object(loading, node, "match", match_keys, KEY_COUNT - 1, &draft);
    *out = finish(draft.match);
}

/*
 * Pods are created by controllers' service accounts: taking those accounts, or a group that holds
 * them, out of a policy takes out nearly every Pod. One that is covered is named.
 */
static const struct str controller_users[] = {
    STR_INIT("system:serviceaccount:kube-system:replicaset-controller"),
    STR_INIT("system:serviceaccount:kube-system:daemon-set-controller"),
    STR_INIT("system:serviceaccount:kube-system:statefulset-controller"),
    STR_INIT("system:serviceaccount:kube-system:job-controller"),
    STR_INIT("system:serviceaccount:kube-system:replication-controller"),
};
static const struct str controller_groups[] = {
    STR_INIT("system:serviceaccounts:kube-system"),
    STR_INIT("system:serviceaccounts"),
    STR_INIT("system:authenticated"),
};

static void refuse_broad(struct loading *loading, const struct cJSON *node, const char *how,
                         const struct str *covered, size_t count) {
    if (!tree_is_array(node)) return;
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct error err = {0};
        if (!tree_is_string(item) || !glob_check(tree_string(item), &err)) continue;
        size_t at = 0;
        while (at < count && !glob_match(tree_string(item), covered[at]))
            at++;
        if (at == count) continue;
        loading_error(loading, item,
                      "%s takes out nearly all Pods: the controllers that create them %s %.*s",
                      str_quoted(tree_string(item)).text, how, STR_ARGS(covered[at]));
        loading_hint(loading, "if that is meant, add acknowledgeBroadRequesters: true beside it");
    }
}

static bool has_selector(const struct cJSON *item) {
    for (const struct cJSON *member = item->child; member; member = member->next)
        if (!str_equals(tree_key(member), STR("acknowledgeBroadRequesters"))) return true;
    return false;
}

/* What takes objects out, be it from a policy or from a rule's violations. */
static void decode_taking_out(struct loading *loading, const struct cJSON *node, const char *what,
                              struct match *out) {
    struct match_draft draft = {.match = match_everything()};
    loading_object(loading, node, what, match_keys, KEY_COUNT, &draft);
    *out = finish(draft.match);
    if (draft.acknowledges_broad_requesters) return;
    refuse_broad(loading, draft.users, "are users such as", controller_users,
                 sizeof controller_users / sizeof *controller_users);
    refuse_broad(loading, draft.groups, "are in the group", controller_groups,
                 sizeof controller_groups / sizeof *controller_groups);
}

void loading_exception_match(struct loading *loading, const struct cJSON *node, struct match *out) {
    decode_taking_out(loading, node, "match", out);
}

void loading_exclude(struct loading *loading, const struct cJSON *node, struct match *out) {
    decode_taking_out(loading, node, "an item of \"exclude\"", out);
    if (tree_is_object(node) && !has_selector(node)) {
        loading_error(loading, node, "an empty item of \"exclude\" would exclude everything");
        loading_hint(loading, "say what it excludes, or leave it out");
    }
}

struct key_table loading_match_keys(bool takes_out) {
    return (struct key_table){match_keys, takes_out ? KEY_COUNT : KEY_COUNT - 1};
}
