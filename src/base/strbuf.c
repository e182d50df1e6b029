#include "base/str.h"

#include <stdio.h>

#include "base/str_plain.h"

void strbuf_init(struct strbuf *buf, struct arena *arena, size_t capacity) {
    *buf = (struct strbuf){.arena = arena};
    if (capacity == 0) return;
    buf->at = arena_allocate_text(arena, capacity);
    if (!buf->at) return;
    buf->at[0] = '\0';
    buf->capacity = capacity;
}

bool strbuf_grow(struct strbuf *buf, size_t more) {
    size_t needed, capacity;
    if (__builtin_add_overflow(buf->len, more, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed) ||
        __builtin_mul_overflow(buf->capacity, (size_t)2, &capacity))
        needed = capacity = SIZE_MAX; /* the arena refuses that, and is marked */
    if (capacity < needed) capacity = needed < 64 ? 64 : needed;
    char *larger = arena_allocate_text(buf->arena, capacity);
    if (!larger) return false;
    if (buf->len > 0) memcpy(larger, buf->at, buf->len);
    buf->at = larger;
    buf->capacity = capacity;
    return true;
}

void strbuf_add_parts(struct strbuf *buf, const struct str *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        strbuf_add(buf, parts[i]);
}

void strbuf_add_number(struct strbuf *buf, uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + number % 10);
    while (number /= 10);
    strbuf_add(buf, (struct str){digits + first, sizeof digits - first});
}

void strbuf_add_hex(struct strbuf *buf, uint64_t number, unsigned digits) {
    while (digits-- > 0)
        strbuf_add_char(buf, "0123456789abcdef"[number >> 4 * digits & 0xF]);
}

void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    size_t room = buf->capacity - buf->len;
    int wanted = vsnprintf(room ? buf->at + buf->len : NULL, room, format, again);
    va_end(again);
    if (wanted < 0) return;
    if ((size_t)wanted >= room) {
        if (!strbuf_reserve(buf, (size_t)wanted)) {
            strbuf_truncate(buf, buf->len);
            return;
        }
        vsnprintf(buf->at + buf->len, (size_t)wanted + 1, format, args);
    }
    buf->len += (size_t)wanted;
}

void strbuf_printf(struct strbuf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    strbuf_vprintf(buf, format, args);
    va_end(args);
}

void strbuf_truncate(struct strbuf *buf, size_t len) {
    if (len > buf->len) return;
    buf->len = len;
    if (buf->capacity > 0) buf->at[len] = '\0';
}

uint32_t utf8_decode(const char *at, size_t length) {
    const unsigned char *bytes = (const unsigned char *)at;
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = bytes[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (bytes[i] & 0x3F);
    return point;
}

bool utf8_misleads_readers(uint32_t point) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x80, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (point >= ranges[i].first && point <= ranges[i].last) return true;
    return false;
}

static void add_escaped_ascii(struct strbuf *buf, char c) {
    switch (c) {
    case '\n': strbuf_add(buf, STR("\\n")); break;
    case '\r': strbuf_add(buf, STR("\\r")); break;
    case '\t': strbuf_add(buf, STR("\\t")); break;
    case '"': strbuf_add(buf, STR("\\\"")); break;
    case '\\': strbuf_add(buf, STR("\\\\")); break;
    default: strbuf_add(buf, STR("\\x")); strbuf_add_hex(buf, (unsigned char)c, 2);
    }
}

void strbuf_add_escaped(struct strbuf *buf, struct str s, size_t max_bytes) {
    bool cut = s.len > max_bytes;
    struct str rest = cut ? str_utf8_cut(s, max_bytes) : s;
    while (strbuf_reserve(buf, rest.len + PLAIN_BLOCK)) {
        size_t run = plain_copy(buf->at + buf->len, rest, false);
        buf->len += run;
        if (run == rest.len) break;
        rest = str_slice(rest, run, rest.len);

        size_t length = str_utf8_length(rest);
        if (length <= 1)
            add_escaped_ascii(buf, rest.at[0]);
        else if (utf8_misleads_readers(utf8_decode(rest.at, length))) {
            strbuf_add(buf, STR("\\u"));
            strbuf_add_hex(buf, utf8_decode(rest.at, length), 4);
        } else
            strbuf_add(buf, str_slice(rest, 0, length));
        rest = str_slice(rest, length ? length : 1, rest.len);
    }
    if (cut) strbuf_add(buf, STR("..."));
    strbuf_truncate(buf, buf->len);
}

void strbuf_add_quoted(struct strbuf *buf, struct str s, size_t max_bytes) {
    strbuf_add_char(buf, '"');
    strbuf_add_escaped(buf, s, max_bytes);
    strbuf_add_char(buf, '"');
}

#define QUOTED_BYTES 64

struct quoted str_quoted(struct str s) {
    /* Four characters show a byte at worst, and while it is written a block more may be. */
    _Static_assert(QUOTED_BYTES * 4 + sizeof "\"...\"" + QUOTED_BYTES + PLAIN_BLOCK <=
                       sizeof(struct quoted),
                   "never grows: there is no arena");
    struct quoted quoted = {""};
    struct strbuf buf = {.at = quoted.text, .capacity = sizeof quoted.text};
    strbuf_add_quoted(&buf, s, QUOTED_BYTES);
    return quoted;
}

struct str str_join(struct arena *arena, const struct str_list *list, struct str separator) {
    if (list->count == 0) return STR_NONE;
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) strbuf_add(&text, separator);
        strbuf_add(&text, list->items[i]);
    }
    return strbuf_str(&text);
}
