#include "policy/action.h"

#include "unit/expect.h"

static void names_of_actions_and_modes_read_back(void **state) {
    (void)state;
    for (int i = ACTION_OFF; i <= ACTION_DENY; i++) {
        enum action action;
        assert_true(action_parse(action_name((enum action)i), &action));
        assert_int_equal(action, i);
    }
    for (int i = MODE_AUDIT; i <= MODE_ENFORCE; i++) {
        enum mode mode;
        assert_true(mode_parse(mode_name((enum mode)i), &mode));
        assert_int_equal(mode, i);
    }
    enum action action;
    enum mode mode;
    assert_false(action_parse(STR("Deny"), &action));
    assert_false(mode_parse(STR(""), &mode));
    assert_int_equal(mode_min(MODE_WARN, MODE_ENFORCE), MODE_WARN);
}

static void a_mode_is_a_ceiling(void **state) {
    (void)state;
    static const struct {
        enum action wanted;
        enum action under[MODE_ENFORCE + 1];
    } rows[] = {
        {ACTION_OFF, {ACTION_OFF, ACTION_OFF, ACTION_OFF}},
        {ACTION_AUDIT, {ACTION_AUDIT, ACTION_AUDIT, ACTION_AUDIT}},
        {ACTION_WARN, {ACTION_AUDIT, ACTION_WARN, ACTION_WARN}},
        {ACTION_DENY, {ACTION_AUDIT, ACTION_WARN, ACTION_DENY}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int mode = MODE_AUDIT; mode <= MODE_ENFORCE; mode++)
            assert_int_equal(action_under(rows[i].wanted, (enum mode)mode), rows[i].under[mode]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_actions_and_modes_read_back),
        cmocka_unit_test(a_mode_is_a_ceiling),
    };
    return cmocka_run_group_tests_name("action", tests, NULL, NULL);
}
