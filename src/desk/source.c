#include "desk/source.h"

#include "base/ascii.h"
#include "desk/source_files.h"
#include "desk/source_stream.h"

#define BYTE_ORDER_MARK STR("\xEF\xBB\xBF")
#define KEEP_BYTES ((size_t)4 << 20) /* kept between files and between documents */

static struct str suffix_items[] = {{".yaml", 5}, {".yml", 4}, {".json", 5}};
static const struct str_list suffixes = {suffix_items, sizeof suffix_items / sizeof *suffix_items};

void source_init(struct source *source, const struct str_list *operands, size_t document_bytes) {
    *source = (struct source){.operands = operands,
                              .whole_bytes = SOURCE_WHOLE_BYTES,
                              .document_bytes = document_bytes};
    arena_init(&source->own_arena, (size_t)4 << 10, 0);
    source->window = ARENA_NEW(&source->own_arena, struct source_window, 1);
    source->stream = ARENA_NEW(&source->own_arena, struct source_stream, 1);
    if (source->window) source_window_init(source->window, document_bytes, 0);
    if (source->stream) source_stream_init(source->stream);
    arena_init(&source->path_arena, (size_t)64 << 10, 0);
    arena_init(&source->file_arena, (size_t)256 << 10, 0);
    arena_init(&source->document_arena, (size_t)256 << 10, 0);
}

void source_fini(struct source *source) {
    if (source->window) source_window_fini(source->window);
    if (source->stream) source_stream_fini(source->stream);
    arena_fini(&source->own_arena);
    arena_fini(&source->path_arena);
    arena_fini(&source->file_arena);
    arena_fini(&source->document_arena);
}

/* --- files ------------------------------------------------------------------------------------ */

static struct str skip_blanks(struct str text) {
    size_t at = 0;
    while (at < text.len && ascii_is_json_space(text.at[at]))
        at++;
    return str_slice(text, at, text.len);
}

/* `{{` and `{%` start templates, not JSON. */
static bool looks_like_json(struct str text) {
    struct str start = skip_blanks(text);
    if (str_starts_with(start, STR("[")) && !str_starts_with(start, STR("[["))) return true;
    return str_starts_with(start, STR("{")) && !str_starts_with(start, STR("{{")) &&
           !str_starts_with(start, STR("{%"));
}

static void start_yaml(struct source *source) {
    yaml_reader_init(&source->yaml, source->text, YAML_MANIFEST, &source->yaml_limits);
    source->yaml.at = source->at;
    source->yaml.line = source->line;
    source->state = SOURCE_IN_YAML;
}

static void set_text(struct source *source, struct str text, uint32_t line, uint32_t column) {
    size_t len = text.len;
    source->text = text;
    source->text_line = source->line = line;
    source->text_column = source->column = column;
    source->at = 0;
    /* Without aliases a text never has more values than bytes: only what multiplies is refused. */
    source->json_limits = scan_limits_default;
    source->json_limits.string_bytes = len;
    if (len > source->json_limits.nodes) source->json_limits.nodes = len;
    source->yaml_limits = yaml_limits_manifest;
    source->yaml_limits.text_bytes = source->document_bytes;
    if (len > source->yaml_limits.nodes) source->yaml_limits.nodes = len;
}

static void start_text(struct source *source, struct str text) {
    set_text(source, text, 1, 1);
    if (str_ends_with(source->name, STR(".json")) || looks_like_json(source->text))
        source->state = SOURCE_IN_JSON;
    else
        start_yaml(source);
}

/* The files of the next operand. */
static bool next_operand(struct source *source, struct error *err) {
    arena_reset(&source->path_arena, KEEP_BYTES);
    source->file = 0;
    source->files = (struct str_list){NULL, 0};
    struct str path = str_copy(&source->path_arena, source->operands->items[source->operand++]);
    struct str *single = ARENA_NEW(&source->path_arena, struct str, 1);
    if (!path.at || !single) return error_set(err, ERR_MEMORY, "out of memory");
    source->name = path;
    if (source_files_is_folder(path))
        return source_files_list(&source->path_arena, path, SOURCE_RECURSIVE, &suffixes,
                                 &source->files, err);
    *single = path;
    source->files = (struct str_list){single, 1};
    return true;
}

/* False: the window's failure. */
static bool open_file(struct source *source, struct str path) {
    struct source_window *window = source->window;
    source->bytes_before += window->bytes_read;
    if (!source_window_open(window, path)) return false;
    source->is_in_pieces = source_window_need(window, source->whole_bytes + 1);
    if (window->has_failed) return false;
    struct str text = source_window_text(window);
    if (str_starts_with(text, BYTE_ORDER_MARK)) {
        source_window_consume(window, BYTE_ORDER_MARK.len);
        window->column = 1;
        text = source_window_text(window);
    }
    if (!source->is_in_pieces) {
        start_text(source, text);
        return true;
    }
    bool is_json = str_ends_with(source->name, STR(".json")) || looks_like_json(text);
    source_stream_start(source->stream, window, !is_json);
    source->state = SOURCE_NO_PIECE;
    return true;
}

