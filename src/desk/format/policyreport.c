/*
 * PolicyReports of wgpolicyk8s.io/v1alpha2 in one List of JSON, for `kubectl apply -f -`:
 * podgate-NAMESPACE-1, -2, ... Each is small enough for the annotation in which kubectl keeps what it
 * applied (256 KiB of annotations in all, k8s.io/apimachinery validation).
 *
 * Results wait until their namespace has a report's worth of them, or until all that waits is too
 * much: then the largest goes out. So memory is bounded and names depend on the input alone.
 */
#include <stdlib.h>

#include "desk/format/told.h"

#define REPORT_BYTES ((size_t)192 << 10)
#define WAITING_BYTES ((size_t)4 << 20)
#define FIRST_ROOM 64
#define MESSAGE_BYTES 2048

struct report {
    struct str name_space; /* in the own arena of the format */
    struct arena arena;    /* of results */
    struct strbuf results;
    size_t count, failed, warned, skipped; /* in this report */
    size_t number;                         /* reports of the namespace so far */
};

struct reports {
    struct report **items; /* by their namespaces */
    size_t count, room;
    size_t waiting; /* bytes */
};

static void report_begin(struct format_sink *sink) {
    sink->own = ARENA_NEW(&sink->kept_arena, struct reports, 1);
    strbuf_add(&sink->buf, STR("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["));
    format_flush(sink);
}

/* --- the reports by their namespaces ------------------------------------------------------------ */

static void start_report(struct report *report) {
    arena_reset(&report->arena, 0);
    strbuf_init(&report->results, &report->arena, 0);
    report->count = report->failed = report->warned = report->skipped = 0;
}

/* Where the namespace's report is or belongs. */
static size_t find_report(const struct reports *reports, struct str name_space) {
    size_t low = 0, high = reports->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(reports->items[middle]->name_space, name_space) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct arena *arena, struct reports *reports) {
    if (reports->count < reports->room) return true;
    size_t room = reports->room ? 2 * reports->room : FIRST_ROOM;
    struct report **larger = ARENA_NEW(arena, struct report *, room);
    if (!larger) return false;
    if (reports->count) memcpy(larger, reports->items, reports->count * sizeof(struct report *));
    reports->items = larger;
    reports->room = room;
    return true;
}

/* NULL: no memory, which the arena tells. */
static struct report *report_of(struct format_sink *sink, struct str name_space) {
    struct arena *arena = &sink->kept_arena;
    struct reports *reports = sink->own;
    size_t at = find_report(reports, name_space);
    if (at < reports->count && str_equals(reports->items[at]->name_space, name_space))
        return reports->items[at];
    struct report *report = ARENA_NEW(arena, struct report, 1);
    struct str copy = str_copy(arena, name_space);
    if (!report || !copy.at || !make_room(arena, reports)) return NULL;
    memmove(&reports->items[at + 1], &reports->items[at],
            (reports->count - at) * sizeof(struct report *));
    reports->items[at] = report;
    reports->count++;
    report->name_space = copy;
    arena_init(&report->arena, (size_t)4 << 10, 0);
    start_report(report);
    return report;
}

/* --- writing one -------------------------------------------------------------------------------- */

static void add_summary(struct json_out *out, const struct report *report) {
    json_out_begin_object(out, "summary");
    json_out_int(out, "pass", 0);
    json_out_int(out, "fail", (int64_t)report->failed);
    json_out_int(out, "warn", (int64_t)report->warned);
    json_out_int(out, "error", 0);
    json_out_int(out, "skip", (int64_t)report->skipped);
    json_out_end_object(out);
}

static void write_report(struct format_sink *sink, struct report *report) {
    struct reports *reports = sink->own;
    struct json_out out;
    if (report->count == 0) return;
    strbuf_add(&sink->buf, sink->results++ ? STR(",\n") : STR("\n"));
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "apiVersion", STR("wgpolicyk8s.io/v1alpha2"));
    json_out_string(&out, "kind", STR("PolicyReport"));
    json_out_begin_object(&out, "metadata");
    json_out_string(&out, "name",
                    str_format(&sink->arena, "podgate-%.*s-%zu", STR_ARGS(report->name_space),
                               ++report->number));
    json_out_string(&out, "namespace", report->name_space);
    json_out_begin_object(&out, "labels");
    json_out_string(&out, "app.kubernetes.io/managed-by", STR("podgate"));
    json_out_end_object(&out);
    json_out_end_object(&out);
    add_summary(&out, report);
    json_out_raw(&out, "results",
                 str_format(&sink->arena, "[%.*s]", STR_ARGS(strbuf_str(&report->results))));
    json_out_end_object(&out);
    if (arena_is_exhausted(&report->arena)) sink->failed = true;
    format_flush(sink);
    reports->waiting -= report->results.len;
    start_report(report);
}

