/*
 * Classes of JSON's bytes, for the loops that every review runs through. Private to scan.
 */
#ifndef PODGATE_TEXT_SCAN_BYTES_H
#define PODGATE_TEXT_SCAN_BYTES_H

#include "text/scan.h"

/* Whether the byte stands for itself in a string and can be passed over without a closer look. */
static inline bool scan_is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline const char *scan_skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

#define SCAN_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Passes over plain bytes, eight at a time: the top bit of each byte of `stops` tells whether that
 * byte ends the run; a borrow can falsify only bytes above a true one. */
static inline const char *scan_skip_plain(const char *at, const char *end) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t quotes = word ^ SCAN_EACH_BYTE('"'), backslashes = word ^ SCAN_EACH_BYTE('\\');
        uint64_t stops = word | (word - SCAN_EACH_BYTE(0x20)) | (quotes - SCAN_EACH_BYTE(1)) |
                         (backslashes - SCAN_EACH_BYTE(1));
        stops &= SCAN_EACH_BYTE(0x80);
        if (stops) return at + __builtin_ctzll(stops) / 8;
        at += 8;
    }
#endif
    while (at < end && scan_is_plain((unsigned char)*at))
        at++;
    return at;
}

#endif
