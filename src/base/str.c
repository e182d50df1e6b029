#include "base/str.h"

#include <stdio.h>

#include "base/ascii.h"

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool str_equals_ignore_case(struct str a, struct str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_to_lower(a.at[i]) != ascii_to_lower(b.at[i])) return false;
    return true;
}

bool str_starts_with(struct str s, struct str prefix) {
    return s.len >= prefix.len && str_equals(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix) {
    return s.len >= suffix.len && str_equals(str_slice(s, s.len - suffix.len, suffix.len), suffix);
}

bool str_contains(struct str s, struct str part) {
    if (part.len == 0) return true;
    return s.len >= part.len && memmem(s.at, s.len, part.at, part.len) != NULL;
}

size_t str_find_char(struct str s, char c) {
    const char *found = s.len > 0 ? memchr(s.at, c, s.len) : NULL;
    return found ? (size_t)(found - s.at) : s.len;
}

size_t str_find_last_char(struct str s, char c) {
    const char *found = s.len > 0 ? memrchr(s.at, c, s.len) : NULL;
    return found ? (size_t)(found - s.at) : s.len;
}

struct str str_trim(struct str s) {
    while (s.len > 0 && is_space(s.at[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_space(s.at[0])) {
        s.at++;
        s.len--;
    }
    return s;
}

int str_compare(struct str a, struct str b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_list_contains(const struct str_list *list, struct str s) {
    for (size_t i = 0; i < list->count; i++)
        if (str_equals(list->items[i], s)) return true;
    return false;
}

struct str str_copy(struct arena *arena, struct str s) {
    return str_concat(arena, &s, 1);
}

struct str str_concat(struct arena *arena, const struct str *parts, size_t count) {
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(bytes, parts[i].len, &bytes)) bytes = SIZE_MAX;
    char *text = arena_allocate_text(arena, bytes), *end = text;
    if (!text) return STR_NONE;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) memcpy(end, parts[i].at, parts[i].len);
        end += parts[i].len;
    }
    *end = '\0';
    return (struct str){text, bytes - 1};
}

/* Nearly all that is formatted is short: then it need not be formatted twice. */
#define SHORT_BYTES 256

PRINTF_LIKE(2, 0)
static struct str str_vformat(struct arena *arena, const char *format, va_list args) {
    char buffer[SHORT_BYTES];
    va_list again;
    va_copy(again, args);
    int wanted = vsnprintf(buffer, sizeof buffer, format, again);
    va_end(again);
    if (wanted < 0) return STR_NONE;
    if ((size_t)wanted < sizeof buffer)
        return str_copy(arena, (struct str){buffer, (size_t)wanted});
    char *text = arena_allocate_text(arena, (size_t)wanted + 1);
    if (!text) return STR_NONE;
    vsnprintf(text, (size_t)wanted + 1, format, args);
    return (struct str){text, (size_t)wanted};
}

struct str str_format(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    struct str text = str_vformat(arena, format, args);
    va_end(args);
    return text;
}

bool str_to_int64(struct str s, int64_t *value) {
    bool negative = s.len > 0 && s.at[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == s.len) return false;
    int64_t sum = 0; /* kept negative: the negative range is the larger one */
    for (; at < s.len; at++) {
        if (!ascii_is_digit(s.at[at])) return false;
        if (__builtin_mul_overflow(sum, (int64_t)10, &sum)) return false;
        if (__builtin_sub_overflow(sum, (int64_t)(s.at[at] - '0'), &sum)) return false;
    }
    if (!negative && sum == INT64_MIN) return false;
    *value = negative ? sum : -sum;
    return true;
}

#define NEAREST_MAX 63 /* longer words are no typing errors */

static size_t least(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Optimal string alignment: insert, delete, replace or swap neighbours; letters' case is free. */
static size_t distance(struct str a, struct str b) {
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char ca = ascii_to_lower(a.at[i - 1]), cb = ascii_to_lower(b.at[j - 1]);
            row[j] = least(row[j - 1] + 1, above[j] + 1, above[j - 1] + (ca != cb));
            bool swapped = i > 1 && j > 1 && ca == ascii_to_lower(b.at[j - 2]) &&
                           ascii_to_lower(a.at[i - 2]) == cb;
            if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b.len];
}

struct str str_nearest(struct str wrong, const struct str *words, size_t count) {
    struct str nearest = STR_NONE;
    if (wrong.len > NEAREST_MAX) return nearest;
    size_t allowed = wrong.len / 3;
    for (size_t i = 0; i < count; i++) {
        if (words[i].len > NEAREST_MAX) continue;
        size_t apart = distance(wrong, words[i]);
        if (nearest.at ? apart >= allowed : apart > allowed) continue;
        nearest = words[i];
        allowed = apart;
    }
    return nearest;
}

struct str str_or(size_t i, size_t count) {
    if (i == 0) return STR("");
    return i + 1 < count ? STR(", ") : STR(" or ");
}

/* RFC 3629: the range of the second byte excludes overlong forms, surrogates and above U+10FFFF. */
size_t str_utf8_length(struct str s) {
    if (s.len == 0) return 0;
    const unsigned char *at = (const unsigned char *)s.at;
    unsigned char first = at[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (s.len < length) return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return length;
}

size_t str_utf8_count(struct str s) {
    size_t count = 0;
    for (size_t at = 0; at < s.len; count++) {
        bool is_ascii = (unsigned char)s.at[at] < 0x80;
        size_t length = is_ascii ? 1 : str_utf8_length(str_slice(s, at, s.len));
        at += length ? length : 1;
    }
    return count;
}

struct str str_utf8_cut(struct str s, size_t max_bytes) {
    if (s.len <= max_bytes) return s;
    for (size_t back = 1; back <= 3 && back <= max_bytes; back++) {
        size_t start = max_bytes - back;
        if (((unsigned char)s.at[start] & 0xC0) == 0x80) continue;
        bool cuts = str_utf8_length(str_slice(s, start, s.len)) > back;
        return str_slice(s, 0, cuts ? start : max_bytes);
    }
    return str_slice(s, 0, max_bytes);
}
