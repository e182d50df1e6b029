/*
 *   deploy.yaml:12:9: deny: container "web" may run as root [workload-basics/run-as-non-root]
 *      12 |       - name: web
 *         |         ^^^^^^^^^
 *         = spec.template.spec.securityContext.runAsNonRoot is unset: set it to true
 */
#include "desk/format/excerpt.h"
#include "desk/format/told.h"

#define MESSAGE_BYTES 4096

static struct str colour_of(enum action action) {
    switch (action) {
    case ACTION_DENY: return STR("\x1b[1;31m");
    case ACTION_WARN: return STR("\x1b[1;33m");
    case ACTION_AUDIT:
    case ACTION_OFF: break;
    }
    return STR("\x1b[1;36m");
}

static void add(struct format_sink *sink, struct str text) { strbuf_add(&sink->buf, text); }

static void add_colour(struct format_sink *sink, struct str colour) {
    if (sink->colour) add(sink, colour);
}

/* "file:line:column: " */
static void add_place(struct format_sink *sink, struct str file, const struct place *place) {
    add_colour(sink, STR("\x1b[1m"));
    strbuf_add_escaped(&sink->buf, file, MESSAGE_BYTES);
    if (place->line) strbuf_printf(&sink->buf, ":%u", place->line);
    if (place->line && place->column) strbuf_printf(&sink->buf, ":%u", place->column);
    add(sink, STR(": "));
    add_colour(sink, STR("\x1b[0m"));
}

static void add_label(struct format_sink *sink, struct str colour, struct str label) {
    add_colour(sink, colour);
    add(sink, label);
    add(sink, STR(": "));
    add_colour(sink, STR("\x1b[0m"));
}

static void add_fix(struct format_sink *sink, const struct desk_result *result) {
    excerpt_add_margin(sink, '=');
    told_add_mend(&sink->buf, result);
    strbuf_add_char(&sink->buf, '\n');
}

/* A line more, when there is one; its words are policy/verdict's or a policy's own. */
static void add_note(struct format_sink *sink, struct str note) {
    if (str_is_empty(note)) return;
    excerpt_add_margin(sink, '=');
    add(sink, note);
    strbuf_add_char(&sink->buf, '\n');
}

/* What stands at the same place as the result before needs no second look at the line. */
static void add_excerpt(struct format_sink *sink, const struct desk_result *result) {
    const struct place *place = &result->place;
    bool is_shown = sink->shown_file == result->file_number && sink->shown.line == place->line &&
                    sink->shown.column == place->column;
    if (!place->line || is_shown || result->violation->finding->problem->hides_line) return;
    excerpt_add(sink, result->text, place);
    sink->shown_file = result->file_number;
    sink->shown = *place;
}

static void text_begin(struct format_sink *sink) { (void)sink; }

static void text_result(struct format_sink *sink, const struct desk_result *result) {
    const struct violation *violation = result->violation;
    const struct rule *rule = violation->rule;
    add_place(sink, result->file, &result->place);
    add_label(sink, colour_of(violation->action), action_name(violation->action));
    strbuf_printf(&sink->buf, "%.*s [%.*s/%.*s", STR_ARGS(result->message),
                  STR_ARGS(rule->policy->name), STR_ARGS(rule->name));
    if (violation->finding->control)
        strbuf_printf(&sink->buf, ": %s", violation->finding->control->id);
    add(sink, STR("]\n"));
    add_excerpt(sink, result);
    add_fix(sink, result);
    add_note(sink, result->note);
    add_note(sink, rule->message);
    sink->results++;
    format_flush(sink);
}

static bool is_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* An error knows where something begins: the word there is marked. */
static void find_word(struct format_sink *sink, const struct desk_error *error,
                      struct place *place) {
    place->offset = excerpt_find(sink, error);
    while (place->offset + place->length < error->text.len &&
           is_of_word(error->text.at[place->offset + place->length]))
        place->length++;
}

static void text_error(struct format_sink *sink, const struct desk_error *error) {
    struct place place = error->place;
    add_place(sink, error->file, &place);
    add_label(sink, colour_of(ACTION_DENY), STR("error"));
    strbuf_printf(&sink->buf, "%.*s\n", STR_ARGS(error->message));
    if (place.line && place.column && error->text.len) {
        if (!place.length) find_word(sink, error, &place);
        excerpt_add(sink, error->text, &place);
    }
    sink->errors++;
    format_flush(sink);
}

static void text_end(struct format_sink *sink, const struct desk_summary *summary) {
    struct strbuf *buf = &sink->buf;
    if (sink->results + sink->errors) strbuf_add_char(buf, '\n');
    if (summary->omitted)
        strbuf_printf(buf, "%zu further finding%s not shown: an object has too many\n",
                      summary->omitted, str_plural(summary->omitted));
    if (summary->request_rules)
        strbuf_printf(buf,
                      "%zu rule%s on who asks or for which operation, which a file cannot tell:"
                      " taken as matching\n",
                      summary->request_rules,
                      summary->request_rules == 1 ? " depends" : "s depend");
    told_add_summary(buf, summary);
    format_flush(sink);
}

const struct format format_text = {
    .name = "text",
    .begin = text_begin,
    .result = text_result,
    .error = text_error,
    .end = text_end,
};

static void ignore_result(struct format_sink *sink, const struct desk_result *result) {
    (void)sink, (void)result;
}

static void ignore_end(struct format_sink *sink, const struct desk_summary *summary) {
    (void)sink, (void)summary;
}

const struct format format_errors = {
    .name = "errors",
    .begin = text_begin,
    .result = ignore_result,
    .error = text_error,
    .end = ignore_end,
};
