#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fingerprint.h"

static void fingerprints_do_not_change_and_borders_count(void **state) {
    (void)state;
    uint64_t ab = fingerprint_add(FINGERPRINT_START, STR("ab"));
    assert_true(ab == UINT64_C(0xe7202e190542452f));
    uint64_t a_b = fingerprint_add(fingerprint_add(FINGERPRINT_START, STR("a")), STR("b"));
    assert_true(ab != a_b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_do_not_change_and_borders_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
