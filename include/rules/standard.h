/*
 * standard: the Pod Security Standards as one rule has them: level, version and exceptions become
 * the short list of controls that are judged, once, when policies are loaded.
 *
 * A restricted control that contains a baseline one stands in for it; excepted, it gives way to
 * that baseline control, unless that is excepted too. A version newer than the newest known is the
 * newest known. `struct standard` is the params struct of the check pod-security. Read-only after
 * standard_prepare.
 */
#ifndef PODGATE_RULES_STANDARD_H
#define PODGATE_RULES_STANDARD_H

#include "rules/control.h"

#define STANDARD_NEWEST 37 /* v1.37 */

/* Every row: baseline controls in the order of their ids, then restricted ones (upstream's order).
 * */
extern const struct control *const standard_controls[];
extern const size_t standard_control_count;
#define STANDARD_ACTIVE_MAX 32

struct standard {
    /* as the rule gives them */
    int level; /* enum control_level */
    struct str version_text;
    struct str_list except;
    /* made by standard_prepare */
    unsigned version;
    bool is_newer_than_known; /* lint advice */
    const struct control *active[STANDARD_ACTIVE_MAX];
    size_t active_count;
};

/* "latest" or "v1.N". A number above STANDARD_NEWEST is given as it is. False: `err` says what to
 * write. */
MUST_CHECK bool standard_parse_version(struct str text, unsigned *version, struct error *err);
/* Completes the struct; the check's `prepare`. ERR_SCHEMA, with where in the parameters, for a malformed
 * version and for an id in `except` that no version of the standard has. */
MUST_CHECK bool standard_prepare(void *standard, struct arena *arena, struct error *err);
/* The row of this id that holds in a version, or NULL. */
const struct control *standard_find(struct str id, unsigned version);
/* What is left to judge when everything that a control found has been excused: the baseline control
 * that it replaces. NULL when there is none or it is excepted. */
const struct control *standard_fallback(const struct standard *standard,
                                        const struct control *control);
/* Adds what breaks any active control, in one container or (NULL) in the pod's own fields. */
void standard_judge(const struct standard *standard, const struct pod *pod,
                    const struct container *container, struct findings *findings);

#endif
