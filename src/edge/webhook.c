#include "edge/webhook.h"

#include "edge/clock.h"
#include "edge/webhook_log.h"

/* Whether the caller's own deadline (`?timeout=`) is over before the work began. */
static bool is_too_late(const struct http_request *request, int64_t now_ns) {
    int64_t timeout_ns;
    return clock_parse_duration(request->timeout, &timeout_ns) && timeout_ns > 0 &&
           now_ns - request->arrived_ns >= timeout_ns;
}

static void shed(struct webhook *webhook, struct http_thread *thread, struct http_reply *reply,
                 enum shed_reason why, int retry_after_s, struct str message) {
    metrics_count(thread->metrics, METRIC_SHED, why);
    log_limited(webhook->log, &webhook->overload, LOG_LEVEL_WARN, "%.*s", STR_ARGS(message));
    http_refuse(thread, reply, 503, message);
    reply->retry_after_s = retry_after_s;
}

static bool enter_big(struct webhook *webhook) {
    if (atomic_fetch_add(&webhook->big_now, 1) < webhook->big_limit) return true;
    atomic_fetch_sub(&webhook->big_now, 1);
    return false;
}

static void judge(struct webhook *webhook, struct http_thread *thread,
                  const struct http_request *request, int64_t began_ns, struct http_reply *reply) {
    struct admission_outcome outcome;
    struct snapshot *snapshot = store_acquire(webhook->store);
    admission_answer(&thread->arena, &webhook->admission, snapshot, request->rest, request->body,
                     clock_unix_ms() / 1000, &outcome);
    *reply = (struct http_reply){.status = outcome.http_status,
                                 .body = outcome.body,
                                 .content_type = "application/json",
                                 .retry_after_s = -1};
    int64_t took_ns = clock_monotonic_ns() - began_ns;
    metrics_count_admission(thread->metrics, &outcome, snapshot ? &snapshot->declared : NULL,
                            took_ns);
    if (outcome.http_status == 500 && thread->arena.is_over_budget) {
        store_release(webhook->store, snapshot);
        arena_reset(&thread->arena, 0);
        shed(
            webhook, thread, reply, SHED_MEMORY, 1,
            STR("podgate holds as much memory for reviews as it may (--memory-budget); try again"));
        return;
    }
    webhook_log_review(webhook->log, !webhook->omits_users, &thread->arena, &outcome, snapshot,
                       took_ns);
    recorder_offer(webhook->recorder, thread->metrics, &outcome, request->body);
    store_release(webhook->store, snapshot);
}

void webhook_validate(void *context, struct http_thread *thread, const struct http_request *request,
                      struct http_reply *reply) {
    struct webhook *webhook = context;
    int64_t now_ns = clock_monotonic_ns();
    if (request->timeout.len > 0 && is_too_late(request, now_ns)) {
        shed(webhook, thread, reply, SHED_DEADLINE, -1,
             STR("the time that the API server gave was over before podgate could judge"));
        return;
    }
    bool is_big = request->body.len > WEBHOOK_BIG_BODY;
    if (is_big && !enter_big(webhook)) {
        shed(webhook, thread, reply, SHED_BIG_BODY, 1,
             STR("podgate is judging as many large reviews as it may at once; try again"));
        return;
    }
    judge(webhook, thread, request, now_ns, reply);
    if (is_big) atomic_fetch_sub(&webhook->big_now, 1);
}

void webhook_tell_clean(struct webhook *webhook, struct metrics *metrics) {
    struct arena arena;
    size_t count;
    /* At level debug each has a line of its own. */
    if (log_wants(webhook->log, LOG_LEVEL_DEBUG) || !log_wants(webhook->log, LOG_LEVEL_INFO))
        return;
    arena_init(&arena, 65536, 0);
    struct metrics_clean *rows = metrics_take_clean(metrics, &arena, &count);
    webhook_log_clean(webhook->log, &arena, rows, count);
    arena_fini(&arena);
}
