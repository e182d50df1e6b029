/*
 * meta: what podgate reads of an object's metadata. Slices point into the tree; labels and annotations
 * stay nodes. Values are set by users and by controllers alike and prove nothing about who made the object.
 */
#ifndef PODGATE_KUBE_META_H
#define PODGATE_KUBE_META_H

#include "text/tree.h"

struct meta {
    struct str name, generate_name, name_space;
    const struct cJSON *labels, *annotations; /* objects, or NULL */
    struct str owner_kind, owner_name;        /* of the owner reference with controller: true */
    bool is_being_deleted;                    /* deletionTimestamp is set */
};

/* `node` may be NULL (no metadata). ERR_SCHEMA with where = the field below `at` ("metadata"). */
MUST_CHECK bool meta_decode(const struct cJSON *node, const char *at, struct meta *out,
                            struct error *err);

struct meta_annotation {
    struct str key, value;
    const struct cJSON *node;
};
/* The next annotation, from {0} on; false after the last. A null value is empty, as Kubernetes reads it. */
bool meta_annotation_next(const struct meta *meta, struct meta_annotation *at);

#endif
