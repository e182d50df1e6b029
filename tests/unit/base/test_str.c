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

static bool refuse_all(size_t bytes) {
    (void)bytes;
    return true;
}

static void compares_bytes_and_lengths(void **state) {
    (void)state;
    assert_true(str_equals(STR("ab"), STR("ab")));
    assert_false(str_equals(STR("ab"), STR("abc")));
    assert_true(str_equals(STR_NONE, STR("")));
    assert_true(str_equals_ignore_case(STR("SYS_admin"), STR("sys_ADMIN")));
    assert_false(str_equals_ignore_case(STR("a"), STR("\xC3")));
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("a"), STR("aa")) < 0);
    assert_int_equal(str_compare(STR_NONE, STR("")), 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0);
}

static void finds_parts(void **state) {
    (void)state;
    assert_true(str_starts_with(STR("abc"), STR("ab")));
    assert_false(str_starts_with(STR("a"), STR("ab")));
    assert_true(str_starts_with(STR_NONE, STR("")));
    assert_true(str_ends_with(STR("abc"), STR("bc")));
    assert_false(str_ends_with(STR("c"), STR("bc")));
    assert_true(str_contains(STR("abc"), STR("b")));
    assert_true(str_contains(STR_NONE, STR("")));
    assert_false(str_contains(STR("abc"), STR("abcd")));
    assert_int_equal(str_find_char(STR("a:b:c"), ':'), 1);
    assert_int_equal(str_find_last_char(STR("a:b:c"), ':'), 3);
    assert_int_equal(str_find_char(STR("abc"), ':'), 3);
    assert_int_equal(str_find_last_char(STR_NONE, ':'), 0);
}

static void slices_are_clamped(void **state) {
    (void)state;
    expect_str(str_slice(STR("abc"), 1, 1), "b");
    expect_str(str_slice(STR("abc"), 1, 99), "bc");
    expect_str(str_slice(STR("abc"), 3, 1), "");
    expect_str(str_slice(STR("abc"), 99, SIZE_MAX), "");
    expect_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    expect_str(str_trim(STR("  ")), "");
}

static void copies_are_terminated(void **state) {
    (void)state;
    struct str copy = str_copy(&arena, STR("abc"));
    assert_string_equal(copy.at, "abc");
    copy = str_copy(&arena, STR_NONE);
    assert_string_equal(copy.at, "");
    struct str text = str_format(&arena, "%d-%s", 12, "x");
    assert_string_equal(text.at, "12-x");
    assert_int_equal(text.len, 4);
    struct str list[] = {STR("a"), STR("b")};
    struct str joined = str_join(&arena, &(struct str_list){list, 2}, STR(", "));
    assert_string_equal(joined.at, "a, b");
    assert_true(str_is_empty(str_join(&arena, &(struct str_list){list, 0}, STR(", "))));
    assert_true(str_list_contains(&(struct str_list){list, 2}, STR("b")));
    assert_false(str_list_contains(&(struct str_list){list, 2}, STR("c")));
}

static void what_is_formatted_may_have_any_length(void **state) {
    (void)state;
    for (int width = 1; width < 1100; width++) {
        struct str text = str_format(&arena, "%*d", width, 7);
        assert_int_equal(text.len, width);
        assert_int_equal(strlen(text.at), width);
        assert_int_equal(text.at[width - 1], '7');
    }
}

static void without_memory_there_is_no_text(void **state) {
    (void)state;
    arena_refuse = refuse_all;
    struct str copy = str_copy(&arena, STR("abc")), text = str_format(&arena, "x");
    arena_refuse = NULL;
    assert_null(copy.at);
    assert_null(text.at);
    assert_true(arena_is_exhausted(&arena));
}

static void reads_integers_within_int64_only(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"42", true, 42},
        {"-42", true, -42},
        {"9007199254740993", true, INT64_C(9007199254740993)},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"0x1", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 77;
        assert_int_equal(str_to_int64(str_from(rows[i].text), &value), rows[i].ok);
        assert_int_equal(value, rows[i].ok ? rows[i].value : 77);
    }
}

