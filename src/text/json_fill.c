/*
 * One pass over the marks of a scan, no recursion. Keys, strings and the texts of numbers are put
 * one behind the other into one block, each with a NUL. There none of them is longer than in the
 * text, where a string has two quotes and a number something behind it: so the block has its size
 * before the first one is read.
 */
#include "text/json_fill.h"

#include "base/ascii.h"
#include "text/scan_mark.h"
#include "text/tree_decimal.h"

#define STEP 16         /* bytes that are copied at once */
#define SHORT_DIGITS 15 /* so many digits are exact in a double */
#if ARENA_EACH_ALLOCATION
#define NODES_AT_ONCE 1
#else
#define NODES_AT_ONCE 32
#endif

/* An object or array that is open; the outermost value hangs on level 0. */
struct level {
    struct cJSON *node;
    struct cJSON **link; /* where its next member or item goes */
    uint64_t keys;       /* for each key so far a bit that tells something of it */
    bool may_have_twins; /* two keys have the same bit */
};

struct fill {
    struct arena *arena;
    const char *text_end;
    char *strings; /* where the next one goes */
    struct cJSON *nodes, *nodes_end;
    struct json_twins *twins;
    struct level *level;
    struct level levels[JSON_FILL_DEPTH_MAX + 1];
};

/* --- nodes --- */

static struct cJSON *take_more_nodes(struct fill *fill) {
    fill->nodes = ARENA_NEW(fill->arena, struct cJSON, NODES_AT_ONCE);
    fill->nodes_end = fill->nodes ? fill->nodes + NODES_AT_ONCE : NULL;
    return fill->nodes;
}

/* The next member or item of what is open. */
SCAN_HOT static struct cJSON *add_node(struct fill *fill, char *key) {
    if (fill->nodes == fill->nodes_end && !take_more_nodes(fill)) return NULL;
    struct cJSON *node = fill->nodes++;
    node->string = key;
    *fill->level->link = node;
    fill->level->link = &node->next;
    return node;
}

SCAN_HOT static bool open_level(struct fill *fill, struct cJSON *node, int type) {
    if (fill->level == &fill->levels[JSON_FILL_DEPTH_MAX]) return false;
    node->type = type;
    *++fill->level = (struct level){.node = node, .link = &node->child};
    return true;
}

/* False when a key of the object stands twice, or when memory ran out over that question. */
static bool has_no_twins(struct fill *fill, const struct cJSON *object) {
    struct json_twins twins = {.object = object};
    twins.second = tree_find_duplicate(fill->arena, object, &twins.first);
    if (twins.second) *fill->twins = twins;
    return !twins.second && !arena_is_exhausted(fill->arena);
}

SCAN_HOT static bool close_level(struct fill *fill) {
    const struct level *level = fill->level--;
    return !level->may_have_twins || has_no_twins(fill, level->node);
}

/* --- keys, strings, numbers --- */

/* What is copied too much is overwritten by the next string; the block's end has room for it. */
SCAN_HOT static size_t copy_string(struct fill *fill, const char *from, size_t len) {
    char *to = fill->strings;
    if ((size_t)(fill->text_end - from) < len + STEP) {
        memcpy(to, from, len);
    } else {
        for (size_t done = 0; done < len; done += STEP)
            memcpy(to + done, from + done, STEP);
    }
    return len;
}

/* What a key, string or number means, or is written as; terminated. */
SCAN_HOT static struct str take_text(struct fill *fill, const struct scan_mark *mark) {
    struct str text = {.at = fill->strings};
    if (__builtin_expect(mark->is_plain, 1))
        text.len = copy_string(fill, mark->at, mark->len);
    else
        text.len = scan_unescape_to(fill->strings, (struct str){mark->at, mark->len});
    fill->strings[text.len] = '\0';
    fill->strings += text.len + 1;
    return text;
}

