/* What a scan's slices mean, and where they stand. Nothing here trusts that its text has no
 * defect. */
#include "text/scan_bytes.h"

struct str scan_defect_text(struct arena *arena, struct scan_defect defect,
                            const struct scan_limits *limits) {
    switch (defect.kind) {
    case SCAN_FINE: return STR("has no defect");
    case SCAN_BAD_UTF8: return STR("is not valid UTF-8");
    case SCAN_NUL: return STR("contains U+0000");
    case SCAN_CONTROL_CHARACTER: return STR("has a control character inside a string");
    case SCAN_LONE_SURROGATE: return STR("has half of a surrogate pair (\\ud800 to \\udfff)");
    case SCAN_TOO_DEEP: return str_format(arena, "is nested deeper than %u levels", limits->depth);
    case SCAN_TOO_MANY_NODES: return str_format(arena, "has more than %zu values", limits->nodes);
    case SCAN_STRING_TOO_LONG:
        return str_format(arena, "has a string of more than %zu bytes", limits->string_bytes);
    case SCAN_NUMBER_TOO_LONG:
        return str_format(arena, "has a number of more than %d bytes", SCAN_NUMBER_BYTES);
    }
    return STR_NONE;
}

static size_t encode_utf8(uint32_t point, char *out) {
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* The code unit of the escape of six bytes at the front of `s`; false when there is none. */
static bool read_code_unit(struct str s, uint32_t *unit) {
    if (s.len < 6 || s.at[0] != '\\' || s.at[1] != 'u') return false;
    int32_t number = scan_hex4(s.at + 2);
    *unit = (uint32_t)number;
    return number >= 0;
}

/* The character of a \u escape or of a pair of them; half a pair is U+FFFD. */
static bool take_code_point(struct str *rest, uint32_t *point) {
    uint32_t low;
    if (!read_code_unit(*rest, point)) return false;
    *rest = str_slice(*rest, 6, rest->len);
    if (*point < 0xD800 || *point > 0xDFFF) return true;
    if (*point <= 0xDBFF && read_code_unit(*rest, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        *rest = str_slice(*rest, 6, rest->len);
        *point = 0x10000 + ((*point - 0xD800) << 10 | (low - 0xDC00));
        return true;
    }
    *point = 0xFFFD;
    return true;
}

/* What the letter behind a backslash stands for. */
static char meaning_of(char letter) {
    switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;
    }
}

/* A backslash at the very end is none. */
static bool is_escape(struct str rest) { return rest.len > 1 && rest.at[0] == '\\'; }

/* Takes the escape off `rest` and writes what it means, which is never longer. */
static size_t take_escape(struct str *rest, char *out) {
    uint32_t point;
    if (rest->at[1] == 'u' && take_code_point(rest, &point)) return encode_utf8(point, out);
    out[0] = meaning_of(rest->at[1]);
    *rest = (struct str){rest->at + 2, rest->len - 2};
    return 1;
}

/* Takes off `rest`, which begins with none, what stands before the next escape. */
static struct str take_run(struct str *rest) {
    const char *escape = memchr(rest->at + 1, '\\', rest->len - 1);
    struct str run = {rest->at, escape ? (size_t)(escape - rest->at) : rest->len};
    *rest = (struct str){rest->at + run.len, rest->len - run.len};
    return run;
}

bool scan_escaped_key_is(struct str as_written, struct str plain) {
    while (as_written.len > 0) {
        char buffer[4];
        struct str piece = is_escape(as_written)
                               ? (struct str){buffer, take_escape(&as_written, buffer)}
                               : take_run(&as_written);
        if (!str_starts_with(plain, piece)) return false;
        plain = str_slice(plain, piece.len, plain.len);
    }
    return plain.len == 0;
}

size_t scan_unescape_to(char *out, struct str as_written) {
    size_t len = 0;
    while (as_written.len > 0) {
        if (is_escape(as_written)) {
            len += take_escape(&as_written, out + len);
            continue;
        }
        struct str run = take_run(&as_written);
        memcpy(out + len, run.at, run.len);
        len += run.len;
    }
    return len;
}

struct str scan_unescape(struct arena *arena, struct str as_written) {
    if (str_find_char(as_written, '\\') == as_written.len) return as_written;
    char *text = ARENA_NEW(arena, char, as_written.len + 1);
    if (!text) return STR_NONE;
    return (struct str){text, scan_unescape_to(text, as_written)};
}

bool scan_string(struct arena *arena, struct str value_bytes, struct str *out) {
    if (value_bytes.len < 2 || value_bytes.at[0] != '"') return false;
    *out = scan_unescape(arena, str_slice(value_bytes, 1, value_bytes.len - 2));
    return out->at != NULL;
}

void scan_place(struct str text, size_t offset, uint32_t *line, uint32_t *column) {
    struct str before = str_slice(text, 0, offset);
    *line = *column = 1;
    for (size_t i = 0; i < before.len; i++) {
        if (before.at[i] == '\n') {
            *line += 1;
            *column = 1;
        } else if (((unsigned char)before.at[i] & 0xC0) != 0x80) {
            *column += 1;
        }
    }
}

bool scan_error(const struct scan *scan, struct error *err) {
    uint32_t line, column;
    scan_place(scan->text, scan->failure_at, &line, &column);
    error_set(err, ERR_SYNTAX, "not JSON: %s", scan->failure ? scan->failure : "no failure");
    return error_at(err, line, column);
}

/* White space, punctuation and the brackets that close. */
static const bool is_between_tokens[256] = {
    [' '] = true, ['\n'] = true, ['\r'] = true, ['\t'] = true,
    [','] = true, [':'] = true,  [']'] = true,  ['}'] = true,
};

static const char *skip_string(const char *at, const char *end) {
    at++;
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at < end ? at + 1 : end;
}

static const char *skip_word(const char *at, const char *end) {
    while (at < end && !is_between_tokens[(unsigned char)*at])
        at++;
    return at;
}

static enum scan_type type_of_word(char first) {
    switch (first) {
    case 't': return SCAN_TRUE;
    case 'f': return SCAN_FALSE;
    case 'n': return SCAN_NULL;
    default: return SCAN_NUMBER;
    }
}

bool scan_next_token(struct str text, size_t *at, struct scan_token *token) {
    const char *start = text.at + *at, *end = text.at + text.len;
    while (start < end && is_between_tokens[(unsigned char)*start])
        start++;
    if (start == end) return false;
    const char *behind = start + 1;
    token->is_key = false;
    switch (*start) {
    case '{': token->type = SCAN_OBJECT; break;
    case '[': token->type = SCAN_ARRAY; break;
    case '"':
        token->type = SCAN_STRING;
        behind = skip_string(start, end);
        const char *follower = scan_skip_space(behind, end);
        token->is_key = follower < end && *follower == ':';
        break;
    default: token->type = type_of_word(*start); behind = skip_word(start, end);
    }
    token->bytes = (struct str){start, (size_t)(behind - start)};
    *at = (size_t)(behind - text.at);
    return true;
}
