/*
 * tree: one immutable tree for JSON and YAML, made of cJSON's nodes.
 *
 * Rooms above see `struct cJSON` only through these functions and through ->child, ->next, ->string
 * (an object member's key). Nodes and texts live in the document's arena and are never freed one by
 * one. Strings hold no NUL (text/json and text/yaml refuse it), so their length is strlen. A number
 * keeps its text, because its double may not be what was written: tree_int64, tree_number_text.
 * cJSON's own lookups ignore case and its parser accepts what Kubernetes refuses: they are
 * poisoned. No function of the library is called: its node is the tree's, its parser the tests'
 * oracle.
 *
 * A document may know where each node was written: YAML nodes carry it, JSON nodes are located on
 * demand by walking text and tree together (linear; used when there is something to report).
 */
#ifndef PODGATE_TEXT_TREE_H
#define PODGATE_TEXT_TREE_H

#include <cjson/cJSON.h>

#include "base/str.h"

/* Only tests that compare with cJSON define TREE_ALLOW_CJSON. */
#ifndef TREE_ALLOW_CJSON
#pragma GCC poison cJSON_GetObjectItem cJSON_HasObjectItem cJSON_Parse cJSON_ParseWithLength
#pragma GCC poison cJSON_ParseWithOpts cJSON_ParseWithLengthOpts cJSON_GetErrorPtr cJSON_Print
#pragma GCC poison cJSON_PrintUnformatted cJSON_Delete cJSON_Duplicate cJSON_InitHooks cJSON_Compare
#endif

struct place {
    uint32_t line, column; /* 1-based, columns in characters; 0, 0 when unknown */
    size_t offset, length; /* bytes in the document's text: what to underline */
};

/* A YAML node: cJSON's node first, so that a pointer to one is a pointer to the other. */
struct tree_yaml_node {
    struct cJSON node;
    uint32_t line, column, end_line, end_column; /* the value */
    uint32_t key_line, key_column, key_length;   /* its key, 0 in a list; length in characters */
    size_t offset, length;                       /* the value: bytes in the file */
    size_t key_offset, key_bytes;
    bool from_merge; /* came into its object by a merge key (<<) */
    /* A number's text (as tree_number_text gives it), another plain scalar as written, else
     * NULL. */
    const char *scalar;
};

#define TREE_DEPTH_MAX 1024 /* no tree is deeper: cJSON stops at 1000, text/yaml earlier */

enum document_origin { DOCUMENT_JSON, DOCUMENT_YAML };

struct document {
    enum document_origin origin;
    const struct cJSON *root;
    struct str text;        /* JSON: the very text that was parsed; YAML: the whole file */
    const struct str *skip; /* JSON: the parts of the text that read as null, in their order */
    size_t skip_count;
    uint32_t first_line; /* JSON: line number of the text's first line in its file (1 when alone) */
};

static inline bool tree_is_object(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_Object;
}
static inline bool tree_is_array(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_Array;
}
static inline bool tree_is_string(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_String;
}
static inline bool tree_is_number(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_Number;
}
static inline bool tree_is_true(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_True;
}
static inline bool tree_is_false(const struct cJSON *node) {
    return node && (node->type & 0xFF) == cJSON_False;
}
static inline bool tree_is_bool(const struct cJSON *node) {
    return tree_is_true(node) || tree_is_false(node);
}
/* True for null and for nothing at all: Kubernetes treats both alike. */
static inline bool tree_is_null(const struct cJSON *node) {
    return !node || (node->type & 0xFF) == cJSON_NULL;
}
/* The string's text; STR_NONE when the node is no string. */
static inline struct str tree_string(const struct cJSON *node) {
    return tree_is_string(node) ? str_from(node->valuestring) : STR_NONE;
}
/* A member's key; STR_NONE in a list. */
static inline struct str tree_key(const struct cJSON *node) { return str_from(node->string); }

/* "an object", "a list", "a string", "a number", "true or false", "null": for messages. */
const char *tree_type_name(const struct cJSON *node);
/* The member of exactly this name; NULL when absent, null, or `object` is no object. */
const struct cJSON *tree_find(const struct cJSON *object, struct str name);
/* The number of members or items. */
size_t tree_count(const struct cJSON *node);
/* The value as an exact integer, also beyond 2^53: its text is a plain integer within int64, so
 * 1.0 and 1e3 are none. The document may be NULL. */
MUST_CHECK bool tree_int64(const struct document *document, const struct cJSON *node,
                           int64_t *value);
/* A number's text, terminated; STR_NONE when the node is no number. JSON: as written. YAML: what
 * kubectl would send as far as it matters: integers decimal (0x1F is "31", 1.0 and 1e0 are "1"),
 * else as written without the underscores and the plus sign. The document may be NULL. */
struct str tree_number_text(const struct document *document, const struct cJSON *node);
/* The first member whose key an earlier member (*earlier) has too, or NULL; linear. Memory for that
 * comes from the arena: NULL when it runs out, so look at the arena's mark before believing it. */
const struct cJSON *tree_find_duplicate(struct arena *arena, const struct cJSON *object,
                                        const struct cJSON **earlier);
/* Whether the two mean the same: keys in any order, null members equal absent ones. Recursion is
 * bounded by the trees' depth. The work is bounded too: two large objects with their keys in very
 * different orders may count as different, which is the safe side. */
bool tree_equals(const struct cJSON *a, const struct cJSON *b);
/* Walks "spec.containers[0].image" (keys with dots: labels['a.b/c']) as far as it exists.
 * Returns the deepest node that does (never NULL); *whole tells whether that is the whole path. */
const struct cJSON *tree_resolve(const struct cJSON *root, struct str path, bool *whole);
/* "spec.containers[0].image" of a node, as tree_resolve reads it; "" for the root and for a node
 * that is not under it. */
struct str tree_path(struct arena *arena, const struct cJSON *root, const struct cJSON *node);
/* Where a person should look for this node: a scalar itself, a collection's key (or its first
 * character in a list). False when the node is not of this document. */
bool tree_place(const struct document *document, const struct cJSON *node, struct place *place);
/* Where its key stands (the node's own place when it has none). */
bool tree_key_place(const struct document *document, const struct cJSON *node, struct place *place);
/* The version of cJSON whose node this is. */
const char *tree_library_version(void);

#endif
