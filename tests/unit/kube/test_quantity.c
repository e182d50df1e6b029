#include "kube/quantity.h"

#include "unit/expect.h"

struct row {
    const char *text;
    bool is_valid;
    int64_t units;
    int32_t nanos;
    bool is_saturated;
};

/* What k8s.io/apimachinery v0.36.0 pkg/api/resource says: ParseQuantity, then AsDec rounded up at nine
 * decimals. Values beyond int64, which it holds as big numbers or, with a binary suffix, caps, are marked as
 * saturated. Not here: texts without any digit, of which it takes some by accident (quantity.c). */
static const struct row upstream[] = {
    {"0", true, 0, 0, false},
    {"1", true, 1, 0, false},
    {"-1", true, -1, 0, false},
    {"+1", true, 1, 0, false},
    {"00", true, 0, 0, false},
    {"007", true, 7, 0, false},
    {"-0", true, 0, 0, false},
    {"+0", true, 0, 0, false},
    {"0.0", true, 0, 0, false},
    {".0", true, 0, 0, false},
    {"0.", true, 0, 0, false},
    {"1.", true, 1, 0, false},
    {".5", true, 0, 500000000, false},
    {"5.", true, 5, 0, false},
    {"-.5", true, 0, -500000000, false},
    {"-5.", true, -5, 0, false},
    {"+.5", true, 0, 500000000, false},
    {"+5.", true, 5, 0, false},
    {"1.5", true, 1, 500000000, false},
    {"1.50", true, 1, 500000000, false},
    {"1.500000000", true, 1, 500000000, false},
    {"100m", true, 0, 100000000, false},
    {"250m", true, 0, 250000000, false},
    {"1000m", true, 1, 0, false},
    {"1500m", true, 1, 500000000, false},
    {"0.1m", true, 0, 100000, false},
    {"0.01m", true, 0, 10000, false},
    {"0.0001m", true, 0, 100, false},
    {"0.000001m", true, 0, 1, false},
    {"0.0000001m", true, 0, 1, false},
    {"1n", true, 0, 1, false},
    {"0.1n", true, 0, 1, false},
    {"0.9n", true, 0, 1, false},
    {"1.1n", true, 0, 2, false},
    {"-0.1n", true, 0, -1, false},
    {"-1.1n", true, 0, -2, false},
    {"999999999n", true, 0, 999999999, false},
    {"1000000000n", true, 1, 0, false},
    {"1000000001n", true, 1, 1, false},
    {"1u", true, 0, 1000, false},
    {"0.1u", true, 0, 100, false},
    {"0.0001u", true, 0, 1, false},
    {"1.5u", true, 0, 1500, false},
    {"1k", true, 1000, 0, false},
    {"1.5k", true, 1500, 0, false},
    {"0.5k", true, 500, 0, false},
    {"1M", true, 1000000, 0, false},
    {"1G", true, INT64_C(1000000000), 0, false},
    {"1T", true, INT64_C(1000000000000), 0, false},
    {"1P", true, INT64_C(1000000000000000), 0, false},
    {"1E", true, INT64_C(1000000000000000000), 0, false},
    {"9E", true, INT64_C(9000000000000000000), 0, false},
    {"10E", true, INT64_MAX, 0, true},
    {"9.2E", true, INT64_C(9200000000000000000), 0, false},
    {"9.3E", true, INT64_MAX, 0, true},
    {"-9.3E", true, -INT64_MAX, 0, true},
    {"1Ki", true, 1024, 0, false},
    {"1Mi", true, 1048576, 0, false},
    {"1Gi", true, INT64_C(1073741824), 0, false},
    {"1Ti", true, INT64_C(1099511627776), 0, false},
    {"1Pi", true, INT64_C(1125899906842624), 0, false},
    {"1Ei", true, INT64_C(1152921504606846976), 0, false},
    {"7Ei", true, INT64_C(8070450532247928832), 0, false},
    {"8Ei", true, INT64_MAX, 0, true},
    {"-8Ei", true, -INT64_MAX, 0, true},
    {"7.9Ei", true, INT64_C(9108079886394091110), 400000000, false},
    {"7.99999999999999999999999Ei", true, INT64_MAX, 0, true},
    {"0.5Ki", true, 512, 0, false},
    {"1.5Ki", true, 1536, 0, false},
    {".5Ki", true, 512, 0, false},
    {"5.Ki", true, 5120, 0, false},
    {"0.1Ki", true, 102, 400000000, false},
    {"0.001Ki", true, 1, 24000000, false},
    {"0.0001Ki", true, 0, 102400000, false},
    {"0.00000001Ki", true, 0, 10240, false},
    {"0.0000000000001Ki", true, 0, 1, false},
    {"0.1Mi", true, 104857, 600000000, false},
    {"0.1Gi", true, 107374182, 400000000, false},
    {"1.1Gi", true, INT64_C(1181116006), 400000000, false},
    {"0.3Ei", true, INT64_C(345876451382054092), 800000000, false},
    {"-1.5Gi", true, -INT64_C(1610612736), 0, false},
    {"1.5Gi", true, INT64_C(1610612736), 0, false},
    {"64Mi", true, 67108864, 0, false},
    {"128Mi", true, 134217728, 0, false},
    {"256Mi", true, 268435456, 0, false},
    {"1024Mi", true, INT64_C(1073741824), 0, false},
    {"2048Ki", true, 2097152, 0, false},
    {"16Gi", true, INT64_C(17179869184), 0, false},
    {"1000Gi", true, INT64_C(1073741824000), 0, false},
    {"9007199254740992", true, INT64_C(9007199254740992), 0, false},
    {"9007199254740993", true, INT64_C(9007199254740993), 0, false},
    {"9223372036854775807", true, INT64_MAX, 0, false},
    {"9223372036854775808", true, INT64_MAX, 0, true},
    {"-9223372036854775807", true, -INT64_MAX, 0, false},
    {"-9223372036854775808", true, -INT64_MAX, 0, true},
    {"-9223372036854775809", true, -INT64_MAX, 0, true},
    {"9223372036854775806.5", true, INT64_C(9223372036854775806), 500000000, false},
    {"9223372036854775807.1", true, INT64_MAX, 100000000, false},
    {"9223372036854775806.9999999999", true, INT64_MAX, 0, false},
    {"9223372036854775807m", true, INT64_C(9223372036854775), 807000000, false},
    {"9223372036854775807k", true, INT64_MAX, 0, true},
    {"9223372036854775807Ki", true, INT64_MAX, 0, true},
    {"9007199254740992Ki", true, INT64_MAX, 0, true},
    {"9007199254740991Ki", true, INT64_C(9223372036854774784), 0, false},
    {"123456789012345678901234567890", true, INT64_MAX, 0, true},
    {"0.123456789", true, 0, 123456789, false},
    {"0.1234567891", true, 0, 123456790, false},
    {"0.1234567899", true, 0, 123456790, false},
    {"0.12345678901234567890", true, 0, 123456790, false},
    {"0.999999999", true, 0, 999999999, false},
    {"0.9999999991", true, 1, 0, false},
    {"0.99999999999999999999", true, 1, 0, false},
    {"1.0000000001", true, 1, 1, false},
    {"-1.0000000001", true, -1, -1, false},
    {"1e0", true, 1, 0, false},
    {"1e1", true, 10, 0, false},
    {"1e3", true, 1000, 0, false},
    {"1E3", true, 1000, 0, false},
    {"1e+3", true, 1000, 0, false},
    {"1E+3", true, 1000, 0, false},
    {"1e-3", true, 0, 1000000, false},
    {"1E-3", true, 0, 1000000, false},
    {"1e-9", true, 0, 1, false},
    {"1e-10", true, 0, 1, false},
    {"1e-30", true, 0, 1, false},
    {"1e18", true, INT64_C(1000000000000000000), 0, false},
    {"1e19", true, INT64_MAX, 0, true},
    {"1e30", true, INT64_MAX, 0, true},
    {"1E30", true, INT64_MAX, 0, true},
    {"-1e30", true, -INT64_MAX, 0, true},
    {"1.5e3", true, 1500, 0, false},
    {"1.5E-3", true, 0, 1500000, false},
    {".5e1", true, 5, 0, false},
    {"5.e1", true, 50, 0, false},
    {"0e99", true, 0, 0, false},
    {"0e-99", true, 0, 0, false},
    {"0e1000000", true, 0, 0, false},
    {"1e00003", true, 1000, 0, false},
    {"1e-00003", true, 0, 1000000, false},
    {"1e", false, 0, 0, false},
    {"1e+", false, 0, 0, false},
    {"1e-", false, 0, 0, false},
    {"1E+", false, 0, 0, false},
    {"e", false, 0, 0, false},
    {"1ee3", false, 0, 0, false},
    {"1e3k", false, 0, 0, false},
    {"1e3.5", false, 0, 0, false},
    {"1k3", false, 0, 0, false},
    {"1ki", false, 0, 0, false},
    {"1kI", false, 0, 0, false},
    {"1KI", false, 0, 0, false},
    {"1K", false, 0, 0, false},
    {"1g", false, 0, 0, false},
    {"1t", false, 0, 0, false},
    {"1p", false, 0, 0, false},
    {"1mi", false, 0, 0, false},
    {"1MI", false, 0, 0, false},
    {"1Mib", false, 0, 0, false},
    {"1MB", false, 0, 0, false},
    {"1Gb", false, 0, 0, false},
    {"1i", false, 0, 0, false},
    {"1Ei3", false, 0, 0, false},
    {"1Ee3", false, 0, 0, false},
    {"1 ", false, 0, 0, false},
    {" 1", false, 0, 0, false},
    {"1 Gi", false, 0, 0, false},
    {"1_000", false, 0, 0, false},
    {"1,5", false, 0, 0, false},
    {"0x10", false, 0, 0, false},
    {"0b1", false, 0, 0, false},
    {"1..5", false, 0, 0, false},
    {"1.5.5", false, 0, 0, false},
    {"--1", false, 0, 0, false},
    {"+-1", false, 0, 0, false},
    {"-+1", false, 0, 0, false},
    {"1-", false, 0, 0, false},
    {"1+", false, 0, 0, false},
    {"1.m", true, 0, 1000000, false},
    {"1.2.", false, 0, 0, false},
    {"1mm", false, 0, 0, false},
    {"1nn", false, 0, 0, false},
    {"1uu", false, 0, 0, false},
    {"1\302\265", false, 0, 0, false},
    {"1e9223372036854775808", false, 0, 0, false},
    {"12345678901234567890n", true, INT64_C(12345678901), 234567890, false},
    {"123456789012345678901n", true, INT64_C(123456789012), 345678901, false},
    {"12345678901234567890u", true, INT64_C(12345678901234), 567890000, false},
    {"12345678901234567890m", true, INT64_C(12345678901234567), 890000000, false},
    {"000000000000000000000000001", true, 1, 0, false},
    {"0.000000000000000000000000001", true, 0, 1, false},
    {"100000000000000000000000000e-26", true, 1, 0, false},
    {"0.00000000000000000000000001e26", true, 1, 0, false},
    {"1.23456789012345678901234567890Gi", true, INT64_C(1325607178), 192992078, false},
    {"inf", false, 0, 0, false},
    {"nan", false, 0, 0, false},
    {"NaN", false, 0, 0, false},
    {"Infinity", false, 0, 0, false},
    {"1l", false, 0, 0, false},
    {"1e1e1", false, 0, 0, false},
    {"5E1Ki", false, 0, 0, false},
    {"1.Ki", true, 1024, 0, false},
    {"0Ki", true, 0, 0, false},
    {"0n", true, 0, 0, false},
    {"0m", true, 0, 0, false},
    {"-0m", true, 0, 0, false},
    {"-1m", true, 0, -1000000, false},
    {"-1n", true, 0, -1, false},
    {"-100m", true, 0, -100000000, false},
    {"-1Ki", true, -1024, 0, false},
    {"999999999.999999999", true, 999999999, 999999999, false},
    {"999999999.9999999999", true, INT64_C(1000000000), 0, false},
    {"3e-1Ki", false, 0, 0, false},
};

