/*
 * admission: an AdmissionReview in, an answer out: bytes to bytes, without socket, clock or disk. The server, `podgate
 * review`, the golden tests and the fuzzers all enter here. Steps 3 to 9 of a request's life (docs/ARCHITECTURE.md).
 *
 * A verdict is always HTTP 200. Malformed envelopes are 400 with a v1 Status. An object that must be judged and
 * cannot be is denied ("podgate cannot judge this: ..."), in mode audit allowed with the annotation `error`, in mode
 * warn with a warning too.
 * Our own failure is 500 with a v1 Status and the cluster's failurePolicy decides; with a readable
 * envelope in mode audit even that is answered allowed, with the annotation.
 */
#ifndef PODGATE_POLICY_ADMISSION_H
#define PODGATE_POLICY_ADMISSION_H

#include "policy/update.h"
#include "policy/verdict.h"

struct admission_options {
    struct scan_limits limits;
    enum mode mode;                    /* a ceiling on every profile's own */
    struct str_list exempt_namespaces; /* exact names; --own-namespace is one of them */
};

enum decision {
    DECISION_ALLOWED,    /* nothing found, or nothing to judge */
    DECISION_WARNED,     /* allowed, with a warning */
    DECISION_AUDITED,    /* allowed, violations only annotated */
    DECISION_WOULD_DENY, /* allowed by the mode alone */
    DECISION_DENIED,
    DECISION_ERROR, /* no verdict: 4xx or 5xx, or "allowed with an error" in modes audit and warn */
};
struct str decision_name(
    enum decision decision); /* "allow", "warn", "audit", "would_deny", "deny", "error" */

/* Why nothing was judged, for metrics and the debug log; NONE when it was. */
enum admission_skip {
    SKIP_NONE,
    SKIP_OPERATION,
    SKIP_SUBRESOURCE,
    SKIP_KIND,
    SKIP_NO_OBJECT, /* null, or a null template */
    SKIP_EXEMPT_NAMESPACE,
    SKIP_BEING_DELETED,
    SKIP_UNCHANGED,
    SKIP_NO_RULE,
};
struct str admission_skip_name(enum admission_skip skip);

/* Everything lives in the arena of the call, until its reset. */
struct admission_outcome {
    int http_status; /* 200, 400, 404, 500, 503 */
    struct str body; /* the JSON answer */
    bool has_review; /* the envelope was readable: `review` holds it */
    struct review review;
    struct workload workload; /* valid when `judged` */
    bool judged;
    struct judgement judgement; /* valid when `judged` */
    enum decision decision;
    enum admission_skip skip;
    const char *
        error_reason; /* a bounded label: "malformed", "unjudgeable", "memory", "bug", "profile", "no_policy"; NULL */
    struct str error_text; /* for the log */
    struct str profile;
    bool has_profile; /* there is one of this name */
    enum mode mode;   /* the laxest that applies; valid when `has_review` */
};

/* `snapshot` may be NULL: 503. `profile` "" is "default"; unknown: 404 Status. `now` is in Unix seconds. Never fails: the
 * outcome says it all. */
void admission_answer(struct arena *arena, const struct admission_options *options,
                      const struct snapshot *snapshot, struct str profile, struct str body,
                      int64_t now, struct admission_outcome *out);

#endif
