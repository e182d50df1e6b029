/* What stands under a secret's name without being the secret: references, masks, switches, places where it is kept. */
#include "rules/secret_text.h"

#define REFERENCE_MAX 512 /* bytes of a value made of references: it stands for a secret */

/* "xxxxxxxx", "********", "........": shown where a secret would stand. */
bool secret_is_mask(struct str text) {
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] != text.at[0]) return false;
    }
    return text.len > 1 && strchr("*xX.-_#", text.at[0]);
}

/* The length of $(NAME), ${NAME}, {{ x }}, <x>, %NAME% or $NAME at the start of `text`; 0: none is there. */
static size_t reference_length(struct str text) {
    static const struct {
        const char *open, *close;
    } marks[] = {{"$(", ")"}, {"${", "}"}, {"{{", "}}"}, {"#{", "}"}, {"<", ">"}, {"%", "%"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct str open = str_from(marks[i].open), close = str_from(marks[i].close);
        if (!str_starts_with(text, open)) continue;
        for (size_t at = open.len + 1; at + close.len <= text.len; at++) {
            if (str_starts_with(str_slice(text, at, text.len), close)) return at + close.len;
        }
    }
    size_t name = 1;
    while (name < text.len &&
           (ascii_is_upper(text.at[name]) || ascii_is_digit(text.at[name]) || text.at[name] == '_'))
        name++;
    return text.len > 1 && text.at[0] == '$' && ascii_is_upper(text.at[1]) ? name : 0;
}

/* Whether nothing but references, and the marks between them, makes the text. */
static bool is_reference(struct str text) {
    bool has_reference = false;
    if (text.len > REFERENCE_MAX) return false;
    for (size_t at = 0; at < text.len;) {
        size_t length = reference_length(str_slice(text, at, text.len));
        if (length == 0 && ascii_is_alnum(text.at[at])) return false;
        has_reference = has_reference || length > 0;
        at += length > 0 ? length : 1;
    }
    return has_reference;
}

/* Words in small letters. */
static bool is_one_of(struct str text, const char *const *words, size_t count) {
    char first = ascii_to_lower(text.at[0]);
    for (size_t i = 0; i < count; i++) {
        if (words[i][0] == first && str_equals_ignore_case(text, str_from(words[i]))) return true;
    }
    return false;
}

static bool starts_with_one_of(struct str text, const char *const *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (prefixes[i][0] == text.at[0] && str_starts_with(text, str_from(prefixes[i])))
            return true;
    }
    return false;
}

/* tls.key, certs/ca.pem: what tools take as the name of a file. */
static bool is_file_name(struct str text) {
    static const char *const endings[] = {".key",  ".pem",  ".crt", ".cer", ".p12",  ".pfx", ".jks",
                                          ".json", ".yaml", ".yml", ".txt", ".conf", ".env"};
    if (str_find_last_char(text, '.') == text.len) return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (str_ends_with(text, str_from(endings[i])))
            return str_find_char(text, ' ') == text.len && str_find_char(text, '"') == text.len;
    }
    return false;
}

/* /run/secrets/token, ./token, C:\token; long mixtures of letters and digits are base64 that starts with a slash. */
static bool is_path(struct str text) {
    static const char *const starts[] = {"/", "./", "../", "~/", "@/", "C:\\"};
    if (is_file_name(text)) return true;
    if (!starts_with_one_of(text, starts, sizeof starts / sizeof starts[0])) return false;
    bool has_upper = false, has_digit = false, has_dot = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '+' || c == '=' || c == ' ') return false;
        has_upper = has_upper || ascii_is_upper(c);
        has_digit = has_digit || ascii_is_digit(c);
        has_dot = has_dot || c == '.';
    }
    return text.len < 24 || has_dot || !has_upper || !has_digit;
}

/* Where something keeps the secret, in the notations of secret stores. */
static bool is_address(struct str text) {
    static const char *const prefixes[] = {
        "vault:",          "bao:",      "ref+", "op://",      "arn:aws",
        "awssm:",          "awsps:",    "ssm:", "file:",      "secret://",
        "secretsmanager:", "keyvault:", "akv:", "gcpsm:",     "projects/",
        "sm://",           "ENC[",      "env:", "secretref:", "@Microsoft.KeyVault(",
    };
    return starts_with_one_of(text, prefixes, sizeof prefixes / sizeof prefixes[0]) ||
           is_path(text) || str_contains(text, STR("://"));
}

/* [REDACTED], (none) */
static struct str without_brackets(struct str text) {
    char last = text.at[text.len - 1];
    return last == ']' || last == ')' ? str_slice(text, 1, text.len - 2) : text;
}

bool secret_value_is_literal(struct str value) {
    static const char *const switches[] = {
        "true",     "false",     "yes",      "no",     "on",    "off",   "0",
        "1",        "none",      "null",     "nil",    "unset", "empty", "enabled",
        "disabled", "enable",    "disable",  "always", "never", "auto",  "optional",
        "required", "undefined", "redacted", "n/a",
    };
    struct str text = str_trim(value);
    if (text.len >= 2 && (text.at[0] == '[' || text.at[0] == '(')) text = without_brackets(text);
    if (str_is_empty(text)) return false;
    if (is_one_of(text, switches, sizeof switches / sizeof switches[0])) return false;
    return !secret_is_mask(text) && !is_reference(text) && !is_address(text);
}

bool secret_is_password(struct str text) {
    static const struct str placeholders[] = {STR_INIT("PASSWORD"), STR_INIT("PASS"),
                                              STR_INIT("SECRET"), STR_INIT("TOKEN"),
                                              STR_INIT("XXX")};
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (str_equals(text, placeholders[i])) return false;
    }
    return !str_is_empty(text) && !secret_begins_stand_in(text.at[0]) && !secret_is_mask(text) &&
           !is_reference(text) && !str_contains(text, STR("$(")) &&
           !str_contains(text, STR("${")) && !str_contains(text, STR("{{"));
}