/* Nothing can be read: said once, for all operands. */
static enum source_next no_memory(struct source *source, struct error *err) {
    if (source->operand == source->operands->count) return SOURCE_END;
    source->operand = source->operands->count;
    error_set(err, ERR_MEMORY, "out of memory: nothing was read");
    return SOURCE_ERROR;
}

/* SOURCE_OBJECT: a file is open. */
static enum source_next next_file(struct source *source, struct error *err) {
    source->text = STR_NONE;
    source->text_line = source->text_column = 1;
    if (!source->window || !source->stream) return no_memory(source, err);
    while (source->file == source->files.count) {
        if (source->operand == source->operands->count) return SOURCE_END;
        if (!next_operand(source, err)) return SOURCE_ERROR;
    }
    struct str path = source->files.items[source->file++];
    source->name = str_equals(path, STR("-")) ? STR("<stdin>") : path;
    source->file_number++;
    arena_reset(&source->file_arena, KEEP_BYTES);
    if (!open_file(source, path)) {
        *err = source->window->failure;
        return SOURCE_ERROR;
    }
    return SOURCE_OBJECT;
}

/* --- Lists ------------------------------------------------------------------------------------ */

static bool is_list_kind(struct str kind) { return str_ends_with(kind, STR("List")); }

/* What a List says of items that do not name their kind themselves: a PodList holds Pods. */
static struct source_list list_of_kind(struct str api_version, struct str kind) {
    struct str item_kind = str_slice(kind, 0, kind.len - strlen("List"));
    if (str_is_empty(item_kind)) return (struct source_list){.next = NULL};
    return (struct source_list){.api_version = api_version, .item_kind = item_kind};
}

/* --- documents -------------------------------------------------------------------------------- */

static void advance(struct source *source, size_t to) {
    size_t at = source->at;
    const char *newline;
    while ((newline = memchr(source->text.at + at, '\n', to - at)) != NULL) {
        source->line++;
        source->column = 1;
        at = (size_t)(newline - source->text.at) + 1;
    }
    source->column += (uint32_t)str_utf8_count(str_slice(source->text, at, to - at));
    source->at = to;
}

/* An error's place in the value at hand becomes its place in the file. */
static enum source_next json_error(const struct source *source, struct error *err) {
    if (err->line <= 1 && err->column > 0) err->column += source->column - 1;
    if (err->line > 0) err->line += source->line - 1;
    return SOURCE_ERROR;
}

/* The value at hand becomes the document. */
static enum source_next read_json(struct source *source, struct str bytes, struct error *err) {
    advance(source, (size_t)(bytes.at - source->text.at));
    source->document_column = source->column;
    if (bytes.len > source->document_bytes) {
        error_set(err, ERR_LIMIT, "this document is longer than %zu bytes", source->document_bytes);
        error_at(err, source->line, source->column);
        return SOURCE_ERROR;
    }
    bool done =
        json_read(&source->document_arena, bytes, &source->json_limits, &source->document, err);
    source->document.first_line = source->line;
    return done ? SOURCE_OBJECT : json_error(source, err);
}

/* A List whose kind was not kept would lose its items. */
static enum source_next give_up_file(struct source *source, struct error *err) {
    source->state = SOURCE_NO_FILE;
    error_set(err, ERR_MEMORY, "out of memory");
    return SOURCE_ERROR;
}

/* What a JSON object says of itself, as slices: no tree is built. */
struct json_head {
    struct str kind, api_version, items; /* whole values */
    bool is_twice;
};

static struct str *head_member(struct json_head *head, struct str key) {
    if (scan_key_is(key, STR("kind"))) return &head->kind;
    if (scan_key_is(key, STR("apiVersion"))) return &head->api_version;
    if (scan_key_is(key, STR("items"))) return &head->items;
    return NULL;
}

static void read_head(struct source *source, struct str object, struct json_head *head) {
    struct scan scan;
    struct str key, value;
    *head = (struct json_head){.is_twice = false};
    scan_init(&scan, object, &source->json_limits);
    if (!scan_begin_object(&scan)) return;
    while (scan_next_member(&scan, &key) && scan_value(&scan, &value)) {
        struct str *member = head_member(head, key);
        if (!member) continue;
        if (member->at) head->is_twice = true;
        *member = value;
    }
}

static void start_items(struct source *source, struct str items, struct str end_of) {
    scan_init(&source->json_items, items, &source->json_limits);
    if (!scan_begin_array(&source->json_items)) return;
    source->json_list_end = (size_t)(end_of.at - source->text.at) + end_of.len;
    source->state = SOURCE_IN_ITEMS;
}

