/*
 * scan: one strict pass over JSON bytes that allocates nothing but marks, where they are wanted.
 *
 * It pulls: the caller steps through the members it knows and lets `scan_value` validate and skip
 * the rest, getting byte slices back. Two kinds of trouble are kept apart:
 *   - failure: the bytes are not JSON (RFC 8259: grammar, trailing bytes, cut short). Sticky: every
 *     later call returns false, `scan_error` says where.
 *   - defects: JSON that podgate will not judge (bad UTF-8, U+0000, lone surrogates, too deep, too
 *     many nodes, a string too long). They are noted in `struct scan_defect`, the first one with
 *     its offset, and scanning goes on: whether a defect matters depends on whether that part must
 *     be judged.
 * A raw NUL or another control character inside a string is a defect, outside strings a failure.
 * Depth beyond the limit is a defect up to SCAN_DEPTH_HARD, a failure above. No recursion.
 * Duplicate keys are not seen here: text/json does that on the tree, kube/review in the envelope.
 */
#ifndef PODGATE_TEXT_SCAN_H
#define PODGATE_TEXT_SCAN_H

#include "base/str.h"

#define SCAN_DEPTH_HARD 16384 /* one byte a level is kept: this bounds the pass's own memory */
#define SCAN_NUMBER_BYTES 63  /* the longest number that cJSON reads whole */

struct scan_limits {
    unsigned depth;      /* default 64 */
    size_t nodes;        /* values in one judged object, default 65536 */
    size_t string_bytes; /* one string or key as written, default 1 MiB */
};
extern const struct scan_limits scan_limits_default;

enum scan_defect_kind {
    SCAN_FINE,
    SCAN_BAD_UTF8,
    SCAN_NUL,               /* raw, or the escape for U+0000 */
    SCAN_CONTROL_CHARACTER, /* raw, inside a string */
    SCAN_LONE_SURROGATE,
    SCAN_TOO_DEEP,
    SCAN_TOO_MANY_NODES,
    SCAN_STRING_TOO_LONG,
    SCAN_NUMBER_TOO_LONG, /* over SCAN_NUMBER_BYTES */
};

struct scan_defect {
    enum scan_defect_kind kind;
    size_t offset; /* in the scanned text */
};
/* "contains U+0000", "is nested deeper than 64 levels", ... for a person; the limits are named. */
struct str scan_defect_text(struct arena *arena, struct scan_defect defect,
                            const struct scan_limits *limits);

enum scan_type {
    SCAN_NOTHING, /* the end of the text, or a byte that starts no value */
    SCAN_OBJECT,
    SCAN_ARRAY,
    SCAN_STRING,
    SCAN_NUMBER,
    SCAN_TRUE,
    SCAN_FALSE,
    SCAN_NULL,
};

struct scan_mark;

/* Which bytes of the text end a run of plain ones in a string, 64 bytes at a time. */
struct scan_blocks {
    struct str text;
    uintptr_t block; /* the address of the bytes that `stops` has a bit for, the first one lowest */
    uint64_t stops;
};

struct scan {
    struct str text;
    size_t at;
    const struct scan_limits *limits;
    unsigned depth;      /* objects and arrays the caller has stepped into */
    unsigned part_depth; /* what it was at scan_reset_counts: a part's depth counts from there */
    size_t nodes;        /* values seen since scan_reset_counts */
    struct scan_defect defect; /* the first since scan_reset_counts */
    const char *failure;       /* NULL while the bytes are JSON */
    size_t failure_at;
    bool at_first_member;
    struct scan_blocks blocks;
    struct scan_mark *mark, *mark_end; /* where the next one goes; NULL: nothing is marked */
    struct scan_mark *marks;           /* the first one */
    struct arena *mark_arena;
};

void scan_init(struct scan *scan, struct str text, const struct scan_limits *limits);
/* Starts a new part: nodes 0, no defect. What was noted before is for the caller to have kept. */
void scan_reset_counts(struct scan *scan);
/* The type of the next value; skips white space, consumes nothing else. */
enum scan_type scan_peek(struct scan *scan);
/* Steps into an object; false when the next value is none (that is a failure only if it is not
 * JSON). */
MUST_CHECK bool scan_begin_object(struct scan *scan);
/* The next member: its key as written, between its quotes, escapes not resolved; the scan stands
 * at its value, which must be consumed before the next call. False at the closing brace
 * (consumed) and on failure. */
MUST_CHECK bool scan_next_member(struct scan *scan, struct str *key);
MUST_CHECK bool scan_begin_array(struct scan *scan);
/* True when another item follows; the scan stands at it. False at the closing bracket and on
 * failure. */
MUST_CHECK bool scan_next_item(struct scan *scan);
/* Validates one whole value of any type and gives its bytes. */
MUST_CHECK bool scan_value(struct scan *scan, struct str *bytes);
/* From here on what is scanned is marked in memory of the arena, for text/json to make a tree of it
 * without reading it again. The text is at most 4 GiB. */
void scan_begin_marks(struct scan *scan, struct arena *arena);
/* The marks since then, in which one value is whole; they live as long as the arena. NULL when it
 * ran out, and for some values with a defect. */
const struct scan_mark *scan_end_marks(struct scan *scan);
/* As scan_value, for a value that is marked as null: its values and defects do not count. */
MUST_CHECK bool scan_value_as_null(struct scan *scan, struct str *bytes);
/* True when only white space follows. Otherwise a failure ("something follows the JSON value"). */
MUST_CHECK bool scan_end(struct scan *scan);
/* The failure as ERR_SYNTAX with line and column in the text; returns false. */
bool scan_error(const struct scan *scan, struct error *err);

/* The same as scan_key_is for a string that may have escapes. */
bool scan_escaped_key_is(struct str as_written, struct str plain);
/* Whether a key or string as written (between its quotes) means `plain`, escapes resolved. */
static inline bool scan_key_is(struct str as_written, struct str plain) {
    /* An escape is always longer than what it means. */
    if (as_written.len <= plain.len) return str_equals(as_written, plain);
    bool may_be = as_written.at[0] == '\\' || (plain.len > 0 && as_written.at[0] == plain.at[0]);
    return may_be && scan_escaped_key_is(as_written, plain);
}
/* Resolves the escapes of a string as written (between its quotes) that has no defect. Without a
 * backslash the result points into the text; else it is in the arena. STR_NONE when out of
 * memory. */
struct str scan_unescape(struct arena *arena, struct str as_written);
/* For a string value's bytes with its quotes: unescaped content; false when it is no string. */
MUST_CHECK bool scan_string(struct arena *arena, struct str value_bytes, struct str *out);
/* Line and column (1-based, columns in characters) of an offset. */
void scan_place(struct str text, size_t offset, uint32_t *line, uint32_t *column);

struct scan_token {
    enum scan_type type; /* of a value; SCAN_STRING for a key */
    bool is_key;
    struct str bytes; /* a key or string with its quotes; an object's or array's first byte */
};
/* Walks the keys and values of a text that passed the scan, in their order, from *at on (0 at
 * first). False at the end. Checks nothing: for finding again what is known to be there. */
bool scan_next_token(struct str text, size_t *at, struct scan_token *token);

#endif
