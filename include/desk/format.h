/*
 * format: how `podgate check` writes what it found: one table of formats, each a few functions.
 *
 * A format gets results and errors in the order of the files and writes them as they come; it keeps
 * nothing of them but their count and what its syntax puts behind them (errors; junit's cases wait
 * in an unnamed file, policyreport's results in bounded memory). All texts may hold whatever a
 * user's file holds: each format escapes them by its own rules. Formats cannot fail; what could not
 * be written whole is told by format_is_whole. One thread.
 */
#ifndef PODGATE_DESK_FORMAT_H
#define PODGATE_DESK_FORMAT_H

#include <stdio.h>

#include "base/json_out.h"
#include "policy/verdict.h"

/* What a format may say before the first result. */
struct desk_run {
    struct str version; /* podgate's */
    const struct profile *profile;
    enum action fail_on; /* the weakest action that fails the run */
};

/* Why a violation does not count. */
enum desk_suppression { DESK_COUNTS, DESK_EXCEPTED, DESK_SUPPRESSED };

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
    enum desk_suppression suppression;
    struct str reason; /* by an annotation of the object: its reason */
};

/* An object that was judged, behind its results. */
struct desk_object {
    struct str file;
    uint32_t line; /* 0: unknown */
    const struct workload *workload;
    struct str name_space;
    enum action strongest;
};

/* Something that could not be judged. */
struct desk_error {
    struct str file, text;
    size_t file_number;
    uint32_t text_line, text_column; /* where the text begins in its file */
    struct place place;              /* line 0: the file as a whole; length 0: one character */
    struct str message;
};

struct desk_summary {
    size_t objects, skipped;        /* judged; without a pod spec */
    size_t denied, warned, audited; /* objects by their strongest action */
    size_t excepted;                /* objects that only exceptions keep from being among those */
    size_t suppressed;              /* violations that annotations suppress */
    size_t errors;
    size_t omitted;       /* findings above the limit of an object */
    size_t request_rules; /* rules that depend on what a manifest cannot tell */
};

struct format;

struct format_sink {
    const struct format *format;
    const struct desk_run *run;
    FILE *stream;
    bool colour;
    struct arena arena; /* of what is being written */
    struct strbuf buf;
    size_t results;
    /* what follows the results */
    struct arena kept_arena;
    struct strbuf kept_errors;
    size_t errors;
    bool failed; /* what was kept is not whole */
    void *own;   /* what else a format keeps: begin makes it, end frees it */
    /* text: where the last result was, */
    size_t shown_file;
    struct place shown;
    /* and a line whose start is known, so that looking for the next one is short */
    size_t line_file;
    uint32_t line_text, line; /* line_text: the first one of the text at hand */
    size_t line_at;
};

struct format {
    const char *name;
    void (*begin)(struct format_sink *sink);
    void (*result)(struct format_sink *sink, const struct desk_result *result);
    void (*object)(struct format_sink *sink, const struct desk_object *object); /* may be NULL */
    void (*error)(struct format_sink *sink, const struct desk_error *error);
    void (*end)(struct format_sink *sink, const struct desk_summary *summary);
    bool wants_suppressed; /* also gets results that do not count */
};

extern const struct format format_text, format_json, format_sarif, format_junit, format_github,
    format_gitlab, format_policyreport;
/* Errors alone, as text: for standard error when standard output is for a program. */
extern const struct format format_errors;
/* Those that a person can choose. */
extern const struct format *const formats[];
extern const size_t format_count;

/* `run` must outlive the sink. */
void format_sink_init(struct format_sink *sink, const struct format *format,
                      const struct desk_run *run, FILE *stream, bool colour);
/* Whether all was written so far: neither memory nor the stream failed. */
bool format_is_whole(const struct format_sink *sink);
/* Does not close the stream. */
void format_sink_fini(struct format_sink *sink);
/* Hands what `buf` holds to the stream and empties it. */
void format_flush(struct format_sink *sink);

#endif
