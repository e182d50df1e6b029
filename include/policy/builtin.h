/*
 * builtin: the files under policies/, compiled into the binary. Texts are static; any thread may enter.
 */
#ifndef PODGATE_POLICY_BUILTIN_H
#define PODGATE_POLICY_BUILTIN_H

#include "base/str.h"

struct builtin_policy {
    struct str name; /* "default": the file's name without .yaml */
    struct str text;
};

extern const struct builtin_policy builtin_policies[];
extern const size_t builtin_policy_count;

const struct builtin_policy *builtin_policy_find(struct str name);

#endif
