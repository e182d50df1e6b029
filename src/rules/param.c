/*
 * A value, from the user's file or from a row's default, is first taken apart into scalars as text:
 *
 *   value := scalar | "[" [ scalar { "," scalar } ] "]"      (defaults: YAML flow, quotes optional)
 *          | "{" [ name ":" value { "," name ":" value } ] "}"   (defaults: scalars only)
 *
 * Then the row's type reads them; so defaults and the user's values take one way.
 */
#include "rules/param.h"

#include <stdio.h>

#include "base/glob.h"

enum scalar_type { SCALAR_STRING, SCALAR_WORD, SCALAR_OTHER };

struct scalar {
    enum scalar_type type; /* WORD: a number, true or false, read by its text */
    struct str text;
    const struct cJSON *node; /* NULL in defaults */
};

struct value {
    bool is_list, is_map;
    struct scalar *items; /* one when it is no list */
    size_t count;
    struct str name;       /* of a member */
    struct value *members; /* of a map */
    const struct cJSON *node;
};

struct decoding {
    struct arena *arena;
    const char *owner;
    const struct document *document;
    struct str file;
    struct diagnostics *diagnostics;
    const struct param *row;
};

typedef bool (*read_fn)(struct decoding *d, const struct value *value, void *target);

/* --- complaints ------------------------------------------------------------------------------ */

PRINTF_LIKE(3, 4)
static bool complain(struct decoding *d, const struct cJSON *node, const char *format, ...) {
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

static bool complain_of_type(struct decoding *d, const char *wanted, const struct cJSON *node) {
    return complain(d, node, "must be %s, it is %s", wanted, tree_type_name(node));
}

bool param_error_in(struct error *err, const char *name, size_t index) {
    char where[sizeof err->where];
    snprintf(where, sizeof where, "%s[%zu]", name, index);
    return error_in(err, where);
}

static struct str quoted(struct arena *arena, struct str text) {
    struct strbuf buf;
    strbuf_init(&buf, arena, 0);
    strbuf_add_quoted(&buf, text, 64);
    return strbuf_str(&buf);
}

static void complain_of_unknown(struct decoding *d, const struct cJSON *node,
                                const struct param *rows, size_t count) {
    struct place place = {0};
    if (!d->document || !tree_key_place(d->document, node, &place)) place = (struct place){0};
    diagnostics_add(d->diagnostics, DIAGNOSTIC_ERROR, d->file, place.line, place.column,
                    "unknown parameter %.*s of %s", STR_ARGS(quoted(d->arena, tree_key(node))),
                    d->owner);
    struct str *names = ARENA_NEW(d->arena, struct str, count);
    if (!names) return;
    for (size_t i = 0; i < count; i++)
        names[i] = str_from(rows[i].name);
    struct str nearest = str_nearest(tree_key(node), names, count);
    if (!str_is_empty(nearest))
        diagnostics_hint(d->diagnostics, "did you mean \"%.*s\"?", STR_ARGS(nearest));
    else if (count == 0)
        diagnostics_hint(d->diagnostics, "it has no parameters");
}

/* --- values ---------------------------------------------------------------------------------- */

static struct str number_text(struct decoding *d, const struct cJSON *node) {
    int64_t integer;
    if (tree_int64(d->document, node, &integer))
        return str_format(d->arena, "%lld", (long long)integer);
    if (d->document && d->document->origin == DOCUMENT_YAML)
        return str_from(((const struct tree_yaml_node *)node)->scalar);
    return STR_NONE;
}

static struct scalar scalar_from_node(struct decoding *d, const struct cJSON *node) {
    if (tree_is_string(node))
        return (struct scalar){SCALAR_STRING, str_copy(d->arena, tree_string(node)), node};
    if (tree_is_bool(node))
        return (struct scalar){SCALAR_WORD, tree_is_true(node) ? STR("true") : STR("false"), node};
    if (tree_is_number(node))
        return (struct scalar){SCALAR_WORD, str_copy(d->arena, number_text(d, node)), node};
    return (struct scalar){SCALAR_OTHER, STR_NONE, node};
}

static bool value_from_node(struct decoding *d, const struct cJSON *node, struct value *out);

static bool map_from_node(struct decoding *d, const struct cJSON *node, struct value *out) {
    out->members = ARENA_NEW(d->arena, struct value, tree_count(node));
    if (!out->members) return false;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        struct value *value = &out->members[out->count++];
        if (!value_from_node(d, member, value)) return false;
        value->name = str_copy(d->arena, tree_key(member));
    }
    return true;
}

