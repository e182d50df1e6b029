/*
 * match_index: of many policies, those whose `match` and `exclude` let them concern a subject, without asking each.
 *
 * A match asks in some of the dimensions below; in each, one of its patterns must match one of the subject's texts. So each
 * dimension has an index of all patterns (base/glob_index), is asked once per request, and leaves the policies that have a pattern
 * which matched, or that do not ask in it. An item of `exclude` that asks in one dimension and nothing else takes out those whose
 * patterns matched. What is left is few, and not yet decided: match_object and its neighbours still have to be asked.
 *
 * Built with the snapshot, then only read. Policies are numbers below a limit.
 */
#ifndef PODGATE_POLICY_MATCH_INDEX_H
#define PODGATE_POLICY_MATCH_INDEX_H

#include "base/glob_index.h"
#include "policy/match.h"

/* Those whose images or containers are asked for come last: they are the dearest. */
enum match_dimension {
    DIMENSION_NAMESPACE, /* a review's envelope tells this and the next two */
    DIMENSION_USER,
    DIMENSION_GROUP,
    DIMENSION_NAME,
    DIMENSION_SERVICE_ACCOUNT,
    DIMENSION_RUNTIME_CLASS,
    DIMENSION_FIRST_LABEL, /* of a match: all of its labels must be there */
    DIMENSION_SECOND_LABEL,
    DIMENSION_THIRD_LABEL,
    DIMENSION_CONTAINER,
    DIMENSION_IMAGE,
    DIMENSION_COUNT
};

/* One dimension, in one sense, that policies ask in. */
struct match_step {
    enum match_dimension dimension;
    enum match_sense sense;
    struct glob_index globs;
};
struct match_index {
    struct match_step steps[2 * DIMENSION_COUNT]; /* in the order of dimensions */
    size_t step_count;
    size_t limit; /* of policies */
};

/* A policy's `match`, or an item of its `exclude`. */
struct match_filing {
    const struct match *match; /* must live as long as the index */
    enum match_sense sense;
    uint32_t policy;
};
/* False: out of memory. */
MUST_CHECK bool match_index_build(struct arena *arena, const struct match_filing *filings,
                                  size_t count, size_t limit, struct match_index *out);

/* Both take out of a set policies that do not concern the subject. Out of memory only the arena's mark counts. */
void match_index_narrow(const struct match_index *index, const struct subject *subject,
                        struct match_images *images, uint64_t *policies);
/* By namespace, user and groups alone: the subject needs no workload. */
void match_index_narrow_by_envelope(const struct match_index *index, struct arena *arena,
                                    const struct subject *subject, uint64_t *policies);

#endif
