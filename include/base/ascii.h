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
static inline char ascii_to_lower(char c) { return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c; }
static inline char ascii_to_upper(char c) { return ascii_is_lower(c) ? (char)(c - 'a' + 'A') : c; }

#endif
