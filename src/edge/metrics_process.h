/*
 * metrics_process (private to the room metrics): what the kernel says about this process, under the names that every
 * Prometheus client library uses.
 */
#ifndef PODGATE_EDGE_METRICS_PROCESS_H
#define PODGATE_EDGE_METRICS_PROCESS_H

#include <dirent.h>

#include "edge/metrics_text.h"

/* Opened at the start, because the sandbox lets nothing be opened later. */
struct process_files {
    int stat;         /* below 0: cannot be read */
    DIR *descriptors; /* NULL: cannot be read */
};

struct process_files process_open(void);
void process_close(struct process_files *files);
/* What cannot be read is left out. `start_s`: Unix time. */
void process_render(const struct process_files *files, struct metrics_text *text, int64_t start_s);

#endif
