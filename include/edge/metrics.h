/*
 * metrics: numbers about podgate, in the Prometheus text format 0.0.4 or in OpenMetrics 1.0.
 *
 * Counters are counted in shards, one for each event thread, with relaxed atomics, and summed when
 * somebody asks; gauges are set in one place. Counting takes no lock. Label values are bounded lists or come from the
 * policies; of what is on the wire only namespaces become one, where that is asked for and up to a number.
 * Rows are in edge/metrics.def. Any thread may count in any shard (its own is fastest) and render, but reviews are counted
 * by the shard's own thread.
 */
#ifndef PODGATE_EDGE_METRICS_H
#define PODGATE_EDGE_METRICS_H

#include "kube/review.h"
#include "policy/admission.h"

enum metric {
#define METRIC(id, type, name, label, values, help) METRIC_##id,
#include "edge/metrics.def"
#undef METRIC
    METRIC_COUNT
};

/* Indexes into the lists of values in metrics.c, in the same order. */
enum shed_reason { SHED_MEMORY, SHED_BIG_BODY, SHED_CONNECTIONS, SHED_DEADLINE, SHED_DESCRIPTORS };
enum cut_reason { CUT_NO_REQUEST, CUT_SLOW_BODY, CUT_IDLE, CUT_EVICTED, CUT_NOT_TLS };
enum handshake_result { HANDSHAKE_OK, HANDSHAKE_FAILED, HANDSHAKE_CLIENT_REFUSED };
enum record_result {
    RECORD_WRITTEN,
    RECORD_SURPLUS,    /* the file has enough of that workload */
    RECORD_QUEUE_FULL, /* the disk is slower than reviews come */
    RECORD_TOO_LARGE,
    RECORD_NOT_WRITTEN, /* disk full, folder gone */
    RECORD_UNJUDGEABLE  /* so nobody can tell what in it is a secret */
};
enum reload_result { RELOADED, RELOAD_FAILED };

struct metrics;
struct metrics_shard;

struct metrics_options {
    const char *version, *commit; /* static; for build_info */
    enum mode mode;               /* as in struct admission_options */
    unsigned namespaces;          /* that get series of their own; 0: none */
};

/* At most 256 shards. NULL when out of memory. */
struct metrics *metrics_new(const struct metrics_options *options);
void metrics_free(struct metrics *metrics);
/* The shard of this index, made at its first use; before threads start only. NULL when out of memory. */
struct metrics_shard *metrics_shard(struct metrics *metrics, unsigned index);

/* One more of a counter's value. A NULL shard counts nothing (tests). */
void metrics_count(struct metrics_shard *shard, enum metric metric, unsigned value_index);
void metrics_count_http(struct metrics_shard *shard, int status);
/* A review was answered, `took_ns` after its last byte had arrived. `declared`: the kinds of the policies in force, or NULL. */
void metrics_count_admission(struct metrics_shard *shard, const struct admission_outcome *outcome,
                             const struct declared_kinds *declared, int64_t took_ns);
void metrics_set(struct metrics *metrics, enum metric gauge, int64_t value);
void metrics_add(struct metrics *metrics, enum metric gauge, int64_t difference);

#define METRICS_CLEAN_NAMESPACES 1000
/* Reviews that were judged and found clean (judgement_is_clean). */
struct metrics_clean {
    struct str name_space; /* no text at all: all namespaces beyond METRICS_CLEAN_NAMESPACES */
    uint64_t reviews;
};
/* By namespace, those since the call before, in `arena`; namespaces without any are left out. The control thread's. */
struct metrics_clean *metrics_take_clean(struct metrics *metrics, struct arena *arena,
                                         size_t *count);

/* Rules that come into force are shown with 0 before they find anything, because of a series that begins
 * with a number nobody can tell by how much it grew. The control thread's. */
void metrics_announce(struct metrics *metrics, const struct snapshot *snapshot);
/* `snapshot` (the policies in force) may be NULL. */
void metrics_render(struct metrics *metrics, const struct snapshot *snapshot, bool open_metrics,
                    struct strbuf *out);

#endif
