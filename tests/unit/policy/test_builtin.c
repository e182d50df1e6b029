#include "unit/policy/judged.h"

#include "policy/builtin.h"

static void the_default_policy_is_the_file(void **state) {
    (void)state;
    static char text[65536];
    FILE *file = fopen("policies/default.yaml", "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    const struct builtin_policy *builtin = builtin_policy_find(STR("default"));
    assert_non_null(builtin);
    assert_true(str_equals(builtin->name, STR("default")));
    assert_true(str_equals(builtin->text, (struct str){text, length}));
}

static void each_is_found_by_its_name(void **state) {
    (void)state;
    assert_true(builtin_policy_count >= 1 && builtin_policy_count < 100);
    for (size_t i = 0; i < builtin_policy_count; i++)
        assert_ptr_equal(builtin_policy_find(builtin_policies[i].name), &builtin_policies[i]);
    assert_null(builtin_policy_find(STR("defaul")));
    assert_null(builtin_policy_find(STR("")));
}

static void without_sources_the_default_is_in_force(void **state) {
    (void)state;
    struct snapshot *snapshot = policy_compile(NULL, 0, NULL);
    assert_non_null(snapshot);
    assert_int_equal(snapshot->policy_count, 1);
    assert_true(str_equals(snapshot->policies[0].name, STR("workload-basics")));
    assert_true(str_equals(snapshot->policies[0].file, STR("builtin:default")));
    assert_true(snapshot->policies[0].is_builtin);
    for (size_t i = 0; i < snapshot->policies[0].rule_count; i++)
        assert_int_equal(snapshot->policies[0].rules[i].action, ACTION_DENY);
    snapshot_free(snapshot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_policy_is_the_file),
        cmocka_unit_test(each_is_found_by_its_name),
        cmocka_unit_test(without_sources_the_default_is_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
