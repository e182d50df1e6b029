#include "policy/admission.h"

/* Room for an answer that must not need memory: a uid of 256 bytes, escaped, and an annotation. */
#define RESERVE_BYTES 2560
#define ANSWER_BYTES 512

struct str decision_name(enum decision decision) {
    static const char *const names[] = {
        [DECISION_ALLOWED] = "allow", [DECISION_WARNED] = "warn",
        [DECISION_AUDITED] = "audit", [DECISION_WOULD_DENY] = "would_deny",
        [DECISION_DENIED] = "deny",   [DECISION_ERROR] = "error"};
    return str_from(names[decision]);
}

struct str admission_skip_name(enum admission_skip skip) {
    static const char *const names[] = {[SKIP_NONE] = "none",
                                        [SKIP_OPERATION] = "operation",
                                        [SKIP_SUBRESOURCE] = "subresource",
                                        [SKIP_KIND] = "kind",
                                        [SKIP_NO_OBJECT] = "no_object",
                                        [SKIP_EXEMPT_NAMESPACE] = "exempt_namespace",
                                        [SKIP_BEING_DELETED] = "being_deleted",
                                        [SKIP_UNCHANGED] = "unchanged",
                                        [SKIP_NO_RULE] = "no_rule"};
    return str_from(names[skip]);
}

/* One call. */
struct admission {
    struct arena *arena;
    const struct admission_options *options;
    const struct snapshot *snapshot;
    const struct profile *profile;
    enum mode mode;
    int64_t now;
    const struct workload_kind *kind;
    bool pod_is_unchanged; /* of an update */
    struct strbuf reserve; /* mode audit: taken before anything can run out */
    struct admission_outcome *out;
};

/* --- answers --------------------------------------------------------------------------------- */

static void answer_status(struct admission *a, int code, const char *label, struct str reason,
                          struct str message) {
    struct strbuf body;
    strbuf_init(&body, a->arena, ANSWER_BYTES);
    review_write_status(&body, code, reason, message);
    a->out->http_status = code;
    a->out->decision = DECISION_ERROR;
    a->out->error_reason = label;
    a->out->error_text = message;
    a->out->body = strbuf_str(&body);
}

static void answer_review(struct admission *a, enum decision decision,
                          const struct review_answer *answer) {
    struct strbuf body;
    strbuf_init(&body, a->arena, ANSWER_BYTES);
    review_write_answer(&body, &a->out->review, answer);
    a->out->http_status = 200;
    a->out->decision = decision;
    a->out->body = strbuf_str(&body);
}

static void answer_allowed(struct admission *a, enum admission_skip skip) {
    a->out->skip = skip;
    answer_review(a, DECISION_ALLOWED, &(struct review_answer){.allowed = true});
}

/* Our own failure. The answer needs no memory, because that may be what failed. */
static void answer_failure(struct admission *a, enum error_code code, struct str text) {
    bool is_memory = code == ERR_MEMORY;
    struct admission_outcome *out = a->out;
    out->decision = DECISION_ERROR;
    out->error_reason = is_memory ? "memory" : "bug";
    out->error_text = text;
    out->judged = false;
    if (a->reserve.capacity > 0) {
        struct review_annotation note = {
            STR("error"), is_memory ? STR("podgate ran out of memory, so this was not judged")
                                    : STR("podgate failed, so this was not judged")};
        struct review_answer answer = {.allowed = true,
                                       .annotations = &note,
                                       .annotation_count = 1};
        strbuf_truncate(&a->reserve, 0);
        review_write_answer(&a->reserve, &out->review, &answer);
        out->http_status = 200;
        out->body = strbuf_str(&a->reserve);
        return;
    }
    out->http_status = 500;
    out->body =
        is_memory
            ? STR("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                  "\"message\":\"podgate ran out of memory for this request: it gave no verdict\","
                  "\"reason\":\"InternalError\",\"code\":500}")
            : STR("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                  "\"message\":\"podgate failed on this request, see its log: it gave no verdict\","
                  "\"reason\":\"InternalError\",\"code\":500}");
}

/* --- what cannot be judged ------------------------------------------------------------------- */

