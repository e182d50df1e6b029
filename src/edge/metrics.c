#include "edge/clock.h"
#include "edge/metrics_state.h"

#define ADMISSIONS_MAX 1024 /* of a profile and a kind */
#define RULES_MAX 2048
#define EXCUSED_MAX 2048
#define NAMESPACE_BYTES 63 /* a DNS label */

static const char *const error_reasons[] = {"malformed", "unjudgeable", "memory", "bug",
                                            "profile",   "no_policy",   "other",  NULL};
static const char *const http_codes[] = {"200", "400", "404", "405",   "411", "413",
                                         "415", "500", "503", "other", NULL};
static const char *const shed_reasons[] = {"memory",   "big_body",    "connections",
                                           "deadline", "descriptors", NULL};
static const char *const cut_reasons[] = {"no_request", "slow_body", "idle",
                                          "evicted",    "not_tls",   NULL};
static const char *const handshake_results[] = {"ok", "failed", "client_refused", NULL};
static const char *const record_results[] = {"written",   "surplus",     "queue_full",
                                             "too_large", "not_written", "unjudgeable",
                                             NULL};
static const char *const reload_results[] = {"ok", "failed", NULL};
#define NO_VALUES NULL

const struct metric_row metric_rows[METRIC_COUNT] = {
#define METRIC(id, type, name, label, values, help) {type, name, label, values, help},
#include "edge/metrics.def"
#undef METRIC
};

/* Upper bounds in nanoseconds, as they are printed. The API server waits 30 s at most. */
const struct bucket metric_buckets[BUCKETS] = {
    {50000, "0.00005"},  {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},
    {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},
    {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},  {250000000, "0.25"},
    {500000000, "0.5"},  {1000000000, "1.0"}, {2500000000, "2.5"}, {INT64_MAX, "+Inf"},
};

static bool make_tables(struct metrics *metrics) {
    struct arena *arena = &metrics->arena;
    return series_init(&metrics->admissions, arena, 2, ADMISSION_COLUMNS, ADMISSIONS_MAX) &&
           series_init(&metrics->violations, arena, 2, ACTION_COLUMNS, RULES_MAX) &&
           series_init(&metrics->excused, arena, 3, 1, EXCUSED_MAX) &&
           series_init(&metrics->clean, arena, 1, CLEAN_COLUMNS, METRICS_CLEAN_NAMESPACES) &&
           series_init(&metrics->namespaces, arena, 1, DECISIONS, metrics->options.namespaces);
}

struct metrics *metrics_new(const struct metrics_options *options) {
    struct arena arena;
    arena_init(&arena, 16384, 0);
    struct metrics *metrics = ARENA_NEW(&arena, struct metrics, 1);
    if (!metrics) {
        arena_fini(&arena);
        return NULL;
    }
    metrics->arena = arena;
    arena_init(&metrics->announced, 16384, 0);
    metrics->options = *options;
    metrics->start_s = clock_unix_ms() / 1000;
    metrics->process = process_open();
    if (make_tables(metrics)) return metrics;
    metrics_free(metrics);
    return NULL;
}

void metrics_free(struct metrics *metrics) {
    if (!metrics) return;
    process_close(&metrics->process);
    arena_fini(&metrics->announced);
    for (unsigned s = 0; s < SHARDS_MAX; s++)
        if (metrics->shards[s]) arena_fini(&metrics->shards[s]->arena);
    /* The arena holds the struct that holds it. */
    struct arena arena = metrics->arena;
    arena_fini(&arena);
}

struct metrics_shard *metrics_shard(struct metrics *metrics, unsigned index) {
    if (index >= SHARDS_MAX) index = SHARDS_MAX - 1;
    if (metrics->shards[index]) return metrics->shards[index];
    struct metrics_shard *shard = ARENA_NEW(&metrics->arena, struct metrics_shard, 1);
    if (!shard) return NULL;
    shard->metrics = metrics;
    arena_init(&shard->arena, 16384, 0);
    metrics->shards[index] = shard;
    return shard;
}

static void add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
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

/* --- rules in force --------------------------------------------------------------------------- */

static void announce(struct metrics *metrics, const struct rule *rule, enum action wanted) {
    const struct str names[] = {rule->policy->name, rule->name};
    enum action action = action_under(wanted, metrics->options.mode);
    if (wanted != ACTION_OFF)
        series_announce(&metrics->violations, &metrics->announced, names,
                        (unsigned)action_column(action, wanted));
}

