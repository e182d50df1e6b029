/*
 * param: a check's parameters as rows: the only home of their names, types, ranges, defaults and docs.
 */
#ifndef PODGATE_RULES_PARAM_H
#define PODGATE_RULES_PARAM_H

#include "base/diagnostic.h"
#include "base/json_out.h"
#include "kube/image.h"
#include "kube/quantity.h"
#include "text/tree.h"

enum param_type {
    PARAM_BOOL,       /* bool */
    PARAM_INT,        /* int64_t, within min..max */
    PARAM_STRING,     /* struct str */
    PARAM_STRINGS,    /* struct str_list */
    PARAM_GLOBS,      /* struct str_list, each checked as a glob */
    PARAM_CHOICE,     /* int: index in `choices` */
    PARAM_CHOICES,    /* unsigned: bit set of indexes in `choices` */
    PARAM_IMAGES,     /* struct image_pattern_list */
    PARAM_QUANTITY,   /* struct quantity */
    PARAM_RANGES,     /* struct range_list: whole numbers within min..max, and ranges of them */
    PARAM_QUANTITIES, /* struct quantity_map: a map of names to quantities */
    PARAM_GLOB_MAP,   /* struct glob_map: a map of names to a pattern, or to a list of them */
    PARAM_VALUE,      /* struct param_values: one string, number, true or false, with its type */
    PARAM_VALUES,     /* struct param_values: a list of them */
};

struct param_value {
    enum { PARAM_VALUE_STRING, PARAM_VALUE_NUMBER, PARAM_VALUE_BOOL } type;
    struct str text;
};
struct param_values {
    const struct param_value *items;
    size_t count;
};

struct named_quantity {
    struct str name, written;
    struct quantity quantity;
};
struct quantity_map {
    const struct named_quantity *items;
    size_t count;
};

struct named_globs {
    struct str name;
    struct str_list globs; /* one of them must match */
};
struct glob_map {
    const struct named_globs *items;
    size_t count;
};

struct range {
    int64_t first, last; /* both within */
};

struct range_list {
    const struct range *items;
    size_t count;
};

bool range_list_has(const struct range_list *ranges, int64_t number);
/* "22, 8000-8999, 10000 or above" in the arena, for a sentence: nothing is above `max`. STR_NONE when there are none. */
struct str range_list_text(struct arena *arena, const struct range_list *ranges, int64_t max);

struct image_pattern_list {
    const struct image_pattern *items;
    size_t count;
};

struct param {
    const char *name; /* camelCase */
    enum param_type type;
    size_t offset; /* in the check's params struct */
    /* The default as one would write it in YAML: "[ALL]", "true", "latest", "{memory: 1}" (values plain). NULL: none, all zero. */
    const char *fallback;
    int64_t min, max;           /* PARAM_INT, PARAM_RANGES */
    const char *const *choices; /* NULL-terminated */
    const char *doc;            /* one sentence */
};

/*
 * Makes a params struct of `size` bytes in the arena from the rule's `params` node (NULL: all defaults). Unknown
 * keys (with "did you mean"), wrong types and values out of range are added to `diagnostics` with file and place,
 * all of them. NULL when there was an error (or no memory). Defaults are decoded by the same code from their texts.
 * `owner` is whose parameters they are, for messages: the check's id. Texts are copied into the arena.
 */
void *params_decode(struct arena *arena, const char *owner, const struct param *rows, size_t count,
                    size_t size, const struct document *document, const struct cJSON *node,
                    struct str file, struct diagnostics *diagnostics);
/* Adds the item of a list parameter that an error is about, as its `where` ("except[2]"); returns false. */
bool param_error_in(struct error *err, const char *name, size_t index);
/* Whether the word is among the chosen ones of a PARAM_CHOICES. */
bool param_choices_have(const char *const *choices, unsigned chosen, struct str word);
/* For sentences, in the arena: "OnFailure or Never"; "a, b or c". */
struct str param_choices_text(struct arena *arena, const char *const *choices, unsigned chosen);
struct str param_strings_text(struct arena *arena, const struct str_list *strings);
/* "integer from 1 to 10", "one of a, b" */
void param_describe_type(const struct param *row, struct strbuf *out);
/* The rows' names, types, ranges and defaults as a person reads them in `explain`. */
void params_describe(const struct param *rows, size_t count, struct strbuf *out);

/* The same as the JSON Schema of a rule's `params`, a member of the object at hand. */
void params_write_schema(const struct param *rows, size_t count, struct json_out *out,
                         const char *name);

#endif
