/*
 * {"version": 1, "results": [RESULT...], "errors": [ERROR...], "namespaces": [...], "summary": {...}}, a result or an
 * error a line, so that a stream of them can be read before its end. The results' keys never change
 * their meaning within a version; new keys may come.
 */
#include "base/table.h"
#include "desk/format/told.h"

#define NAMESPACES_MAX 100000 /* of more nothing is told */

static void add(struct strbuf *buf, const char *text) { strbuf_add(buf, str_from(text)); }

/* How many objects of a namespace were judged, and what they came to. */
struct space {
    uint64_t objects, actions[ACTION_DENY + 1];
};

static void json_begin(struct format_sink *sink) {
    struct table *spaces = ARENA_NEW(&sink->kept_arena, struct table, 1);
    if (spaces) table_init(spaces, sizeof(struct space), NAMESPACES_MAX);
    sink->own = spaces;
    add(&sink->buf, "{\"version\":1,\"results\":[");
    format_flush(sink);
}

/* A text that may be missing. */
static void string_or_null(struct json_out *out, const char *name, struct str value) {
    if (str_is_empty(value))
        json_out_null(out, name);
    else
        json_out_string(out, name, value);
}

static void place_members(struct json_out *out, struct str file, const struct place *place) {
    json_out_string(out, "file", file);
    json_out_int(out, "line", place->line);
    json_out_int(out, "column", place->column);
}

static void finding_members(struct json_out *out, const struct finding *finding) {
    struct str control = control_id(finding->control);
    struct str container = finding->container ? finding->container->name : STR_NONE;
    struct str type = finding->container ? container_type_name(finding->container->type) : STR_NONE;
    string_or_null(out, "control", control);
    string_or_null(out, "container", container);
    string_or_null(out, "containerType", type);
    string_or_null(out, "actual", finding->actual);
    string_or_null(out, "expected", finding->expected);
}

/* Whom to ask, where that is somebody else than the object: the Deployment of a Pod. */
static void owner_members(struct json_out *out, const struct workload *workload) {
    struct workload_name owner = workload_display_name(workload);
    if (!owner.is_owner) return;
    json_out_string(out, "ownerKind", owner.kind);
    json_out_string(out, "owner", owner.name);
}

static void json_result(struct format_sink *sink, const struct desk_result *result) {
    const struct violation *violation = result->violation;
    const struct rule *rule = violation->rule;
    const struct workload *workload = result->workload;
    struct json_out out;
    add(&sink->buf, sink->results++ ? ",\n" : "\n");
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    place_members(&out, result->file, &result->place);
    json_out_string(&out, "kind", workload->kind->kind);
    json_out_string(&out, "namespace", result->name_space);
    json_out_string(&out, "name", told_name(&sink->arena, workload));
    owner_members(&out, workload);
    json_out_string(&out, "policy", rule->policy->name);
    json_out_string(&out, "rule", rule->name);
    json_out_string(&out, "check", str_from(rule->check->id));
    json_out_string(&out, "severity", severity_name(rule->severity));
    json_out_string(&out, "action", action_name(violation->action));
    finding_members(&out, violation->finding);
    json_out_string(&out, "path", result->path);
    json_out_string(&out, "message", result->message);
    json_out_string(&out, "fix", result->fix);
    json_out_end_object(&out);
    format_flush(sink);
}

static void json_object(struct format_sink *sink, const struct desk_object *object) {
    struct table *spaces = sink->own;
    uint32_t number =
        spaces ? table_take(spaces, &sink->kept_arena, object->name_space) : TABLE_NONE;
    if (number == TABLE_NONE) {
        sink->own = NULL;
        return;
    }
    struct space *space = table_row(spaces, number);
    space->objects++;
    space->actions[object->strongest]++;
}

static void json_error(struct format_sink *sink, const struct desk_error *error) {
    struct json_out out;
    add(&sink->kept_errors, sink->errors++ ? ",\n" : "\n");
    json_out_init(&out, &sink->kept_errors);
    json_out_begin_object(&out, NULL);
    place_members(&out, error->file, &error->place);
    json_out_string(&out, "message", error->message);
    json_out_end_object(&out);
}

/* That a namespace has no result means something only where it is known that it was read. */
static void add_namespaces(struct strbuf *buf, const struct table *spaces) {
    struct json_out out;
    add(buf, "\"namespaces\":");
    json_out_init(&out, buf);
    json_out_begin_array(&out, NULL);
    for (uint32_t i = 0; i < spaces->count; i++) {
        const struct space *space = table_row(spaces, i);
        json_out_begin_object(&out, NULL);
        json_out_string(&out, "namespace", spaces->keys[i]);
        json_out_int(&out, "objects", (int64_t)space->objects);
        json_out_int(&out, "denied", (int64_t)space->actions[ACTION_DENY]);
        json_out_int(&out, "warned", (int64_t)space->actions[ACTION_WARN]);
        json_out_int(&out, "audited", (int64_t)space->actions[ACTION_AUDIT]);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    add(buf, ",");
}

static void json_end(struct format_sink *sink, const struct desk_summary *summary) {
    struct json_out out;
    add(&sink->buf, sink->results ? "\n],\"errors\":[" : "],\"errors\":[");
    strbuf_add(&sink->buf, strbuf_str(&sink->kept_errors));
    add(&sink->buf, sink->errors ? "\n]," : "],");
    if (sink->own) add_namespaces(&sink->buf, sink->own);
    add(&sink->buf, "\"summary\":");
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    json_out_int(&out, "objects", (int64_t)summary->objects);
    json_out_int(&out, "skipped", (int64_t)summary->skipped);
    json_out_int(&out, "denied", (int64_t)summary->denied);
    json_out_int(&out, "warned", (int64_t)summary->warned);
    json_out_int(&out, "audited", (int64_t)summary->audited);
    json_out_int(&out, "excepted", (int64_t)summary->excepted);
    json_out_int(&out, "suppressed", (int64_t)summary->suppressed);
    json_out_int(&out, "errors", (int64_t)summary->errors);
    json_out_end_object(&out);
    add(&sink->buf, "}\n");
    format_flush(sink);
}

const struct format format_json = {
    .name = "json",
    .begin = json_begin,
    .result = json_result,
    .object = json_object,
    .error = json_error,
    .end = json_end,
};
