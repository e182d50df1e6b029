/*
 * schema: the JSON Schema of policy files, for editors and validators.
 */
#ifndef PODGATE_CLI_SCHEMA_H
#define PODGATE_CLI_SCHEMA_H

#include "cli/option.h"

extern const struct verb verb_schema;

#endif
