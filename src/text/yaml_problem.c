#include "text/yaml_problem.h"

#include <stdio.h>

#include "text/scan.h"

/* Takes a line off the front of `text`, without its line break. */
static struct str take_line(struct str *text) {
    size_t end = 0;
    while (end < text->len && text->at[end] != '\n' && text->at[end] != '\r')
        end++;
    struct str line = str_slice(*text, 0, end);
    struct str rest = str_slice(*text, end, text->len);
    *text = str_slice(rest, str_starts_with(rest, STR("\r\n")) ? 2 : 1, rest.len);
    return line;
}

/* Line number `line`, the first one being 0. */
static struct str line_of(struct str text, size_t line) {
    while (line-- > 0)
        take_line(&text);
    return take_line(&text);
}

/* libyaml notices at the end of the text, or below, what is missing there: people look at the last
 * line that says something. */
static yaml_mark_t within_text(struct str text, yaml_mark_t mark) {
    yaml_mark_t last = {0, 0, 0};
    for (size_t line = 0; text.len > 0 && line <= mark.line; line++) {
        struct str content = take_line(&text);
        if (line == mark.line && str_trim(str_slice(content, mark.column, content.len)).len > 0)
            return mark;
        if (str_trim(content).len > 0) last = (yaml_mark_t){0, line, str_utf8_count(content)};
    }
    return text.len > 0 ? mark : last;
}

static bool has_placeholder(struct str text) { return str_contains(text, STR("{{")); }

bool yaml_problem_suspect_template(struct str text, uint32_t first_line, struct error *err) {
    if (err->code != ERR_SYNTAX || !has_placeholder(text)) return false;
    if (err->line >= first_line && has_placeholder(line_of(text, err->line - first_line))) {
        uint32_t line = err->line, column = err->column;
        error_set(err, ERR_SYNTAX,
                  "this looks like a template, not like YAML: render it first, for "
                  "example with helm template");
        return error_at(err, line, column);
    }
    size_t used = strlen(err->text);
    static const char hint[] =
        " (there is {{ in this document: if it is a template, render it first)";
    if (used + sizeof hint <= sizeof err->text) memcpy(err->text + used, hint, sizeof hint);
    return false;
}

static bool same(const char *a, const char *b) { return a && strcmp(a, b) == 0; }

/* What libyaml says, and what to say instead. */
static const struct {
    const char *problem, *says;
} translations[] = {
    {"mapping values are not allowed in this context",
     "a colon cannot stand here: check the indentation, or put a text that contains \": \" in "
     "quotes"},
    {"did not find expected key", "expected a key here: check the indentation"},
    {"did not find expected '-' indicator",
     "expected the next list item (-) here: check the indentation"},
    {"block sequence entries are not allowed in this context",
     "a list item (-) cannot stand here: check the indentation"},
    {"block mapping entries are not allowed in this context",
     "a key cannot stand here: check the indentation"},
    {"could not find expected ':'", "expected \"key: value\", but there is no colon: check the "
                                    "indentation, or the quotes before this line"},
    {"did not find expected ',' or ']'", "expected , or ] in a list that began with ["},
    {"did not find expected ',' or '}'", "expected , or } in a mapping that began with {"},
    {"did not find expected node content", "expected a value here"},
    {"did not find expected <document start>",
     "this cannot follow what stands before: check the indentation; a new document begins with ---"},
    {"found unknown escape character",
     "no such escape in double quotes; in single quotes a backslash is a backslash"},
    {"found unexpected document indicator", "the document ends inside a text in quotes"},
    {"found undefined tag handle", "this tag (!) is not defined"},
    {"control characters are not allowed", "this control character may not stand in YAML"},
};

static const char *translate(const char *problem) {
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++)
        if (same(problem, translations[i].problem)) return translations[i].says;
    return problem ? problem : "not YAML";
}

static uint32_t line_in_file(uint32_t first_line, size_t line) {
    return first_line + (uint32_t)line;
}

static bool report_reader_error(const yaml_parser_t *parser, struct str text, uint32_t first_line,
                                struct error *err) {
    uint32_t line, column;
    scan_place(text, parser->problem_offset, &line, &column);
    if (same(parser->problem, "control characters are not allowed"))
        error_set(err, ERR_SYNTAX, "the control character U+%04X may not stand in YAML",
                  (unsigned)parser->problem_value);
    else
        error_set(err, ERR_SYNTAX, "not UTF-8: %s", parser->problem);
    return error_at(err, first_line + line - 1, column);
}

static bool stands_at_tab(const yaml_parser_t *parser, struct str text) {
    struct str line = line_of(text, parser->problem_mark.line);
    size_t before_text = 0;
    while (before_text < line.len && (line.at[before_text] == ' ' || line.at[before_text] == '\t'))
        before_text++;
    struct str indentation = str_slice(line, 0, before_text);
    return parser->problem_mark.column <= before_text &&
           str_find_char(indentation, '\t') < indentation.len;
}

/* A plain scalar cannot begin with these. */
static bool report_reserved(const yaml_parser_t *parser, struct str text, struct error *err) {
    struct str line = line_of(text, parser->problem_mark.line);
    struct str rest = str_slice(line, parser->problem_mark.column, 1);
    if (!same(parser->problem, "found character that cannot start any token")) return false;
    if (rest.len == 0 || str_find_char(STR("%@`"), rest.at[0]) == 3) return false;
    error_set(err, ERR_SYNTAX, "a value cannot begin with %c: put it in quotes", rest.at[0]);
    return true;
}

bool yaml_problem_report(const yaml_parser_t *parser, struct str text, uint32_t first_line,
                         struct error *err) {
    if (parser->error == YAML_MEMORY_ERROR)
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    if (parser->error == YAML_READER_ERROR)
        return report_reader_error(parser, text, first_line, err);

    yaml_mark_t mark = within_text(text, parser->problem_mark);
    bool elsewhere = parser->context && parser->context_mark.line != mark.line;
    bool no_colon = same(parser->problem, "could not find expected ':'");
    if (same(parser->problem, "found unexpected end of stream") && parser->context) {
        mark = parser->context_mark;
        error_set(err, ERR_SYNTAX, "the text in quotes that begins here has no end");
    } else if (stands_at_tab(parser, text)) {
        error_set(err, ERR_SYNTAX, "a tab in the indentation: YAML is indented with spaces only");
    } else if (!report_reserved(parser, text, err)) {
        error_set(err, ERR_SYNTAX, "%s", translate(parser->problem));
        size_t used = strlen(err->text);
        if (no_colon)
            mark = parser->context_mark;
        else if (elsewhere)
            snprintf(err->text + used, sizeof err->text - used, " (%s that begins at line %u)",
                     parser->context, line_in_file(first_line, parser->context_mark.line));
    }
    error_at(err, line_in_file(first_line, mark.line), (uint32_t)mark.column + 1);
    return yaml_problem_suspect_template(text, first_line, err);
}
