/* What was counted, and what the policies in force say of themselves, as text. */
#include "base/date.h"
#include "edge/metrics_state.h"
#include "edge/metrics_text.h"

struct renderer {
    struct metrics *metrics;
    struct metrics_text text;
    struct arena *arena;
};

static struct str operation_at(size_t i) { return operation_name((enum operation)i); }
static struct str decision_at(size_t i) { return decision_name((enum decision)i); }
static struct str action_at(size_t i) { return action_name((enum action)i); }

/* --- rows of metrics.def ------------------------------------------------------------------------ */

static void render_counter(struct renderer *r, enum metric metric) {
    const struct metric_row *row = &metric_rows[metric];
    for (unsigned v = 0; row->values[v]; v++) {
        uint64_t sum = 0;
        for (unsigned s = 0; s < SHARDS_MAX; s++)
            if (r->metrics->shards[s])
                sum += counter_get(&r->metrics->shards[s]->counters[metric][v]);
        text_sample(&r->text, row->name, "");
        text_label(&r->text, row->label, str_from(row->values[v]));
        text_count(&r->text, sum);
    }
}

static void render_row(struct renderer *r, enum metric metric) {
    const struct metric_row *row = &metric_rows[metric];
    int64_t value = atomic_load_explicit(&r->metrics->gauges[metric], memory_order_relaxed);
    bool counts = row->type == COUNTER || row->type == READ_COUNTER;
    text_family(&r->text, counts ? FAMILY_COUNTER : FAMILY_GAUGE, row->name, row->help);
    switch (row->type) {
    case COUNTER: render_counter(r, metric); break;
    case READ_COUNTER:
    case GAUGE:
        text_sample(&r->text, row->name, "");
        text_value(&r->text, value);
        break;
    case HEX_INFO:
        text_sample(&r->text, row->name, "");
        text_label(&r->text, row->label,
                   str_format(r->arena, "%016llx", (unsigned long long)value));
        text_value(&r->text, 1);
        break;
    }
}

/* --- what is counted under names that came with the policies ------------------------------------- */

/* A family of which only what has been counted or announced is shown: most combinations never happen. */
struct series_family {
    const char *name, *help;
    const char *labels[SERIES_VALUES_MAX];
    void (*add_column)(struct metrics_text *text, size_t column); /* the other labels */
};

static void add_admission(struct metrics_text *text, size_t column) {
    text_label(text, "operation", operation_at(column / 2 / DECISIONS));
    text_label(text, "decision", decision_at(column / 2 % DECISIONS));
    text_label(text, "dry_run", column % 2 ? STR("true") : STR("false"));
}

static void add_actions(struct metrics_text *text, size_t column) {
    text_label(text, "action", action_at(column / ACTIONS));
    text_label(text, "wanted", action_at(column % ACTIONS));
}

static void add_decision(struct metrics_text *text, size_t column) {
    text_label(text, "decision", decision_at(column));
}

static void render_series(struct renderer *r, struct series_table *table,
                          const struct series_family *family) {
    size_t count;
    struct series **all = series_sorted(table, r->arena, &count);
    text_family(&r->text, FAMILY_COUNTER, family->name, family->help);
    for (size_t i = 0; all && i < count; i++) {
        for (size_t column = 0; column < table->columns; column++) {
            if (!series_shows(all[i], column)) continue;
            text_sample(&r->text, family->name, "");
            for (unsigned v = 0; v < table->value_count; v++)
                text_label(&r->text, family->labels[v], all[i]->values[v]);
            if (family->add_column) family->add_column(&r->text, column);
            text_count(&r->text, counter_get(&all[i]->counts[column]));
        }
    }
}

static void render_all_series(struct renderer *r) {
    static const struct series_family admissions = {"podgate_admission_requests_total",
                                                    "Reviews answered.",
                                                    {"profile", "kind"},
                                                    add_admission};
    static const struct series_family violations = {
        "podgate_policy_violations_total",
        "Violations found that count: what the rule did (action), and what it would do in mode "
        "enforce (wanted).",
        {"policy", "rule"},
        add_actions};
    static const struct series_family excused = {"podgate_excused_violations_total",
                                                 "Violations taken out by an exception.",
                                                 {"policy", "rule", "exception"},
                                                 NULL};
    static const struct series_family namespaces = {
        "podgate_namespace_requests_total",
        "Reviews answered, by namespace: --metrics-namespaces of them, the rest is (other).",
        {"object_namespace"}, /* "namespace" is the scraped Pod's own */
        add_decision};
    render_series(r, &r->metrics->admissions, &admissions);
    render_series(r, &r->metrics->violations, &violations);
    render_series(r, &r->metrics->excused, &excused);
    if (r->metrics->options.namespaces > 0) render_series(r, &r->metrics->namespaces, &namespaces);
}

