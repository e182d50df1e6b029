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

/* The length up to the next `close`, behind an opening of so many bytes and something; 0: there is none. */
static size_t closed_length(struct str text, size_t open, char close) {
    const char *from = text.at + open + 1;
    const char *end = text.len > open ? memchr(from, close, text.len - open - 1) : NULL;
    return end ? (size_t)(end - text.at) + 1 : 0;
}

/* {{ x }} */
static size_t template_length(struct str text) {
    for (size_t at = 3; at + 2 <= text.len; at++) {
        const char *end = memchr(text.at + at, '}', text.len - at - 1);
        if (!end) return 0;
        at = (size_t)(end - text.at);
        if (text.at[at + 1] == '}') return at + 2;
    }
    return 0;
}

/* $(NAME), ${NAME} or $NAME */
static size_t variable_length(struct str text, char second) {
    if (second == '(') return closed_length(text, 2, ')');
    if (second == '{') return closed_length(text, 2, '}');
    if (!ascii_is_upper(second)) return 0;
    size_t end = 1;
    while (end < text.len &&
           (ascii_is_upper(text.at[end]) || ascii_is_digit(text.at[end]) || text.at[end] == '_'))
        end++;
    return end;
}

/* %NAME%. No name has an = in it: what is assigned between two of these signs is looked at by itself. */
static size_t windows_variable_length(struct str text) {
    size_t length = closed_length(text, 1, '%');
    return str_find_char(str_slice(text, 0, length), '=') == length ? length : 0;
}

/* The length of a variable, {{ x }}, #{x}, <x> or %NAME% at the start of `text`; 0: none is there. */
static size_t reference_length(struct str text) {
    char second = text.len > 1 ? text.at[1] : '\0';
    switch (text.at[0]) {
    case '$': return variable_length(text, second);
    case '{': return second == '{' ? template_length(text) : 0;
    case '#': return second == '{' ? closed_length(text, 2, '}') : 0;
    case '<': return closed_length(text, 1, '>');
    case '%': return windows_variable_length(text);
    default: return 0;
    }
}

/* Whether nothing but references, and the marks between them, makes the text. */
static bool is_reference(struct str text) {
    bool has_reference = false;
    if (text.len > REFERENCE_MAX) return false;
    for (size_t at = 0; at < text.len;) {
        if (ascii_is_alnum(text.at[at])) return false;
        size_t length = reference_length(str_slice(text, at, text.len));
        has_reference = has_reference || length > 0;
        at += length > 0 ? length : 1;
    }
    return has_reference;
}

static bool starts_with_one_of(struct str text, const struct str *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (prefixes[i].at[0] == text.at[0] && str_starts_with(text, prefixes[i])) return true;
    }
    return false;
}

/* tls.key, certs/ca.pem: what tools take as the name of a file. */
static bool is_file_name(struct str text) {
    static const struct str endings[] = {STR_INIT(".key"), STR_INIT(".pem"),  STR_INIT(".crt"),
                                         STR_INIT(".cer"), STR_INIT(".p12"),  STR_INIT(".pfx"),
                                         STR_INIT(".jks"), STR_INIT(".json"), STR_INIT(".yaml"),
                                         STR_INIT(".yml"), STR_INIT(".txt"),  STR_INIT(".conf"),
                                         STR_INIT(".env")};
    size_t longest = sizeof ".json" - 1, shortest = sizeof ".key" - 1;
    for (size_t length = shortest; length <= longest && length <= text.len; length++) {
        struct str end = str_slice(text, text.len - length, length);
        for (size_t i = 0; end.at[0] == '.' && i < sizeof endings / sizeof endings[0]; i++) {
            if (str_equals(end, endings[i]))
                return str_find_char(text, ' ') == text.len && str_find_char(text, '"') == text.len;
        }
    }
    return false;
}

