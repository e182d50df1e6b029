/* Parameters in sentences. */
#include "rules/param.h"

bool param_choices_have(const char *const *choices, unsigned chosen, struct str word) {
    for (size_t i = 0; choices[i]; i++)
        if (chosen & 1U << i && str_equals(word, str_from(choices[i]))) return true;
    return false;
}

/* How many are still to come decides between a comma and "or". */
static void add_item(struct strbuf *text, struct str item, size_t to_come) {
    if (text->len > 0) strbuf_add(text, to_come > 0 ? STR(", ") : STR(" or "));
    strbuf_add(text, item);
}

struct str param_choices_text(struct arena *arena, const char *const *choices, unsigned chosen) {
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; choices[i]; i++)
        if (chosen & 1U << i) add_item(&text, str_from(choices[i]), chosen >> i >> 1);
    return strbuf_str(&text);
}

struct str param_strings_text(struct arena *arena, const struct str_list *strings) {
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; i < strings->count; i++)
        STRBUF_ADD(&text, str_or(i, strings->count), strings->items[i]);
    return strbuf_str(&text);
}

/* --- a row, for a person ----------------------------------------------------------------------- */

static const char *const type_names[] = {
    [PARAM_BOOL] = "true or false",
    [PARAM_INT] = "integer",
    [PARAM_STRING] = "string",
    [PARAM_STRINGS] = "list of strings",
    [PARAM_GLOBS] = "list of patterns",
    [PARAM_CHOICE] = "one of",
    [PARAM_CHOICES] = "list of",
    [PARAM_IMAGES] = "list of image patterns",
    [PARAM_QUANTITY] = "quantity",
    [PARAM_RANGES] = "list of numbers and ranges",
    [PARAM_QUANTITIES] = "map of resources to quantities",
    [PARAM_GLOB_MAP] = "map of names to patterns",
    [PARAM_VALUE] = "string, number, true or false",
    [PARAM_VALUES] = "list of strings, numbers, true and false",
};

void param_describe_type(const struct param *row, struct strbuf *out) {
    strbuf_add(out, str_from(type_names[row->type]));
    if (row->type == PARAM_INT || row->type == PARAM_RANGES)
        strbuf_printf(out, " from %lld to %lld", (long long)row->min, (long long)row->max);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        strbuf_printf(out, "%s %s", i == 0 ? "" : ",", row->choices[i]);
}

void params_describe(const struct param *rows, size_t count, struct strbuf *out) {
    for (size_t i = 0; i < count; i++) {
        const struct param *row = &rows[i];
        strbuf_printf(out, "%s: ", row->name);
        param_describe_type(row, out);
        strbuf_printf(out, ", %s%s\n    %s\n", row->fallback ? "default " : "no default",
                      row->fallback ? row->fallback : "", row->doc);
    }
}
