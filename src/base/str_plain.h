/*
 * Which bytes of a text stand for themselves, sixteen at a time: the loop that every text of an answer and of a
 * log line runs through; and which characters never do. Private to base.
 */
#ifndef PODGATE_BASE_STR_PLAIN_H
#define PODGATE_BASE_STR_PLAIN_H

#include "base/str.h"

#define PLAIN_BLOCK 16
typedef unsigned char plain_block __attribute__((vector_size(PLAIN_BLOCK)));

static inline bool is_plain(char c, bool is_html) {
    if ((unsigned char)(c - ' ') >= 0x7F - ' ' || c == '"' || c == '\\') return false;
    return !is_html || (c != '<' && c != '>' && c != '&');
}

static inline bool block_is_plain(const char *at, bool is_html) {
    plain_block bytes, special;
    uint64_t halves[2];
    memcpy(&bytes, at, PLAIN_BLOCK);
    special = (plain_block)(bytes - ' ' >= 0x7F - ' ') | (plain_block)(bytes == '"') |
              (plain_block)(bytes == '\\');
    if (is_html)
        special |=
            (plain_block)(bytes == '<') | (plain_block)(bytes == '>') | (plain_block)(bytes == '&');
    memcpy(halves, &special, PLAIN_BLOCK);
    return (halves[0] | halves[1]) == 0;
}

/* How many of the first bytes are printable ASCII, no quote and no backslash; with `is_html` (a constant) neither of
 * <, > and &. */
static inline size_t plain_run(struct str s, bool is_html) {
    size_t run = 0;
    while (s.len - run >= PLAIN_BLOCK && block_is_plain(s.at + run, is_html))
        run += PLAIN_BLOCK;
    /* What is left is looked at together with some of what was. */
    if (run > 0 && s.len - run < PLAIN_BLOCK && block_is_plain(s.at + s.len - PLAIN_BLOCK, is_html))
        return s.len;
    while (run < s.len && is_plain(s.at[run], is_html))
        run++;
    return run;
}

/* The code point of a well-formed sequence of that many bytes. */
uint32_t utf8_decode(const char *at, size_t length);
/* Line ends, direction marks and other invisible characters can make a terminal or a log viewer
 * show something else than what is there. */
bool utf8_misleads_readers(uint32_t point);

#endif
