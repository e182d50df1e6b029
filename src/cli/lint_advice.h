/*
 * lint_advice: what is allowed in a policy file but unwise (private to the room lint).
 */
#ifndef PODGATE_CLI_LINT_ADVICE_H
#define PODGATE_CLI_LINT_ADVICE_H

#include "policy/policy.h"

/* Add the advice about one policy or exception of the snapshot; `today` in days since 1970. */
void lint_advise_policy(const struct snapshot *snapshot, const struct policy *policy,
                        struct diagnostics *diagnostics);
void lint_advise_exception(const struct snapshot *snapshot, const struct exception *exception,
                           int64_t today, struct diagnostics *diagnostics);

#endif
