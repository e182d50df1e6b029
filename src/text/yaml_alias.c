/*
 * Anchors, aliases and merge keys of manifests. An alias is replaced by a copy, so that a tree is a
 * tree; the limit of nodes counts copies, so that a few lines cannot become gigabytes.
 */
#include "text/yaml_build.h"

static bool use_steps(struct yaml_build *build, size_t steps, const yaml_event_t *event) {
    if (build->steps_left < steps)
        return yaml_build_fail(build, event, ERR_LIMIT,
                               "this document takes too much work: its anchors (&), aliases (*) or "
                               "merge keys (<<) are too many");
    build->steps_left -= steps;
    return true;
}

bool yaml_alias_remember(struct yaml_build *build, const yaml_char_t *name,
                         struct tree_yaml_node *node, const yaml_event_t *event) {
    if (!name) return true;
    if (build->dialect == YAML_POLICY)
        return yaml_build_fail(build, event, ERR_SYNTAX,
                               "anchors (&%s) are not used in policy files", (const char *)name);
    struct yaml_anchor *anchor = ARENA_NEW(build->arena, struct yaml_anchor, 1);
    struct str copy = str_copy(build->arena, str_from((const char *)name));
    if (!anchor || !copy.at) return yaml_build_fail_without_memory(build);
    *anchor = (struct yaml_anchor){build->anchors, copy.at, node};
    build->anchors = anchor;
    return true;
}

static bool is_open(const struct yaml_build *build, const struct tree_yaml_node *node) {
    for (unsigned i = 0; i < build->depth; i++)
        if (build->frames[i].node == node) return true;
    return false;
}

struct tree_yaml_node *yaml_alias_find(struct yaml_build *build, const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    struct yaml_anchor *anchor = build->anchors;
    size_t steps = 1;
    for (; anchor && strcmp(anchor->name, name) != 0; anchor = anchor->older)
        steps++;
    if (build->dialect == YAML_POLICY)
        yaml_build_fail(build, event, ERR_SYNTAX, "aliases (*%s) are not used in policy files",
                        name);
    else if (!anchor)
        yaml_build_fail(build, event, ERR_SYNTAX, "no anchor &%s stands before this alias", name);
    else if (is_open(build, anchor->node))
        yaml_build_fail(build, event, ERR_SYNTAX, "the anchor &%s would contain itself", name);
    else if (use_steps(build, steps, event))
        return anchor->node;
    return NULL;
}

/* Recursion is bounded by the limit of depth. */
struct tree_yaml_node *yaml_alias_copy(struct yaml_build *build, const struct tree_yaml_node *from,
                                       unsigned depth, const yaml_event_t *event) {
    bool is_collection = tree_is_object(&from->node) || tree_is_array(&from->node);
    if (is_collection && depth >= build->limits->depth) {
        yaml_build_fail_for_depth(build, event);
        return NULL;
    }
    struct tree_yaml_node *copy = yaml_build_new_node(build, event);
    if (!copy) return NULL;
    *copy = *from;
    copy->from_merge = false;
    copy->node.next = copy->node.child = NULL;
    struct cJSON **link = &copy->node.child;
    for (const struct cJSON *child = from->node.child; child; child = child->next) {
        const struct tree_yaml_node *original = (const struct tree_yaml_node *)child;
        struct tree_yaml_node *child_copy = yaml_alias_copy(build, original, depth + 1, event);
        if (!child_copy) return NULL;
        *link = &child_copy->node;
        link = &child_copy->node.next;
    }
    return copy;
}

static bool fail_for_merge(struct yaml_build *build, const yaml_event_t *event) {
    return yaml_build_fail(build, event, ERR_SCHEMA,
                           "a merge key (<<) takes a mapping, or a list of mappings");
}

/* Members are copied: the mapping may have an anchor of its own. */
static bool merge_mapping(struct yaml_build *build, struct yaml_frame *frame,
                          const struct cJSON *mapping, const yaml_event_t *event) {
    if (!tree_is_object(mapping)) return fail_for_merge(build, event);
    frame->has_merged = true;
    for (const struct cJSON *member = mapping->child; member; member = member->next) {
        const struct tree_yaml_node *node = (const struct tree_yaml_node *)member;
        struct tree_yaml_node *copy = yaml_alias_copy(build, node, build->depth, event);
        if (!copy) return false;
        copy->from_merge = true;
        yaml_build_append(frame, copy);
    }
    return true;
}

bool yaml_alias_merge(struct yaml_build *build, struct yaml_frame *frame, const struct cJSON *value,
                      const yaml_event_t *event) {
    if (!tree_is_array(value)) return merge_mapping(build, frame, value, event);
    /* Of two equal keys the later one stays; in this list it shall be the earlier mapping's. */
    size_t count = tree_count(value);
    const struct cJSON **mappings = ARENA_NEW(build->arena, const struct cJSON *, count);
    if (!mappings) return yaml_build_fail_without_memory(build);
    size_t at = count;
    for (const struct cJSON *mapping = value->child; mapping; mapping = mapping->next)
        mappings[--at] = mapping;
    for (; at < count; at++)
        if (!merge_mapping(build, frame, mappings[at], event)) return false;
    return true;
}

bool yaml_alias_settle(struct yaml_build *build, struct cJSON *object, const yaml_event_t *event) {
    size_t before = 0;
    for (struct cJSON *later = object->child; later; later = later->next, before++) {
        if (!use_steps(build, before, event)) return false;
        struct cJSON **link = &object->child;
        while (*link != later && strcmp((*link)->string, later->string) != 0)
            link = &(*link)->next;
        if (*link == later) continue;
        if (!((struct tree_yaml_node *)*link)->from_merge &&
            !((struct tree_yaml_node *)later)->from_merge)
            return yaml_build_fail_for_duplicate(build, *link, later);
        *link = (*link)->next;
        before--;
    }
    return true;
}
