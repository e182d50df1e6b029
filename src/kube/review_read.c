/*
 * The question, as k8s.io/api admission/v1 types.go has it; members in any order, unknown ones skipped:
 *
 *   review   = { "kind": "AdmissionReview", "apiVersion": ".../v1" | ".../v1beta1", "request": request }
 *   request  = { "uid", "kind", "resource", "subResource", "requestKind", "name", "namespace",
 *                "operation", "userInfo", "object", "oldObject", "dryRun", ... }
 *   kind     = { "group", "version", "kind" };   resource = { "group", "version", "resource" }
 *   userInfo = { "username", "groups", ... }
 *   object   = { "metadata": { "managedFields", "deletionTimestamp", ... }, "spec", "template", "status", ... }
 *
 * One pull scan, no tree. A function that returns false either filled the error, or the scan holds a
 * failure: review_read asks the scan last.
 */
#include "kube/review.h"

#include "kube/decode.h"

#define UID_BYTES_MAX 256
#define NAME_BYTES_MAX 1024
#define GROUPS_MAX 1024
#define NO_BYTES_MAX SIZE_MAX /* the scan's own limit of one string holds */
#define QUOTED_BYTES 80

struct reader {
    struct scan scan;
    struct arena *arena;
    struct error *err;
};

struct member;
typedef bool (*read_fn)(struct reader *reader, const struct member *member, void *target);

struct member_table {
    const struct member *members;
    size_t count; /* at most 32 */
};

struct member {
    struct str key; /* terminated */
    read_fn read;
    size_t offset;
    size_t bytes_max;                 /* strings */
    const struct member_table *table; /* nested objects */
};

#define STRING(literal, type, field, max)                                                          \
    { STR_INIT(literal), read_string, offsetof(type, field), max, NULL }
#define NESTED(literal, type, field, of)                                                           \
    { STR_INIT(literal), read_nested, offsetof(type, field), 0, &(of) }
#define PLAIN(literal, type, field, function)                                                      \
    { STR_INIT(literal), function, offsetof(type, field), 0, NULL }
#define TABLE(of)                                                                                  \
    { (of), sizeof(of) / sizeof *(of) }

static const char *const type_names[] = {
    [SCAN_NOTHING] = "nothing",     [SCAN_OBJECT] = "an object", [SCAN_ARRAY] = "a list",
    [SCAN_STRING] = "a string",     [SCAN_NUMBER] = "a number",  [SCAN_TRUE] = "true or false",
    [SCAN_FALSE] = "true or false", [SCAN_NULL] = "null",
};

static bool wrong_type(struct reader *reader, const char *wanted) {
    enum scan_type type = scan_peek(&reader->scan);
    /* A byte that starts no value is a failure: consuming it makes the scan say so. */
    struct str ignored;
    if (type == SCAN_NOTHING) return scan_value(&reader->scan, &ignored);
    return error_set(reader->err, ERR_SCHEMA, "must be %s, it is %s", wanted, type_names[type]);
}

static bool skip_value(struct reader *reader) {
    struct str ignored;
    return scan_value(&reader->scan, &ignored);
}

/* --- objects of the envelope --- */

static bool read_member(struct reader *reader, const struct member *member, void *target) {
    scan_reset_counts(&reader->scan);
    if (scan_peek(&reader->scan) == SCAN_NULL) return skip_value(reader);
    if (member->read(reader, member, target)) return true;
    return decode_error_below(reader->err, member->key.at);
}

/* API servers write the members in the order of the tables, so the search begins at `expected`.
 * table->count: there is no such member. */
static size_t find_member(const struct member_table *table, struct str key, size_t expected) {
    for (size_t tried = 0, i = expected; tried < table->count; tried++, i++) {
        if (i >= table->count) i = 0;
        if (scan_key_is(key, table->members[i].key)) return i;
    }
    return table->count;
}