static void render_durations(struct renderer *r) {
    static const char name[] = "podgate_admission_request_duration_seconds";
    uint64_t so_far = 0, sum_ns = 0;
    struct metrics_shard **shards = r->metrics->shards;
    text_family(&r->text, FAMILY_HISTOGRAM, name, "From a review's last byte to its answer.");
    for (size_t b = 0; b < BUCKETS; b++) {
        for (unsigned s = 0; s < SHARDS_MAX; s++)
            if (shards[s]) so_far += counter_get(&shards[s]->buckets[b]);
        text_sample(&r->text, name, "_bucket");
        text_label(&r->text, "le", str_from(metric_buckets[b].label));
        text_count(&r->text, so_far);
    }
    for (unsigned s = 0; s < SHARDS_MAX; s++)
        if (shards[s]) sum_ns += counter_get(&shards[s]->sum_ns);
    text_sample(&r->text, name, "_sum");
    text_nanoseconds(&r->text, sum_ns);
    text_sample(&r->text, name, "_count");
    text_count(&r->text, so_far);
}

/* --- what the policies say of themselves --------------------------------------------------------- */

static void render_objects(struct renderer *r, const struct snapshot *snapshot) {
    static const char name[] = "podgate_config_objects";
    size_t rules = 0;
    for (size_t p = 0; p < snapshot->policy_count; p++)
        rules += snapshot->policies[p].rule_count;
    const struct {
        struct str kind;
        size_t count;
    } kinds[] = {{STR("policy"), snapshot->policy_count},
                 {STR("rule"), rules},
                 {STR("exception"), snapshot->exception_count},
                 {STR("profile"), snapshot->profile_count}};
    text_family(&r->text, FAMILY_GAUGE, name, "What the policies in force consist of.");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        text_sample(&r->text, name, "");
        text_label(&r->text, "kind", kinds[i].kind);
        text_count(&r->text, kinds[i].count);
    }
}

static void render_profiles(struct renderer *r, const struct snapshot *snapshot) {
    static const char name[] = "podgate_profile_info";
    text_family(&r->text, FAMILY_GAUGE, name, "The mode in which each profile judges.");
    for (size_t p = 0; p < snapshot->profile_count; p++) {
        const struct profile *profile = &snapshot->profiles[p];
        enum mode mode = mode_min(profile->mode, r->metrics->options.mode);
        text_sample(&r->text, name, "");
        text_label(&r->text, "profile", profile->name);
        text_label(&r->text, "mode", mode_name(mode));
        text_value(&r->text, 1);
    }
}

static void render_exceptions(struct renderer *r, const struct snapshot *snapshot) {
    static const char info[] = "podgate_exception_info";
    static const char end[] = "podgate_exception_end_timestamp_seconds";
    text_family(&r->text, FAMILY_GAUGE, info, "Each exception and who answers for it.");
    for (size_t e = 0; e < snapshot->exception_count; e++) {
        text_sample(&r->text, info, "");
        text_label(&r->text, "exception", snapshot->exceptions[e].name);
        text_label(&r->text, "owner", snapshot->exceptions[e].owner);
        text_value(&r->text, 1);
    }
    text_family(&r->text, FAMILY_GAUGE, end,
                "When an exception stops counting: days left are (this - time()) / 86400.");
    for (size_t e = 0; e < snapshot->exception_count; e++) {
        const struct exception *exception = &snapshot->exceptions[e];
        if (exception->expires == EXCEPTION_NEVER_ENDS) continue;
        text_sample(&r->text, end, "");
        text_label(&r->text, "exception", exception->name);
        text_value(&r->text, date_to_unix(exception->expires + 1));
    }
}

static void render_waiting_rules(struct renderer *r, const struct snapshot *snapshot) {
    static const char name[] = "podgate_rule_deny_from_timestamp_seconds";
    text_family(&r->text, FAMILY_GAUGE, name, "When a rule with denyFrom begins to deny.");
    for (size_t p = 0; p < snapshot->policy_count; p++) {
        const struct policy *policy = &snapshot->policies[p];
        for (size_t i = 0; i < policy->rule_count; i++) {
            if (policy->rules[i].deny_from == 0) continue;
            text_sample(&r->text, name, "");
            text_label(&r->text, "policy", policy->name);
            text_label(&r->text, "rule", policy->rules[i].name);
            text_value(&r->text, date_to_unix(policy->rules[i].deny_from));
        }
    }
}

static void render_snapshot(struct renderer *r, const struct snapshot *snapshot) {
    static const char generation[] = "podgate_config_generation";
    text_family(&r->text, FAMILY_GAUGE, generation,
                "How many times policies came into force since the start.");
    text_sample(&r->text, generation, "");
    text_count(&r->text, snapshot->generation);
    render_objects(r, snapshot);
    render_profiles(r, snapshot);
    render_exceptions(r, snapshot);
    render_waiting_rules(r, snapshot);
}

static void render_build(struct renderer *r) {
    static const char name[] = "podgate_build_info";
    text_family(&r->text, FAMILY_GAUGE, name, "The version that runs.");
    text_sample(&r->text, name, "");
    text_label(&r->text, "version", str_from(r->metrics->options.version));
    text_label(&r->text, "commit", str_from(r->metrics->options.commit));
    text_value(&r->text, 1);
}

void metrics_render(struct metrics *metrics, const struct snapshot *snapshot, bool open_metrics,
                    struct strbuf *out) {
    struct renderer r = {.metrics = metrics,
                         .text = {.out = out, .is_open_metrics = open_metrics},
                         .arena = out->arena};
    render_all_series(&r);
    render_durations(&r);
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        render_row(&r, (enum metric)m);
    if (snapshot) render_snapshot(&r, snapshot);
    render_build(&r);
    process_render(&metrics->process, &r.text, metrics->start_s);
    text_end(&r.text);
}