static struct quantity parse(const char *text) {
    struct quantity q;
    struct error err;
    if (!quantity_parse(str_from(text), &q, &err)) fail_msg("\"%s\": %s", text, err.text);
    return q;
}

static bool is_refused(const char *text) {
    struct quantity q;
    struct error err = {0};
    if (quantity_parse(str_from(text), &q, &err)) return false;
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_true(err.text[0] != '\0');
    return true;
}

static void values_are_those_of_apimachinery(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof upstream / sizeof *upstream; i++) {
        const struct row *row = &upstream[i];
        if (!row->is_valid) {
            if (!is_refused(row->text)) fail_msg("\"%s\" is no quantity", row->text);
            continue;
        }
        struct quantity q = parse(row->text);
        if (q.units != row->units || q.nanos != row->nanos || q.saturated != row->is_saturated)
            fail_msg("\"%s\" gives %lld units, %d nanos, saturated %d", row->text,
                     (long long)q.units, q.nanos, q.saturated);
    }
}

static void texts_without_a_digit_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",   "+", "-", ".",  "-.", "+.", "k",  "m",
                                        "Ki", "e", "E", "e3", ".m", "E3", "-Ki"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_refused(texts[i])) fail_msg("\"%s\" is no quantity", texts[i]);
}

static void a_nul_byte_is_no_suffix(void **state) {
    (void)state;
    struct quantity q;
    struct error err;
    assert_false(quantity_parse((struct str){"1\0", 2}, &q, &err));
    assert_false(quantity_parse((struct str){"\0", 1}, &q, &err));
}