static struct str unjudgeable_text(struct admission *a, const struct error *err) {
    struct strbuf text;
    strbuf_init(&text, a->arena, 256);
    strbuf_add(&text, STR("podgate cannot judge this: "));
    if (err->where[0] != '\0')
        strbuf_printf(&text, "%s: ", err->where);
    else
        strbuf_add(&text, STR("request.object "));
    strbuf_add(&text, str_from(err->text));
    return strbuf_str(&text);
}

/* A mode below enforce never denies, not even this; audit does not even warn. */
static void answer_unjudgeable(struct admission *a, const struct error *err) {
    struct str text = unjudgeable_text(a, err);
    a->out->error_reason = "unjudgeable";
    a->out->error_text = text;
    if (a->mode == MODE_ENFORCE) {
        answer_review(a, DECISION_DENIED, &(struct review_answer){.message = text});
        return;
    }
    struct review_annotation notes[] = {{STR("uid"), a->out->review.uid}, {STR("error"), text}};
    struct str warning = str_utf8_cut(text, VERDICT_WARNING_MAX);
    struct review_answer answer = {.allowed = true,
                                   .annotations = notes,
                                   .annotation_count = 2,
                                   .warnings = &warning,
                                   .warning_count = a->mode == MODE_WARN};
    answer_review(a, DECISION_ERROR, &answer);
}

/* An object that its maker got wrong is unjudgeable; anything else is our own failure. */
static void answer_error(struct admission *a, const struct error *err) {
    bool is_ours = err->code != ERR_SCHEMA && err->code != ERR_LIMIT && err->code != ERR_SYNTAX;
    if (is_ours)
        answer_failure(a, err->code, str_copy(a->arena, str_from(err->text)));
    else
        answer_unjudgeable(a, err);
}

/* --- what need not be judged ------------------------------------------------------------------ */

static enum admission_skip skip_of_scope(enum review_scope scope) {
    switch (scope) {
    case REVIEW_JUDGE: return SKIP_NONE;
    case REVIEW_OPERATION: return SKIP_OPERATION;
    case REVIEW_SUBRESOURCE: return SKIP_SUBRESOURCE;
    case REVIEW_KIND: return SKIP_KIND;
    case REVIEW_NO_OBJECT: return SKIP_NO_OBJECT;
    }
    return SKIP_NONE;
}

/* The part of an object's bytes that holds its pod spec. */
static struct str judged_bytes(const struct workload_kind *kind,
                               const struct review_object *object) {
    bool is_in_spec = str_starts_with(kind->spec_path, STR("spec"));
    return is_in_spec ? object->spec : object->template_bytes;
}

/* Equal bytes prove that the pod did not change; unequal ones prove nothing. */
static bool has_equal_bytes(const struct admission *a) {
    const struct review *review = &a->out->review;
    const struct review_object *new = &review->object, *old = &review->old_object;
    if (review->operation != OPERATION_UPDATE || !new->is_object || !old->is_object) return false;
    if (new->defect.kind != SCAN_FINE || old->defect.kind != SCAN_FINE) return false;
    return str_equals(judged_bytes(a->kind, new), judged_bytes(a->kind, old));
}

/* Some rule of the kind reads more than the pod. */
static bool judges_object(const struct admission *a) {
    return a->profile->judges_object[workload_index(a->kind)];
}

/* All that the envelope decides: no tree is built. */
static enum admission_skip skip_by_envelope(struct admission *a) {
    const struct review *review = &a->out->review;
    enum admission_skip skip =
        skip_of_scope(review_scope(review, &a->snapshot->declared, &a->kind));
    if (skip != SKIP_NONE) return skip;
    if (str_list_contains(&a->options->exempt_namespaces, review->name_space))
        return SKIP_EXEMPT_NAMESPACE;
    /* A debug container can still be added to a Pod that is on its way out. */
    if (review->object.is_being_deleted &&
        !str_equals(review->sub_resource, STR("ephemeralcontainers")))
        return SKIP_BEING_DELETED;
    if (!judges_object(a) && has_equal_bytes(a)) return SKIP_UNCHANGED;
    if (!engine_may_concern(a->arena, a->snapshot, a->profile, review, a->kind))
        return SKIP_NO_RULE;
    return SKIP_NONE;
}

