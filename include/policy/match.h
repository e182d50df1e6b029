/*
 * match: whom a rule concerns. Each distinct match is decided once per request; container keys narrow findings.
 */
#ifndef PODGATE_POLICY_MATCH_H
#define PODGATE_POLICY_MATCH_H

#include "base/glob.h"
#include "kube/review.h"
#include "rules/param.h"

struct label_glob {
    struct str key, glob;
};

#define MATCH_ALL_KINDS UINT32_MAX /* the declared ones too */

/* `match`, or one item of `exclude`: all keys that are there must match. Those whose object keys are
 * equal share an id. */
struct match {
    unsigned id;         /* index among the snapshot's distinct matches */
    bool is_empty;       /* matches everything */
    bool needs_request;  /* depends on what a manifest cannot tell: operations, users, groups */
    bool is_of_envelope; /* what a review says beside its object decides it */
    uint32_t kinds;      /* bit n: workload_index; MATCH_ALL_KINDS when not given */
    uint32_t operations; /* bit n: enum operation; 0: not given */
    struct str_list namespaces, names, users, groups, service_account_names, runtime_classes;
    const struct label_glob *labels;
    size_t label_count;
    /* narrowing to containers */
    bool narrows_containers;
    struct str_list containers;
    uint32_t container_types; /* bit n: enum container_type; 0: not given */
    struct image_pattern_list images;
};

/* The object, and who asks for it. From a review everything is known; a manifest cannot tell operation and requester. */
struct subject {
    const struct workload *workload;
    struct str name_space; /* the review's; a manifest's own, else -n, else "default" */
    bool is_from_review;
    enum operation operation;
    struct str user;
    struct str_list groups;
    struct str match_names[4]; /* filled by subject_init */
    size_t match_name_count;
};
void subject_init(struct subject *subject, const struct workload *workload);
/* The pod's service account: what the API server fills in when it names none. */
struct str subject_service_account(const struct subject *subject);

/* What is unknown counts as matching in `match` and as not matching in `exclude`. */
enum match_sense { MATCH_SELECT, MATCH_EXCLUDE };
/* Object keys only. */
bool match_object(const struct match *match, const struct subject *subject, enum match_sense sense);
/* A pod's images, read for the first match that asks. Init with the pod and the arena alone. */
struct match_images {
    struct arena *arena;
    const struct pod *pod;
    struct match_image *items; /* by container */
};
struct match_image {
    bool is_read,
        is_image; /* a reference that does not parse names no image that any runtime would pull */
    struct image image;
    struct str full_name;
};
/* That of one of the pod's containers. NULL: out of memory. */
const struct match_image *match_images_get(struct match_images *images,
                                           const struct container *container);
/* Container keys only; true when the match has none. */
bool match_container(const struct match *match, const struct container *container,
                     struct match_images *images);
/* Whether it may match as far as the envelope tells (kind, operation, namespace, user, groups): without a tree. Where the match
 * is_of_envelope, this is the answer. */
bool match_envelope(const struct match *match, const struct review *review,
                    const struct workload_kind *kind);

#endif
