/*
 * RFC 8259:
 *
 * text   = value                              white space may stand around every token
 * value  = object | array | string | number | "true" | "false" | "null"
 * object = "{" [ string ":" value { "," string ":" value } ] "}"
 * array  = "[" [ value { "," value } ] "]"
 * string = '"' { UTF-8 character from U+0020 on but '"' and "\" | escape } '"'
 * escape = "\" ( '"' | "\" | "/" | "b" | "f" | "n" | "r" | "t" | "u" 4 hexdigits )
 * number = [ "-" ] ( "0" | digit1-9 { digit } ) [ "." digit { digit } ] [ exponent ]
 * exponent = ( "e" | "E" ) [ "+" | "-" ] digit { digit }
 *
 * The functions named skip_* take a place in the text and return the place behind what they name,
 * or NULL after a failure. This is the hot path of every review.
 */
#include "base/ascii.h"
#include "text/scan_bytes.h"
#include "text/scan_mark.h"

_Static_assert('}' - '{' == ']' - '[', "skip_opening finds the closing bracket by adding");

const struct scan_limits scan_limits_default = {
    .depth = 64,
    .nodes = 65536,
    .string_bytes = (size_t)1 << 20,
};

static const unsigned char type_of_first[256] = {
    ['{'] = SCAN_OBJECT, ['['] = SCAN_ARRAY,  ['"'] = SCAN_STRING, ['-'] = SCAN_NUMBER,
    ['0'] = SCAN_NUMBER, ['1'] = SCAN_NUMBER, ['2'] = SCAN_NUMBER, ['3'] = SCAN_NUMBER,
    ['4'] = SCAN_NUMBER, ['5'] = SCAN_NUMBER, ['6'] = SCAN_NUMBER, ['7'] = SCAN_NUMBER,
    ['8'] = SCAN_NUMBER, ['9'] = SCAN_NUMBER, ['t'] = SCAN_TRUE,   ['f'] = SCAN_FALSE,
    ['n'] = SCAN_NULL,
};

/* A value being passed over. What is in `scan` is copied to where a register can hold it. */
struct pass {
    struct scan *scan;
    const char *end;
    size_t string_bytes, nodes, nodes_plain; /* more values need a closer look */
    unsigned depth, depth_plain;             /* deeper needs a closer look */
    bool is_marked;
    char closing; /* of the innermost object or array that is open, or 0 */
    char *outer;  /* the same of each level around it */
};

static inline void pass_open(struct pass *pass, char closing) {
    pass->outer[pass->depth++] = pass->closing;
    pass->closing = closing;
}

static inline void pass_close(struct pass *pass) { pass->closing = pass->outer[--pass->depth]; }

SCAN_COLD static const char *fail(struct scan *scan, const char *at, const char *says) {
    scan->failure = says;
    scan->failure_at = (size_t)(at - scan->text.at);
    return NULL;
}

SCAN_COLD static void note(struct scan *scan, enum scan_defect_kind kind, const char *at) {
    if (scan->defect.kind != SCAN_FINE) return;
    scan->defect = (struct scan_defect){kind, (size_t)(at - scan->text.at)};
}

static inline const char *end_of(const struct scan *scan) { return scan->text.at + scan->text.len; }

static inline uint64_t stops_of_block(const char *at) {
    return ~(scan_plain_of_16(at) | scan_plain_of_16(at + 16) << 16 |
             scan_plain_of_16(at + 32) << 32 | scan_plain_of_16(at + 48) << 48);
}

/* The last block is rarely whole; all bytes behind its end are stops. */
SCAN_COLD static const char *skip_plain_in_tail(struct scan_blocks *blocks, const char *at,
                                                const char *block, size_t len) {
    char bytes[SCAN_BLOCK] = {0};
    memcpy(bytes, block, len);
    blocks->stops = stops_of_block(bytes);
    return at + __builtin_ctzll(blocks->stops >> (at - block));
}

