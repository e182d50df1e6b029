/*
 * metrics_state (private to the room metrics): what is counted, between who counts (metrics.c) and who shows it
 * (metrics_render.c).
 */
#ifndef PODGATE_EDGE_METRICS_STATE_H
#define PODGATE_EDGE_METRICS_STATE_H

#include "edge/metrics.h"
#include "edge/metrics_process.h"
#include "edge/metrics_series.h"

#define VALUES_MAX 16
#define SHARDS_MAX 256
#define OPERATIONS (OPERATION_OTHER + 1)
#define DECISIONS (DECISION_ERROR + 1)
#define ACTIONS (ACTION_DENY + 1)

enum metric_type { COUNTER, READ_COUNTER, GAUGE, HEX_INFO };
struct metric_row {
    enum metric_type type;
    const char *name, *label;
    const char *const *values;
    const char *help;
};
extern const struct metric_row metric_rows[METRIC_COUNT];

struct bucket {
    int64_t most_ns;
    const char *label;
};
#define BUCKETS 16
extern const struct bucket metric_buckets[BUCKETS];

/* Alone on its cache lines: arena blocks of other shards lie elsewhere. */
struct metrics_shard {
    struct metrics *metrics;
    struct arena arena; /* of the series that the shard's thread was first to meet */
    _Atomic uint64_t counters[METRIC_COUNT][VALUES_MAX];
    _Atomic uint64_t buckets[BUCKETS];
    _Atomic uint64_t sum_ns;
};

struct metrics {
    struct arena arena;
    struct arena announced; /* the control thread's: of the series that it announces */
    struct metrics_options options;
    int64_t start_s;
    struct process_files process;
    _Atomic int64_t gauges[METRIC_COUNT];
    struct metrics_shard *shards[SHARDS_MAX];
    struct series_table admissions; /* profile, kind; columns: admission_column */
    struct series_table violations; /* policy, rule; columns: action_column */
    struct series_table excused;    /* policy, rule, exception */
    struct series_table clean;      /* namespace; columns: enum clean_column */
    struct series_table namespaces; /* namespace; columns: decisions; unused with a limit of 0 */
};

enum clean_column { CLEAN_COUNTED, CLEAN_TAKEN, CLEAN_COLUMNS };
#define ADMISSION_COLUMNS (OPERATIONS * DECISIONS * 2)
static inline size_t admission_column(size_t operation, size_t decision, size_t dry_run) {
    return (operation * DECISIONS + decision) * 2 + dry_run;
}
#define ACTION_COLUMNS (ACTIONS * ACTIONS)
static inline size_t action_column(enum action action, enum action wanted) {
    return (size_t)action * ACTIONS + wanted;
}

static inline uint64_t counter_get(_Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
