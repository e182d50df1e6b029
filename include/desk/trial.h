/*
 * trial: kind PolicyTest, policy tests as files: objects, and the rules and actions they must give.
 *
 * Each object is put into an AdmissionReview and goes through policy/admission, the webhook's own path:
 * who asks, for which operation, and what was there before are part of a case. What is found must be what
 * is expected, no more and no less. A table of rows is the only home of the file's keys (the JSON
 * Schema comes from it too). Nothing is kept but counts; one thread.
 */
#ifndef PODGATE_DESK_TRIAL_H
#define PODGATE_DESK_TRIAL_H

#include "base/diagnostic.h"
#include "base/json_out.h"

struct trial_counts {
    size_t tests; /* PolicyTest documents */
    size_t cases, failed;
};

/*
 * Runs all tests of one text. `path` is the file's name; files that tests name are beside it. What failed
 * is added to `out`, for a person. What could not be run (a malformed test, policies that do not load, a file
 * that is not there) is added to `diagnostics`; its case counts nowhere.
 */
void trial_run(struct arena *arena, struct str path, struct str text, int64_t now,
               struct strbuf *out, struct diagnostics *diagnostics, struct trial_counts *counts);
/* The JSON Schema of `spec`, as a member of the object at hand; it refers to nothing else. */
void trial_write_schema(struct json_out *out, const char *name);

#endif
