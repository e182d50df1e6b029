/*
 * k8s.io/apimachinery pkg/api/resource, quantity.go and suffix.go:
 *
 * quantity := [ "+" | "-" ] number suffix
 * number   := digits | digits "." | digits "." digits | "." digits
 * suffix   := "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E"
 *           | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"
 *           | ( "e" | "E" ) [ "+" | "-" ] digit { digit }
 *
 * "1E" is 10^18 and "1E3" is 1000. The Go code lets some texts without any digit pass as 0 ("+", "k", but
 * not "Pi"); its documented grammar does not, and neither do we. Digits are never gathered into one big number: a decimal
 * suffix only moves the point, a binary one multiplies the integer part and, digit by digit from the
 * right, the fraction.
 */
#include "kube/quantity.h"

#include "base/ascii.h"

#define NANOS_PER_UNIT 1000000000
/* Beyond this, moving the point of any text that fits in memory only saturates or rounds to a nano. */
#define EXPONENT_MAX ((int64_t)1 << 40)

struct number {
    bool is_negative;
    struct str whole, fraction; /* digits before and after the point */
    bool is_binary;
    int64_t exponent; /* of 10, or of 2 */
};

/* What a digit is worth in nanos, by its place behind the point. */
static const int32_t place_values[] = {100000000, 10000000, 1000000, 100000, 10000,
                                       1000,      100,      10,      1};
enum { NANO_DIGITS = sizeof place_values / sizeof *place_values };

static int64_t digit_at(struct str digits, size_t i) { return digits.at[i] - '0'; }

/* --- the text --- */

static struct str take_digits(struct str *rest) {
    size_t length = 0;
    while (length < rest->len && ascii_is_digit(rest->at[length]))
        length++;
    struct str digits = str_slice(*rest, 0, length);
    *rest = str_slice(*rest, length, rest->len);
    return digits;
}

/* "e3", "E+3", "e-3". A number that int64 does not hold is refused, as by Go. */
static bool parse_exponent(struct str suffix, struct number *number) {
    if (suffix.len < 2 || (suffix.at[0] != 'e' && suffix.at[0] != 'E')) return false;
    struct str digits = str_slice(suffix, 1, suffix.len);
    bool is_plus = digits.at[0] == '+';
    if (is_plus) digits = str_slice(digits, 1, digits.len);
    if (is_plus && (str_is_empty(digits) || !ascii_is_digit(digits.at[0]))) return false;
    if (!str_to_int64(digits, &number->exponent)) return false;
    if (number->exponent > EXPONENT_MAX) number->exponent = EXPONENT_MAX;
    if (number->exponent < -EXPONENT_MAX) number->exponent = -EXPONENT_MAX;
    return true;
}

/* The thousands or, before an i, the powers of 1024 that a letter stands for; 0 when for none. */
static int power_of(char letter) {
    switch (letter) {
    case 'n': return -3;
    case 'u': return -2;
    case 'm': return -1;
    case 'k':
    case 'K': return 1;
    case 'M': return 2;
    case 'G': return 3;
    case 'T': return 4;
    case 'P': return 5;
    case 'E': return 6;
    default: return 0;
    }
}

static bool parse_suffix(struct str suffix, struct number *number) {
    if (suffix.len == 0) return true;
    char letter = suffix.at[0];
    int power = power_of(letter);
    bool is_decimal = suffix.len == 1 && power != 0 && letter != 'K';
    number->is_binary = suffix.len == 2 && suffix.at[1] == 'i' && power > 0 && letter != 'k';
    number->exponent = number->is_binary ? 10 * power : 3 * power;
    return is_decimal || number->is_binary || parse_exponent(suffix, number);
}

static bool parse_number(struct str text, struct number *number, struct error *err) {
    struct str rest = text;
    if (rest.at[0] == '-' || rest.at[0] == '+') {
        number->is_negative = rest.at[0] == '-';
        rest = str_slice(rest, 1, rest.len);
    }
    number->whole = take_digits(&rest);
    if (rest.len > 0 && rest.at[0] == '.') {
        rest = str_slice(rest, 1, rest.len);
        number->fraction = take_digits(&rest);
    }
    if (number->whole.len + number->fraction.len == 0)
        return error_set(err, ERR_SYNTAX, "is no quantity: it has no digits");
    if (parse_suffix(rest, number)) return true;
    return error_set(err, ERR_SYNTAX,
                     "is no quantity: a number may be followed by one of n u m k M G T P E "
                     "Ki Mi Gi Ti Pi Ei, or by an exponent such as e3");
}

/* --- the value, without its sign --- */

static void saturate(struct quantity *q) {
    *q = (struct quantity){.units = INT64_MAX, .saturated = true};
}

static void add_units(struct quantity *q, int64_t units) {
    if (q->saturated) return;
    if (units > INT64_MAX - q->units)
        saturate(q);
    else
        q->units += units;
}

static void append_unit_digit(struct quantity *q, int64_t digit) {
    if (q->saturated) return;
    if (__builtin_mul_overflow(q->units, 10, &q->units) ||
        __builtin_add_overflow(q->units, digit, &q->units))
        saturate(q);
}

