/*
 * source: what the command line names becomes objects, one by one, in a stable order; and policy
 * texts.
 *
 * An operand is a file, a folder (recursive, *.yaml *.yml *.json in order of their names; hidden
 * entries are skipped, and linked folders are not entered, so there are no loops) or "-", standard
 * input. A text is JSON when its name ends in .json, or when it starts with `{` or `[` and reads as
 * JSON; else YAML as kubectl reads it. Many documents a text are fine in both; `kind: List`, other
 * kinds that end in List, and top-level lists are taken apart, each item keeping its place in the
 * original text.
 *
 * What cannot be read is an error with its place, and reading goes on with the next document, or
 * with the next file where the rest of a text has no known beginning.
 *
 * A text of more than SOURCE_WHOLE_BYTES is read piece by piece, also from a pipe: by documents, and
 * Lists and top-level lists by items. Then an item's anchors are its own, and it is known last
 * whether an object with `items` is a List.
 *
 * Ownership: an object and all it points to live until the next call of source_next. Memory is
 * bounded by the largest document or item. A source belongs to one thread.
 */
#ifndef PODGATE_DESK_SOURCE_H
#define PODGATE_DESK_SOURCE_H

#include "policy/policy.h"
#include "text/json.h"
#include "text/yaml.h"

#define SOURCE_WHOLE_BYTES ((size_t)1 << 20)
#define SOURCE_DOCUMENT_BYTES ((size_t)256 << 20)
#define SOURCE_POLICY_BYTES ((size_t)16 << 20)
#define SOURCE_LIST_DEPTH 8 /* Lists within Lists */

/* One object, or the place of an error. */
struct source_object {
    struct str file;    /* as the person named it; "<stdin>" for "-" */
    size_t file_number; /* tells files apart */
    /* What offsets of places count in: of a JSON object its document, else the whole file, or the
     * piece of it that was read (empty when it could not be read). */
    struct str text;
    uint32_t text_line, text_column; /* where it begins in the file */
    const struct document *document;
    const struct cJSON *node;     /* the object's root: the document's, or an item of it */
    struct str api_version, kind; /* its own, or what its List says of it; may be empty */
};

enum source_next { SOURCE_END, SOURCE_OBJECT, SOURCE_ERROR };

struct source_window;
struct source_stream;

struct source {
    const struct str_list *operands;
    size_t operand;
    size_t document_bytes, whole_bytes; /* a longer text is read by pieces */
    struct arena path_arena, file_arena, document_arena;
    struct source_window *window; /* both in an arena of their own */
    struct source_stream *stream;
    struct arena own_arena;
    size_t bytes_before;   /* read of earlier files */
    struct str_list files; /* of the operand at hand */
    size_t file;
    struct str name, text; /* of the file at hand, or of a piece of it */
    uint32_t text_line, text_column;
    size_t file_number;
    bool is_in_pieces;
    enum source_state {
        SOURCE_NO_FILE,
        SOURCE_NO_PIECE,
        SOURCE_IN_JSON,
        SOURCE_IN_ITEMS,
        SOURCE_IN_YAML
    } state;
    struct scan_limits json_limits;
    struct yaml_limits yaml_limits;
    struct yaml_reader yaml;
    size_t at;             /* JSON: how far the file is read */
    uint32_t line, column; /* of `at`; both from 1 */
    struct document document;
    struct document object_document; /* its root is the object where that can be */
    uint32_t document_column;        /* JSON: where its first line begins in the file's */
    struct source_list {
        const struct cJSON *next;
        struct str api_version, item_kind; /* for items that do not say */
        bool is_bare;                      /* no List object but a list */
    } lists[SOURCE_LIST_DEPTH];            /* those the document is or holds */
    size_t depth;
    const struct source_list *root_list; /* whose item, or items, the document is; NULL: of none */
    struct source_list piece_list;
    /* A List of JSON is never one document: each of its items is, so that memory stays small. */
    struct source_list json_list;
    struct scan json_items;
    size_t json_list_end;
};

/* `operands` must outlive the source. `document_bytes`: a larger document, or item of a List, is an
 * error. */
void source_init(struct source *source, const struct str_list *operands, size_t document_bytes);
void source_fini(struct source *source);
/* SOURCE_ERROR: `out` has file and text, `err` the place in that file; calling again goes on. */
enum source_next source_next(struct source *source, struct source_object *out, struct error *err);
/* Where a node of the object at hand stands: line and column in the file, offset in the object's
 * `text`. False when it is not known. */
bool source_place(const struct source *source, const struct cJSON *node, struct place *place);

/* Of all files so far. */
size_t source_bytes_read(const struct source *source);

/* The whole text of a file or of "-", terminated, in the arena. ERR_IO, ERR_LIMIT, ERR_MEMORY, with the file's name. */
MUST_CHECK bool source_read_file(struct arena *arena, struct str path, size_t limit,
                                 struct str *text, struct error *err);

/* A file that may hold policy tests. */
struct source_test_file {
    struct str path;
    bool is_named; /* by an operand itself, not found in a folder */
};
/* The operands' files, in order: files as they are, of folders every *.yaml and *.yml (recursive, in
 * order of their names). ERR_IO, ERR_MEMORY. */
MUST_CHECK bool source_list_test_files(struct arena *arena, const struct str_list *operands,
                                       struct source_test_file **out, size_t *count,
                                       struct error *err);

/*
 * Reads the policy texts that --policies names, in order: a file, a folder whose *.yaml and *.yml
 * are read in order of their names (not recursive; what starts with a dot, as Kubernetes' `..data`,
 * is skipped), or `builtin:NAME`. Everything lives in `arena`. No paths give no sources. A folder
 * without any policy file is an error: it must not mean "the default policy".
 */
MUST_CHECK bool source_read_policies(struct arena *arena, const struct str_list *paths,
                                     struct policy_source **out, size_t *count, struct error *err);

#endif