const char *scan_skip_plain_further(struct scan_blocks *blocks, const char *at) {
    const char *start = blocks->text.at, *end = start + blocks->text.len;
    /* Nearly always the next block: that does not wait for `at`, which is still being found. */
    const char *block = start + (blocks->block + SCAN_BLOCK - (uintptr_t)start);
    if (at < block && (uintptr_t)at >= blocks->block)
        at = block; /* no stop in the rest of the block at hand */
    else if ((uintptr_t)at - (uintptr_t)block >= SCAN_BLOCK)
        block = start + ((size_t)(at - start) & ~(size_t)(SCAN_BLOCK - 1));
    for (;; at = block) {
        blocks->block = (uintptr_t)block;
        if (end - block < SCAN_BLOCK)
            return skip_plain_in_tail(blocks, at, block, (size_t)(end - block));
        blocks->stops = stops_of_block(block);
        uint64_t stops = blocks->stops >> (at - block);
        if (stops) return at + __builtin_ctzll(stops);
        block += SCAN_BLOCK;
    }
}

const char *scan_skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/* Four hexadecimal digits to a number, or -1. */
static int32_t read_hex4(const char *at, const char *end) {
    return end - at < 4 ? -1 : scan_hex4(at);
}

/* An escape of four digits, `at` standing behind its 'u'; with the second one of a pair. */
static const char *skip_code_unit(struct scan *scan, const char *at) {
    const char *end = end_of(scan), *backslash = at - 2;
    int32_t unit = read_hex4(at, end);
    if (unit < 0) return fail(scan, backslash, "\\u must be followed by four hexadecimal digits");
    at += 4;
    if (unit == 0) note(scan, SCAN_NUL, backslash);
    if (unit < 0xD800 || unit > 0xDFFF) return at;
    if (unit <= 0xDBFF && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        int32_t low = read_hex4(at + 2, end);
        if (low >= 0xDC00 && low <= 0xDFFF) return at + 6;
    }
    note(scan, SCAN_LONE_SURROGATE, backslash);
    return at;
}

static inline const char *skip_escape(struct scan *scan, const char *backslash) {
    if (end_of(scan) - backslash < 2) return fail(scan, backslash, "the text ends inside a string");
    switch (backslash[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return backslash + 2;
    case 'u': return skip_code_unit(scan, backslash + 2);
    default: return fail(scan, backslash, "no such escape in a string");
    }
}

/* Whatever in a string is neither plain ASCII nor an escape nor its end. */
static const char *skip_unusual(struct scan *scan, const char *at) {
    unsigned char c = (unsigned char)*at;
    if (c < 0x20) {
        note(scan, c == 0 ? SCAN_NUL : SCAN_CONTROL_CHARACTER, at);
        return at + 1;
    }
    size_t length = str_utf8_length((struct str){at, (size_t)(end_of(scan) - at)});
    if (length > 0) return at + length;
    note(scan, SCAN_BAD_UTF8, at);
    return at + 1;
}

/* From a byte that is no plain one to the closing quote. */
static const char *skip_to_quote(struct scan *scan, const char *start, const char *at) {
    const char *end = end_of(scan);
    while (at < end && *at != '"') {
        at = *at == '\\' ? skip_escape(scan, at) : skip_unusual(scan, at);
        if (!at) return NULL;
        at = scan_skip_plain(&scan->blocks, at);
    }
    return at < end ? at : fail(scan, start - 1, "this string has no end");
}

/* A string or a key; `at` stands behind the opening quote. */
SCAN_HOT static const char *skip_string(struct pass *pass, const char *at,
                                        enum scan_mark_kind kind) {
    const char *start = at;
    at = scan_skip_plain(&pass->scan->blocks, at);
    bool is_plain = at < pass->end && *at == '"';
    if (!is_plain && !(at = skip_to_quote(pass->scan, start, at))) return NULL;
    size_t len = (size_t)(at - start);
    if (len > pass->string_bytes) note(pass->scan, SCAN_STRING_TOO_LONG, start - 1);
    if (pass->is_marked) scan_mark_text(pass->scan, kind, (struct str){start, len}, is_plain);
    return at + 1;
}

static const char *skip_digits(struct scan *scan, const char *at, const char *says) {
    const char *start = at, *end = end_of(scan);
    while (at < end && ascii_is_digit(*at))
        at++;
    return at > start ? at : fail(scan, start, says);
}

static const char *skip_number(struct scan *scan, const char *at) {
    const char *start = at, *end = end_of(scan);
    if (*at == '-') at++;
    if (at < end && *at == '0')
        at++;
    else if (!(at = skip_digits(scan, at, "a digit must follow the minus sign")))
        return NULL;
    if (at < end && *at == '.' &&
        !(at = skip_digits(scan, at + 1, "a digit must follow the decimal point")))
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        if (!(at = skip_digits(scan, at, "the exponent has no digits"))) return NULL;
    }
    if (at - start > SCAN_NUMBER_BYTES) note(scan, SCAN_NUMBER_TOO_LONG, start);
    return at;
}

