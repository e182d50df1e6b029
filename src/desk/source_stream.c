#include "desk/source_stream.h"

#include "base/ascii.h"
#include "text/scan.h"

void source_stream_init(struct source_stream *stream) {
    *stream = (struct source_stream){.state = STREAM_ENDED};
    arena_init(&stream->arena, (size_t)4 << 10, 0);
}

void source_stream_fini(struct source_stream *stream) { arena_fini(&stream->arena); }

void source_stream_start(struct source_stream *stream, struct source_window *window, bool is_yaml) {
    stream->window = window;
    stream->is_yaml = is_yaml;
    stream->is_first = true;
    stream->state = STREAM_BETWEEN;
    stream->taken = 0;
    stream->taken_lines = 0;
}

bool source_stream_may_list(struct str kind) {
    return str_is_empty(kind) || str_ends_with(kind, STR("List"));
}

enum source_stream_next source_stream_fail(struct source_stream *stream, enum error_code code,
                                           size_t offset, const char *says, struct error *err) {
    struct source_window *window = stream->window;
    stream->state = STREAM_ENDED;
    /* The window's own failure is the cause of what looks cut short. */
    if (window->has_failed) {
        *err = window->failure;
        return STREAM_ERROR;
    }
    source_window_consume(window, offset);
    error_set(err, code, "%s", says);
    error_at(err, window->line, window->column);
    return STREAM_ERROR;
}

/* --- cutting JSON ------------------------------------------------------------------------------ */

/* What follows has no say in validity: the scan of a piece has. This only finds where it ends. */
struct cut {
    struct source_window *window;
    size_t at; /* in the window */
};

/* The byte at `at`, or -1 behind the end. */
static int peek(struct cut *cut) {
    if (!source_window_need(cut->window, cut->at + 1)) return -1;
    return (unsigned char)cut->window->bytes[cut->window->start + cut->at];
}

static int skip_blanks(struct cut *cut) {
    int c;
    while ((c = peek(cut)) >= 0 && ascii_is_json_space((char)c))
        cut->at++;
    return c;
}

static bool cut_string(struct cut *cut) {
    cut->at++;
    for (int c; (c = peek(cut)) >= 0;) {
        cut->at++;
        if (c == '"') return true;
        if (c == '\\') cut->at++;
    }
    return false;
}