/* Upstream would build numbers of that many digits. */
static void huge_exponents_cost_nothing(void **state) {
    (void)state;
    assert_true(parse("1e2000000000").saturated);
    assert_true(parse("1e9223372036854775807").saturated);
    assert_true(quantity_is_zero(&(struct quantity){0}));
    struct quantity tiny = parse("1e-9223372036854775807"),
                    nothing = parse("0e9223372036854775807");
    assert_int_equal(tiny.nanos, 1);
    assert_true(quantity_is_zero(&nothing));
    assert_true(is_refused("1e9223372036854775808"));
}

static void long_texts_are_read_to_their_end(void **state) {
    (void)state;
    enum { DIGITS = 100000 };
    static char text[DIGITS + 8];
    memset(text, '0', DIGITS);
    text[1] = '.';
    memcpy(text + DIGITS, "1Ki", 4);
    struct quantity q = parse(text);
    assert_int_equal(q.units, 0);
    assert_int_equal(q.nanos, 1);
    memset(text, '9', DIGITS);
    assert_true(parse(text).saturated);
}

static void assert_order(const char *less, const char *more) {
    struct quantity a = parse(less), b = parse(more);
    if (quantity_compare(&a, &b) >= 0 || quantity_compare(&b, &a) <= 0)
        fail_msg("%s must be less than %s", less, more);
}

