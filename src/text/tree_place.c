#include "text/scan.h"
#include "text/tree.h"
#include "text/tree_walk.h"

/* What a person can look at: the node's key and its value, either may be empty. */
struct spot {
    struct place key, value;
    bool is_scalar;
};

static struct place place_in_text(const struct document *document, struct str part) {
    struct place place = {0};
    if (!part.at) return place;
    place.offset = (size_t)(part.at - document->text.at);
    place.length = part.len;
    scan_place(document->text, place.offset, &place.line, &place.column);
    if (document->first_line > 1) place.line += document->first_line - 1;
    return place;
}

/* The end of the part that was skipped, when the value is one. */
static size_t behind_skipped(const struct document *document, struct str value, size_t behind) {
    for (size_t i = 0; i < document->skip_count; i++) {
        const struct str *skip = &document->skip[i];
        if (skip->at == value.at) return (size_t)(skip->at - document->text.at) + skip->len;
    }
    return behind;
}

/* A text that was parsed has the same values in the same order as its tree. */
static bool find_in_json(const struct document *document, const struct cJSON *node, struct str *key,
                         struct str *value) {
    struct tree_walk walk;
    tree_walk_init(&walk);
    size_t at = 0;
    for (;;) {
        const struct cJSON *here = tree_walk_next(&walk, document->root);
        struct scan_token token;
        *key = STR_NONE;
        if (!here || !scan_next_token(document->text, &at, &token)) return false;
        if (token.is_key) {
            *key = token.bytes;
            if (!scan_next_token(document->text, &at, &token)) return false;
        }
        *value = token.bytes;
        if (here == node) return true;
        at = behind_skipped(document, token.bytes, at);
    }
}

static bool is_in_tree(const struct cJSON *root, const struct cJSON *node, struct tree_walk *walk) {
    const struct cJSON *here;
    tree_walk_init(walk);
    while ((here = tree_walk_next(walk, root)))
        if (here == node) return true;
    return false;
}

static bool find_spot(const struct document *document, const struct cJSON *node,
                      struct spot *spot) {
    *spot = (struct spot){.is_scalar = !tree_is_object(node) && !tree_is_array(node)};
    if (!document->root || !node) return false;
    if (document->origin == DOCUMENT_JSON) {
        struct str key, value;
        if (!find_in_json(document, node, &key, &value)) return false;
        spot->key = place_in_text(document, key);
        spot->value = place_in_text(document, value);
        return true;
    }
    struct tree_walk walk;
    if (!is_in_tree(document->root, node, &walk)) return false;
    const struct tree_yaml_node *yaml = (const struct tree_yaml_node *)node;
    spot->key = (struct place){yaml->key_line, yaml->key_column, yaml->key_offset, yaml->key_bytes};
    spot->value = (struct place){yaml->line, yaml->column, yaml->offset, yaml->length};
    return true;
}

bool tree_place(const struct document *document, const struct cJSON *node, struct place *place) {
    struct spot spot;
    if (!find_spot(document, node, &spot)) return false;
    bool value_speaks = spot.is_scalar && spot.value.length > 0;
    *place = value_speaks || spot.key.line == 0 ? spot.value : spot.key;
    return true;
}

bool tree_key_place(const struct document *document, const struct cJSON *node,
                    struct place *place) {
    struct spot spot;
    if (!find_spot(document, node, &spot)) return false;
    *place = spot.key.line != 0 ? spot.key : spot.value;
    return true;
}

struct str tree_path(struct arena *arena, const struct cJSON *root, const struct cJSON *node) {
    struct tree_walk walk;
    if (!root || !is_in_tree(root, node, &walk)) return STR("");
    return tree_walk_path(&walk, arena);
}