static bool read_members(struct reader *reader, const struct member_table *table, void *target) {
    if (!scan_begin_object(&reader->scan)) return wrong_type(reader, "an object");
    uint32_t seen = 0;
    size_t expected = 0;
    struct str key;
    while (scan_next_member(&reader->scan, &key)) {
        size_t i = find_member(table, key, expected);
        if (i == table->count) {
            if (!skip_value(reader)) return false;
            continue;
        }
        expected = i + 1;
        const struct member *member = &table->members[i];
        if (seen & UINT32_C(1) << i)
            return error_set(reader->err, ERR_SCHEMA, "\"%s\" stands twice", member->key.at);
        seen |= UINT32_C(1) << i;
        if (!read_member(reader, member, target)) return false;
    }
    return reader->scan.failure == NULL;
}

static void *field_of(const struct member *member, void *target) {
    return (char *)target + member->offset;
}

static bool read_nested(struct reader *reader, const struct member *member, void *target) {
    return read_members(reader, member->table, field_of(member, target));
}

/* --- scalars and lists --- */

static bool read_text(struct reader *reader, size_t bytes_max, struct str *out) {
    struct scan *scan = &reader->scan;
    struct str bytes;
    if (scan_peek(scan) != SCAN_STRING) return wrong_type(reader, "a string");
    scan_reset_counts(scan);
    if (!scan_value(scan, &bytes)) return false;
    if (scan->defect.kind != SCAN_FINE) {
        struct str text = scan_defect_text(reader->arena, scan->defect, scan->limits);
        return error_set(reader->err, ERR_SCHEMA, "%.*s", STR_ARGS(text));
    }
    if (!scan_string(reader->arena, bytes, out))
        return error_set(reader->err, ERR_MEMORY, "too little memory to read this review");
    if (out->len > bytes_max)
        return error_set(reader->err, ERR_LIMIT, "is longer than %zu bytes", bytes_max);
    return true;
}

static bool read_string(struct reader *reader, const struct member *member, void *target) {
    return read_text(reader, member->bytes_max, field_of(member, target));
}

static bool read_bool(struct reader *reader, const struct member *member, void *target) {
    enum scan_type type = scan_peek(&reader->scan);
    if (type != SCAN_TRUE && type != SCAN_FALSE) return wrong_type(reader, "true or false");
    bool *field = field_of(member, target);
    *field = type == SCAN_TRUE;
    return skip_value(reader);
}

static bool grow(struct reader *reader, struct str_list *list, size_t *capacity) {
    if (list->count < *capacity) return true;
    if (list->count == GROUPS_MAX)
        return error_set(reader->err, ERR_LIMIT, "has more than %d items", GROUPS_MAX);
    size_t larger = *capacity ? 2 * *capacity : 8;
    struct str *items = ARENA_NEW(reader->arena, struct str, larger);
    if (!items) return error_set(reader->err, ERR_MEMORY, "too little memory to read this review");
    if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    *capacity = larger;
    return true;
}

static bool read_strings(struct reader *reader, const struct member *member, void *target) {
    struct str_list *list = field_of(member, target);
    if (!scan_begin_array(&reader->scan)) return wrong_type(reader, "a list of strings");
    size_t capacity = 0;
    while (scan_next_item(&reader->scan)) {
        if (!grow(reader, list, &capacity)) return false;
        if (!read_text(reader, NO_BYTES_MAX, &list->items[list->count]))
            return decode_error_below_item(reader->err, list->count);
        list->count++;
    }
    return reader->scan.failure == NULL;
}

/* --- object and oldObject --- */

/* Keeps a part's bytes. Of a part that stands twice nothing is kept: json_parse will refuse the whole. */
static bool keep_part(struct scan *scan, struct str *part) {
    bool is_second = part->at != NULL;
    if (!scan_value(scan, part)) return false;
    if (is_second) part->len = 0;
    return true;
}

/* What no rule may look at is no reason to refuse either. */
static bool skip_part(struct scan *scan, struct review_object *object) {
    struct str bytes;
    if (object->skip_count == REVIEW_SKIP_MAX) return scan_value(scan, &bytes);
    if (!scan_value_as_null(scan, &bytes)) return false;
    object->skip[object->skip_count++] = bytes;
    return true;
}

