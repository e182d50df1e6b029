/*
 * What one review costs in admission alone, without a socket, stage by stage: microseconds of one
 * thread, the least of ten rounds.
 *   admission_cost [--calls N] [--stage NAME] REVIEW.json...
 * With --calls a stage runs N times, once: under callgrind the difference between two runs with
 * different N, divided by the difference of the Ns, is the exact number of instructions a call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/admission.h"
#include "text/json.h"

#define ROUNDS 10
#define CALLS 2000

static char text[16 << 20];

/* What the stages of one review share. */
struct bench {
    struct str body;
    struct admission_options options;
    const struct snapshot *snapshot;
    struct arena kept, arena; /* what an earlier stage made; what the measured one makes */
    struct review review;
    const struct workload_kind *kind; /* NULL: nothing to judge, no tree */
    struct document document;
    struct admission_outcome outcome;
};

static bool scan_all(struct bench *b) {
    struct scan scan;
    struct str bytes;
    scan_init(&scan, b->body, &b->options.limits);
    return scan_value(&scan, &bytes) && scan_end(&scan);
}

static bool read_review(struct bench *b) {
    struct error err;
    struct review review;
    return review_read(&b->arena, b->body, &b->options.limits, &review, &err);
}

static bool fill_tree(struct bench *b) {
    struct error err;
    struct document document;
    if (!b->kind) return true;
    return review_object_parse(&b->arena, &b->review.object, &b->options.limits, &document, &err);
}

static bool decode_pod(struct bench *b) {
    struct error err;
    struct workload workload;
    if (!b->kind) return true;
    return workload_decode(&b->arena, b->kind, &b->document, b->document.root, &workload, &err);
}

static bool answer(struct bench *b) {
    admission_answer(&b->arena, &b->options, b->snapshot, STR(""), b->body, 0, &b->outcome);
    return b->outcome.http_status == 200;
}

static const struct stage {
    const char *name;
    bool (*run)(struct bench *bench);
} stages[] = {
    {"scan", scan_all},     {"review_read", read_review}, {"tree", fill_tree},
    {"decode", decode_pod}, {"admission", answer},
};

/* Review, tree and verdict, so that each stage can be repeated alone. */
static bool prepare(struct bench *b) {
    struct error err;
    if (!review_read(&b->kept, b->body, &b->options.limits, &b->review, &err)) return false;
    if (review_scope(&b->review, &b->kind) != REVIEW_JUDGE) b->kind = NULL;
    if (b->kind &&
        !review_object_parse(&b->kept, &b->review.object, &b->options.limits, &b->document, &err))
        b->kind = NULL;
    return answer(b);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Seconds a call; false when a call failed. */
static bool repeat(struct bench *b, const struct stage *stage, int calls, double *took) {
    double began = seconds();
    for (int call = 0; call < calls; call++) {
        bool ok = stage->run(b);
        arena_reset(&b->arena, (size_t)256 << 10);
        if (!ok) return false;
    }
    *took = (seconds() - began) / calls;
    return true;
}

static void measure(struct bench *b, const struct stage *stage, int calls) {
    double best = 1e9, took;
    for (int round = 0; round < (calls > 0 ? 1 : ROUNDS); round++) {
        if (!repeat(b, stage, calls > 0 ? calls : CALLS, &took)) {
            printf("  %-12s failed\n", stage->name);
            return;
        }
        if (took < best) best = took;
    }
    printf("  %-12s %8.2f us\n", stage->name, best * 1e6);
}

static void measure_review(const struct snapshot *snapshot, const char *path, const char *only,
                           int calls) {
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    if (file) fclose(file);
    struct bench b = {.body = {text, len}, .snapshot = snapshot};
    b.options = (struct admission_options){.limits = scan_limits_default, .mode = MODE_ENFORCE};
    arena_init(&b.kept, (size_t)64 << 10, 0);
    arena_init(&b.arena, (size_t)64 << 10, 0);
    if (prepare(&b)) {
        struct str decision = decision_name(b.outcome.decision);
        printf("%s: %zu bytes, arena %zu KiB, %.*s\n", path, len, arena_held_bytes(&b.arena) >> 10,
               STR_ARGS(decision));
        arena_reset(&b.arena, (size_t)256 << 10);
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
            if (!only || strcmp(only, stages[i].name) == 0) measure(&b, &stages[i], calls);
    } else {
        printf("%s: no review that is answered\n", path);
    }
    arena_fini(&b.arena);
    arena_fini(&b.kept);
}

int main(int argc, char **argv) {
    struct arena arena;
    struct diagnostics diagnostics;
    const char *only = NULL;
    int first = 1, calls = 0;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--calls") == 0) calls = atoi(argv[first + 1]);
        if (strcmp(argv[first], "--stage") == 0) only = argv[first + 1];
    }
    arena_init(&arena, (size_t)64 << 10, 0);
    diagnostics_init(&diagnostics, &arena);
    struct snapshot *snapshot = policy_compile(NULL, 0, &diagnostics);
    if (!snapshot) return 1;
    for (int i = first; i < argc; i++)
        measure_review(snapshot, argv[i], only, calls);
    snapshot_free(snapshot);
    arena_fini(&arena);
    return 0;
}
