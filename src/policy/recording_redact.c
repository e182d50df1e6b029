/*
 * Walks the object's text and writes it again. Where a string stands decides what becomes of it:
 *
 *   env[].value, httpHeaders[].value, command[], args[], env{}      a stand-in
 *   annotations{}, and every other string                           a stand-in where a secret is found in it, or its key tells
 *                                                                   of one
 *   labels{}, matchLabels{}, nodeSelector{}                         stay: policies select by them
 *
 * wherever in the object these keys are, so that templates and kinds that users declare need no table.
 */
#include "policy/recording_redact.h"

#include "rules/secret.h"

#define LAST_APPLIED STR("kubectl.kubernetes.io/last-applied-configuration")
#define VALUES_MAX (1u << 24)

enum spot {
    PLAIN,
    NAMED_LIST,  /* of {name, value} */
    NAMED_ITEM,  /* of these */
    VALUES,      /* a list or map whose strings are all values */
    ANNOTATIONS, /* a map */
    LABELS,      /* a map */
};

/* An object or list that is open. */
struct level {
    struct str key; /* of a list: its strings' */
    enum spot spot;
    bool is_object, has_items;
};

struct walk {
    struct redaction *redaction;
    const struct review_object *object;
    struct scan scan;
    struct strbuf *out;
    struct level *levels;
    size_t depth, room;
};

void redact_init(struct redaction *redaction, struct arena *arena,
                 const struct scan_limits *limits) {
    *redaction = (struct redaction){.arena = arena, .limits = limits};
    table_init(&redaction->values, 0, VALUES_MAX);
}

/* --- places ---------------------------------------------------------------------------------- */

static bool is_key_of(struct str key, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (scan_key_is(key, str_from(names[i]))) return true;
    return false;
}
#define IS_ONE_OF(key, ...)                                                                        \
    is_key_of((key), (const char *const[]){__VA_ARGS__},                                           \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static enum spot spot_of_object(enum spot around, struct str key) {
    if (around == NAMED_LIST) return NAMED_ITEM;
    if (scan_key_is(key, STR("annotations"))) return ANNOTATIONS;
    if (IS_ONE_OF(key, "labels", "matchLabels", "nodeSelector")) return LABELS;
    return scan_key_is(key, STR("env")) ? VALUES : PLAIN;
}

static enum spot spot_of_list(struct str key) {
    if (IS_ONE_OF(key, "env", "httpHeaders", "parameters")) return NAMED_LIST;
    return IS_ONE_OF(key, "command", "args") ? VALUES : PLAIN;
}

/* --- strings --------------------------------------------------------------------------------- */

/* What Kubernetes itself reads has no secret behind a telling name: the name of a container, for one. */
static bool is_annotation_telling(struct str key) {
    size_t slash = str_find_char(key, '/');
    struct str maker = slash < key.len ? str_slice(key, 0, slash) : STR_NONE;
    struct str name = slash < key.len ? str_slice(key, slash + 1, key.len) : key;
    return !str_ends_with(maker, STR("kubernetes.io")) && secret_name_is_telling(name);
}

static bool is_secret(enum spot spot, struct str key, struct str value) {
    if (spot == VALUES || (spot == NAMED_ITEM && str_equals(key, STR("value")))) return true;
    if (spot == LABELS) return false;
    bool is_telling =
        spot == ANNOTATIONS ? is_annotation_telling(key) : secret_name_is_telling(key);
    return (is_telling && secret_value_is_literal(value)) || secret_value_shape(value);
}

static void write_stand_in(struct walk *walk, struct str value) {
    struct redaction *redaction = walk->redaction;
    uint32_t number = table_take(&redaction->values, redaction->arena, value);
    bool is_exact;
    struct str text = secret_stand_in(redaction->arena, value, number + 1, &is_exact);
    json_out_escape(walk->out, text);
    redaction->taken_out += !str_equals(text, value);
    redaction->inexact += !is_exact;
}

static void write_string(struct walk *walk, enum spot spot, struct str key, struct str bytes) {
    struct arena *arena = walk->redaction->arena;
    struct str name = scan_unescape(arena, key), value;
    if (!scan_string(arena, bytes, &value)) return;
    if (spot == ANNOTATIONS && str_equals(name, LAST_APPLIED))
        strbuf_add(walk->out, STR("\"{}\""));
    else if (is_secret(spot, name, value))
        write_stand_in(walk, value);
    else
        strbuf_add(walk->out, bytes);
}

/* --- the walk -------------------------------------------------------------------------------- */

/* status and managedFields, which no rule may look at. */
static bool is_skipped(const struct walk *walk) {
    const char *at = walk->scan.text.at + walk->scan.at;
    for (size_t i = 0; i < walk->object->skip_count; i++)
        if (walk->object->skip[i].at == at) return true;
    return false;
}

static bool enter(struct walk *walk, enum scan_type type, enum spot around, struct str key) {
    bool is_object = type == SCAN_OBJECT;
    bool is_begun = is_object ? scan_begin_object(&walk->scan) : scan_begin_array(&walk->scan);
    if (!is_begun || walk->depth == walk->room) return false;
    enum spot spot = is_object ? spot_of_object(around, key) : spot_of_list(key);
    walk->levels[walk->depth++] = (struct level){.key = key, .spot = spot, .is_object = is_object};
    strbuf_add_char(walk->out, is_object ? '{' : '[');
    return true;
}

static bool write_value(struct walk *walk, enum spot spot, struct str key) {
    struct str bytes;
    enum scan_type type = scan_peek(&walk->scan);
    bool is_open = (type == SCAN_OBJECT || type == SCAN_ARRAY) && !is_skipped(walk);
    if (is_open) return enter(walk, type, spot, key);
    bool is_left_out = is_skipped(walk);
    if (!scan_value(&walk->scan, &bytes)) return false;
    if (is_left_out)
        strbuf_add(walk->out, STR("null"));
    else if (type == SCAN_STRING)
        write_string(walk, spot, key, bytes);
    else
        strbuf_add(walk->out, bytes);
    return true;
}

/* The next member or item, or the end of the innermost that is open. */
static bool step(struct walk *walk) {
    struct level *level = &walk->levels[walk->depth - 1];
    struct str key = level->key;
    bool has_more =
        level->is_object ? scan_next_member(&walk->scan, &key) : scan_next_item(&walk->scan);
    if (!has_more) {
        strbuf_add_char(walk->out, level->is_object ? '}' : ']');
        walk->depth--;
        return walk->scan.failure == NULL;
    }
    if (level->has_items) strbuf_add_char(walk->out, ',');
    level->has_items = true;
    if (level->is_object) STRBUF_ADD(walk->out, STR("\""), key, STR("\":"));
    return write_value(walk, level->spot, key);
}

bool redact_object(struct redaction *redaction, const struct review_object *object,
                   struct strbuf *out) {
    struct walk walk = {.redaction = redaction,
                        .object = object,
                        .out = out,
                        .room = redaction->limits->depth + 1};
    if (!object->is_object || object->defect.kind != SCAN_FINE) return false;
    walk.levels = ARENA_NEW(redaction->arena, struct level, walk.room);
    if (!walk.levels) return false;
    scan_init(&walk.scan, object->bytes, redaction->limits);
    bool is_fine = write_value(&walk, PLAIN, STR(""));
    while (is_fine && walk.depth > 0)
        is_fine = step(&walk);
    return is_fine && !arena_is_exhausted(redaction->arena);
}
