/* What each type of parameter takes. */
#include "rules/param_parts.h"

#include "base/glob.h"

static bool require_list(struct param_decoding *d, const struct param_parsed *value) {
    return value->is_list || param_complain_of_type(d, "a list", value->node);
}

/* A string, or a number: quantities, ranges, and what a check reads by itself, such as a version. */
static bool require_text(struct param_decoding *d, const struct param_scalar *item) {
    bool is_text = item->type != SCALAR_OTHER && !tree_is_bool(item->node);
    if (!is_text) return param_complain_of_type(d, "a string", item->node);
    return !str_is_empty(item->text) || param_complain(d, item->node, "must not be empty");
}

/* A number is none: names and values that it would be compared with are strings, and it has other spellings. */
static bool require_string(struct param_decoding *d, const struct param_scalar *item) {
    if (!tree_is_number(item->node) && !tree_is_bool(item->node)) return require_text(d, item);
    param_complain_of_type(d, "a string", item->node);
    diagnostics_hint(d->diagnostics, "write %s in quotes", str_quoted(item->text).text);
    return false;
}

static bool read_bool(struct param_decoding *d, const struct param_parsed *value, void *target) {
    bool is_true = str_equals(value->items[0].text, STR("true"));
    bool is_bool = is_true || str_equals(value->items[0].text, STR("false"));
    if (value->is_list || value->items[0].type != SCALAR_WORD || !is_bool)
        return param_complain_of_type(d, "true or false", value->node);
    *(bool *)target = is_true;
    return true;
}

static bool read_int(struct param_decoding *d, const struct param_parsed *value, void *target) {
    int64_t *out = target;
    if (value->is_list || value->items[0].type != SCALAR_WORD ||
        !str_to_int64(value->items[0].text, out))
        return param_complain_of_type(d, "an integer", value->node);
    if (*out >= d->row->min && *out <= d->row->max) return true;
    return param_complain(d, value->node, "must be %lld to %lld, it is %lld",
                          (long long)d->row->min, (long long)d->row->max, (long long)*out);
}

static bool read_string(struct param_decoding *d, const struct param_parsed *value, void *target) {
    if (value->is_list) return param_complain_of_type(d, "a string", value->node);
    *(struct str *)target = value->items[0].text;
    return require_text(d, &value->items[0]);
}

static bool read_strings(struct param_decoding *d, const struct param_parsed *value, void *target) {
    struct str_list *out = target;
    if (!require_list(d, value)) return false;
    out->items = ARENA_NEW(d->arena, struct str, value->count);
    if (!out->items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        fine = require_string(d, &value->items[i]) && fine;
        out->items[out->count++] = value->items[i].text;
    }
    return fine;
}

