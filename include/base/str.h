/*
 * str: text with a length, and a buffer that grows in an arena.
 *
 * A `struct str` owns nothing: it points into the wire, a file, a literal or an arena, and must not
 * outlive it. It is not terminated unless its maker says so. All comparisons are of bytes.
 * A `struct strbuf` collects output; when memory runs out it stays short and its arena is marked,
 * so writers do not check each step. Any thread may enter; a buffer belongs to one.
 */
#ifndef PODGATE_BASE_STR_H
#define PODGATE_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

struct str {
    const char *at;
    size_t len;
};

struct str_list {
    struct str *items;
    size_t count;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* The same as an initializer of a static table, where STR is no constant. */
#define STR_INIT(literal)                                                                          \
    { "" literal, sizeof(literal) - 1 }
#define STR_NONE ((struct str){NULL, 0})
/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).len, str_bytes(s)

static inline struct str str_from(const char *terminated) {
    return (struct str){terminated, terminated ? strlen(terminated) : 0};
}
/* The bytes, never NULL. */
static inline const char *str_bytes(struct str s) { return s.at ? s.at : ""; }
static inline bool str_is_empty(struct str s) { return s.len == 0; }
static inline bool str_equals(struct str a, struct str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}
/* ASCII letters compare without case. */
bool str_equals_ignore_case(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Whether `part` occurs in `s`. */
bool str_contains(struct str s, struct str part);
/* Offset of the first (last) `c`, or s.len when there is none. */
size_t str_find_char(struct str s, char c);
size_t str_find_last_char(struct str s, char c);
/* The part from `start` (clamped) of at most `len` bytes. */
static inline struct str str_slice(struct str s, size_t start, size_t len) {
    if (start >= s.len) return (struct str){s.len > 0 ? s.at + s.len : s.at, 0};
    size_t rest = s.len - start;
    return (struct str){s.at + start, len < rest ? len : rest};
}
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* <0, 0, >0 as memcmp, shorter first. */
int str_compare(struct str a, struct str b);
bool str_list_contains(const struct str_list *list, struct str s);
/* A terminated copy in the arena, or STR_NONE. */
struct str str_copy(struct arena *arena, struct str s);
/* The items with `separator` between them, terminated, in the arena; STR_NONE when there are none. */
struct str str_join(struct arena *arena, const struct str_list *list, struct str separator);
/* printf into the arena; terminated, or STR_NONE. */
struct str str_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* STR_CONCAT(arena, a, b, c): the texts behind each other in the arena; terminated, or STR_NONE. */
struct str str_concat(struct arena *arena, const struct str *parts, size_t count);
#define STR_PARTS(...)                                                                             \
    (const struct str[]){__VA_ARGS__},                                                             \
        sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)
#define STR_CONCAT(arena, ...) str_concat((arena), STR_PARTS(__VA_ARGS__))

/* Decimal, optional '-', nothing else, no overflow; false otherwise and *value untouched. */
MUST_CHECK bool str_to_int64(struct str s, int64_t *value);

/* The word of `words` (count of them) nearest to `wrong`, for "did you mean", or STR_NONE when none
 * is near: at most a third of its letters wrong, swapped neighbours counting as one. */
struct str str_nearest(struct str wrong, const struct str *words, size_t count);

/* "s" unless there is one. */
static inline const char *str_plural(uint64_t count) { return count == 1 ? "" : "s"; }
/* What stands before item `i` of `count` in "a, b or c". */
struct str str_or(size_t i, size_t count);

/* Length of the well-formed UTF-8 sequence (RFC 3629) at s.at: 1 to 4, or 0 when ill-formed. */
size_t str_utf8_length(struct str s);
/* Number of code points (ill-formed bytes count one each). */
size_t str_utf8_count(struct str s);
/* The longest prefix of at most `max_bytes` that does not cut a UTF-8 sequence. */
struct str str_utf8_cut(struct str s, size_t max_bytes);

struct strbuf {
    struct arena *arena;
    char *at; /* always terminated once something was added */
    size_t len, capacity;
};

void strbuf_init(struct strbuf *buf, struct arena *arena, size_t capacity);
/* Room for `more` bytes and the terminator; false leaves the buffer as it is, its arena marked. */
MUST_CHECK bool strbuf_grow(struct strbuf *buf, size_t more);
MUST_CHECK static inline bool strbuf_reserve(struct strbuf *buf, size_t more) {
    bool has_room = buf->capacity - buf->len > more; /* len is never above it */
    return __builtin_expect(has_room, 1) || strbuf_grow(buf, more);
}
static inline void strbuf_add(struct strbuf *buf, struct str s) {
    if (!strbuf_reserve(buf, s.len)) return;
    if (s.len > 0) memcpy(buf->at + buf->len, s.at, s.len);
    buf->len += s.len;
    buf->at[buf->len] = '\0';
}
static inline void strbuf_add_char(struct strbuf *buf, char c) {
    if (!strbuf_reserve(buf, 1)) return;
    buf->at[buf->len++] = c;
    buf->at[buf->len] = '\0';
}
/* Decimal. */
void strbuf_add_number(struct strbuf *buf, uint64_t number);
/* The last `digits` (at most 16) hexadecimal ones. */
void strbuf_add_hex(struct strbuf *buf, uint64_t number, unsigned digits);
/* STRBUF_ADD(buf, a, b, c): the texts behind each other. */
void strbuf_add_parts(struct strbuf *buf, const struct str *parts, size_t count);
#define STRBUF_ADD(buf, ...) strbuf_add_parts((buf), STR_PARTS(__VA_ARGS__))
void strbuf_printf(struct strbuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* The one way text from the wire is shown to a person: in double quotes, control characters,
 * quotes, backslashes, ill-formed bytes and the marks that reorder or hide text on a terminal
 * escaped (\n, \", \x1b, \u202e). Behind the first `max_bytes` of a longer one stands "...". */
void strbuf_add_quoted(struct strbuf *buf, struct str s, size_t max_bytes);
/* The same escaping and cut without the quotes. */
void strbuf_add_escaped(struct strbuf *buf, struct str s, size_t max_bytes);
/* Quoted, cut to 64 bytes, as an argument for %s: ("%s is no kind", str_quoted(name).text). */
struct quoted {
    char text[384];
};
struct quoted str_quoted(struct str s);
void strbuf_truncate(struct strbuf *buf, size_t len);
static inline struct str strbuf_str(const struct strbuf *buf) {
    return (struct str){buf->at, buf->len};
}

#endif