static void amounts_are_ordered(void **state) {
    (void)state;
    static const char *const ascending[] = {"-1e30",
                                            "-2",
                                            "-1500m",
                                            "-1",
                                            "-1n",
                                            "0",
                                            "1n",
                                            "1u",
                                            "1m",
                                            "999m",
                                            "1",
                                            "1.5",
                                            "1k",
                                            "1Ki",
                                            "1M",
                                            "1Mi",
                                            "1Gi",
                                            "7Ei",
                                            "9223372036854775806"};
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
        assert_order(ascending[i - 1], ascending[i]);
}

static void one_amount_has_many_spellings(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"1", "1000m"},      {"1", "1e0"},          {"0.5", "500m"}, {"1Gi", "1024Mi"},
        {"1k", "1e3"},       {"1E", "1e18"},        {"1E3", "1000"}, {"100m", "0.1"},
        {"1.5Gi", "1536Mi"}, {"1073741824", "1Gi"}, {"+1", "1"},     {"0", "-0"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct quantity a = parse(pairs[i][0]), b = parse(pairs[i][1]);
        if (quantity_compare(&a, &b) != 0) fail_msg("%s is %s", pairs[i][0], pairs[i][1]);
    }
}

static void zero_and_positive_are_told_apart(void **state) {
    (void)state;
    struct quantity zero = parse("0Mi"), nano = parse("1n"), minus = parse("-1m");
    struct quantity huge = parse("1e40"), minus_huge = parse("-1e40");
    assert_true(quantity_is_zero(&zero));
    assert_false(quantity_is_positive(&zero));
    assert_true(quantity_is_positive(&nano));
    assert_false(quantity_is_zero(&nano));
    assert_false(quantity_is_positive(&minus));
    assert_true(quantity_is_positive(&huge));
    assert_false(quantity_is_zero(&minus_huge));
    assert_false(quantity_is_positive(&minus_huge));
}

