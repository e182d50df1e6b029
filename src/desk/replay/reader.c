/*
 * A stream of JSON values, divided. Mostly a line is a value: the end of the line is looked for and the
 * scan asked. Else the value's brackets are counted over lines; what was cut off ends where a string
 * meets the end of its line, or where a line begins with `{` in its first column, so that one
 * broken record costs no other.
 */
#include "base/ascii.h"
#include "desk/replay_record.h"
#include "desk/source_files.h"
#include "desk/source_window.h"

#define BYTE_ORDER_MARK STR("\xEF\xBB\xBF")
#define CHUNK_BYTES ((size_t)1 << 20)
#define PATH_KEEP_BYTES ((size_t)1 << 20)

struct replay_reader {
    const struct str_list *operands;
    size_t operand, file, record_bytes;
    struct arena path_arena;
    struct str_list files; /* of the operand at hand */
    struct str name;       /* of the file at hand */
    struct source_window window;
    bool is_open;
    size_t consumed; /* of the window: the record that was given last */
    struct scan_limits limits;
};

struct replay_reader *replay_reader_new(struct arena *arena, const struct str_list *operands,
                                        size_t record_bytes) {
    struct replay_reader *reader = ARENA_NEW(arena, struct replay_reader, 1);
    if (!reader) return NULL;
    reader->operands = operands;
    reader->record_bytes = record_bytes;
    reader->limits = scan_limits_default;
    /* Room for what is read behind a record of the largest size. */
    source_window_init(&reader->window, 2 * (record_bytes + CHUNK_BYTES), CHUNK_BYTES);
    arena_init(&reader->path_arena, (size_t)16 << 10, 0);
    return reader;
}

void replay_reader_free(struct replay_reader *reader) {
    source_window_fini(&reader->window);
    arena_fini(&reader->path_arena);
}

/* --- files ------------------------------------------------------------------------------------ */

static bool next_operand(struct replay_reader *reader, struct error *err) {
    arena_reset(&reader->path_arena, PATH_KEEP_BYTES);
    reader->file = 0;
    reader->files = (struct str_list){NULL, 0};
    struct str path = str_copy(&reader->path_arena, reader->operands->items[reader->operand++]);
    struct str *single = ARENA_NEW(&reader->path_arena, struct str, 1);
    if (!path.at || !single) return error_set(err, ERR_MEMORY, "out of memory");
    reader->name = path;
    if (source_files_is_folder(path))
        return source_files_list(&reader->path_arena, path, SOURCE_RECURSIVE,
                                 &source_record_suffixes, &reader->files, err) ||
               error_in(err, path.at);
    *single = path;
    reader->files = (struct str_list){single, 1};
    return true;
}

static bool fail_with_file(struct replay_reader *reader, struct error *err) {
    *err = reader->window.failure;
    reader->is_open = false;
    return error_in(err, reader->name.at);
}

/* False with err->code ERR_NONE: there are no more. */
static bool open_next(struct replay_reader *reader, struct error *err) {
    *err = (struct error){.code = ERR_NONE};
    while (reader->file == reader->files.count) {
        if (reader->operand == reader->operands->count) return false;
        if (!next_operand(reader, err)) return false;
    }
    struct str path = reader->files.items[reader->file++];
    bool is_stdin = str_equals(path, STR("-"));
    reader->name = is_stdin ? STR("<stdin>") : path;
    reader->consumed = 0;
    if (!source_window_open(&reader->window, path)) return fail_with_file(reader, err);
    reader->is_open = true;
    if (source_window_need(&reader->window, BYTE_ORDER_MARK.len) &&
        str_starts_with(source_window_text(&reader->window), BYTE_ORDER_MARK))
        source_window_consume(&reader->window, BYTE_ORDER_MARK.len);
    return true;
}

/* --- dividing --------------------------------------------------------------------------------- */

/* Where a value that began at `text`'s start ends. */
struct bounds {
    size_t looked;
    unsigned depth;
    bool in_string, after_backslash;
    bool is_whole, is_cut;
};

static void look_at_string(struct bounds *bounds, char c) {
    bool is_escaped = bounds->after_backslash;
    bounds->after_backslash = c == '\\' && !is_escaped;
    if (c == '"' && !is_escaped) bounds->in_string = false;
    if (c == '\n') bounds->is_cut = true;
}

static void look_at(struct bounds *bounds, char c, char before) {
    if (bounds->in_string) {
        look_at_string(bounds, c);
    } else if (c == '"') {
        bounds->in_string = bounds->depth > 0;
    } else if (c == '{' || c == '[') {
        bounds->is_cut = c == '{' && before == '\n' && bounds->depth > 0;
        bounds->depth++;
    } else if ((c == '}' || c == ']') && bounds->depth > 0) {
        bounds->is_whole = --bounds->depth == 0;
    } else if (c == '\n' && bounds->depth == 0) {
        bounds->is_cut = true;
    }
}

