#include "policy/recording.h"

#include "base/date.h"
#include "base/json_out.h"
#include "policy/recording_redact.h"

#define SOMEBODY STR("redacted")

bool recording_is_worth(const struct admission_outcome *outcome) {
    if (outcome->http_status != 200 || !outcome->has_review || outcome->error_reason) return false;
    switch (outcome->skip) {
    case SKIP_NONE:
    case SKIP_NO_RULE: return true;
    case SKIP_OPERATION:
    case SKIP_SUBRESOURCE:
    case SKIP_KIND:
    case SKIP_NO_OBJECT:
    case SKIP_EXEMPT_NAMESPACE:
    case SKIP_BEING_DELETED:
    case SKIP_UNCHANGED: break;
    }
    return false;
}

/* --- the request ------------------------------------------------------------------------------ */

/* system:serviceaccount:..., system:masters: no persons, and policies go by them. */
static struct str user_name(const struct recording_options *options, struct str name, bool *hides) {
    if (options->keeps_users || str_is_empty(name) || str_starts_with(name, STR("system:")))
        return name;
    *hides = true;
    return SOMEBODY;
}

/* Returns whether a name was taken out. */
static bool write_user(struct json_out *json, const struct recording_options *options,
                       const struct review *review) {
    bool hides = false;
    json_out_begin_object(json, "userInfo");
    json_out_string(json, "username", user_name(options, review->user, &hides));
    json_out_begin_array(json, "groups");
    for (size_t i = 0; i < review->groups.count; i++)
        json_out_string(json, NULL, user_name(options, review->groups.items[i], &hides));
    json_out_end_array(json);
    json_out_end_object(json);
    return hides;
}

static void write_kind(struct json_out *json, const char *name,
                       const struct group_version_kind *kind, const char *last) {
    json_out_begin_object(json, name);
    json_out_string(json, "group", kind->group);
    json_out_string(json, "version", kind->version);
    json_out_string(json, last, kind->kind);
    json_out_end_object(json);
}

static bool write_object(struct json_out *json, const char *name, struct redaction *redaction,
                         const struct review_object *object) {
    struct strbuf text;
    strbuf_init(&text, redaction->arena, object->bytes.len + 1);
    if (!redact_object(redaction, object, &text)) return false;
    json_out_raw(json, name, strbuf_str(&text));
    return true;
}

static bool write_request(struct json_out *json, const struct review *review,
                          struct redaction *redaction) {
    json_out_string(json, "uid", review->uid);
    write_kind(json, "kind", &review->kind, "kind");
    write_kind(json, "resource", &review->resource, "resource");
    if (!str_is_empty(review->sub_resource))
        json_out_string(json, "subResource", review->sub_resource);
    if (!str_is_empty(review->request_kind.kind))
        write_kind(json, "requestKind", &review->request_kind, "kind");
    json_out_string(json, "name", review->name);
    json_out_string(json, "namespace", review->name_space);
    json_out_string(json, "operation", review->operation_text);
    json_out_bool(json, "dryRun", review->dry_run);
    if (!write_object(json, "object", redaction, &review->object)) return false;
    /* Of an old object that cannot be read the judging makes nothing either. */
    const struct review_object *old = &review->old_object;
    if (!old->is_object || old->defect.kind != SCAN_FINE)
        json_out_null(json, "oldObject");
    else if (!write_object(json, "oldObject", redaction, old))
        return false;
    return true;
}

/* --- the line ---------------------------------------------------------------------------------- */

static void write_note(struct json_out *json, const struct recording_note *note,
                       const struct redaction *redaction, bool hides_users) {
    char now[32];
    date_format_instant(note->unix_ms, now);
    json_out_begin_object(json, "podgate");
    json_out_int(json, "version", RECORDING_VERSION);
    json_out_string(json, "time", str_from(now));
    json_out_string(json, "profile", note->profile);
    json_out_string(json, "mode", mode_name(note->mode));
    json_out_string(json, "decision", decision_name(note->decision));
    json_out_int(json, "redacted", redaction->taken_out);
    json_out_int(json, "inexact", redaction->inexact);
    json_out_bool(json, "usersRedacted", hides_users);
    json_out_end_object(json);
}

bool recording_write(struct strbuf *out, const struct recording_options *options,
                     const struct review *review, const struct recording_note *note) {
    struct json_out json;
    struct redaction redaction;
    redact_init(&redaction, out->arena, &options->limits);
    json_out_init(&json, out);
    json_out_begin_object(&json, NULL);
    json_out_string(&json, "kind", STR("AdmissionReview"));
    json_out_string(&json, "apiVersion",
                    review->is_v1beta1 ? STR("admission.k8s.io/v1beta1")
                                       : STR("admission.k8s.io/v1"));
    json_out_begin_object(&json, "request");
    bool hides_users = write_user(&json, options, review);
    if (!write_request(&json, review, &redaction)) return false;
    json_out_end_object(&json);
    json_out_begin_object(&json, "response");
    json_out_string(&json, "uid", review->uid);
    json_out_bool(&json, "allowed", note->allowed);
    json_out_end_object(&json);
    write_note(&json, note, &redaction, hides_users);
    json_out_end_object(&json);
    strbuf_add_char(out, '\n');
    return !arena_is_exhausted(out->arena);
}
