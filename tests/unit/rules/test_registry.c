#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "rules/registry.h"

#include <cmocka.h>

static void checks_are_sorted_and_found_by_their_id(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        assert_ptr_equal(check_find(str_from(check->id)), check);
        if (i > 0) assert_true(strcmp(check_registry[i - 1]->id, check->id) < 0);
    }
    assert_null(check_find(STR("run_as_non_root")));
    assert_null(check_find(STR("")));
}

static void a_wrong_id_has_a_nearest_one(void **state) {
    (void)state;
    assert_true(str_equals(check_nearest(STR("run-as-nonroot")), STR("run-as-non-root")));
    assert_true(str_equals(check_nearest(STR("image-tags")), STR("image-tag")));
    assert_true(str_is_empty(check_nearest(STR("quite-another-thing"))));
}

static void assert_is_sentence_part(const char *text) {
    assert_non_null(text);
    assert_true(strlen(text) > 0);
    assert_null(strchr(text, '\n'));
    assert_true(text[strlen(text) - 1] != '.');
    assert_null(strstr(text, "should"));
}

static void every_check_explains_itself(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        assert_true(strlen(check->title) > 0 && strlen(check->title) < 80);
        assert_true(strlen(check->rationale) > 80);
        assert_true(strlen(check->references) > 0);
        assert_true(check->references[strlen(check->references) - 1] != '\n');
        assert_non_null(check->example_denied);
        assert_non_null(check->example_allowed);
        assert_true(check->scope & CHECK_POD_AND_CONTAINER);
        for (size_t p = 0; p < check->problem_count; p++) {
            assert_is_sentence_part(check->problems[p].says);
            assert_is_sentence_part(check->problems[p].mend);
        }
        for (size_t p = 0; p < check->param_count; p++) {
            assert_true(check->params[p].offset < check->params_size);
            assert_non_null(check->params[p].doc);
        }
    }
}

static void severities_have_names(void **state) {
    (void)state;
    enum severity severity = SEVERITY_LOW;
    assert_true(severity_parse(STR("critical"), &severity));
    assert_int_equal(severity, SEVERITY_CRITICAL);
    assert_true(str_equals(severity_name(SEVERITY_MEDIUM), STR("medium")));
    assert_false(severity_parse(STR("Critical"), &severity));
    assert_false(severity_parse(STR_NONE, &severity));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_are_sorted_and_found_by_their_id),
        cmocka_unit_test(a_wrong_id_has_a_nearest_one),
        cmocka_unit_test(every_check_explains_itself),
        cmocka_unit_test(severities_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
