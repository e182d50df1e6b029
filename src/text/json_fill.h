/*
 * What a scan has marked becomes cJSON's nodes. Private to text.
 */
#ifndef PODGATE_TEXT_JSON_FILL_H
#define PODGATE_TEXT_JSON_FILL_H

#include "text/scan.h"
#include "text/tree.h"

#define JSON_FILL_DEPTH_MAX 1000 /* objects and arrays in one another */

/* Two members of an object that have one key. */
struct json_twins {
    const struct cJSON *object, *first, *second;
};

/*
 * Fills document->root from the marks of `value`, the part of document->text that is the value.
 * False: *twins is filled (the root then stands for what was read so far), or the arena ran out,
 * or the value is nested deeper than a tree can be.
 */
MUST_CHECK bool json_fill(struct arena *arena, struct str value, const struct scan_mark *marks,
                          struct document *document, struct json_twins *twins);

#endif
