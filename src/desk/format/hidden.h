/*
 * hidden: values in a line of the user's file that are not shown, because output ends up in logs of
 * CI: what stands behind the key `value` (of an environment variable) or behind a key that names a
 * secret, and whatever rules/secret finds. Private to the room format. Told by the line alone, so that it also works where a file
 * cannot be read.
 */
#ifndef PODGATE_DESK_FORMAT_HIDDEN_H
#define PODGATE_DESK_FORMAT_HIDDEN_H

#include "base/str.h"

/* The first such value that starts at or behind `from`, without its quotes; false when there is
 * none. */
bool hidden_find(struct str line, size_t from, struct str *value);

#endif
