/*
 * json_out: the one writer of JSON: answers, log lines, `check -o json`.
 *
 * Streams into a strbuf; commas are its own business, nesting is at most 32. Strings are always
 * valid UTF-8 on the wire: ill-formed bytes become U+FFFD; control characters, '<', '>', '&', line
 * separators, direction marks and other invisible characters are escaped. A NULL name inside an object is a bug; in an
 * array names are NULL. Names are words of ours, which need no escape.
 */
#ifndef PODGATE_BASE_JSON_OUT_H
#define PODGATE_BASE_JSON_OUT_H

#include "base/str.h"

struct json_out {
    struct strbuf *buf;
    uint32_t has_items; /* bit n: something was already written at depth n + 1 */
    uint32_t is_object; /* bit n: depth n + 1 is an object, whose members have names */
    unsigned depth;
};

void json_out_init(struct json_out *out, struct strbuf *buf);
void json_out_begin_object(struct json_out *out, const char *name);
void json_out_end_object(struct json_out *out);
void json_out_begin_array(struct json_out *out, const char *name);
void json_out_end_array(struct json_out *out);
void json_out_add_string(struct json_out *out, struct str name, struct str value);
/* Inline, because the compiler then knows how long a name is. */
static inline void json_out_string(struct json_out *out, const char *name, struct str value) {
    json_out_add_string(out, str_from(name), value);
}
/* The name comes from data (an annotation's key) and is escaped too. */
void json_out_string_at(struct json_out *out, struct str name, struct str value);
void json_out_int(struct json_out *out, const char *name, int64_t value);
void json_out_bool(struct json_out *out, const char *name, bool value);
void json_out_null(struct json_out *out, const char *name);
/* Already JSON, written as it is. */
void json_out_raw(struct json_out *out, const char *name, struct str json);
/* Only the escaped string with its quotes, no comma: for templates. */
void json_out_escape(struct strbuf *buf, struct str value);

/* A text that is written several times, as it stands between the quotes of a JSON string. Only the escaper makes one, so
 * that whoever has one need not ask whose text it was. */
struct json_text {
    struct str escaped;
};
/* At the end of `page`, which must not be truncated below it; empty when memory ran out. */
struct json_text json_text_of(struct strbuf *page, struct str text);
/* The text with its quotes, no comma; and two of them in one string, a space between them. */
void json_out_text(struct strbuf *buf, struct json_text text);
void json_out_two_texts(struct strbuf *buf, struct json_text first, struct json_text second);

#endif
