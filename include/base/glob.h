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
/*
 * The letters that all texts which one of some patterns matches begin with, at most eight. A text whose head does not fit
 * is matched by none of them; for one whose head fits they must be asked.
 */
struct glob_head {
    uint64_t letters, mask;
};
/* Of no pattern: every text fits. */
struct glob_head glob_head_of(const struct str_list *patterns);
uint64_t glob_text_head(struct str text);
static inline bool glob_head_fits(struct glob_head head, uint64_t text_head) {
    return ((head.letters ^ text_head) & head.mask) == 0;
}
/* glob_match with segments divided by '/': `*` and `?` stay inside one, `**` crosses. */
bool glob_match_path(struct str pattern, struct str text);

#endif
