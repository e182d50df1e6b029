/*
 * Pieces of YAML, by its lines:
 *
 *   document = { line } [ "items:" line, { item }, { line } ]
 *   item     = a line of INDENT blanks and a dash, { line indented deeper, or blank, or a comment }
 *
 * That no line of a scalar can be taken for another is YAML's own rule: what belongs to an item is
 * indented deeper than its dash. libyaml is laxer inside quotes and brackets; a piece that ends in
 * one of these is an error of its own.
 */
#include "desk/source_stream.h"

#include "text/yaml.h"

/* One line of the window. */
struct line {
    struct str text; /* without its break */
    size_t at, bytes;
    size_t indent; /* blanks before its text */
    bool is_blank; /* or a comment, or a directive */
    bool is_broken, is_start, is_end;
};

/* False at the end of the text. A line is known whole only with what follows its break, for the break
 * may have two characters. */
static bool read_line(struct source_stream *stream, size_t at, struct line *line) {
    struct source_window *window = stream->window;
    for (;;) {
        struct str rest = str_slice(source_window_text(window), at, SIZE_MAX);
        *line = (struct line){.at = at};
        line->text = yaml_line(rest, &line->bytes, &line->is_broken);
        bool is_whole = line->is_broken && line->bytes < rest.len;
        if (is_whole || window->is_ended) break;
        if (!source_window_more(window) && window->has_failed) return false;
    }
    if (line->bytes == 0) return false;
    while (line->indent < line->text.len && line->text.at[line->indent] == ' ')
        line->indent++;
    struct str trimmed = str_trim(line->text);
    line->is_blank = trimmed.len == 0 || trimmed.at[0] == '#' || line->text.at[0] == '%';
    line->is_start = yaml_is_marker(line->text, STR("---"));
    line->is_end = yaml_is_marker(line->text, STR("..."));
    return true;
}

static bool is_dash(const struct line *line) {
    struct str text = str_slice(line->text, line->indent, line->text.len);
    return !line->is_start && !line->is_blank && str_starts_with(text, STR("-")) &&
           (text.len == 1 || text.at[1] == ' ' || text.at[1] == '\t');
}

/* `items:` and nothing else, but for a comment. */
static bool is_items_key(const struct line *line) {
    if (!str_starts_with(line->text, STR("items:"))) return false;
    struct str rest = str_slice(line->text, strlen("items:"), line->text.len);
    struct str trimmed = str_trim(rest);
    return trimmed.len == 0 || (trimmed.at[0] == '#' && (rest.at[0] == ' ' || rest.at[0] == '\t'));
}

/* --- what a List says of itself ---------------------------------------------------------------- */

static void note(struct source_stream *stream, const struct cJSON *root, struct str key,
                 struct str *known) {
    struct str found = tree_string(tree_find(root, key));
    if (found.len) *known = str_copy(&stream->arena, found);
}

/* Reads the part of a List's mapping that is before or behind its items. */
static bool read_part(struct source_stream *stream, struct str text, struct error *err) {
    struct arena arena;
    struct document document;
    struct yaml_reader reader;
    arena_init(&arena, (size_t)4 << 10, 0);
    yaml_reader_init(&reader, text, YAML_MANIFEST, &yaml_limits_manifest);
    reader.line = stream->window->line;
    enum yaml_next next = yaml_read(&reader, &arena, &document, err);
    if (next == YAML_DOCUMENT) {
        note(stream, document.root, STR("kind"), &stream->list.kind);
        note(stream, document.root, STR("apiVersion"), &stream->list.api_version);
    }
    arena_fini(&arena);
    return next != YAML_ERROR;
}

/* --- pieces ------------------------------------------------------------------------------------ */

static void consume(struct source_stream *stream) {
    /* Lines are YAML's, of which a newline is only one kind. */
    uint32_t line = stream->window->line + stream->taken_lines;
    source_window_consume(stream->window, stream->taken);
    stream->window->line = line;
    stream->window->column = 1;
    stream->taken = 0;
    stream->taken_lines = 0;
}

static void take_line(struct source_stream *stream, const struct line *line) {
    stream->taken = line->at + line->bytes;
    stream->taken_lines += line->is_broken;
}

static enum source_stream_next give(struct source_stream *stream, size_t len, bool is_item,
                                    struct source_stream_piece *piece) {
    *piece =
        (struct source_stream_piece){.text = str_slice(source_window_text(stream->window), 0, len),
                                     .line = stream->window->line,
                                     .column = 1,
                                     .is_yaml = true,
                                     .is_item = is_item,
                                     .list = stream->list};
    return STREAM_PIECE;
}

