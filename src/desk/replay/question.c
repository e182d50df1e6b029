/*
 * What k8s.io/api admission/v1 and k8s.io/apiserver audit/v1 types.go have:
 *
 *   review = { "kind": "AdmissionReview", "apiVersion", "request", "response": { "allowed" },
 *              "podgate": { "version", "profile", "redacted", "inexact", "usersRedacted", ... } }
 *   event  = { "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level", "auditID", "stage", "verb",
 *              "user", "impersonatedUser", "objectRef", "responseStatus", "requestObject",
 *              "responseObject", "annotations", ... }
 *
 * Members are taken as slices and put into a review unread: admission reads them as it reads what the
 * API server sends.
 */
#include "desk/replay_record.h"

#define TRUNCATED STR("audit.k8s.io/truncated")
#define REFUSED STR("validate.podgate.io\" denied the request")
#define BODY_ROOM 1024 /* around the object */

struct member {
    struct str key, *value; /* the value's bytes */
};

/* The named members of an object. False: it is no object, or has one of them twice. */
static bool read_members(struct str text, const struct scan_limits *limits,
                         const struct member *members, size_t count) {
    struct scan scan;
    struct str key, value;
    scan_init(&scan, text, limits);
    if (!scan_begin_object(&scan)) return false;
    while (scan_next_member(&scan, &key)) {
        if (!scan_value(&scan, &value)) return false;
        for (size_t i = 0; i < count; i++) {
            if (!scan_key_is(key, members[i].key)) continue;
            if (members[i].value->at) return false;
            *members[i].value = value;
        }
    }
    return scan.failure == NULL;
}
#define READ_MEMBERS(text, limits, ...)                                                            \
    read_members((text), (limits), (const struct member[]){__VA_ARGS__},                           \
                 sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member))

/* A string's content; empty when it is none. */
static struct str content(struct arena *arena, struct str value) {
    struct str text;
    return value.at && scan_string(arena, value, &text) ? text : STR_NONE;
}

static struct str or_null(struct str value) { return value.at ? value : STR("null"); }

/* --- reviews ---------------------------------------------------------------------------------- */

/* What policy/recording wrote beside the review. */
static enum replay_reason read_note(struct arena *arena, struct str text,
                                    const struct scan_limits *limits, struct replay_question *out) {
    struct str version = STR_NONE, profile = STR_NONE, taken_out = STR_NONE, inexact = STR_NONE,
               users = STR_NONE;
    if (!READ_MEMBERS(text, limits, {STR("version"), &version}, {STR("profile"), &profile},
                      {STR("redacted"), &taken_out}, {STR("inexact"), &inexact},
                      {STR("usersRedacted"), &users}))
        return REPLAY_MALFORMED;
    if (!str_equals(version, STR("1"))) return REPLAY_VERSION;
    out->profile = content(arena, profile);
    out->lacks_user = str_equals(users, STR("true"));
    return str_to_int64(taken_out, &out->taken_out) && str_to_int64(inexact, &out->inexact)
               ? REPLAY_JUDGED
               : REPLAY_MALFORMED;
}

static enum replay_reason read_review(struct str text, const struct scan_limits *limits,
                                      struct str response, struct replay_question *out) {
    struct str allowed = STR_NONE;
    out->body = text;
    if (!response.at || !READ_MEMBERS(response, limits, {STR("allowed"), &allowed}))
        return REPLAY_JUDGED;
    if (str_equals(allowed, STR("true"))) out->before = REPLAY_BEFORE_ALLOWED;
    if (str_equals(allowed, STR("false"))) out->before = REPLAY_BEFORE_DENIED;
    return REPLAY_JUDGED;
}

/* --- events ----------------------------------------------------------------------------------- */

/* Slices of the record; what is a string is unescaped. */
struct event {
    struct str level, id, stage, verb, user, impersonated, reference, status, request_object,
        response_object, annotations;
    struct str resource, group, sub_resource, name_space, name; /* of objectRef */
    struct str message;                                         /* of responseStatus */
    int64_t code;
};

