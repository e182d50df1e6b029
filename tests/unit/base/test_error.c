#include "unit/expect.h"

static void setting_returns_false_and_forgets_what_was(void **state) {
    (void)state;
    struct error err = {.code = ERR_IO, .line = 7, .where = "old"};
    assert_false(error_set(&err, ERR_SCHEMA, "%s is %d", "this", 5));
    assert_int_equal(err.code, ERR_SCHEMA);
    assert_string_equal(err.text, "this is 5");
    assert_string_equal(err.where, "");
    assert_int_equal(err.line, 0);
}

static void the_deepest_place_stays(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SYNTAX, "x");
    assert_false(error_at(&err, 3, 4));
    assert_false(error_at(&err, 9, 9));
    assert_false(error_in(&err, "a.yaml"));
    assert_false(error_in(&err, "b.yaml"));
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
    assert_string_equal(err.where, "a.yaml");
}

static void context_comes_before_the_text(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_IO, "no such file");
    assert_false(error_context(&err, "policy %s", "p"));
    assert_false(error_context(&err, "reload"));
    assert_string_equal(err.text, "reload: policy p: no such file");
}

static void format_writes_the_parts_that_are_known(void **state) {
    (void)state;
    char buffer[64];
    struct error err;
    error_set(&err, ERR_IO, "text");
    error_format(&err, buffer, sizeof buffer);
    assert_string_equal(buffer, "text");
    error_at(&err, 3, 0);
    error_format(&err, buffer, sizeof buffer);
    assert_string_equal(buffer, "3: text");
    error_in(&err, "f.yaml");
    error_format(&err, buffer, sizeof buffer);
    assert_string_equal(buffer, "f.yaml:3: text");
    err.column = 8;
    error_format(&err, buffer, sizeof buffer);
    assert_string_equal(buffer, "f.yaml:3:8: text");
    err.line = 0;
    error_format(&err, buffer, sizeof buffer);
    assert_string_equal(buffer, "f.yaml: text");
    error_format(&err, buffer, 5);
    assert_string_equal(buffer, "f.ya");
    buffer[0] = 'x';
    error_format(&err, buffer, 0);
    assert_int_equal(buffer[0], 'x');
}

static void long_text_is_cut_between_characters(void **state) {
    (void)state;
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\xB3"};
    for (size_t c = 0; c < 4; c++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[1024] = "";
            memset(text, '-', shift);
            for (size_t at = shift; at + 4 < sizeof text; at += strlen(characters[c]))
                memcpy(text + at, characters[c], strlen(characters[c]) + 1);
            struct error err;
            error_set(&err, ERR_IO, "%s", text);
            size_t len = strlen(err.text);
            assert_true(len >= sizeof err.text - 4);
            assert_true(len < sizeof err.text);
            assert_int_equal((len - shift) % strlen(characters[c]), 0);
        }
    }
}

static void a_long_context_cuts_the_text_and_stays_within(void **state) {
    (void)state;
    char text[600];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error err;
    error_set(&err, ERR_IO, "%s", text);
    error_context(&err, "%s", text);
    error_context(&err, "x");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_in(&err, text);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
}

static void ensure_tells_a_bug_and_where(void **state) {
    (void)state;
    struct error err;
    assert_true(ENSURE(1 + 1 == 2, &err));
    assert_false(ENSURE(1 + 1 == 3, &err));
    assert_int_equal(err.code, ERR_BUG);
    assert_non_null(strstr(err.text, "1 + 1 == 3"));
    assert_non_null(strstr(err.text, "test_error.c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_returns_false_and_forgets_what_was),
        cmocka_unit_test(the_deepest_place_stays),
        cmocka_unit_test(context_comes_before_the_text),
        cmocka_unit_test(format_writes_the_parts_that_are_known),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(a_long_context_cuts_the_text_and_stays_within),
        cmocka_unit_test(ensure_tells_a_bug_and_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
