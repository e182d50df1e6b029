/*
 * lint: policy files: what is wrong with them, and what is unwise.
 */
#ifndef PODGATE_CLI_LINT_H
#define PODGATE_CLI_LINT_H

#include "cli/option.h"

extern const struct verb verb_lint;

#endif