static bool read_deletion(struct scan *scan, struct review_object *object) {
    struct str bytes;
    if (scan_peek(scan) != SCAN_NULL) object->is_being_deleted = true;
    return scan_value(scan, &bytes);
}

static bool read_metadata(struct scan *scan, struct review_object *object) {
    struct str key, ignored;
    if (scan_peek(scan) != SCAN_OBJECT) return scan_value(scan, &ignored);
    if (!scan_begin_object(scan)) return false;
    while (scan_next_member(scan, &key)) {
        bool is_read = scan_key_is(key, STR("managedFields"))       ? skip_part(scan, object)
                       : scan_key_is(key, STR("deletionTimestamp")) ? read_deletion(scan, object)
                                                                    : scan_value(scan, &ignored);
        if (!is_read) return false;
    }
    return scan->failure == NULL;
}

static bool read_parts(struct scan *scan, struct review_object *object) {
    struct str key, ignored;
    if (!scan_begin_object(scan)) return false;
    while (scan_next_member(scan, &key)) {
        bool is_read = scan_key_is(key, STR("metadata")) ? read_metadata(scan, object)
                       : scan_key_is(key, STR("spec"))   ? keep_part(scan, &object->spec)
                       : scan_key_is(key, STR("template"))
                           ? keep_part(scan, &object->template_bytes)
                       : scan_key_is(key, STR("status")) ? skip_part(scan, object)
                                                         : scan_value(scan, &ignored);
        if (!is_read) return false;
    }
    return scan->failure == NULL;
}

/* read_member reset the scan's counts: nodes, defects and depth are the object's own. */
static bool read_object(struct reader *reader, const struct member *member, void *target) {
    struct scan *scan = &reader->scan;
    struct review_object *object = field_of(member, target);
    object->is_present = true;
    object->is_object = scan_peek(scan) == SCAN_OBJECT;
    size_t start = scan->at;
    if (object->is_object) scan_begin_marks(scan, reader->arena);
    bool is_read = object->is_object ? read_parts(scan, object) : scan_value(scan, &object->bytes);
    object->marks = scan_end_marks(scan);
    if (!is_read) return false;
    object->bytes = str_slice(scan->text, start, scan->at - start);
    object->nodes = scan->nodes;
    object->defect = scan->defect;
    if (object->defect.kind != SCAN_FINE) object->defect.offset -= start;
    return true;
}

/* --- tables --- */

/* The whole body; `request` before its review, so that null and absent can be told from {}. */
struct envelope {
    struct str kind, api_version;
    bool has_request;
    struct review review;
};

static const struct member kind_members[] = {
    STRING("group", struct group_version_kind, group, NAME_BYTES_MAX),
    STRING("version", struct group_version_kind, version, NAME_BYTES_MAX),
    STRING("kind", struct group_version_kind, kind, NAME_BYTES_MAX),
};
static const struct member_table kind_table = TABLE(kind_members);

static const struct member resource_members[] = {
    STRING("group", struct group_version_kind, group, NAME_BYTES_MAX),
    STRING("version", struct group_version_kind, version, NAME_BYTES_MAX),
    STRING("resource", struct group_version_kind, kind, NAME_BYTES_MAX),
};
static const struct member_table resource_table = TABLE(resource_members);

static const struct member user_members[] = {
    STRING("username", struct review, user, NO_BYTES_MAX),
    PLAIN("groups", struct review, groups, read_strings),
};
static const struct member_table user_table = TABLE(user_members);

