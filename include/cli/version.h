/*
 * version: which podgate this is, and which libraries it runs with.
 */
#ifndef PODGATE_CLI_VERSION_H
#define PODGATE_CLI_VERSION_H

#include "cli/option.h"

/* "0.1.0" */
extern const char version_number[];

extern const struct verb verb_version;

#endif
