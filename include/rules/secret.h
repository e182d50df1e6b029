/*
 * secret: does a variable hold a secret in clear? Told by its name, by its value's shape, never by guessing at
 * randomness. Tables in secret_terms.def, secret_words.def and secret_shape.c are the only home of names and shapes; docs/secrets.md explains them.
 *
 * Values are looked at and never copied, printed or kept; but for secret_stand_in nothing is allocated. Any thread may enter.
 */
#ifndef PODGATE_RULES_SECRET_H
#define PODGATE_RULES_SECRET_H

#include "base/str.h"

/*
 * Whether variables of this name hold secrets: DB_PASSWORD, apiKey, github-token. Names are divided at '_', '-', '.',
 * and at camelCase, and whole words decide: TOKENIZERS_PARALLELISM holds none. A word behind that says it is something
 * about the secret (PASSWORD_FILE, TOKEN_TTL, SECRET_NAME, ACCESS_KEY_ID) takes it back, as do PUBLIC before a key and MAX or
 * ALLOW before anything.
 */
bool secret_name_is_telling(struct str name);

/*
 * Whether a value under a telling name can be the secret itself. Not: nothing, a switch or "none" (ALLOW_EMPTY_PASSWORD=yes),
 * a reference or placeholder ($(OTHER), ${OTHER}, {{x}}, <password>, ****), the path or address of something
 * (/run/secrets/x, vault:...). Numbers are literal, but for the switches 0 and 1. `changeme` is a literal secret: a bad one.
 */
bool secret_value_is_literal(struct str value);

/* A secret inside a text. */
struct secret_hit {
    const char *what;  /* "a private key", "a GitHub token", "a password in a URL", "a secret" */
    struct str secret; /* where it stands in the text */
    struct str name;   /* behind which it stands: "db-password"; or empty */
};

/*
 * The first secret in the text, whatever name the text has: a token of a known maker, a private key, a password in a URL, what stands
 * behind a telling name in a command line, a connection string, JSON, YAML or properties. Linear in the text's length.
 */
bool secret_find(struct str text, struct secret_hit *hit);
/* Whether the text is a flag whose value is the next argument, and a secret: --db-password. */
bool secret_is_flag(struct str text);
/* What secret_find finds; NULL: the text holds none. */
const char *secret_value_shape(struct str value);

/* Entropy by Shannon over the text's characters, in thousandths of a bit a character; 0 beyond 4096 bytes. */
unsigned secret_entropy(struct str text);

/*
 * Whether the whole value looks like random characters: one word of base64 letters, at least `length` long, with upper case, lower
 * case and digits that take turns, entropy of `millibits` a character at least, and no printable text in base64.
 */
bool secret_value_is_random(struct str value, size_t length, unsigned millibits);

/*
 * What to write instead of a value, so that it is judged as the value was and tells nothing else of it: of the same shape behind the
 * same name, or literal or a reference as it was, random or not. An empty value and a flag such as --db-password are their
 * own. `number` keeps different values apart. *is_exact is false when no text was found that is
 * judged alike in everything. STR_NONE when out of memory.
 */
struct str secret_stand_in(struct arena *arena, struct str value, unsigned number, bool *is_exact);

#endif
