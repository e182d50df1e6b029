/* Trees for tests: JSON with ' for ", so that it can be read in C. */
#ifndef PODGATE_TESTS_TREE_FROM_H
#define PODGATE_TESTS_TREE_FROM_H

#include "text/json.h"
#include "unit/expect.h"

static inline struct str json_from(struct arena *arena, const char *quoted) {
    struct str text = str_copy(arena, str_from(quoted));
    char *at = (char *)(uintptr_t)text.at;
    for (size_t i = 0; i < text.len; i++)
        if (at[i] == '\'') at[i] = '"';
    return text;
}

/* The document lives in the arena with all its texts. */
static inline const struct document *tree_from(struct arena *arena, const char *quoted) {
    struct error err;
    struct document *document = ARENA_NEW(arena, struct document, 1);
    if (!json_read(arena, json_from(arena, quoted), &scan_limits_default, document, &err))
        fail_msg("%s: %u:%u: %s", quoted, err.line, err.column, err.text);
    return document;
}

#endif
