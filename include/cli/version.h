/*
 * version: which podgate this is, and which libraries it runs with.
 */
#ifndef PODGATE_CLI_VERSION_H
#define PODGATE_CLI_VERSION_H

#include "cli/option.h"

/* "0.1.0" */
extern const char version_number[];
/* The first digits of the commit that it was built from, or "unknown". */
extern const char version_commit[];

extern const struct verb verb_version;

#endif
