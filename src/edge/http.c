#include "edge/http.h"

#include "kube/review.h"

void http_text(struct http_reply *reply, struct str body) {
    *reply = (struct http_reply){.status = 200,
                                 .body = body,
                                 .content_type = "text/plain; charset=utf-8",
                                 .retry_after_s = -1};
}

/* k8s.io/apimachinery pkg/apis/meta/v1 types.go, StatusReason */
static struct str reason_of(int status) {
    switch (status) {
    case 404: return STR("NotFound");
    case 405: return STR("MethodNotAllowed");
    case 408: return STR("Timeout");
    case 413: return STR("RequestEntityTooLarge");
    case 415: return STR("UnsupportedMediaType");
    case 500: return STR("InternalError");
    case 503: return STR("ServiceUnavailable");
    default: return STR("BadRequest");
    }
}

void http_refuse(struct http_thread *thread, struct http_reply *reply, int status,
                 struct str message) {
    struct strbuf body;
    strbuf_init(&body, &thread->arena, 256);
    review_write_status(&body, status, reason_of(status), message);
    *reply = (struct http_reply){.status = status,
                                 .body = strbuf_str(&body),
                                 .content_type = "application/json",
                                 .retry_after_s = -1};
}
