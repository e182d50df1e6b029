/*
 * json: bytes that passed scan become a tree, by cJSON, in the caller's arena.
 *
 * `json_start` sets cJSON's process-global hooks once, before any thread; the hooks allocate from a
 * thread-local current arena and free nothing. cJSON's own global error pointer is never read.
 * Duplicate keys, compared unescaped, are refused here (linear up to 16 members, hashed above).
 * Any thread may enter after json_start.
 */
#ifndef PODGATE_TEXT_JSON_H
#define PODGATE_TEXT_JSON_H

#include "text/scan.h"
#include "text/tree.h"

/* Once per process, before any thread and any parse; further calls change nothing. */
void json_start(void);

/*
 * Parses one value. `text` must have passed scan_value without a defect. Values whose bytes are
 * among `skip` (slices of `text`, in order of their place) read as null. The document lives in
 * `arena`, but when nothing is skipped its text is `text` itself, which must live as long. False:
 * ERR_SCHEMA for duplicate keys (where = the path, line and column in the document's text),
 * ERR_MEMORY when the arena ran out, ERR_BUG when cJSON refuses what scan accepted.
 */
MUST_CHECK bool json_parse(struct arena *arena, struct str text, const struct str *skip,
                           size_t skip_count, struct document *out, struct error *err);

/* Scan and parse of a whole untrusted text (a manifest), which must live as long as the
 * document; a byte order mark at its start is passed over. Defects are errors with line and
 * column. */
MUST_CHECK bool json_read(struct arena *arena, struct str text, const struct scan_limits *limits,
                          struct document *out, struct error *err);

#endif
