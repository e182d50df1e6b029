/*
 * explain: one check: what, why, its parameters, an example that fails and one that passes.
 */
#ifndef PODGATE_CLI_EXPLAIN_H
#define PODGATE_CLI_EXPLAIN_H

#include "cli/option.h"

extern const struct verb verb_explain;

#endif