/* Different keys mostly have different bits: the factors are those that do best on reviews. */
SCAN_HOT static void note_key(struct level *level, struct str key) {
    unsigned first = (unsigned char)key.at[0],
             last = (unsigned char)key.at[key.len > 0 ? key.len - 1 : 0];
    uint64_t bit = UINT64_C(1) << ((first * 9 + last * 5 + (unsigned)key.len * 13) & 63);
    level->may_have_twins |= (level->keys & bit) != 0;
    level->keys |= bit;
}

/* Of a number with few digits and nothing else; false for all others. */
static bool read_short_number(struct str text, double *value) {
    bool negative = text.at[0] == '-';
    int64_t number = 0;
    if (text.len > SHORT_DIGITS) return false;
    for (size_t i = negative; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i])) return false;
        number = number * 10 + (text.at[i] - '0');
    }
    *value = (double)(negative ? -number : number);
    return true;
}

static bool take_number(struct fill *fill, const struct scan_mark *mark, struct cJSON *node) {
    struct tree_decimal decimal;
    node->type = cJSON_Number;
    node->valuestring = fill->strings;
    struct str text = take_text(fill, mark);
    if (read_short_number(text, &node->valuedouble)) return true;
    if (!tree_decimal_read(text, &decimal)) return false;
    node->valuedouble = tree_decimal_value(&decimal);
    return true;
}

/* --- values --- */

/* A scalar, or an object or array that is opened. */
SCAN_HOT static bool take_value(struct fill *fill, const struct scan_mark *mark,
                                struct cJSON *node) {
    switch ((enum scan_mark_kind)mark->kind) {
    case SCAN_MARK_STRING:
        node->type = cJSON_String;
        node->valuestring = fill->strings;
        take_text(fill, mark);
        return true;
    case SCAN_MARK_OBJECT: return open_level(fill, node, cJSON_Object);
    case SCAN_MARK_ARRAY: return open_level(fill, node, cJSON_Array);
    case SCAN_MARK_NUMBER: return take_number(fill, mark, node);
    case SCAN_MARK_TRUE: node->type = cJSON_True; return true;
    case SCAN_MARK_FALSE: node->type = cJSON_False; return true;
    case SCAN_MARK_NULL: node->type = cJSON_NULL; return true;
    case SCAN_MARK_KEY:
    case SCAN_MARK_CLOSING:
    case SCAN_MARK_MORE: break;
    }
    return false;
}

/* One value; false for want of memory, or for a key that stands twice. */
static bool fill_value(struct fill *fill, const struct scan_mark *mark) {
    char *key = NULL;
    for (;; mark++) {
        if (mark->kind == SCAN_MARK_KEY) {
            key = fill->strings;
            note_key(fill->level, take_text(fill, mark));
            continue;
        }
        if (mark->kind == SCAN_MARK_MORE) {
            mark = mark->more - 1;
            continue;
        }
        if (mark->kind == SCAN_MARK_CLOSING) {
            if (!close_level(fill)) return false;
        } else {
            struct cJSON *node = add_node(fill, key);
            if (!node || !take_value(fill, mark, node)) return false;
            key = NULL;
        }
        if (fill->level == fill->levels) return true;
    }
}

/* What is not skipped. */
static size_t count_bytes(struct str value, const struct document *document) {
    size_t bytes = value.len;
    for (size_t i = 0; i < document->skip_count; i++)
        bytes -= document->skip[i].len;
    return bytes;
}

bool json_fill(struct arena *arena, struct str value, const struct scan_mark *marks,
               struct document *document, struct json_twins *twins) {
    struct fill fill; /* large, and nearly none of its levels will be used */
    struct cJSON *root = NULL;
    fill.arena = arena;
    fill.text_end = value.at + value.len;
    fill.strings = arena_allocate_text(arena, count_bytes(value, document) + 1 + STEP);
    fill.nodes = fill.nodes_end = NULL;
    fill.twins = twins;
    fill.level = fill.levels;
    fill.levels[0] = (struct level){.link = &root};
    bool is_filled = fill.strings && fill_value(&fill, marks);
    document->root = root;
    return is_filled;
}
