/*
 * recorder_seen (private to the room recorder): how often each workload is in the file at hand, of as many as there is room
 * for. A workload is looked for in SEEN_PLACES places; when others have them all, the one seen least gives way, and is
 * counted from 0 when it comes again. One thread.
 */
#ifndef PODGATE_EDGE_RECORDER_SEEN_H
#define PODGATE_EDGE_RECORDER_SEEN_H

#include "base/arena.h"

#define SEEN_WORKLOADS 65536 /* a power of two */
#define SEEN_PLACES 16

struct seen;

/* NULL: out of memory. */
struct seen *seen_new(struct arena *arena);
void seen_forget_all(struct seen *all);
/* The count of the workload with this hash, 0 when it was not there; the caller adds to it. Valid until the next call. */
int64_t *seen_count(struct seen *all, uint64_t hash);

#endif
