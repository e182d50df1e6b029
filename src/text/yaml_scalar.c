/*
 * null    = "" | "~" | "null" | "Null" | "NULL"
 * bool    = y yes true on | n no false off        lower case, capitalised or upper case
 * integer = [ sign ] ( "0x" hex+ | "0o" octal+ | "0" octal+ | "0b" binary+ | decimal+ )
 * float   = [ sign ] ( "." digit+ | digit+ [ "." digit* ] ) [ ( "e" | "E" ) [ sign ] digit+ ]
 *           | [ sign ] ".inf" | ".nan"
 *
 * In numbers that begin with a digit or a sign underscores are passed over. An integer that does
 * not fit is tried as a float, a float that does not fit is a string. This is go-yaml v2's
 * resolve().
 */
#include "text/yaml_scalar.h"

#include <float.h>

#include "base/ascii.h"
#include "text/tree_decimal.h"

static bool is_sign(char c) { return c == '+' || c == '-'; }

struct word {
    struct str text;
    enum yaml_scalar_kind kind;
};

static const struct word words[] = {
    {STR_INIT(""), YAML_SCALAR_NULL},       {STR_INIT("~"), YAML_SCALAR_NULL},
    {STR_INIT("null"), YAML_SCALAR_NULL},   {STR_INIT("Null"), YAML_SCALAR_NULL},
    {STR_INIT("NULL"), YAML_SCALAR_NULL},   {STR_INIT("true"), YAML_SCALAR_TRUE},
    {STR_INIT("True"), YAML_SCALAR_TRUE},   {STR_INIT("TRUE"), YAML_SCALAR_TRUE},
    {STR_INIT("y"), YAML_SCALAR_TRUE},      {STR_INIT("Y"), YAML_SCALAR_TRUE},
    {STR_INIT("yes"), YAML_SCALAR_TRUE},    {STR_INIT("Yes"), YAML_SCALAR_TRUE},
    {STR_INIT("YES"), YAML_SCALAR_TRUE},    {STR_INIT("on"), YAML_SCALAR_TRUE},
    {STR_INIT("On"), YAML_SCALAR_TRUE},     {STR_INIT("ON"), YAML_SCALAR_TRUE},
    {STR_INIT("false"), YAML_SCALAR_FALSE}, {STR_INIT("False"), YAML_SCALAR_FALSE},
    {STR_INIT("FALSE"), YAML_SCALAR_FALSE}, {STR_INIT("n"), YAML_SCALAR_FALSE},
    {STR_INIT("N"), YAML_SCALAR_FALSE},     {STR_INIT("no"), YAML_SCALAR_FALSE},
    {STR_INIT("No"), YAML_SCALAR_FALSE},    {STR_INIT("NO"), YAML_SCALAR_FALSE},
    {STR_INIT("off"), YAML_SCALAR_FALSE},   {STR_INIT("Off"), YAML_SCALAR_FALSE},
    {STR_INIT("OFF"), YAML_SCALAR_FALSE},
};

static enum yaml_scalar_kind kind_of_word(struct str plain) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equals(words[i].text, plain)) return words[i].kind;
    struct str unsigned_part = plain;
    if (plain.len > 0 && is_sign(plain.at[0])) unsigned_part = str_slice(plain, 1, plain.len);
    if (str_equals(unsigned_part, STR(".inf")) || str_equals(unsigned_part, STR(".Inf")) ||
        str_equals(unsigned_part, STR(".INF")) || str_equals(plain, STR(".nan")) ||
        str_equals(plain, STR(".NaN")) || str_equals(plain, STR(".NAN")))
        return YAML_SCALAR_NOT_FINITE;
    return YAML_SCALAR_STRING;
}

/* JSON's spelling: no leading zeros, digits on both sides of the point. */
static struct str spell(struct arena *arena, const struct tree_decimal *decimal) {
    struct str whole = decimal->whole;
    while (whole.len > 1 && whole.at[0] == '0')
        whole = str_slice(whole, 1, whole.len);
    struct strbuf text;
    strbuf_init(&text, arena, whole.len + decimal->fraction.len + decimal->exponent.len + 4);
    if (decimal->negative) strbuf_add_char(&text, '-');
    strbuf_add(&text, whole.len > 0 ? whole : STR("0"));
    if (decimal->fraction.len > 0) strbuf_add_char(&text, '.');
    strbuf_add(&text, decimal->fraction);
    strbuf_add(&text, decimal->exponent);
    return strbuf_str(&text);
}

