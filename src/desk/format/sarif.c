/*
 * SARIF 2.1.0 (docs.oasis-open.org/sarif), one run. A rule is a policy's rule, with its check's
 * reasons as help; columns count characters. Violations that an exception or an annotation takes out
 * are there with their suppression, so that a viewer can show or hide them.
 */
#include "desk/format/escape.h"
#include "desk/format/told.h"

static const char *level_of(enum action action) {
    switch (action) {
    case ACTION_DENY: return "error";
    case ACTION_WARN: return "warning";
    case ACTION_AUDIT: return "note";
    case ACTION_OFF: break;
    }
    return "none";
}

/* GitHub's scale from 0 to 10: above 9 is critical, from 7 high, from 4 medium. */
static const char *score_of(enum severity severity) {
    switch (severity) {
    case SEVERITY_CRITICAL: return "9.5";
    case SEVERITY_HIGH: return "8.0";
    case SEVERITY_MEDIUM: return "5.5";
    case SEVERITY_LOW: break;
    }
    return "2.0";
}

static void add_text(struct json_out *out, const char *name, struct str text) {
    json_out_begin_object(out, name);
    json_out_string(out, "text", text);
    json_out_end_object(out);
}

/* --- rules ------------------------------------------------------------------------------------- */

/* The references are lines; in Markdown they are a list. */
static void add_references(struct strbuf *buf, struct str references, const char *before) {
    while (references.len > 0) {
        size_t end = str_find_char(references, '\n');
        strbuf_printf(buf, "%s%.*s\n", before, STR_ARGS(str_slice(references, 0, end)));
        references = str_slice(references, end + 1, references.len);
    }
}

static void add_help(struct format_sink *sink, struct json_out *out, const struct check *check) {
    struct strbuf text, markdown;
    strbuf_init(&text, &sink->arena, 1024);
    strbuf_init(&markdown, &sink->arena, 4096);
    strbuf_printf(&text, "%s\n\n", check->rationale);
    add_references(&text, str_from(check->references), "");
    strbuf_printf(&text, "\npodgate explain %s shows its parameters and examples.\n", check->id);
    strbuf_printf(&markdown, "%s\n\n", check->rationale);
    add_references(&markdown, str_from(check->references), "- ");
    strbuf_printf(&markdown, "\nDenied:\n\n```yaml\n%s```\n\nAllowed:\n\n```yaml\n%s```\n",
                  check->example_denied, check->example_allowed);
    json_out_begin_object(out, "help");
    json_out_string(out, "text", strbuf_str(&text));
    json_out_string(out, "markdown", strbuf_str(&markdown));
    json_out_end_object(out);
}

static void add_rule(struct format_sink *sink, struct json_out *out, const struct rule *rule) {
    const struct check *check = rule->check;
    json_out_begin_object(out, NULL);
    json_out_string(out, "id", told_rule(&sink->arena, rule));
    json_out_string(out, "name", str_from(check->id));
    add_text(out, "shortDescription", str_from(check->title));
    add_text(out, "fullDescription", str_from(check->rationale));
    add_help(sink, out, check);
    json_out_begin_object(out, "defaultConfiguration");
    json_out_bool(out, "enabled", rule->action != ACTION_OFF);
    json_out_string(out, "level", str_from(level_of(rule->action)));
    json_out_end_object(out);
    json_out_begin_object(out, "properties");
    json_out_string(out, "security-severity", str_from(score_of(rule->severity)));
    json_out_begin_array(out, "tags");
    json_out_string(out, NULL, STR("security"));
    json_out_string(out, NULL, STR("kubernetes"));
    json_out_end_array(out);
    json_out_end_object(out);
    json_out_end_object(out);
}