static const struct member request_members[] = {
    STRING("uid", struct review, uid, UID_BYTES_MAX),
    NESTED("kind", struct review, kind, kind_table),
    NESTED("resource", struct review, resource, resource_table),
    STRING("subResource", struct review, sub_resource, NAME_BYTES_MAX),
    NESTED("requestKind", struct review, request_kind, kind_table),
    STRING("name", struct review, name, NAME_BYTES_MAX),
    STRING("namespace", struct review, name_space, NAME_BYTES_MAX),
    STRING("operation", struct review, operation_text, NAME_BYTES_MAX),
    {STR_INIT("userInfo"), read_nested, 0, 0, &user_table},
    PLAIN("object", struct review, object, read_object),
    PLAIN("oldObject", struct review, old_object, read_object),
    PLAIN("dryRun", struct review, dry_run, read_bool),
};
static const struct member_table request_table = TABLE(request_members);

static bool read_request(struct reader *reader, const struct member *member, void *target) {
    struct envelope *envelope = target;
    envelope->has_request = true;
    return read_nested(reader, member, target);
}

static const struct member envelope_members[] = {
    STRING("kind", struct envelope, kind, NAME_BYTES_MAX),
    STRING("apiVersion", struct envelope, api_version, NAME_BYTES_MAX),
    {STR_INIT("request"), read_request, offsetof(struct envelope, review), 0, &request_table},
};
static const struct member_table envelope_table = TABLE(envelope_members);

/* --- the whole --- */

static bool is_missing(struct error *err, const char *path) {
    return error_set(err, ERR_SCHEMA,
                     "%s is missing: this is no AdmissionReview that an API server sends", path);
}

static bool is_unexpected(struct reader *reader, const char *key, struct str value,
                          const char *wanted) {
    struct strbuf quoted;
    strbuf_init(&quoted, reader->arena, QUOTED_BYTES + 8);
    strbuf_add_quoted(&quoted, value, QUOTED_BYTES);
    return error_set(reader->err, ERR_SCHEMA, "%s must be %s, it is %.*s", key, wanted,
                     STR_ARGS(strbuf_str(&quoted)));
}

static bool check_envelope(struct reader *reader, struct envelope *envelope) {
    struct review *review = &envelope->review;
    if (str_is_empty(envelope->kind)) return is_missing(reader->err, "kind");
    if (!str_equals(envelope->kind, STR("AdmissionReview")))
        return is_unexpected(reader, "kind", envelope->kind, "AdmissionReview");
    if (str_is_empty(envelope->api_version)) return is_missing(reader->err, "apiVersion");
    review->is_v1beta1 = str_equals(envelope->api_version, STR("admission.k8s.io/v1beta1"));
    if (!review->is_v1beta1 && !str_equals(envelope->api_version, STR("admission.k8s.io/v1")))
        return is_unexpected(reader, "apiVersion", envelope->api_version,
                             "admission.k8s.io/v1 or admission.k8s.io/v1beta1");
    if (!envelope->has_request) return is_missing(reader->err, "request");
    if (str_is_empty(review->uid)) return is_missing(reader->err, "request.uid");
    if (str_is_empty(review->kind.kind)) return is_missing(reader->err, "request.kind.kind");
    if (str_is_empty(review->operation_text)) return is_missing(reader->err, "request.operation");
    if (!operation_parse(review->operation_text, &review->operation))
        review->operation = OPERATION_OTHER;
    return true;
}

bool review_read(struct arena *arena, struct str body, const struct scan_limits *limits,
                 struct review *out, struct error *err) {
    struct reader reader = {.arena = arena, .err = err};
    struct envelope envelope = {0};
    *err = (struct error){0};
    scan_init(&reader.scan, body, limits);
    enum scan_type type = scan_peek(&reader.scan);
    if (type == SCAN_NOTHING && reader.scan.at == reader.scan.text.len)
        return error_set(err, ERR_SYNTAX, "the body is empty");
    bool is_read = read_members(&reader, &envelope_table, &envelope) && scan_end(&reader.scan);
    if (reader.scan.failure) return scan_error(&reader.scan, err);
    if (!is_read) return type == SCAN_OBJECT ? false : error_in(err, "the body");
    if (!check_envelope(&reader, &envelope)) return false;
    *out = envelope.review;
    return true;
}
