/*
 * secret: does a variable hold a secret in clear? Told by its name, by its value's shape, never by guessing at
 * randomness. Tables in secret_name.c and secret_value.c are the only home of names and shapes.
 *
 * Values are looked at and never copied, printed or kept. Nothing is allocated. Any thread may enter.
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

/* What the value is by its own shape, wherever it stands: "a private key", "a GitHub token", "a password in a URL";
 * NULL: no known shape. */
const char *secret_value_shape(struct str value);

#endif
