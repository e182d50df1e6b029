/*
 * log: podgate's lines about itself, JSON or text, written by one thread.
 *
 * Whoever has something to say renders a line and adds it to a bounded queue under a short lock; the
 * writer thread alone touches the file descriptor. A reader that is too slow costs lines (they are counted), never
 * an answer. Every string goes through json_out or the quoting of base/str: a line is a line.
 * What must never be logged is for the callers to know: no env values, no whole objects, no keys.
 * Any thread may enter; a struct log_line belongs to one. A NULL log swallows everything (tests).
 */
#ifndef PODGATE_EDGE_LOG_H
#define PODGATE_EDGE_LOG_H

#include <stdatomic.h>

#include "base/json_out.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log;

/* A log that gathers lines; the descriptor stays the caller's. */
MUST_CHECK bool log_new(int fd, enum log_level level, enum log_format format, struct log **out,
                        struct error *err);
/* Starts the writer thread, once. */
MUST_CHECK bool log_start(struct log *log, struct error *err);
/* Writes what is queued, waiting at most a second for a slow reader, and ends the thread if it was started. */
void log_stop(struct log *log);
bool log_wants(const struct log *log, enum log_level level);
/* Lines that found the queue full since the start. */
uint64_t log_dropped(const struct log *log);

/* A line of message alone. */
void log_message(struct log *log, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/* What may repeat without end (handshake failures): at most `LOG_BURST` lines in ten seconds for each
 * `limit` (a zeroed static or member); the next one that passes says how many were left out. */
#define LOG_BURST 5
struct log_limit {
    _Atomic int64_t window_start_ns;
    _Atomic unsigned lines, left_out;
};
void log_limited(struct log *log, struct log_limit *limit, enum log_level level, const char *format,
                 ...) PRINTF_LIKE(4, 5);

/* Of the JSON lines' fields, in every line as "v": another number when a field goes or changes its meaning, not when one
 * is added. docs/logs.schema.json says what they are. */
#define LOG_VERSION 1

/* A line with fields, rendered in the caller's arena and queued by log_end. */
struct log_line {
    struct log *log;
    struct strbuf text;
    struct json_out json;
};
void log_begin(struct log_line *line, struct log *log, struct arena *arena, enum log_level level,
               struct str message);
void log_string(struct log_line *line, const char *name, struct str value);
void log_int(struct log_line *line, const char *name, int64_t value);
void log_bool(struct log_line *line, const char *name, bool value);
void log_list(struct log_line *line, const char *name, const struct str *items, size_t count);
/* Where fields with a structure are written; NULL when the line is not wanted or is text, which leaves them out. */
struct json_out *log_json(struct log_line *line);
void log_end(struct log_line *line);

#endif