static bool read_globs(struct param_decoding *d, const struct param_parsed *value, void *target) {
    bool fine = read_strings(d, value, target);
    const struct str_list *globs = target;
    for (size_t i = 0; fine && i < globs->count; i++) {
        struct error err = {0};
        if (!glob_check(globs->items[i], &err))
            fine = param_complain(d, value->items[i].node, "has the bad pattern %s: %s",
                                  str_quoted(globs->items[i]).text, err.text);
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

static bool find_choice(struct param_decoding *d, const struct param_scalar *item, int *choice) {
    size_t count = count_choices(d->row->choices);
    for (size_t i = 0; i < count; i++) {
        if (item->type == SCALAR_OTHER || !str_equals(item->text, str_from(d->row->choices[i])))
            continue;
        *choice = (int)i;
        return true;
    }
    struct str wanted = list_choices(d->arena, d->row->choices);
    if (item->type == SCALAR_OTHER) {
        return param_complain(d, item->node, "must be one of %.*s, it is %s", STR_ARGS(wanted),
                              tree_type_name(item->node));
    }
    return param_complain(d, item->node, "must be one of %.*s, it is %s", STR_ARGS(wanted),
                          str_quoted(item->text).text);
}

static bool read_choice(struct param_decoding *d, const struct param_parsed *value, void *target) {
    if (value->is_list) return param_complain_of_type(d, "a string", value->node);
    return find_choice(d, &value->items[0], target);
}

static bool read_choices(struct param_decoding *d, const struct param_parsed *value, void *target) {
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

static bool read_images(struct param_decoding *d, const struct param_parsed *value, void *target) {
    struct image_pattern_list *out = target;
    if (!require_list(d, value)) return false;
    struct image_pattern *items = ARENA_NEW(d->arena, struct image_pattern, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct param_scalar *item = &value->items[i];
        struct error err = {0};
        if (!require_string(d, item))
            fine = false;
        else if (!image_pattern_parse(d->arena, item->text, &items[i], &err))
            fine = param_complain(d, item->node, "has the bad image pattern %s: %s",
                                  str_quoted(item->text).text, err.text);
    }
    out->items = items;
    out->count = value->count;
    return fine;
}

static bool read_quantity(struct param_decoding *d, const struct param_parsed *value,
                          void *target) {
    struct error err = {0};
    if (value->is_list || !require_text(d, &value->items[0]))
        return value->is_list ? param_complain_of_type(d, "a quantity", value->node) : false;
    return quantity_parse(value->items[0].text, target, &err) ||
           param_complain(d, value->node, "must be a quantity such as 500m or 2Gi: %s", err.text);
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

static bool read_ranges(struct param_decoding *d, const struct param_parsed *value, void *target) {
    struct range_list *out = target;
    if (!require_list(d, value)) return false;
    struct range *items = ARENA_NEW(d->arena, struct range, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct param_scalar *item = &value->items[i];
        if (!require_text(d, item))
            fine = false;
        else if (!parse_range(item->text, d->row, &items[i]))
            fine = param_complain(d, item->node,
                                  "has %s, which is no number and no range within %lld-%lld",
                                  str_quoted(item->text).text, (long long)d->row->min,
                                  (long long)d->row->max);
    }
    out->items = items;
    out->count = value->count;
    return fine;
}

static bool read_quantities(struct param_decoding *d, const struct param_parsed *value,
                            void *target) {
    struct quantity_map *out = target;
    if (!value->is_map)
        return param_complain_of_type(d, "an object of resources and quantities", value->node);
    struct named_quantity *items = ARENA_NEW(d->arena, struct named_quantity, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct param_parsed *member = &value->members[i];
        bool read = !member->is_map && read_quantity(d, member, &items[i].quantity);
        if (member->is_map) param_complain_of_type(d, "a quantity", member->node);
        fine = fine && read;
        items[i].name = member->name;
        if (read) items[i].written = member->items[0].text;
    }
    *out = (struct quantity_map){items, value->count};
    return fine;
}

static bool read_glob_map(struct param_decoding *d, const struct param_parsed *value,
                          void *target) {
    struct glob_map *out = target;
    if (!value->is_map)
        return param_complain_of_type(d, "an object of names and patterns", value->node);
    struct named_globs *items = ARENA_NEW(d->arena, struct named_globs, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        struct param_parsed member = value->members[i];
        items[i].name = member.name;
        if (member.is_map) {
            fine = param_complain_of_type(d, "a pattern or a list of them", member.node);
            continue;
        }
        member.is_list = true;
        fine = read_globs(d, &member, &items[i].globs) && fine;
    }
    *out = (struct glob_map){items, value->count};
    return fine;
}

static bool read_values(struct param_decoding *d, const struct param_parsed *value, void *target) {
    struct param_values *out = target;
    struct param_value *items = ARENA_NEW(d->arena, struct param_value, value->count);
    if (!items) return false;
    bool fine = true;
    for (size_t i = 0; i < value->count; i++) {
        const struct param_scalar *item = &value->items[i];
        items[i].text = item->text;
        items[i].type = tree_is_bool(item->node)    ? PARAM_VALUE_BOOL
                        : item->type == SCALAR_WORD ? PARAM_VALUE_NUMBER
                                                    : PARAM_VALUE_STRING;
        if (item->type != SCALAR_OTHER) continue;
        fine = param_complain_of_type(d, "a string, a number, true or false", item->node);
    }
    *out = (struct param_values){items, value->count};
    return fine;
}

static bool read_one_value(struct param_decoding *d, const struct param_parsed *value,
                           void *target) {
    if (!value->is_list) return read_values(d, value, target);
    return param_complain_of_type(d, "a string, a number, true or false", value->node);
}

static bool read_value_list(struct param_decoding *d, const struct param_parsed *value,
                            void *target) {
    return require_list(d, value) && read_values(d, value, target);
}

typedef bool (*read_fn)(struct param_decoding *d, const struct param_parsed *value, void *target);

static const read_fn readers[] = {
    [PARAM_BOOL] = read_bool,
    [PARAM_INT] = read_int,
    [PARAM_STRING] = read_string,
    [PARAM_STRINGS] = read_strings,
    [PARAM_GLOBS] = read_globs,
    [PARAM_CHOICE] = read_choice,
    [PARAM_CHOICES] = read_choices,
    [PARAM_IMAGES] = read_images,
    [PARAM_QUANTITY] = read_quantity,
    [PARAM_RANGES] = read_ranges,
    [PARAM_QUANTITIES] = read_quantities,
    [PARAM_GLOB_MAP] = read_glob_map,
    [PARAM_VALUE] = read_one_value,
    [PARAM_VALUES] = read_value_list,
};

bool param_read(struct param_decoding *d, const struct param_parsed *value, void *target) {
    return readers[d->row->type](d, value, target);
}