/* Whether the value is a List, or a bare list: its items come next then. */
static bool enter_json_list(struct source *source, struct str value) {
    struct json_head head;
    struct str kind, api_version;
    if (str_starts_with(value, STR("["))) {
        source->json_list = (struct source_list){.is_bare = true};
        start_items(source, value, value);
        return true;
    }
    read_head(source, value, &head);
    /* A key given twice is an error that reading the whole value tells. */
    if (head.is_twice || !str_starts_with(head.items, STR("["))) return false;
    if (!scan_string(&source->file_arena, head.kind, &kind) || !is_list_kind(kind)) return false;
    if (!scan_string(&source->file_arena, head.api_version, &api_version)) api_version = STR_NONE;
    source->json_list = list_of_kind(api_version, kind);
    start_items(source, head.items, value);
    return true;
}

static enum source_next next_json_item(struct source *source, struct error *err) {
    struct str item;
    scan_reset_counts(&source->json_items);
    source->root_list = &source->json_list;
    if (scan_next_item(&source->json_items) && scan_value(&source->json_items, &item))
        return read_json(source, item, err);
    advance(source, source->json_list_end);
    source->state = SOURCE_IN_JSON;
    return SOURCE_END;
}

/* SOURCE_END: the text ended, or its state changed. */
static enum source_next next_json(struct source *source, struct error *err) {
    struct str rest = skip_blanks(str_slice(source->text, source->at, source->text.len));
    bool is_first = str_is_empty(skip_blanks(str_slice(source->text, 0, source->at)));
    advance(source, source->text.len - rest.len);
    if (str_is_empty(rest)) {
        source->state = SOURCE_NO_FILE;
        return SOURCE_END;
    }
    if (!is_first && str_starts_with(rest, STR("---"))) {
        start_yaml(source);
        return SOURCE_END;
    }
    struct scan scan;
    struct str value;
    scan_init(&scan, rest, &source->json_limits);
    if (!scan_value(&scan, &value)) {
        /* A flow mapping of YAML starts like JSON. */
        if (is_first && !str_ends_with(source->name, STR(".json"))) {
            start_yaml(source);
            return SOURCE_END;
        }
        source->state = SOURCE_NO_FILE;
        scan_error(&scan, err);
        return json_error(source, err);
    }
    bool is_list = enter_json_list(source, value);
    if (arena_is_exhausted(&source->file_arena)) return give_up_file(source, err);
    if (is_list) return SOURCE_END;
    enum source_next result = read_json(source, value, err);
    advance(source, (size_t)(value.at - source->text.at) + value.len);
    return result;
}

static enum source_next next_yaml(struct source *source, struct error *err) {
    switch (yaml_read(&source->yaml, &source->document_arena, &source->document, err)) {
    case YAML_DOCUMENT: return SOURCE_OBJECT;
    case YAML_ERROR: return SOURCE_ERROR;
    case YAML_END: break;
    }
    source->state = source->is_in_pieces ? SOURCE_NO_PIECE : SOURCE_NO_FILE;
    return SOURCE_END;
}

static void take_list(struct source *source, const struct source_stream_piece *piece) {
    source->piece_list = list_of_kind(piece->list.api_version, piece->list.kind);
    source->piece_list.is_bare = piece->list.is_bare;
    source->root_list = piece->is_item ? &source->piece_list : NULL;
}

/* SOURCE_END: the file ended, or the piece is YAML, which is read next. */
static enum source_next next_piece(struct source *source, struct error *err) {
    struct source_stream_piece piece;
    enum source_stream_next next = source_stream_next(source->stream, &piece, err);
    if (next == STREAM_END) {
        source->state = SOURCE_NO_FILE;
        return SOURCE_END;
    }
    set_text(source, piece.text, piece.line, piece.column);
    if (next == STREAM_ERROR) return SOURCE_ERROR;
    if (arena_is_exhausted(&source->stream->arena)) return give_up_file(source, err);
    take_list(source, &piece);
    if (!piece.is_yaml) return read_json(source, piece.text, err);
    start_yaml(source);
    return SOURCE_END;
}

static enum source_next next_document(struct source *source, struct error *err) {
    enum source_next result = SOURCE_END;
    while (result == SOURCE_END) {
        arena_reset(&source->document_arena, KEEP_BYTES);
        source->document_column = 1;
        if (source->state != SOURCE_IN_YAML) source->root_list = NULL;
        switch (source->state) {
        case SOURCE_NO_FILE:
            result = next_file(source, err);
            if (result != SOURCE_OBJECT) return result;
            result = SOURCE_END;
            break;
        case SOURCE_NO_PIECE: result = next_piece(source, err); break;
        case SOURCE_IN_JSON: result = next_json(source, err); break;
        case SOURCE_IN_ITEMS: result = next_json_item(source, err); break;
        case SOURCE_IN_YAML: result = next_yaml(source, err); break;
        }
    }
    return result;
}