static inline const char *skip_word(struct scan *scan, const char *at, struct str word) {
    if ((size_t)(end_of(scan) - at) < word.len || memcmp(at, word.at, word.len) != 0)
        return fail(scan, at, "expected a value; the words of JSON are true, false and null");
    return at + word.len;
}

SCAN_COLD static const char *fail_without_value(struct scan *scan, const char *at) {
    return fail(scan, at,
                at == end_of(scan) ? "the text ends where a value is expected"
                                   : "expected a value");
}

/* One more object or array opens at a depth that may be too deep. */
SCAN_COLD static bool check_depth(struct scan *scan, unsigned inner, const char *at) {
    if (inner + scan->depth >= SCAN_DEPTH_HARD) {
        fail(scan, at, "nested too deep");
        return false;
    }
    if (inner + scan->depth - scan->part_depth >= scan->limits->depth)
        note(scan, SCAN_TOO_DEEP, at);
    return true;
}

/* Whether `c` is next; what API servers send has no blanks before it. */
SCAN_HOT static bool is_next(struct pass *pass, const char **at, char c) {
    bool is_here = *at < pass->end && **at == c;
    if (__builtin_expect(is_here, 1)) return true;
    *at = scan_skip_blanks(*at, pass->end);
    return *at < pass->end && **at == c;
}

/* A member's key and its colon; the key as written, between its quotes. */
SCAN_HOT static const char *skip_key(struct pass *pass, const char *at, struct str *key) {
    if (!is_next(pass, &at, '"')) return fail(pass->scan, at, "expected a key in double quotes");
    key->at = at + 1;
    if (!(at = skip_string(pass, at + 1, SCAN_MARK_KEY))) return NULL;
    key->len = (size_t)(at - 1 - key->at);
    if (!is_next(pass, &at, ':')) return fail(pass->scan, at, "expected a colon after the key");
    return at + 1;
}

/* `at` stands at an opening bracket. It stays open, unless nothing is between it and its end. */
SCAN_HOT static const char *skip_opening(struct pass *pass, const char *at) {
    char closing = (char)(*at + ('}' - '{'));
    const char *inside = scan_skip_space(at + 1, pass->end);
    if (pass->depth >= pass->depth_plain && !check_depth(pass->scan, pass->depth, at)) return NULL;
    if (pass->is_marked) scan_mark(pass->scan, closing == '}' ? SCAN_MARK_OBJECT : SCAN_MARK_ARRAY);
    if (inside < pass->end && *inside == closing) {
        if (pass->is_marked) scan_mark(pass->scan, SCAN_MARK_CLOSING);
        return inside + 1;
    }
    pass_open(pass, closing);
    return inside;
}

/* Most members of managedFields, which are half of a Pod, have nothing in them. */
SCAN_HOT static bool is_empty_object(const struct pass *pass, const char *at) {
    return pass->end - at >= 2 && memcmp(at, "{}", 2) == 0 && pass->depth < pass->depth_plain;
}

SCAN_HOT static const char *skip_unmarked_scalar(struct scan *scan, const char *at) {
    switch ((enum scan_type)type_of_first[(unsigned char)*at]) {
    case SCAN_NUMBER: return skip_number(scan, at);
    case SCAN_TRUE: return skip_word(scan, at, STR("true"));
    case SCAN_FALSE: return skip_word(scan, at, STR("false"));
    case SCAN_NULL: return skip_word(scan, at, STR("null"));
    case SCAN_OBJECT:
    case SCAN_ARRAY:
    case SCAN_STRING:
    case SCAN_NOTHING: break;
    }
    return fail_without_value(scan, at);
}

SCAN_HOT static const char *skip_scalar(struct pass *pass, const char *at) {
    const char *behind = skip_unmarked_scalar(pass->scan, at);
    if (!pass->is_marked || !behind) return behind;
    enum scan_mark_kind kind = (enum scan_mark_kind)type_of_first[(unsigned char)*at];
    scan_mark_text(pass->scan, kind, (struct str){at, (size_t)(behind - at)}, true);
    return behind;
}