/* The value as a number of at most 15 digits, which a double holds exactly; false when it is
 * none. */
static bool to_short_integer(const struct tree_decimal *decimal, int64_t *value) {
    *value = 0;
    size_t digits = decimal->whole.len + decimal->fraction.len;
    int64_t point = (int64_t)decimal->whole.len + decimal->power;
    for (size_t i = 0; i < digits; i++) {
        bool in_whole = i < decimal->whole.len;
        char digit = in_whole ? decimal->whole.at[i] : decimal->fraction.at[i - decimal->whole.len];
        if ((int64_t)i >= point && digit != '0') return false;
        if ((int64_t)i >= point) continue;
        *value = *value * 10 + (digit - '0');
        if (*value > INT64_C(999999999999999)) return false;
    }
    for (int64_t i = (int64_t)digits; i<point && * value> 0; i++) {
        *value *= 10;
        if (*value > INT64_C(999999999999999)) return false;
    }
    if (decimal->negative) *value = -*value;
    return true;
}

/* False when the text is no float, or one that is too large. */
static bool resolve_float(struct arena *arena, struct str text, struct yaml_scalar *scalar) {
    struct tree_decimal decimal;
    int64_t integer;
    if (!tree_decimal_read(text, &decimal)) return false;
    double value = tree_decimal_value(&decimal);
    if (value > (double)DBL_MAX || value < -(double)DBL_MAX) return false;
    scalar->kind = YAML_SCALAR_FLOAT;
    scalar->number = value;
    if (to_short_integer(&decimal, &integer))
        scalar->text = str_format(arena, "%lld", (long long)integer);
    else
        scalar->text = spell(arena, &decimal);
    return true;
}

static unsigned base_of(struct str *digits) {
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {{'x', 16}, {'X', 16}, {'o', 8}, {'O', 8}, {'b', 2}, {'B', 2}};
    if (digits->len < 2 || digits->at[0] != '0') return 10;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (digits->at[1] != prefixes[i].letter) continue;
        *digits = str_slice(*digits, 2, digits->len);
        return prefixes[i].base;
    }
    *digits = str_slice(*digits, 1, digits->len);
    return 8;
}

static unsigned digit_value(char c) {
    if (ascii_is_digit(c)) return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return (unsigned)(c - 'A') + 10;
    return 16;
}

/* False when the text is no integer, or one that is too large: int64 with a sign, else uint64. */
static bool resolve_integer(struct arena *arena, struct str text, struct yaml_scalar *scalar) {
    bool is_signed = text.len > 0 && is_sign(text.at[0]);
    bool negative = is_signed && text.at[0] == '-';
    struct str digits = str_slice(text, is_signed ? 1 : 0, text.len);
    unsigned base = base_of(&digits);
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = digit_value(digits.at[i]);
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    uint64_t most = negative ? UINT64_C(1) << 63 : is_signed ? INT64_MAX : UINT64_MAX;
    if (digits.len == 0 || value > most) return false;
    scalar->kind = YAML_SCALAR_INTEGER;
    scalar->number = negative ? -(double)value : (double)value;
    scalar->text =
        str_format(arena, "%s%llu", negative && value > 0 ? "-" : "", (unsigned long long)value);
    return true;
}

bool yaml_scalar_is_stable_key(struct str number) {
    struct tree_decimal decimal;
    if (!tree_decimal_read(number, &decimal) || decimal.exponent.len > 0) return false;
    size_t digits = decimal.whole.len + decimal.fraction.len;
    /* Up to six digits are those of the float too; what is below 0.0001 gets an exponent. */
    return digits <= 6 && !str_starts_with(decimal.fraction, STR("0000")) &&
           (decimal.fraction.len == 0 || !str_ends_with(number, STR("0")));
}

static struct str without_underscores(struct arena *arena, struct str plain) {
    if (str_find_char(plain, '_') == plain.len) return plain;
    struct strbuf text;
    strbuf_init(&text, arena, plain.len + 1);
    for (size_t i = 0; i < plain.len; i++)
        if (plain.at[i] != '_') strbuf_add_char(&text, plain.at[i]);
    return strbuf_str(&text);
}

