/*
 * judging: one case of tests/conformance, judged by the code that judges in production: for driver.c, which
 * compares with upstream, and for the golden test that replays found/.
 *
 *   {"params": {"level": "restricted", "version": "v1.36", "except": ["hostPorts"]}, "pod": {...}}
 *   {"params": {...}, "old": {...}, "new": {...}, "subresource": "ephemeralcontainers"}
 *
 * The parameters are those of a policy file's rule. The first form is judged by the check alone; the second is a
 * review (an UPDATE, or a CREATE when `old` is null) under a policy of this one rule, and goes through admission.
 */
#ifndef PODGATE_CONFORMANCE_JUDGING_H
#define PODGATE_CONFORMANCE_JUDGING_H

#include "policy/admission.h"

struct judging_policy {
    struct str params; /* as the case writes them */
    struct snapshot *snapshot;
    struct judging_policy *next;
};

struct judging {
    struct arena arena;              /* of one case */
    struct arena kept;               /* of the policies' list */
    struct judging_policy *policies; /* by their parameters: compiled once */
};

void judging_init(struct judging *judging);
void judging_fini(struct judging *judging);
/* The ids of the violated controls in the order they were found, each once; none: allowed. They live until the next
 * call, with `line`, which must be one whole JSON value. False when the case cannot be judged. */
MUST_CHECK bool judging_judge(struct judging *judging, struct str line, struct str_list *violated,
                              struct error *err);

#endif
