/*
 * kind WorkloadKind: a kind that carries a pod template and is none of the nine.
 *
 *   podTemplate := "spec" { "." key }        key: letters, digits, "-", "_"
 *
 * Only below "spec": what an update leaves as it was is told by the bytes of spec (policy/admission).
 */
#include "policy/policy_loading.h"

#include "base/ascii.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))
#define NAME_BYTES_MAX 253 /* of a group, a kind, a resource: a DNS name */
#define PATH_BYTES_MAX 200

struct kind_draft {
    struct workload_kind kind;
    const struct cJSON *kind_node;
};

/* Beside lower-case letters and digits. */
enum also { ALSO_UPPER = 1, ALSO_DOT = 2, ALSO_DASH = 4 };

static bool is_made_of(struct str text, unsigned also) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!(ascii_is_lower(c) || ascii_is_digit(c) || (ascii_is_upper(c) && also & ALSO_UPPER) ||
              (c == '.' && also & ALSO_DOT) || ((c == '-' || c == '_') && also & ALSO_DASH)))
            return false;
    }
    return text.len > 0 && text.len <= NAME_BYTES_MAX;
}

static void decode_group(struct loading *loading, const struct cJSON *node, void *out) {
    struct str *group = &((struct kind_draft *)out)->kind.group;
    if (!loading_string(loading, node, node->string, group)) return;
    if (is_made_of(*group, ALSO_DOT | ALSO_DASH)) return;
    loading_error(loading, node, "%s is no API group", str_quoted(*group).text);
    loading_hint(loading, "write apiVersion's part before the slash, such as argoproj.io");
}

static void decode_kind(struct loading *loading, const struct cJSON *node, void *out) {
    struct kind_draft *draft = out;
    draft->kind_node = node;
    if (!loading_string(loading, node, node->string, &draft->kind.kind)) return;
    char first = draft->kind.kind.at[0];
    if (first >= 'A' && first <= 'Z' && is_made_of(draft->kind.kind, ALSO_UPPER)) return;
    loading_error(loading, node, "%s is no kind", str_quoted(draft->kind.kind).text);
    loading_hint(loading, "write it as objects do, such as Rollout");
}

static void decode_resource(struct loading *loading, const struct cJSON *node, void *out) {
    struct str *resource = &((struct kind_draft *)out)->kind.resource;
    if (!loading_string(loading, node, node->string, resource)) return;
    if (is_made_of(*resource, ALSO_DASH)) return;
    loading_error(loading, node, "%s is no resource", str_quoted(*resource).text);
    loading_hint(loading, "write the plural that kubectl api-resources shows, such as rollouts");
}

/* Every key between the dots. */
static bool is_path(struct str path) {
    for (size_t at = 0; at <= path.len;) {
        struct str rest = str_slice(path, at, path.len);
        struct str key = str_slice(rest, 0, str_find_char(rest, '.'));
        if (!is_made_of(key, ALSO_UPPER | ALSO_DASH)) return false;
        at += key.len + 1;
    }
    return path.len <= PATH_BYTES_MAX;
}

static void decode_pod_template(struct loading *loading, const struct cJSON *node, void *out) {
    struct workload_kind *kind = &((struct kind_draft *)out)->kind;
    struct str path;
    if (!loading_string(loading, node, node->string, &path)) return;
    if (str_find_char(path, '[') < path.len) {
        loading_error(loading, node, "%s: a kind has one pod template, no list of them",
                      str_quoted(path).text);
        loading_hint(loading, "leave the kind out: the Pods that it makes are judged");
    } else if (!is_path(path)) {
        loading_error(loading, node, "%s is no path of keys", str_quoted(path).text);
        loading_hint(loading, "write keys with dots between them, such as spec.template");
    } else if (!str_equals(path, STR("spec")) && !str_starts_with(path, STR("spec."))) {
        loading_error(loading, node, "the path %s does not begin with spec", str_quoted(path).text);
        loading_hint(loading, "it leads from the object to its pod template: spec.template");
    }
    kind->template_path = str_copy(loading->arena, path);
    kind->spec_path = STR_CONCAT(loading->arena, path, STR(".spec"));
    kind->metadata_path = STR_CONCAT(loading->arena, path, STR(".metadata"));
}

static void decode_scaled(struct loading *loading, const struct cJSON *node, void *out) {
    loading_bool(loading, node, node->string, &((struct kind_draft *)out)->kind.is_scaled);
}

