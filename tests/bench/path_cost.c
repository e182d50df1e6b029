/*
 * One path through podgate, a fixed number of times, for a counter of instructions: all that is to be counted
 * happens within path_measured(). What it came to is printed: how many times, and the verdict.
 *   path_cost [--policies PATH]... [--mode MODE] [--observed N] [--calls N] REVIEW.json
 * --observed 1: the review is counted and logged too, as the server does at level info.
 *   path_cost [--policies PATH]... --documents MANIFESTS.yaml          as `podgate check` does
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/judge.h"
#include "edge/webhook_log.h"
#include "edge/metrics.h"
#include "policy/admission.h"

#define POLICIES_MAX 8
#define REVIEW_BYTES ((size_t)16 << 20)
#define BLOCK_BYTES ((size_t)64 << 10) /* as the server's event threads */
#define KEEP_BYTES ((size_t)256 << 10)

struct path {
    struct str policies[POLICIES_MAX];
    size_t policy_count;
    enum mode mode;
    int calls;
    bool is_check, is_observed;
    struct str input;
    /* a review's */
    struct str body;
    struct admission_options options;
    struct snapshot *snapshot;
    struct arena arena;
    struct admission_outcome outcome;
    struct metrics_shard *shard; /* of those that are observed, as is the log */
    struct log *log;
    /* a check's */
    struct judge judge;
    struct source source;
};

/* Has a name that the counter finds. */
void path_measured(struct path *path, int calls);

__attribute__((noinline)) void path_measured(struct path *path, int calls) {
    if (path->is_check) {
        judge_source(&path->judge, &path->source);
        return;
    }
    for (int call = 0; call < calls; call++) {
        arena_reset(&path->arena, KEEP_BYTES);
        admission_answer(&path->arena, &path->options, path->snapshot, STR(""), path->body, 0,
                         &path->outcome);
        if (!path->is_observed) continue;
        metrics_count_admission(path->shard, &path->outcome, NULL, 250000);
        webhook_log_review(path->log, true, &path->arena, &path->outcome, path->snapshot, 250000);
    }
}

/* A log whose reader is quick. */
static bool start_observing(struct path *path, struct metrics **metrics, FILE **nowhere,
                            struct error *err) {
    *nowhere = fopen("/dev/null", "we");
    *metrics =
        metrics_new(&(struct metrics_options){.version = "0", .commit = "0", .mode = path->mode});
    if (!*nowhere || !*metrics) return error_set(err, ERR_MEMORY, "the log and the metrics");
    path->shard = metrics_shard(*metrics, 0);
    return log_new(fileno(*nowhere), LOG_LEVEL_INFO, LOG_FORMAT_JSON, &path->log, err) &&
           log_start(path->log, err);
}

static bool run_review(struct path *path, struct arena *arena, struct error *err) {
    if (!source_read_file(arena, path->input, REVIEW_BYTES, &path->body, err)) return false;
    path->options = (struct admission_options){.limits = scan_limits_default, .mode = path->mode};
    arena_init(&path->arena, BLOCK_BYTES, 0);
    admission_answer(&path->arena, &path->options, path->snapshot, STR(""), path->body, 0,
                     &path->outcome); /* warm */
    struct metrics *metrics = NULL;
    FILE *nowhere = NULL;
    if (path->is_observed && !start_observing(path, &metrics, &nowhere, err)) return false;
    path_measured(path, path->calls);
    log_stop(path->log);
    metrics_free(metrics);
    if (nowhere) fclose(nowhere);
    struct str decision = decision_name(path->outcome.decision);
    printf("%d %.*s\n", path->calls, STR_ARGS(decision));
    arena_fini(&path->arena);
    return true;
}

static bool run_check(struct path *path, struct error *err) {
    struct str_list operands = {.items = &path->input, .count = 1};
    struct format_sink sink;
    FILE *nowhere = fopen("/dev/null", "we");
    if (!nowhere) return error_set(err, ERR_IO, "/dev/null");
    struct desk_run run = {
        .profile = snapshot_find_profile(path->snapshot, STR("default")),
    };
    format_sink_init(&sink, &format_text, &run, nowhere, false);
    path->judge = (struct judge){.snapshot = path->snapshot,
                                 .profile = run.profile,
                                 .mode = path->mode,
                                 .name_space = STR("default"),
                                 .outputs = &sink,
                                 .output_count = 1};
    judge_init(&path->judge);
    source_init(&path->source, &operands, SOURCE_DOCUMENT_BYTES);
    path_measured(path, 1);
    const struct desk_summary *summary = &path->judge.summary;
    printf("%zu denied=%zu\n", summary->objects + summary->errors, summary->denied);
    source_fini(&path->source);
    judge_fini(&path->judge);
    format_sink_fini(&sink);
    fclose(nowhere);
    return true;
}

static bool run(struct path *path, struct arena *arena, struct error *err) {
    struct str_list policies = {.items = path->policies, .count = path->policy_count};
    struct policy_source *sources;
    struct diagnostics diagnostics;
    size_t count;
    if (!source_read_policies(arena, &policies, &sources, &count, err)) return false;
    diagnostics_init(&diagnostics, arena);
    path->snapshot = policy_compile(sources, count, &diagnostics);
    if (!path->snapshot) return error_set(err, ERR_SCHEMA, "the policies have errors");
    bool ran = path->is_check ? run_check(path, err) : run_review(path, arena, err);
    snapshot_free(path->snapshot);
    return ran;
}

static bool read_arguments(struct path *path, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct str argument = str_from(argv[i]);
        if (argument.at[0] != '-') {
            path->input = argument;
            continue;
        }
        if (++i == argc) return false;
        struct str value = str_from(argv[i]);
        if (str_equals(argument, STR("--policies")) && path->policy_count < POLICIES_MAX)
            path->policies[path->policy_count++] = value;
        else if (str_equals(argument, STR("--calls")))
            path->calls = atoi(argv[i]);
        else if (str_equals(argument, STR("--observed")))
            path->is_observed = atoi(argv[i]) != 0;
        else if (str_equals(argument, STR("--documents")))
            path->is_check = true, path->input = value;
        else if (!str_equals(argument, STR("--mode")) || !mode_parse(value, &path->mode))
            return false;
    }
    return path->input.len > 0 && path->calls > 0;
}

int main(int argc, char **argv) {
    static struct path path = {.mode = MODE_ENFORCE, .calls = 1};
    struct arena arena;
    struct error err = {.code = ERR_NONE};
    if (!read_arguments(&path, argc, argv)) {
        fprintf(stderr, "path_cost: what it takes is said at the head of path_cost.c\n");
        return 2;
    }
    arena_init(&arena, BLOCK_BYTES, 0);
    bool ran = run(&path, &arena, &err);
    if (!ran) fprintf(stderr, "path_cost: %s: %s\n", err.where, err.text);
    arena_fini(&arena);
    return ran ? 0 : 1;
}
