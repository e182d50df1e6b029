/*
 * secret_text (private to the room secret): what its files share about letters, values and shapes.
 */
#ifndef PODGATE_RULES_SECRET_TEXT_H
#define PODGATE_RULES_SECRET_TEXT_H

#include "base/ascii.h"
#include "rules/secret.h"

/* A bit for each of 64 characters, from `first` to `last`. */
#define SECRET_BITS(first, last) ((UINT64_C(2) << ((last)&63)) - (UINT64_C(1) << ((first)&63)))
/* Of the words that tokens are made of: asked for each byte of each command. */
static inline bool is_word_part(char c) {
    static const uint64_t parts[4] = {SECRET_BITS('0', '9') | SECRET_BITS('-', '-'),
                                      SECRET_BITS('A', 'Z') | SECRET_BITS('a', 'z') |
                                          SECRET_BITS('_', '_')};
    return parts[(unsigned char)c >> 6] >> (c & 63) & 1;
}

/* "xxxxxxxx", "********", "........" */
bool secret_is_mask(struct str text);
/* Of a reference, a placeholder, a command: no password inside a longer text begins so. */
static inline bool secret_begins_stand_in(char c) { return c == '$' || c == '<' || c == '`'; }
/* Whether a password inside a longer text is one: no reference, not even in part, no placeholder. */
bool secret_is_password(struct str text);
/* What a token of a known maker at the start of `rest` is, and how long; NULL: there is none. */
const char *secret_shape_at(struct str rest, size_t *length);
/* Writes something of that kind, made up from `number`; false: no prefix alone makes one. */
bool secret_shape_write(struct strbuf *out, const char *what, unsigned number);
/* Whether the base64 text means "user:password". */
bool secret_is_login(struct str base64);
/* Whether it means printable text, such as JSON, a config, a certificate. */
bool secret_is_printable_base64(struct str base64);

#endif
