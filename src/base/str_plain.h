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

/* block_stops: a bit for each of sixteen bytes that does not stand for itself, the first one lowest.
 * short_is_plain: whether all of eight to fifteen bytes do. */
#if defined(__SSE2__)
static inline unsigned stops_of(__m128i bytes, bool is_html) {
    /* As signed numbers those that are not ASCII are less than a blank. */
    __m128i stops = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    if (is_html) {
        /* They differ in one bit. */
        __m128i angles = _mm_or_si128(bytes, _mm_set1_epi8('<' ^ '>'));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(angles, _mm_set1_epi8('>')));
        stops = _mm_or_si128(stops, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('&')));
    }
    return (unsigned)_mm_movemask_epi8(stops);
}
static inline unsigned block_stops(const char *at, bool is_html) {
    return stops_of(_mm_loadu_si128((const __m128i *)(const void *)at), is_html);
}
static inline bool short_is_plain(struct str s, bool is_html) {
    /* Its first eight and its last eight, of which some are the same. */
    __m128i first = _mm_loadl_epi64((const __m128i *)(const void *)s.at);
    __m128i last = _mm_loadl_epi64((const __m128i *)(const void *)(s.at + s.len - 8));
    return stops_of(_mm_unpacklo_epi64(first, last), is_html) == 0;
}
#else
static inline unsigned block_stops(const char *at, bool is_html) {
    unsigned stops = 0;
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
 * <, > and &. */
static inline size_t plain_run(struct str s, bool is_html) {
    size_t run = 0;
    if (s.len < PLAIN_BLOCK) {
        if (s.len >= PLAIN_BLOCK / 2 && short_is_plain(s, is_html)) return s.len;
        while (run < s.len && is_plain(s.at[run], is_html))
            run++;
        return run;
    }
    for (; s.len - run >= PLAIN_BLOCK; run += PLAIN_BLOCK) {
        unsigned stops = block_stops(s.at + run, is_html);
        if (stops != 0) return run + (size_t)__builtin_ctz(stops);
    }
    /* What is left is looked at together with some of what was. */
    size_t last = s.len - PLAIN_BLOCK;
    unsigned stops = block_stops(s.at + last, is_html) >> (run - last);
    return stops != 0 ? run + (size_t)__builtin_ctz(stops) : s.len;
}

/* The code point of a well-formed sequence of that many bytes. */
uint32_t utf8_decode(const char *at, size_t length);
/* Line ends, direction marks and other invisible characters can make a terminal or a log viewer
 * show something else than what is there. */
bool utf8_misleads_readers(uint32_t point);

#endif
