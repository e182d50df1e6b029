/*
 * source_stream (private to the room source): a text too long to be held whole is cut into pieces
 * that are: documents, and the items of Lists.
 *
 *   JSON   { value }             a value is a piece; of { ... "items": [ ... ] ... } and of a bare
 *                                [ ... ] each item is one
 *   YAML   { document }          a document is a piece; of one with a line `items:` that a block list
 *                                follows each item is one, as a list of that one item
 *
 * kubectl writes `items` before `kind`. So an object with items whose kind has not been seen is taken
 * for a List, and it is an error when it turns out to be none. In YAML, anchors do not reach over
 * items. Memory is bounded by the largest piece. One thread.
 */
#ifndef PODGATE_DESK_SOURCE_STREAM_H
#define PODGATE_DESK_SOURCE_STREAM_H

#include "desk/source_window.h"

/* What is known of the List at hand; texts in the stream's arena. */
struct source_stream_list {
    struct str api_version, kind; /* empty: not seen yet */
    bool is_bare;                 /* no List object but a list */
};

struct source_stream_piece {
    struct str text; /* in the window, until the next call */
    uint32_t line, column;
    bool is_yaml,
        is_item; /* is_item: `list` says of what; in YAML the item is in a list of its own */
    struct source_stream_list list;
};

struct source_stream {
    struct source_window *window;
    struct arena arena;
    bool is_yaml, is_first;
    enum {
        STREAM_BETWEEN, /* documents */
        STREAM_FIRST_ITEM,
        STREAM_ITEMS,
        STREAM_BEHIND_ITEMS, /* in the rest of the List's object */
        STREAM_ENDED,
    } state;
    struct source_stream_list list;
    size_t indent; /* YAML: of the items' dashes */
    size_t taken;  /* of the window by the last piece */
    uint32_t taken_lines;
};

void source_stream_init(struct source_stream *stream);
void source_stream_fini(struct source_stream *stream);
/* Begins with what the window holds. */
void source_stream_start(struct source_stream *stream, struct source_window *window, bool is_yaml);

enum source_stream_next { STREAM_END, STREAM_PIECE, STREAM_ERROR };
/* The next piece. STREAM_ERROR: `err` has the place in the file; the rest has no known beginning, so
 * STREAM_END follows. */
enum source_stream_next source_stream_next(struct source_stream *stream,
                                           struct source_stream_piece *piece, struct error *err);

/* For the two files that cut. */
enum source_stream_next source_stream_next_yaml(struct source_stream *stream,
                                                struct source_stream_piece *piece,
                                                struct error *err);
/* ERR_SYNTAX or ERR_SCHEMA at an offset of the window; the stream is over. */
enum source_stream_next source_stream_fail(struct source_stream *stream, enum error_code code,
                                           size_t offset, const char *says, struct error *err);
/* Whether a kind is one that lists: it ends in List. Not known is one too. */
bool source_stream_may_list(struct str kind);

#endif
