/*
 * What one review costs in admission alone, without a socket: microseconds of one thread, the least of
 * ten rounds.      admission_cost REVIEW.json...
 */
#include <stdio.h>
#include <time.h>

#include "policy/admission.h"
#include "text/json.h"

#define ROUNDS 10
#define CALLS 2000

static char text[16 << 20];

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct str read_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;
    if (file) fclose(file);
    return (struct str){text, len};
}

static void measure(const struct snapshot *snapshot, const char *path, struct arena *arena) {
    const struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    struct admission_outcome outcome;
    struct str body = read_whole(path), decision = STR("?");
    double best = 1e9;
    size_t held = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double began = seconds();
        for (int call = 0; call < CALLS; call++) {
            admission_answer(arena, &options, snapshot, STR(""), body, 0, &outcome);
            decision = decision_name(outcome.decision);
            held = arena_held_bytes(arena);
            arena_reset(arena, (size_t)256 << 10);
        }
        double took = (seconds() - began) / CALLS;
        if (took < best) best = took;
    }
    printf("%-60s %7zu bytes %8.2f us  arena %5zu KiB  %.*s\n", path, body.len, best * 1e6,
           held >> 10, STR_ARGS(decision));
}

int main(int argc, char **argv) {
    struct arena arena;
    struct diagnostics diagnostics;
    json_start();
    arena_init(&arena, (size_t)64 << 10, 0);
    diagnostics_init(&diagnostics, &arena);
    struct snapshot *snapshot = policy_compile(NULL, 0, &diagnostics);
    if (!snapshot) return 1;
    for (int i = 1; i < argc; i++)
        measure(snapshot, argv[i], &arena);
    snapshot_free(snapshot);
    arena_fini(&arena);
    return 0;
}
