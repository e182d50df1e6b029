/*
 * date: days and instants in UTC, without a clock: time is always an argument.
 */
#ifndef PODGATE_BASE_DATE_H
#define PODGATE_BASE_DATE_H

#include "base/str.h"

/* "2027-03-01" to days since 1970-01-01; false for any other form and for dates that do not
 * exist. */
MUST_CHECK bool date_parse(struct str text, int64_t *days, struct error *err);
/* Days since 1970-01-01 to "2027-03-01"; 11 bytes with the terminator. */
void date_format(int64_t days, char buffer[static 16]);
/* Days since 1970-01-01 of a Unix time in seconds. */
int64_t date_from_unix(int64_t seconds);
/* The Unix time in seconds at which that day begins. */
int64_t date_to_unix(int64_t days);
/* Unix time in milliseconds to "2027-03-01T12:34:56.789Z"; 25 bytes with the terminator. */
void date_format_instant(int64_t unix_ms, char buffer[static 32]);

#endif
