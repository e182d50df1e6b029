#include "base/json_out.h"

#include "base/str_plain.h"

#define DEPTH_MAX 32

static void add_escaped_ascii(struct strbuf *buf, char c) {
    static const char digits[] = "0123456789abcdef";
    const char code[] = {'\\', 'u', '0', '0', digits[c >> 4 & 0xF], digits[c & 0xF]};
    switch (c) {
    case '"': strbuf_add(buf, STR("\\\"")); break;
    case '\\': strbuf_add(buf, STR("\\\\")); break;
    case '\n': strbuf_add(buf, STR("\\n")); break;
    case '\r': strbuf_add(buf, STR("\\r")); break;
    case '\t': strbuf_add(buf, STR("\\t")); break;
    default: strbuf_add(buf, (struct str){code, sizeof code});
    }
}

/* One character that does not go as it is; returns its bytes. */
static size_t add_escaped(struct strbuf *buf, struct str rest) {
    if ((unsigned char)rest.at[0] < 0x80) {
        add_escaped_ascii(buf, rest.at[0]);
        return 1;
    }
    size_t length = str_utf8_length(rest);
    if (length == 0) {
        strbuf_add(buf, STR("\xEF\xBF\xBD"));
        return 1;
    }
    if (utf8_misleads_readers(utf8_decode(rest.at, length))) {
        strbuf_add(buf, STR("\\u"));
        strbuf_add_hex(buf, utf8_decode(rest.at, length), 4);
    } else {
        strbuf_add(buf, str_slice(rest, 0, length));
    }
    return length;
}

/* Behind what stands in `buf`, with the closing quote. */
static void add_text(struct strbuf *buf, struct str rest) {
    while (strbuf_reserve(buf, rest.len + 1)) {
        char *at = buf->at + buf->len;
        size_t run = plain_copy(at, rest, true);
        buf->len += run;
        rest = str_slice(rest, run, rest.len);
        if (rest.len == 0) break;
        rest = str_slice(rest, add_escaped(buf, rest), rest.len);
    }
    strbuf_add_char(buf, '"');
}

void json_out_escape(struct strbuf *buf, struct str value) {
    strbuf_add_char(buf, '"');
    add_text(buf, value);
}

static char *copy(char *to, struct str text) {
    if (text.len > 0) memcpy(to, text.at, text.len);
    return to + text.len;
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
    char *at = begin_value(out, name, value.len + 2);
    if (!at) return;
    *at++ = '"';
    size_t run = plain_copy(at, value, true);
    at += run;
    /* Nearly always that was all. */
    if (run == value.len) *at++ = '"';
    end_value(out, at);
    if (run < value.len) add_text(out->buf, str_slice(value, run, value.len));
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
