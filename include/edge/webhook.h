/*
 * webhook: one review's way through podgate: deadline, snapshot, admission, then log line and
 * numbers made from the outcome.
 *
 * The struct is filled before the threads start; only its atomics change afterwards. webhook_validate may be
 * entered by any event thread with its own http_thread.
 */
#ifndef PODGATE_EDGE_WEBHOOK_H
#define PODGATE_EDGE_WEBHOOK_H

#include "edge/http.h"
#include "edge/log.h"
#include "edge/recorder.h"
#include "policy/admission.h"
#include "policy/store.h"

#define WEBHOOK_BIG_BODY ((size_t)256 << 10)

struct webhook {
    struct admission_options admission;
    struct store *store;
    struct log *log;
    struct recorder *recorder; /* NULL: reviews are not recorded */
    bool omits_users;          /* log lines do not say who asked */
    /* Bodies above WEBHOOK_BIG_BODY judged at once: one thread fewer than there are (but at least one), so that a
     * worst-case review cannot stall all the others. */
    unsigned big_limit;
    atomic_uint big_now;
    struct log_limit overload;
};

/* Lines for the reviews since the call before that were found clean and left none of their own: how many, by namespace
 * (docs/logs.md). The control thread's. */
void webhook_tell_clean(struct webhook *webhook, struct metrics *metrics);
/* A http_handler; `context` is the struct webhook, `rest` the profile. */
void webhook_validate(void *context, struct http_thread *thread, const struct http_request *request,
                      struct http_reply *reply);

#endif