/* /run/secrets/token, ./token, C:\token; long mixtures of letters and digits are base64 that starts with a slash. */
static bool is_path(struct str text) {
    static const struct str starts[] = {STR_INIT("/"),  STR_INIT("./"), STR_INIT("../"),
                                        STR_INIT("~/"), STR_INIT("@/"), STR_INIT("C:\\")};
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

/* Where something keeps the secret, in the notations of secret stores; but for what has a :// in it. */
static bool is_address(struct str text) {
    static const struct str prefixes[] = {
        STR_INIT("vault:"),
        STR_INIT("bao:"),
        STR_INIT("ref+"),
        STR_INIT("op://"),
        STR_INIT("arn:aws"),
        STR_INIT("awssm:"),
        STR_INIT("awsps:"),
        STR_INIT("ssm:"),
        STR_INIT("file:"),
        STR_INIT("secret://"),
        STR_INIT("secretsmanager:"),
        STR_INIT("keyvault:"),
        STR_INIT("akv:"),
        STR_INIT("gcpsm:"),
        STR_INIT("projects/"),
        STR_INIT("sm://"),
        STR_INIT("ENC["),
        STR_INIT("env:"),
        STR_INIT("secretref:"),
        STR_INIT("@Microsoft.KeyVault("),
    };
    return starts_with_one_of(text, prefixes, sizeof prefixes / sizeof prefixes[0]) ||
           is_path(text);
}

/* ALLOW_EMPTY_PASSWORD=yes */
static bool is_switch(struct str text) {
    static const struct str words[] = {
        STR_INIT("true"),     STR_INIT("false"),    STR_INIT("yes"),       STR_INIT("no"),
        STR_INIT("on"),       STR_INIT("off"),      STR_INIT("0"),         STR_INIT("1"),
        STR_INIT("none"),     STR_INIT("null"),     STR_INIT("nil"),       STR_INIT("unset"),
        STR_INIT("empty"),    STR_INIT("enabled"),  STR_INIT("disabled"),  STR_INIT("enable"),
        STR_INIT("disable"),  STR_INIT("always"),   STR_INIT("never"),     STR_INIT("auto"),
        STR_INIT("optional"), STR_INIT("required"), STR_INIT("undefined"), STR_INIT("redacted"),
        STR_INIT("n/a"),
    };
    if (text.len > sizeof "undefined" - 1) return false;
    char first = ascii_to_lower(text.at[0]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].len == text.len && words[i].at[0] == first &&
            str_equals_ignore_case(text, words[i]))
            return true;
    }
    return false;
}

/* [REDACTED], (none) */
static struct str without_brackets(struct str text) {
    char last = text.at[text.len - 1];
    return last == ']' || last == ')' ? str_slice(text, 1, text.len - 2) : text;
}

/* All but for what it may hold in it. */
static bool is_literal(struct str value) {
    struct str text = str_trim(value);
    if (text.len >= 2 && (text.at[0] == '[' || text.at[0] == '(')) text = without_brackets(text);
    if (str_is_empty(text) || is_switch(text)) return false;
    return !secret_is_mask(text) && !is_reference(text) && !is_address(text);
}

static bool is_password(struct str text) {
    static const struct str placeholders[] = {STR_INIT("PASSWORD"), STR_INIT("PASS"),
                                              STR_INIT("SECRET"), STR_INIT("TOKEN"),
                                              STR_INIT("XXX")};
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (str_equals(text, placeholders[i])) return false;
    }
    return !str_is_empty(text) && !secret_begins_stand_in(text.at[0]) && !secret_is_mask(text);
}

bool secret_value_is_literal(struct str value) {
    return is_literal(value) && !str_contains(value, STR("://"));
}

bool secret_may_be_password(struct str text) { return is_password(text) && !is_reference(text); }

bool secret_is_password(struct str text) {
    return secret_may_be_password(text) && secret_first_reference(text) == text.len;
}

bool secret_may_be_literal_password(struct str value) {
    return is_password(value) && is_literal(value) && !is_reference(value);
}

static bool begins_inner_reference(struct str rest) {
    return str_starts_with(rest, STR("${")) || str_starts_with(rest, STR("$(")) ||
           str_starts_with(rest, STR("{{"));
}

size_t secret_first_reference(struct str text) {
    for (size_t at = 0; at < text.len; at++) {
        if (text.at[at] != '$' && text.at[at] != '{') continue;
        if (begins_inner_reference(str_slice(text, at, text.len))) return at;
    }
    return text.len;
}

static size_t find_last(struct str text, bool (*begins)(struct str rest)) {
    for (size_t at = text.len; at-- > 0;) {
        char c = text.at[at];
        if ((c == '$' || c == '{' || c == ':') && begins(str_slice(text, at, text.len))) return at;
    }
    return text.len;
}

size_t secret_last_reference(struct str text) { return find_last(text, begins_inner_reference); }

static bool begins_stand_in(struct str rest) {
    return begins_inner_reference(rest) || str_starts_with(rest, STR("://"));
}

size_t secret_last_stand_in(struct str value) { return find_last(value, begins_stand_in); }
