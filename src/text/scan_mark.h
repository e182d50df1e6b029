/*
 * What a scan leaves for text/json: a mark for each key, value and closing bracket, in the text's
 * order. Private to text.
 */
#ifndef PODGATE_TEXT_SCAN_MARK_H
#define PODGATE_TEXT_SCAN_MARK_H

#include "text/scan_bytes.h"

enum scan_mark_kind {
    SCAN_MARK_OBJECT = SCAN_OBJECT,
    SCAN_MARK_ARRAY = SCAN_ARRAY,
    SCAN_MARK_STRING = SCAN_STRING,
    SCAN_MARK_NUMBER = SCAN_NUMBER,
    SCAN_MARK_TRUE = SCAN_TRUE,
    SCAN_MARK_FALSE = SCAN_FALSE,
    SCAN_MARK_NULL = SCAN_NULL, /* or a value that is to read as null */
    SCAN_MARK_KEY,
    SCAN_MARK_CLOSING, /* of the innermost object or array */
    SCAN_MARK_MORE,    /* the marks go on elsewhere */
};

struct scan_mark {
    union {
        const char *at; /* keys, strings and numbers: as written, between the quotes */
        const struct scan_mark *more;
    };
    uint32_t len;  /* of what `at` points to; no text that is marked is longer */
    uint8_t kind;  /* enum scan_mark_kind */
    bool is_plain; /* nothing in it stands for something else */
};

static inline bool scan_is_marked(const struct scan *scan) { return scan->mark != NULL; }

/* Room for more marks. When there is none, or no one will read them, the last ones are written over. */
void scan_make_room_for_marks(struct scan *scan);

SCAN_HOT static void scan_mark_text(struct scan *scan, enum scan_mark_kind kind, struct str text,
                                    bool is_plain) {
    if (scan->mark == scan->mark_end) scan_make_room_for_marks(scan);
    *scan->mark++ = (struct scan_mark){.at = text.at,
                                       .len = (uint32_t)text.len,
                                       .kind = (uint8_t)kind,
                                       .is_plain = is_plain};
}

SCAN_HOT static void scan_mark(struct scan *scan, enum scan_mark_kind kind) {
    scan_mark_text(scan, kind, STR_NONE, true);
}

#endif
