#include "kube/meta.h"

#include "kube/decode.h"

struct owner {
    struct str kind, name;
    bool is_controller;
};

static const struct decode_row owner_rows[] = {
    DECODE_FIELD("kind", struct owner, kind, decode_string),
    DECODE_FIELD("name", struct owner, name, decode_string),
    DECODE_FIELD("controller", struct owner, is_controller, decode_bool),
};
static const struct decode_table owner_table = DECODE_TABLE(struct owner, owner_rows);

/* The API server allows at most one owner that is the controller; of more the first counts. */
static bool decode_owners(const struct decoder *decoder, const struct cJSON *node,
                          const struct decode_row *row, void *target) {
    (void)row;
    struct meta *meta = target;
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list");
    size_t index = 0;
    bool is_found = false;
    for (const struct cJSON *item = node->child; item; item = item->next, index++) {
        struct owner owner = {0};
        if (!decode_object(decoder, item, &owner_table, &owner))
            return decode_error_below_item(decoder->err, index);
        if (!owner.is_controller || is_found) continue;
        is_found = true;
        meta->owner_kind = owner.kind;
        meta->owner_name = owner.name;
    }
    return true;
}

/* labels and annotations stay nodes, but every value is known to be a string (or null). */
static bool decode_string_map(const struct decoder *decoder, const struct cJSON *node,
                              const struct decode_row *row, void *target) {
    if (!tree_is_object(node)) return decode_wrong_type(decoder, node, "an object");
    for (const struct cJSON *member = node->child; member; member = member->next) {
        if (tree_is_string(member) || tree_is_null(member)) continue;
        decode_wrong_type(decoder, member, "a string");
        return decode_error_below_key(decoder->err, tree_key(member));
    }
    const struct cJSON **field = decode_target(row, target);
    *field = node;
    return true;
}

static bool decode_deletion(const struct decoder *decoder, const struct cJSON *node,
                            const struct decode_row *row, void *target) {
    if (!tree_is_string(node)) return decode_wrong_type(decoder, node, "a string");
    bool *field = decode_target(row, target);
    *field = true;
    return true;
}

static const struct decode_row meta_rows[] = {
    DECODE_FIELD("name", struct meta, name, decode_string),
    DECODE_FIELD("generateName", struct meta, generate_name, decode_string),
    DECODE_FIELD("namespace", struct meta, name_space, decode_string),
    DECODE_UNREAD("uid"),
    DECODE_UNREAD("resourceVersion"),
    DECODE_UNREAD("generation"),
    DECODE_UNREAD("creationTimestamp"),
    DECODE_FIELD("deletionTimestamp", struct meta, is_being_deleted, decode_deletion),
    DECODE_FIELD("labels", struct meta, labels, decode_string_map),
    DECODE_FIELD("annotations", struct meta, annotations, decode_string_map),
    DECODE_WITHIN("ownerReferences", decode_owners, NULL, 0),
};
static const struct decode_table meta_table = DECODE_TABLE(struct meta, meta_rows);

bool meta_decode(const struct cJSON *node, const char *at, struct meta *out, struct error *err) {
    *out = (struct meta){0};
    if (tree_is_null(node)) return true;
    const struct decoder decoder = {.err = err};
    if (!decode_object(&decoder, node, &meta_table, out)) return decode_error_below(err, at);
    return true;
}

bool meta_annotation_next(const struct meta *meta, struct meta_annotation *at) {
    if (at->node) {
        at->node = at->node->next;
    } else {
        at->node = meta && meta->annotations ? meta->annotations->child : NULL;
    }
    if (!at->node) return false;
    at->key = tree_key(at->node);
    at->value = tree_string(at->node);
    return true;
}
