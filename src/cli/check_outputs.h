/*
 * check_outputs (private to the room check): the formats of one run and where each goes.
 *
 * A file appears under its name only when it is whole: it is written beside its name and renamed. What is
 * no regular file (a pipe, /dev/stderr) is written as it is. Main thread only.
 */
#ifndef PODGATE_CLI_CHECK_OUTPUTS_H
#define PODGATE_CLI_CHECK_OUTPUTS_H

#include "desk/format.h"

#define CHECK_OUTPUT_MAX 8

struct check_output_file {
    struct str path;       /* as given; empty: a standard stream */
    const char *target;    /* where it goes in the end: links followed; NULL: no regular file */
    const char *temporary; /* NULL: written in place */
};

struct check_outputs {
    struct format_sink sinks[CHECK_OUTPUT_MAX + 1];
    struct check_output_file files[CHECK_OUTPUT_MAX + 1];
    size_t count;
    bool stdout_is_taken, tells_text;
};

/* Opens FORMAT[=FILE], each of `wishes`. Errors go to standard error unless the text tells them. `colour` is
 * an enum console_colour. False: the trouble is printed; close all the same. */
MUST_CHECK bool check_outputs_open(struct check_outputs *outputs, struct arena *arena,
                                   const struct str_list *wishes, const struct desk_run *run,
                                   int colour);
/* Gives the files their names, or, when the run was not `done`, takes them away. False when one could not be
 * written whole: the trouble is printed. */
MUST_CHECK bool check_outputs_close(struct check_outputs *outputs, bool done);

#endif