static void the_nearest_word_is_a_likely_typing_error(void **state) {
    (void)state;
    static const char *const known[] = {"privileged", "host-path",       "name",
                                        "namespaces", "run-as-non-root", "drop-capabilities",
                                        "id"};
    struct str words[7];
    for (size_t i = 0; i < 7; i++)
        words[i] = str_from(known[i]);
    static const struct {
        const char *wrong, *nearest;
    } rows[] = {
        {"priviledged", "privileged"},
        {"Privileged", "privileged"},
        {"hots-path", "host-path"},
        {"hostpath", "host-path"},
        {"nmae", "name"},
        {"namespace", "namespaces"},
        {"run-as-root", NULL},
        {"zzz", NULL},
        {"", NULL},
        {"i", NULL},
        {"capabilities", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str found = str_nearest(str_from(rows[i].wrong), words, 7);
        if (rows[i].nearest)
            assert_string_equal(found.at, rows[i].nearest);
        else
            assert_null(found.at);
    }
    char long_word[200];
    memset(long_word, 'a', sizeof long_word);
    assert_null(str_nearest((struct str){long_word, sizeof long_word}, words, 7).at);
}

static void utf8_is_what_rfc3629_says(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"a", 1},
        {"\x7F", 1},
        {"\xC2\x80", 2},
        {"\xDF\xBF", 2},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xEE\x80\x80", 3},
        {"\xEF\xBF\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\x80", 0},             /* a continuation first */
        {"\xC0\xAF", 0},         /* overlong */
        {"\xC1\xBF", 0},         /* overlong */
        {"\xE0\x9F\xBF", 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
        {"\xED\xA0\x80", 0},     /* a surrogate */
        {"\xF4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 0},
        {"\xFF", 0},
        {"\xC3", 0}, /* cut short */
        {"\xE2\x82", 0},
        {"\xF0\x9F\x90", 0},
        {"\xC3\x28", 0}, /* no continuation */
        {"\xE2\x82\x28", 0},
        {"\xF0\x9F\x90\x28", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str text = exact_copy(str_from(rows[i].bytes));
        assert_int_equal(str_utf8_length(text), rows[i].length);
        free_copy(text);
    }
    assert_int_equal(str_utf8_length(STR_NONE), 0);
    assert_int_equal(str_utf8_count(STR("a\xC3\xA9\xE2\x82\xAC\xFF")), 4);
}

static void a_cut_does_not_halve_a_character(void **state) {
    (void)state;
    struct str text = STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\xB3");
    static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < 12; max++)
        assert_int_equal(str_utf8_cut(text, max).len, kept[max]);
    assert_int_equal(str_utf8_cut(STR("\x80\x80\x80\x80\x80\x80"), 4).len, 4);
    assert_int_equal(str_utf8_cut(STR("\xE2\xE2\xE2"), 2).len, 2);
}

static void buffers_grow_and_stay_terminated(void **state) {
    (void)state;
    for (size_t capacity = 0; capacity < 20; capacity++) {
        struct strbuf buf;
        strbuf_init(&buf, &arena, capacity);
        for (int i = 0; i < 100; i++) {
            strbuf_printf(&buf, "%d,", i);
            strbuf_add(&buf, STR("ab"));
            strbuf_add_char(&buf, ';');
            assert_int_equal(strlen(buf.at), buf.len);
        }
        assert_int_equal(buf.len, 100 * 4 + 190);
        strbuf_truncate(&buf, 4);
        assert_string_equal(buf.at, "0,ab");
        strbuf_truncate(&buf, 99);
        assert_int_equal(strbuf_str(&buf).len, 4);
    }
}

static void parts_and_numbers_stand_behind_each_other(void **state) {
    (void)state;
    struct strbuf buf;
    strbuf_init(&buf, &arena, 0);
    STRBUF_ADD(&buf, STR("a"), STR_NONE, STR("bc"));
    strbuf_add_number(&buf, 0);
    strbuf_add_char(&buf, ' ');
    strbuf_add_number(&buf, UINT64_MAX);
    strbuf_add_char(&buf, ' ');
    strbuf_add_hex(&buf, 0xC0FFEE, 4);
    strbuf_add_hex(&buf, UINT64_MAX, 16);
    assert_string_equal(buf.at, "abc0 18446744073709551615 ffeeffffffffffffffff");
    struct str joined = STR_CONCAT(&arena, STR("a/"), STR_NONE, STR("b"));
    assert_int_equal(joined.len, 3);
    assert_string_equal(joined.at, "a/b");
    const struct str too_long[] = {{"a", SIZE_MAX / 2}, {"b", SIZE_MAX / 2}, {"c", 2}};
    assert_null(str_concat(&arena, too_long, 3).at);
    assert_true(arena_is_exhausted(&arena));
}

static void a_buffer_without_memory_stays_short(void **state) {
    (void)state;
    struct strbuf buf;
    strbuf_init(&buf, &arena, 4);
    arena_refuse = refuse_all;
    strbuf_add(&buf, STR("abc"));
    strbuf_add(&buf, STR("defghi"));
    strbuf_printf(&buf, "%s", "defghi");
    struct strbuf empty;
    strbuf_init(&empty, &arena, 0);
    strbuf_add(&empty, STR("x"));
    strbuf_printf(&empty, "x");
    strbuf_truncate(&empty, 0);
    arena_refuse = NULL;
    assert_string_equal(buf.at, "abc");
    assert_null(empty.at);
    assert_true(arena_is_exhausted(&arena));
}

static struct str quoted(struct str text, size_t max_bytes) {
    struct strbuf buf;
    strbuf_init(&buf, &arena, 0);
    strbuf_add_quoted(&buf, text, max_bytes);
    return strbuf_str(&buf);
}

static void quoted_text_cannot_mislead(void **state) {
    (void)state;
    expect_str(quoted(STR("nginx:1.27"), 64), "\"nginx:1.27\"");
    expect_str(quoted(STR("a\"b\\c\n\r\t\x1b[31m\x7f"), 64),
               "\"a\\\"b\\\\c\\n\\r\\t\\x1b[31m\\x7f\"");
    expect_str(quoted(STR("gr\xC3\xBC\xC3\x9F"), 64), "\"gr\xC3\xBC\xC3\x9F\"");
    expect_str(quoted(STR("a\xFF\xC3"), 64), "\"a\\xff\\xc3\"");
    expect_str(quoted(STR("a\0b"), 64), "\"a\\x00b\"");
    expect_str(quoted(STR("\xE2\x80\xAE\xC2\x85\xE2\x80\xA8\xEF\xBB\xBF"), 64),
               "\"\\u202e\\u0085\\u2028\\ufeff\"");
}

static void quoted_text_is_cut(void **state) {
    (void)state;
    expect_str(quoted(STR("abcdef"), 6), "\"abcdef\"");
    expect_str(quoted(STR("abcdefg"), 6), "\"abcdef...\"");
    expect_str(quoted(STR("abcde\xC3\xA9"), 6), "\"abcde...\"");
    expect_str(quoted(STR("abc"), 0), "\"...\"");
    expect_str(quoted(STR_NONE, 6), "\"\"");
}

/* Without an arena: each byte needs four characters, and what is cut is none of them. */
static void text_is_quoted_for_a_format(void **state) {
    (void)state;
    char hostile[200];
    memset(hostile, '\x1b', sizeof hostile);
    struct quoted shown = str_quoted((struct str){hostile, sizeof hostile});
    assert_int_equal(strlen(shown.text), 64 * strlen("\\x1b") + strlen("\"...\""));
    assert_string_equal(shown.text, quoted((struct str){hostile, sizeof hostile}, 64).at);
    assert_string_equal(str_quoted(STR_NONE).text, "\"\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_and_lengths),
        cmocka_unit_test(finds_parts),
        cmocka_unit_test_setup_teardown(text_is_quoted_for_a_format, setup, teardown),
        cmocka_unit_test(slices_are_clamped),
        cmocka_unit_test_setup_teardown(copies_are_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_formatted_may_have_any_length, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_there_is_no_text, setup, teardown),
        cmocka_unit_test(reads_integers_within_int64_only),
        cmocka_unit_test(the_nearest_word_is_a_likely_typing_error),
        cmocka_unit_test(utf8_is_what_rfc3629_says),
        cmocka_unit_test(a_cut_does_not_halve_a_character),
        cmocka_unit_test_setup_teardown(buffers_grow_and_stay_terminated, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_and_numbers_stand_behind_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_without_memory_stays_short, setup, teardown),
        cmocka_unit_test_setup_teardown(quoted_text_cannot_mislead, setup, teardown),
        cmocka_unit_test_setup_teardown(quoted_text_is_cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
