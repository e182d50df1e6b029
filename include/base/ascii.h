/*
 * ascii: what a byte is, whatever the locale. Bytes above 127 are nothing.
 */
#ifndef PODGATE_BASE_ASCII_H
#define PODGATE_BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool ascii_is_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool ascii_is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static inline bool ascii_is_letter(char c) { return ascii_is_lower(c) || ascii_is_upper(c); }
static inline bool ascii_is_alnum(char c) { return ascii_is_letter(c) || ascii_is_digit(c); }
/* What may stand between JSON's values, and no more: RFC 8259, section 2. */
static inline bool ascii_is_json_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static inline char ascii_to_lower(char c) { return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c; }
static inline char ascii_to_upper(char c) { return ascii_is_lower(c) ? (char)(c - 'a' + 'A') : c; }

#endif
