#include "edge/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "edge/clock.h"

#define VALUES_MAX 16
#define SHARDS_MAX 256
#define OPERATIONS (OPERATION_OTHER + 1)
#define KINDS (KIND_MAX + 1) /* the last one is "other" */
#define DECISIONS (DECISION_ERROR + 1)

static const char *const error_reasons[] = {"malformed", "unjudgeable", "memory", "bug",
                                            "profile",   "no_policy",   "other",  NULL};
static const char *const http_codes[] = {"200", "400", "404", "405",   "411", "413",
                                         "415", "500", "503", "other", NULL};
static const char *const shed_reasons[] = {"memory",   "big_body",    "connections",
                                           "deadline", "descriptors", NULL};
static const char *const cut_reasons[] = {"no_request", "slow_body", "idle",
                                          "evicted",    "not_tls",   NULL};
static const char *const handshake_results[] = {"ok", "failed", NULL};
#define NO_VALUES NULL

enum metric_type { COUNTER, READ_COUNTER, GAUGE, HEX_INFO };
static const struct metric_row {
    enum metric_type type;
    const char *name, *label;
    const char *const *values;
    const char *help;
} rows[METRIC_COUNT] = {
#define METRIC(id, type, name, label, values, help) {type, name, label, values, help},
#include "edge/metrics.def"
#undef METRIC
};