/* What follows a complete value: closing brackets, up to a comma or the end of the outermost
 * value. */
SCAN_HOT static const char *skip_closings(struct pass *pass, const char *at) {
    while (pass->depth > 0) {
        char next = at < pass->end ? *at : '\0';
        if (next == ',') return at + 1;
        if (next == pass->closing) {
            if (pass->is_marked) scan_mark(pass->scan, SCAN_MARK_CLOSING);
            pass_close(pass);
            at++;
            continue;
        }
        const char *behind = scan_skip_blanks(at, pass->end);
        if (behind == at)
            return fail(pass->scan, at,
                        pass->closing == '}' ? "expected , or }" : "expected , or ]");
        at = behind;
    }
    return at;
}

SCAN_HOT static struct pass begin_pass(struct scan *scan, bool is_marked) {
    unsigned in_part = scan->depth - scan->part_depth, hard = SCAN_DEPTH_HARD - scan->depth;
    unsigned soft = scan->limits->depth > in_part ? scan->limits->depth - in_part : 0;
    return (struct pass){
        .scan = scan,
        .end = end_of(scan),
        .string_bytes = scan->limits->string_bytes,
        .nodes = scan->nodes,
        .nodes_plain = scan->limits->nodes,
        .depth_plain = soft < hard ? soft : hard,
        .is_marked = is_marked,
    };
}

SCAN_HOT static const char *skip_any(struct pass pass, const char *at) {
    char outer[SCAN_DEPTH_HARD]; /* only what is used is touched */
    struct scan *scan = pass.scan;
    pass.outer = outer;
    for (;;) {
        struct str key;
        if (pass.closing == '}' && !(at = skip_key(&pass, at, &key))) return NULL;
        at = scan_skip_space(at, pass.end);
        if (at == pass.end) return fail_without_value(scan, at);
        if (++pass.nodes > pass.nodes_plain) {
            if (pass.is_marked) return NULL;
            note(scan, SCAN_TOO_MANY_NODES, at);
        }
        if (*at == '"') {
            at = skip_string(&pass, at + 1, SCAN_MARK_STRING);
        } else if (!pass.is_marked && is_empty_object(&pass, at)) {
            at += 2;
        } else if (*at == '{' || *at == '[') {
            unsigned depth_before = pass.depth;
            at = skip_opening(&pass, at);
            if (at && pass.depth > depth_before) continue;
        } else {
            at = skip_scalar(&pass, at);
        }
        if (!at || !(at = skip_closings(&pass, at))) return NULL;
        if (pass.depth == 0) break;
    }
    scan->nodes = pass.nodes;
    return at;
}

/* Each has its own loop, so that none asks for what only another wants. */
static const char *skip_unmarked(struct scan *scan, const char *at) {
    return skip_any(begin_pass(scan, false), at);
}

/* Of too many values there will be no tree: then once more, without marks. */
static const char *skip_marked(struct scan *scan, const char *at) {
    const char *behind = skip_any(begin_pass(scan, true), at);
    if (behind || scan->failure) return behind;
    scan_end_marks(scan);
    return skip_unmarked(scan, at);
}

static const char *skip_ignored(struct scan *scan, const char *at) {
    struct pass pass = {.scan = scan,
                        .end = end_of(scan),
                        .string_bytes = SIZE_MAX,
                        .nodes_plain = SIZE_MAX,
                        .depth_plain = SCAN_DEPTH_HARD - scan->depth};
    return skip_any(pass, at);
}

/* The same for a string, as most values of the envelope are. */
static const char *skip_string_value(struct scan *scan, const char *at) {
    struct pass pass = begin_pass(scan, scan_is_marked(scan));
    if (++scan->nodes > pass.nodes_plain) note(scan, SCAN_TOO_MANY_NODES, at);
    return skip_string(&pass, at + 1, SCAN_MARK_STRING);
}

static const char *skip_value(struct scan *scan, const char *at) {
    if (at < end_of(scan) && *at == '"') return skip_string_value(scan, at);
    return scan_is_marked(scan) ? skip_marked(scan, at) : skip_unmarked(scan, at);
}

