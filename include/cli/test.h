/*
 * test: runs policy tests (desk/trial).
 */
#ifndef PODGATE_CLI_TEST_H
#define PODGATE_CLI_TEST_H

#include "cli/option.h"

extern const struct verb verb_test;

#endif