void metrics_announce(struct metrics *metrics, const struct snapshot *snapshot) {
    if (!metrics) return;
    for (size_t p = 0; p < snapshot->policy_count; p++) {
        const struct policy *policy = &snapshot->policies[p];
        for (size_t r = 0; r < policy->rule_count; r++) {
            announce(metrics, &policy->rules[r], policy->rules[r].action);
            announce(metrics, &policy->rules[r], policy->rules[r].template_action);
        }
    }
}

/* --- reviews ---------------------------------------------------------------------------------- */

/* Of what is on the wire no name becomes a label that neither Kubernetes nor a policy file has. */
static struct str kind_name(const struct admission_outcome *outcome,
                            const struct declared_kinds *declared) {
    const struct group_version_kind *kind = &outcome->review.kind;
    const struct workload_kind *known =
        outcome->has_review ? workload_find_among(declared, kind->group, kind->kind) : NULL;
    return known ? known->kind : STR("other");
}

static void count_decision(struct metrics_shard *shard, const struct admission_outcome *outcome,
                           const struct declared_kinds *declared) {
    struct metrics *metrics = shard->metrics;
    size_t operation = outcome->has_review ? outcome->review.operation : OPERATION_OTHER;
    bool dry_run = outcome->has_review && outcome->review.dry_run;
    /* What the path calls a profile and is none is no label. */
    const struct str names[] = {outcome->has_profile ? outcome->profile : STR(""),
                                kind_name(outcome, declared)};
    _Atomic uint64_t *counts = series_counts(&metrics->admissions, &shard->arena, names);
    add(&counts[admission_column(operation, outcome->decision, dry_run)], 1);
    if (metrics->options.namespaces > 0 && outcome->has_review)
        add(&series_counts(&metrics->namespaces, &shard->arena,
                           &outcome->review.name_space)[outcome->decision],
            1);
}

static _Atomic uint64_t *rule_counts(struct metrics_shard *shard, const struct rule *rule) {
    const struct str names[] = {rule->policy->name, rule->name};
    return series_counts(&shard->metrics->violations, &shard->arena, names);
}

static void count_violations(struct metrics_shard *shard, const struct judgement *judgement) {
    const struct rule *rule = NULL;
    _Atomic uint64_t *counts = NULL;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        if (v->rule != rule) counts = rule_counts(shard, v->rule);
        rule = v->rule;
        add(&counts[action_column(v->action, v->wanted)], 1);
    }
    for (const struct omission *o = judgement->omissions; o; o = o->next)
        add(&rule_counts(shard, o->rule)[action_column(o->action, o->wanted)], o->count);
    for (const struct violation *v = judgement->excused; v; v = v->next) {
        const struct str names[] = {v->rule->policy->name, v->rule->name, v->exception->name};
        add(series_counts(&shard->metrics->excused, &shard->arena, names), 1);
    }
}

static void count_clean(struct metrics_shard *shard, struct str name_space) {
    struct str name = str_utf8_cut(name_space, NAMESPACE_BYTES);
    add(&series_counts(&shard->metrics->clean, &shard->arena, &name)[CLEAN_COUNTED], 1);
}

struct metrics_clean *metrics_take_clean(struct metrics *metrics, struct arena *arena,
                                         size_t *count) {
    size_t series_count;
    struct series **all = series_sorted(&metrics->clean, arena, &series_count);
    struct metrics_clean *rows = ARENA_NEW(arena, struct metrics_clean, series_count);
    *count = 0;
    if (!rows) return NULL;
    for (size_t i = 0; i < series_count; i++) {
        uint64_t counted = counter_get(&all[i]->counts[CLEAN_COUNTED]);
        uint64_t reviews = counted - counter_get(&all[i]->counts[CLEAN_TAKEN]);
        bool is_rest = all[i] == metrics->clean.other;
        if (reviews == 0) continue;
        add(&all[i]->counts[CLEAN_TAKEN], reviews);
        rows[(*count)++] = (struct metrics_clean){is_rest ? STR_NONE : all[i]->values[0], reviews};
    }
    return rows;
}

void metrics_count_admission(struct metrics_shard *shard, const struct admission_outcome *outcome,
                             const struct declared_kinds *declared, int64_t took_ns) {
    if (!shard) return;
    size_t bucket = 0;
    while (took_ns > metric_buckets[bucket].most_ns)
        bucket++;
    add(&shard->buckets[bucket], 1);
    add(&shard->sum_ns, (uint64_t)took_ns);
    count_decision(shard, outcome, declared);
    if (outcome->judged) count_violations(shard, &outcome->judgement);
    if (outcome->judged && outcome->decision == DECISION_ALLOWED &&
        judgement_is_clean(&outcome->judgement))
        count_clean(shard, outcome->review.name_space);
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
