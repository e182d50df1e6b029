#include "text/tree_decimal.h"

#include <float.h>

#include "base/ascii.h"

static bool is_sign(char c) { return c == '+' || c == '-'; }

struct str tree_decimal_take_digits(struct str *rest) {
    size_t count = 0;
    while (count < rest->len && ascii_is_digit(rest->at[count]))
        count++;
    struct str digits = str_slice(*rest, 0, count);
    *rest = str_slice(*rest, count, rest->len);
    return digits;
}

#define POWER_MAX 100000 /* as good as infinite, and sums of two stay in range */

static bool read_exponent(struct str rest, struct tree_decimal *decimal) {
    decimal->exponent = rest;
    decimal->power = 0;
    if (rest.len == 0) return true;
    if (rest.at[0] != 'e' && rest.at[0] != 'E') return false;
    rest = str_slice(rest, 1, rest.len);
    bool negative = rest.len > 0 && rest.at[0] == '-';
    if (rest.len > 0 && is_sign(rest.at[0])) rest = str_slice(rest, 1, rest.len);
    struct str digits = tree_decimal_take_digits(&rest);
    for (size_t i = 0; i < digits.len && decimal->power < POWER_MAX; i++)
        decimal->power = decimal->power * 10 + (digits.at[i] - '0');
    if (decimal->power > POWER_MAX) decimal->power = POWER_MAX;
    if (negative) decimal->power = -decimal->power;
    return digits.len > 0 && rest.len == 0;
}

bool tree_decimal_read(struct str text, struct tree_decimal *decimal) {
    *decimal = (struct tree_decimal){.negative = text.len > 0 && text.at[0] == '-'};
    if (text.len > 0 && is_sign(text.at[0])) text = str_slice(text, 1, text.len);
    decimal->whole = tree_decimal_take_digits(&text);
    bool point = text.len > 0 && text.at[0] == '.';
    if (point) text = str_slice(text, 1, text.len);
    if (point) decimal->fraction = tree_decimal_take_digits(&text);
    return (decimal->whole.len > 0 || decimal->fraction.len > 0) && read_exponent(text, decimal);
}

static size_t digit_count(const struct tree_decimal *decimal) {
    return decimal->whole.len + decimal->fraction.len;
}

static char digit_at(const struct tree_decimal *decimal, size_t i) {
    return i < decimal->whole.len ? decimal->whole.at[i]
                                  : decimal->fraction.at[i - decimal->whole.len];
}

/* The digits from the first to the last that is not 0, and the power of ten of the first. */
static void find_significant(const struct tree_decimal *decimal, size_t *first, size_t *behind,
                             int64_t *power) {
    *first = 0;
    *behind = digit_count(decimal);
    while (*first < *behind && digit_at(decimal, *first) == '0')
        ++*first;
    while (*behind > *first && digit_at(decimal, *behind - 1) == '0')
        --*behind;
    *power = (int64_t)decimal->whole.len - (int64_t)*first + decimal->power;
}

bool tree_decimal_equal(const struct tree_decimal *a, const struct tree_decimal *b) {
    size_t at_a, at_b, end_a, end_b;
    int64_t power_a, power_b;
    find_significant(a, &at_a, &end_a, &power_a);
    find_significant(b, &at_b, &end_b, &power_b);
    if (end_a - at_a != end_b - at_b) return false;
    if (at_a == end_a) return true;
    if (a->negative != b->negative || power_a != power_b) return false;
    /* What was clamped may have been anything. */
    if (a->power == POWER_MAX || a->power == -POWER_MAX) return false;
    for (; at_a < end_a; at_a++, at_b++)
        if (digit_at(a, at_a) != digit_at(b, at_b)) return false;
    return true;
}

static double scale(double value, int power) {
    static const double powers[] = {1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256};
    unsigned left = (unsigned)(power < 0 ? -power : power);
    for (size_t i = 0; i < sizeof powers / sizeof powers[0] && left > 0; i++, left >>= 1)
        if (left & 1) value = power < 0 ? value / powers[i] : value * powers[i];
    if (left == 0 || !(value > 0)) return value;
    return power < 0 ? 0 : (double)DBL_MAX * 10;
}

double tree_decimal_value(const struct tree_decimal *decimal) {
    double value = 0;
    int power = decimal->power, digits = 0;
    for (size_t i = 0; i < digit_count(decimal); i++) {
        bool in_whole = i < decimal->whole.len;
        char digit = digit_at(decimal, i);
        bool counts = digits < 17 && power > -2 * POWER_MAX;
        if (counts) value = value * 10 + (digit - '0');
        if (counts && value > 0) digits++;
        if (in_whole && !counts && power < 2 * POWER_MAX) power++;
        if (!in_whole && counts) power--;
    }
    value = scale(value, power);
    return decimal->negative ? -value : value;
}