static void write_largest(struct format_sink *sink) {
    const struct reports *reports = sink->own;
    struct report *largest = reports->items[0];
    for (size_t i = 1; i < reports->count; i++)
        if (reports->items[i]->results.len > largest->results.len) largest = reports->items[i];
    write_report(sink, largest);
}

/* --- results ------------------------------------------------------------------------------------ */

/* What v1alpha2 has words for: fail, warn, skip (taken out by an exception or an annotation). */
static const char *result_of(struct report *report, const struct desk_result *result) {
    if (result->suppression != DESK_COUNTS) {
        report->skipped++;
        return "skip";
    }
    if (result->violation->action == ACTION_DENY) {
        report->failed++;
        return "fail";
    }
    report->warned++;
    return "warn";
}

static void add_resource(struct format_sink *sink, struct json_out *out,
                         const struct desk_result *result) {
    const struct workload *workload = result->workload;
    const struct workload_kind *kind = workload->kind;
    json_out_begin_array(out, "resources");
    json_out_begin_object(out, NULL);
    json_out_string(out, "apiVersion",
                    str_is_empty(kind->group)
                        ? STR("v1")
                        : str_format(&sink->arena, "%.*s/v1", STR_ARGS(kind->group)));
    json_out_string(out, "kind", kind->kind);
    json_out_string(out, "namespace", result->name_space);
    json_out_string(out, "name", told_name(&sink->arena, workload));
    json_out_end_object(out);
    json_out_end_array(out);
}

static void add_property(struct json_out *out, const char *name, struct str value) {
    if (!str_is_empty(value)) json_out_string(out, name, value);
}

/* Their values are strings, by the API. */
static void add_properties(struct json_out *out, const struct desk_result *result) {
    const struct violation *violation = result->violation;
    const struct finding *finding = violation->finding;
    json_out_begin_object(out, "properties");
    json_out_string(out, "action", action_name(violation->action));
    json_out_string(out, "check", str_from(violation->rule->check->id));
    add_property(out, "control", control_id(finding->control));
    if (finding->container) {
        add_property(out, "container", finding->container->name);
        add_property(out, "containerType", container_type_name(finding->container->type));
    }
    json_out_string(out, "path", result->path);
    add_property(out, "actual", str_utf8_cut(finding->actual, MESSAGE_BYTES));
    add_property(out, "fix", result->fix);
    if (violation->exception && result->suppression == DESK_EXCEPTED)
        add_property(out, "exception", violation->exception->name);
    add_property(out, "reason", result->reason);
    json_out_end_object(out);
}

static void report_result(struct format_sink *sink, const struct desk_result *result) {
    struct reports *reports = sink->own;
    struct report *report = reports ? report_of(sink, result->name_space) : NULL;
    struct strbuf text;
    struct json_out out;
    if (!report) return;
    const struct violation *violation = result->violation;
    strbuf_init(&text, &sink->arena, 1024);
    json_out_init(&out, &text);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "source", STR("podgate"));
    json_out_string(&out, "policy", violation->rule->policy->name);
    json_out_string(&out, "rule", violation->rule->name);
    json_out_string(&out, "category", str_from(violation->rule->check->title));
    json_out_string(&out, "severity", severity_name(violation->rule->severity));
    json_out_string(&out, "result", str_from(result_of(report, result)));
    json_out_bool(&out, "scored", true);
    json_out_string(&out, "message", str_utf8_cut(result->message, MESSAGE_BYTES));
    add_resource(sink, &out, result);
    add_properties(&out, result);
    json_out_end_object(&out);

    size_t before = report->results.len;
    if (before > 0) strbuf_add(&report->results, STR(",\n"));
    strbuf_add(&report->results, strbuf_str(&text));
    report->count++;
    reports->waiting += report->results.len - before;
    format_flush(sink);
    if (report->results.len >= REPORT_BYTES) write_report(sink, report);
    if (reports->waiting >= WAITING_BYTES) write_largest(sink);
}

static void report_error(struct format_sink *sink, const struct desk_error *error) {
    /* It belongs to no object, so to no report; it goes to standard error like all errors. */
    (void)sink, (void)error;
}

static void report_end(struct format_sink *sink, const struct desk_summary *summary) {
    (void)summary;
    struct reports *reports = sink->own;
    for (size_t i = 0; reports && i < reports->count; i++) {
        write_report(sink, reports->items[i]);
        arena_fini(&reports->items[i]->arena);
    }
    strbuf_add(&sink->buf, sink->results ? STR("\n]}\n") : STR("]}\n"));
    format_flush(sink);
    sink->own = NULL;
}

const struct format format_policyreport = {
    .name = "policyreport",
    .begin = report_begin,
    .result = report_result,
    .error = report_error,
    .end = report_end,
    .wants_suppressed = true,
};
