/*
 * date    = year "-" month "-" day        4, 2 and 2 digits
 *
 * The conversions count days in eras of 400 years that begin on the first of March, so that the
 * leap day is the last of its year (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
#include "base/date.h"

#include "base/ascii.h"

#define DAYS_PER_ERA 146097
#define DAYS_0000_TO_1970 719468 /* from 0000-03-01 */
#define LAST_DAY 2932896         /* 9999-12-31 */
#define FIRST_DAY (-719528)      /* 0000-01-01 */
#define SECONDS_PER_DAY 86400

struct civil {
    int64_t year;
    int month, day;
};

static int64_t floor_divide(int64_t value, int64_t by) { return value / by - (value % by < 0); }

static int64_t floor_remainder(int64_t value, int64_t by) {
    int64_t rest = value % by;
    return rest < 0 ? rest + by : rest;
}

static int64_t days_of(struct civil date) {
    int64_t year = date.year - (date.month <= 2);
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_0000_TO_1970;
}

static struct civil civil_of(int64_t days) {
    days += DAYS_0000_TO_1970;
    int64_t era = floor_divide(days, DAYS_PER_ERA);
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct civil date;
    date.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    date.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    date.year = year_of_era + era * 400 + (date.month <= 2);
    return date;
}

static int days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_digits(struct str text, int *value) {
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i])) return false;
        *value = *value * 10 + (text.at[i] - '0');
    }
    return true;
}

bool date_parse(struct str text, int64_t *days, struct error *err) {
    int year, month, day;
    bool shaped = text.len == 10 && text.at[4] == '-' && text.at[7] == '-' &&
                  read_digits(str_slice(text, 0, 4), &year) &&
                  read_digits(str_slice(text, 5, 2), &month) &&
                  read_digits(str_slice(text, 8, 2), &day);
    if (!shaped)
        return error_set(err, ERR_SYNTAX, "a date is written YYYY-MM-DD, for example 2027-03-01");
    if (month < 1 || month > 12 || day < 1)
        return error_set(err, ERR_SYNTAX, "there is no day %.*s", STR_ARGS(text));
    if (day > days_in_month(year, month))
        return error_set(err, ERR_SYNTAX, "there is no day %.*s: that month has %d", STR_ARGS(text),
                         days_in_month(year, month));
    *days = days_of((struct civil){year, month, day});
    return true;
}

static int64_t clamp_day(int64_t days) {
    return days < FIRST_DAY ? FIRST_DAY : days > LAST_DAY ? LAST_DAY : days;
}

/* Writes the last `digits` decimal digits of `value` and the byte that follows them. */
static char *put_number(char *at, int64_t value, int digits, char follower) {
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[digits] = follower;
    return at + digits + 1;
}

static char *put_date(char *at, int64_t days, char follower) {
    struct civil date = civil_of(clamp_day(days));
    at = put_number(at, date.year, 4, '-');
    at = put_number(at, date.month, 2, '-');
    return put_number(at, date.day, 2, follower);
}

void date_format(int64_t days, char buffer[static 16]) { put_date(buffer, days, '\0'); }

int64_t date_to_unix(int64_t days) { return days * SECONDS_PER_DAY; }

int64_t date_from_unix(int64_t seconds) { return floor_divide(seconds, SECONDS_PER_DAY); }

void date_format_instant(int64_t unix_ms, char buffer[static 32]) {
    int64_t seconds = floor_divide(unix_ms, 1000);
    int64_t days = date_from_unix(seconds);
    int64_t second = floor_remainder(seconds, SECONDS_PER_DAY);
    char *at = put_date(buffer, days, 'T');
    at = put_number(at, second / 3600, 2, ':');
    at = put_number(at, second / 60 % 60, 2, ':');
    at = put_number(at, second % 60, 2, '.');
    at = put_number(at, floor_remainder(unix_ms, 1000), 3, 'Z');
    *at = '\0';
}
