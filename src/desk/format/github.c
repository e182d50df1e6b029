/*
 *   ::error file=deploy.yaml,line=12,col=9,endLine=12,endColumn=18,title=POLICY/RULE::MESSAGE
 *
 * Workflow commands, which GitHub Actions shows beside the changed lines. Then the summary, a plain
 * line of the log.
 */
#include "desk/format/escape.h"
#include "desk/format/told.h"

static const char *command_of(enum action action) {
    switch (action) {
    case ACTION_DENY: return "error";
    case ACTION_WARN: return "warning";
    case ACTION_AUDIT:
    case ACTION_OFF: break;
    }
    return "notice";
}

static void github_begin(struct format_sink *sink) { (void)sink; }

static void add_place(struct strbuf *buf, struct str file, struct str text,
                      const struct place *place) {
    strbuf_add(buf, STR(" file="));
    escape_add_command_property(buf, escape_repository_path(file));
    if (!place->line) return;
    strbuf_printf(buf, ",line=%u", place->line);
    struct place end = told_end(text, place);
    /* Of several lines GitHub takes no columns. */
    if (end.line > place->line)
        strbuf_printf(buf, ",endLine=%u", end.line);
    else if (place->column)
        strbuf_printf(buf, ",col=%u", place->column);
    if (end.line == place->line && end.column > place->column)
        strbuf_printf(buf, ",endLine=%u,endColumn=%u", end.line, end.column);
}

static void github_result(struct format_sink *sink, const struct desk_result *result) {
    const struct rule *rule = result->violation->rule;
    struct strbuf *buf = &sink->buf, said;
    strbuf_init(&said, &sink->arena, 512);
    strbuf_printf(&said, "%.*s\n", STR_ARGS(result->message));
    told_add_mend(&said, result);
    if (result->note.len) strbuf_printf(&said, "\n%.*s", STR_ARGS(result->note));
    if (rule->message.len) strbuf_printf(&said, "\n%.*s", STR_ARGS(rule->message));

    strbuf_printf(buf, "::%s", command_of(result->violation->action));
    add_place(buf, result->file, result->text, &result->place);
    strbuf_add(buf, STR(",title="));
    escape_add_command_property(buf, told_rule(&sink->arena, rule));
    strbuf_add(buf, STR("::"));
    escape_add_command_data(buf, strbuf_str(&said));
    strbuf_add_char(buf, '\n');
    format_flush(sink);
}

static void github_error(struct format_sink *sink, const struct desk_error *error) {
    struct place place = error->place;
    place.length = 0;
    strbuf_add(&sink->buf, STR("::error"));
    add_place(&sink->buf, error->file, error->text, &place);
    strbuf_add(&sink->buf, STR(",title=podgate cannot judge this::"));
    escape_add_command_data(&sink->buf, error->message);
    strbuf_add_char(&sink->buf, '\n');
    format_flush(sink);
}

static void github_end(struct format_sink *sink, const struct desk_summary *summary) {
    strbuf_add(&sink->buf, STR("podgate: "));
    told_add_summary(&sink->buf, summary);
    format_flush(sink);
}

const struct format format_github = {
    .name = "github",
    .begin = github_begin,
    .result = github_result,
    .error = github_error,
    .end = github_end,
};