static void sarif_begin(struct format_sink *sink) {
    const struct profile *profile = sink->run->profile;
    struct json_out out;
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "$schema",
                    STR("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                        "sarif-schema-2.1.0.json"));
    json_out_string(&out, "version", STR("2.1.0"));
    json_out_begin_array(&out, "runs");
    json_out_begin_object(&out, NULL);
    json_out_begin_object(&out, "tool");
    json_out_begin_object(&out, "driver");
    json_out_string(&out, "name", STR("podgate"));
    json_out_string(&out, "version", sink->run->version);
    json_out_begin_array(&out, "rules");
    for (size_t i = 0; i < profile->policy_count; i++)
        for (size_t j = 0; j < profile->policies[i]->rule_count; j++)
            add_rule(sink, &out, &profile->policies[i]->rules[j]);
    json_out_end_array(&out);
    json_out_end_object(&out);
    json_out_end_object(&out);
    json_out_string(&out, "columnKind", STR("unicodeCodePoints"));
    json_out_begin_array(&out, "results");
    format_flush(sink);
}

/* --- results ----------------------------------------------------------------------------------- */

/* The index of its rule in the order of sarif_begin. */
static int64_t rule_index(const struct profile *profile, const struct rule *rule) {
    int64_t index = 0;
    for (size_t i = 0; i < profile->policy_count; i++) {
        if (profile->policies[i] == rule->policy) return index + (rule - rule->policy->rules);
        index += (int64_t)profile->policies[i]->rule_count;
    }
    return -1;
}

static void add_region(struct json_out *out, struct str text, const struct place *place) {
    if (!place->line) return;
    struct place end = told_end(text, place);
    json_out_begin_object(out, "region");
    json_out_int(out, "startLine", place->line);
    if (place->column) json_out_int(out, "startColumn", place->column);
    if (place->column && place->length) {
        json_out_int(out, "endLine", end.line);
        json_out_int(out, "endColumn", end.column);
    }
    json_out_end_object(out);
}

/* Opens a location and leaves it open. */
static void begin_location(struct format_sink *sink, struct json_out *out, struct str file,
                           struct str text, const struct place *place) {
    struct strbuf uri;
    strbuf_init(&uri, &sink->arena, 256);
    escape_add_uri(&uri, file);
    json_out_begin_array(out, "locations");
    json_out_begin_object(out, NULL);
    json_out_begin_object(out, "physicalLocation");
    json_out_begin_object(out, "artifactLocation");
    json_out_string(out, "uri", strbuf_str(&uri));
    json_out_end_object(out);
    add_region(out, text, place);
    json_out_end_object(out);
}

static void end_location(struct json_out *out) {
    json_out_end_object(out);
    json_out_end_array(out);
}

static void add_logical_location(struct format_sink *sink, struct json_out *out,
                                 const struct desk_result *result) {
    struct str object = told_object(&sink->arena, result->workload, result->name_space);
    json_out_begin_array(out, "logicalLocations");
    json_out_begin_object(out, NULL);
    json_out_string(out, "name", result->path);
    json_out_string(out, "fullyQualifiedName",
                    str_format(&sink->arena, "%.*s: %.*s", STR_ARGS(object),
                               STR_ARGS(result->path)));
    json_out_string(out, "kind", STR("member"));
    json_out_end_object(out);
    json_out_end_array(out);
}

static void add_suppressions(struct format_sink *sink, struct json_out *out,
                             const struct desk_result *result) {
    const struct exception *exception = result->violation->exception;
    json_out_begin_array(out, "suppressions");
    if (result->suppression != DESK_COUNTS) {
        bool is_in_source = result->suppression == DESK_SUPPRESSED;
        struct str reason = result->reason;
        if (!is_in_source && exception)
            reason = str_format(&sink->arena, "exception %.*s: %.*s", STR_ARGS(exception->name),
                                STR_ARGS(exception->reason));
        json_out_begin_object(out, NULL);
        json_out_string(out, "kind", is_in_source ? STR("inSource") : STR("external"));
        json_out_string(out, "status", STR("accepted"));
        json_out_string(out, "justification", reason);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_properties(struct json_out *out, const struct desk_result *result) {
    const struct violation *violation = result->violation;
    json_out_begin_object(out, "properties");
    json_out_string(out, "action", action_name(violation->action));
    json_out_string(out, "severity", severity_name(violation->rule->severity));
    json_out_string(out, "check", str_from(violation->rule->check->id));
    if (violation->finding->control)
        json_out_string(out, "control", control_id(violation->finding->control));
    if (violation->finding->container)
        json_out_string(out, "container", violation->finding->container->name);
    json_out_end_object(out);
}

static void sarif_result(struct format_sink *sink, const struct desk_result *result) {
    const struct violation *violation = result->violation;
    struct strbuf said;
    struct json_out out;
    strbuf_init(&said, &sink->arena, 512);
    strbuf_printf(&said, "%.*s\n", STR_ARGS(result->message));
    told_add_mend(&said, result);
    if (result->note.len) strbuf_printf(&said, "\n%.*s", STR_ARGS(result->note));

    strbuf_add(&sink->buf, sink->results++ ? STR(",\n") : STR("\n"));
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "ruleId", told_rule(&sink->arena, violation->rule));
    json_out_int(&out, "ruleIndex", rule_index(sink->run->profile, violation->rule));
    json_out_string(&out, "level", str_from(level_of(violation->action)));
    add_text(&out, "message", strbuf_str(&said));
    begin_location(sink, &out, result->file, result->text, &result->place);
    add_logical_location(sink, &out, result);
    end_location(&out);
    json_out_begin_object(&out, "partialFingerprints");
    json_out_string(&out, "podgate/v1", told_fingerprint(&sink->arena, result));
    json_out_end_object(&out);
    add_suppressions(sink, &out, result);
    add_properties(&out, result);
    json_out_end_object(&out);
    format_flush(sink);
}

/* --- errors ------------------------------------------------------------------------------------ */

static void sarif_error(struct format_sink *sink, const struct desk_error *error) {
    struct json_out out;
    struct place place = error->place;
    place.length = 0;
    strbuf_add(&sink->kept_errors, sink->errors++ ? STR(",\n") : STR("\n"));
    json_out_init(&out, &sink->kept_errors);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "level", STR("error"));
    add_text(&out, "message", error->message);
    begin_location(sink, &out, error->file, error->text, &place);
    end_location(&out);
    json_out_end_object(&out);
    format_flush(sink);
}

static void sarif_end(struct format_sink *sink, const struct desk_summary *summary) {
    struct strbuf *buf = &sink->buf;
    strbuf_printf(buf,
                  "%s],\"invocations\":[{\"executionSuccessful\":%s,"
                  "\"toolExecutionNotifications\":[",
                  sink->results ? "\n" : "", summary->errors ? "false" : "true");
    strbuf_add(buf, strbuf_str(&sink->kept_errors));
    strbuf_printf(buf, "%s]}]}]}\n", sink->errors ? "\n" : "");
    format_flush(sink);
}

const struct format format_sarif = {
    .name = "sarif",
    .begin = sarif_begin,
    .result = sarif_result,
    .error = sarif_error,
    .end = sarif_end,
    .wants_suppressed = true,
};
