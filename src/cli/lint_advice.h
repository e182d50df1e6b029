/*
 * lint_advice: what is allowed in a policy file but unwise (private to the room lint).
 */
#ifndef PODGATE_CLI_LINT_ADVICE_H
#define PODGATE_CLI_LINT_ADVICE_H

#include "policy/policy.h"

/* Adds the advice about one policy of the snapshot. */
void lint_advise(const struct snapshot *snapshot, const struct policy *policy,
                 struct diagnostics *diagnostics);

#endif
