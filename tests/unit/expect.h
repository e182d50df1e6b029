/* What cmocka's own assertions lack. Include it instead of cmocka.h. */
#ifndef PODGATE_TESTS_EXPECT_H
#define PODGATE_TESTS_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"

/* The very bytes; a STR_NONE is no empty string. */
#define expect_str(actual, expected)                                                               \
    expect_str_at((actual), (expected), sizeof(expected) - 1, __FILE__, __LINE__)

static inline void expect_str_at(struct str actual, const char *expected, size_t len,
                                 const char *file, int line) {
    if (actual.at && actual.len == len && memcmp(actual.at, expected, len) == 0) return;
    print_error("\"%.*s\" is not \"%s\"\n", STR_ARGS(actual), expected);
    _fail(file, line);
}

/* A copy that ends where its memory ends, so that sanitizers see one byte read too far. */
static inline struct str exact_copy(struct str s) {
    char *copy = malloc(s.len > 0 ? s.len : 1);
    if (!copy) abort();
    if (s.len > 0) memcpy(copy, s.at, s.len);
    return (struct str){copy, s.len};
}

static inline void free_copy(struct str s) { free((char *)(uintptr_t)s.at); }

#endif
