/*
 * probe_sample: the two Pods that `podgate probe` can ask about, as the API server would ask. Private to the room probe.
 */
#ifndef PODGATE_CLI_PROBE_SAMPLE_H
#define PODGATE_CLI_PROBE_SAMPLE_H

#include "base/str.h"

enum probe_sample { SAMPLE_GOOD, SAMPLE_BAD };
/* "good", "bad", NULL */
extern const char *const probe_sample_names[];

/* An AdmissionReview (v1, CREATE, dryRun) of the sample in a namespace; `uid` tells it from others. False: out of memory. */
MUST_CHECK bool probe_sample_review(struct arena *arena, enum probe_sample sample,
                                    struct str name_space, struct str uid, struct str *out);

#endif
