#include "edge/health.h"

#include "edge/clock.h"

void health_live(void *context, struct http_thread *thread, const struct http_request *request,
                 struct http_reply *reply) {
    (void)context, (void)thread, (void)request;
    http_text(reply, STR("ok\n"));
}

void health_ready(void *context, struct http_thread *thread, const struct http_request *request,
                  struct http_reply *reply) {
    struct health *health = context;
    struct strbuf why;
    (void)request;
    strbuf_init(&why, &thread->arena, 128);
    struct snapshot *snapshot = store_acquire(health->store);
    if (!atomic_load(&health->started)) strbuf_add(&why, STR("starting\n"));
    if (!snapshot) strbuf_add(&why, STR("no policy is loaded\n"));
    store_release(health->store, snapshot);
    int64_t not_after_s = tls_not_after(health->tls);
    if (not_after_s == 0)
        strbuf_add(&why, STR("no certificate is loaded\n"));
    else if (not_after_s <= clock_unix_ms() / 1000)
        strbuf_add(&why, STR("the certificate has expired\n"));
    if (atomic_load(&health->draining)) strbuf_add(&why, STR("draining\n"));
    http_text(reply, why.len > 0 ? strbuf_str(&why) : STR("ok\n"));
    if (why.len > 0) reply->status = 503;
}

void health_metrics(void *context, struct http_thread *thread, const struct http_request *request,
                    struct http_reply *reply) {
    struct health *health = context;
    struct strbuf text;
    bool open_metrics = str_contains(request->accept, STR("application/openmetrics-text"));
    struct snapshot *snapshot = store_acquire(health->store);
    strbuf_init(&text, &thread->arena, 32768);
    metrics_set(health->metrics, METRIC_LOG_DROPPED, (int64_t)log_dropped(health->log));
    metrics_render(health->metrics, snapshot, open_metrics, &text);
    store_release(health->store, snapshot);
    http_text(reply, strbuf_str(&text));
    reply->content_type = open_metrics
                              ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; version=0.0.4; charset=utf-8";
}
