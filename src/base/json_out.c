#include "base/json_out.h"

#include "base/str_plain.h"

#define DEPTH_MAX 32

static void add_escaped_ascii(struct strbuf *buf, char c) {
    switch (c) {
    case '"': strbuf_add(buf, STR("\\\"")); break;
    case '\\': strbuf_add(buf, STR("\\\\")); break;
    case '\n': strbuf_add(buf, STR("\\n")); break;
    case '\r': strbuf_add(buf, STR("\\r")); break;
    case '\t': strbuf_add(buf, STR("\\t")); break;
    default: strbuf_add(buf, STR("\\u00")); strbuf_add_hex(buf, (unsigned char)c, 2);
    }
}

/* One character that does not go as it is; returns its bytes. */
static size_t add_escaped(struct strbuf *buf, struct str rest) {
    size_t length = str_utf8_length(rest);
    if (length == 0) {
        strbuf_add(buf, STR("\xEF\xBF\xBD"));
        return 1;
    }
    if (length == 1) {
        add_escaped_ascii(buf, rest.at[0]);
    } else if (utf8_misleads_readers(utf8_decode(rest.at, length))) {
        strbuf_add(buf, STR("\\u"));
        strbuf_add_hex(buf, utf8_decode(rest.at, length), 4);
    } else {
        strbuf_add(buf, str_slice(rest, 0, length));
    }
    return length;
}

static void add_quoted_slowly(struct strbuf *buf, struct str value) {
    strbuf_add_char(buf, '"');
    while (value.len > 0) {
        size_t run = plain_run(value, true);
        strbuf_add(buf, str_slice(value, 0, run));
        value = str_slice(value, run, value.len);
        if (value.len > 0) value = str_slice(value, add_escaped(buf, value), value.len);
    }
    strbuf_add_char(buf, '"');
}

/* `is_name`: a colon follows. */
static void add_as_it_is(struct strbuf *buf, struct str plain, bool is_name) {
    if (!strbuf_reserve(buf, plain.len + 3)) return;
    char *at = buf->at + buf->len;
    *at++ = '"';
    if (plain.len > 0) memcpy(at, plain.at, plain.len);
    at += plain.len;
    *at++ = '"';
    if (is_name) *at++ = ':';
    *at = '\0';
    buf->len = (size_t)(at - buf->at);
}

/* Nearly all texts, and all names, go as they are. */
static void add_quoted(struct strbuf *buf, struct str value, bool is_name) {
    if (plain_run(value, true) == value.len) {
        add_as_it_is(buf, value, is_name);
        return;
    }
    add_quoted_slowly(buf, value);
    if (is_name) strbuf_add_char(buf, ':');
}

void json_out_escape(struct strbuf *buf, struct str value) { add_quoted(buf, value, false); }

void json_out_init(struct json_out *out, struct strbuf *buf) {
    *out = (struct json_out){.buf = buf};
}

static uint32_t depth_bit(const struct json_out *out) { return UINT32_C(1) << (out->depth - 1); }

/* What stands before a value: the comma, and the name in an object. */
static void begin_value(struct json_out *out, bool named) {
    if (out->depth == 0) {
        ASSERT(!named);
        return;
    }
    ASSERT(named == ((out->is_object & depth_bit(out)) != 0));
    if (out->has_items & depth_bit(out)) strbuf_add_char(out->buf, ',');
    out->has_items |= depth_bit(out);
}

static void begin_named_value(struct json_out *out, const char *name) {
    begin_value(out, name != NULL);
    if (!name) return;
    add_quoted(out->buf, str_from(name), true);
}

static void begin_container(struct json_out *out, const char *name, bool is_object) {
    begin_named_value(out, name);
    ASSERT(out->depth < DEPTH_MAX);
    out->depth++;
    out->has_items &= ~depth_bit(out);
    if (is_object)
        out->is_object |= depth_bit(out);
    else
        out->is_object &= ~depth_bit(out);
    strbuf_add_char(out->buf, is_object ? '{' : '[');
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

void json_out_string(struct json_out *out, const char *name, struct str value) {
    begin_named_value(out, name);
    json_out_escape(out->buf, value);
}

void json_out_string_at(struct json_out *out, struct str name, struct str value) {
    begin_value(out, true);
    json_out_escape(out->buf, name);
    strbuf_add_char(out->buf, ':');
    json_out_escape(out->buf, value);
}

void json_out_int(struct json_out *out, const char *name, int64_t value) {
    begin_named_value(out, name);
    if (value < 0) strbuf_add_char(out->buf, '-');
    strbuf_add_number(out->buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_out_bool(struct json_out *out, const char *name, bool value) {
    json_out_raw(out, name, value ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *out, const char *name) { json_out_raw(out, name, STR("null")); }

void json_out_raw(struct json_out *out, const char *name, struct str json) {
    begin_named_value(out, name);
    strbuf_add(out->buf, json);
}
