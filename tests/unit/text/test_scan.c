#include "text/scan.h"

#include <stdio.h>

#include "unit/expect.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

/* Scans one text in memory of exactly its size. */
static struct scan scan_whole(struct str text, const struct scan_limits *limits, bool *is_json) {
    struct str copy = exact_copy(text), bytes;
    struct scan scan;
    scan_init(&scan, copy, limits);
    *is_json = scan_value(&scan, &bytes) && scan_end(&scan);
    free_copy(copy);
    return scan;
}

static void accepts_json(void **state) {
    (void)state;
    static const char *const good[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1.5",
        "-0.25",
        "1e3",
        "1E+3",
        "1e-3",
        "0e0",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\uabCD\"",
        "\"\\ud83d\\udc33\"",
        "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xB3\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{\r\n} ",
        "[1,2 , 3]",
        "{\"a\":1}",
        " { \"a\" : { \"b\" : [ ] } } ",
        "[[],{},[{}],{\"a\":[]}]",
        "{\"\":\"\"}",
        "{\"a\":1,\"a\":2}",
        "\"0123456701234567012345670123456\"",
        "[\"\x7F\"]",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        bool is_json;
        struct scan scan = scan_whole(str_from(good[i]), &scan_limits_default, &is_json);
        if (!is_json || scan.defect.kind != SCAN_FINE) fail_msg("%s", good[i]);
    }
}

static void refuses_what_is_not_json(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",           " ",           "nul",
        "nullx",      "True",        "tru",
        "'a'",        "a",           "01",
        "-",          "+1",          ".5",
        "1.",         "1.e1",        "1e",
        "1e+",        "-01",         "0x1",
        "1_0",        "NaN",         "Infinity",
        "-a",         "\"",          "\"a",
        "\"\\\"",     "\"\\",        "\"\\x\"",
        "\"\\u12\"",  "\"\\u12g4\"", "\"\\uZZZZ\"",
        "\"\\u\"",    "[",           "]",
        "[1",         "[1,",         "[1,]",
        "[,1]",       "[1 2]",       "[1}",
        "[}",         "{",           "}",
        "{]",         "{\"a\"}",     "{\"a\":}",
        "{\"a\":1,}", "{,}",         "{a:1}",
        "{1:1}",      "{\"a\" 1}",   "{\"a\":1 \"b\":2}",
        "{\"a\":1]",  "[1]]",        "{}{}",
        "1 2",        "null,",       "\xEF\xBB\xBF{}",
        "[1]\xFF",    "//",          "[1/**/]",
        "{\"a\":1",   "{\"a\":",     "{\"a\"",
        "{\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bool is_json;
        struct scan scan = scan_whole(str_from(bad[i]), &scan_limits_default, &is_json);
        if (is_json || !scan.failure) fail_msg("%s", bad[i]);
        assert_true(scan.failure_at <= strlen(bad[i]));
    }
    bool is_json;
    scan_whole(STR("{}\0"), &scan_limits_default, &is_json);
    assert_false(is_json);
    scan_whole(STR_NONE, &scan_limits_default, &is_json);
    assert_false(is_json);
}

static void every_cut_of_json_is_no_json(void **state) {
    (void)state;
    struct str text = STR("{\"a\":[1.5e3,true,null,\"\\u00e9\\\"x\"],\"b\":{\"c\":-0}}");
    for (size_t len = 0; len < text.len; len++) {
        bool is_json;
        scan_whole(str_slice(text, 0, len), &scan_limits_default, &is_json);
        assert_false(is_json);
    }
}

