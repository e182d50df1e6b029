/*
 * GitLab's code quality report: one array of issues
 * (docs.gitlab.com/ci/testing/code_quality, "Import code quality results from a CI/CD job").
 */
#include "desk/format/escape.h"
#include "desk/format/told.h"

static void gitlab_begin(struct format_sink *sink) {
    strbuf_add(&sink->buf, STR("["));
    format_flush(sink);
}

/* GitLab's own scale: what denies is at least major, whatever its check thinks of it. */
static const char *severity_of(const struct violation *violation) {
    enum severity severity = violation->rule->severity;
    switch (violation->action) {
    case ACTION_DENY:
        if (severity == SEVERITY_CRITICAL) return "blocker";
        return severity == SEVERITY_HIGH ? "critical" : "major";
    case ACTION_WARN: return "minor";
    case ACTION_AUDIT:
    case ACTION_OFF: break;
    }
    return "info";
}

struct issue {
    struct str description, check, fingerprint, file;
    const char *severity;
    uint32_t first_line, last_line; /* 0: unknown */
};

static void add_issue(struct format_sink *sink, const struct issue *issue) {
    struct json_out out;
    uint32_t first = issue->first_line ? issue->first_line : 1;
    strbuf_add(&sink->buf, sink->results++ ? STR(",\n") : STR("\n"));
    json_out_init(&out, &sink->buf);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "description", issue->description);
    json_out_string(&out, "check_name", issue->check);
    json_out_string(&out, "fingerprint", issue->fingerprint);
    json_out_string(&out, "severity", str_from(issue->severity));
    json_out_begin_object(&out, "location");
    json_out_string(&out, "path", escape_repository_path(issue->file));
    json_out_begin_object(&out, "lines");
    json_out_int(&out, "begin", first);
    json_out_int(&out, "end", issue->last_line > first ? issue->last_line : first);
    json_out_end_object(&out);
    json_out_end_object(&out);
    json_out_end_object(&out);
    format_flush(sink);
}

static void gitlab_result(struct format_sink *sink, const struct desk_result *result) {
    struct strbuf said;
    strbuf_init(&said, &sink->arena, 512);
    strbuf_printf(&said, "%.*s; ", STR_ARGS(result->message));
    told_add_mend(&said, result);
    add_issue(sink, &(struct issue){
                        .description = strbuf_str(&said),
                        .check = told_rule(&sink->arena, result->violation->rule),
                        .fingerprint = told_fingerprint(&sink->arena, result),
                        .file = result->file,
                        .severity = severity_of(result->violation),
                        .first_line = result->place.line,
                        .last_line = told_end(result->text, &result->place).line,
                    });
}

static void gitlab_error(struct format_sink *sink, const struct desk_error *error) {
    add_issue(sink, &(struct issue){
                        .description = error->message,
                        .check = STR("podgate/error"),
                        .fingerprint = told_error_fingerprint(&sink->arena, error),
                        .file = error->file,
                        .severity = "blocker",
                        .first_line = error->place.line,
                        .last_line = error->place.line,
                    });
}

static void gitlab_end(struct format_sink *sink, const struct desk_summary *summary) {
    (void)summary;
    strbuf_add(&sink->buf, sink->results ? STR("\n]\n") : STR("]\n"));
    format_flush(sink);
}

const struct format format_gitlab = {
    .name = "gitlab",
    .begin = gitlab_begin,
    .result = gitlab_result,
    .error = gitlab_error,
    .end = gitlab_end,
};
