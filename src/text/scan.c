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
#include "text/scan_bytes.h"

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

/* The objects and arrays that are open inside one value: a bit each, the innermost lowest. */
struct nesting {
    unsigned depth;
    uint64_t is_object[SCAN_DEPTH_HARD / 64];
};

static inline void nesting_push(struct nesting *nesting, bool is_object) {
    uint64_t *word = &nesting->is_object[nesting->depth / 64];
    *word = (nesting->depth % 64 == 0 ? 0 : *word << 1) | is_object;
    nesting->depth++;
}

static inline void nesting_pop(struct nesting *nesting) {
    nesting->depth--;
    nesting->is_object[nesting->depth / 64] >>= 1;
}

static inline bool nesting_in_object(const struct nesting *nesting) {
    return nesting->is_object[(nesting->depth - 1) / 64] & 1;
}

static const char *fail(struct scan *scan, const char *at, const char *says) {
    scan->failure = says;
    scan->failure_at = (size_t)(at - scan->text.at);
    return NULL;
}

static void note(struct scan *scan, enum scan_defect_kind kind, const char *at) {
    if (scan->defect.kind != SCAN_FINE) return;
    scan->defect = (struct scan_defect){kind, (size_t)(at - scan->text.at)};
}

static inline const char *end_of(const struct scan *scan) { return scan->text.at + scan->text.len; }

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Four hexadecimal digits to a number, or -1. */
static int32_t read_hex4(const char *at, const char *end) {
    if (end - at < 4) return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = is_digit(c)            ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
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

static const char *skip_escape(struct scan *scan, const char *backslash) {
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

/* Whatever in a string is neither plain ASCII nor its end. */
static const char *skip_unusual(struct scan *scan, const char *at) {
    unsigned char c = (unsigned char)*at;
    if (c == '\\') return skip_escape(scan, at);
    if (c < 0x20) {
        note(scan, c == 0 ? SCAN_NUL : SCAN_CONTROL_CHARACTER, at);
        return at + 1;
    }
    size_t length = str_utf8_length((struct str){at, (size_t)(end_of(scan) - at)});
    if (length > 0) return at + length;
    note(scan, SCAN_BAD_UTF8, at);
    return at + 1;
}

/* `at` stands behind the opening quote. */
static inline const char *skip_string(struct scan *scan, const char *at) {
    const char *start = at, *end = end_of(scan);
    while ((at = scan_skip_plain(at, end)) < end && *at != '"')
        if (!(at = skip_unusual(scan, at))) return NULL;
    if (at == end) return fail(scan, start - 1, "this string has no end");
    if ((size_t)(at - start) > scan->limits->string_bytes)
        note(scan, SCAN_STRING_TOO_LONG, start - 1);
    return at + 1;
}

static const char *skip_digits(struct scan *scan, const char *at, const char *says) {
    const char *start = at, *end = end_of(scan);
    while (at < end && is_digit(*at))
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

static const char *skip_word(struct scan *scan, const char *at, struct str word) {
    struct str rest = {at, (size_t)(end_of(scan) - at)};
    if (!str_starts_with(rest, word))
        return fail(scan, at, "expected a value; the words of JSON are true, false and null");
    return at + word.len;
}

static const char *fail_without_value(struct scan *scan, const char *at) {
    return fail(scan, at,
                at == end_of(scan) ? "the text ends where a value is expected"
                                   : "expected a value");
}

static void count_value(struct scan *scan, const char *at) {
    if (++scan->nodes > scan->limits->nodes) note(scan, SCAN_TOO_MANY_NODES, at);
}

/* One more object or array opens, `inner` of them already open in the value being skipped. */
static bool count_depth(struct scan *scan, unsigned inner, const char *at) {
    if (inner + scan->depth >= SCAN_DEPTH_HARD) {
        fail(scan, at, "nested too deep");
        return false;
    }
    if (inner + scan->depth - scan->part_depth >= scan->limits->depth)
        note(scan, SCAN_TOO_DEEP, at);
    return true;
}

/* A member's key and its colon; the key as written, between its quotes. */
static inline const char *skip_key(struct scan *scan, const char *at, struct str *key) {
    const char *end = end_of(scan);
    at = scan_skip_space(at, end);
    if (at == end || *at != '"') return fail(scan, at, "expected a key in double quotes");
    key->at = at + 1;
    if (!(at = skip_string(scan, at + 1))) return NULL;
    key->len = (size_t)(at - 1 - key->at);
    at = scan_skip_space(at, end);
    if (at == end || *at != ':') return fail(scan, at, "expected a colon after the key");
    return at + 1;
}

/* A scalar, or an object's or array's opening bracket, which is pushed. */
static inline const char *skip_start(struct scan *scan, const char *at, struct nesting *nesting) {
    const char *end = end_of(scan);
    at = scan_skip_space(at, end);
    if (at == end) return fail_without_value(scan, at);
    count_value(scan, at);
    enum scan_type type = type_of_first[(unsigned char)*at];
    switch (type) {
    case SCAN_OBJECT:
    case SCAN_ARRAY:
        if (!count_depth(scan, nesting->depth, at)) return NULL;
        nesting_push(nesting, type == SCAN_OBJECT);
        return at + 1;
    case SCAN_STRING: return skip_string(scan, at + 1);
    case SCAN_NUMBER: return skip_number(scan, at);
    case SCAN_TRUE: return skip_word(scan, at, STR("true"));
    case SCAN_FALSE: return skip_word(scan, at, STR("false"));
    case SCAN_NULL: return skip_word(scan, at, STR("null"));
    case SCAN_NOTHING: break;
    }
    return fail_without_value(scan, at);
}

/* What follows a complete value: closing brackets, up to a comma (and the next key) or the end of
 * the outermost value. */
static inline const char *skip_closings(struct scan *scan, const char *at,
                                        struct nesting *nesting) {
    const char *end = end_of(scan);
    while (nesting->depth > 0) {
        bool in_object = nesting_in_object(nesting);
        at = scan_skip_space(at, end);
        if (at < end && *at == ',') {
            struct str key;
            return in_object ? skip_key(scan, at + 1, &key) : at + 1;
        }
        if (at == end || *at != (in_object ? '}' : ']'))
            return fail(scan, at, in_object ? "expected , or }" : "expected , or ]");
        nesting_pop(nesting);
        at++;
    }
    return at;
}

static const char *skip_value(struct scan *scan, const char *at) {
    struct nesting nesting;
    nesting.depth = 0;
    const char *end = end_of(scan);
    for (;;) {
        unsigned depth_before = nesting.depth;
        if (!(at = skip_start(scan, at, &nesting))) return NULL;
        if (nesting.depth > depth_before) {
            bool in_object = nesting_in_object(&nesting);
            at = scan_skip_space(at, end);
            bool empty = at < end && *at == (in_object ? '}' : ']');
            struct str key;
            if (!empty && in_object && !(at = skip_key(scan, at, &key))) return NULL;
            if (!empty) continue;
        }
        at = skip_closings(scan, at, &nesting);
        if (!at || nesting.depth == 0) return at;
    }
}

void scan_init(struct scan *scan, struct str text, const struct scan_limits *limits) {
    *scan = (struct scan){.text = text.at ? text : STR(""), .limits = limits};
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
    if (type != wanted || !count_depth(scan, 0, at)) return false;
    count_value(scan, at);
    scan->depth++;
    move_to(scan, at + 1);
    scan->at_first_member = true;
    return true;
}

bool scan_begin_object(struct scan *scan) { return begin(scan, SCAN_OBJECT); }

bool scan_begin_array(struct scan *scan) { return begin(scan, SCAN_ARRAY); }

/* Stands at the next member or item; false at the closing bracket, which is consumed, and on
 * failure. */
static bool step_inside(struct scan *scan, char closing, const char *expected) {
    if (scan->failure) return false;
    const char *at = next_place(scan), *end = end_of(scan);
    if (at < end && *at == closing) {
        ASSERT(scan->depth > 0);
        scan->depth--;
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
    const char *at = skip_key(scan, scan->text.at + scan->at, key);
    if (!at) return false;
    move_to(scan, at);
    return true;
}

bool scan_next_item(struct scan *scan) { return step_inside(scan, ']', "expected , or ]"); }

bool scan_value(struct scan *scan, struct str *bytes) {
    if (scan->failure) return false;
    const char *start = next_place(scan);
    const char *at = skip_value(scan, start);
    if (!at) return false;
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

bool scan_error(const struct scan *scan, struct error *err) {
    uint32_t line, column;
    scan_place(scan->text, scan->failure_at, &line, &column);
    error_set(err, ERR_SYNTAX, "not JSON: %s", scan->failure ? scan->failure : "no failure");
    return error_at(err, line, column);
}