static void defects_are_noted_and_scanning_goes_on(void **state) {
    (void)state;
    static const struct {
        struct str text;
        enum scan_defect_kind kind;
        size_t offset;
    } rows[] = {
        {STR_INIT("[\"a\\u0000b\"]"), SCAN_NUL, 3},
        {STR_INIT("[\"a\0b\"]"), SCAN_NUL, 3},
        {STR_INIT("[\"a\nb\"]"), SCAN_CONTROL_CHARACTER, 3},
        {STR_INIT("[\"\x1F\"]"), SCAN_CONTROL_CHARACTER, 2},
        {STR_INIT("[\"\\ud800\"]"), SCAN_LONE_SURROGATE, 2},
        {STR_INIT("[\"\\udc00\"]"), SCAN_LONE_SURROGATE, 2},
        {STR_INIT("[\"\\ud800\\ud800\"]"), SCAN_LONE_SURROGATE, 2},
        {STR_INIT("[\"\\ud800x\"]"), SCAN_LONE_SURROGATE, 2},
        {STR_INIT("[\"\xFF\"]"), SCAN_BAD_UTF8, 2},
        {STR_INIT("[\"\xC0\xAF\"]"), SCAN_BAD_UTF8, 2},
        {STR_INIT("[\"\xED\xA0\x80\"]"), SCAN_BAD_UTF8, 2},
        {STR_INIT("[\"01234567\xF4\x90\x80\x80\"]"), SCAN_BAD_UTF8, 10},
        {STR_INIT("{\"\xC3\":1}"), SCAN_BAD_UTF8, 2},
        {STR_INIT("[\"\xFF\",\"\\u0000\"]"), SCAN_BAD_UTF8, 2}, /* the first one */
        {STR_INIT("[1,1234567890123456789012345678901234567890123456789012345678901234]"),
         SCAN_NUMBER_TOO_LONG, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_json;
        struct scan scan = scan_whole(rows[i].text, &scan_limits_default, &is_json);
        assert_true(is_json);
        assert_int_equal(scan.defect.kind, rows[i].kind);
        assert_int_equal(scan.defect.offset, rows[i].offset);
    }
}

static void limits_are_exact(void **state) {
    (void)state;
    const struct scan_limits limits = {.depth = 3, .nodes = 4, .string_bytes = 5};
    static const struct {
        const char *text;
        enum scan_defect_kind kind;
    } rows[] = {
        {"[[[]]]", SCAN_FINE},
        {"[[[[]]]]", SCAN_TOO_DEEP},
        {"[{\"a\":[]}]", SCAN_FINE},
        {"[{\"a\":[{}]}]", SCAN_TOO_DEEP},
        {"[1,2,3]", SCAN_FINE},
        {"[1,2,3,4]", SCAN_TOO_MANY_NODES},
        {"[\"12345\"]", SCAN_FINE},
        {"[\"123456\"]", SCAN_STRING_TOO_LONG},
        {"{\"123456\":1}", SCAN_STRING_TOO_LONG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_json;
        struct scan scan = scan_whole(str_from(rows[i].text), &limits, &is_json);
        assert_true(is_json);
        assert_int_equal(scan.defect.kind, rows[i].kind);
    }
}

static void deep_nesting_is_a_defect_and_very_deep_a_failure(void **state) {
    (void)state;
    size_t size = 2 * (SCAN_DEPTH_HARD + 1);
    char *text = malloc(size);
    for (size_t depth = 60; depth <= SCAN_DEPTH_HARD + 1;
         depth = depth < 70 ? depth + 1 : depth * 2) {
        if (depth > SCAN_DEPTH_HARD / 2 && depth < SCAN_DEPTH_HARD) depth = SCAN_DEPTH_HARD;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        bool is_json;
        struct scan scan =
            scan_whole((struct str){text, 2 * depth}, &scan_limits_default, &is_json);
        assert_true(is_json);
        assert_int_equal(scan.defect.kind, depth <= 64 ? SCAN_FINE : SCAN_TOO_DEEP);
    }
    memset(text, '[', SCAN_DEPTH_HARD + 1);
    bool is_json;
    scan_whole((struct str){text, size}, &scan_limits_default, &is_json);
    assert_false(is_json);
    free(text);
}

/* Objects and arrays alternate, so that a wrong bit of the stack would be seen. */
static void brackets_must_pair_at_every_depth(void **state) {
    (void)state;
    char text[200 * 6];
    for (size_t depth = 1; depth < 200; depth++) {
        size_t len = 0;
        for (size_t i = 0; i < depth; i++) {
            const char *opening = i % 3 ? "[" : "{\"a\":";
            memcpy(text + len, opening, strlen(opening));
            len += strlen(opening);
        }
        text[len++] = '1';
        for (size_t i = depth; i-- > 0;)
            text[len++] = i % 3 ? ']' : '}';
        bool is_json;
        scan_whole((struct str){text, len}, &scan_limits_default, &is_json);
        assert_true(is_json);
        text[len - depth] ^= ']' ^ '}';
        scan_whole((struct str){text, len}, &scan_limits_default, &is_json);
        assert_false(is_json);
    }
}

static void steps_through_members_and_items(void **state) {
    (void)state;
    struct scan scan;
    struct str key, bytes;
    scan_init(&scan, STR(" {\"a\" : 1, \"b\\n\":[ true ,{\"c\":null}],\"d\":{}} "),
              &scan_limits_default);
    assert_int_equal(scan_peek(&scan), SCAN_OBJECT);
    assert_false(scan_begin_array(&scan));
    assert_null(scan.failure);
    assert_true(scan_begin_object(&scan));
    assert_true(scan_next_member(&scan, &key));
    expect_str(key, "a");
    assert_int_equal(scan_peek(&scan), SCAN_NUMBER);
    assert_true(scan_value(&scan, &bytes));
    expect_str(bytes, "1");
    assert_true(scan_next_member(&scan, &key));
    expect_str(key, "b\\n");
    assert_true(scan_begin_array(&scan));
    assert_true(scan_next_item(&scan));
    assert_true(scan_value(&scan, &bytes));
    expect_str(bytes, "true");
    assert_true(scan_next_item(&scan));
    assert_true(scan_begin_object(&scan));
    assert_true(scan_next_member(&scan, &key));
    assert_true(scan_value(&scan, &bytes));
    assert_false(scan_next_member(&scan, &key));
    assert_false(scan_next_item(&scan));
    assert_true(scan_next_member(&scan, &key));
    expect_str(key, "d");
    assert_int_equal(scan_peek(&scan), SCAN_OBJECT);
    assert_true(scan_value(&scan, &bytes));
    expect_str(bytes, "{}");
    assert_false(scan_next_member(&scan, &key));
    assert_int_equal(scan.depth, 0);
    assert_int_equal(scan.nodes, 7);
    assert_true(scan_end(&scan));
    assert_null(scan.failure);
}

/* Steps through everything; true when that reaches the end. */
static bool step_through(struct str text) {
    struct scan scan;
    struct str key, bytes;
    scan_init(&scan, text, &scan_limits_default);
    if (scan_begin_object(&scan))
        while (scan_next_member(&scan, &key) && scan_value(&scan, &bytes)) {}
    else if (scan_begin_array(&scan))
        while (scan_next_item(&scan) && scan_value(&scan, &bytes)) {}
    else if (!scan_value(&scan, &bytes))
        return false;
    return scan_end(&scan);
}

static void stepping_is_as_strict_as_skipping(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",   "[]",     "{\"a\":1}", "[1,2]",    "{\"a\":1,\"b\":2}", "",           "{",
        "[",    "{\"a\"", "{\"a\":",   "{\"a\":1", "{\"a\":1,",         "{\"a\":1,}", "{,\"a\":1}",
        "[,1]", "[1,]",   "[1 2]",     "[1,,2]",   "{\"a\":1 \"b\":2}", "{\"a\":1]",  "[1}",
        "{} x", "[] ]",   "x",         "{a:1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bool is_json;
        scan_whole(str_from(texts[i]), &scan_limits_default, &is_json);
        struct str copy = exact_copy(str_from(texts[i]));
        if (step_through(copy) != is_json) fail_msg("%s", texts[i]);
        free_copy(copy);
    }
}

static void a_failure_is_sticky_and_has_a_place(void **state) {
    (void)state;
    struct scan scan;
    struct str key, bytes;
    struct error err;
    scan_init(&scan, STR("{\n  \"gr\xC3\xBC\xC3\x9F\": x\n}"), &scan_limits_default);
    assert_true(scan_begin_object(&scan));
    assert_true(scan_next_member(&scan, &key));
    assert_int_equal(scan_peek(&scan), SCAN_NOTHING);
    assert_false(scan_value(&scan, &bytes));
    assert_false(scan_value(&scan, &bytes));
    assert_false(scan_next_member(&scan, &key));
    assert_false(scan_begin_object(&scan));
    assert_false(scan_end(&scan));
    assert_false(scan_error(&scan, &err));
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 11);
}

static void a_part_has_counts_of_its_own(void **state) {
    (void)state;
    const struct scan_limits limits = {.depth = 2, .nodes = 3, .string_bytes = 100};
    struct scan scan;
    struct str key, bytes;
    scan_init(&scan, STR("{\"r\":{\"uid\":\"\\u0000\",\"object\":[[1]]}}"), &limits);
    assert_true(scan_begin_object(&scan));
    assert_true(scan_next_member(&scan, &key));
    assert_true(scan_begin_object(&scan));
    assert_true(scan_next_member(&scan, &key));
    assert_true(scan_value(&scan, &bytes));
    assert_int_equal(scan.defect.kind, SCAN_NUL);
    assert_true(scan_next_member(&scan, &key));
    scan_reset_counts(&scan);
    assert_true(scan_value(&scan, &bytes));
    assert_int_equal(scan.defect.kind, SCAN_FINE);
    assert_int_equal(scan.nodes, 3);
}

static void defects_are_told_with_their_limits(void **state) {
    (void)state;
    const struct scan_limits *limits = &scan_limits_default;
    struct scan_defect defect = {SCAN_TOO_DEEP, 0};
    expect_str(scan_defect_text(&arena, defect, limits), "is nested deeper than 64 levels");
    for (int kind = SCAN_FINE; kind <= SCAN_NUMBER_TOO_LONG; kind++) {
        defect.kind = (enum scan_defect_kind)kind;
        assert_true(scan_defect_text(&arena, defect, limits).len > 0);
    }
}

static void escapes_are_resolved(void **state) {
    (void)state;
    static const struct {
        const char *written, *means;
    } rows[] = {
        {"", ""},
        {"abc", "abc"},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
        {"a\\u0041z", "aAz"},
        {"\\u00e9\\u20AC\\ud83d\\uDC33", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xB3"},
        {"meta\\u0064ata", "metadata"},
        {"\\\\u0041", "\\u0041"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str written = exact_copy(str_from(rows[i].written)), means = str_from(rows[i].means);
        assert_true(str_equals(scan_unescape(&arena, written), means));
        assert_true(scan_key_is(written, means));
        assert_false(scan_key_is(written, STR("other")));
        free_copy(written);
    }
    assert_false(scan_key_is(STR("ab"), STR("abc")));
    assert_false(scan_key_is(STR("abc"), STR("ab")));
    assert_false(scan_key_is(STR("\\u0061bc"), STR("ab")));
    assert_false(scan_key_is(STR("\\u0061"), STR("ab")));
}

static void broken_escapes_do_no_harm(void **state) {
    (void)state;
    static const char *const broken[] = {"\\",          "\\u",     "\\u12", "\\ud800", "\\ud800\\",
                                         "\\ud800\\u1", "\\udc00", "\\q",   "a\\"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct str written = exact_copy(str_from(broken[i]));
        assert_non_null(scan_unescape(&arena, written).at);
        scan_key_is(written, STR("a"));
        free_copy(written);
    }
}

static void a_string_value_is_given_without_its_quotes(void **state) {
    (void)state;
    struct str text = STR_NONE;
    assert_true(scan_string(&arena, STR("\"a\\n\""), &text));
    expect_str(text, "a\n");
    assert_true(scan_string(&arena, STR("\"\""), &text));
    expect_str(text, "");
    assert_false(scan_string(&arena, STR("12"), &text));
    assert_false(scan_string(&arena, STR("null"), &text));
    assert_false(scan_string(&arena, STR_NONE, &text));
}

static void tokens_come_in_their_order(void **state) {
    (void)state;
    struct str text = STR(" {\"a\\\"}\" : [ 1.5 , \"x:\\\\\" ,true], \"\":{\"n\":null}}");
    static const struct {
        const char *bytes;
        enum scan_type type;
        bool is_key;
    } rows[] = {
        {"{", SCAN_OBJECT, false},          {"\"a\\\"}\"", SCAN_STRING, true},
        {"[", SCAN_ARRAY, false},           {"1.5", SCAN_NUMBER, false},
        {"\"x:\\\\\"", SCAN_STRING, false}, {"true", SCAN_TRUE, false},
        {"\"\"", SCAN_STRING, true},        {"{", SCAN_OBJECT, false},
        {"\"n\"", SCAN_STRING, true},       {"null", SCAN_NULL, false},
    };
    size_t at = 0;
    struct scan_token token;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(scan_next_token(text, &at, &token));
        assert_true(str_equals(token.bytes, str_from(rows[i].bytes)));
        assert_int_equal(token.type, rows[i].type);
        assert_int_equal(token.is_key, rows[i].is_key);
    }
    assert_false(scan_next_token(text, &at, &token));
}

/* The scan looks at 64 bytes at a time: wherever a string begins and whatever is behind its plain
 * bytes, it ends at its quote. */
static const char long_run[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-"
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +-"
                               "abcdefghijklmnopqrstuvwxyz";

static void a_string_of_any_length_ends_at_its_quote(void **state) {
    (void)state;
    static const char *const middles[] = {"", "\\\"", "\\u0041", "\xC3\xA9", "\\\\", "\x7F"};
    char text[512];
    for (size_t blanks = 0; blanks < 70; blanks += 3) {
        for (size_t len = 0; len < 140; len++) {
            const char *middle = middles[len % (sizeof middles / sizeof *middles)];
            int written = snprintf(text, sizeof text, "%*s[\"%.*s%s%.*s\",7]", (int)blanks, "",
                                   (int)len, long_run, middle, (int)(len / 3), long_run);
            struct str copy = exact_copy((struct str){text, (size_t)written});
            struct scan scan;
            struct str bytes;
            scan_init(&scan, copy, &scan_limits_default);
            assert_true(scan_begin_array(&scan) && scan_next_item(&scan));
            assert_true(scan_value(&scan, &bytes));
            assert_int_equal(bytes.len, 2 + len + strlen(middle) + len / 3);
            assert_true(scan_next_item(&scan) && scan_value(&scan, &bytes));
            expect_str(bytes, "7");
            assert_false(scan_next_item(&scan));
            assert_true(scan_end(&scan));
            assert_int_equal(scan.defect.kind, SCAN_FINE);
            free_copy(copy);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_json),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(every_cut_of_json_is_no_json),
        cmocka_unit_test(defects_are_noted_and_scanning_goes_on),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(deep_nesting_is_a_defect_and_very_deep_a_failure),
        cmocka_unit_test(brackets_must_pair_at_every_depth),
        cmocka_unit_test(steps_through_members_and_items),
        cmocka_unit_test(stepping_is_as_strict_as_skipping),
        cmocka_unit_test(a_failure_is_sticky_and_has_a_place),
        cmocka_unit_test(a_part_has_counts_of_its_own),
        cmocka_unit_test_setup_teardown(defects_are_told_with_their_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes_are_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_escapes_do_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(a_string_value_is_given_without_its_quotes, setup,
                                        teardown),
        cmocka_unit_test(tokens_come_in_their_order),
        cmocka_unit_test(a_string_of_any_length_ends_at_its_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
