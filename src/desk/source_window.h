/*
 * source_window (private to the rooms source, replay and report): the part of a file that is in memory. It is read from
 * a pipe or a file as it is needed, what has been consumed is forgotten, and it grows to what must be
 * held at once. One thread.
 */
#ifndef PODGATE_DESK_SOURCE_WINDOW_H
#define PODGATE_DESK_SOURCE_WINDOW_H

#include "base/str.h"

struct source_window {
    int fd; /* -1: none is open */
    bool is_ended, has_failed;
    struct error failure; /* when it has failed */
    struct arena arena;   /* of the bytes */
    char *bytes;
    size_t room, start, end; /* held are the bytes from start to end */
    size_t limit;            /* held at most */
    size_t chunk;            /* read at most at once; 0: what there is room for */
    size_t bytes_read;
    uint32_t line, column; /* of the first byte held; both from 1 */
};

void source_window_init(struct source_window *window, size_t limit, size_t chunk);
void source_window_fini(struct source_window *window);
/* Opens the terminated path, "-" is standard input. False: `failure`, which names no file. */
MUST_CHECK bool source_window_open(struct source_window *window, struct str path);
void source_window_close(struct source_window *window);
/* Reads on, at least one byte. False at the end of the file (is_ended), or with a failure
 * (has_failed): ERR_IO, ERR_LIMIT at what is held, ERR_MEMORY. Moves the bytes: what points to them
 * is no longer valid, offsets are. */
MUST_CHECK bool source_window_more(struct source_window *window);
/* Reads until `count` bytes are held; false when the file ends before that, or fails. */
MUST_CHECK bool source_window_need(struct source_window *window, size_t count);
/* Forgets the first `count` bytes. */
void source_window_consume(struct source_window *window, size_t count);

static inline struct str source_window_text(const struct source_window *window) {
    /* Offsets start at the window's start. */
    return (struct str){window->bytes + window->start, window->end - window->start};
}

#endif
