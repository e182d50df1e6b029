/*
 * probe: a client for what podgate serves: its health, and a review through the real endpoint.
 */
#ifndef PODGATE_CLI_PROBE_H
#define PODGATE_CLI_PROBE_H

#include "cli/option.h"

extern const struct verb verb_probe;

#endif