/* Whether a line `items:` begins a List's items: then the window begins behind it. */
static bool enter_items(struct source_stream *stream, const struct line *key) {
    struct line line;
    struct error ignored;
    size_t at = key->at + key->bytes;
    do {
        if (!read_line(stream, at, &line)) return false;
        at = line.at + line.bytes;
    } while (line.is_blank);
    if (!is_dash(&line)) return false;
    stream->list = (struct source_stream_list){.is_bare = false};
    /* What is wrong before the items is told with the whole document. */
    if (!read_part(stream, str_slice(source_window_text(stream->window), 0, key->at), &ignored) ||
        !source_stream_may_list(stream->list.kind))
        return false;
    stream->indent = line.indent;
    take_line(stream, key);
    consume(stream);
    stream->state = STREAM_ITEMS;
    return true;
}

static enum source_stream_next next_document(struct source_stream *stream,
                                             struct source_stream_piece *piece, struct error *err) {
    struct line line;
    size_t len = 0;
    bool has_begun = false, may_list = true;
    arena_reset(&stream->arena, (size_t)4 << 10);
    while (read_line(stream, len, &line)) {
        if (line.is_start && has_begun) return give(stream, len, false, piece);
        if (line.is_start || (!line.is_end && !line.is_blank)) has_begun = true;
        if (may_list && is_items_key(&line)) {
            if (enter_items(stream, &line)) return STREAM_END;
            may_list = false;
        }
        if (stream->window->has_failed) break;
        take_line(stream, &line);
        if (line.is_end) return give(stream, len, false, piece);
        len = stream->taken;
    }
    if (stream->window->has_failed) return source_stream_fail(stream, ERR_IO, 0, "", err);
    if (len == 0) {
        stream->state = STREAM_ENDED;
        return STREAM_END;
    }
    return give(stream, len, false, piece);
}

static enum source_stream_next next_item(struct source_stream *stream,
                                         struct source_stream_piece *piece, struct error *err) {
    struct line line;
    size_t len = 0;
    bool has_dash = false;
    while (read_line(stream, len, &line)) {
        bool is_inner = line.is_blank || line.indent > stream->indent;
        bool is_first = !has_dash && line.indent == stream->indent && is_dash(&line);
        if (!is_first && (!is_inner || line.is_start || line.is_end)) break;
        has_dash = has_dash || is_first;
        take_line(stream, &line);
        len = stream->taken;
    }
    if (stream->window->has_failed) return source_stream_fail(stream, ERR_IO, 0, "", err);
    if (has_dash) return give(stream, len, true, piece);
    stream->taken = 0;
    stream->taken_lines = 0;
    stream->state = STREAM_BEHIND_ITEMS;
    return STREAM_END;
}

static enum source_stream_next finish_list(struct source_stream *stream, struct error *err) {
    struct line line;
    size_t len = 0;
    struct str kind = stream->list.kind;
    while (read_line(stream, len, &line) && !line.is_start) {
        if (is_items_key(&line))
            return source_stream_fail(stream, ERR_SCHEMA, len, "a key of this List stands twice",
                                      err);
        take_line(stream, &line);
        if (line.is_end) break;
        len = stream->taken;
    }
    if (stream->window->has_failed) return source_stream_fail(stream, ERR_IO, 0, "", err);
    stream->state = STREAM_BETWEEN;
    stream->list.kind = STR_NONE;
    if (!read_part(stream, str_slice(source_window_text(stream->window), 0, len), err))
        return STREAM_ERROR;
    if (kind.len && stream->list.kind.len)
        return source_stream_fail(stream, ERR_SCHEMA, 0, "the kind of this List stands twice", err);
    if (str_is_empty(kind) && str_is_empty(stream->list.kind))
        return source_stream_fail(stream, ERR_SCHEMA, 0,
                                  "this has no kind, though its items were judged as a List's",
                                  err);
    if (!source_stream_may_list(stream->list.kind))
        return source_stream_fail(stream, ERR_SCHEMA, 0,
                                  "this kind is no List, though its items were judged as one's",
                                  err);
    return STREAM_END;
}

enum source_stream_next source_stream_next_yaml(struct source_stream *stream,
                                                struct source_stream_piece *piece,
                                                struct error *err) {
    consume(stream);
    switch (stream->state) {
    case STREAM_FIRST_ITEM:
    case STREAM_ITEMS: return next_item(stream, piece, err);
    case STREAM_BEHIND_ITEMS: return finish_list(stream, err);
    case STREAM_BETWEEN:
    case STREAM_ENDED: break;
    }
    return next_document(stream, piece, err);
}
