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

/* `match`, or one item of `exclude`: all keys that are there must match. Those whose object keys are
 * equal share an id. */
struct match {
    unsigned id;         /* index among the snapshot's distinct matches */
    bool is_empty;       /* matches everything */
    bool needs_request;  /* depends on what a manifest cannot tell: operations, users, groups */
    bool is_of_envelope; /* what a review says beside its object decides it */
    uint32_t kinds;      /* bit n: workload_index; all, declared ones too, when not given */
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

/* What is unknown counts as matching in `match` and as not matching in `exclude`. */
enum match_sense { MATCH_SELECT, MATCH_EXCLUDE };
/* Object keys only. */
bool match_object(const struct match *match, const struct subject *subject, enum match_sense sense);
/* A container's image, read for the first match that asks. Zeroed before. */
struct match_image {
    bool is_read, is_image;
    struct image image;
    struct str full_name;
};
/*
 * What the texts begin with that a match asks for (base/glob), and marks of the labels: nearly all matches for others are turned
 * down by these alone. Where they fit, the match must be asked.
 */
struct match_heads {
    struct glob_head name_space, user, service_account, name;
    uint64_t labels; /* a bit for each key, one more for each key with a value that is no pattern */
};
struct match_heads match_heads_of(const struct match *match);
struct subject_heads {
    uint64_t name_space, user, service_account;
    uint64_t names[4];
    size_t name_count;
    uint64_t labels;
    bool knows_user;
};
struct subject_heads subject_heads_of(const struct subject *subject);
/* False: match_object is false too, with MATCH_SELECT. */
bool match_heads_fit(const struct match_heads *heads, const struct subject_heads *of);
/* Container keys only; true when the match has none. `image` is the container's: NULL will do for a match without images. */
bool match_container(struct arena *arena, const struct match *match,
                     const struct container *container, struct match_image *image);
/* Whether it may match as far as the envelope tells (kind, operation, namespace, user, groups): without a tree. Where the match
 * is_of_envelope, this is the answer. */
bool match_envelope(const struct match *match, const struct review *review,
                    const struct workload_kind *kind);

#endif
