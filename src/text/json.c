#include "text/json.h"

#include "text/json_fill.h"

static bool fail_without_memory(struct error *err) {
    return error_set(err, ERR_MEMORY, "out of memory while reading JSON");
}

static bool fail_for_duplicate(struct arena *arena, const struct document *document,
                               const struct json_twins *twins, struct error *err) {
    struct place first = {0}, second = {0};
    struct strbuf key;
    strbuf_init(&key, arena, 64);
    strbuf_add_quoted(&key, tree_key(twins->second), 64);
    tree_key_place(document, twins->first, &first);
    tree_key_place(document, twins->second, &second);
    struct str path = tree_path(arena, document->root, twins->object);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    if (first.line != second.line)
        error_set(err, ERR_SCHEMA, "the key %s stands twice: first at line %u column %u", key.at,
                  first.line, first.column);
    else
        error_set(err, ERR_SCHEMA, "the key %s stands twice", key.at);
    if (path.len > 0) error_in(err, path.at);
    return error_at(err, second.line, second.column);
}

/* `value` is the document's text without white space around it. */
static bool parse_value(struct arena *arena, struct str value, const struct scan_mark *marks,
                        struct document *document, struct error *err) {
    struct json_twins twins = {0};
    if (marks && json_fill(arena, value, marks, document, &twins)) return true;
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    if (!ENSURE(twins.object, err)) return false;
    return fail_for_duplicate(arena, document, &twins, err);
}

static void begin_document(struct document *document, struct str text) {
    *document = (struct document){.origin = DOCUMENT_JSON, .text = text, .first_line = 1};
}

bool json_parse(struct arena *arena, struct str text, const struct scan_mark *marks,
                const struct str *skip, size_t skip_count, struct document *out,
                struct error *err) {
    begin_document(out, text);
    struct str *slices = ARENA_NEW(arena, struct str, skip_count);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    for (size_t i = 0; i < skip_count; i++)
        slices[i] = skip[i];
    out->skip = slices;
    out->skip_count = skip_count;
    return parse_value(arena, text, marks, out, err);
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
    scan_begin_marks(&scan, arena);
    if (!scan_value(&scan, &bytes) || !scan_end(&scan)) return scan_error(&scan, err);
    if (scan.defect.kind != SCAN_FINE) return fail_for_defect(arena, &scan, err);
    begin_document(out, text);
    if (arena_is_exhausted(arena)) return fail_without_memory(err);
    return parse_value(arena, bytes, scan_end_marks(&scan), out, err);
}
