/*
 * libyaml's events become one tree. Private to yaml.
 */
#ifndef PODGATE_TEXT_YAML_BUILD_H
#define PODGATE_TEXT_YAML_BUILD_H

#include <yaml.h>

#include "text/yaml.h"

struct yaml_anchor {
    struct yaml_anchor *older;
    const char *name;
    struct tree_yaml_node *node;
};

/* A key that waits for its value. */
struct yaml_key {
    const char *text; /* NULL: none is waiting */
    uint32_t line, column, length;
    size_t offset, bytes;
    bool merges;
};

/* An object or array that is open. */
struct yaml_frame {
    struct tree_yaml_node *node, *last_child;
    struct yaml_key key;
    bool has_merged;
};

struct yaml_build {
    struct arena *arena;
    enum yaml_dialect dialect;
    const struct yaml_limits *limits;
    struct str text;      /* one document with its markers */
    size_t text_offset;   /* where that is in the file */
    uint32_t first_line;  /* and on which line */
    size_t index, offset; /* a character of the text and its byte, to find others near it */
    struct yaml_frame *frames;
    unsigned depth;
    struct tree_yaml_node *root;
    bool has_begun;
    size_t nodes;
    size_t steps_left; /* of looking up anchors and merged keys */
    struct yaml_anchor *anchors;
    struct error *err;
};

MUST_CHECK bool yaml_build_begin(struct yaml_build *build, struct arena *arena,
                                 enum yaml_dialect dialect, const struct yaml_limits *limits,
                                 struct error *err);
MUST_CHECK bool yaml_build_take(struct yaml_build *build, const yaml_event_t *event);

/* For the two files that build. All return false and say where the event begins. */
bool yaml_build_fail(struct yaml_build *build, const yaml_event_t *event, enum error_code code,
                     const char *format, ...) PRINTF_LIKE(4, 5);
bool yaml_build_fail_without_memory(struct yaml_build *build);
bool yaml_build_fail_for_depth(struct yaml_build *build, const yaml_event_t *event);
bool yaml_build_fail_for_duplicate(struct yaml_build *build, const struct cJSON *earlier,
                                   const struct cJSON *later);

/* Memory for a node, counted against the limit; NULL on failure. */
struct tree_yaml_node *yaml_build_new_node(struct yaml_build *build, const yaml_event_t *event);
/* Puts a child behind the last one. */
void yaml_build_append(struct yaml_frame *frame, struct tree_yaml_node *child);

/* What anchors, aliases and merge keys need: src/text/yaml_alias.c. */
MUST_CHECK bool yaml_alias_remember(struct yaml_build *build, const yaml_char_t *name,
                                    struct tree_yaml_node *node, const yaml_event_t *event);
/* The node that an alias stands for, or NULL. */
struct tree_yaml_node *yaml_alias_find(struct yaml_build *build, const yaml_event_t *event);
/* A copy of a node with all that is in it, to stand at `depth`; NULL on failure. */
struct tree_yaml_node *yaml_alias_copy(struct yaml_build *build, const struct tree_yaml_node *from,
                                       unsigned depth, const yaml_event_t *event);
/* The members of a merge key's value go over to the object. */
MUST_CHECK bool yaml_alias_merge(struct yaml_build *build, struct yaml_frame *frame,
                                 const struct cJSON *value, const yaml_event_t *event);
/* Afterwards: of two equal keys the later one stays, unless both were written. */
MUST_CHECK bool yaml_alias_settle(struct yaml_build *build, struct cJSON *object,
                                  const yaml_event_t *event);

#endif
