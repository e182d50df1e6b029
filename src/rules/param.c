/*
 * A value, from the user's file or from a row's default, is first taken apart into scalars as text:
 *
 *   value := scalar | "[" [ scalar { "," scalar } ] "]"      (defaults: YAML flow, quotes optional)
 *          | "{" [ name ":" value { "," name ":" value } ] "}"   (defaults: scalars only)
 *
 * Then the row's type reads them; so defaults and the user's values take one way.
 */
#include "rules/param_parts.h"

#include <stdio.h>

/* --- complaints ------------------------------------------------------------------------------ */

bool param_complain(struct param_decoding *d, const struct cJSON *node, const char *format, ...) {
    struct strbuf text;
    strbuf_init(&text, d->arena, 0);
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    struct place place = {0};
    if (!d->document || !node || !tree_place(d->document, node, &place)) place = (struct place){0};
    diagnostics_add(d->diagnostics, DIAGNOSTIC_ERROR, d->file, place.line, place.column,
                    "parameter \"%s\" of %s %.*s", d->row->name, d->owner,
                    STR_ARGS(strbuf_str(&text)));
    return false;
}

bool param_complain_of_type(struct param_decoding *d, const char *wanted,
                            const struct cJSON *node) {
    return param_complain(d, node, "must be %s, it is %s", wanted, tree_type_name(node));
}

bool param_error_in(struct error *err, const char *name, size_t index) {
    char where[sizeof err->where];
    snprintf(where, sizeof where, "%s[%zu]", name, index);
    return error_in(err, where);
}

static void complain_of_unknown(struct param_decoding *d, const struct cJSON *node,
                                const struct param *rows, size_t count) {
    struct place place = {0};
    if (!d->document || !tree_key_place(d->document, node, &place)) place = (struct place){0};
    diagnostics_add(d->diagnostics, DIAGNOSTIC_ERROR, d->file, place.line, place.column,
                    "unknown parameter %s of %s", str_quoted(tree_key(node)).text, d->owner);
    struct str *names = ARENA_NEW(d->arena, struct str, count);
    if (!names) return;
    for (size_t i = 0; i < count; i++)
        names[i] = str_from(rows[i].name);
    struct str nearest = str_nearest(tree_key(node), names, count);
    if (!str_is_empty(nearest))
        diagnostics_hint(d->diagnostics, "did you mean %s?", str_quoted(nearest).text);
    else if (count == 0)
        diagnostics_hint(d->diagnostics, "it has no parameters");
}

/* --- values ---------------------------------------------------------------------------------- */

static struct str number_text(struct param_decoding *d, const struct cJSON *node) {
    int64_t integer;
    if (tree_int64(d->document, node, &integer))
        return str_format(d->arena, "%lld", (long long)integer);
    if (d->document && d->document->origin == DOCUMENT_YAML)
        return str_from(((const struct tree_yaml_node *)node)->scalar);
    return STR_NONE;
}

static struct param_scalar scalar_from_node(struct param_decoding *d, const struct cJSON *node) {
    if (tree_is_string(node))
        return (struct param_scalar){SCALAR_STRING, str_copy(d->arena, tree_string(node)), node};
    if (tree_is_bool(node))
        return (struct param_scalar){SCALAR_WORD, tree_is_true(node) ? STR("true") : STR("false"),
                                     node};
    if (tree_is_number(node))
        return (struct param_scalar){SCALAR_WORD, str_copy(d->arena, number_text(d, node)), node};
    return (struct param_scalar){SCALAR_OTHER, STR_NONE, node};
}

static bool value_from_node(struct param_decoding *d, const struct cJSON *node,
                            struct param_parsed *out);

static bool map_from_node(struct param_decoding *d, const struct cJSON *node,
                          struct param_parsed *out) {
    out->members = ARENA_NEW(d->arena, struct param_parsed, tree_count(node));
    if (!out->members) return false;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        struct param_parsed *value = &out->members[out->count++];
        if (!value_from_node(d, member, value)) return false;
        value->name = str_copy(d->arena, tree_key(member));
    }
    return true;
}

static bool takes_map(const struct param *row) {
    return row->type == PARAM_QUANTITIES || row->type == PARAM_GLOB_MAP;
}

