#include "text/json.h"

#include "unit/expect.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct document parse(const char *text) {
    struct document document;
    struct error err;
    if (!json_read(&arena, str_from(text), &scan_limits_default, &document, &err))
        fail_msg("%s: %s", text, err.text);
    return document;
}

static void finds_by_the_exact_key(void **state) {
    (void)state;
    struct document document = parse("{\"Image\":1,\"image\":2,\"imag\":3,\"none\":null,\"\":4}");
    assert_string_equal(tree_find(document.root, STR("image"))->valuestring, "2");
    assert_string_equal(tree_find(document.root, str_slice(STR("image"), 0, 4))->valuestring, "3");
    assert_string_equal(tree_find(document.root, STR(""))->valuestring, "4");
    assert_null(tree_find(document.root, STR("none")));
    assert_null(tree_find(document.root, STR("IMAGE")));
    assert_null(tree_find(NULL, STR("x")));
    assert_null(tree_find(document.root->child, STR("x")));
    assert_int_equal(tree_count(document.root), 5);
    assert_int_equal(tree_count(NULL), 0);
    assert_int_equal(tree_count(document.root->child), 0);
}

static void names_types_for_people(void **state) {
    (void)state;
    struct document document = parse("[{},[],\"\",0,true,false,null]");
    static const char *const names[] = {"an object",     "a list",        "a string", "a number",
                                        "true or false", "true or false", "null"};
    const struct cJSON *item = document.root->child;
    for (size_t i = 0; i < 7; i++, item = item->next)
        assert_string_equal(tree_type_name(item), names[i]);
    assert_string_equal(tree_type_name(NULL), "null");
    assert_null(tree_string(document.root).at);
    assert_null(tree_key(document.root->child).at);
}

static void integers_are_exact(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"65536", true, 65536},
        {"9007199254740993", true, INT64_C(9007199254740993)},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"1e400", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"1.5", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document document = parse(rows[i].text);
        int64_t value = 77;
        assert_int_equal(tree_int64(&document, document.root, &value), rows[i].ok);
        assert_int_equal(value, rows[i].ok ? rows[i].value : 77);
        value = 77;
        assert_int_equal(tree_int64(NULL, document.root, &value), rows[i].ok);
    }
    assert_false(tree_int64(NULL, NULL, &(int64_t){0}));
}

static void numbers_keep_their_text(void **state) {
    (void)state;
    struct document document = parse("{\"1.25\":\"7\",\"a\":[0.50, 1e3,-0,\"3\"],\"b\":12}");
    const struct cJSON *a = tree_find(document.root, STR("a"));
    expect_str(tree_number_text(&document, a->child), "0.50");
    expect_str(tree_number_text(&document, a->child->next), "1e3");
    expect_str(tree_number_text(&document, a->child->next->next), "-0");
    assert_null(tree_number_text(&document, a->child->next->next->next).at);
    expect_str(tree_number_text(NULL, tree_find(document.root, STR("b"))), "12");
    assert_null(tree_number_text(NULL, NULL).at);
}

static void equality_is_of_meaning(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"{}", "{}", true},
        {"{\"a\":1,\"b\":[1,{}]}", " { \"a\" : 1 , \"b\" : [ 1 , { } ] } ", true},
        {"{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}", true},
        {"{\"a\":1,\"n\":null}", "{\"a\":1}", true},
        {"{\"n\":null}", "{}", true},
        {"{\"n\":null,\"b\":1,\"a\":2}", "{\"a\":2,\"m\":null,\"b\":1}", true},
        {"null", "null", true},
        {"\"\\u0061\"", "\"a\"", true},
        {"9007199254740993", "9007199254740993", true},
        {"1", "1.0", true},
        {"1e3", "1000", true},
        {"0.1", "0.10", true},
        {"-2.5e-1", "-0.25", true},
        {"10e399", "1e400", true},
        {"-0.0", "0", true},
        {"0e9", "0", true},
        {"{\"a\":1}", "{\"a\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1,\"b\":1}", "{\"a\":1}", false},
        {"{\"b\":1,\"a\":1}", "{\"a\":1,\"c\":1}", false},
        {"{\"a\":null}", "{\"a\":0}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,null]", false},
        {"[null]", "[]", false},
        {"9007199254740993", "9007199254740992", false},
        {"9007199254740993.0", "9007199254740992", false},
        {"0.1", "0.10000000000000000001", false},
        {"1e400", "1e401", false},
        {"1e100001", "1e100002", false},
        {"1.5", "-1.5", false},
        {"15", "1.5", false},
        {"1", "\"1\"", false},
        {"true", "false", false},
        {"{}", "[]", false},
        {"null", "false", false},
        {"{\"A\":1}", "{\"a\":1}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document a = parse(rows[i].a), b = parse(rows[i].b);
        if (tree_equals(a.root, b.root) != rows[i].equal) fail_msg("%s, %s", rows[i].a, rows[i].b);
        if (tree_equals(b.root, a.root) != rows[i].equal) fail_msg("%s, %s", rows[i].b, rows[i].a);
    }
    assert_true(tree_equals(NULL, parse("null").root));
}

