/*
 * replay: what the cluster was asked before, judged by candidate policies.
 */
#ifndef PODGATE_CLI_REPLAY_H
#define PODGATE_CLI_REPLAY_H

#include "cli/option.h"

extern const struct verb verb_replay;

#endif
