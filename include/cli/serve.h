/*
 * serve: the HTTPS webhook.
 */
#ifndef PODGATE_CLI_SERVE_H
#define PODGATE_CLI_SERVE_H

#include "cli/option.h"

extern const struct verb verb_serve;

#endif
