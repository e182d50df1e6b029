/*
 * check_progress (private to the room check): how far a long run is, on one line of a terminal's
 * standard error. Nothing while a run is short, nothing where nobody looks. Main thread only.
 */
#ifndef PODGATE_CLI_CHECK_PROGRESS_H
#define PODGATE_CLI_CHECK_PROGRESS_H

#include "desk/judge.h"

struct check_progress {
    bool is_wanted, is_shown;
    int64_t next_ms; /* when it is shown again, on the monotonic clock */
    size_t objects;  /* since the clock was asked last */
};

void check_progress_init(struct check_progress *progress);
/* The judge's on_event; `context` is a struct check_progress. */
void check_progress_take(void *context, enum judge_event event, const struct judge *judge);

#endif
