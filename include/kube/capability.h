/*
 * capability: Linux capability names as people write them. Kubernetes stores free strings; runtimes differ in
 * case and in the CAP_ prefix. Deny lists compare normalised, Pod Security compares exactly.
 */
#ifndef PODGATE_KUBE_CAPABILITY_H
#define PODGATE_KUBE_CAPABILITY_H

#include "base/str.h"

/* Equal without case, as runtimes see it, and with one optional CAP_ prefix taken off each. */
bool capability_equals(struct str a, struct str b);
/* Whether one of the names equals it so. */
bool capability_list_has(const struct str_list *names, struct str name);
/* Whether the kernel knows a capability of this name (normalised), or it is ALL. */
bool capability_is_known(struct str name);
/* The known name nearest to a wrong one, for "did you mean", or STR_NONE. */
struct str capability_nearest(struct str wrong);
/* Whether all names are known; else ERR_SCHEMA with the first that is not, and its index in *wrong. */
MUST_CHECK bool capability_check_names(const struct str_list *names, size_t *wrong,
                                       struct error *err);

#endif
