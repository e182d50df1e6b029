/*
 * json: bytes that passed scan become a tree of cJSON's nodes, in the caller's arena.
 *
 * The nodes are filled from what the scan has marked: no byte's grammar is looked at twice. cJSON's own parser, which reads less strictly
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
 * Parses one value: `marks` are what a scan of all of `text` without a defect left in this arena.
 * The text must live as long as the document, which lives in `arena`. `skip` are the parts that
 * scan_value_as_null passed over, in order of their place. False: ERR_SCHEMA for duplicate keys
 * (where = the path, line and column in the document's text), ERR_MEMORY when the arena ran out.
 */
MUST_CHECK bool json_parse(struct arena *arena, struct str text, const struct scan_mark *marks,
                           const struct str *skip, size_t skip_count, struct document *out,
                           struct error *err);

/* Scan and parse of a whole untrusted text (a manifest), which must live as long as the
 * document; a byte order mark at its start is passed over. Defects are errors with line and
 * column. */
MUST_CHECK bool json_read(struct arena *arena, struct str text, const struct scan_limits *limits,
                          struct document *out, struct error *err);

#endif
