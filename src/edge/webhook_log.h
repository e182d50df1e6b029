/*
 * webhook_log (private to the room webhook): the line that a review leaves in the log. docs/logs.md and
 * docs/logs.schema.json are its contract with whoever reads it.
 */
#ifndef PODGATE_EDGE_WEBHOOK_LOG_H
#define PODGATE_EDGE_WEBHOOK_LOG_H

#include "edge/log.h"
#include "edge/metrics.h"
#include "policy/admission.h"

/* One line at level info or above for every review that has a violation, an exception or an error to
 * tell, whether it counts or not; the others at level debug. `snapshot` may be NULL. */
void webhook_log_review(struct log *log, bool names_user, struct arena *arena,
                        const struct admission_outcome *outcome, const struct snapshot *snapshot,
                        int64_t took_ns);
/* Lines for `count` rows of reviews that left none, see docs/logs.md. */
void webhook_log_clean(struct log *log, struct arena *arena, const struct metrics_clean *rows,
                       size_t count);

#endif
