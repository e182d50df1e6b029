/*
 * json: bytes that passed scan become a tree of cJSON's nodes, in the caller's arena.
 *
 * One pass fills the nodes straight from the bytes. cJSON's own parser, which reads less strictly
 * and more slowly, is not called: the unit tests compare the trees with its trees. Keys and
 * strings are terminated copies; a number's text is its node's valuestring, its valuedouble is only
 * near the value, its valueint is not set; nor is prev. Duplicate keys, compared unescaped, are refused
 * (linear up to 16 members, hashed above). Any thread may enter.
 */
#ifndef PODGATE_TEXT_JSON_H
#define PODGATE_TEXT_JSON_H

#include "text/scan.h"
#include "text/tree.h"

/*
 * Parses one value. `text` must have passed scan_value without a defect and must live as long as
 * the document, which lives in `arena`. Values whose bytes are among `skip` (slices of `text`, in
 * order of their place) read as null. False: ERR_SCHEMA for duplicate keys (where = the path, line
 * and column in the document's text), ERR_MEMORY when the arena ran out, ERR_BUG when the
 * text is none that scan accepts or a slice of `skip` is no value of it.
 */
MUST_CHECK bool json_parse(struct arena *arena, struct str text, const struct str *skip,
                           size_t skip_count, struct document *out, struct error *err);

/* Scan and parse of a whole untrusted text (a manifest), which must live as long as the
 * document; a byte order mark at its start is passed over. Defects are errors with line and
 * column. */
MUST_CHECK bool json_read(struct arena *arena, struct str text, const struct scan_limits *limits,
                          struct document *out, struct error *err);

#endif
