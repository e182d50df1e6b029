/*
 * recording: a review as one line of JSON, to be judged again some day by other policies, without its secrets.
 *
 * The line is an AdmissionReview with its answer's `allowed`, and a member `podgate` of our own: when and by which profile it was
 * judged, and what was taken out. Taken out are the values of environment variables and headers, the words of commands, whatever else
 * looks like a secret, status, managedFields, the last applied configuration, and the names of persons. What stands
 * there instead is judged as the value was (rules/secret): equal values of the two objects stay equal, different ones different.
 *
 * Bytes to bytes: no disk, no clock. Any thread may enter.
 */
#ifndef PODGATE_POLICY_RECORDING_H
#define PODGATE_POLICY_RECORDING_H

#include "policy/admission.h"

#define RECORDING_VERSION                                                                          \
    1 /* of the member `podgate`: another one when a key goes or changes its meaning */

struct recording_options {
    struct scan_limits limits; /* those by which the review was judged */
    bool keeps_users;          /* also names that do not begin with "system:" */
};

/* What the review does not say itself. */
struct recording_note {
    int64_t unix_ms;
    struct str profile;
    enum mode mode;
    enum decision decision;
    bool allowed;
};

/* Whether a review with this outcome may be judged otherwise by other policies; if not it is not worth a line. */
bool recording_is_worth(const struct admission_outcome *outcome);
/*
 * Appends the line with its end. `review` was read from bytes that still live; texts in between go to the buffer's arena.
 * False: the object cannot be judged, so it cannot be told what in it is a secret, or the arena ran out; then the
 * buffer holds half a line.
 */
MUST_CHECK bool recording_write(struct strbuf *out, const struct recording_options *options,
                                const struct review *review, const struct recording_note *note);

#endif
