#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "kube/schema.h"

#include <cmocka.h>

static void known_and_new_fields_pass(void **state) {
    (void)state;
    struct error err;
    assert_true(schema_check_field(SCHEMA_POD_SPEC, STR("hostNetwork"), &err));
    assert_true(schema_check_field(SCHEMA_CONTAINER, STR("image"), &err));
    assert_true(schema_check_field(SCHEMA_METADATA, STR("labels"), &err));
    assert_true(schema_check_field(SCHEMA_POD_SPEC, STR("somethingOfTheFuture"), &err));
}

static void a_slip_is_told_with_what_was_meant(void **state) {
    (void)state;
    struct error err = {0};
    assert_false(schema_check_field(SCHEMA_POD_SPEC, STR("hostNetwrok"), &err));
    assert_string_equal(err.text, "names no field of a pod spec: \"hostNetwrok\"; "
                                  "did you mean \"hostNetwork\"?");
    assert_false(schema_check_field(SCHEMA_CONTAINER, STR("volumeMount"), &err));
    assert_false(schema_check_field(SCHEMA_METADATA, STR("label"), &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_and_new_fields_pass),
        cmocka_unit_test(a_slip_is_told_with_what_was_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