/* The reader of policy files bounds the depth of its trees. */
static bool value_from_node(struct param_decoding *d, const struct cJSON *node,
                            struct param_parsed *out) {
    *out = (struct param_parsed){.is_list = tree_is_array(node),
                                 .is_map = tree_is_object(node) && takes_map(d->row),
                                 .node = node};
    if (out->is_map) return map_from_node(d, node, out);
    out->count = out->is_list ? tree_count(node) : 1;
    out->items = ARENA_NEW(d->arena, struct param_scalar, out->count);
    if (!out->items) return false;
    if (!out->is_list) {
        out->items[0] = scalar_from_node(d, node);
        return true;
    }
    size_t i = 0;
    for (const struct cJSON *item = node->child; item; item = item->next)
        out->items[i++] = scalar_from_node(d, item);
    return true;
}

static struct param_scalar scalar_from_default(struct str text) {
    struct str trimmed = str_trim(text);
    if (trimmed.len >= 2 && trimmed.at[0] == '"')
        return (struct param_scalar){SCALAR_STRING, str_slice(trimmed, 1, trimmed.len - 2), NULL};
    return (struct param_scalar){SCALAR_WORD, trimmed, NULL};
}

/* "memory: 1, cpu: 4" */
static bool map_from_default(struct param_decoding *d, struct str rest, size_t most,
                             struct param_parsed *out) {
    out->members = ARENA_NEW(d->arena, struct param_parsed, most);
    struct param_scalar *items = ARENA_NEW(d->arena, struct param_scalar, most);
    if (!out->members || !items) return false;
    while (!str_is_empty(rest)) {
        size_t comma = str_find_char(rest, ',');
        struct str member = str_slice(rest, 0, comma);
        size_t colon = str_find_char(member, ':');
        struct param_parsed *value = &out->members[out->count];
        *value = (struct param_parsed){.items = &items[out->count++], .count = 1};
        value->name = str_trim(str_slice(member, 0, colon));
        value->items[0] = scalar_from_default(str_slice(member, colon + 1, member.len));
        rest = str_slice(rest, comma + 1, rest.len);
    }
    return true;
}

static bool value_from_default(struct param_decoding *d, struct str text,
                               struct param_parsed *out) {
    *out = (struct param_parsed){.is_list = str_starts_with(text, STR("[")),
                                 .is_map = str_starts_with(text, STR("{"))};
    bool is_flow = out->is_list || out->is_map;
    struct str rest = is_flow ? str_trim(str_slice(text, 1, text.len - 2)) : text;
    size_t most = 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.at[i] == ',';
    if (out->is_map) return map_from_default(d, rest, most, out);
    out->items = ARENA_NEW(d->arena, struct param_scalar, most);
    if (!out->items) return false;
    if (!out->is_list) {
        out->items[out->count++] = scalar_from_default(rest);
        return true;
    }
    while (!str_is_empty(rest)) {
        size_t comma = str_find_char(rest, ',');
        out->items[out->count++] = scalar_from_default(str_slice(rest, 0, comma));
        rest = str_slice(rest, comma + 1, rest.len);
    }
    return true;
}

/* --- the door -------------------------------------------------------------------------------- */

static bool knows_param(const struct param *rows, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_equals(name, str_from(rows[i].name))) return true;
    }
    return false;
}

static bool decode_row(struct param_decoding *d, const struct cJSON *params, void *target) {
    const struct cJSON *node = tree_find(params, str_from(d->row->name));
    struct param_parsed value;
    if (!node && !d->row->fallback) return true;
    bool read = node ? value_from_node(d, node, &value)
                     : value_from_default(d, str_from(d->row->fallback), &value);
    return read && param_read(d, &value, (char *)target + d->row->offset);
}

void *params_decode(struct arena *arena, const char *owner, const struct param *rows, size_t count,
                    size_t size, const struct document *document, const struct cJSON *node,
                    struct str file, struct diagnostics *diagnostics) {
    struct param_decoding d = {arena, owner, document, file, diagnostics, NULL};
    bool fine = true;
    if (!tree_is_null(node) && !tree_is_object(node)) {
        struct place place = {0};
        if (!document || !tree_place(document, node, &place)) place = (struct place){0};
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, file, place.line, place.column,
                        "the parameters of %s must be an object, they are %s", owner,
                        tree_type_name(node));
        return NULL;
    }
    for (const struct cJSON *member = node ? node->child : NULL; member; member = member->next) {
        if (knows_param(rows, count, tree_key(member))) continue;
        complain_of_unknown(&d, member, rows, count);
        fine = false;
    }
    /* Whole 16-byte units: aligned for whatever the struct holds. */
    void *params = arena_allocate(arena, 16, size / 16 + 1, 16);
    if (!params) return NULL;
    for (size_t i = 0; i < count; i++) {
        d.row = &rows[i];
        fine = decode_row(&d, node, params) && fine;
    }
    return fine && !arena_is_exhausted(arena) ? params : NULL;
}
