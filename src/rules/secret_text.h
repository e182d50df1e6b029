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
/* The same, but for references in part: for a text in which secret_first_reference is known. */
bool secret_may_be_password(struct str text);
/* Whether it is one and literal (secret_value_is_literal), but for what secret_last_stand_in finds. */
bool secret_may_be_literal_password(struct str value);
/* Where the first (last) reference begins, whatever stands around it; text.len: it holds none. */
size_t secret_first_reference(struct str text);
size_t secret_last_reference(struct str text);
/* Where the last reference or URL begins; value.len: it holds none. */
size_t secret_last_stand_in(struct str value);

/*
 * What a pass over a text, from its beginning to its end, has found out ahead of itself, so that nothing is looked for again from
 * each place: addresses in the text, NULL at first.
 */
struct secret_ahead {
    const char *no_digit; /* none from the last token to here, and the token ends here */
    const char
        *no_netrc; /* no login and password from the last `machine` to here, where its line ends */
    const char *at_sign, *slash; /* the next one behind the last `oracle:thin:` */
    const char *last_reference;  /* before that at_sign */
    struct secret_run {
        const char *from, *end;
    } counted[12]; /* by alphabet: nothing else stands between these */
};
/* What a token of a known maker at the start of `rest` is, and how long; NULL: there is none. */
const char *secret_shape_at(struct str rest, size_t *length, struct secret_ahead *ahead);
/* Whether any word of secrets could begin in the name: telling ones have one. Costs little. */
bool secret_name_has_root(struct str name);
/* Writes something of that kind, made up from `number`; false: no prefix alone makes one. */
bool secret_shape_write(struct strbuf *out, const char *what, unsigned number);
/* Whether the base64 text means "user:password". */
bool secret_is_login(struct str base64);
/* Whether it means printable text, such as JSON, a config, a certificate. */
bool secret_is_printable_base64(struct str base64);

#endif
