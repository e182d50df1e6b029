/*
 * registry: every check, in the order of rules/checks.def (alphabetical).
 */
#ifndef PODGATE_RULES_REGISTRY_H
#define PODGATE_RULES_REGISTRY_H

#include "rules/check.h"

extern const struct check *const check_registry[];
extern const size_t check_registry_count;

/* The check of this id, or NULL. */
const struct check *check_find(struct str id);
/* The id nearest to a wrong one, or STR_NONE. */
struct str check_nearest(struct str wrong);

#endif
