/*
 * check: what a check is. One file src/rules/checks/<id>.c defines one `const struct check check_<id>` (dashes
 * become underscores) and rules/checks.def has its line; lists, help, docs and metrics labels come from here.
 *
 * evaluate is pure: no I/O, clock, globals or failure; it reads the typed pod and adds findings. The engine walks the
 * containers, so a check in container scope sees init, sidecar, regular and ephemeral ones alike.
 *
 * Sentences. A finding is told as
 *     containers "web", "side" SAYS
 *       PATH [is ACTUAL|is unset]: MEND
 * Templates may use {key} {actual} {expected} {detail} and {one|many}: in `says` by the number of subjects
 * ({holds|hold}), in `mend` by the number of paths (set {it|each} to true).
 */
#ifndef PODGATE_RULES_CHECK_H
#define PODGATE_RULES_CHECK_H

#include "kube/workload.h"
#include "rules/finding.h"
#include "rules/param.h"

enum severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
/* "low", "medium", "high", "critical" */
struct str severity_name(enum severity severity);
MUST_CHECK bool severity_parse(struct str name, enum severity *out);

/* What a check is about: `list` and docs/checks are in this order. */
enum theme {
    THEME_NONE, /* of no check */
    THEME_STANDARDS,
    THEME_PRIVILEGES,
    THEME_CONFINEMENT,
    THEME_NODE,
    THEME_NETWORK,
    THEME_IMAGES,
    THEME_SECRETS,
    THEME_RESOURCES,
    THEME_AVAILABILITY,
    THEME_OBJECTS,
    THEME_COUNT,
};
/* "Users and privileges" */
struct str theme_title(enum theme theme);

/* How often evaluate is called for one pod: once with container NULL (CHECK_POD bit), once for every container
 * (CHECK_CONTAINER bit), or both: a check that judges a field which containers inherit finds its pod-level faults
 * in the call without container. */
enum check_scope { CHECK_POD = 1, CHECK_CONTAINER = 2, CHECK_POD_AND_CONTAINER = 3 };

struct problem {
    const char *says; /* follows the subject: "may run as root" */
    const char *mend; /* what to write instead: "set it to true" */
    bool hides_state; /* true: PATH: MEND, without "is unset" */
    bool hides_line;  /* true: the line where it stands is not shown, for it may hold a secret */
    /* The field a person edits is this one of the pod spec, once for all containers; NULL: the finding's own. */
    const char *pod_field;
};

struct check_ctx {
    const struct workload *workload;
    struct str name_space; /* where the object goes: its own may be unset in a file */
    const struct pod *pod;
    const struct container *container; /* NULL in the call for the pod */
    const void *params;                /* the check's own params struct */
    struct arena *arena;               /* for texts of findings */
};

struct check {
    const char *id, *title; /* "run-as-non-root", "Containers run as non-root" */
    const char *rationale;  /* why, for a person, a few sentences */
    const char *references; /* one a line: CIS, NSA, Pod Security, Kubernetes docs */
    enum theme theme;
    enum severity severity;
    enum check_scope scope;
    /* It reads what is outside the pod spec and its template (the object's labels, replicas, a Job's deadlines), or a
     * Pod's metadata: of an update that leaves the pod as it was, only such checks are asked. */
    bool judges_object;
    /* The same where the parameters decide, or NULL. */
    bool (*judges_object_with)(const void *params);
    bool judges_pod_too; /* also then: what it asks of the object it asks of the pod as well */
    const struct problem *problems;
    size_t problem_count;
    const struct param *params;
    size_t param_count, params_size;
    /* Whole small manifests: what `explain` shows and the golden tests judge with default parameters (or with example_params). */
    const char *example_denied, *example_allowed;
    const char *example_params; /* YAML flow map, or NULL for the defaults */
    /* After the parameters are decoded: cross-checks and compilation into the params struct; NULL: nothing to do.
     * An error may say where: a parameter, or an item of one (param_error_in). */
    bool (*prepare)(void *params, struct arena *arena, struct error *err);
    void (*evaluate)(const struct check_ctx *ctx, struct findings *findings);
};

/* What it judges, for a person: "each container: init, sidecar, regular and ephemeral". */
struct str check_subject(const struct check *check);

/* For checks of resources: resources.limits.cpu; names with a dot or a slash in brackets, resources.limits['nvidia.com/gpu']. */
struct str check_resource_field(struct arena *arena, bool is_limit, struct str resource);

/* A list of the file as it is shown: [NET_RAW, MKNOD]; empty when it is. */
struct str check_list_text(struct arena *arena, const struct str_list *list);

/* For checks of images: calls `judge` for each reference at hand, the container's own or, in pod scope, those of image
 * volumes (one without a reference mounts nothing); `place` is a finding that says where it stands. */
typedef void (*check_image_fn)(const struct check_ctx *ctx, struct findings *findings,
                               struct str reference, struct finding place);
void check_images(const struct check_ctx *ctx, struct findings *findings, check_image_fn judge);

#endif