static bool read_event(struct arena *arena, struct str text, const struct scan_limits *limits,
                       struct event *out) {
    struct str code = STR_NONE;
    *out = (struct event){.code = 0};
    if (!READ_MEMBERS(text, limits, {STR("level"), &out->level}, {STR("auditID"), &out->id},
                      {STR("stage"), &out->stage}, {STR("verb"), &out->verb},
                      {STR("user"), &out->user}, {STR("impersonatedUser"), &out->impersonated},
                      {STR("objectRef"), &out->reference}, {STR("responseStatus"), &out->status},
                      {STR("requestObject"), &out->request_object},
                      {STR("responseObject"), &out->response_object},
                      {STR("annotations"), &out->annotations}))
        return false;
    if (out->reference.at &&
        !READ_MEMBERS(out->reference, limits, {STR("resource"), &out->resource},
                      {STR("apiGroup"), &out->group}, {STR("subresource"), &out->sub_resource},
                      {STR("namespace"), &out->name_space}, {STR("name"), &out->name}))
        return false;
    if (out->status.at &&
        !READ_MEMBERS(out->status, limits, {STR("code"), &code}, {STR("message"), &out->message}))
        return false;
    if (code.at && !str_to_int64(code, &out->code)) return false;
    struct str *const strings[] = {&out->level,      &out->stage,  &out->verb,
                                   &out->resource,   &out->group,  &out->sub_resource,
                                   &out->name_space, &out->message};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        *strings[i] = content(arena, *strings[i]);
    return !arena_is_exhausted(arena);
}

static const struct workload_kind *find_among(const struct workload_kind *kinds, size_t count,
                                              const struct event *event) {
    for (size_t i = 0; i < count; i++)
        if (str_equals(kinds[i].group, event->group) &&
            str_equals(kinds[i].resource, event->resource))
            return &kinds[i];
    return NULL;
}

static const struct workload_kind *find_kind(const struct declared_kinds *declared,
                                             const struct event *event) {
    const struct workload_kind *kind = find_among(workload_kinds, workload_kind_count, event);
    return kind ? kind : find_among(declared->items, declared->count, event);
}

/* Whether podgate has to do with it at all. */
static enum replay_reason scope_of(const struct event *event, const struct declared_kinds *declared,
                                   const struct workload_kind **kind) {
    if (!str_equals(event->verb, STR("create")) && !str_equals(event->verb, STR("update")) &&
        !str_equals(event->verb, STR("patch")))
        return REPLAY_NO_WRITE;
    *kind = find_kind(declared, event);
    if (!*kind) return REPLAY_KIND;
    bool is_debugging =
        (*kind)->is_pod && str_equals(event->sub_resource, STR("ephemeralcontainers"));
    if (event->sub_resource.len > 0 && !is_debugging) return REPLAY_SUBRESOURCE;
    return str_equals(event->stage, STR("ResponseComplete")) ? REPLAY_JUDGED : REPLAY_STAGE;
}

/* The object as it passed, or as podgate refused it. */
static enum replay_reason choose_object(const struct event *event, struct replay_question *out,
                                        struct str *object) {
    bool has_failed = event->code >= 400;
    if (has_failed && !str_contains(event->message, REFUSED)) return REPLAY_FAILED;
    out->before = has_failed ? REPLAY_BEFORE_DENIED : REPLAY_BEFORE_ALLOWED;
    out->is_as_asked = has_failed;
    *object = has_failed ? event->request_object : event->response_object;
    if (object->at)
        return has_failed && str_equals(event->verb, STR("patch")) ? REPLAY_PATCH : REPLAY_JUDGED;
    struct str truncated = STR_NONE;
    if (event->annotations.at &&
        READ_MEMBERS(event->annotations, &scan_limits_default, {TRUNCATED, &truncated}) &&
        truncated.at)
        return REPLAY_TRUNCATED;
    bool is_of_level = str_equals(event->level, STR("RequestResponse")) ||
                       (has_failed && str_equals(event->level, STR("Request")));
    return is_of_level ? REPLAY_NO_OBJECT : REPLAY_LEVEL;
}

/* Its version, when it is of the kind that the request was about. */
static bool read_version(struct arena *arena, struct str object, const struct scan_limits *limits,
                         const struct workload_kind *kind, struct str *version) {
    struct str own_kind = STR_NONE, api_version = STR_NONE;
    if (!READ_MEMBERS(object, limits, {STR("kind"), &own_kind}, {STR("apiVersion"), &api_version}))
        return false;
    api_version = content(arena, api_version);
    size_t slash = str_find_char(api_version, '/');
    *version =
        slash < api_version.len ? str_slice(api_version, slash + 1, api_version.len) : api_version;
    return str_equals(content(arena, own_kind), kind->kind) && version->len > 0;
}

