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

#define PLAIN_BLOCK 16

static inline bool is_plain(char c, bool is_html) {
    if ((unsigned char)(c - ' ') >= 0x7F - ' ' || c == '"' || c == '\\') return false;
    return !is_html || (c != '<' && c != '>' && c != '&');
}

/* block_stops: a bit for each of sixteen bytes that does not stand for itself, the first one lowest. `to`, if not NULL,
 * becomes a copy of them. short_is_plain: whether all of four to fifteen bytes stand for themselves. */
#if defined(__SSE2__)
static inline __m128i mark_stops(__m128i bytes, bool is_html) {
    /* As signed numbers: behind DEL, and before it, come the negative ones. */
    __m128i stops = _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(' ' + 1));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    if (!is_html) return _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    /* Each of these pairs differs in one bit. */
    __m128i angles = _mm_or_si128(bytes, _mm_set1_epi8('<' ^ '>'));
    __m128i quotes = _mm_or_si128(bytes, _mm_set1_epi8('"' ^ '&'));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(angles, _mm_set1_epi8('<' | '>')));
    return _mm_or_si128(stops, _mm_cmpeq_epi8(quotes, _mm_set1_epi8('"' | '&')));
}
static inline unsigned block_stops(char *to, const char *at, bool is_html) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    if (to) _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return (unsigned)_mm_movemask_epi8(mark_stops(bytes, is_html));
}
static inline bool short_is_plain(struct str s, bool is_html) {
    /* Its first bytes and its last, of which some are the same. */
    uint64_t first = 0, last = 0;
    if (s.len >= sizeof first) {
        memcpy(&first, s.at, sizeof first);
        memcpy(&last, s.at + s.len - sizeof last, sizeof last);
    } else {
        uint32_t half;
        memcpy(&half, s.at, sizeof half);
        memcpy(&last, s.at + s.len - sizeof half, sizeof half);
        first = last = (uint64_t)half << 32 | last;
    }
    __m128i bytes = _mm_set_epi64x((int64_t)last, (int64_t)first);
    return _mm_movemask_epi8(mark_stops(bytes, is_html)) == 0;
}
#else
static inline unsigned block_stops(char *to, const char *at, bool is_html) {
    unsigned stops = 0;
    if (to) memcpy(to, at, PLAIN_BLOCK);
    for (unsigned i = 0; i < PLAIN_BLOCK; i++)
        stops |= (unsigned)!is_plain(at[i], is_html) << i;
    return stops;
}
static inline bool short_is_plain(struct str s, bool is_html) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_plain(s.at[i], is_html)) return false;
    return true;
}
#endif

/* How many of the first bytes are printable ASCII, no quote and no backslash; with `is_html` (a constant) neither of
 * <, > and &. They are copied to `to`, if it is not NULL, which has room for the whole text: what it holds behind them
 * means nothing. */
static inline size_t plain_copy(char *to, struct str s, bool is_html) {
    size_t run = 0;
    if (s.len < PLAIN_BLOCK) {
        if (s.len >= 4 && short_is_plain(s, is_html)) {
            if (to) memcpy(to, s.at, s.len);
            return s.len;
        }
        for (; run < s.len && is_plain(s.at[run], is_html); run++)
            if (to) to[run] = s.at[run];
        return run;
    }
    for (; s.len - run >= PLAIN_BLOCK; run += PLAIN_BLOCK) {
        unsigned stops = block_stops(to ? to + run : NULL, s.at + run, is_html);
        if (stops != 0) return run + (size_t)__builtin_ctz(stops);
    }
    /* What is left is looked at together with some of what was. */
    size_t last = s.len - PLAIN_BLOCK;
    unsigned stops = block_stops(to ? to + last : NULL, s.at + last, is_html) >> (run - last);
    return stops != 0 ? run + (size_t)__builtin_ctz(stops) : s.len;
}
static inline size_t plain_run(struct str s, bool is_html) { return plain_copy(NULL, s, is_html); }

/* The code point of a well-formed sequence of that many bytes. */
uint32_t utf8_decode(const char *at, size_t length);
/* Line ends, direction marks and other invisible characters can make a terminal or a log viewer
 * show something else than what is there. */
bool utf8_misleads_readers(uint32_t point);

#endif
