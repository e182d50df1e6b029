/*
 * A tree's nodes in the order of their text, without recursion. Private to text.
 */
#ifndef PODGATE_TEXT_TREE_WALK_H
#define PODGATE_TEXT_TREE_WALK_H

#include "text/tree.h"

struct tree_walk {
    size_t depth;
    const struct cJSON *path[TREE_DEPTH_MAX]; /* from the root to the node that was given last */
};

void tree_walk_init(struct tree_walk *walk);
/* The next node, the root first, an object's or array's children behind it; NULL at the end. */
const struct cJSON *tree_walk_next(struct tree_walk *walk, const struct cJSON *root);
/* The path of the node that was given last, as tree_resolve reads it. */
struct str tree_walk_path(const struct tree_walk *walk, struct arena *arena);

#endif