static struct document numbered(size_t count, bool backwards) {
    struct strbuf buf;
    strbuf_init(&buf, &arena, 0);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&buf, "%c\"k%zu\":1", i ? ',' : '{', backwards ? count - i : i + 1);
    strbuf_add_char(&buf, '}');
    return parse(buf.at);
}

static void the_work_of_comparing_is_bounded(void **state) {
    (void)state;
    assert_true(tree_equals(numbered(1000, false).root, numbered(1000, true).root));
    assert_true(tree_equals(numbered(30000, false).root, numbered(30000, false).root));
    /* Too much work to tell: different is the safe side. */
    assert_false(tree_equals(numbered(30000, false).root, numbered(30000, true).root));
}

static const char manifest[] = "{\n"
                               "  \"spec\": {\"containers\": [{\"name\": \"a\", \"n\": 8080},\n"
                               "    {\"name\": \"gr\xC3\xBC\xC3\x9F\", \"image\": \"b:1\"}]},\n"
                               "  \"labels\": {\"a.b/c\": \"x\", \"e\": null, \"\": []}\n"
                               "}\n";

static void resolves_paths_as_far_as_they_go(void **state) {
    (void)state;
    struct document document = parse(manifest);
    static const struct {
        const char *path, *reached;
        bool whole;
    } rows[] = {
        {"", "", true},
        {"spec.containers[1].image", "spec.containers[1].image", true},
        {"spec.containers[0]", "spec.containers[0]", true},
        {"labels['a.b/c']", "labels['a.b/c']", true},
        {"labels['']", "labels['']", true},
        {"labels.e", "labels.e", true},
        {"['spec'].containers", "spec.containers", true},
        {"spec.containers[2].image", "spec.containers", false},
        {"spec.containers[0].image", "spec.containers[0]", false},
        {"spec.containers[0].name.x", "spec.containers[0].name", false},
        {"spec.containers.name", "spec.containers", false},
        {"spec.containers[x]", "spec.containers", false},
        {"spec.containers[-1]", "spec.containers", false},
        {"spec.containers[99999999999999999999]", "spec.containers", false},
        {"spec.containers[1", "spec.containers", false},
        {"spec[0]", "spec", false},
        {"spec..containers", "spec", false},
        {"labels['a.b/c'", "labels", false},
        {"labels['a.b/c", "labels", false},
        {"status.phase", "", false},
        {".", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool whole;
        const struct cJSON *node = tree_resolve(document.root, str_from(rows[i].path), &whole);
        struct str path = tree_path(&arena, document.root, node);
        if (whole != rows[i].whole || !str_equals(path, str_from(rows[i].reached)))
            fail_msg("%s reaches %.*s", rows[i].path, STR_ARGS(path));
    }
}

static void expect_place(const struct document *document, const char *path, uint32_t line,
                         uint32_t column, const char *underlined, bool of_key) {
    bool whole;
    struct place place;
    const struct cJSON *node = tree_resolve(document->root, str_from(path), &whole);
    assert_true(whole);
    assert_true(of_key ? tree_key_place(document, node, &place)
                       : tree_place(document, node, &place));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    struct str part = str_slice(document->text, place.offset, place.length);
    if (!str_equals(part, str_from(underlined))) fail_msg("%s is at %.*s", path, STR_ARGS(part));
}

static void places_are_where_a_person_looks(void **state) {
    (void)state;
    struct document document = parse(manifest);
    expect_place(&document, "", 1, 1, "{", false);
    expect_place(&document, "spec", 2, 3, "\"spec\"", false);
    expect_place(&document, "spec.containers[0]", 2, 27, "{", false);
    expect_place(&document, "spec.containers[0].n", 2, 46, "8080", false);
    expect_place(&document, "spec.containers[0].n", 2, 41, "\"n\"", true);
    expect_place(&document, "spec.containers[1].image", 3, 31, "\"b:1\"", false);
    expect_place(&document, "labels['a.b/c']", 4, 23, "\"x\"", false);
    expect_place(&document, "labels['']", 4, 39, "\"\"", false);
    document.first_line = 11;
    expect_place(&document, "spec", 12, 3, "\"spec\"", false);
}

static void a_stranger_has_no_place(void **state) {
    (void)state;
    struct document document = parse(manifest), other = parse("{}");
    struct place place;
    assert_false(tree_place(&document, other.root, &place));
    assert_false(tree_place(&document, NULL, &place));
    expect_str(tree_path(&arena, document.root, other.root), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_by_the_exact_key, setup, teardown),
        cmocka_unit_test_setup_teardown(names_types_for_people, setup, teardown),
        cmocka_unit_test_setup_teardown(integers_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_keep_their_text, setup, teardown),
        cmocka_unit_test_setup_teardown(equality_is_of_meaning, setup, teardown),
        cmocka_unit_test_setup_teardown(the_work_of_comparing_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(resolves_paths_as_far_as_they_go, setup, teardown),
        cmocka_unit_test_setup_teardown(places_are_where_a_person_looks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stranger_has_no_place, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
