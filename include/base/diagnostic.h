/*
 * diagnostic: what is wrong, or merely unwise, in the files a user wrote: many at once, each with
 * its place. Policy loading, lint and check collect them; the command prints them. Kept in an
 * arena.
 */
#ifndef PODGATE_BASE_DIAGNOSTIC_H
#define PODGATE_BASE_DIAGNOSTIC_H

#include "base/str.h"

enum diagnostic_level { DIAGNOSTIC_ERROR, DIAGNOSTIC_ADVICE };

struct diagnostic {
    enum diagnostic_level level;
    struct str file;
    uint32_t line, column; /* 1-based; 0: the file as a whole */
    struct str text;       /* what is wrong */
    struct str hint;       /* what to do ("did you mean ..."), or empty */
    struct diagnostic *next;
};

struct diagnostics {
    struct arena *arena;
    struct diagnostic *first, *last;
    struct diagnostic *newest; /* the one added last, NULL when it was only counted */
    size_t errors, advice;
    bool out_of_memory; /* the work was given up for that: the same again may succeed */
    size_t limit;       /* of each level kept; those above are only counted */
};

void diagnostics_init(struct diagnostics *list, struct arena *arena);
/* Adds one (texts copied); a NULL list forgets it. The hint is added to the last one by
 * diagnostics_hint. */
void diagnostics_add(struct diagnostics *list, enum diagnostic_level level, struct str file,
                     uint32_t line, uint32_t column, const char *format, ...) PRINTF_LIKE(6, 7);
void diagnostics_hint(struct diagnostics *list, const char *format, ...) PRINTF_LIKE(2, 3);
/* Takes over an error as a diagnostic; `file` is used when the error does not say where. */
void diagnostics_add_error(struct diagnostics *list, struct str file, const struct error *err);
/* "file:line:column: error: text (hint)" */
void diagnostic_format(const struct diagnostic *diagnostic, struct strbuf *out);

#endif
