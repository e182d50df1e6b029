/*
 * schema: the names of the fields of a pod spec, a container and of metadata (Kubernetes v1.37), to tell a slip from a field that is
 * newer than we are. Read-only; any thread may enter.
 */
#ifndef PODGATE_KUBE_SCHEMA_H
#define PODGATE_KUBE_SCHEMA_H

#include "base/str.h"

enum schema { SCHEMA_POD_SPEC, SCHEMA_CONTAINER, SCHEMA_METADATA };

/* False (ERR_SCHEMA, with "did you mean") when the field is unknown and nearly a known one; unlike all of them it is taken as new. */
MUST_CHECK bool schema_check_field(enum schema schema, struct str field, struct error *err);

#endif
