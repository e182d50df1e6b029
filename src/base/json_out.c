#include "base/json_out.h"

#include <limits.h>

#include "base/str_plain.h"

#define DEPTH_MAX 32

#define ESCAPE_BYTES 6 /* of one character at most: \u003c */

/* What stands behind the backslash of a character that has a short escape. */
static const char short_escapes[UCHAR_MAX + 1] = {
    ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

static char *copy(char *to, struct str text) {
    if (text.len > 0) memcpy(to, text.at, text.len);
    return to + text.len;
}

static char *write_code(char *to, uint32_t code) {
    static const char digits[] = "0123456789abcdef";
    const char text[ESCAPE_BYTES] = {'\\',
                                     'u',
                                     digits[code >> 12 & 0xF],
                                     digits[code >> 8 & 0xF],
                                     digits[code >> 4 & 0xF],
                                     digits[code & 0xF]};
    memcpy(to, text, sizeof text);
    return to + sizeof text;
}

/* One character that neither goes as it is nor has a short escape, taken from *rest. Returns the end of what it wrote,
 * ESCAPE_BYTES at most. */
static __attribute__((noinline)) char *write_rare(char *to, struct str *rest) {
    const struct str replacement = STR("\xEF\xBF\xBD");
    unsigned char first = (unsigned char)rest->at[0];
    size_t length = first < 0x80 ? 1 : str_utf8_length(*rest);
    struct str as_it_is = length > 0 ? (struct str){rest->at, length} : replacement;
    uint32_t point = length > 1 ? utf8_decode(rest->at, length) : first;
    *rest = str_slice(*rest, length > 0 ? length : 1, rest->len);
    if (length == 1 || (length > 1 && utf8_misleads_readers(point))) return write_code(to, point);
    return copy(to, as_it_is);
}

void json_out_escape(struct strbuf *buf, struct str value) {
    /* For the quotes, and for the character at hand with what a copy writes behind it. */
    const size_t more = 2 + ESCAPE_BYTES + PLAIN_BLOCK;
    if (!strbuf_reserve(buf, value.len + more)) return;
    char *to = buf->at + buf->len;
    const char *end = buf->at + buf->capacity;
    *to++ = '"';
    for (struct str rest = {str_bytes(value), value.len};;) {
        size_t run = plain_copy(to, rest, true);
        to += run;
        if (run == rest.len) break;
        rest = (struct str){rest.at + run, rest.len - run};
        char letter = short_escapes[(unsigned char)rest.at[0]];
        if (letter) {
            *to++ = '\\';
            *to++ = letter;
            rest = (struct str){rest.at + 1, rest.len - 1};
        } else {
            to = write_rare(to, &rest);
        }
        if ((size_t)(end - to) > rest.len + more) continue;
        buf->len = (size_t)(to - buf->at);
        /* There is still room for the quote. */
        if (!strbuf_grow(buf, rest.len + more)) break;
        to = buf->at + buf->len;
        end = buf->at + buf->capacity;
    }
    *to++ = '"';
    *to = '\0';
    buf->len = (size_t)(to - buf->at);
}

struct json_text json_text_of(struct strbuf *page, struct str text) {
    size_t begin = page->len + 1;
    json_out_escape(page, text);
    size_t end = page->len > begin ? page->len - 1 : begin;
    return (struct json_text){str_slice(strbuf_str(page), begin, end - begin)};
}

void json_out_text(struct strbuf *buf, struct json_text text) {
    if (!strbuf_reserve(buf, text.escaped.len + 2)) return;
    char *to = buf->at + buf->len;
    *to++ = '"';
    to = copy(to, text.escaped);
    *to++ = '"';
    *to = '\0';
    buf->len = (size_t)(to - buf->at);
}

void json_out_two_texts(struct strbuf *buf, struct json_text first, struct json_text second) {
    if (!strbuf_reserve(buf, first.escaped.len + second.escaped.len + 3)) return;
    char *to = buf->at + buf->len;
    *to++ = '"';
    to = copy(to, first.escaped);
    *to++ = ' ';
    to = copy(to, second.escaped);
    *to++ = '"';
    *to = '\0';
    buf->len = (size_t)(to - buf->at);
}

void json_out_init(struct json_out *out, struct strbuf *buf) {
    *out = (struct json_out){.buf = buf};
}

static uint32_t depth_bit(const struct json_out *out) { return UINT32_C(1) << (out->depth - 1); }

/* Whether a comma stands before the value that begins. */
static bool take_turn(struct json_out *out, bool is_named) {
    if (out->depth == 0) {
        ASSERT(!is_named);
        return false;
    }
    uint32_t bit = depth_bit(out);
    ASSERT(is_named == ((out->is_object & bit) != 0));
    bool follows = (out->has_items & bit) != 0;
    out->has_items |= bit;
    return follows;
}

/* Writes what stands before a value, the comma and the name in an object, and leaves room for `bytes` behind it.
 * Returns where the value goes, for end_value; NULL when memory ran out. */
static char *begin_value(struct json_out *out, struct str name, size_t bytes) {
    bool follows = take_turn(out, name.at != NULL);
    if (!strbuf_reserve(out->buf, name.len + 4 + bytes)) return NULL;
    char *at = out->buf->at + out->buf->len;
    if (follows) *at++ = ',';
    if (!name.at) return at;
    *at++ = '"';
    at = copy(at, name);
    *at++ = '"';
    *at++ = ':';
    return at;
}

static void end_value(struct json_out *out, char *end) {
    *end = '\0';
    out->buf->len = (size_t)(end - out->buf->at);
}

static void add_value(struct json_out *out, struct str name, struct str json) {
    char *at = begin_value(out, name, json.len);
    if (at) end_value(out, copy(at, json));
}

static void begin_container(struct json_out *out, const char *name, bool is_object) {
    char *at = begin_value(out, str_from(name), 1);
    if (at) {
        *at++ = is_object ? '{' : '[';
        end_value(out, at);
    }
    ASSERT(out->depth < DEPTH_MAX);
    out->depth++;
    out->has_items &= ~depth_bit(out);
    if (is_object)
        out->is_object |= depth_bit(out);
    else
        out->is_object &= ~depth_bit(out);
}

static void end_container(struct json_out *out, bool is_object) {
    ASSERT(out->depth > 0);
    ASSERT(is_object == ((out->is_object & depth_bit(out)) != 0));
    out->depth--;
    strbuf_add_char(out->buf, is_object ? '}' : ']');
}

void json_out_begin_object(struct json_out *out, const char *name) {
    begin_container(out, name, true);
}

void json_out_end_object(struct json_out *out) { end_container(out, true); }

void json_out_begin_array(struct json_out *out, const char *name) {
    begin_container(out, name, false);
}

void json_out_end_array(struct json_out *out) { end_container(out, false); }

void json_out_add_string(struct json_out *out, struct str name, struct str value) {
    char *at = begin_value(out, name, value.len);
    if (!at) return;
    end_value(out, at);
    json_out_escape(out->buf, value);
}

void json_out_string_at(struct json_out *out, struct str name, struct str value) {
    if (take_turn(out, true)) strbuf_add_char(out->buf, ',');
    json_out_escape(out->buf, name);
    strbuf_add_char(out->buf, ':');
    json_out_escape(out->buf, value);
}

void json_out_int(struct json_out *out, const char *name, int64_t value) {
    add_value(out, str_from(name), value < 0 ? STR("-") : STR(""));
    strbuf_add_number(out->buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_out_bool(struct json_out *out, const char *name, bool value) {
    add_value(out, str_from(name), value ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *out, const char *name) {
    add_value(out, str_from(name), STR("null"));
}

void json_out_raw(struct json_out *out, const char *name, struct str json) {
    add_value(out, str_from(name), json);
}
