/*
 * clock: the only room that asks what time it is. Rooms below take time as an argument.
 * Any thread may enter.
 */
#ifndef PODGATE_EDGE_CLOCK_H
#define PODGATE_EDGE_CLOCK_H

#include "base/str.h"

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

/* Nanoseconds since some fixed point; never goes back. For durations and deadlines. */
int64_t clock_monotonic_ns(void);
/* Milliseconds since 1970-01-01 UTC. For people and certificates. */
int64_t clock_unix_ms(void);
/* A Go duration ("10s", "1m30s", "1.5h", "250ms", "0"), as the API server writes `?timeout=`; false for
 * anything else and beyond int64 nanoseconds. https://pkg.go.dev/time#ParseDuration */
MUST_CHECK bool clock_parse_duration(struct str text, int64_t *ns);

#endif