/* Finer than a nano rounds away from zero. */
static void round_up(struct quantity *q) {
    if (q->saturated || ++q->nanos < NANOS_PER_UNIT) return;
    q->nanos = 0;
    add_units(q, 1);
}

/* The whole digits as if the point stood behind all of them and the fraction. */
static int64_t any_digit(const struct number *number, size_t i) {
    return i < number->whole.len ? digit_at(number->whole, i)
                                 : digit_at(number->fraction, i - number->whole.len);
}

static void compute_decimal(const struct number *number, struct quantity *q) {
    int64_t count = (int64_t)(number->whole.len + number->fraction.len);
    /* Digits before this place are units, the next nine nanos. */
    int64_t point = (int64_t)number->whole.len + number->exponent;
    bool has_rest = false, has_value = false;
    for (int64_t i = 0; i < count; i++) {
        int64_t digit = any_digit(number, (size_t)i);
        has_value = has_value || digit != 0;
        if (i < point)
            append_unit_digit(q, digit);
        else if (i - point >= NANO_DIGITS)
            has_rest = has_rest || digit != 0;
        else if (!q->saturated)
            q->nanos += (int32_t)digit * place_values[i - point];
    }
    /* The zeros between the last digit and the point: 19 of them saturate whatever is there. */
    for (int64_t i = count; has_value && i < point && !q->saturated; i++)
        append_unit_digit(q, 0);
    if (has_rest) round_up(q);
}

static void compute_binary(const struct number *number, struct quantity *q) {
    int shift = (int)number->exponent;
    for (size_t i = 0; i < number->whole.len; i++)
        append_unit_digit(q, digit_at(number->whole, i));
    if (q->units > INT64_MAX >> shift) saturate(q);
    if (!q->saturated) q->units <<= shift;

    /* Never overflows: 9 * 2^60 plus a carry below 2^60. */
    uint64_t carry = 0;
    int32_t nanos = 0;
    bool has_rest = false;
    for (size_t i = number->fraction.len; i-- > 0;) {
        carry += (uint64_t)digit_at(number->fraction, i) << shift;
        int32_t digit = (int32_t)(carry % 10);
        carry /= 10;
        if (i < NANO_DIGITS)
            nanos += digit * place_values[i];
        else
            has_rest = has_rest || digit != 0;
    }
    add_units(q, (int64_t)carry);
    if (!q->saturated) q->nanos = nanos;
    if (has_rest) round_up(q);
    /* Only these are capped by the Go code too. */
    if (q->units == INT64_MAX && q->nanos > 0) saturate(q);
}

bool quantity_parse(struct str text, struct quantity *out, struct error *err) {
    *out = (struct quantity){0};
    if (str_is_empty(text)) return error_set(err, ERR_SYNTAX, "is no quantity: it is empty");
    struct number number = {0};
    if (!parse_number(text, &number, err)) return false;
    if (number.is_binary)
        compute_binary(&number, out);
    else
        compute_decimal(&number, out);
    if (number.is_negative) {
        out->units = -out->units;
        out->nanos = -out->nanos;
    }
    return true;
}

int quantity_compare(const struct quantity *a, const struct quantity *b) {
    if (a->units != b->units) return a->units < b->units ? -1 : 1;
    if (a->nanos != b->nanos) return a->nanos < b->nanos ? -1 : 1;
    return 0;
}

struct quantity quantity_add(const struct quantity *a, const struct quantity *b) {
    struct quantity sum = *a;
    if (a->saturated) return sum;
    if (b->saturated) return *b;
    sum.nanos += b->nanos;
    int64_t carry = sum.nanos / NANOS_PER_UNIT;
    sum.nanos %= NANOS_PER_UNIT;
    if (__builtin_add_overflow(sum.units, b->units, &sum.units) ||
        __builtin_add_overflow(sum.units, carry, &sum.units))
        saturate(&sum);
    return sum;
}

__extension__ typedef __int128 wide;

static wide in_nanos(const struct quantity *q) {
    return (wide)q->units * NANOS_PER_UNIT + q->nanos;
}

/* Below 2^63 * 10^9 * 10^6 < 2^113. */
int quantity_compare_times(const struct quantity *a, const struct quantity *b,
                           int64_t thousandths) {
    wide left = in_nanos(a) * 1000, right = in_nanos(b) * thousandths;
    return left < right ? -1 : left > right;
}

#define NANOS_PER_MILLI 1000000

struct str quantity_format(struct arena *arena, const struct quantity *q) {
    static const struct {
        int shift;
        const char *suffix;
    } units[] = {{40, "Ti"}, {30, "Gi"}, {20, "Mi"}, {10, "Ki"}};
    if (q->nanos % NANOS_PER_MILLI != 0)
        return str_format(arena, "%lld.%09d", (long long)q->units, (int)q->nanos);
    int millis = (int)q->nanos / NANOS_PER_MILLI;
    if (q->units == 0 && millis != 0) return str_format(arena, "%dm", millis);
    if (millis != 0) return str_format(arena, "%lld%03dm", (long long)q->units, millis);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (q->units != 0 && q->units % (INT64_C(1) << units[i].shift) == 0)
            return str_format(arena, "%lld%s", (long long)(q->units >> units[i].shift),
                              units[i].suffix);
    return str_format(arena, "%lld", (long long)q->units);
}
