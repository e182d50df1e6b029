/*
 * trial: kind PolicyTest, policy tests as files: objects, and the rules and actions they must give.
 *
 * Each object is put into an AdmissionReview and goes through policy/admission, the webhook's own path:
 * who asks, for which operation, and what was there before are part of a case. What is found must be what
 * is expected, no more and no less. A table of rows is the only home of the file's keys (the JSON
 * Schema comes from it too). One thread.
 */
#ifndef PODGATE_DESK_TRIAL_H
#define PODGATE_DESK_TRIAL_H

#include "base/diagnostic.h"
#include "base/json_out.h"

/* A case that was run. */
struct trial_result {
    struct str file, test, name; /* the test's name, which may be empty, and the case's */
    uint32_t line, column;
    struct str differences; /* lines for a person; empty: all is as expected */
    struct trial_result *next;
};

struct trial_results {
    size_t tests; /* PolicyTest documents */
    size_t cases, failed;
    struct trial_result *first, *last;
};

/*
 * Runs all tests of one text and adds what came out. `path` is the file's name; files that tests name are
 * beside it. What could not be run (a malformed test, policies that do not load, a file that is not there) is
 * added to `diagnostics`; its case counts nowhere. Results live in the arena.
 */
void trial_run(struct arena *arena, struct str path, struct str text, int64_t now,
               struct diagnostics *diagnostics, struct trial_results *results);
/* The cases that failed, and the numbers. */
void trial_write_text(struct strbuf *out, const struct trial_results *results);
/* JUnit: every case; what could not be run (as far as diagnostics keep it) is an error. */
void trial_write_junit(struct strbuf *out, const struct trial_results *results,
                       const struct diagnostics *diagnostics);
/* The JSON Schema of `spec`, as a member of the object at hand; it refers to nothing else. */
void trial_write_schema(struct json_out *out, const char *name);

#endif
