/*
 * list: the checks that policies can use.
 */
#ifndef PODGATE_CLI_LIST_H
#define PODGATE_CLI_LIST_H

#include "cli/option.h"

extern const struct verb verb_list;

#endif
