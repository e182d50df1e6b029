#include "text/tree_walk.h"

void tree_walk_init(struct tree_walk *walk) { walk->depth = 0; }

const struct cJSON *tree_walk_next(struct tree_walk *walk, const struct cJSON *root) {
    if (walk->depth == 0) {
        walk->path[walk->depth++] = root;
        return root;
    }
    const struct cJSON *child = walk->path[walk->depth - 1]->child;
    if (child) {
        ASSERT(walk->depth < TREE_DEPTH_MAX);
        walk->path[walk->depth++] = child;
        return child;
    }
    while (walk->depth > 1) {
        const struct cJSON *next = walk->path[walk->depth - 1]->next;
        if (next) {
            walk->path[walk->depth - 1] = next;
            return next;
        }
        walk->depth--;
    }
    return NULL;
}

static bool is_simple_key(struct str key) {
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] == '.' || key.at[i] == '[' || key.at[i] == ']') return false;
    return key.len > 0;
}

static size_t index_of(const struct cJSON *array, const struct cJSON *item) {
    size_t index = 0;
    for (const struct cJSON *each = array->child; each && each != item; each = each->next)
        index++;
    return index;
}

struct str tree_walk_path(const struct tree_walk *walk, struct arena *arena) {
    struct strbuf path;
    strbuf_init(&path, arena, 64);
    for (size_t i = 1; i < walk->depth; i++) {
        const struct cJSON *node = walk->path[i];
        if (tree_is_array(walk->path[i - 1]))
            strbuf_printf(&path, "[%zu]", index_of(walk->path[i - 1], node));
        else if (is_simple_key(tree_key(node)))
            strbuf_printf(&path, "%s%s", path.len > 0 ? "." : "", node->string);
        else
            strbuf_printf(&path, "['%s']", node->string);
    }
    return strbuf_str(&path);
}
