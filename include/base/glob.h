/*
 * glob: patterns of policy files. `*` any run, `?` one character (a UTF-8 sequence), `[a-z]`,
 * `[!a-z]` one of a set, `\` takes the next character literally. The whole text must match. No
 * recursion; the work is at most pattern length times text length. A pattern that glob_check
 * refuses matches nothing, or less than its author meant: check when loading.
 */
#ifndef PODGATE_BASE_GLOB_H
#define PODGATE_BASE_GLOB_H

#include "base/str.h"

#define GLOB_MAX 1024 /* bytes in a pattern */

/* False, with what is wrong, for an unclosed or empty set, a range that runs backwards, a trailing
 * backslash and a pattern that is too long. */
MUST_CHECK bool glob_check(struct str pattern, struct error *err);
/* Whether the pattern has any of * ? [ */
bool glob_has_wildcard(struct str pattern);
/* Whether the whole text matches; `*` crosses everything. */
bool glob_match(struct str pattern, struct str text);
/* Whether one of the patterns does. */
bool glob_match_any(const struct str_list *patterns, struct str text);
/* How many letters stand before the first special one (* ? [ \): every text that matches, be it glob_match or glob_match_path,
 * begins with them. */
size_t glob_head_length(struct str pattern);
/* glob_match with segments divided by '/': `*` and `?` stay inside one, `**` crosses. */
bool glob_match_path(struct str pattern, struct str text);

#endif
