/*
 * param_parts (private to the room param): a value taken apart into scalars, and who reads it.
 */
#ifndef PODGATE_RULES_PARAM_PARTS_H
#define PODGATE_RULES_PARAM_PARTS_H

#include "rules/param.h"

enum scalar_type { SCALAR_STRING, SCALAR_WORD, SCALAR_OTHER };

struct param_scalar {
    enum scalar_type type; /* WORD: a number, true or false, read by its text */
    struct str text;
    const struct cJSON *node; /* NULL in defaults */
};

struct param_parsed {
    bool is_list, is_map;
    struct param_scalar *items; /* one when it is no list */
    size_t count;
    struct str name;              /* of a member */
    struct param_parsed *members; /* of a map */
    const struct cJSON *node;
};

struct param_decoding {
    struct arena *arena;
    const char *owner;
    const struct document *document;
    struct str file;
    struct diagnostics *diagnostics;
    const struct param *row;
};

/* Adds an error about the row at hand, at the node (NULL: nowhere); returns false. */
bool param_complain(struct param_decoding *d, const struct cJSON *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* "must be WANTED, it is a list" */
bool param_complain_of_type(struct param_decoding *d, const char *wanted, const struct cJSON *node);

/* Reads the value as the row's type wants it into the params struct; false: told. */
bool param_read(struct param_decoding *d, const struct param_parsed *value, void *target);

#endif
