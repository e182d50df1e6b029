/*
 * check: manifests judged offline, with the webhook's own engine, words and paths.
 */
#ifndef PODGATE_CLI_CHECK_H
#define PODGATE_CLI_CHECK_H

#include "cli/option.h"

extern const struct verb verb_check;

#endif
