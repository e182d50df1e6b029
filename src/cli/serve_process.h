/*
 * What serve asks of the process and the machine it runs on. Private to serve; main thread only.
 */
#ifndef PODGATE_CLI_SERVE_PROCESS_H
#define PODGATE_CLI_SERVE_PROCESS_H

#include "base/str.h"

/* Cores that this process may use: its affinity and its control group's quota, rounded up; at least 1. */
unsigned process_cores(void);
/* Raises the soft limit of open files to the hard one and returns it. */
unsigned process_raise_descriptors(void);
/* Writes a file whole or not at all. */
MUST_CHECK bool process_write_file(struct arena *arena, struct str path, struct str text,
                                   struct error *err);

#endif
