/*
 * excerpt: a line of the user's file with something underlined, as compilers show it (private to
 * the room format). Long lines are cut around the place; what a terminal would obey or hide is
 * shown escaped; tabs stay tabs, in the line and below it, so that the marks stand where they
 * belong.
 */
#ifndef PODGATE_DESK_FORMAT_EXCERPT_H
#define PODGATE_DESK_FORMAT_EXCERPT_H

#include "desk/format.h"

/* The offset in the text of an error of which only line and column are known; text.len when it
 * has no such line. Quick when the errors of a file come in order. */
size_t excerpt_find(struct format_sink *sink, const struct desk_error *error);
/* Two lines in the sink's buffer: the text's, and the marks below. Nothing when the offset is
 * outside. */
void excerpt_add(struct format_sink *sink, struct str text, const struct place *place);
/* The empty margin under a line number, with a mark: "      = ". */
void excerpt_add_margin(struct format_sink *sink, char mark);

#endif
