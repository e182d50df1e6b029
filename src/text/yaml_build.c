#include "text/yaml_build.h"

#include <stdio.h>

#include "text/yaml_scalar.h"

#define STEPS_PER_NODE 64 /* of looking up, before a document is refused as made to be slow */

#define MERGE_TAG "tag:yaml.org,2002:merge"

static uint32_t line_of(const struct yaml_build *build, yaml_mark_t mark) {
    return build->first_line + (uint32_t)mark.line;
}

static uint32_t column_of(yaml_mark_t mark) { return (uint32_t)mark.column + 1; }

bool yaml_build_fail(struct yaml_build *build, const yaml_event_t *event, enum error_code code,
                     const char *format, ...) {
    char text[sizeof build->err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(build->err, code, "%s", text);
    return error_at(build->err, line_of(build, event->start_mark), column_of(event->start_mark));
}

bool yaml_build_fail_without_memory(struct yaml_build *build) {
    return error_set(build->err, ERR_MEMORY, "out of memory while reading YAML");
}

bool yaml_build_fail_for_depth(struct yaml_build *build, const yaml_event_t *event) {
    return yaml_build_fail(build, event, ERR_LIMIT, "nested deeper than %u levels",
                           build->limits->depth);
}

/* The byte of a character: libyaml counts characters. Events come nearly in the order of the
 * text. */
static size_t offset_of(struct yaml_build *build, yaml_mark_t mark) {
    const char *at = build->text.at;
    size_t len = build->text.len;
    while (build->index < mark.index && build->offset < len) {
        build->offset++;
        while (build->offset < len && ((unsigned char)at[build->offset] & 0xC0) == 0x80)
            build->offset++;
        build->index++;
    }
    while (build->index > mark.index && build->offset > 0) {
        build->offset--;
        while (build->offset > 0 && ((unsigned char)at[build->offset] & 0xC0) == 0x80)
            build->offset--;
        build->index--;
    }
    return build->offset;
}

/* The bytes between an event's marks, without what a block scalar swallows behind its text. */
static struct str bytes_of(struct yaml_build *build, const yaml_event_t *event) {
    size_t start = offset_of(build, event->start_mark);
    size_t end = offset_of(build, event->end_mark);
    struct str bytes = str_slice(build->text, start, end > start ? end - start : 0);
    bytes.len = str_trim(bytes).len;
    return bytes;
}

struct tree_yaml_node *yaml_build_new_node(struct yaml_build *build, const yaml_event_t *event) {
    if (++build->nodes > build->limits->nodes) {
        yaml_build_fail(build, event, ERR_LIMIT, "this document has more than %zu values%s",
                        build->limits->nodes, build->anchors ? ", aliases (*) resolved" : "");
        return NULL;
    }
    struct tree_yaml_node *node = ARENA_NEW(build->arena, struct tree_yaml_node, 1);
    if (!node) yaml_build_fail_without_memory(build);
    return node;
}

static void place_node(struct yaml_build *build, struct tree_yaml_node *node,
                       const yaml_event_t *event, bool is_scalar) {
    struct str bytes = bytes_of(build, event);
    node->line = line_of(build, event->start_mark);
    node->column = column_of(event->start_mark);
    node->end_line = line_of(build, event->end_mark);
    node->end_column = column_of(event->end_mark);
    node->offset = build->text_offset + (size_t)(bytes.at - build->text.at);
    node->length = is_scalar ? bytes.len : 1;
}

static struct yaml_frame *top(struct yaml_build *build) {
    return build->depth > 0 ? &build->frames[build->depth - 1] : NULL;
}

static bool expects_key(struct yaml_build *build) {
    const struct yaml_frame *frame = top(build);
    return frame && tree_is_object(&frame->node->node) && !frame->key.text;
}

void yaml_build_append(struct yaml_frame *frame, struct tree_yaml_node *child) {
    if (frame->last_child)
        frame->last_child->node.next = &child->node;
    else
        frame->node->node.child = &child->node;
    frame->last_child = child;
}

/* cJSON's text is not const; ours is never written again. */
static char *as_cjson_text(const char *text) {
    return (char *)(uintptr_t)text; /* NOLINT(performance-no-int-to-ptr): drops const */
}

/* Puts a node that is complete where it belongs. */
static bool attach(struct yaml_build *build, struct tree_yaml_node *node,
                   const yaml_event_t *event) {
    struct yaml_frame *frame = top(build);
    if (!frame) {
        build->root = node;
        return true;
    }
    struct yaml_key key = frame->key;
    frame->key = (struct yaml_key){.text = NULL};
    if (key.merges) return yaml_alias_merge(build, frame, &node->node, event);
    if (key.text) {
        node->node.string = as_cjson_text(key.text);
        node->key_line = key.line;
        node->key_column = key.column;
        node->key_length = key.length;
        node->key_offset = key.offset;
        node->key_bytes = key.bytes;
    }
    yaml_build_append(frame, node);
    return true;
}

/* Where expects_key is true. */
static void take_key(struct yaml_build *build, const yaml_event_t *event, const char *text,
                     bool merges) {
    struct str bytes = bytes_of(build, event);
    build->frames[build->depth - 1].key = (struct yaml_key){
        .text = text,
        .line = line_of(build, event->start_mark),
        .column = column_of(event->start_mark),
        .length = (uint32_t)(event->end_mark.index - event->start_mark.index),
        .offset = build->text_offset + (size_t)(bytes.at - build->text.at),
        .bytes = bytes.len,
        .merges = merges,
    };
}

static bool fail_for_complex_key(struct yaml_build *build, const yaml_event_t *event) {
    return yaml_build_fail(build, event, ERR_SYNTAX, "a list or a mapping cannot be a key");
}

static bool fail_for_unstable_key(struct yaml_build *build, const yaml_event_t *event) {
    return yaml_build_fail(build, event, ERR_SYNTAX,
                           "kubectl would write this number anew as a key: put it in quotes");
}

static bool add_alias(struct yaml_build *build, const yaml_event_t *event) {
    const struct tree_yaml_node *node = yaml_alias_find(build, event);
    if (!node) return false;
    if (expects_key(build)) {
        const struct cJSON *key = &node->node;
        if (tree_is_number(key) && !yaml_scalar_is_stable_key(str_from(key->valuestring)))
            return fail_for_unstable_key(build, event);
        if (tree_is_string(key) || tree_is_number(key))
            take_key(build, event, key->valuestring, false);
        else if (tree_is_bool(key))
            take_key(build, event, tree_is_true(key) ? "true" : "false", false);
        else
            return fail_for_complex_key(build, event);
        return true;
    }
    struct tree_yaml_node *copy = yaml_alias_copy(build, node, build->depth, event);
    if (!copy) return false;
    copy->node.string = NULL;
    copy->key_line = copy->key_column = copy->key_length = 0;
    copy->key_offset = copy->key_bytes = 0;
    place_node(build, copy, event, true);
    return attach(build, copy, event);
}

static const char *kind_name(enum yaml_scalar_kind kind) {
    switch (kind) {
    case YAML_SCALAR_STRING: return "a string";
    case YAML_SCALAR_NULL: return "null";
    case YAML_SCALAR_TRUE:
    case YAML_SCALAR_FALSE: return "true or false";
    case YAML_SCALAR_INTEGER: return "an integer";
    case YAML_SCALAR_FLOAT:
    case YAML_SCALAR_NOT_FINITE: break;
    }
    return "a number with a fraction or an exponent";
}

/* "!!int", as people write it. */
static struct str tag_as_written(struct arena *arena, const yaml_char_t *tag) {
    struct str name = str_from((const char *)tag), prefix = STR("tag:yaml.org,2002:");
    bool standard = str_starts_with(name, prefix);
    struct strbuf written;
    strbuf_init(&written, arena, 64);
    if (standard) strbuf_add(&written, STR("!!"));
    strbuf_add_escaped(&written, standard ? str_slice(name, prefix.len, name.len) : name, 64);
    return strbuf_str(&written);
}

static bool fail_for_tag(struct yaml_build *build, const yaml_event_t *event,
                         const yaml_char_t *tag, const char *says) {
    if (build->dialect == YAML_POLICY)
        return yaml_build_fail(build, event, ERR_SYNTAX, "tags (!) are not used in policy files");
    struct str written = tag_as_written(build->arena, tag);
    if (!written.at) return yaml_build_fail_without_memory(build);
    return yaml_build_fail(build, event, ERR_SYNTAX, "the tag %s %s", written.at, says);
}

static bool has_tag(const yaml_event_t *event, const char *tag) {
    const yaml_char_t *own = event->data.scalar.tag;
    return own && strcmp((const char *)own, tag) == 0;
}

/* `{a: !, b}`: here an empty text and the key b, for kubectl's older YAML the tag "!," and the text b. */
static bool is_tag_before_comma(struct yaml_build *build, const yaml_event_t *event,
                                struct str text) {
    size_t end = offset_of(build, event->end_mark);
    return text.len == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           end < build->text.len && build->text.at[end] == ',';
}

/* Types a scalar by its tag, which must fit the text. */
static bool resolve_tagged(struct yaml_build *build, const yaml_event_t *event, struct str text,
                           struct yaml_scalar *scalar) {
    const yaml_char_t *tag = event->data.scalar.tag;
    *scalar = (struct yaml_scalar){.kind = YAML_SCALAR_STRING};
    if (is_tag_before_comma(build, event, text))
        return fail_for_tag(build, event, tag, "has no value: a comma follows");
    if (has_tag(event, YAML_STR_TAG) || has_tag(event, YAML_TIMESTAMP_TAG) || has_tag(event, "!"))
        return true;
    bool is_int = has_tag(event, YAML_INT_TAG), is_float = has_tag(event, YAML_FLOAT_TAG);
    bool is_bool = has_tag(event, YAML_BOOL_TAG), is_null = has_tag(event, YAML_NULL_TAG);
    if (!is_int && !is_float && !is_bool && !is_null)
        return fail_for_tag(build, event, tag, "means nothing to Kubernetes");
    if (!yaml_scalar_resolve(build->arena, text, scalar))
        return yaml_build_fail_without_memory(build);
    enum yaml_scalar_kind kind = scalar->kind;
    if ((is_int && kind == YAML_SCALAR_INTEGER) ||
        (is_float && (kind == YAML_SCALAR_INTEGER || kind == YAML_SCALAR_FLOAT)) ||
        (is_bool && (kind == YAML_SCALAR_TRUE || kind == YAML_SCALAR_FALSE)) ||
        (is_null && kind == YAML_SCALAR_NULL))
        return true;
    return fail_for_tag(build, event, tag, "does not fit this value");
}

static bool resolve(struct yaml_build *build, const yaml_event_t *event, struct str text,
                    struct yaml_scalar *scalar) {
    const yaml_char_t *tag = event->data.scalar.tag;
    if (tag && build->dialect == YAML_POLICY) return fail_for_tag(build, event, tag, "");
    if (tag) return resolve_tagged(build, event, text, scalar);
    *scalar = (struct yaml_scalar){.kind = YAML_SCALAR_STRING};
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return true;
    if (build->dialect == YAML_POLICY) {
        if (yaml_scalar_resolve_strictly(build->arena, text, scalar, build->err)) return true;
        return error_at(build->err, line_of(build, event->start_mark),
                        column_of(event->start_mark));
    }
    return yaml_scalar_resolve(build->arena, text, scalar) || yaml_build_fail_without_memory(build);
}

static bool is_merge_key(const struct yaml_build *build, const yaml_event_t *event) {
    bool plain = !event->data.scalar.tag && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return (plain || (build->dialect == YAML_MANIFEST && has_tag(event, MERGE_TAG))) &&
           strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

/* A key is text: kubectl makes it so, a policy has it so. */
static bool add_key(struct yaml_build *build, const yaml_event_t *event, struct str text) {
    if (is_merge_key(build, event)) {
        if (build->dialect == YAML_POLICY)
            return yaml_build_fail(build, event, ERR_SYNTAX,
                                   "merge keys (<<) are not used in policy files");
        take_key(build, event, "<<", true);
        return true;
    }
    struct yaml_scalar scalar = {0};
    if (!resolve(build, event, text, &scalar)) return false;
    if (scalar.kind != YAML_SCALAR_STRING && build->dialect == YAML_POLICY)
        return yaml_build_fail(build, event, ERR_SYNTAX, "this key is %s: put it in quotes",
                               kind_name(scalar.kind));
    switch (scalar.kind) {
    case YAML_SCALAR_STRING: take_key(build, event, text.at, false); break;
    case YAML_SCALAR_TRUE: take_key(build, event, "true", false); break;
    case YAML_SCALAR_FALSE: take_key(build, event, "false", false); break;
    case YAML_SCALAR_FLOAT:
        if (!yaml_scalar_is_stable_key(scalar.text)) return fail_for_unstable_key(build, event);
        take_key(build, event, scalar.text.at, false);
        break;
    case YAML_SCALAR_INTEGER: take_key(build, event, scalar.text.at, false); break;
    case YAML_SCALAR_NULL:
    case YAML_SCALAR_NOT_FINITE:
        return yaml_build_fail(build, event, ERR_SYNTAX, "a key must be text: put it in quotes");
    }
    return true;
}

static bool fill_scalar(struct yaml_build *build, const yaml_event_t *event, struct str text,
                        struct tree_yaml_node *node) {
    struct yaml_scalar scalar;
    if (!resolve(build, event, text, &scalar)) return false;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) node->scalar = text.at;
    switch (scalar.kind) {
    case YAML_SCALAR_STRING:
        node->node.type = cJSON_String;
        node->node.valuestring = as_cjson_text(text.at);
        break;
    case YAML_SCALAR_NULL: node->node.type = cJSON_NULL; break;
    case YAML_SCALAR_TRUE: node->node.type = cJSON_True; break;
    case YAML_SCALAR_FALSE: node->node.type = cJSON_False; break;
    case YAML_SCALAR_INTEGER:
    case YAML_SCALAR_FLOAT:
        node->node.type = cJSON_Number;
        node->node.valuedouble = scalar.number;
        node->node.valuestring = as_cjson_text(scalar.text.at);
        node->scalar = scalar.text.at;
        break;
    case YAML_SCALAR_NOT_FINITE:
        return yaml_build_fail(build, event, ERR_SYNTAX,
                               "JSON, and so Kubernetes, has no number %s", text.at);
    }
    return true;
}

static bool add_scalar(struct yaml_build *build, const yaml_event_t *event) {
    struct str value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (str_find_char(value, '\0') < value.len)
        return yaml_build_fail(build, event, ERR_SYNTAX, "contains U+0000");
    struct str text = str_copy(build->arena, value);
    if (!text.at) return yaml_build_fail_without_memory(build);
    bool is_key = expects_key(build);
    if (is_key && !add_key(build, event, text)) return false;
    if (is_key && !event->data.scalar.anchor) return true;

    struct tree_yaml_node *node = yaml_build_new_node(build, event);
    if (!node) return false;
    place_node(build, node, event, true);
    return fill_scalar(build, event, text, node) &&
           yaml_alias_remember(build, event->data.scalar.anchor, node, event) &&
           (is_key || attach(build, node, event));
}

static bool check_collection_tag(struct yaml_build *build, const yaml_event_t *event,
                                 const yaml_char_t *tag, const char *expected) {
    if (!tag || (build->dialect == YAML_MANIFEST && strcmp((const char *)tag, expected) == 0))
        return true;
    return fail_for_tag(build, event, tag, "does not fit here");
}

static bool open_collection(struct yaml_build *build, const yaml_event_t *event, int type,
                            const yaml_char_t *anchor) {
    if (expects_key(build)) return fail_for_complex_key(build, event);
    if (build->depth >= build->limits->depth) return yaml_build_fail_for_depth(build, event);
    struct tree_yaml_node *node = yaml_build_new_node(build, event);
    if (!node || !yaml_alias_remember(build, anchor, node, event)) return false;
    node->node.type = type;
    place_node(build, node, event, false);
    build->frames[build->depth++] = (struct yaml_frame){.node = node};
    return true;
}

bool yaml_build_fail_for_duplicate(struct yaml_build *build, const struct cJSON *earlier,
                                   const struct cJSON *later) {
    const struct tree_yaml_node *first = (const struct tree_yaml_node *)earlier;
    const struct tree_yaml_node *second = (const struct tree_yaml_node *)later;
    struct strbuf key;
    strbuf_init(&key, build->arena, 64);
    strbuf_add_quoted(&key, tree_key(later), 64);
    if (!key.at) return yaml_build_fail_without_memory(build);
    error_set(build->err, ERR_SCHEMA, "the key %s stands twice: first at line %u column %u", key.at,
              first->key_line, first->key_column);
    return error_at(build->err, second->key_line, second->key_column);
}

static bool close_collection(struct yaml_build *build, const yaml_event_t *event) {
    if (!ENSURE(build->depth > 0, build->err)) return false;
    struct yaml_frame *frame = &build->frames[build->depth - 1];
    struct tree_yaml_node *node = frame->node;
    const struct cJSON *earlier;
    const struct cJSON *later = NULL;
    if (frame->has_merged && !yaml_alias_settle(build, &node->node, event)) return false;
    if (!frame->has_merged) later = tree_find_duplicate(build->arena, &node->node, &earlier);
    if (later) return yaml_build_fail_for_duplicate(build, earlier, later);
    if (arena_is_exhausted(build->arena)) return yaml_build_fail_without_memory(build);
    node->end_line = line_of(build, event->end_mark);
    node->end_column = column_of(event->end_mark);
    build->depth--;
    return attach(build, node, event);
}

static bool begin_document(struct yaml_build *build, const yaml_event_t *event) {
    if (build->has_begun)
        return yaml_build_fail(build, event, ERR_SYNTAX,
                               "a second document begins here without a line ---");
    build->has_begun = true;
    bool has_tags = event->data.document_start.tag_directives.start !=
                    event->data.document_start.tag_directives.end;
    if (has_tags && build->dialect == YAML_POLICY)
        return yaml_build_fail(build, event, ERR_SYNTAX, "%%TAG is not used in policy files");
    return true;
}

bool yaml_build_begin(struct yaml_build *build, struct arena *arena, enum yaml_dialect dialect,
                      const struct yaml_limits *limits, struct error *err) {
    build->arena = arena;
    build->dialect = dialect;
    build->limits = limits;
    build->err = err;
    build->steps_left =
        limits->nodes <= SIZE_MAX / STEPS_PER_NODE ? limits->nodes * STEPS_PER_NODE : SIZE_MAX;
    if (!ENSURE(limits->depth < TREE_DEPTH_MAX, err)) return false;
    build->frames = ARENA_NEW(arena, struct yaml_frame, limits->depth);
    return !arena_is_exhausted(arena) || yaml_build_fail_without_memory(build);
}

bool yaml_build_take(struct yaml_build *build, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: return begin_document(build, event);
    case YAML_ALIAS_EVENT: return add_alias(build, event);
    case YAML_SCALAR_EVENT: return add_scalar(build, event);
    case YAML_SEQUENCE_START_EVENT:
        return check_collection_tag(build, event, event->data.sequence_start.tag, YAML_SEQ_TAG) &&
               open_collection(build, event, cJSON_Array, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return check_collection_tag(build, event, event->data.mapping_start.tag, YAML_MAP_TAG) &&
               open_collection(build, event, cJSON_Object, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_collection(build, event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
    return true;
}
