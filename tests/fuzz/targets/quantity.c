/* Amounts are ordered: each equals itself, and of two one is less just when the other is more. */
#include "kube/quantity.h"

#include "fuzz/fuzz.h"

static int sign(int value) { return (value > 0) - (value < 0); }

/* Two lines, two amounts. */
void fuzz_quantity(struct fuzz *fuzz, struct str input) {
    (void)fuzz;
    size_t line = str_find_char(input, '\n');
    struct quantity a, b;
    struct error err = {0};
    bool has_a = quantity_parse(str_slice(input, 0, line), &a, &err);
    FUZZ_EXPECT(has_a || err.text[0] != '\0');
    bool has_b = quantity_parse(str_slice(input, line + 1, input.len), &b, &err);
    if (!has_a || !has_b) return;
    FUZZ_EXPECT(quantity_compare(&a, &a) == 0 && quantity_compare(&b, &b) == 0);
    FUZZ_EXPECT(sign(quantity_compare(&a, &b)) == -sign(quantity_compare(&b, &a)));
    FUZZ_EXPECT(!quantity_is_zero(&a) || !quantity_is_positive(&a));
    FUZZ_EXPECT(a.nanos < 1000000000 && a.nanos > -1000000000);
    FUZZ_EXPECT(a.units == 0 || a.nanos == 0 || (a.units > 0) == (a.nanos > 0));
}