bool yaml_scalar_resolve(struct arena *arena, struct str plain, struct yaml_scalar *scalar) {
    *scalar = (struct yaml_scalar){.kind = kind_of_word(plain)};
    if (scalar->kind != YAML_SCALAR_STRING) return true;
    char first = plain.at[0];
    if (first == '.') {
        resolve_float(arena, plain, scalar);
    } else if (ascii_is_digit(first) || is_sign(first)) {
        struct str text = without_underscores(arena, plain);
        if (!resolve_integer(arena, text, scalar)) resolve_float(arena, text, scalar);
    }
    return !arena_is_exhausted(arena);
}

/* digits { ":" digits }+ with a sign or not: YAML 1.1 counts that in sixties. */
static bool is_sexagesimal(struct str plain) {
    if (plain.len > 0 && is_sign(plain.at[0])) plain = str_slice(plain, 1, plain.len);
    size_t colons = 0;
    while (tree_decimal_take_digits(&plain).len > 0) {
        if (plain.len == 0) return colons > 0;
        if (plain.at[0] != ':') return false;
        plain = str_slice(plain, 1, plain.len);
        colons++;
    }
    return false;
}

/* An integer or a fraction as everybody writes and reads it. */
static bool is_usual_number(struct str plain) {
    struct tree_decimal decimal;
    if (plain.len == 0 || plain.at[0] == '+' || !tree_decimal_read(plain, &decimal)) return false;
    struct str whole = decimal.whole;
    if (whole.len == 0 || (whole.len > 1 && whole.at[0] == '0') || decimal.exponent.len > 0)
        return false;
    return plain.at[plain.len - 1] != '.';
}

/* yes, no, on, off, y and n in whatever case: what YAML 1.2 has for plain words, such as `action: off`. */
static bool is_word_of_today(struct str plain) {
    return !str_equals_ignore_case(plain, STR("true")) &&
           !str_equals_ignore_case(plain, STR("false"));
}

static bool is_usual_word(struct str plain) {
    return plain.len == 0 || str_equals(plain, STR("~")) || str_equals(plain, STR("null")) ||
           str_equals(plain, STR("true")) || str_equals(plain, STR("false"));
}

/* A number keeps its spelling: in `version: 1.30` the text is what was meant. */
static bool keep_spelling(struct arena *arena, struct str plain, struct yaml_scalar *scalar) {
    scalar->text = str_copy(arena, plain);
    return !arena_is_exhausted(arena);
}

bool yaml_scalar_resolve_strictly(struct arena *arena, struct str plain, struct yaml_scalar *scalar,
                                  struct error *err) {
    if (!yaml_scalar_resolve(arena, plain, scalar))
        return error_set(err, ERR_MEMORY, "out of memory while reading YAML");
    bool is_bool = scalar->kind == YAML_SCALAR_TRUE || scalar->kind == YAML_SCALAR_FALSE;
    if (is_bool && is_word_of_today(plain)) scalar->kind = YAML_SCALAR_STRING;
    const char *instead = NULL;
    switch (scalar->kind) {
    case YAML_SCALAR_STRING:
        if (!is_sexagesimal(plain)) return true;
        return error_set(
            err, ERR_SYNTAX,
            "some YAML readers take %.*s for a number to the base 60: put it in quotes",
            STR_ARGS(plain));
    case YAML_SCALAR_NULL: instead = "null"; break;
    case YAML_SCALAR_TRUE: instead = "true"; break;
    case YAML_SCALAR_FALSE: instead = "false"; break;
    case YAML_SCALAR_NOT_FINITE:
        return error_set(err, ERR_SYNTAX,
                         "%.*s is no number that can be used here; for the text, "
                         "put it in quotes",
                         STR_ARGS(plain));
    case YAML_SCALAR_INTEGER:
    case YAML_SCALAR_FLOAT:
        if (is_usual_number(plain)) return keep_spelling(arena, plain, scalar);
        instead = scalar->text.at;
        break;
    }
    if (is_usual_word(plain)) return true;
    return error_set(
        err, ERR_SYNTAX,
        "YAML readers differ on %.*s: write %s if that is meant, or \"%.*s\" in quotes",
        STR_ARGS(plain), instead, STR_ARGS(plain));
}
