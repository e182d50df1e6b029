/*
 * format: how `podgate check` writes what it found: one table of formats, each four functions.
 *
 * A format gets results and errors in the order of the files and writes them as they come; it keeps
 * nothing of them but their count (json: also the errors, which follow the results). All texts may
 * hold whatever a user's file holds: what goes to a terminal is escaped here. Formats cannot fail;
 * a stream that could not be written to tells by ferror. One thread.
 */
#ifndef PODGATE_DESK_FORMAT_H
#define PODGATE_DESK_FORMAT_H

#include <stdio.h>

#include "base/json_out.h"
#include "policy/verdict.h"

/* One policy, rule, container and field. */
struct desk_result {
    struct str file, text; /* its name, and what place.offset counts in */
    size_t file_number;    /* tells files apart: memory of texts is used again */
    struct place place;    /* line 0: unknown */
    const struct workload *workload;
    struct str name_space; /* the one judged under */
    const struct violation *violation;
    struct str path, message, fix; /* as policy/verdict says them */
    struct str note;               /* of what time brings (policy/verdict), or empty */
    struct str proposed; /* the path to edit: the pod's field where that mends all containers */
};

/* Something that could not be judged. */
struct desk_error {
    struct str file, text;
    size_t file_number;
    struct place place; /* line 0: the file as a whole; length 0: one character */
    struct str message;
};

struct desk_summary {
    size_t objects, skipped;        /* judged; without a pod spec */
    size_t denied, warned, audited; /* objects by their strongest action */
    size_t excepted;                /* objects that only exceptions keep from being among those */
    size_t errors;
    size_t omitted;       /* findings above the limit of an object */
    size_t request_rules; /* rules that depend on what a manifest cannot tell */
};

struct format;

struct format_sink {
    const struct format *format;
    FILE *stream;
    bool colour;
    struct arena arena; /* of what is being written */
    struct strbuf buf;
    size_t results;
    /* json */
    struct arena kept_arena;
    struct strbuf kept_errors;
    size_t errors;
    /* text: where the last result was, */
    size_t shown_file;
    struct place shown;
    /* and a line whose start is known, so that looking for the next one is short */
    size_t line_file;
    uint32_t line;
    size_t line_at;
};

struct format {
    const char *name;
    void (*begin)(struct format_sink *sink);
    void (*result)(struct format_sink *sink, const struct desk_result *result);
    void (*error)(struct format_sink *sink, const struct desk_error *error);
    void (*end)(struct format_sink *sink, const struct desk_summary *summary);
};

extern const struct format format_text, format_json;
/* Errors alone, as text: for standard error when standard output is for a program. */
extern const struct format format_errors;
/* Those that a person can choose. */
extern const struct format *const formats[];
extern const size_t format_count;

/* The format of this name, or NULL. */
const struct format *format_find(struct str name);

void format_sink_init(struct format_sink *sink, const struct format *format, FILE *stream,
                      bool colour);
/* Does not close the stream. */
void format_sink_fini(struct format_sink *sink);
/* Hands what `buf` holds to the stream and empties it. */
void format_flush(struct format_sink *sink);

#endif
