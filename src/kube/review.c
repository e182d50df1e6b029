/* What a review is about, and the answer to it. Reading is in review_read.c. */
#include "kube/review.h"

#include "base/json_out.h"

static const struct str operation_names[] = {
    [OPERATION_CREATE] = STR_INIT("CREATE"), [OPERATION_UPDATE] = STR_INIT("UPDATE"),
    [OPERATION_DELETE] = STR_INIT("DELETE"), [OPERATION_CONNECT] = STR_INIT("CONNECT"),
    [OPERATION_OTHER] = STR_INIT("OTHER"),
};

struct str operation_name(enum operation operation) {
    return operation_names[operation];
}

bool operation_parse(struct str name, enum operation *out) {
    for (int i = OPERATION_CREATE; i < OPERATION_OTHER; i++) {
        if (!str_equals(name, operation_names[i])) continue;
        *out = (enum operation)i;
        return true;
    }
    return false;
}

/* --- scope --- */

/* Subresources of Pods that carry no pod spec of the user's, as upstream's Pod Security has them
 * (pod-security-admission admission.go, ignoredPodSubresources), and scale. All others carry a Pod
 * that may add something: ephemeralcontainers, resize, and what is still to come. */
static const struct str ignored_sub_resources[] = {
    STR_INIT("exec"),     STR_INIT("attach"), STR_INIT("binding"),
    STR_INIT("eviction"), STR_INIT("log"),    STR_INIT("portforward"),
    STR_INIT("proxy"),    STR_INIT("status"), STR_INIT("scale"),
};

static bool is_ignored_sub_resource(struct str name) {
    for (size_t i = 0; i < sizeof ignored_sub_resources / sizeof *ignored_sub_resources; i++) {
        if (str_equals(name, ignored_sub_resources[i])) return true;
    }
    return false;
}

enum review_scope review_scope(const struct review *review, const struct declared_kinds *declared,
                               const struct workload_kind **kind) {
    if (review->operation != OPERATION_CREATE && review->operation != OPERATION_UPDATE)
        return REVIEW_OPERATION;
    const struct workload_kind *found =
        workload_find_among(declared, review->kind.group, review->kind.kind);
    bool has_sub_resource = !str_is_empty(review->sub_resource);
    if (has_sub_resource &&
        (!found || !found->is_pod || is_ignored_sub_resource(review->sub_resource)))
        return REVIEW_SUBRESOURCE;
    if (!found) return REVIEW_KIND;
    if (!review->object.is_present) return REVIEW_NO_OBJECT;
    *kind = found;
    return REVIEW_JUDGE;
}

/* --- the object's tree --- */

static bool is_too_much(enum scan_defect_kind kind) {
    return kind == SCAN_TOO_DEEP || kind == SCAN_TOO_MANY_NODES || kind == SCAN_STRING_TOO_LONG ||
           kind == SCAN_NUMBER_TOO_LONG;
}

static bool refuse_defect(struct arena *arena, const struct review_object *object,
                          const struct scan_limits *limits, struct error *err) {
    struct scan_defect defect = object->defect;
    struct str text = scan_defect_text(arena, defect, limits);
    error_set(err, is_too_much(defect.kind) ? ERR_LIMIT : ERR_SCHEMA, "%.*s", STR_ARGS(text));
    uint32_t line, column;
    scan_place(object->bytes, defect.offset, &line, &column);
    return error_at(err, line, column);
}

bool review_object_parse(struct arena *arena, const struct review_object *object,
                         const struct scan_limits *limits, struct document *out,
                         struct error *err) {
    if (object->defect.kind != SCAN_FINE) return refuse_defect(arena, object, limits, err);
    if (!object->is_object) return error_set(err, ERR_SCHEMA, "must be an object");
    return json_parse(arena, object->bytes, object->marks, object->skip, object->skip_count, out,
                      err);
}

/* --- the answer --- */

/* An answer has one shape: its texts stand between fixed ones, without a writer that keeps count of them. */
static void write_text(struct strbuf *out, struct str before, struct str text) {
    strbuf_add(out, before);
    json_out_escape(out, text);
}

