/*
 * output: the option -o FORMAT[=FILE] of the verbs that write results: which formats were asked for, and
 * where each goes.
 *
 * A file appears under its name only when it is whole: it is written beside its name, with the rights of what
 * it replaces, and renamed. What is no regular file (a pipe, /dev/stderr) is written as it is. "-", or no
 * file, is standard output, which takes one format. Main thread only.
 */
#ifndef PODGATE_CLI_OUTPUT_H
#define PODGATE_CLI_OUTPUT_H

#include <stdio.h>

#include "cli/console.h"

#define OUTPUT_MAX 8

struct output {
    size_t format; /* its number among the verb's */
    FILE *stream;
    bool has_colour;
    bool has_failed;       /* also set by the verb: what it wrote is not whole */
    struct str path;       /* as given; empty: standard output */
    const char *target;    /* where it goes in the end: links followed; NULL: no regular file */
    const char *temporary; /* NULL: written in place */
};

struct outputs {
    struct output items[OUTPUT_MAX];
    size_t count;
};

/* `offset_` is that of a struct str_list; `formats_` their names in a sentence. */
#define OUTPUT_ROW(offset_, formats_)                                                              \
    {                                                                                              \
        .name = "output", .letter = 'o', .type = OPTION_TEXTS, .offset = (offset_),                \
        .value_name = "FORMAT[=FILE]", .fallback = "text", .help = (formats_)                      \
    }

/* Opens each of `wishes`, before the work, which may be long; `formats` are names, ended by NULL. False: the
 * trouble is printed; close all the same. */
MUST_CHECK bool outputs_open(struct outputs *outputs, struct arena *arena,
                             const struct str_list *wishes, const char *const *formats,
                             enum console_colour colour);
/* For a format that is made at once. Without memory for the text it has failed. */
void output_write(struct output *output, const struct strbuf *text);
/* Gives the files their names, or, when the work was not `done`, takes them away. False when one could not be
 * written whole: the trouble is printed, but for that of standard output, which is console_finish's. */
MUST_CHECK bool outputs_close(struct outputs *outputs, bool done);

#endif
