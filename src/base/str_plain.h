/*
 * Which bytes of a text stand for themselves, sixteen at a time: the loop that every text of an answer and of a
 * log line runs through; and which characters never do. Private to base.
 */
#ifndef PODGATE_BASE_STR_PLAIN_H
#define PODGATE_BASE_STR_PLAIN_H

#include "base/str.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* What a copy may write behind what it copies. */
#define PLAIN_BLOCK 16

/* plain_copy: how many of the first bytes are printable ASCII, no quote and no backslash; with `is_html` (a constant)
 * neither of <, > and &. They are copied to `to`, which has room for the whole text and PLAIN_BLOCK bytes: what it
 * holds behind them means nothing. */
#if defined(__SSE2__)

/* A bit for each of sixteen bytes that does not stand for itself, the first one lowest. */
static inline unsigned mark_stops(__m128i bytes, bool is_html) {
    /* As signed numbers: behind DEL, and before it, come the negative ones. Only the signs are looked at. */
    __m128i stops = _mm_subs_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(' ' + 1));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    if (is_html) {
        /* Each of these pairs differs in one bit. */
        __m128i angles = _mm_or_si128(bytes, _mm_set1_epi8('<' ^ '>'));
        __m128i quotes = _mm_or_si128(bytes, _mm_set1_epi8('"' ^ '&'));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(angles, _mm_set1_epi8('<' | '>')));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(quotes, _mm_set1_epi8('"' | '&')));
    } else {
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    }
    return (unsigned)_mm_movemask_epi8(stops);
}

/* The four bytes at `at`, or the eight. */
static inline uint64_t load_four(const char *at) {
    uint32_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}
static inline uint64_t load_eight(const char *at) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Less than sixteen bytes, with zeros behind them, read as their first and their last ones, of which some are the
 * same. A zero never stands for itself, so nothing behind the text does. */
static inline __m128i load_short(struct str s) {
    uint64_t low = 0, high = 0;
    if (s.len >= 8) {
        low = load_eight(s.at);
        /* In two steps: of eight bytes none is left. */
        high = load_eight(s.at + s.len - 8) >> 8 >> 8 * (15 - s.len);
    } else if (s.len >= 4) {
        low = load_four(s.at) | load_four(s.at + s.len - 4) << 8 * (s.len - 4);
    } else if (s.len > 0) {
        size_t middle = s.len / 2, last = s.len - 1;
        low = (unsigned char)s.at[0] | (uint64_t)(unsigned char)s.at[middle] << 8 * middle |
              (uint64_t)(unsigned char)s.at[last] << 8 * last;
    }
    return _mm_set_epi64x((int64_t)high, (int64_t)low);
}

static inline unsigned copy_block(char *to, __m128i bytes, bool is_html) {
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return mark_stops(bytes, is_html);
}

static inline __m128i load_block(const char *at) {
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline size_t plain_copy(char *to, struct str s, bool is_html) {
    if (s.len < PLAIN_BLOCK) return (size_t)__builtin_ctz(copy_block(to, load_short(s), is_html));
    const size_t last = s.len - PLAIN_BLOCK;
    for (size_t at = 0;; at += PLAIN_BLOCK) {
        /* The last block begins within the one before, of which nothing stops. */
        if (at > last) at = last;
        unsigned stops = copy_block(to + at, load_block(s.at + at), is_html);
        if (stops != 0) return at + (size_t)__builtin_ctz(stops);
        if (at == last) return s.len;
    }
}

#else

static inline bool is_plain(char c, bool is_html) {
    if ((unsigned char)(c - ' ') >= 0x7F - ' ' || c == '"' || c == '\\') return false;
    return !is_html || (c != '<' && c != '>' && c != '&');
}

static inline size_t plain_copy(char *to, struct str s, bool is_html) {
    size_t run = 0;
    for (; run < s.len && is_plain(s.at[run], is_html); run++)
        to[run] = s.at[run];
    return run;
}

#endif

/* The code point of a well-formed sequence of that many bytes. */
uint32_t utf8_decode(const char *at, size_t length);
/* Line ends, direction marks and other invisible characters can make a terminal or a log viewer
 * show something else than what is there. */
bool utf8_misleads_readers(uint32_t point);

#endif
