#include "desk/format/excerpt.h"

#include "desk/format/hidden.h"

#define MARGIN 5        /* digits of a line number */
#define BEFORE_BYTES 72 /* shown before the place, at most */
#define AFTER_BYTES 96  /* shown from the place on, at most */
#define COLOUR_MARK "\x1b[1;32m"
#define COLOUR_MARGIN "\x1b[34m"
#define COLOUR_END "\x1b[0m"

/* --- finding ---------------------------------------------------------------------------------- */

static size_t next_line(struct str text, size_t at) {
    const char *newline = at < text.len ? memchr(text.at + at, '\n', text.len - at) : NULL;
    return newline ? (size_t)(newline - text.at) + 1 : text.len;
}

size_t excerpt_find(struct format_sink *sink, const struct desk_error *error) {
    struct str text = error->text;
    uint32_t line = error->place.line, column = error->place.column;
    uint32_t first = error->text_line ? error->text_line : 1;
    bool is_known = sink->line > 0 && sink->line_file == error->file_number &&
                    sink->line_text == first && line >= sink->line;
    if (!is_known) {
        sink->line_file = error->file_number;
        sink->line_text = sink->line = first;
        sink->line_at = 0;
    }
    for (; sink->line < line && sink->line_at < text.len; sink->line++)
        sink->line_at = next_line(text, sink->line_at);
    size_t at = sink->line_at;
    /* A text may begin inside a line of its file. */
    if (line == first && error->text_column > 1)
        column = column >= error->text_column ? column - error->text_column + 1 : 1;
    for (; column > 1 && at < text.len && text.at[at] != '\n'; column--) {
        size_t length = str_utf8_length(str_slice(text, at, text.len));
        at += length ? length : 1;
    }
    return at;
}

/* --- showing ---------------------------------------------------------------------------------- */

/* The part of a line that is shown. */
struct window {
    struct str text;
    bool is_cut_before, is_cut_after;
};

static bool is_continuation(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static bool is_line_start(struct str text, size_t at) { return at == 0 || text.at[at - 1] == '\n'; }

/* Where the key of a JSON value at `offset` begins, when it is right before it; else `offset`. */
static size_t key_start(struct str text, size_t offset) {
    size_t start = offset;
    if (start > 0 && text.at[start - 1] == ' ') start--;
    if (start < 2 || text.at[start - 1] != ':' || text.at[start - 2] != '"') return offset;
    start -= 2;
    while (start > 0 && offset - start < BEFORE_BYTES && text.at[start - 1] != '"')
        start--;
    return start > 0 && text.at[start - 1] == '"' ? start - 1 : offset;
}

/* A line that must be cut before the place is cut right there, or at its key: what a cut would
 * leave of a value before could not be told from harmless text. */
static struct window find_window(struct str text, size_t offset) {
    struct window window = {.is_cut_before = false};
    size_t start = offset, end = offset;
    while (!is_line_start(text, start) && offset - start < BEFORE_BYTES)
        start--;
    window.is_cut_before = !is_line_start(text, start);
    if (window.is_cut_before) start = key_start(text, offset);
    while (end < text.len && end - offset < AFTER_BYTES && text.at[end] != '\n')
        end++;
    window.is_cut_after = end < text.len && text.at[end] != '\n';
    while (window.is_cut_after && end > offset && is_continuation(text.at[end]))
        end--;
    if (!window.is_cut_after && end > offset && text.at[end - 1] == '\r') end--;
    window.text = str_slice(text, start, end - start);
    return window;
}

static void add_colour(struct format_sink *sink, const char *colour) {
    if (sink->colour) strbuf_add(&sink->buf, str_from(colour));
}

/* The next character of `text` (not empty) as it is shown; returns its length in bytes. */
static size_t add_character(struct strbuf *buf, struct str text) {
    size_t length = str_utf8_length(text);
    struct str character = str_slice(text, 0, length ? length : 1);
    char c = text.at[0];
    if (c == '\t' || c == '"' || c == '\\')
        strbuf_add(buf, character);
    else
        strbuf_add_escaped(buf, character, character.len);
    return character.len;
}

static void add_characters(struct strbuf *buf, struct str line, size_t at, size_t to) {
    while (at < to)
        at += add_character(buf, str_slice(line, at, to - at));
}

/* The part from `at` to `to` of a line, hidden values as stars. */
static void add_shown(struct strbuf *buf, struct str line, size_t at, size_t to) {
    struct str value;
    size_t searched = 0;
    while (hidden_find(line, searched, &value)) {
        size_t start = (size_t)(value.at - line.at);
        searched = start + value.len;
        if (start >= to) break;
        if (searched <= at) continue;
        add_characters(buf, line, at, start);
        strbuf_add(buf, STR("***"));
        at = searched;
    }
    add_characters(buf, line, at, to);
}

/* As many marks as that part is wide when shown; tabs stay tabs unless they are marked. */
static void add_marks(struct format_sink *sink, struct str line, size_t at, size_t to, char mark) {
    struct strbuf shown;
    strbuf_init(&shown, &sink->arena, 4 * (to - at) + 1);
    add_shown(&shown, line, at, to);
    for (size_t i = 0; i < shown.len;) {
        struct str rest = str_slice(strbuf_str(&shown), i, shown.len);
        strbuf_add_char(&sink->buf, mark == ' ' && rest.at[0] == '\t' ? '\t' : mark);
        size_t length = str_utf8_length(rest);
        i += length ? length : 1;
    }
}

void excerpt_add_margin(struct format_sink *sink, char mark) {
    add_colour(sink, COLOUR_MARGIN);
    strbuf_printf(&sink->buf, "%*s %c", MARGIN, "", mark);
    add_colour(sink, COLOUR_END);
    strbuf_add_char(&sink->buf, ' ');
}

void excerpt_add(struct format_sink *sink, struct str text, const struct place *place) {
    if (place->offset > text.len) return;
    struct window window = find_window(text, place->offset);
    size_t before = (size_t)(text.at + place->offset - window.text.at);
    size_t marked = place->length;
    if (marked > window.text.len - before) marked = window.text.len - before;

    add_colour(sink, COLOUR_MARGIN);
    strbuf_printf(&sink->buf, "%*u |", MARGIN, place->line);
    add_colour(sink, COLOUR_END);
    strbuf_add(&sink->buf, window.is_cut_before ? STR(" ...") : STR(" "));
    add_shown(&sink->buf, window.text, 0, window.text.len);
    strbuf_add(&sink->buf, window.is_cut_after ? STR("...\n") : STR("\n"));

    excerpt_add_margin(sink, '|');
    if (window.is_cut_before) strbuf_add(&sink->buf, STR("   "));
    add_marks(sink, window.text, 0, before, ' ');
    add_colour(sink, COLOUR_MARK);
    if (marked == 0)
        strbuf_add_char(&sink->buf, '^');
    else
        add_marks(sink, window.text, before, before + marked, '^');
    add_colour(sink, COLOUR_END);
    strbuf_add_char(&sink->buf, '\n');
}
