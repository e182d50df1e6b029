/*
 * path: which nodes of a tree a rule means. docs/field.md has the syntax:
 *
 *   path := key { "." key | "['" any text "']" | "[*]" }        key: letters, digits, "-", "_", "/"; "$" at its start
 *
 * "[*]" is every item of a list, or every member of an object. A path is read-only after path_parse, and lives in the arena and in
 * the text that it was made of. Any thread may enter.
 */
#ifndef PODGATE_TEXT_PATH_H
#define PODGATE_TEXT_PATH_H

#include "text/tree.h"

#define PATH_STEPS_MAX 24
#define PATH_EACH_MAX 6 /* "[*]" in one path */

struct path_step {
    struct str key; /* empty: "[*]" */
};

struct path {
    struct path_step steps[PATH_STEPS_MAX];
    size_t count;
    size_t each_count; /* how many are "[*]" */
};

/* False: ERR_SYNTAX or ERR_LIMIT, the text says at which character. */
MUST_CHECK bool path_parse(struct str text, struct path *out, struct error *err);

/* One node that a path leads to, or would. */
struct path_place {
    const struct path *path;
    const struct cJSON *node; /* NULL: absent, null, or an empty list */
    const struct cJSON *entries[PATH_EACH_MAX];
    size_t indexes[PATH_EACH_MAX]; /* which entry each "[*]" stands for */
};

typedef void (*path_visit_fn)(void *context, const struct path_place *place);

/*
 * Calls `visit` for every place, in the tree's order. What is missing on the way makes the place absent; but where it is missing before a
 * "[*]" there is no entry, so nothing is visited. `root` may be NULL.
 */
void path_visit(const struct path *path, const struct cJSON *root, path_visit_fn visit,
                void *context);

/* "volumes[2].hostPath.path", as tree_resolve reads it, from step `first` on. */
struct str path_place_text(struct arena *arena, const struct path_place *place, size_t first);
/* The same with entries by their names where they have one: "volumes[data].hostPath.path". For comparison only. */
struct str path_place_identity(struct arena *arena, const struct path_place *place);

#endif