/* The reader of policy files bounds the depth of its trees. */
static bool value_from_node(struct decoding *d, const struct cJSON *node, struct value *out) {
    *out = (struct value){.is_list = tree_is_array(node),
                          .is_map = tree_is_object(node) && d->row->type >= PARAM_QUANTITIES,
                          .node = node};
    if (out->is_map) return map_from_node(d, node, out);
    out->count = out->is_list ? tree_count(node) : 1;
    out->items = ARENA_NEW(d->arena, struct scalar, out->count);
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

static struct scalar scalar_from_default(struct str text) {
    struct str trimmed = str_trim(text);
    if (trimmed.len >= 2 && trimmed.at[0] == '"')
        return (struct scalar){SCALAR_STRING, str_slice(trimmed, 1, trimmed.len - 2), NULL};
    return (struct scalar){SCALAR_WORD, trimmed, NULL};
}

/* "memory: 1, cpu: 4" */
static bool map_from_default(struct decoding *d, struct str rest, size_t most, struct value *out) {
    out->members = ARENA_NEW(d->arena, struct value, most);
    struct scalar *items = ARENA_NEW(d->arena, struct scalar, most);
    if (!out->members || !items) return false;
    while (!str_is_empty(rest)) {
        size_t comma = str_find_char(rest, ',');
        struct str member = str_slice(rest, 0, comma);
        size_t colon = str_find_char(member, ':');
        struct value *value = &out->members[out->count];
        *value = (struct value){.items = &items[out->count++], .count = 1};
        value->name = str_trim(str_slice(member, 0, colon));
        value->items[0] = scalar_from_default(str_slice(member, colon + 1, member.len));
        rest = str_slice(rest, comma + 1, rest.len);
    }
    return true;
}

static bool value_from_default(struct decoding *d, struct str text, struct value *out) {
    *out = (struct value){.is_list = str_starts_with(text, STR("[")),
                          .is_map = str_starts_with(text, STR("{"))};
    bool is_flow = out->is_list || out->is_map;
    struct str rest = is_flow ? str_trim(str_slice(text, 1, text.len - 2)) : text;
    size_t most = 1;
    for (size_t i = 0; i < rest.len; i++)
        most += rest.at[i] == ',';
    if (out->is_map) return map_from_default(d, rest, most, out);
    out->items = ARENA_NEW(d->arena, struct scalar, most);
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

/* --- types ----------------------------------------------------------------------------------- */

static bool require_list(struct decoding *d, const struct value *value) {
    return value->is_list || complain_of_type(d, "a list", value->node);
}

/* Numbers may stand for their text where a string is wanted: ports, versions such as 3. */
static bool require_text(struct decoding *d, const struct scalar *item) {
    bool is_text = item->type != SCALAR_OTHER && !tree_is_bool(item->node);
    if (!is_text) return complain_of_type(d, "a string", item->node);
    return !str_is_empty(item->text) || complain(d, item->node, "must not be empty");
}

static bool read_bool(struct decoding *d, const struct value *value, void *target) {
    bool is_true = str_equals(value->items[0].text, STR("true"));
    bool is_bool = is_true || str_equals(value->items[0].text, STR("false"));
    if (value->is_list || value->items[0].type != SCALAR_WORD || !is_bool)
        return complain_of_type(d, "true or false", value->node);
    *(bool *)target = is_true;
    return true;
}

static bool read_int(struct decoding *d, const struct value *value, void *target) {
    int64_t *out = target;
    if (value->is_list || value->items[0].type != SCALAR_WORD ||
        !str_to_int64(value->items[0].text, out))
        return complain_of_type(d, "an integer", value->node);
    if (*out >= d->row->min && *out <= d->row->max) return true;
    return complain(d, value->node, "must be %lld to %lld, it is %lld", (long long)d->row->min,
                    (long long)d->row->max, (long long)*out);
}

static bool read_string(struct decoding *d, const struct value *value, void *target) {
    if (value->is_list) return complain_of_type(d, "a string", value->node);
    *(struct str *)target = value->items[0].text;
    return require_text(d, &value->items[0]);
}

static bool read_strings(struct decoding *d, const struct value *value, void *target) {
    struct str_list *out = target;
    if (!require_list(d, value)) return false;
    out->items = ARENA_NEW(d->arena, struct str, value->count);
    if (!out->items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        fine = require_text(d, &value->items[i]) && fine;
        out->items[out->count++] = value->items[i].text;
    }
    return fine;
}

static bool read_globs(struct decoding *d, const struct value *value, void *target) {
    bool fine = read_strings(d, value, target);
    const struct str_list *globs = target;
    for (size_t i = 0; fine && i < globs->count; i++) {
        struct error err = {0};
        if (!glob_check(globs->items[i], &err))
            fine = complain(d, value->items[i].node, "has the bad pattern %.*s: %s",
                            STR_ARGS(quoted(d->arena, globs->items[i])), err.text);
    }
    return fine;
}

static size_t count_choices(const char *const *choices) {
    size_t count = 0;
    while (choices[count])
        count++;
    return count;
}

static struct str list_choices(struct arena *arena, const char *const *choices) {
    struct strbuf buf;
    strbuf_init(&buf, arena, 0);
    for (size_t i = 0; choices[i]; i++)
        strbuf_printf(&buf, "%s%s", i == 0 ? "" : ", ", choices[i]);
    return strbuf_str(&buf);
}

static bool find_choice(struct decoding *d, const struct scalar *item, int *choice) {
    size_t count = count_choices(d->row->choices);
    for (size_t i = 0; i < count; i++) {
        if (item->type == SCALAR_OTHER || !str_equals(item->text, str_from(d->row->choices[i])))
            continue;
        *choice = (int)i;
        return true;
    }
    struct str wanted = list_choices(d->arena, d->row->choices);
    if (item->type == SCALAR_OTHER) {
        return complain(d, item->node, "must be one of %.*s, it is %s", STR_ARGS(wanted),
                        tree_type_name(item->node));
    }
    return complain(d, item->node, "must be one of %.*s, it is %.*s", STR_ARGS(wanted),
                    STR_ARGS(quoted(d->arena, item->text)));
}

static bool read_choice(struct decoding *d, const struct value *value, void *target) {
    if (value->is_list) return complain_of_type(d, "a string", value->node);
    return find_choice(d, &value->items[0], target);
}

static bool read_choices(struct decoding *d, const struct value *value, void *target) {
    unsigned *set = target;
    if (!require_list(d, value)) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        int choice = 0;
        if (find_choice(d, &value->items[i], &choice))
            *set |= 1U << choice;
        else
            fine = false;
    }
    return fine;
}

static bool read_images(struct decoding *d, const struct value *value, void *target) {
    struct image_pattern_list *out = target;
    if (!require_list(d, value)) return false;
    struct image_pattern *items = ARENA_NEW(d->arena, struct image_pattern, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct scalar *item = &value->items[i];
        struct error err = {0};
        if (!require_text(d, item))
            fine = false;
        else if (!image_pattern_parse(d->arena, item->text, &items[i], &err))
            fine = complain(d, item->node, "has the bad image pattern %.*s: %s",
                            STR_ARGS(quoted(d->arena, item->text)), err.text);
    }
    out->items = items;
    out->count = value->count;
    return fine;
}

static bool read_quantity(struct decoding *d, const struct value *value, void *target) {
    struct error err = {0};
    if (value->is_list || !require_text(d, &value->items[0]))
        return value->is_list ? complain_of_type(d, "a quantity", value->node) : false;
    return quantity_parse(value->items[0].text, target, &err) ||
           complain(d, value->node, "must be a quantity such as 500m or 2Gi: %s", err.text);
}

/* range := number [ "-" number ] */
static bool parse_range(struct str text, const struct param *row, struct range *out) {
    size_t dash = str_find_char(text, '-');
    if (!str_to_int64(str_slice(text, 0, dash), &out->first)) return false;
    out->last = out->first;
    if (dash < text.len && !str_to_int64(str_slice(text, dash + 1, text.len), &out->last))
        return false;
    return row->min <= out->first && out->first <= out->last && out->last <= row->max;
}

static bool read_ranges(struct decoding *d, const struct value *value, void *target) {
    struct range_list *out = target;
    if (!require_list(d, value)) return false;
    struct range *items = ARENA_NEW(d->arena, struct range, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct scalar *item = &value->items[i];
        if (!require_text(d, item))
            fine = false;
        else if (!parse_range(item->text, d->row, &items[i]))
            fine = complain(d, item->node,
                            "has %.*s, which is no number and no range within %lld-%lld",
                            STR_ARGS(quoted(d->arena, item->text)), (long long)d->row->min,
                            (long long)d->row->max);
    }
    out->items = items;
    out->count = value->count;
    return fine;
}

static bool read_quantities(struct decoding *d, const struct value *value, void *target) {
    struct quantity_map *out = target;
    if (!value->is_map)
        return complain_of_type(d, "an object of resources and quantities", value->node);
    struct named_quantity *items = ARENA_NEW(d->arena, struct named_quantity, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct value *member = &value->members[i];
        bool read = !member->is_map && read_quantity(d, member, &items[i].quantity);
        if (member->is_map) complain_of_type(d, "a quantity", member->node);
        fine = fine && read;
        items[i].name = member->name;
        if (read) items[i].written = member->items[0].text;
    }
    *out = (struct quantity_map){items, value->count};
    return fine;
}

static bool read_glob_map(struct decoding *d, const struct value *value, void *target) {
    struct glob_map *out = target;
    if (!value->is_map) return complain_of_type(d, "an object of names and patterns", value->node);
    struct named_globs *items = ARENA_NEW(d->arena, struct named_globs, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        struct value member = value->members[i];
        items[i].name = member.name;
        if (member.is_map) {
            fine = complain_of_type(d, "a pattern or a list of them", member.node);
            continue;
        }
        member.is_list = true;
        fine = read_globs(d, &member, &items[i].globs) && fine;
    }
    *out = (struct glob_map){items, value->count};
    return fine;
}

static bool read_values(struct decoding *d, const struct value *value, void *target) {
    struct param_values *out = target;
    struct param_value *items = ARENA_NEW(d->arena, struct param_value, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct scalar *item = &value->items[i];
        items[i].text = item->text;
        items[i].type = tree_is_bool(item->node)    ? PARAM_VALUE_BOOL
                        : item->type == SCALAR_WORD ? PARAM_VALUE_NUMBER
                                                    : PARAM_VALUE_STRING;
        if (item->type != SCALAR_OTHER) continue;
        fine = complain_of_type(d, "a string, a number, true or false", item->node);
    }
    *out = (struct param_values){items, value->count};
    return fine;
}

static bool read_one_value(struct decoding *d, const struct value *value, void *target) {
    if (!value->is_list) return read_values(d, value, target);
    return complain_of_type(d, "a string, a number, true or false", value->node);
}

static bool read_value_list(struct decoding *d, const struct value *value, void *target) {
    return require_list(d, value) && read_values(d, value, target);
}

static const struct {
    read_fn read;
    const char *name; /* as `explain` says it */
} types[] = {
    [PARAM_BOOL] = {read_bool, "true or false"},
    [PARAM_INT] = {read_int, "integer"},
    [PARAM_STRING] = {read_string, "string"},
    [PARAM_STRINGS] = {read_strings, "list of strings"},
    [PARAM_GLOBS] = {read_globs, "list of patterns"},
    [PARAM_CHOICE] = {read_choice, "one of"},
    [PARAM_CHOICES] = {read_choices, "list of"},
    [PARAM_IMAGES] = {read_images, "list of image patterns"},
    [PARAM_QUANTITY] = {read_quantity, "quantity"},
    [PARAM_RANGES] = {read_ranges, "list of numbers and ranges"},
    [PARAM_QUANTITIES] = {read_quantities, "map of resources to quantities"},
    [PARAM_GLOB_MAP] = {read_glob_map, "map of names to patterns"},
    [PARAM_VALUE] = {read_one_value, "string, number, true or false"},
    [PARAM_VALUES] = {read_value_list, "list of strings, numbers, true and false"},
};

/* --- the door -------------------------------------------------------------------------------- */

static bool knows_param(const struct param *rows, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_equals(name, str_from(rows[i].name))) return true;
    }
    return false;
}

