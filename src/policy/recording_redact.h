/*
 * recording_redact (private to the room recording): an object's text without its secrets.
 */
#ifndef PODGATE_POLICY_RECORDING_REDACT_H
#define PODGATE_POLICY_RECORDING_REDACT_H

#include "base/json_out.h"
#include "base/table.h"
#include "kube/review.h"

/* Of one review. */
struct redaction {
    struct arena *arena;
    const struct scan_limits *limits;
    struct table values; /* each value that was taken out, numbered */
    unsigned taken_out;  /* how often something was */
    unsigned inexact;    /* of these: what stands there may be judged otherwise */
};

void redact_init(struct redaction *redaction, struct arena *arena,
                 const struct scan_limits *limits);
/* Appends the object, without blanks. False: it is none that can be judged, or is nested too deep, or the arena ran out. */
MUST_CHECK bool redact_object(struct redaction *redaction, const struct review_object *object,
                              struct strbuf *out);

#endif
