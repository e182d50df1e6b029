/*
 * decode: objects of a tree become C structs, driven by tables.
 *
 * One row says where a member goes and how it is read; an object's members are walked once, each
 * looked up by its key. Types are exact: a wrong one is ERR_SCHEMA, said once, here, for all of kube.
 * null means absent, unknown members are ignored, keys are compared with their case. Strings point into the tree.
 * Error paths cost nothing until there is an error: each level puts its part before `err->where`
 * on the way up. Any thread may enter.
 */
#ifndef PODGATE_KUBE_DECODE_H
#define PODGATE_KUBE_DECODE_H

#include "text/tree.h"

struct decoder {
    struct arena *arena;             /* for lists; NULL when the tables have none */
    const struct document *document; /* for exact numbers; NULL: those beyond 2^53 are refused */
    struct error *err;
};

struct decode_row;

/* Reads `node` (never null) into `target`, the struct that the row's table describes. */
typedef bool (*decode_fn)(const struct decoder *decoder, const struct cJSON *node,
                          const struct decode_row *row, void *target);

struct decode_table {
    const struct decode_row *rows;
    size_t count;
    size_t size; /* of the struct: what a list allocates for each item */
    /* Called when all members were read, or NULL. */
    void (*finish)(const struct cJSON *node, void *target);
};

struct decode_row {
    const char *key;
    decode_fn decode;                 /* NULL: the member is not read */
    size_t offset;                    /* of the field in its struct */
    size_t count_offset;              /* lists: of the number of items */
    const struct decode_table *table; /* of a nested object, of a list's items */
    int detail;                       /* for a decoder of the table's own */
};

#define DECODE_KEY(literal) .key = (literal)
/* A plain field, read by one of the functions below or by one of the table's own. */
#define DECODE_FIELD(literal, type, field, function)                                               \
    { DECODE_KEY(literal), .decode = (function), .offset = offsetof(type, field) }
/* What API servers write into every object and nobody reads: a row finds it sooner than all rows miss it. */
#define DECODE_UNREAD(literal)                                                                     \
    { DECODE_KEY(literal) }
/* A struct inside the struct. */
#define DECODE_NESTED(literal, type, field, function, of)                                          \
    { DECODE_KEY(literal), .decode = (function), .offset = offsetof(type, field), .table = &(of) }
/* An object of the wire whose members go to fields of this very struct. */
#define DECODE_WITHIN(literal, function, of, value)                                                \
    { DECODE_KEY(literal), .decode = (function), .table = (of), .detail = (value) }
/* A list of objects: a pointer to the first and a count. */
#define DECODE_LIST(literal, type, field, count_field, of)                                         \
    {                                                                                              \
        DECODE_KEY(literal), .decode = decode_list, .offset = offsetof(type, field),               \
                             .count_offset = offsetof(type, count_field), .table = &(of)           \
    }
#define DECODE_TABLE(type, of)                                                                     \
    { .rows = (of), .count = sizeof(of) / sizeof *(of), .size = sizeof(type) }

static inline void *decode_target(const struct decode_row *row, void *target) {
    return (char *)target + row->offset;
}

/* Walks an object's members once, in any order. The fields that are not there stay untouched. */
MUST_CHECK bool decode_object(const struct decoder *decoder, const struct cJSON *node,
                              const struct decode_table *table, void *target);

/* Row functions. bool; struct str; struct str_list. */
bool decode_bool(const struct decoder *decoder, const struct cJSON *node,
                 const struct decode_row *row, void *target);
bool decode_string(const struct decoder *decoder, const struct cJSON *node,
                   const struct decode_row *row, void *target);
bool decode_strings(const struct decoder *decoder, const struct cJSON *node,
                    const struct decode_row *row, void *target);
/* A struct inside (DECODE_NESTED), or the same struct (DECODE_WITHIN). */
bool decode_nested(const struct decoder *decoder, const struct cJSON *node,
                   const struct decode_row *row, void *target);
/* The same for a struct whose first field is `bool is_set`. */
bool decode_optional(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target);
bool decode_list(const struct decoder *decoder, const struct cJSON *node,
                 const struct decode_row *row, void *target);

/* The value as an exact integer, or an error. */
MUST_CHECK bool decode_integer(const struct decoder *decoder, const struct cJSON *node,
                               int64_t *value);
/* Zeroed room for `count` things, or ERR_MEMORY and NULL. */
void *decode_allocate(const struct decoder *decoder, size_t size, size_t count);

/* Sets "must be WANTED, it is TYPE" and returns false. */
bool decode_wrong_type(const struct decoder *decoder, const struct cJSON *node, const char *wanted);
/* Put a part before err->where: "spec" and "containers[0]" give "spec.containers[0]". Return false. */
bool decode_error_below(struct error *err, const char *path);
/* For a key of the user's: a['b.c'] where needed, what is not printable replaced. */
bool decode_error_below_key(struct error *err, struct str key);
bool decode_error_below_item(struct error *err, size_t index);

#endif
