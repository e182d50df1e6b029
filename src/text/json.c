#define TREE_ALLOW_CJSON
#include "text/json.h"

#include "text/tree_walk.h"

/* cJSON's hooks have no context argument: the arena of the parse that this thread is in. */
static _Thread_local struct arena *current_arena;

static void *allocate(size_t bytes) {
    return current_arena ? arena_allocate(current_arena, 1, bytes, 16) : NULL;
}

/* An arena gives everything back at once. */
static void free_nothing(void *memory) { (void)memory; }

void json_start(void) {
    cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = free_nothing};
    cJSON_InitHooks(&hooks);
}

static bool fail_without_memory(struct error *err) {
    return error_set(err, ERR_MEMORY, "out of memory while reading JSON");
}

/* A copy of `text` with each slice of `skip` replaced by null. */
static bool copy_trimmed(struct arena *arena, struct str text, const struct str *skip, size_t count,
                         struct str *trimmed, struct error *err) {
    struct strbuf copy;
    strbuf_init(&copy, arena, text.len + count * sizeof "null" + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t start = (size_t)(skip[i].at - text.at);
        if (!ENSURE(start >= at && start <= text.len && skip[i].len <= text.len - start, err))
            return false;
        strbuf_add(&copy, str_slice(text, at, start - at));
        strbuf_add(&copy, STR("null"));
        at = start + skip[i].len;
    }
    strbuf_add(&copy, str_slice(text, at, text.len));
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    *trimmed = strbuf_str(&copy);
    return true;
}

/* The numbers of a text come in the order of the tree's. */
static bool keep_number_text(struct arena *arena, struct str text, size_t *at, struct cJSON *number,
                             struct error *err) {
    struct scan_token token = {.type = SCAN_NOTHING};
    while (token.type != SCAN_NUMBER)
        if (!ENSURE(scan_next_token(text, at, &token), err)) return false;
    number->valuestring = ARENA_NEW(arena, char, token.bytes.len + 1);
    if (!number->valuestring) return fail_without_memory(err);
    memcpy(number->valuestring, token.bytes.at, token.bytes.len);
    return true;
}

static bool fail_for_duplicate(const struct document *document, const struct tree_walk *walk,
                               const struct cJSON *earlier, const struct cJSON *later,
                               struct arena *arena, struct error *err) {
    struct place first = {0}, second = {0};
    struct strbuf key;
    strbuf_init(&key, arena, 64);
    strbuf_add_quoted(&key, tree_key(later), 64);
    tree_key_place(document, earlier, &first);
    tree_key_place(document, later, &second);
    struct str path = tree_walk_path(walk, arena);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    if (first.line != second.line)
        error_set(err, ERR_SCHEMA, "the key %s stands twice: first at line %u column %u", key.at,
                  first.line, first.column);
    else
        error_set(err, ERR_SCHEMA, "the key %s stands twice", key.at);
    if (path.len > 0) error_in(err, path.at);
    return error_at(err, second.line, second.column);
}

/* What cJSON leaves to do, in one walk: refuse duplicate keys, keep the numbers' text. */
static bool complete_tree(struct arena *arena, const struct document *document, struct error *err) {
    struct tree_walk walk;
    tree_walk_init(&walk);
    size_t at = 0;
    const struct cJSON *node;
    while ((node = tree_walk_next(&walk, document->root))) {
        if (tree_is_number(node)) {
            struct cJSON *number = (struct cJSON *)(uintptr_t)node; /* nobody else has it yet */
            if (!keep_number_text(arena, document->text, &at, number, err)) return false;
        }
        if (!tree_is_object(node)) continue;
        const struct cJSON *earlier, *later = tree_find_duplicate(arena, node, &earlier);
        if (later) return fail_for_duplicate(document, &walk, earlier, later, arena, err);
        if (arena_is_exhausted(arena)) return fail_without_memory(err);
    }
    return true;
}

/* `value` is the document's text without white space around it. */
static bool parse_value(struct arena *arena, struct str value, struct document *document,
                        struct error *err) {
    const char *end = NULL;
    current_arena = arena;
    document->root = cJSON_ParseWithLengthOpts(value.at, value.len, &end, false);
    current_arena = NULL;
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    if (!ENSURE(document->root && end == value.at + value.len, err)) return false;
    return complete_tree(arena, document, err);
}

static void begin_document(struct document *document, struct str text) {
    *document = (struct document){.origin = DOCUMENT_JSON, .text = text, .first_line = 1};
}

bool json_parse(struct arena *arena, struct str text, const struct str *skip, size_t skip_count,
                struct document *out, struct error *err) {
    begin_document(out, text);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    if (skip_count > 0 && !copy_trimmed(arena, text, skip, skip_count, &out->text, err))
        return false;
    return parse_value(arena, out->text, out, err);
}

static bool fail_for_defect(struct arena *arena, const struct scan *scan, struct error *err) {
    struct str says = scan_defect_text(arena, scan->defect, scan->limits);
    if (!says.at) return fail_without_memory(err);
    enum scan_defect_kind kind = scan->defect.kind;
    bool limit = kind == SCAN_TOO_DEEP || kind == SCAN_TOO_MANY_NODES ||
                 kind == SCAN_STRING_TOO_LONG || kind == SCAN_NUMBER_TOO_LONG;
    uint32_t line, column;
    scan_place(scan->text, scan->defect.offset, &line, &column);
    error_set(err, limit ? ERR_LIMIT : ERR_SYNTAX, "this JSON %.*s", STR_ARGS(says));
    return error_at(err, line, column);
}

bool json_read(struct arena *arena, struct str text, const struct scan_limits *limits,
               struct document *out, struct error *err) {
    struct scan scan;
    struct str bytes;
    if (str_starts_with(text, STR("\xEF\xBB\xBF"))) text = str_slice(text, 3, text.len);
    scan_init(&scan, text, limits);
    if (!scan_value(&scan, &bytes) || !scan_end(&scan)) return scan_error(&scan, err);
    if (scan.defect.kind != SCAN_FINE) return fail_for_defect(arena, &scan, err);
    begin_document(out, text);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    return parse_value(arena, bytes, out, err);
}
