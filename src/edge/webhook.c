#include "edge/webhook.h"

#include "edge/clock.h"

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

/* "policy/rule" of each rule that found something, once. */
static size_t list_rules(struct arena *arena, const struct judgement *judgement,
                         const struct str **out) {
    struct str *names = ARENA_NEW(arena, struct str, judgement->count);
    const struct rule *last = NULL;
    size_t n = 0;
    *out = names;
    if (!names) return 0;
    /* Violations come in the order of the rules. */
    for (const struct violation *v = judgement->first; v && n < judgement->count; v = v->next) {
        if (v->rule == last) continue;
        last = v->rule;
        names[n++] = str_format(arena, "%.*s/%.*s", STR_ARGS(v->rule->policy->name),
                                STR_ARGS(v->rule->name));
    }
    return n;
}

/* The exceptions of a list of violations, each once. */
static size_t list_exceptions(struct arena *arena, const struct violation *list, size_t count,
                              const struct str **out) {
    struct str *names = ARENA_NEW(arena, struct str, count);
    size_t n = 0;
    *out = names;
    if (!names) return 0;
    for (const struct violation *v = list; v && n < count; v = v->next) {
        bool is_new = v->exception != NULL;
        for (size_t i = 0; is_new && i < n; i++)
            is_new = !str_equals(names[i], v->exception->name);
        if (is_new) names[n++] = v->exception->name;
    }
    return n;
}

static enum log_level level_of(const struct admission_outcome *outcome) {
    switch (outcome->decision) {
    case DECISION_DENIED:
    case DECISION_WOULD_DENY: return LOG_LEVEL_INFO;
    case DECISION_ERROR: return outcome->http_status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
    case DECISION_ALLOWED:
    case DECISION_WARNED:
    case DECISION_AUDITED: break;
    }
    if (outcome->error_reason) return LOG_LEVEL_WARN;
    bool has_excused = outcome->judged && outcome->judgement.excused_count > 0;
    return has_excused ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

static void log_review(struct log_line *line, const struct review *review) {
    log_string(line, "uid", review->uid);
    log_string(line, "operation", review->operation_text);
    log_string(line, "kind", review->kind.kind);
    if (review->request_kind.kind.len > 0 &&
        !str_equals(review->request_kind.kind, review->kind.kind))
        log_string(line, "request_kind", review->request_kind.kind);
    if (review->sub_resource.len > 0) log_string(line, "subresource", review->sub_resource);
    log_string(line, "namespace", review->name_space);
    log_string(line, "name", review->name);
    log_string(line, "user", review->user);
    log_bool(line, "dry_run", review->dry_run);
}

static void log_judgement(struct log_line *line, struct arena *arena,
                          const struct judgement *judgement) {
    const struct str *names;
    size_t count = list_rules(arena, judgement, &names);
    log_list(line, "rules", names, count);
    if (judgement->kept_count > 0) log_int(line, "kept", (int64_t)judgement->kept_count);
    if (judgement->excused_count > 0) {
        count = list_exceptions(arena, judgement->excused, judgement->excused_count, &names);
        log_list(line, "exceptions", names, count);
        log_int(line, "excused", (int64_t)judgement->excused_count);
    }
    /* What counts and has an exception all the same has one that is over. */
    count = list_exceptions(arena, judgement->first, judgement->count, &names);
    if (count > 0) log_list(line, "expired_exceptions", names, count);
}

static void log_outcome(struct webhook *webhook, struct http_thread *thread,
                        const struct admission_outcome *outcome, const struct snapshot *snapshot,
                        int64_t took_ns) {
    enum log_level level = level_of(outcome);
    if (!log_wants(webhook->log, level)) return;
    struct log_line line;
    log_begin(&line, webhook->log, &thread->arena, level, STR("admission"));
    if (outcome->has_review) log_review(&line, &outcome->review);
    log_string(&line, "decision", decision_name(outcome->decision));
    if (outcome->judged) log_judgement(&line, &thread->arena, &outcome->judgement);
    if (outcome->skip != SKIP_NONE) log_string(&line, "skip", admission_skip_name(outcome->skip));
    if (outcome->error_reason) {
        log_string(&line, "reason", str_from(outcome->error_reason));
        log_string(&line, "error", outcome->error_text);
    }
    if (outcome->http_status != 200) log_int(&line, "status", outcome->http_status);
    log_int(&line, "latency_us", took_ns / 1000);
    log_string(&line, "profile", outcome->profile);
    if (snapshot)
        log_string(&line, "config_hash",
                   str_format(&thread->arena, "%016llx", (unsigned long long)snapshot->hash));
    log_end(&line);
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
    metrics_count_admission(thread->metrics, &outcome, took_ns);
    if (outcome.http_status == 500 && thread->arena.is_over_budget) {
        store_release(webhook->store, snapshot);
        arena_reset(&thread->arena, 0);
        shed(
            webhook, thread, reply, SHED_MEMORY, 1,
            STR("podgate holds as much memory for reviews as it may (--memory-budget); try again"));
        return;
    }
    log_outcome(webhook, thread, &outcome, snapshot, took_ns);
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
