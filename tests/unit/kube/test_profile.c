#include "kube/profile.h"

#include "unit/expect.h"

static void annotations_say_what_fields_say(void **state) {
    (void)state;
    static const struct {
        const char *value, *type, *localhost;
    } rows[] = {
        {"runtime/default", "RuntimeDefault", ""},
        {"unconfined", "Unconfined", ""},
        {"localhost/profiles/audit.json", "Localhost", "profiles/audit.json"},
        {"localhost/", "Localhost", ""},
        {"docker/default", "", ""},
        {"Unconfined", "", ""},
        {"runtime/default ", "", ""},
        {"localhost", "", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct security_profile profile = profile_from_annotation(str_from(rows[i].value));
        assert_true(profile.is_set);
        assert_true(str_equals(profile.type, str_from(rows[i].type)));
        assert_true(str_equals(profile.localhost_profile, str_from(rows[i].localhost)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(annotations_say_what_fields_say),
    };
    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
