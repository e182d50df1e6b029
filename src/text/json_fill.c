/*
 * One pass, no recursion, no copy of the text. Keys, strings and the texts of numbers are put one
 * behind the other into one block, each with a NUL. There none of them is longer than in the text,
 * where a string has two quotes and a number something behind it: so the block has its size
 * before the first one is read.
 *
 * The text has passed the scan. What is looked at here again is what memory safety hangs on, so
 * that a caller's mistake is an ERR_BUG and nothing worse.
 */
#include "text/json_fill.h"

#include "base/ascii.h"
#include "text/scan_bytes.h"
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
    char closing;        /* bracket; 0 on level 0 */
    uint64_t keys;       /* for each key so far a bit that tells something of it */
    bool may_have_twins; /* two keys have the same bit */
};

struct fill {
    struct arena *arena;
    struct scan_blocks blocks;
    const char *end; /* of the bytes that are read: a skipped part's beginning, or the text's end */
    const char *text_end;
    const struct str *skip, *skip_end; /* the parts still to come */
    char *strings;                     /* where the next one goes */
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

static bool open_level(struct fill *fill, struct cJSON *node, char closing) {
    if (fill->level == &fill->levels[JSON_FILL_DEPTH_MAX]) return false;
    node->type = closing == '}' ? cJSON_Object : cJSON_Array;
    *++fill->level = (struct level){.node = node, .link = &node->child, .closing = closing};
    return true;
}

/* False when a key of the object stands twice, or when memory ran out over that question. */
static bool has_no_twins(struct fill *fill, const struct cJSON *object) {
    struct json_twins twins = {.object = object};
    twins.second = tree_find_duplicate(fill->arena, object, &twins.first);
    if (twins.second) *fill->twins = twins;
    return !twins.second && !arena_is_exhausted(fill->arena);
}

/* --- keys, strings, numbers --- */

/* What is copied too much is overwritten by the next string; the block's end has room for it. */
SCAN_HOT static void copy_string(struct fill *fill, const char *from, size_t len) {
    char *to = fill->strings;
    if ((size_t)(fill->end - from) < len + STEP) {
        memcpy(to, from, len);
    } else {
        for (size_t done = 0; done < len; done += STEP)
            memcpy(to + done, from + done, STEP);
    }
    to[len] = '\0';
    fill->strings = to + len + 1;
}

/* A string whose first byte that is not plain, at `at`, is not its end. */
static const char *take_unusual_string(struct fill *fill, const char *start, const char *at) {
    bool has_escapes = false;
    while (at < fill->end && *at != '"') {
        bool is_escape = *at == '\\' && fill->end - at > 1;
        has_escapes = has_escapes || is_escape;
        at = scan_skip_plain(&fill->blocks, at + (is_escape ? 2 : 1));
    }
    if (at >= fill->end) return NULL;
    size_t len = (size_t)(at - start);
    if (has_escapes) {
        len = scan_unescape_to(fill->strings, (struct str){start, len});
        fill->strings[len] = '\0';
        fill->strings += len + 1;
    } else {
        copy_string(fill, start, len);
    }
    return at;
}

/* `at` stands behind the opening quote; the string is terminated. */
SCAN_HOT static const char *take_string(struct fill *fill, const char *at) {
    const char *start = at;
    at = scan_skip_plain(&fill->blocks, at);
    bool is_whole = at < fill->end && *at == '"';
    if (__builtin_expect(is_whole, 1))
        copy_string(fill, start, (size_t)(at - start));
    else if (!(at = take_unusual_string(fill, start, at)))
        return NULL;
    return at + 1;
}

/* Different keys mostly have different bits: the factors are those that do best on reviews. */
SCAN_HOT static void note_key(struct level *level, const char *key, size_t len) {
    unsigned first = (unsigned char)key[0], last = (unsigned char)key[len > 0 ? len - 1 : 0];
    uint64_t bit = UINT64_C(1) << ((first * 9 + last * 5 + (unsigned)len * 13) & 63);
    level->may_have_twins |= (level->keys & bit) != 0;
    level->keys |= bit;
}

SCAN_HOT static const char *take_key(struct fill *fill, const char *at, char **key) {
    at = scan_skip_space(at, fill->end);
    if (at == fill->end || *at != '"') return NULL;
    *key = fill->strings;
    if (!(at = take_string(fill, at + 1))) return NULL;
    note_key(fill->level, *key, (size_t)(fill->strings - *key) - 1);
    at = scan_skip_space(at, fill->end);
    return at < fill->end && *at == ':' ? at + 1 : NULL;
}

static bool is_of_number(char c) {
    return ascii_is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

static const char *take_number(struct fill *fill, const char *at, struct cJSON *node) {
    const char *start = at;
    bool negative = *at == '-';
    if (negative) at++;
    int64_t value = 0;
    for (; at < fill->end && ascii_is_digit(*at) && at - start < SHORT_DIGITS; at++)
        value = value * 10 + (*at - '0');
    bool is_short = at == fill->end || !is_of_number(*at);
    while (at < fill->end && is_of_number(*at))
        at++;
    node->type = cJSON_Number;
    node->valuestring = fill->strings;
    copy_string(fill, start, (size_t)(at - start));
    struct tree_decimal decimal;
    if (is_short)
        node->valuedouble = (double)(negative ? -value : value);
    else if (tree_decimal_read(str_from(node->valuestring), &decimal))
        node->valuedouble = tree_decimal_value(&decimal);
    else
        return NULL;
    return at;
}

static const char *take_word(struct fill *fill, const char *at, struct cJSON *node) {
    static const struct {
        struct str word;
        int type;
    } words[] = {{STR_INIT("true"), cJSON_True},
                 {STR_INIT("false"), cJSON_False},
                 {STR_INIT("null"), cJSON_NULL}};
    struct str rest = {at, (size_t)(fill->end - at)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_starts_with(rest, words[i].word)) continue;
        node->type = words[i].type;
        return at + words[i].word.len;
    }
    return NULL;
}

/* --- values --- */

static void read_up_to_next_part(struct fill *fill) {
    fill->end = fill->skip < fill->skip_end ? fill->skip->at : fill->text_end;
}

/* `at` stands where the bytes to be read end. */
static const char *skip_part(struct fill *fill, const char *at, struct cJSON *node) {
    if (fill->skip == fill->skip_end) return NULL;
    node->type = cJSON_NULL;
    at += fill->skip++->len;
    read_up_to_next_part(fill);
    return at;
}

/* A scalar, or an object or array that is opened. */
SCAN_HOT static const char *take_value(struct fill *fill, const char *at, struct cJSON *node) {
    if (at == fill->end) return skip_part(fill, at, node);
    if (*at == '"') {
        node->type = cJSON_String;
        node->valuestring = fill->strings;
        return take_string(fill, at + 1);
    }
    if (*at == '{') return open_level(fill, node, '}') ? at + 1 : NULL;
    if (*at == '[') return open_level(fill, node, ']') ? at + 1 : NULL;
    if (*at == '-' || ascii_is_digit(*at)) return take_number(fill, at, node);
    return take_word(fill, at, node);
}

/* What follows a value or an opening bracket: closing brackets, up to a comma or the end. */
SCAN_HOT static const char *take_closings(struct fill *fill, const char *at) {
    while (fill->level > fill->levels) {
        struct level *level = fill->level;
        at = scan_skip_space(at, fill->end);
        if (at < fill->end && *at == ',') return at + 1;
        if (at == fill->end || *at != level->closing) return NULL;
        if (level->may_have_twins && !has_no_twins(fill, level->node)) return NULL;
        fill->level--;
        at++;
    }
    return at;
}

/* Where the value ends; NULL when it is none, for want of memory, or for a key that stands twice. */
static const char *fill_value(struct fill *fill, const char *at) {
    for (;;) {
        char *key = NULL;
        struct level *level = fill->level;
        if (level->closing == '}' && !(at = take_key(fill, at, &key))) return NULL;
        at = scan_skip_space(at, fill->end);
        struct cJSON *node = add_node(fill, key);
        if (!node || !(at = take_value(fill, at, node))) return NULL;
        if (fill->level > level) {
            /* Something was opened: unless it is empty, its first member or item follows. */
            at = scan_skip_space(at, fill->end);
            bool is_empty = at < fill->end && (*at == '}' || *at == ']');
            if (!is_empty) continue;
        }
        if (!(at = take_closings(fill, at)) || fill->level == fill->levels) return at;
    }
}

/* The bytes that are read; false when the parts are none of the text, or not in their order. */
static bool count_bytes(struct str value, const struct document *document, size_t *bytes) {
    size_t at = 0;
    *bytes = value.len;
    for (size_t i = 0; i < document->skip_count; i++) {
        const struct str *part = &document->skip[i];
        size_t start = (size_t)((uintptr_t)part->at - (uintptr_t)value.at);
        if (start < at || start > value.len || part->len > value.len - start) return false;
        at = start + part->len;
        *bytes -= part->len;
    }
    return true;
}

bool json_fill(struct arena *arena, struct str value, struct document *document,
               struct json_twins *twins) {
    struct fill fill; /* large, and nearly none of its levels will be used */
    struct cJSON *root = NULL;
    size_t bytes;
    if (!count_bytes(value, document, &bytes)) return false;
    fill.arena = arena;
    fill.blocks = scan_blocks_of(value);
    fill.text_end = value.at + value.len;
    fill.skip = document->skip;
    fill.skip_end = document->skip_count > 0 ? fill.skip + document->skip_count : fill.skip;
    read_up_to_next_part(&fill);
    fill.strings = arena_allocate_text(arena, bytes + 1 + STEP);
    fill.nodes = fill.nodes_end = NULL;
    fill.twins = twins;
    fill.level = fill.levels;
    fill.levels[0] = (struct level){.link = &root};
    const char *at = fill.strings ? fill_value(&fill, value.at) : NULL;
    document->root = root;
    return at && at == fill.text_end && fill.skip == fill.skip_end;
}