static void decode_runs_to_completion(struct loading *loading, const struct cJSON *node,
                                      void *out) {
    loading_bool(loading, node, node->string, &((struct kind_draft *)out)->kind.runs_to_completion);
}

static const struct key_row workload_kind_keys[] = {
    {"group", decode_group, true, KEY_GROUP, "the API group, of whatever version"},
    {"kind", decode_kind, true, KEY_KIND, "as objects write it"},
    {"resource", decode_resource, true, KEY_LABEL, "the plural that webhook rules and URLs have"},
    {"podTemplate", decode_pod_template, true, KEY_PATH,
     "the path to what has the pod's metadata and spec"},
    {"scaled", decode_scaled, false, KEY_BOOL,
     "spec.replicas is how many equal Pods it runs; default: false"},
    {"runsToCompletion", decode_runs_to_completion, false, KEY_BOOL,
     "its Pods run to their end, as a Job's; default: false"},
};

struct key_table loading_workload_kind_keys(void) {
    return (struct key_table){workload_kind_keys, COUNT_OF(workload_kind_keys)};
}

/* False, and an error, for one that is known already. */
static bool is_new(struct loading *loading, const struct kind_draft *draft,
                   const struct loaded_kind *loaded) {
    const struct workload_kind *kind = &draft->kind;
    if (workload_find(kind->group, kind->kind)) {
        loading_error(loading, draft->kind_node, "podgate knows %.*s.%.*s without a declaration",
                      STR_ARGS(kind->kind), STR_ARGS(kind->group));
        return false;
    }
    for (size_t i = 0; i < loading->declared.count; i++) {
        const struct workload_kind *first = &loading->declared.items[i];
        const struct loaded_kind *declaration = &loading->declarations[i];
        if (str_equals(first->kind, kind->kind) && str_equals(first->group, kind->group))
            loading_error(loading, draft->kind_node,
                          "a second WorkloadKind of %.*s.%.*s, the first is at %s",
                          STR_ARGS(kind->kind), STR_ARGS(kind->group),
                          loading_origin_text(loading, &declaration->origin));
        else if (str_equals(declaration->name, loaded->name))
            loading_error_at(loading, &loaded->origin,
                             "a second WorkloadKind named %s, the first is at %s",
                             str_quoted(loaded->name).text,
                             loading_origin_text(loading, &declaration->origin));
        else
            continue;
        return false;
    }
    return true;
}

void loading_read_workload_kind(struct loading *loading, const struct cJSON *spec, struct str name,
                                const struct origin *origin) {
    size_t most = WORKLOAD_KINDS_MAX - workload_kind_count;
    struct kind_draft draft = {.kind_node = spec};
    struct loaded_kind loaded = {name, *origin};
    if (!loading->declarations) {
        loading->declarations = ARENA_NEW(loading->arena, struct loaded_kind, most);
        loading->declared_items = ARENA_NEW(loading->arena, struct workload_kind, most);
        loading->declared.items = loading->declared_items;
    }
    if (!loading->declarations || !loading->declared_items || !spec) return;
    loading_object(loading, spec, "spec", workload_kind_keys, COUNT_OF(workload_kind_keys), &draft);
    size_t count = loading->declared.count;
    /* One that has errors is declared too: a match that names it is not wrong. */
    if (str_is_empty(draft.kind.kind) || !is_new(loading, &draft, &loaded)) return;
    if (count == most) {
        loading_error_at(loading, origin, "more than %zu WorkloadKinds", most);
        return;
    }
    draft.kind.declared_as = (unsigned)(workload_kind_count + count);
    loading->declared_items[count] = draft.kind;
    loading->declarations[count] = loaded;
    loading->declared.count++;
}

/* --- before all other documents --------------------------------------------------------------- */

bool loading_is_declaration(const struct cJSON *root) {
    return str_equals(tree_string(tree_find(root, STR("kind"))), STR("WorkloadKind"));
}

void loading_declare_kinds(struct loading *loading, const struct policy_source *sources,
                           size_t count) {
    loading->is_declaring = true;
    for (size_t i = 0; i < count; i++)
        /* Most folders declare none, and are read once. */
        if (str_contains(sources[i].text, STR("WorkloadKind")))
            loading_read_source(loading, &sources[i]);
    loading->is_declaring = false;
}