static void write_causes(struct strbuf *out, const struct review_answer *answer) {
    strbuf_add(out, STR(",\"details\":{\"causes\":["));
    for (size_t i = 0; i < answer->cause_count; i++) {
        const struct review_cause *cause = &answer->causes[i];
        strbuf_add(out, i > 0 ? STR(",{\"reason\":") : STR("{\"reason\":"));
        json_out_text(out, cause->reason);
        strbuf_add(out, STR(",\"message\":"));
        json_out_two_texts(out, cause->subject, cause->statement);
        strbuf_add(out, STR(",\"field\":"));
        json_out_text(out, cause->field);
        strbuf_add_char(out, '}');
    }
    strbuf_add(out, STR("]}"));
}

/* reason Forbidden, never Invalid: kubectl would drop the message when there are causes. */
static void write_denial(struct strbuf *out, const struct review_answer *answer) {
    write_text(out, STR(",\"status\":{\"status\":\"Failure\",\"message\":"), answer->message);
    strbuf_add(out, STR(",\"reason\":\"Forbidden\",\"code\":403"));
    if (answer->cause_count > 0) write_causes(out, answer);
    strbuf_add_char(out, '}');
}

static void write_warnings(struct strbuf *out, const struct review_answer *answer) {
    for (size_t i = 0; i < answer->warning_count; i++)
        write_text(out, i > 0 ? STR(",") : STR(",\"warnings\":["), answer->warnings[i]);
    if (answer->warning_count > 0) strbuf_add_char(out, ']');
}

static void write_annotations(struct strbuf *out, const struct review_answer *answer) {
    for (size_t i = 0; i < answer->annotation_count; i++) {
        const struct review_annotation *note = &answer->annotations[i];
        write_text(out, i > 0 ? STR(",") : STR(",\"auditAnnotations\":{"), note->key);
        write_text(out, STR(":"), note->value);
    }
    if (answer->annotation_count > 0) strbuf_add_char(out, '}');
}

/* What the answer takes when little in it must be escaped. */
static size_t likely_bytes(const struct review_answer *answer) {
    const size_t skeleton = 320, of_cause = 64, of_note = 16;
    size_t bytes = skeleton + answer->message.len;
    for (size_t i = 0; i < answer->cause_count; i++) {
        const struct review_cause *cause = &answer->causes[i];
        bytes += cause->reason.escaped.len + cause->subject.escaped.len +
                 cause->statement.escaped.len + cause->field.escaped.len + of_cause;
    }
    for (size_t i = 0; i < answer->warning_count; i++)
        bytes += answer->warnings[i].len + of_note;
    for (size_t i = 0; i < answer->annotation_count; i++)
        bytes += answer->annotations[i].key.len + answer->annotations[i].value.len + of_note;
    return bytes;
}

void review_write_answer(struct strbuf *out, const struct review *review,
                         const struct review_answer *answer) {
    if (!strbuf_reserve(out, likely_bytes(answer))) return;
    strbuf_add(out, review->is_v1beta1 ? STR("{\"apiVersion\":\"admission.k8s.io/v1beta1\"")
                                       : STR("{\"apiVersion\":\"admission.k8s.io/v1\""));
    write_text(out, STR(",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":"), review->uid);
    strbuf_add(out, answer->allowed ? STR(",\"allowed\":true") : STR(",\"allowed\":false"));
    if (!answer->allowed) write_denial(out, answer);
    write_warnings(out, answer);
    write_annotations(out, answer);
    strbuf_add(out, STR("}}"));
}

void review_write_status(struct strbuf *buf, int code, struct str reason, struct str message) {
    struct json_out out;
    json_out_init(&out, buf);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "kind", STR("Status"));
    json_out_string(&out, "apiVersion", STR("v1"));
    json_out_begin_object(&out, "metadata");
    json_out_end_object(&out);
    json_out_string(&out, "status", STR("Failure"));
    json_out_string(&out, "message", message);
    json_out_string(&out, "reason", reason);
    json_out_int(&out, "code", code);
    json_out_end_object(&out);
}