/* The object before an update. False when there is none that can be read: then all is new. */
static bool read_old_object(struct admission *a, struct document *old) {
    const struct review *review = &a->out->review;
    struct error ignored;
    return review->operation == OPERATION_UPDATE && review->old_object.is_object &&
           review_object_parse(a->arena, &review->old_object, &a->options->limits, old, &ignored);
}

/* --- a verdict ------------------------------------------------------------------------------- */

static bool is_clean(const struct judgement *judgement) {
    return judgement->strongest_wanted == ACTION_OFF && judgement->excused_count == 0 &&
           judgement->kept_count == 0;
}

static enum decision decision_of(const struct judgement *judgement, bool warns) {
    if (judgement->strongest == ACTION_DENY) return DECISION_DENIED;
    if (judgement->strongest_wanted == ACTION_DENY) return DECISION_WOULD_DENY;
    if (warns) return DECISION_WARNED;
    return judgement->strongest == ACTION_OFF ? DECISION_ALLOWED : DECISION_AUDITED;
}

static void answer_verdict(struct admission *a) {
    struct admission_outcome *out = a->out;
    if (is_clean(&out->judgement)) {
        answer_allowed(a, SKIP_NONE);
        return;
    }
    struct review_answer answer = {.allowed = out->judgement.strongest != ACTION_DENY};
    if (answer.allowed) {
        answer.warning_count =
            verdict_warnings(a->arena, &out->workload, &out->judgement, &answer.warnings);
    } else {
        struct denial denial = verdict_denial(a->arena, &out->workload, &out->judgement);
        answer.message = denial.message;
        answer.causes = denial.causes;
        answer.cause_count = denial.cause_count;
    }
    answer.annotation_count =
        verdict_annotations(a->arena, &out->review, &out->judgement, &answer.annotations);
    answer_review(a, decision_of(&out->judgement, answer.warning_count > 0), &answer);
}

/* `rules` as in terms. */
static void judge_workload(struct admission *a, const struct workload *workload, const bool *rules,
                           struct judgement *judgement) {
    const struct review *review = &a->out->review;
    const struct terms terms = {.snapshot = a->snapshot,
                                .profile = a->profile,
                                .mode = a->mode,
                                .now = a->now,
                                .pod_is_unchanged = a->pod_is_unchanged,
                                .rules = rules};
    struct subject subject;
    subject_init(&subject, workload);
    subject.is_from_review = true;
    subject.name_space = review->name_space;
    subject.operation = review->operation;
    subject.user = review->user;
    subject.groups = review->groups;
    engine_judge(a->arena, &terms, &subject, judgement);
}

/* Takes out what the update did not add. An old object that cannot be judged had nothing. */
static void ratchet(struct admission *a, const struct document *old_document) {
    struct admission_outcome *out = a->out;
    struct workload old;
    struct judgement judgement;
    struct error ignored;
    if (!workload_decode(a->arena, a->kind, old_document, old_document->root, &old, &ignored) ||
        !old.has_pod)
        return;
    judge_workload(a, &old,
                   update_rules_of_old(a->arena, a->snapshot, &out->workload, &out->judgement),
                   &judgement);
    update_ratchet(a->arena, &(struct judged_object){&out->workload, &out->judgement},
                   &(struct judged_object){&old, &judgement});
}

/* The object is shown in the version that the webhook asked for, whichever one it was sent in. */
static void note_sent_version(struct arena *arena, const struct review *review,
                              struct workload *workload) {
    const struct group_version_kind *sent = &review->request_kind;
    if (str_is_empty(sent->version) || (str_equals(sent->group, review->kind.group) &&
                                        str_equals(sent->version, review->kind.version)))
        return;
    workload->api_version =
        str_format(arena, "%.*s%s%.*s", STR_ARGS(sent->group), str_is_empty(sent->group) ? "" : "/",
                   STR_ARGS(sent->version));
}

