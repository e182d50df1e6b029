#include "base/glob.h"

#include <time.h>

#include "unit/expect.h"

static const struct {
    const char *pattern, *text;
    bool anywhere, in_path; /* glob_match, glob_match_path */
} rows[] = {
    {"", "", true, true},
    {"", "a", false, false},
    {"a", "", false, false},
    {"abc", "abc", true, true},
    {"abc", "abcd", false, false},
    {"abcd", "abc", false, false},
    {"*", "", true, true},
    {"*", "abc", true, true},
    {"*", "a/b", true, false},
    {"**", "a/b/c", true, true},
    {"**", "", true, true},
    {"team-*", "team-a", true, true},
    {"team-*", "team-", true, true},
    {"team-*", "team", false, false},
    {"*-system", "kube-system", true, true},
    {"a*b*c", "a1b2c", true, true},
    {"a*b*c", "a1b2", false, false},
    {"a*b*c", "abbbcbc", true, true},
    {"*a*b", "ab", true, true},
    {"*ab", "aab", true, true},
    {"***", "x", true, true},
    {"?", "a", true, true},
    {"?", "", false, false},
    {"?", "ab", false, false},
    {"?", "\xC3\xA9", true, true},
    {"?", "\xF0\x9F\x90\xB3", true, true},
    {"??", "\xC3\xA9", false, false},
    {"a?c", "a/c", true, false},
    {"[a-c]x", "bx", true, true},
    {"[a-c]x", "dx", false, false},
    {"[!a-c]", "d", true, true},
    {"[!a-c]", "a", false, false},
    {"[!a]", "/", true, false},
    {"[/]", "/", true, false},
    {"[abc-]", "-", true, true},
    {"[a\\]]", "]", true, true},
    {"[a\\-c]", "b", false, false},
    {"[a\\-c]", "-", true, true},
    {"[\xC3\xA0-\xC3\xBC]", "\xC3\xA9", true, true},
    {"[\xC3\xA0-\xC3\xBC]", "z", false, false},
    {"\\*", "*", true, true},
    {"\\*", "a", false, false},
    {"a\\[b", "a[b", true, true},
    {"a]b", "a]b", true, true},
    {"registry.example.com/**", "registry.example.com/a/b", true, true},
    {"registry.example.com/**", "registry.example.com/", true, true},
    {"registry.example.com/**", "registry.example.com.evil/a", false, false},
    {"registry.example.com/*", "registry.example.com/a/b", true, false},
    {"registry.example.com/*", "registry.example.com/a", true, true},
    {"*/b", "a/b", true, true},
    {"*/b", "x/a/b", true, false},
    {"**/b", "x/a/b", true, true},
    {"**/a*/c", "x/ab/c", true, true},
    {"**/a*/c", "x/ab/d/c", true, false},
    {"**a*b", "aa/ab", true, true},
    {"**x/a*b", "x/y/x/a1b", true, true},
    {"a/**/z", "a/b/c/z", true, true},
    {"a/**/z", "a/z", false, false},
    {"*a*/*b*", "xay/zbz", true, true},
    {"*a*/*b*", "xy/zbz", false, false},
};

static void matches_as_the_table_says(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str pattern = exact_copy(str_from(rows[i].pattern));
        struct str text = exact_copy(str_from(rows[i].text));
        if (glob_match(pattern, text) != rows[i].anywhere ||
            glob_match_path(pattern, text) != rows[i].in_path)
            fail_msg("%s against %s", rows[i].pattern, rows[i].text);
        free_copy(pattern);
        free_copy(text);
    }
}

/* The definition, by recursion: slow and clear. Plain characters, '?' and stars only. */
static bool matches_by_definition(const char *pattern, const char *text, bool in_path) {
    if (*pattern == '\0') return *text == '\0';
    if (*pattern == '*') {
        bool crosses = !in_path || pattern[1] == '*';
        const char *rest = pattern;
        while (*rest == '*')
            rest++;
        for (;; text++) {
            if (matches_by_definition(rest, text, in_path)) return true;
            if (*text == '\0' || (*text == '/' && !crosses)) return false;
        }
    }
    if (*text == '\0') return false;
    bool takes = *pattern == '?' ? !(in_path && *text == '/') : *pattern == *text;
    return takes && matches_by_definition(pattern + 1, text + 1, in_path);
}

