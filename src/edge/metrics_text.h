/*
 * metrics_text (private to the room metrics): families and samples in the Prometheus text format 0.0.4 or in OpenMetrics
 * 1.0, which wants a counter's family without _total, units, and an end.
 */
#ifndef PODGATE_EDGE_METRICS_TEXT_H
#define PODGATE_EDGE_METRICS_TEXT_H

#include "base/str.h"

enum family_type { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

struct metrics_text {
    struct strbuf *out;
    bool is_open_metrics;
    unsigned labels; /* of the sample at hand */
};

/* The head of a family; `name` as the samples have it, a counter's with _total. */
void text_family(struct metrics_text *text, enum family_type type, const char *name,
                 const char *help);
/* A sample: its name, then its labels, then its value. */
void text_sample(struct metrics_text *text, const char *name, const char *suffix);
void text_label(struct metrics_text *text, const char *name, struct str value);
void text_value(struct metrics_text *text, int64_t value);
void text_count(struct metrics_text *text, uint64_t value);
void text_nanoseconds(struct metrics_text *text, uint64_t value); /* as seconds */
void text_end(struct metrics_text *text);

#endif