/* `old` NULL: there was no object before. */
static void judge(struct admission *a, const struct document *document,
                  const struct document *old) {
    struct admission_outcome *out = a->out;
    struct error err = {0};
    if (!workload_decode(a->arena, a->kind, document, document->root, &out->workload, &err)) {
        answer_error(a, &err);
        return;
    }
    if (!out->workload.has_pod) {
        answer_allowed(a, SKIP_NO_OBJECT);
        return;
    }
    out->workload.declared = &a->snapshot->declared;
    note_sent_version(a->arena, &out->review, &out->workload);
    judge_workload(a, &out->workload, NULL, &out->judgement);
    if (old && out->judgement.strongest_wanted != ACTION_OFF) ratchet(a, old);
    out->judged = true;
    verdict_tell(a->arena, &out->workload, &out->judgement);
    answer_verdict(a);
}

/* Also notes what need not be judged of an object that did change. */
static bool is_unchanged(struct admission *a, const struct cJSON *object,
                         const struct cJSON *old_object) {
    a->pod_is_unchanged = update_is_pod_unchanged(a->kind, object, old_object);
    return a->pod_is_unchanged &&
           (!judges_object(a) || update_is_object_unchanged(object, old_object));
}

static void admit(struct admission *a) {
    enum admission_skip skip = skip_by_envelope(a);
    if (skip != SKIP_NONE) {
        answer_allowed(a, skip);
        return;
    }
    /* The outcome keeps the tree for the log, so the document must outlive this call. */
    struct document *document = ARENA_NEW(a->arena, struct document, 1);
    if (!document) return;
    struct document old;
    struct error err = {0};
    if (!review_object_parse(a->arena, &a->out->review.object, &a->options->limits, document,
                             &err)) {
        answer_error(a, &err);
        return;
    }
    bool has_old = read_old_object(a, &old);
    if (has_old && is_unchanged(a, document->root, old.root))
        answer_allowed(a, SKIP_UNCHANGED);
    else
        judge(a, document, has_old ? &old : NULL);
}

/* --- the envelope ---------------------------------------------------------------------------- */

static bool find_profile(struct admission *a) {
    if (!a->snapshot) {
        answer_status(a, 503, "no_policy", STR("ServiceUnavailable"),
                      STR("podgate has no policies loaded yet"));
        return false;
    }
    a->profile = snapshot_find_profile(a->snapshot, a->out->profile);
    if (!a->profile) {
        struct strbuf text;
        strbuf_init(&text, a->arena, 128);
        strbuf_add(&text, STR("podgate has no profile "));
        strbuf_add_quoted(&text, a->out->profile, 64);
        strbuf_add(&text, STR(": define it in a policy file (kind: Profile) or correct the path in "
                              "the webhook configuration"));
        answer_status(a, 404, "profile", STR("NotFound"), strbuf_str(&text));
        return false;
    }
    a->out->has_profile = true;
    a->mode = a->out->mode = mode_min(a->options->mode, a->profile->mode);
    return true;
}

static void answer_malformed(struct admission *a, const struct error *err) {
    char text[sizeof err->where + sizeof err->text + 64];
    error_format(err, text, sizeof text);
    struct str message = str_format(a->arena, "podgate cannot read the AdmissionReview: %s", text);
    answer_status(a, 400, "malformed", STR("BadRequest"), message);
}

static bool read_envelope(struct admission *a, struct str body) {
    struct error err = {0};
    if (!review_read(a->arena, body, &a->options->limits, &a->out->review, &err)) {
        if (err.code == ERR_MEMORY || err.code == ERR_BUG)
            answer_failure(a, err.code, str_copy(a->arena, str_from(err.text)));
        else
            answer_malformed(a, &err);
        return false;
    }
    a->out->has_review = true;
    if (a->mode == MODE_AUDIT) strbuf_init(&a->reserve, a->arena, RESERVE_BYTES);
    return true;
}

void admission_answer(struct arena *arena, const struct admission_options *options,
                      const struct snapshot *snapshot, struct str profile, struct str body,
                      int64_t now, struct admission_outcome *out) {
    *out = (struct admission_outcome){.profile = str_is_empty(profile) ? STR("default") : profile};
    struct admission a = {
        .arena = arena, .options = options, .snapshot = snapshot, .now = now, .out = out};
    if (find_profile(&a) && read_envelope(&a, body)) admit(&a);
    /* Whatever was decided on the way, it was decided without all of its memory. */
    if (arena_is_exhausted(arena)) answer_failure(&a, ERR_MEMORY, STR("out of memory"));
}
