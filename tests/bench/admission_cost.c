/*
 * What one review costs in admission alone, without a socket, stage by stage: microseconds of one
 * thread, the least of ten rounds.
 *   admission_cost [--policies FILE|builtin:NAME]... [--profile NAME] [--mode MODE] [--calls N] [--stage NAME] REVIEW.json...
 * With --calls a stage runs N times, once: under callgrind the difference between two runs with
 * different N, divided by the difference of the Ns, is the exact number of instructions a call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/admission.h"
#include "policy/builtin.h"
#include "text/json.h"

#define ROUNDS 10
#define CALLS 2000
#define SOURCES_MAX 16

static char text[16 << 20];

/* How all reviews are judged. */
struct terms_of_bench {
    struct policy_source sources[SOURCES_MAX];
    size_t source_count;
    struct str profile;
    enum mode mode;
    const char *stage; /* NULL: all */
    int calls;         /* 0: the least of ten rounds */
    const struct snapshot *snapshot;
};

/* What the stages of one review share. */
struct bench {
    const struct terms_of_bench *terms;
    struct str body;
    struct admission_options options;
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
    admission_answer(&b->arena, &b->options, b->terms->snapshot, b->terms->profile, b->body, 0,
                     &b->outcome);
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
    if (review_scope(&b->review, NULL, &b->kind) != REVIEW_JUDGE) b->kind = NULL;
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

static void measure(struct bench *b, const struct stage *stage) {
    double best = 1e9, took;
    int calls = b->terms->calls;
    for (int round = 0; round < (calls > 0 ? 1 : ROUNDS); round++) {
        if (!repeat(b, stage, calls > 0 ? calls : CALLS, &took)) {
            printf("  %-12s failed\n", stage->name);
            return;
        }
        if (took < best) best = took;
    }
    printf("  %-12s %8.2f us\n", stage->name, best * 1e6);
}

static struct str read_file(const char *path, char *into, size_t room) {
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(into, 1, room, file) : 0;
    if (file) fclose(file);
    return (struct str){into, len};
}

static void measure_review(const struct terms_of_bench *terms, const char *path) {
    struct bench b = {.terms = terms, .body = read_file(path, text, sizeof text)};
    b.options = (struct admission_options){.limits = scan_limits_default, .mode = terms->mode};
    arena_init(&b.kept, (size_t)64 << 10, 0);
    arena_init(&b.arena, (size_t)64 << 10, 0);
    if (prepare(&b)) {
        struct str decision = decision_name(b.outcome.decision);
        printf("%s: %zu bytes, arena %zu KiB, %.*s\n", path, b.body.len,
               arena_held_bytes(&b.arena) >> 10, STR_ARGS(decision));
        arena_reset(&b.arena, (size_t)256 << 10);
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
            if (!terms->stage || strcmp(terms->stage, stages[i].name) == 0) measure(&b, &stages[i]);
    } else {
        printf("%s: no review that is answered\n", path);
    }
    arena_fini(&b.arena);
    arena_fini(&b.kept);
}

static bool add_source(struct terms_of_bench *terms, struct arena *arena, const char *name) {
    static const size_t room = (size_t)1 << 20;
    struct str builtin = str_slice(str_from(name), strlen("builtin:"), SIZE_MAX);
    struct policy_source *source = &terms->sources[terms->source_count];
    if (terms->source_count == SOURCES_MAX) return false;
    source->name = str_from(name);
    if (str_starts_with(source->name, STR("builtin:"))) {
        const struct builtin_policy *found = builtin_policy_find(builtin);
        source->text = found ? found->text : STR_NONE;
    } else {
        char *into = ARENA_NEW(arena, char, room);
        source->text = into ? read_file(name, into, room) : STR_NONE;
    }
    terms->source_count++;
    return source->text.len > 0;
}

static bool set_option(struct terms_of_bench *terms, struct arena *arena, const char *name,
                       const char *value) {
    if (strcmp(name, "--policies") == 0) return add_source(terms, arena, value);
    if (strcmp(name, "--mode") == 0) return mode_parse(str_from(value), &terms->mode);
    if (strcmp(name, "--profile") == 0) terms->profile = str_from(value);
    if (strcmp(name, "--calls") == 0) terms->calls = atoi(value);
    if (strcmp(name, "--stage") == 0) terms->stage = value;
    return true;
}

int main(int argc, char **argv) {
    struct arena arena;
    struct diagnostics diagnostics;
    struct terms_of_bench terms = {.mode = MODE_ENFORCE};
    int first = 1;
    arena_init(&arena, (size_t)64 << 10, 0);
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (set_option(&terms, &arena, argv[first], argv[first + 1])) continue;
        fprintf(stderr, "admission_cost: %s %s: no such thing\n", argv[first], argv[first + 1]);
        return 2;
    }
    diagnostics_init(&diagnostics, &arena);
    struct snapshot *snapshot = policy_compile(terms.sources, terms.source_count, &diagnostics);
    if (!snapshot) return 1;
    terms.snapshot = snapshot;
    for (int i = first; i < argc; i++)
        measure_review(&terms, argv[i]);
    snapshot_free(snapshot);
    arena_fini(&arena);
    return 0;
}
