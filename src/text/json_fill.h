/*
 * A text that passed the scan becomes cJSON's nodes. Private to text.
 */
#ifndef PODGATE_TEXT_JSON_FILL_H
#define PODGATE_TEXT_JSON_FILL_H

#include "text/tree.h"

#define JSON_FILL_DEPTH_MAX 1000 /* objects and arrays in one another */

/* Two members of an object that have one key. */
struct json_twins {
    const struct cJSON *object, *first, *second;
};

/*
 * Fills document->root from `value`, the part of document->text that is the value; what is among
 * document->skip becomes null. False: *twins is filled (the root then stands for what was
 * read so far), or the arena ran out, or, of a text that no scan has passed, neither.
 */
MUST_CHECK bool json_fill(struct arena *arena, struct str value, struct document *document,
                          struct json_twins *twins);

#endif