/* Looks on to the end of the value, or of the text. What cuts it is not part of it. */
static bool find_end(struct str text, struct bounds *bounds) {
    while (bounds->looked < text.len) {
        size_t at = bounds->looked++;
        look_at(bounds, text.at[at], at > 0 ? text.at[at - 1] : '\0');
        if (bounds->is_cut) bounds->looked = at;
        if (bounds->is_cut || bounds->is_whole) return true;
    }
    return false;
}

static bool is_json(const struct replay_reader *reader, struct str text) {
    struct scan scan;
    struct str value;
    scan_init(&scan, text, &reader->limits);
    return scan_value(&scan, &value) && scan_end(&scan);
}

/* Forgets the record before and the blanks behind it; false at the end of the file. */
static bool find_start(struct replay_reader *reader) {
    struct source_window *window = &reader->window;
    source_window_consume(window, reader->consumed);
    reader->consumed = 0;
    for (;;) {
        struct str text = source_window_text(window);
        size_t blanks = 0;
        while (blanks < text.len && ascii_is_json_space(text.at[blanks]))
            blanks++;
        if (blanks > 0) source_window_consume(window, blanks);
        if (blanks < text.len) return true;
        if (!source_window_more(window)) return false;
    }
}

/* Passes over what is too long, to the next line that begins with `{`. */
static void skip_record(struct replay_reader *reader) {
    struct source_window *window = &reader->window;
    for (;;) {
        struct str text = source_window_text(window);
        size_t end = str_find_char(text, '\n');
        source_window_consume(window, end);
        if (end == text.len && !source_window_more(window)) return;
        if (end == text.len) continue;
        if (!source_window_need(window, 2) || source_window_text(window).at[1] == '{') return;
        source_window_consume(window, 1);
    }
}

static bool is_too_long(const struct replay_reader *reader) {
    return reader->window.end - reader->window.start > reader->record_bytes;
}

/* The line that the window starts with, if it is a value of its own. */
static bool find_line(struct replay_reader *reader, struct str *line) {
    size_t looked = 0;
    struct source_window *window = &reader->window;
    for (;;) {
        struct str text = source_window_text(window);
        size_t end = looked + str_find_char(str_slice(text, looked, text.len), '\n');
        *line = str_slice(text, 0, end);
        if (end < text.len) break;
        if (is_too_long(reader)) return false;
        looked = text.len;
        if (!source_window_more(window)) {
            *line = source_window_text(window);
            break;
        }
    }
    *line = str_trim(*line);
    return line->len <= reader->record_bytes && line->len > 1 && line->at[line->len - 1] == '}' &&
           is_json(reader, *line);
}

static enum replay_reason find_value(struct replay_reader *reader, struct str *value) {
    struct bounds bounds = {.looked = 0};
    bool is_found;
    while (!(is_found = find_end(source_window_text(&reader->window), &bounds))) {
        if (is_too_long(reader)) {
            *value = STR_NONE;
            return REPLAY_TOO_LONG;
        }
        if (!source_window_more(&reader->window)) break;
    }
    *value = str_slice(source_window_text(&reader->window), 0, bounds.looked);
    if (value->len > reader->record_bytes) return REPLAY_TOO_LONG;
    return is_found && bounds.is_whole && is_json(reader, *value) ? REPLAY_JUDGED : REPLAY_BROKEN;
}

static void read_record(struct replay_reader *reader, struct replay_record *record) {
    *record = (struct replay_record){.file = reader->name, .line = reader->window.line};
    if (!find_line(reader, &record->text)) record->reason = find_value(reader, &record->text);
    reader->consumed = record->text.len;
    if (record->reason == REPLAY_TOO_LONG) {
        reader->consumed = 0;
        skip_record(reader);
    }
}

enum replay_next replay_reader_next(struct replay_reader *reader, struct replay_record *record,
                                    struct error *err) {
    for (;;) {
        if (!reader->is_open && !open_next(reader, err))
            return err->code == ERR_NONE ? REPLAY_END : REPLAY_ERROR;
        if (find_start(reader)) break;
        if (reader->window.has_failed) {
            (void)fail_with_file(reader, err);
            return REPLAY_ERROR;
        }
        reader->is_open = false;
    }
    read_record(reader, record);
    if (!reader->window.has_failed) return REPLAY_RECORD;
    (void)fail_with_file(reader, err);
    return REPLAY_ERROR;
}