static bool decode_row(struct decoding *d, const struct cJSON *params, void *target) {
    const struct cJSON *node = tree_find(params, str_from(d->row->name));
    struct value value;
    if (!node && !d->row->fallback) return true;
    bool read = node ? value_from_node(d, node, &value)
                     : value_from_default(d, str_from(d->row->fallback), &value);
    return read && types[d->row->type].read(d, &value, (char *)target + d->row->offset);
}

void *params_decode(struct arena *arena, const char *owner, const struct param *rows, size_t count,
                    size_t size, const struct document *document, const struct cJSON *node,
                    struct str file, struct diagnostics *diagnostics) {
    struct decoding d = {arena, owner, document, file, diagnostics, NULL};
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

void params_describe(const struct param *rows, size_t count, struct strbuf *out) {
    for (size_t i = 0; i < count; i++) {
        const struct param *row = &rows[i];
        strbuf_printf(out, "%s: %s", row->name, types[row->type].name);
        if (row->type == PARAM_INT || row->type == PARAM_RANGES)
            strbuf_printf(out, " from %lld to %lld", (long long)row->min, (long long)row->max);
        for (size_t c = 0; row->choices && row->choices[c]; c++)
            strbuf_printf(out, "%s %s", c == 0 ? "" : ",", row->choices[c]);
        strbuf_printf(out, ", %s%s\n    %s\n", row->fallback ? "default " : "no default",
                      row->fallback ? row->fallback : "", row->doc);
    }
}
