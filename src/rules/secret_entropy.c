/*
 * Entropy by Shannon over the characters of a text: bits a character = log2(n) - sum(c * log2(c)) / n, where n is the length and c
 * how often each character occurs. In millibits, from integers: base-2 logarithms in 1/65536.
 */
#include "rules/secret_text.h"

#define LENGTH_MAX 4096 /* a longer text is no key */

/* log2(value) * 65536; 0 < value < 2^32. Squares the fraction, a bit of the result at a time. */
static uint64_t log2_fixed(uint64_t value) {
    unsigned whole = 63 - (unsigned)__builtin_clzll(value);
    uint64_t result = (uint64_t)whole << 16;
    uint64_t fraction = value << (31 - whole); /* 1.31 */
    for (unsigned bit = 16; bit-- > 0;) {
        fraction = fraction * fraction >> 31;
        if (fraction >> 32 == 0) continue;
        fraction >>= 1;
        result |= UINT64_C(1) << bit;
    }
    return result;
}

unsigned secret_entropy(struct str text) {
    unsigned counts[256] = {0};
    if (text.len == 0 || text.len > LENGTH_MAX) return 0;
    for (size_t i = 0; i < text.len; i++)
        counts[(unsigned char)text.at[i]]++;
    uint64_t sum = 0;
    for (size_t i = 0; i < 256; i++)
        if (counts[i] > 1) sum += counts[i] * log2_fixed(counts[i]);
    uint64_t bits = log2_fixed(text.len) - sum / text.len;
    return (unsigned)(bits * 1000 >> 16);
}

static int class_of(char c) {
    if (ascii_is_digit(c)) return 0;
    if (ascii_is_upper(c)) return 1;
    return ascii_is_lower(c) ? 2 : 3;
}

/* Words keep to one class for a while, random letters change it at two of three. */
static bool changes_often(struct str text) {
    size_t changes = 0;
    for (size_t i = 1; i < text.len; i++)
        changes += class_of(text.at[i]) != class_of(text.at[i - 1]);
    return changes * 3 >= text.len;
}

bool secret_value_is_random(struct str value, size_t length, unsigned millibits) {
    bool has_upper = false, has_lower = false, has_digit = false;
    struct str text = str_trim(value);
    if (text.len < length || text.len > LENGTH_MAX) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!is_word_part(c) && c != '+' && c != '/' && c != '=') return false;
        has_upper = has_upper || ascii_is_upper(c);
        has_lower = has_lower || ascii_is_lower(c);
        has_digit = has_digit || ascii_is_digit(c);
    }
    return has_upper && has_lower && has_digit && changes_often(text) &&
           !secret_is_printable_base64(text) && secret_entropy(text) >= millibits;
}
