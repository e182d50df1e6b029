/*
 * What a plain YAML scalar means: the typing that libyaml leaves to its caller. Private to yaml.
 */
#ifndef PODGATE_TEXT_YAML_SCALAR_H
#define PODGATE_TEXT_YAML_SCALAR_H

#include "text/yaml.h"

enum yaml_scalar_kind {
    YAML_SCALAR_STRING,
    YAML_SCALAR_NULL,
    YAML_SCALAR_TRUE,
    YAML_SCALAR_FALSE,
    YAML_SCALAR_INTEGER,
    YAML_SCALAR_FLOAT,
    YAML_SCALAR_NOT_FINITE, /* .inf, .nan: JSON has no such number */
};

struct yaml_scalar {
    enum yaml_scalar_kind kind;
    double number;   /* near the number's value */
    struct str text; /* a number's, terminated, as tree_number_text gives it; in the arena */
};

/* As kubectl's YAML library types it (go-yaml v2). False: out of memory, the arena is marked. */
MUST_CHECK bool yaml_scalar_resolve(struct arena *arena, struct str plain,
                                    struct yaml_scalar *scalar);
/* Whether kubectl writes a key that is this fraction as it is spelled: it takes the shortest digits of a 32-bit float, and an
 * exponent from a million on. */
bool yaml_scalar_is_stable_key(struct str number);
/* As policy files are typed: by the core schema of YAML 1.2, so yes, no, on and off are plain words. False, saying what to
 * write instead, where 1.1 reads another number, or where a word is spelled in capitals. */
MUST_CHECK bool yaml_scalar_resolve_strictly(struct arena *arena, struct str plain,
                                             struct yaml_scalar *scalar, struct error *err);

#endif
