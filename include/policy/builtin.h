/*
 * builtin: the files under policies/, compiled into the binary, and the Profiles that every snapshot has
 * unless its files define their own of the same name; one without policies changes only the mode. Texts are static; any thread may enter.
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

/* A Profile of one built-in policy, in mode enforce. */
struct builtin_profile {
    struct str name, policy;
};

extern const struct builtin_profile builtin_profiles[];
extern const size_t builtin_profile_count;

/* The built-in Profile of this name, or NULL. */
const struct builtin_profile *builtin_profile_find(struct str name);

#endif