static void agrees_with_the_definition_on_all_small_cases(void **state) {
    (void)state;
    static const char pattern_letters[] = "ab/*?", text_letters[] = "ab/";
    uint32_t seed = 1;
    for (int round = 0; round < 60000; round++) {
        char pattern[8] = "", text[9] = "";
        seed = seed * 1664525 + 1013904223;
        uint32_t bits = seed >> 4;
        size_t pattern_len = bits % 8;
        bits /= 8;
        for (size_t i = 0; i < pattern_len && i < 7; i++, bits = bits / 5 + (seed >> i))
            pattern[i] = pattern_letters[bits % 5];
        seed = seed * 1664525 + 1013904223;
        bits = seed >> 4;
        size_t text_len = bits % 9;
        for (size_t i = 0; i < text_len && i < 8; i++, bits = bits / 3 + (seed >> i))
            text[i] = text_letters[bits % 3];
        struct str p = str_from(pattern), t = str_from(text);
        if (glob_match(p, t) != matches_by_definition(pattern, text, false) ||
            glob_match_path(p, t) != matches_by_definition(pattern, text, true))
            fail_msg("%s against %s", pattern, text);
    }
}

static void refuses_what_cannot_be_meant(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *says;
    } bad[] = {
        {"a[", "no ]"},           {"a[bc", "no ]"},       {"[]", "nothing in it"},
        {"[!]", "nothing in it"}, {"[b-a]", "backwards"}, {"abc\\", "backslash"},
        {"[a\\", "no ]"},         {"[a-", "no ]"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str pattern = exact_copy(str_from(bad[i].pattern));
        assert_false(glob_check(pattern, &err));
        assert_non_null(strstr(err.text, bad[i].says));
        glob_match(pattern, STR("abc")); /* no crash is all that is asked */
        free_copy(pattern);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(glob_check(str_from(rows[i].pattern), &err));
}

static void refuses_a_pattern_that_is_too_long(void **state) {
    (void)state;
    static char pattern[GLOB_MAX + 1];
    memset(pattern, '*', sizeof pattern);
    struct error err;
    assert_true(glob_check((struct str){pattern, GLOB_MAX}, &err));
    assert_false(glob_check((struct str){pattern, GLOB_MAX + 1}, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_false(glob_match((struct str){pattern, GLOB_MAX + 1}, STR("")));
}

static void knows_wildcards_from_escaped_ones(void **state) {
    (void)state;
    assert_true(glob_has_wildcard(STR("a*")));
    assert_true(glob_has_wildcard(STR("a?")));
    assert_true(glob_has_wildcard(STR("[a]")));
    assert_false(glob_has_wildcard(STR("a\\*b\\?\\[")));
    assert_false(glob_has_wildcard(STR("abc")));
    assert_false(glob_has_wildcard(STR("abc\\")));
}

static void one_pattern_of_a_list_is_enough(void **state) {
    (void)state;
    struct str items[] = {STR("a*"), STR("b")};
    const struct str_list patterns = {items, 2}, none = {NULL, 0};
    assert_true(glob_match_any(&patterns, STR("abc")));
    assert_true(glob_match_any(&patterns, STR("b")));
    assert_false(glob_match_any(&patterns, STR("bc")));
    assert_false(glob_match_any(&none, STR("")));
}

static void a_head_ends_before_the_first_special_letter(void **state) {
    (void)state;
    assert_int_equal(glob_head_length(STR("team-*")), 5);
    assert_int_equal(glob_head_length(STR("team-?")), 5);
    assert_int_equal(glob_head_length(STR("team-[ab]*")), 5);
    assert_int_equal(glob_head_length(STR("a\\*b")), 1);
    assert_int_equal(glob_head_length(STR("kube-system")), 11);
    assert_int_equal(glob_head_length(STR("*")), 0);
    assert_int_equal(glob_head_length(STR("")), 0);
}

static void no_pattern_takes_long(void **state) {
    (void)state;
    char pattern[256], text[1024];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i + 4 <= sizeof pattern; i += 4)
        memcpy(pattern + i, "**a*", 4);
    pattern[sizeof pattern - 1] = 'b';
    clock_t start = clock();
    assert_false(
        glob_match_path((struct str){pattern, sizeof pattern}, (struct str){text, sizeof text}));
    assert_true(clock() - start < CLOCKS_PER_SEC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_the_table_says),
        cmocka_unit_test(agrees_with_the_definition_on_all_small_cases),
        cmocka_unit_test(refuses_what_cannot_be_meant),
        cmocka_unit_test(refuses_a_pattern_that_is_too_long),
        cmocka_unit_test(knows_wildcards_from_escaped_ones),
        cmocka_unit_test(one_pattern_of_a_list_is_enough),
        cmocka_unit_test(a_head_ends_before_the_first_special_letter),
        cmocka_unit_test(no_pattern_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
