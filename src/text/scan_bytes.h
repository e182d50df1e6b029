/*
 * Classes of JSON's bytes, for the loops that every review runs through. Private to text.
 */
#ifndef PODGATE_TEXT_SCAN_BYTES_H
#define PODGATE_TEXT_SCAN_BYTES_H

#include "text/scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Once for each key or value of every review: a call would cost as much as the work. What is built to count branches has each of
 * them once. */
#ifdef __OPTIMIZE__
#define SCAN_HOT __attribute__((always_inline)) inline
#else
#define SCAN_HOT inline
#endif
/* Rare enough to stay out of the way of what is not. */
#define SCAN_COLD __attribute__((cold, noinline))

/* Of white space there is some. */
const char *scan_skip_blanks(const char *at, const char *end);

SCAN_HOT static const char *scan_skip_space(const char *at, const char *end) {
    /* What an API server sends has none. */
    bool is_none = at < end && (unsigned char)*at > ' ';
    return __builtin_expect(is_none, 1) ? at : scan_skip_blanks(at, end);
}

/* A bit for each of 16 bytes that stands for itself in a string and can be passed over without a
 * closer look: none of quotes, backslashes, control characters and all that is not ASCII. */
#if defined(__SSE2__)
SCAN_HOT static uint64_t scan_plain_of_16(const char *at) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    /* With this bit turned a quote is a blank's number, and a blank and '!' are above it. As signed
     * numbers control characters and what is not ASCII are below. */
    __m128i turned = _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ ' '));
    __m128i others = _mm_cmpgt_epi8(turned, _mm_set1_epi8(' '));
    return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(backslashes, others));
}
#else
#define SCAN_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

SCAN_HOT static uint64_t scan_plain_of_8(const char *at) {
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    /* Of seven bits each, so that no sum reaches the next byte. A sum's eighth bit stays clear for
     * what is less than a blank, for a quote and for a backslash. */
    uint64_t ascii = bytes & SCAN_EACH_BYTE(0x7F);
    uint64_t plain = (ascii + SCAN_EACH_BYTE(0x80 - ' ')) &
                     ((ascii ^ SCAN_EACH_BYTE('"')) + SCAN_EACH_BYTE(0x7F)) &
                     ((ascii ^ SCAN_EACH_BYTE('\\')) + SCAN_EACH_BYTE(0x7F)) & ~bytes;
    /* The eighth bits, put side by side. */
    return ((plain >> 7 & SCAN_EACH_BYTE(1)) * UINT64_C(0x0102040810204080)) >> 56;
}

SCAN_HOT static uint64_t scan_plain_of_16(const char *at) {
    return scan_plain_of_8(at) | scan_plain_of_8(at + 8) << 8;
}
#endif

/* Four hexadecimal digits to a number, or -1. */
static inline int32_t scan_hex4(const char *at) {
    static const unsigned char digits[256] = {
        ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
        ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1A, ['b'] = 0x1B,
        ['c'] = 0x1C, ['d'] = 0x1D, ['e'] = 0x1E, ['f'] = 0x1F, ['A'] = 0x1A, ['B'] = 0x1B,
        ['C'] = 0x1C, ['D'] = 0x1D, ['E'] = 0x1E, ['F'] = 0x1F,
    };
    unsigned a = digits[(unsigned char)at[0]], b = digits[(unsigned char)at[1]],
             c = digits[(unsigned char)at[2]], d = digits[(unsigned char)at[3]];
    if (!(a & b & c & d & 0x10)) return -1;
    return (int32_t)((a & 0xF) << 12 | (b & 0xF) << 8 | (c & 0xF) << 4 | (d & 0xF));
}

/* Writes what a string as written (between its quotes) means to `out`, which has room for as many
 * bytes as it is written with; gives the length. */
size_t scan_unescape_to(char *out, struct str as_written);

#define SCAN_BLOCK 64

/*
 * Where the plain bytes of a string end, 64 bytes at a time: so the end of one string can be
 * looked up while the one before it is still being found.
 */
static inline struct scan_blocks scan_blocks_of(struct str text) {
    /* As if the block before the first one were at hand: no byte is in it. */
    return (struct scan_blocks){.text = text, .block = (uintptr_t)text.at - SCAN_BLOCK};
}

/* The same as scan_skip_plain, when the block at hand does not tell. */
const char *scan_skip_plain_further(struct scan_blocks *blocks, const char *at);

/* The first byte at or behind `at` that is no plain one, or the end. */
SCAN_HOT static const char *scan_skip_plain(struct scan_blocks *blocks, const char *at) {
    uintptr_t offset = (uintptr_t)at - blocks->block;
    uint64_t stops = offset < SCAN_BLOCK ? blocks->stops >> offset : 0;
    return __builtin_expect(stops != 0, 1) ? at + __builtin_ctzll(stops)
                                           : scan_skip_plain_further(blocks, at);
}

#endif
