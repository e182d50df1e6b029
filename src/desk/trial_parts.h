/*
 * trial_parts (private to the room trial): a test as it is read, and what runs it.
 */
#ifndef PODGATE_DESK_TRIAL_PARTS_H
#define PODGATE_DESK_TRIAL_PARTS_H

#include "desk/trial.h"
#include "policy/admission.h"

struct trial_expectation {
    struct str rule;      /* RULE or POLICY/RULE */
    enum action action;   /* ACTION_OFF: any */
    struct str object;    /* KIND/NAME, or empty */
    struct str container; /* or empty */
    struct str path;      /* in the object, or empty */
    uint32_t line, column;
    bool is_met;
};

struct trial_case {
    struct str name;
    struct str file, old_file;
    const struct cJSON *manifest, *old_manifest;
    const struct cJSON *expect_node;
    struct str name_space, user;
    struct str_list groups;
    enum operation operation; /* OPERATION_OTHER: not given */
    struct trial_expectation *expected;
    size_t expected_count;
    uint32_t line, column;
};

struct trial_spec {
    struct str_list policies;
    struct str profile;
    enum mode mode;
    int64_t day; /* NO_DAY: not given */
    const struct cJSON *cases_node;
};
#define TRIAL_NO_DAY INT64_MIN

struct trial {
    struct arena *arena;     /* of the file */
    struct arena case_arena; /* of one review */
    struct str path, folder;
    struct str name; /* of the test at hand; may be empty */
    const struct document *document;
    struct diagnostics *diagnostics;
    struct trial_results *results;
    struct trial_spec spec;
    int64_t now;
    const struct snapshot *snapshot;
};

/* What is wrong, at a node of the test. */
void trial_error(struct trial *trial, const struct cJSON *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* A path of the test as seen from where podgate runs; terminated. */
struct str trial_path(struct trial *trial, struct str path);
/* Judges the objects of one case and adds its result. */
void trial_run_case(struct trial *trial, struct trial_case *each);

/* The object as an AdmissionReview in JSON. `old` NULL: a creation. */
struct trial_object {
    const struct document *document;
    const struct cJSON *node;
    struct str api_version, kind;
};
struct str trial_write_review(struct arena *arena, const struct workload_kind *kind,
                              const struct trial_case *each, const struct trial_object *object,
                              const struct trial_object *old);

#endif
