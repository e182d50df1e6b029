/*
 * A number's decimal text, and the double near it without the C library's locale. Private to text.
 */
#ifndef PODGATE_TEXT_TREE_DECIMAL_H
#define PODGATE_TEXT_TREE_DECIMAL_H

#include "base/str.h"

/* A number taken apart. */
struct tree_decimal {
    bool negative;
    struct str whole, fraction; /* digits */
    struct str exponent;        /* with its letter and sign, or empty */
    int power;                  /* the exponent's value, clamped */
};

/* False when the text is no [ sign ] ( digit+ [ "." digit* ] | "." digit+ ) [ exponent ]. */
bool tree_decimal_read(struct str text, struct tree_decimal *decimal);
/* Whether two that were read mean the same number, exactly; numbers beyond all use are no one's
 * equal. */
bool tree_decimal_equal(const struct tree_decimal *a, const struct tree_decimal *b);
/* Near the value; infinite when it does not fit. */
double tree_decimal_value(const struct tree_decimal *decimal);

/* Takes the digits at the front, if any, off the text. */
struct str tree_decimal_take_digits(struct str *rest);

#endif