static bool cut_nested(struct cut *cut) {
    size_t depth = 0;
    for (int c; (c = peek(cut)) >= 0;) {
        if (c == '"') {
            if (!cut_string(cut)) return false;
            continue;
        }
        cut->at++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
}

/* Goes behind the value at hand; false when the text ends in it. */
static bool cut_value(struct cut *cut) {
    int c = peek(cut);
    if (c == '"') return cut_string(cut);
    if (c == '{' || c == '[') return cut_nested(cut);
    size_t start = cut->at;
    while ((c = peek(cut)) >= 0 && !strchr(" \t\r\n,:]}", c))
        cut->at++;
    /* A byte that starts no value is one itself, so that there is progress and the scan complains. */
    if (cut->at == start && c >= 0) cut->at++;
    return cut->at > start;
}

static struct str cut_text(const struct cut *cut, size_t start) {
    return str_slice(source_window_text(cut->window), start, cut->at - start);
}

/* Of what no piece holds: the bytes that were cut are one fine value. */
static bool is_fine(struct str text) {
    struct scan scan;
    struct str value;
    struct scan_limits limits = scan_limits_default;
    limits.nodes = limits.string_bytes = text.len;
    scan_init(&scan, text, &limits);
    return scan_value(&scan, &value) && scan_end(&scan) && scan.defect.kind == SCAN_FINE;
}

static bool cut_fine_value(struct cut *cut) {
    size_t start = cut->at;
    return cut_value(cut) && is_fine(cut_text(cut, start));
}

/* --- objects ----------------------------------------------------------------------------------- */

struct member {
    bool is_items, is_kind, is_api_version;
    size_t start; /* of its value */
};

/* Steps to a member's value. False: it is no member. */
static bool cut_key(struct cut *cut, struct member *out) {
    if (skip_blanks(cut) != '"') return false;
    size_t start = cut->at;
    if (!cut_fine_value(cut)) return false;
    struct str quoted = cut_text(cut, start);
    struct str key = str_slice(quoted, 1, quoted.len - 2);
    out->is_items = scan_key_is(key, STR("items"));
    out->is_kind = scan_key_is(key, STR("kind"));
    out->is_api_version = scan_key_is(key, STR("apiVersion"));
    if (skip_blanks(cut) != ':') return false;
    cut->at++;
    skip_blanks(cut);
    out->start = cut->at;
    return true;
}

/* The value that was cut is the List's kind or version. False: it has stood there before. */
static bool note_member(struct source_stream *stream, const struct cut *cut,
                        const struct member *member) {
    if (!member->is_kind && !member->is_api_version) return true;
    struct str *known = member->is_kind ? &stream->list.kind : &stream->list.api_version, found;
    if (!str_is_empty(*known)) return false;
    if (scan_string(&stream->arena, cut_text(cut, member->start), &found))
        *known = str_copy(&stream->arena, found);
    return true;
}

/* Whether the object at hand is a List: then the window begins at its first item. */
static bool enter_object(struct source_stream *stream) {
    struct cut cut = {stream->window, 1};
    struct member member;
    while (cut_key(&cut, &member)) {
        bool is_list = member.is_items && peek(&cut) == '[';
        if (is_list && source_stream_may_list(stream->list.kind)) {
            source_window_consume(stream->window, member.start + 1);
            stream->state = STREAM_FIRST_ITEM;
            return true;
        }
        if (!cut_fine_value(&cut) || !note_member(stream, &cut, &member)) return false;
        if (skip_blanks(&cut) != ',') return false;
        cut.at++;
    }
    return false;
}

/* --- pieces ------------------------------------------------------------------------------------ */

static enum source_stream_next give(struct source_stream *stream, const struct cut *cut,
                                    bool is_item, struct source_stream_piece *piece) {
    *piece = (struct source_stream_piece){.text = cut_text(cut, 0),
                                          .line = stream->window->line,
                                          .column = stream->window->column,
                                          .is_item = is_item,
                                          .list = stream->list};
    stream->taken = cut->at;
    return STREAM_PIECE;
}

static enum source_stream_next cut_short(struct source_stream *stream, const struct cut *cut,
                                         struct error *err) {
    return source_stream_fail(stream, ERR_SYNTAX, cut->at, "the text ends inside a JSON value",
                              err);
}

static enum source_stream_next next_item(struct source_stream *stream,
                                         struct source_stream_piece *piece, struct error *err) {
    struct cut cut = {stream->window, 0};
    int c = skip_blanks(&cut);
    if (stream->state == STREAM_ITEMS && c == ',') {
        cut.at++;
        skip_blanks(&cut);
    } else if (c == ']') {
        source_window_consume(stream->window, cut.at + 1);
        stream->state = stream->list.is_bare ? STREAM_BETWEEN : STREAM_BEHIND_ITEMS;
        return STREAM_END;
    } else if (stream->state == STREAM_ITEMS && c >= 0) {
        return source_stream_fail(stream, ERR_SYNTAX, cut.at, "expected a comma or ] in a list",
                                  err);
    }
    source_window_consume(stream->window, cut.at);
    stream->state = STREAM_ITEMS;
    cut.at = 0;
    return cut_value(&cut) ? give(stream, &cut, true, piece) : cut_short(stream, &cut, err);
}

/* The members behind the items, up to the object's end. */
static enum source_stream_next finish_list(struct source_stream *stream, struct error *err) {
    struct cut cut = {stream->window, 0};
    struct member member;
    int c;
    while ((c = skip_blanks(&cut)) == ',') {
        cut.at++;
        if (!cut_key(&cut, &member) || !cut_fine_value(&cut)) {
            c = 0;
            break;
        }
        if (member.is_items || !note_member(stream, &cut, &member))
            return source_stream_fail(stream, ERR_SCHEMA, member.start,
                                      "a key of this List stands twice", err);
        if (member.is_kind && !source_stream_may_list(stream->list.kind))
            return source_stream_fail(stream, ERR_SCHEMA, member.start,
                                      "this kind is no List, though its items were judged as one's",
                                      err);
        source_window_consume(stream->window, cut.at);
        cut.at = 0;
    }
    if (c != '}')
        return source_stream_fail(stream, ERR_SYNTAX, cut.at,
                                  "expected members or } behind the items of a List", err);
    if (str_is_empty(stream->list.kind))
        return source_stream_fail(stream, ERR_SCHEMA, cut.at,
                                  "this has no kind, though its items were judged as a List's",
                                  err);
    source_window_consume(stream->window, cut.at + 1);
    stream->state = STREAM_BETWEEN;
    return STREAM_END;
}

static enum source_stream_next next_value(struct source_stream *stream,
                                          struct source_stream_piece *piece, struct error *err) {
    struct cut cut = {stream->window, 0};
    int c = skip_blanks(&cut);
    source_window_consume(stream->window, cut.at);
    cut.at = 0;
    if (c < 0) {
        stream->state = STREAM_ENDED;
        return stream->window->has_failed ? cut_short(stream, &cut, err) : STREAM_END;
    }
    if (!stream->is_first && c == '-' && source_window_need(stream->window, 3) &&
        str_starts_with(source_window_text(stream->window), STR("---"))) {
        stream->is_yaml = true;
        return STREAM_END;
    }
    stream->is_first = false;
    arena_reset(&stream->arena, (size_t)4 << 10);
    stream->list = (struct source_stream_list){.is_bare = c == '['};
    if (c == '[') {
        source_window_consume(stream->window, 1);
        stream->state = STREAM_FIRST_ITEM;
        return STREAM_END;
    }
    if (c == '{' && enter_object(stream)) return STREAM_END;
    return cut_value(&cut) ? give(stream, &cut, false, piece) : cut_short(stream, &cut, err);
}

static enum source_stream_next next_json(struct source_stream *stream,
                                         struct source_stream_piece *piece, struct error *err) {
    switch (stream->state) {
    case STREAM_FIRST_ITEM:
    case STREAM_ITEMS: return next_item(stream, piece, err);
    case STREAM_BEHIND_ITEMS: return finish_list(stream, err);
    case STREAM_BETWEEN:
    case STREAM_ENDED: break;
    }
    return next_value(stream, piece, err);
}

enum source_stream_next source_stream_next(struct source_stream *stream,
                                           struct source_stream_piece *piece, struct error *err) {
    enum source_stream_next next = STREAM_END;
    *piece = (struct source_stream_piece){.text = STR_NONE};
    if (stream->state == STREAM_ENDED) return STREAM_END;
    if (!stream->is_yaml) {
        source_window_consume(stream->window, stream->taken);
        stream->taken = 0;
    }
    while (next == STREAM_END && stream->state != STREAM_ENDED)
        next = stream->is_yaml ? source_stream_next_yaml(stream, piece, err)
                               : next_json(stream, piece, err);
    return next;
}