static void amounts_are_written_short(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"2147483648", "2Gi"},
        {"1.5Gi", "1536Mi"},
        {"1500m", "1500m"},
        {"0.05", "50m"},
        {"8", "8"},
        {"0", "0"},
        {"2.001", "2001m"},
        {"1.0000005", "1.000000500"},
    };
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quantity q = parse(rows[i][0]);
        assert_string_equal(quantity_format(&arena, &q).at, rows[i][1]);
    }
    arena_fini(&arena);
}

static void amounts_are_added(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"1", "1", "2"},
        {"500m", "700m", "1200m"},
        {"0.999999999", "1n", "1"},
        {"1Gi", "512Mi", "1536Mi"},
        {"0", "250m", "250m"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quantity a = parse(rows[i][0]), b = parse(rows[i][1]), sum = parse(rows[i][2]);
        struct quantity got = quantity_add(&a, &b);
        if (quantity_compare(&got, &sum) != 0) fail_msg("%s + %s", rows[i][0], rows[i][1]);
    }
    struct quantity huge = parse("9E"), more = quantity_add(&huge, &huge), one = parse("1");
    assert_true(more.saturated);
    assert_true(quantity_add(&more, &one).saturated);
    assert_true(quantity_add(&one, &more).saturated);
}

static void amounts_are_compared_by_a_factor(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int64_t thousandths;
        int expected;
    } rows[] = {
        {"2", "1", 2000, 0},       {"2001m", "1", 2000, 1},   {"1999m", "1", 2000, -1},
        {"1Gi", "1Gi", 1000, 0},   {"150m", "100m", 1500, 0}, {"1", "0", 1000, 1},
        {"0", "0", 1000, 0},       {"1e40", "1", 1000000, 1}, {"1", "1e40", 1000000, -1},
        {"1e40", "1e40", 1000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quantity a = parse(rows[i].a), b = parse(rows[i].b);
        if (quantity_compare_times(&a, &b, rows[i].thousandths) != rows[i].expected)
            fail_msg("%s beside %s", rows[i].a, rows[i].b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_apimachinery),
        cmocka_unit_test(texts_without_a_digit_are_refused),
        cmocka_unit_test(a_nul_byte_is_no_suffix),
        cmocka_unit_test(huge_exponents_cost_nothing),
        cmocka_unit_test(long_texts_are_read_to_their_end),
        cmocka_unit_test(amounts_are_ordered),
        cmocka_unit_test(one_amount_has_many_spellings),
        cmocka_unit_test(zero_and_positive_are_told_apart),
        cmocka_unit_test(amounts_are_written_short),
        cmocka_unit_test(amounts_are_added),
        cmocka_unit_test(amounts_are_compared_by_a_factor),
    };
    return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
