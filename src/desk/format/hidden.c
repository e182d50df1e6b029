#include "desk/format/hidden.h"

#include "rules/secret.h"

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_quote(char c) { return c == '"' || c == '\''; }

static bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/* The key that ends before `colon`, in YAML or JSON. */
static struct str key_before(struct str line, size_t colon) {
    size_t end = colon;
    while (end > 0 && is_blank(line.at[end - 1]))
        end--;
    if (end > 0 && is_quote(line.at[end - 1])) end--;
    size_t start = end;
    while (start > 0 && is_key_character(line.at[start - 1]))
        start--;
    return str_slice(line, start, end - start);
}

static struct str quoted(struct str line, size_t start) {
    char quote = line.at[start++];
    size_t end = start;
    while (end < line.len && line.at[end] != quote)
        end += line.at[end] == '\\' && quote == '"' ? 2 : 1;
    return str_slice(line, start, end - start);
}

/* Up to what ends a plain scalar in flow style; block style has nothing behind it. */
static struct str plain(struct str line, size_t start) {
    size_t end = start;
    while (end < line.len && !strchr(",}]\r\n", line.at[end]))
        end++;
    return str_trim(str_slice(line, start, end - start));
}

static struct str value_behind(struct str line, size_t colon) {
    size_t start = colon + 1;
    while (start < line.len && is_blank(line.at[start]))
        start++;
    if (start == line.len || strchr("{[|>&*", line.at[start])) return STR_NONE;
    return is_quote(line.at[start]) ? quoted(line, start) : plain(line, start);
}

/* The first value behind a key that tells. */
static bool find_behind_key(struct str line, size_t from, struct str *value) {
    for (size_t at = from; at < line.len; at++) {
        if (line.at[at] != ':') continue;
        struct str key = key_before(line, at);
        if (!str_equals(key, STR("value")) && !secret_name_is_telling(key)) continue;
        *value = value_behind(line, at);
        if (value->len > 0 &&
            (secret_value_is_literal(*value) || secret_value_shape(*value) != NULL))
            return true;
    }
    return false;
}

bool hidden_find(struct str line, size_t from, struct str *value) {
    struct secret_hit hit;
    bool is_behind_key = find_behind_key(line, from, value);
    if (!secret_find(str_slice(line, from, line.len), &hit)) return is_behind_key;
    if (!is_behind_key || hit.secret.at < value->at) *value = hit.secret;
    return true;
}