static void write_review(struct strbuf *body, const struct event *event,
                         const struct workload_kind *kind, struct str version, struct str object,
                         bool is_create) {
    struct json_out out;
    json_out_init(&out, body);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "kind", STR("AdmissionReview"));
    json_out_string(&out, "apiVersion", STR("admission.k8s.io/v1"));
    json_out_begin_object(&out, "request");
    json_out_raw(&out, "uid", event->id.at ? event->id : STR("\"\""));
    json_out_begin_object(&out, "kind");
    json_out_string(&out, "group", kind->group);
    json_out_string(&out, "version", version);
    json_out_string(&out, "kind", kind->kind);
    json_out_end_object(&out);
    json_out_begin_object(&out, "resource");
    json_out_string(&out, "group", kind->group);
    json_out_string(&out, "version", version);
    json_out_string(&out, "resource", kind->resource);
    json_out_end_object(&out);
    if (event->sub_resource.len > 0) json_out_string(&out, "subResource", event->sub_resource);
    json_out_raw(&out, "name", or_null(event->name));
    json_out_string(&out, "namespace", event->name_space);
    json_out_string(&out, "operation", is_create ? STR("CREATE") : STR("UPDATE"));
    json_out_raw(&out, "userInfo",
                 event->impersonated.at ? event->impersonated : or_null(event->user));
    json_out_raw(&out, "object", object);
    json_out_end_object(&out);
    json_out_end_object(&out);
}

static enum replay_reason read_audit(struct arena *arena, struct str text,
                                     const struct scan_limits *limits,
                                     const struct declared_kinds *declared,
                                     struct replay_question *out) {
    struct event event;
    struct str object = STR_NONE, version = STR_NONE;
    const struct workload_kind *kind = NULL;
    if (!read_event(arena, text, limits, &event)) return REPLAY_MALFORMED;
    enum replay_reason reason = scope_of(&event, declared, &kind);
    if (reason == REPLAY_JUDGED) reason = choose_object(&event, out, &object);
    if (reason != REPLAY_JUDGED) return reason;
    if (!read_version(arena, object, limits, kind, &version)) return REPLAY_NO_OBJECT;
    /* A patch, and an update too, may create; a debug container changes its Pod. */
    bool is_create =
        event.sub_resource.len == 0 && (str_equals(event.verb, STR("create")) || event.code == 201);
    struct strbuf body;
    strbuf_init(&body, arena, object.len + event.user.len + BODY_ROOM);
    write_review(&body, &event, kind, version, object, is_create);
    out->body = strbuf_str(&body);
    out->lacks_old = !is_create;
    return REPLAY_JUDGED;
}

/* --- either ----------------------------------------------------------------------------------- */

enum replay_reason replay_read_question(struct arena *arena, const struct replay_record *record,
                                        const struct scan_limits *limits,
                                        const struct declared_kinds *declared,
                                        struct replay_question *out) {
    struct str kind = STR_NONE, api_version = STR_NONE, response = STR_NONE, note = STR_NONE;
    *out = (struct replay_question){.before = REPLAY_BEFORE_UNKNOWN};
    if (record->reason != REPLAY_JUDGED) return record->reason;
    if (!READ_MEMBERS(record->text, limits, {STR("kind"), &kind}, {STR("apiVersion"), &api_version},
                      {STR("response"), &response}, {STR("podgate"), &note}))
        return REPLAY_FOREIGN;
    kind = content(arena, kind);
    api_version = content(arena, api_version);
    if (str_starts_with(api_version, STR("audit.k8s.io/")) && str_equals(kind, STR("Event")))
        return str_equals(api_version, STR("audit.k8s.io/v1"))
                   ? read_audit(arena, record->text, limits, declared, out)
                   : REPLAY_VERSION;
    if (!str_equals(kind, STR("AdmissionReview"))) return REPLAY_FOREIGN;
    if (!str_equals(api_version, STR("admission.k8s.io/v1")) &&
        !str_equals(api_version, STR("admission.k8s.io/v1beta1")))
        return REPLAY_VERSION;
    enum replay_reason reason = note.at ? read_note(arena, note, limits, out) : REPLAY_JUDGED;
    if (reason != REPLAY_JUDGED) return reason;
    return read_review(record->text, limits, response, out);
}
