/*
 * action: what a rule does about a violation, and how far a mode lets it go. Values only; any thread may enter.
 */
#ifndef PODGATE_POLICY_ACTION_H
#define PODGATE_POLICY_ACTION_H

#include "base/str.h"

/* In order of strength: a mode's ceiling is a minimum. */
enum action { ACTION_OFF, ACTION_AUDIT, ACTION_WARN, ACTION_DENY };
enum mode { MODE_AUDIT, MODE_WARN, MODE_ENFORCE };
struct str action_name(enum action action); /* "off", "audit", "warn", "deny" */
struct str mode_name(enum mode mode);       /* "audit", "warn", "enforce" */
MUST_CHECK bool action_parse(struct str name, enum action *out);
MUST_CHECK bool mode_parse(struct str name, enum mode *out);
/* The laxest of the two. */
static inline enum mode mode_min(enum mode a, enum mode b) { return a < b ? a : b; }
/* What an action comes to under a mode. */
enum action action_under(enum action action, enum mode mode);

#endif
