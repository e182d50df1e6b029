/*
 * told: what several formats say of a result in the same words (private to the room format).
 */
#ifndef PODGATE_DESK_FORMAT_TOLD_H
#define PODGATE_DESK_FORMAT_TOLD_H

#include "desk/format.h"

/* PATH [is ACTUAL|is unset]: MEND, as in a denial. */
void told_add_mend(struct strbuf *buf, const struct desk_result *result);
/* The object's own name, "web-*" when it is generated; may be empty. */
struct str told_name(struct arena *arena, const struct workload *workload);
/* Deployment shop/web */
struct str told_object(struct arena *arena, const struct workload *workload, struct str name_space);
/* workload-basics/run-as-non-root */
struct str told_rule(struct arena *arena, const struct rule *rule);
/* One character behind what is to be underlined; columns in characters, from 1. */
struct place told_end(struct str text, const struct place *place);
/*
 * Sixteen hexadecimal digits that are the same while the same rule finds the same in the same
 * container and field of the object of that name in that file, wherever it stands there, whatever
 * its value is and however podgate words it.
 */
struct str told_fingerprint(struct arena *arena, const struct desk_result *result);
struct str told_error_fingerprint(struct arena *arena, const struct desk_error *error);
/* 1 of 2 objects denied, 1 warned ...: the last line of the text. */
void told_add_summary(struct strbuf *buf, const struct desk_summary *summary);

#endif
