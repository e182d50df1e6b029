#include "kube/capability.h"

#include "unit/expect.h"

static void case_and_one_prefix_do_not_matter(void **state) {
    (void)state;
    assert_true(capability_equals(STR("SYS_ADMIN"), STR("SYS_ADMIN")));
    assert_true(capability_equals(STR("sys_admin"), STR("CAP_SYS_ADMIN")));
    assert_true(capability_equals(STR("cap_sys_admin"), STR("Sys_Admin")));
    assert_true(capability_equals(STR("all"), STR("ALL")));
    assert_true(capability_equals(STR("CAP_ALL"), STR("all")));
}

static void other_differences_matter(void **state) {
    (void)state;
    assert_false(capability_equals(STR("SYS_ADMIN"), STR("SYS_ADMI")));
    assert_false(capability_equals(STR("SYS_ADMIN"), STR("SYS-ADMIN")));
    assert_false(capability_equals(STR("CAP_CAP_SYS_ADMIN"), STR("SYS_ADMIN")));
    assert_false(capability_equals(STR("CAP_"), STR("ALL")));
    assert_false(capability_equals(STR_NONE, STR("ALL")));
}

/* strings.ToUpper of Go, which containerd and CRI-O call, makes S of the long s and I of the i without a dot. */
static void letters_that_runtimes_upper_case_do_not_hide_a_name(void **state) {
    (void)state;
    assert_true(capability_equals(STR("\xc5\xbfYS_ADMIN"), STR("SYS_ADMIN")));
    assert_true(capability_equals(STR("cap_sy\xc5\xbf_adm\xc4\xb1n"), STR("CAP_SYS_ADMIN")));
    assert_false(capability_equals(STR("\xc5"), STR("S")));
    assert_false(capability_equals(STR("\xc5\xbf"), STR("SS")));
    /* The dotted capital I and the Kelvin sign become i and k only in lower case. */
    assert_false(capability_equals(STR("SYS_ADM\xc4\xb0N"), STR("SYS_ADMIN")));
    assert_false(capability_equals(STR("\xe2\x84\xaaILL"), STR("KILL")));
}

static void a_list_has_a_name_in_any_spelling(void **state) {
    (void)state;
    struct str items[] = {STR("NET_RAW"), STR("cap_chown")};
    struct str_list names = {items, 2};
    assert_true(capability_list_has(&names, STR("CAP_NET_RAW")));
    assert_true(capability_list_has(&names, STR("CHOWN")));
    assert_false(capability_list_has(&names, STR("ALL")));
    assert_false(capability_list_has(&(struct str_list){0}, STR("CHOWN")));
}

static void names_of_the_kernel_are_known(void **state) {
    (void)state;
    assert_true(capability_is_known(STR("CHOWN")));
    assert_true(capability_is_known(STR("checkpoint_restore")));
    assert_true(capability_is_known(STR("CAP_NET_BIND_SERVICE")));
    assert_true(capability_is_known(STR("ALL")));
    assert_false(capability_is_known(STR("NET_BIND")));
    assert_false(capability_is_known(STR("CAP_CAP_CHOWN")));
    assert_false(capability_is_known(STR("")));
    assert_false(capability_is_known(STR_NONE));
}

static void a_slip_of_the_pen_is_recognised(void **state) {
    (void)state;
    assert_true(str_equals(capability_nearest(STR("sys_amdin")), STR("SYS_ADMIN")));
    assert_true(
        str_equals(capability_nearest(STR("CAP_NET_BIND_SERVCE")), STR("NET_BIND_SERVICE")));
    assert_true(str_equals(capability_nearest(STR("net-raw")), STR("NET_RAW")));
    assert_true(str_is_empty(capability_nearest(STR("whatever_else"))));
    assert_true(str_is_empty(
        capability_nearest(STR("a_name_that_is_far_longer_than_any_capability_ever_was"))));
}

static void the_first_unknown_name_of_a_list_is_told(void **state) {
    (void)state;
    struct str items[] = {STR("NET_RAW"), STR("cap_chown"), STR("NET_ROW"), STR("whatever_else")};
    size_t wrong = 0;
    struct error err = {0};
    assert_true(capability_check_names(&(struct str_list){items, 2}, &wrong, &err));
    assert_false(capability_check_names(&(struct str_list){items, 4}, &wrong, &err));
    assert_int_equal(wrong, 2);
    assert_string_equal(err.text, "\"NET_ROW\" is no capability; did you mean \"NET_RAW\"?");
    assert_false(capability_check_names(&(struct str_list){items + 3, 1}, &wrong, &err));
    assert_int_equal(wrong, 0);
    assert_string_equal(err.text, "\"whatever_else\" is no capability");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_one_prefix_do_not_matter),
        cmocka_unit_test(other_differences_matter),
        cmocka_unit_test(letters_that_runtimes_upper_case_do_not_hide_a_name),
        cmocka_unit_test(a_list_has_a_name_in_any_spelling),
        cmocka_unit_test(names_of_the_kernel_are_known),
        cmocka_unit_test(a_slip_of_the_pen_is_recognised),
        cmocka_unit_test(the_first_unknown_name_of_a_list_is_told),
    };
    return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