/* --- objects ---------------------------------------------------------------------------------- */

static void error_at_node(struct source *source, const struct cJSON *node, struct error *err) {
    struct place place;
    source->object_document = source->document;
    if (source_place(source, node, &place)) error_at(err, place.line, place.column);
}

static bool enter_list(struct source *source, const struct cJSON *items, struct source_list list,
                       struct error *err) {
    if (source->depth == SOURCE_LIST_DEPTH)
        return error_set(err, ERR_LIMIT, "Lists are nested deeper than %d here", SOURCE_LIST_DEPTH);
    list.next = items->child;
    source->lists[source->depth++] = list;
    return true;
}

/* SOURCE_END: it was a List, whose items come next, or nothing. */
static enum source_next take(struct source *source, const struct cJSON *node,
                             const struct source_list *list, struct source_object *out,
                             struct error *err) {
    bool may_be_anything = list && list->is_bare;
    if (tree_is_null(node)) return SOURCE_END;
    if (!tree_is_object(node) && !may_be_anything) {
        error_set(err, ERR_SCHEMA, "this is %s, not a Kubernetes object", tree_type_name(node));
        error_at_node(source, node, err);
        return SOURCE_ERROR;
    }
    out->node = node;
    out->document = &source->object_document;
    source->object_document = source->document;
    /* Only the object is walked for a place then, however long its List. Nodes of JSON are found by
     * walking the text as well, from its start. */
    if (source->document.origin == DOCUMENT_YAML) source->object_document.root = node;
    out->api_version = tree_string(tree_find(node, STR("apiVersion")));
    out->kind = tree_string(tree_find(node, STR("kind")));
    if (str_is_empty(out->kind) && list) {
        out->api_version = list->api_version;
        out->kind = list->item_kind;
    }
    const struct cJSON *items = tree_find(node, STR("items"));
    if (!is_list_kind(out->kind) || !tree_is_array(items)) return SOURCE_OBJECT;
    if (enter_list(source, items, list_of_kind(out->api_version, out->kind), err))
        return SOURCE_END;
    error_at_node(source, items, err);
    return SOURCE_ERROR;
}

static enum source_next take_next_item(struct source *source, struct source_object *out,
                                       struct error *err) {
    struct source_list *list = &source->lists[source->depth - 1];
    const struct cJSON *node = list->next;
    if (!node) {
        source->depth--;
        return SOURCE_END;
    }
    list->next = node->next;
    return take(source, node, list, out, err);
}

static enum source_next take_root(struct source *source, struct source_object *out,
                                  struct error *err) {
    const struct cJSON *root = source->document.root;
    if (!tree_is_array(root)) return take(source, root, source->root_list, out, err);
    struct source_list list = {.is_bare = true};
    /* An item of YAML comes in a list of its own. */
    if (source->is_in_pieces && source->state == SOURCE_IN_YAML && source->root_list)
        list = *source->root_list;
    return enter_list(source, root, list, err) ? SOURCE_END : SOURCE_ERROR;
}

static void set_text_of(const struct source *source, enum source_next result,
                        struct source_object *out) {
    bool is_json = result == SOURCE_OBJECT && source->document.origin == DOCUMENT_JSON;
    out->text = result == SOURCE_OBJECT ? source->document.text : source->text;
    out->text_line = is_json ? source->document.first_line : source->text_line;
    out->text_column = is_json ? source->document_column : source->text_column;
}

enum source_next source_next(struct source *source, struct source_object *out, struct error *err) {
    enum source_next result = SOURCE_END;
    *out = (struct source_object){.node = NULL};
    *err = (struct error){.code = ERR_NONE};
    while (result == SOURCE_END) {
        if (source->depth > 0) {
            result = take_next_item(source, out, err);
            continue;
        }
        result = next_document(source, err);
        if (result == SOURCE_END) return SOURCE_END;
        if (result == SOURCE_OBJECT) result = take_root(source, out, err);
    }
    out->file = source->name;
    out->file_number = source->file_number;
    set_text_of(source, result, out);
    return result;
}

size_t source_bytes_read(const struct source *source) {
    return source->bytes_before + (source->window ? source->window->bytes_read : 0);
}

/* --- places ----------------------------------------------------------------------------------- */

bool source_place(const struct source *source, const struct cJSON *node, struct place *place) {
    if (!tree_place(&source->object_document, node, place)) return false;
    bool in_json = source->document.origin == DOCUMENT_JSON;
    if (in_json && place->line == source->document.first_line)
        place->column += source->document_column - 1;
    return true;
}
