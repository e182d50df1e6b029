/*
 * yaml: a YAML stream becomes trees, document by document, each node with line and column.
 *
 * Two dialects. YAML_POLICY, for what podgate's own users write: no anchors, aliases, tags, merge
 * keys; booleans are true/false, integers decimal, null is null, ~ or empty; yes, no, on and off
 * are words, as in YAML 1.2; what it and YAML 1.1 read as different numbers (0777, 1:30, 0x1F, 1e3) is
 * an error that says to quote it or what to write. YAML_MANIFEST, typed as kubectl types manifests (sigs.k8s.io/yaml over go-yaml v2,
 * YAML 1.1): y/n/yes/no/on/off booleans, octal, hex and float numbers, `<<` merges (of two equal
 * keys the later one wins, as in kubectl, be it written or merged), anchors and aliases resolved
 * within a budget; standard tags (!!str, !!int, ...) obeyed, others refused. In both: keys written
 * twice are an error naming both places, complex keys are refused, no NUL, nesting at most 32
 * (policy) or 64 (manifest).
 *
 * The stream is divided at its document markers before parsing, so an error in one document does
 * not hide the next. A reader belongs to one thread.
 */
#ifndef PODGATE_TEXT_YAML_H
#define PODGATE_TEXT_YAML_H

#include "text/tree.h"

enum yaml_dialect { YAML_POLICY, YAML_MANIFEST };

struct yaml_limits {
    unsigned depth;
    size_t nodes;      /* per document, after aliases are resolved; default 65536 */
    size_t text_bytes; /* of one document; default 8 MiB (policy: 1 MiB) */
};
extern const struct yaml_limits yaml_limits_policy, yaml_limits_manifest;

struct yaml_reader {
    struct str text; /* the whole file, kept by the caller while documents are used */
    size_t at;
    uint32_t line; /* of `at` */
    enum yaml_dialect dialect;
    const struct yaml_limits *limits;
};

void yaml_reader_init(struct yaml_reader *reader, struct str text, enum yaml_dialect dialect,
                      const struct yaml_limits *limits);

enum yaml_next { YAML_END, YAML_DOCUMENT, YAML_ERROR };
/* The next document that is not empty (or null). YAML_ERROR: `err` has line and column in the
 * file; the reader stands behind the bad document, so calling again goes on. The document's
 * nodes live in `arena`. */
enum yaml_next yaml_read(struct yaml_reader *reader, struct arena *arena, struct document *out,
                         struct error *err);
/* For those who divide a stream themselves. The line at the front of `text`, without its break;
 * *bytes with it, *broken when it has one (by YAML 1.1 also U+0085, U+2028, U+2029 and a lone CR). */
struct str yaml_line(struct str text, size_t *bytes, bool *broken);
/* Whether a line is the document marker `---` or `...`, also with something behind it. */
bool yaml_is_marker(struct str line, struct str marker);
/* The version of libyaml that runs. */
const char *yaml_library_version(void);

#endif
