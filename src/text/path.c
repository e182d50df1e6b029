#include "text/path.h"

#include "base/ascii.h"

/* --- reading --------------------------------------------------------------------------------- */

static bool is_key_character(char c) {
    return ascii_is_alnum(c) || c == '-' || c == '_' || c == '/';
}

struct reading {
    struct str text;
    size_t at;
    struct path *out;
    struct error *err;
};

static bool fails(struct reading *r, const char *what) {
    return error_set(r->err, ERR_SYNTAX, "is no path: at character %zu %s", r->at + 1, what);
}

static bool add_step(struct reading *r, struct str key) {
    if (r->out->count == PATH_STEPS_MAX)
        return error_set(r->err, ERR_LIMIT, "has more than %d steps", PATH_STEPS_MAX);
    if (str_is_empty(key) && ++r->out->each_count > PATH_EACH_MAX)
        return error_set(r->err, ERR_LIMIT, "has more than %d [*]", PATH_EACH_MAX);
    r->out->steps[r->out->count++].key = key;
    return true;
}

static bool read_key(struct reading *r) {
    size_t start = r->at;
    while (r->at < r->text.len && is_key_character(r->text.at[r->at]))
        r->at++;
    if (r->at == start) return fails(r, "a key must stand");
    return add_step(r, str_slice(r->text, start, r->at - start));
}

/* ['key with.dots'] or [*]; r->at is the bracket. */
static bool read_bracket(struct reading *r) {
    struct str rest = str_slice(r->text, r->at, r->text.len);
    if (str_starts_with(rest, STR("[*]"))) {
        r->at += 3;
        return add_step(r, STR_NONE);
    }
    if (!str_starts_with(rest, STR("['"))) {
        r->at++;
        return fails(r, "[*] or ['key'] must stand: entries have no numbers here");
    }
    struct str key = str_slice(rest, 2, rest.len);
    key = str_slice(key, 0, str_find_char(key, '\''));
    r->at += 2 + key.len;
    if (!str_starts_with(str_slice(r->text, r->at, 2), STR("']"))) return fails(r, "'] is missing");
    if (str_is_empty(key)) return fails(r, "the key is empty");
    r->at += 2;
    return add_step(r, key);
}

bool path_parse(struct str text, struct path *out, struct error *err) {
    struct reading r = {text, 0, out, err};
    *out = (struct path){.count = 0};
    if (!read_key(&r)) return false;
    while (r.at < text.len) {
        char c = text.at[r.at];
        if (c == '.') r.at++;
        bool is_read = c == '.'   ? read_key(&r)
                       : c == '[' ? read_bracket(&r)
                                  : fails(&r, "a dot, ['key'] or [*] must stand");
        if (!is_read) return false;
    }
    return true;
}

/* --- walking --------------------------------------------------------------------------------- */

struct walking {
    struct path_place place;
    path_visit_fn visit;
    void *context;
};

/* The deepest recursion is one level for each "[*]". */
static void walk(struct walking *w, size_t step, size_t each, const struct cJSON *node) {
    const struct path *path = w->place.path;
    while (step < path->count && !str_is_empty(path->steps[step].key))
        node = tree_find(node, path->steps[step++].key);
    bool is_list = tree_is_array(node);
    if (step == path->count) {
        bool is_absent = tree_is_null(node) || (is_list && !node->child);
        w->place.node = is_absent ? NULL : node;
        w->visit(w->context, &w->place);
        return;
    }
    if (!is_list && !tree_is_object(node)) return;
    size_t index = 0;
    for (const struct cJSON *entry = node->child; entry; entry = entry->next, index++) {
        w->place.entries[each] = entry;
        w->place.indexes[each] = index;
        walk(w, step + 1, each + 1, entry);
    }
}

void path_visit(const struct path *path, const struct cJSON *root, path_visit_fn visit,
                void *context) {
    struct walking w = {.place = {.path = path}, .visit = visit, .context = context};
    walk(&w, 0, 0, root);
}

/* --- places as texts ------------------------------------------------------------------------- */

static bool is_plain(struct str key) {
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] == '.' || key.at[i] == '[' || key.at[i] == ']') return false;
    return key.len > 0;
}

static void add_key(struct strbuf *out, struct str key) {
    if (!is_plain(key))
        strbuf_printf(out, "['%.*s']", STR_ARGS(key));
    else
        strbuf_printf(out, "%s%.*s", out->len > 0 ? "." : "", STR_ARGS(key));
}

/* A list's entry by its number, an object's member by its key. */
static void add_entry(struct strbuf *out, const struct path_place *place, size_t each) {
    struct str key = tree_key(place->entries[each]);
    if (key.at)
        add_key(out, key);
    else
        strbuf_printf(out, "[%zu]", place->indexes[each]);
}

struct str path_place_text(struct arena *arena, const struct path_place *place, size_t first) {
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    size_t each = 0;
    for (size_t i = 0; i < place->path->count; i++) {
        struct str key = place->path->steps[i].key;
        bool is_each = str_is_empty(key);
        if (i >= first && is_each)
            add_entry(&out, place, each);
        else if (i >= first)
            add_key(&out, key);
        each += is_each;
    }
    return strbuf_str(&out);
}

/* What names the entries of Kubernetes' lists, most common first. */
static struct str entry_name(const struct cJSON *entry) {
    static const char *const keys[] = {"name", "key", "ip", "mountPath"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct str name = tree_string(tree_find(entry, str_from(keys[i])));
        if (!str_is_empty(name)) return name;
    }
    if (tree_is_string(entry)) return tree_string(entry);
    return tree_string(tree_find(tree_find(entry, STR("metadata")), STR("name")));
}

struct str path_place_identity(struct arena *arena, const struct path_place *place) {
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    size_t each = 0;
    for (size_t i = 0; i < place->path->count; i++) {
        struct str key = place->path->steps[i].key;
        if (!str_is_empty(key)) {
            add_key(&out, key);
            continue;
        }
        struct str name = entry_name(place->entries[each]);
        if (tree_key(place->entries[each]).at || str_is_empty(name))
            add_entry(&out, place, each);
        else
            strbuf_printf(&out, "[%.*s]", STR_ARGS(name));
        each++;
    }
    return strbuf_str(&out);
}
