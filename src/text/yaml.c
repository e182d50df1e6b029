/*
 * stream   = [ BOM ] { document }
 * document = { directive | comment | blank line } [ "---" line ] { line } [ "..." line ]
 *
 * A line that begins with "---" or "..." and goes on with white space or ends is a marker wherever
 * it stands: YAML allows it in no scalar. What is between markers goes to a libyaml parser of its
 * own.
 */
#include "text/yaml.h"

#include "text/yaml_build.h"
#include "text/yaml_problem.h"

const struct yaml_limits yaml_limits_policy = {
    .depth = 32,
    .nodes = 65536,
    .text_bytes = (size_t)1 << 20,
};
const struct yaml_limits yaml_limits_manifest = {
    .depth = 64,
    .nodes = 65536,
    .text_bytes = (size_t)8 << 20,
};

void yaml_reader_init(struct yaml_reader *reader, struct str text, enum yaml_dialect dialect,
                      const struct yaml_limits *limits) {
    bool marked = str_starts_with(text, STR("\xEF\xBB\xBF"));
    *reader = (struct yaml_reader){
        .text = text, .at = marked ? 3 : 0, .line = 1, .dialect = dialect, .limits = limits};
}

/* Length of the line break at the front of `s`, by YAML 1.1's rules; 0 when there is none. */
static size_t break_length(struct str s) {
    if (s.len == 0) return 0;
    switch (s.at[0]) {
    case '\n': return 1;
    case '\r': return s.len > 1 && s.at[1] == '\n' ? 2 : 1;
    case '\xC2': return str_starts_with(s, STR("\xC2\x85")) ? 2 : 0;
    case '\xE2':
        return str_starts_with(s, STR("\xE2\x80\xA8")) || str_starts_with(s, STR("\xE2\x80\xA9"))
                   ? 3
                   : 0;
    default: return 0;
    }
}

struct str yaml_line(struct str s, size_t *bytes, bool *broken) {
    size_t len = 0, end = 0;
    while (len < s.len && !(end = break_length(str_slice(s, len, s.len))))
        len++;
    *bytes = len + end;
    *broken = end > 0;
    return str_slice(s, 0, len);
}

bool yaml_is_marker(struct str line, struct str marker) {
    return str_starts_with(line, marker) &&
           (line.len == marker.len || line.at[marker.len] == ' ' || line.at[marker.len] == '\t');
}

/* Nothing that begins a document: blank, a comment, a directive. */
static bool is_prologue(struct str line) {
    if (str_starts_with(line, STR("%"))) return true;
    line = str_trim(line);
    return line.len == 0 || line.at[0] == '#';
}

struct part {
    struct str text;
    size_t offset;
    uint32_t line;
};

/* Takes the next document's text off the stream; false at its end. */
static bool take_part(struct yaml_reader *reader, struct part *part) {
    size_t start = reader->at;
    if (start >= reader->text.len) return false;
    *part = (struct part){.offset = start, .line = reader->line};
    bool in_prologue = true;
    while (reader->at < reader->text.len) {
        size_t bytes;
        bool broken;
        struct str rest = str_slice(reader->text, reader->at, reader->text.len);
        struct str line = yaml_line(rest, &bytes, &broken);
        bool starts = yaml_is_marker(line, STR("---")), ends = yaml_is_marker(line, STR("..."));
        if (starts && !in_prologue) break;
        if (starts || (!ends && !is_prologue(line))) in_prologue = false;
        if (!ends) part->text.len = reader->at + bytes - start;
        reader->at += bytes;
        reader->line += broken;
        if (ends) break;
    }
    part->text = str_slice(reader->text, start, part->text.len);
    return true;
}

static bool take_events(yaml_parser_t *parser, struct yaml_build *build) {
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return yaml_problem_report(parser, build->text, build->first_line, build->err);
        bool last = event.type == YAML_STREAM_END_EVENT;
        bool taken = yaml_build_take(build, &event);
        yaml_event_delete(&event);
        if (!taken)
            return yaml_problem_suspect_template(build->text, build->first_line, build->err);
        if (last) return true;
    }
}

static bool parse_part(const struct yaml_reader *reader, const struct part *part,
                       struct arena *arena, struct document *out, struct error *err) {
    struct yaml_build build = {.text = part->text,
                               .text_offset = part->offset,
                               .first_line = part->line};
    yaml_parser_t parser;
    if (!yaml_build_begin(&build, arena, reader->dialect, reader->limits, err)) return false;
    if (!yaml_parser_initialize(&parser))
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)part->text.at, part->text.len);
    bool parsed = take_events(&parser, &build);
    yaml_parser_delete(&parser);
    *out = (struct document){.origin = DOCUMENT_YAML, .text = reader->text, .first_line = 1};
    out->root = build.root ? &build.root->node : NULL;
    return parsed;
}

static bool check_part(const struct yaml_reader *reader, const struct part *part,
                       struct error *err) {
    bool first = part->offset == 0;
    if (first && (str_starts_with(part->text, STR("\xFF\xFE")) ||
                  str_starts_with(part->text, STR("\xFE\xFF"))))
        return error_set(err, ERR_SYNTAX, "this file is UTF-16: save it as UTF-8");
    if (part->text.len > reader->limits->text_bytes) {
        error_set(err, ERR_LIMIT, "this document is longer than %zu bytes",
                  reader->limits->text_bytes);
        return error_at(err, part->line, 1);
    }
    return true;
}

enum yaml_next yaml_read(struct yaml_reader *reader, struct arena *arena, struct document *out,
                         struct error *err) {
    struct part part;
    while (take_part(reader, &part)) {
        if (!check_part(reader, &part, err)) return YAML_ERROR;
        if (!parse_part(reader, &part, arena, out, err)) return YAML_ERROR;
        if (!tree_is_null(out->root)) return YAML_DOCUMENT;
    }
    return YAML_END;
}

const char *yaml_library_version(void) { return yaml_get_version_string(); }