/* Upper bounds in nanoseconds, as they are printed. The API server waits 30 s at most. */
static const struct bucket {
    int64_t most_ns;
    const char *label;
} buckets[] = {
    {50000, "0.00005"},  {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},
    {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},
    {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},  {250000000, "0.25"},
    {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"}, {INT64_MAX, "+Inf"},
};
#define BUCKETS (sizeof buckets / sizeof *buckets)

/* Alone on its cache lines: arena blocks of other shards lie elsewhere. */
struct metrics_shard {
    _Atomic uint64_t counters[METRIC_COUNT][VALUES_MAX];
    _Atomic uint64_t admissions[OPERATIONS][KINDS][DECISIONS][2];
    _Atomic uint64_t buckets[BUCKETS];
    _Atomic uint64_t sum_ns;
};

struct metrics {
    struct arena arena;
    const char *version;
    int64_t start_s;
    /* /proc/self/statm and /proc/self/fd: opened before the sandbox forbids it. */
    int memory;
    DIR *descriptors;
    _Atomic int64_t gauges[METRIC_COUNT];
    struct metrics_shard *shards[SHARDS_MAX];
};

struct metrics *metrics_new(const char *version) {
    struct arena arena;
    arena_init(&arena, 16384, 0);
    struct metrics *metrics = ARENA_NEW(&arena, struct metrics, 1);
    if (!metrics) {
        arena_fini(&arena);
        return NULL;
    }
    metrics->arena = arena;
    metrics->version = version;
    metrics->start_s = clock_unix_ms() / 1000;
    metrics->memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    metrics->descriptors = opendir("/proc/self/fd");
    return metrics;
}

void metrics_free(struct metrics *metrics) {
    if (!metrics) return;
    if (metrics->memory >= 0) close(metrics->memory);
    if (metrics->descriptors) closedir(metrics->descriptors);
    struct arena arena = metrics->arena;
    arena_fini(&arena);
}

struct metrics_shard *metrics_shard(struct metrics *metrics, unsigned index) {
    if (index >= SHARDS_MAX) index = SHARDS_MAX - 1;
    if (!metrics->shards[index])
        metrics->shards[index] = ARENA_NEW(&metrics->arena, struct metrics_shard, 1);
    return metrics->shards[index];
}

static void add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(_Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count(struct metrics_shard *shard, enum metric metric, unsigned value_index) {
    if (shard && value_index < VALUES_MAX) add(&shard->counters[metric][value_index], 1);
}

/* The place of `value` in a list; the last one ("other") when it is not there. */
static unsigned find_value(const char *const *values, struct str value) {
    unsigned i = 0;
    while (values[i + 1] && !str_equals(str_from(values[i]), value))
        i++;
    return i;
}

void metrics_count_http(struct metrics_shard *shard, int status) {
    if (!shard) return;
    const char code[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
                         (char)('0' + status % 10)};
    metrics_count(shard, METRIC_HTTP_REQUESTS, find_value(http_codes, (struct str){code, 3}));
}

static size_t kind_index(const struct admission_outcome *outcome) {
    const struct group_version_kind *kind = &outcome->review.kind;
    const struct workload_kind *known =
        outcome->has_review ? workload_find(kind->group, kind->kind) : NULL;
    size_t index = known ? (size_t)(known - workload_kinds) : KINDS - 1;
    return index < KINDS ? index : KINDS - 1;
}

void metrics_count_admission(struct metrics_shard *shard, const struct admission_outcome *outcome,
                             int64_t took_ns) {
    if (!shard) return;
    size_t operation = outcome->has_review ? outcome->review.operation : OPERATION_OTHER;
    bool dry_run = outcome->has_review && outcome->review.dry_run;
    add(&shard->admissions[operation][kind_index(outcome)][outcome->decision][dry_run], 1);
    size_t bucket = 0;
    while (took_ns > buckets[bucket].most_ns)
        bucket++;
    add(&shard->buckets[bucket], 1);
    add(&shard->sum_ns, (uint64_t)took_ns);
    if (outcome->error_reason)
        metrics_count(shard, METRIC_ADMISSION_ERRORS,
                      find_value(error_reasons, str_from(outcome->error_reason)));
}

void metrics_set(struct metrics *metrics, enum metric gauge, int64_t value) {
    if (metrics) atomic_store_explicit(&metrics->gauges[gauge], value, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metric gauge, int64_t difference) {
    if (metrics)
        atomic_fetch_add_explicit(&metrics->gauges[gauge], difference, memory_order_relaxed);
}

static void add_head(struct strbuf *out, const char *name, const char *type, const char *help) {
    strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void render_counter(struct metrics *metrics, struct strbuf *out, enum metric metric) {
    const struct metric_row *row = &rows[metric];
    for (unsigned v = 0; row->values[v]; v++) {
        uint64_t sum = 0;
        for (unsigned s = 0; s < SHARDS_MAX; s++)
            if (metrics->shards[s]) sum += get(&metrics->shards[s]->counters[metric][v]);
        strbuf_printf(out, "%s{%s=\"%s\"} %llu\n", row->name, row->label, row->values[v],
                      (unsigned long long)sum);
    }
}

static void render_row(struct metrics *metrics, struct strbuf *out, enum metric metric) {
    const struct metric_row *row = &rows[metric];
    int64_t value = atomic_load_explicit(&metrics->gauges[metric], memory_order_relaxed);
    bool counts = row->type == COUNTER || row->type == READ_COUNTER;
    add_head(out, row->name, counts ? "counter" : "gauge", row->help);
    switch (row->type) {
    case COUNTER: render_counter(metrics, out, metric); break;
    case READ_COUNTER:
    case GAUGE: strbuf_printf(out, "%s %lld\n", row->name, (long long)value); break;
    case HEX_INFO:
        strbuf_printf(out, "%s{%s=\"%016llx\"} 1\n", row->name, row->label,
                      (unsigned long long)value);
        break;
    }
}

/* Only what has been counted: most of the combinations never happen. */
static void render_admissions(struct metrics *metrics, struct strbuf *out) {
    static const char name[] = "podgate_admission_requests_total";
    add_head(out, name, "counter", "Reviews answered.");
    for (size_t i = 0; i < (size_t)OPERATIONS * KINDS * DECISIONS * 2; i++) {
        size_t dry_run = i % 2, decision = i / 2 % DECISIONS, kind = i / 2 / DECISIONS % KINDS;
        size_t operation = i / 2 / DECISIONS / KINDS;
        uint64_t sum = 0;
        for (unsigned s = 0; s < SHARDS_MAX; s++)
            if (metrics->shards[s])
                sum += get(&metrics->shards[s]->admissions[operation][kind][decision][dry_run]);
        if (sum == 0) continue;
        struct str kind_name =
            kind < workload_kind_count ? workload_kinds[kind].kind : STR("other");
        strbuf_printf(
            out, "%s{operation=\"%.*s\",kind=\"%.*s\",decision=\"%.*s\",dry_run=\"%s\"} %llu\n",
            name, STR_ARGS(operation_name((enum operation)operation)), STR_ARGS(kind_name),
            STR_ARGS(decision_name((enum decision)decision)), dry_run ? "true" : "false",
            (unsigned long long)sum);
    }
}

static void render_histogram(struct metrics *metrics, struct strbuf *out) {
    static const char name[] = "podgate_admission_request_duration_seconds";
    uint64_t so_far = 0, sum_ns = 0;
    add_head(out, name, "histogram", "From a review's last byte to its answer.");
    for (size_t b = 0; b < BUCKETS; b++) {
        for (unsigned s = 0; s < SHARDS_MAX; s++)
            if (metrics->shards[s]) so_far += get(&metrics->shards[s]->buckets[b]);
        strbuf_printf(out, "%s_bucket{le=\"%s\"} %llu\n", name, buckets[b].label,
                      (unsigned long long)so_far);
    }
    for (unsigned s = 0; s < SHARDS_MAX; s++)
        if (metrics->shards[s]) sum_ns += get(&metrics->shards[s]->sum_ns);
    strbuf_printf(out, "%s_sum %llu.%09llu\n%s_count %llu\n", name,
                  (unsigned long long)(sum_ns / 1000000000),
                  (unsigned long long)(sum_ns % 1000000000), name, (unsigned long long)so_far);
}

/* The second number of /proc/self/statm: resident pages. */
static int64_t resident_bytes(const struct metrics *metrics) {
    char text[128];
    ssize_t n = metrics->memory < 0 ? 0 : pread(metrics->memory, text, sizeof text, 0);
    struct str all = {text, n > 0 ? (size_t)n : 0};
    all = str_slice(all, str_find_char(all, ' ') + 1, all.len);
    int64_t pages;
    if (!str_to_int64(str_slice(all, 0, str_find_char(all, ' ')), &pages)) return 0;
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t open_descriptors(const struct metrics *metrics) {
    if (!metrics->descriptors) return 0;
    int64_t n = 0;
    rewinddir(metrics->descriptors);
    while (readdir(metrics->descriptors))
        n++;
    return n - 2; /* "." and ".." */
}

static void render_process(struct metrics *metrics, struct strbuf *out) {
    const struct {
        const char *name, *help;
        int64_t value;
    } gauges[] = {
        {"process_resident_memory_bytes", "Resident memory.", resident_bytes(metrics)},
        {"process_open_fds", "Open file descriptors.", open_descriptors(metrics)},
        {"process_start_time_seconds", "When the process started.", metrics->start_s},
    };
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        add_head(out, gauges[i].name, "gauge", gauges[i].help);
        strbuf_printf(out, "%s %lld\n", gauges[i].name, (long long)gauges[i].value);
    }
}

void metrics_render(struct metrics *metrics, struct strbuf *out) {
    render_admissions(metrics, out);
    render_histogram(metrics, out);
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        render_row(metrics, out, (enum metric)m);
    add_head(out, "podgate_build_info", "gauge", "The version that runs.");
    strbuf_printf(out, "podgate_build_info{version=\"%s\"} 1\n", metrics->version);
    render_process(metrics, out);
}