void scan_init(struct scan *scan, struct str text, const struct scan_limits *limits) {
    if (!text.at) text = STR("");
    *scan = (struct scan){.text = text, .limits = limits, .blocks = scan_blocks_of(text)};
}

void scan_reset_counts(struct scan *scan) {
    scan->part_depth = scan->depth;
    scan->nodes = 0;
    scan->defect = (struct scan_defect){SCAN_FINE, 0};
}

/* Where the next token begins. */
static const char *next_place(struct scan *scan) {
    const char *at = scan_skip_space(scan->text.at + scan->at, end_of(scan));
    scan->at = (size_t)(at - scan->text.at);
    return at;
}

static void move_to(struct scan *scan, const char *at) {
    scan->at = (size_t)(at - scan->text.at);
    scan->at_first_member = false;
}

enum scan_type scan_peek(struct scan *scan) {
    if (scan->failure) return SCAN_NOTHING;
    const char *at = next_place(scan);
    return at < end_of(scan) ? type_of_first[(unsigned char)*at] : SCAN_NOTHING;
}

static bool begin(struct scan *scan, enum scan_type wanted) {
    enum scan_type type = scan_peek(scan);
    if (scan->failure) return false;
    const char *at = scan->text.at + scan->at;
    if (type == SCAN_NOTHING) fail_without_value(scan, at);
    if (type != wanted || !check_depth(scan, 0, at)) return false;
    if (++scan->nodes > scan->limits->nodes) note(scan, SCAN_TOO_MANY_NODES, at);
    scan->depth++;
    if (scan_is_marked(scan))
        scan_mark(scan, wanted == SCAN_OBJECT ? SCAN_MARK_OBJECT : SCAN_MARK_ARRAY);
    move_to(scan, at + 1);
    scan->at_first_member = true;
    return true;
}

bool scan_begin_object(struct scan *scan) { return begin(scan, SCAN_OBJECT); }

bool scan_begin_array(struct scan *scan) { return begin(scan, SCAN_ARRAY); }

/* Stands at the next member or item; false at the closing bracket, which is consumed, and on
 * failure. */
SCAN_HOT static bool step_inside(struct scan *scan, char closing, const char *expected) {
    if (scan->failure) return false;
    const char *at = next_place(scan), *end = end_of(scan);
    if (at < end && *at == closing) {
        ASSERT(scan->depth > 0);
        scan->depth--;
        if (scan_is_marked(scan)) scan_mark(scan, SCAN_MARK_CLOSING);
        move_to(scan, at + 1);
        return false;
    }
    if (!scan->at_first_member) {
        if (at == end || *at != ',') {
            fail(scan, at, expected);
            return false;
        }
        at++;
    }
    move_to(scan, at);
    return true;
}

bool scan_next_member(struct scan *scan, struct str *key) {
    if (!step_inside(scan, '}', "expected , or }")) return false;
    struct pass pass = begin_pass(scan, scan_is_marked(scan));
    const char *at = skip_key(&pass, scan->text.at + scan->at, key);
    if (!at) return false;
    move_to(scan, at);
    return true;
}

bool scan_next_item(struct scan *scan) { return step_inside(scan, ']', "expected , or ]"); }

bool scan_value(struct scan *scan, struct str *bytes) {
    if (scan->failure) return false;
    const char *start = next_place(scan), *at = skip_value(scan, start);
    if (!at) return false;
    *bytes = (struct str){start, (size_t)(at - start)};
    move_to(scan, at);
    return true;
}

bool scan_value_as_null(struct scan *scan, struct str *bytes) {
    if (scan->failure) return false;
    struct scan_defect defect = scan->defect;
    size_t nodes = scan->nodes;
    const char *start = next_place(scan), *at = skip_ignored(scan, start);
    scan->defect = defect;
    scan->nodes = nodes;
    if (!at) return false;
    if (scan_is_marked(scan)) scan_mark(scan, SCAN_MARK_NULL);
    *bytes = (struct str){start, (size_t)(at - start)};
    move_to(scan, at);
    return true;
}

bool scan_end(struct scan *scan) {
    if (scan->failure) return false;
    const char *at = next_place(scan);
    if (at == end_of(scan)) return true;
    fail(scan, at, "something follows the JSON value");
    return false;
}
