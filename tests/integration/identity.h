/*
 * Client certificates of the tests' client CA, right and wrong.
 */
#ifndef PODGATE_TESTS_IDENTITY_H
#define PODGATE_TESTS_IDENTITY_H

#include <stdbool.h>

struct identity {
    const char *common_name, *second_common_name, *dns_name; /* NULL: none */
    bool has_expired, is_for_servers;
};

/* Makes NAME.crt and NAME.key among the test's certificates. */
void identity_make(const char *name, const struct identity *identity);

#endif
