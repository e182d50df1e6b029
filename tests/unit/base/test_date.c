#include "base/date.h"

#include "unit/expect.h"

static const struct {
    const char *text;
    int64_t days;
} known[] = {
    {"1970-01-01", 0},     {"1969-12-31", -1},     {"2000-02-29", 11016},   {"2000-03-01", 11017},
    {"2027-03-01", 20878}, {"1900-03-01", -25508}, {"0000-01-01", -719528}, {"9999-12-31", 2932896},
};

static void known_days_go_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct error err;
        int64_t days = 0;
        char text[16];
        assert_true(date_parse(str_from(known[i].text), &days, &err));
        assert_int_equal(days, known[i].days);
        date_format(known[i].days, text);
        assert_string_equal(text, known[i].text);
    }
}

static void every_day_of_eight_centuries_comes_back(void **state) {
    (void)state;
    for (int64_t day = -150000; day < 150000; day++) {
        char text[16];
        struct error err;
        int64_t back;
        date_format(day, text);
        assert_true(date_parse(str_from(text), &back, &err));
        assert_int_equal(back, day);
    }
}

static void other_forms_and_other_days_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",           "2027",        "2027-3-1",    "2027-03-1",   "27-03-01",
        "2027/03/01", "2027-03-01 ", " 2027-03-01", "2027-03-01T", "2027-13-01",
        "2027-00-01", "2027-01-00",  "2027-01-32",  "2027-02-29",  "1900-02-29",
        "2027-04-31", "-027-03-01",  "2027-+3-01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error err;
        int64_t days = 5;
        assert_false(date_parse(str_from(bad[i]), &days, &err));
        assert_int_equal(days, 5);
        assert_int_equal(err.code, ERR_SYNTAX);
    }
}

static void instants_are_in_utc_with_milliseconds(void **state) {
    (void)state;
    char text[32];
    date_format_instant(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    date_format_instant(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    date_format_instant(INT64_C(1803904496789), text);
    assert_string_equal(text, "2027-03-01T12:34:56.789Z");
    assert_int_equal(date_from_unix(86399), 0);
    assert_int_equal(date_from_unix(86400), 1);
    assert_int_equal(date_from_unix(-1), -1);
    assert_int_equal(date_to_unix(-1), -86400);
}

static void extremes_stay_within_four_digits(void **state) {
    (void)state;
    char text[32];
    date_format_instant(INT64_MAX, text);
    assert_memory_equal(text, "9999-12-31T", 11);
    date_format_instant(INT64_MIN, text);
    assert_memory_equal(text, "0000-01-01T", 11);
    date_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31");
    date_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days_go_both_ways),
        cmocka_unit_test(every_day_of_eight_centuries_comes_back),
        cmocka_unit_test(other_forms_and_other_days_are_refused),
        cmocka_unit_test(instants_are_in_utc_with_milliseconds),
        cmocka_unit_test(extremes_stay_within_four_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
