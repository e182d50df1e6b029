#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "edge/clock.h"

static void durations_are_read_as_go_reads_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"0", 0},
        {"10s", 10 * CLOCK_NS_PER_S},
        {"1m0s", 60 * CLOCK_NS_PER_S},
        {"1h1m1s", 3661 * CLOCK_NS_PER_S},
        {"1.5s", 1500 * CLOCK_NS_PER_MS},
        {".5s", 500 * CLOCK_NS_PER_MS},
        {"5.s", 5 * CLOCK_NS_PER_S},
        {"+3ms", 3 * CLOCK_NS_PER_MS},
        {"-3ms", -3 * CLOCK_NS_PER_MS},
        {"7us", 7000},
        {"7\xc2\xb5s", 7000},
        {"7\xce\xbcs", 7000},
        {"7ns", 7},
        {"1.0000000000001s", CLOCK_NS_PER_S},
        {"0.999999999h", 3599999996400},
        {"2562047h", 3600 * CLOCK_NS_PER_S * 2562047},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ns = -1;
        if (!clock_parse_duration(str_from(rows[i].text), &ns))
            fail_msg("%s is refused", rows[i].text);
        if (ns != rows[i].ns) fail_msg("%s is %lld", rows[i].text, (long long)ns);
    }
}

static void other_texts_are_no_durations(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "+",
        "-",
        "10",
        "s",
        ".s",
        "1.",
        "10 s",
        " 10s",
        "10s ",
        "1d",
        "ms",
        "1s1",
        "--1s",
        "+-1s",
        "2562048h",
        "9999999999999999999s",
        "99999999999999999999999ns",
        "1e3s",
        "0x1s",
        "10S",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t ns = 42;
        if (clock_parse_duration(str_from(texts[i]), &ns))
            fail_msg("\"%s\" is taken for %lld", texts[i], (long long)ns);
        assert_int_equal(ns, 42);
    }
    int64_t ns;
    assert_false(clock_parse_duration((struct str){"1s\0s", 4}, &ns));
}

static void time_goes_on(void **state) {
    (void)state;
    int64_t began = clock_monotonic_ns();
    assert_true(began > 0);
    assert_true(clock_monotonic_ns() >= began);
    assert_true(clock_unix_ms() > INT64_C(1700000000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_as_go_reads_them),
        cmocka_unit_test(other_texts_are_no_durations),
        cmocka_unit_test(time_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
