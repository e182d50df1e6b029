#include "text/json.h"

#include <pthread.h>

#include "unit/expect.h"
#include "unit/text/parse_parts.h"

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

static bool read_text(struct str text, struct document *document, struct error *err) {
    return json_read(&arena, text, &scan_limits_default, document, err);
}

static void what_only_cjson_accepts_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"0123", "1.", "-01", "nullx", "{} x", "1 2"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct document document;
        struct error err;
        assert_false(read_text(str_from(texts[i]), &document, &err));
        assert_int_equal(err.code, ERR_SYNTAX);
    }
}

static void defects_are_errors_with_a_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum error_code code;
        uint32_t line, column;
    } rows[] = {
        {"{\n\"a\": \"x\\u0000\"}", ERR_SYNTAX, 2, 8},
        {"[\"\xFF\"]", ERR_SYNTAX, 1, 3},
        {"{\n \"\xC3\xA9\": tru}", ERR_SYNTAX, 2, 7},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         ERR_LIMIT, 1, 65},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document document;
        struct error err;
        assert_false(read_text(str_from(rows[i].text), &document, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err.column, rows[i].column);
    }
}

static void keys_that_stand_twice_are_refused_with_path_and_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *where, *says;
        uint32_t line, column;
    } rows[] = {
        {"{\"a\":1,\"a\":2}", "", "the key \"a\" stands twice", 1, 8},
        {"{\"a\":1,\"\\u0061\":2}", "", "the key \"a\" stands twice", 1, 8},
        {"\n\n{\"s\": {\"c\": [0, {\"image\": 1,\n  \"x\": 2,\n  \"image\": 3}]}}", "s.c[1]",
         "the key \"image\" stands twice: first at line 3 column 18", 5, 3},
        {"{\"l\":{\"a.b/c\":{\"x\":1,\"y\":{},\"x\":1}}}", "l['a.b/c']",
         "the key \"x\" stands twice", 1, 29},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document document;
        struct error err;
        assert_false(read_text(str_from(rows[i].text), &document, &err));
        assert_int_equal(err.code, ERR_SCHEMA);
        assert_string_equal(err.where, rows[i].where);
        assert_string_equal(err.text, rows[i].says);
        assert_int_equal(err.line, rows[i].line);
        assert_int_equal(err.column, rows[i].column);
    }
}

static void keys_that_differ_in_case_are_two(void **state) {
    (void)state;
    struct document document;
    struct error err;
    assert_true(read_text(STR("{\"Privileged\":false,\"privileged\":true}"), &document, &err));
    assert_true(tree_is_true(tree_find(document.root, STR("privileged"))));
}

/* An object of `count` members; the last one has the key of number `twin`. */
static struct str many_members(size_t count, size_t twin) {
    struct strbuf buf;
    strbuf_init(&buf, &arena, 0);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&buf, "%c\"key-number-%zu\":%zu", i ? ',' : '{', i + 1 < count ? i : twin, i);
    strbuf_add_char(&buf, '}');
    return strbuf_str(&buf);
}

static void a_key_is_found_twice_among_any_number(void **state) {
    (void)state;
    for (size_t count = 2; count < 5000; count = count < 40 ? count + 1 : count * 3) {
        struct document document;
        struct error err;
        assert_true(read_text(many_members(count, count - 1), &document, &err));
        assert_int_equal(tree_count(document.root), count);
        for (size_t twin = 0; twin + 1 < count; twin += 1 + count / 5) {
            assert_false(read_text(many_members(count, twin), &document, &err));
            assert_int_equal(err.code, ERR_SCHEMA);
        }
        arena_reset(&arena, (size_t)1 << 20);
    }
}

/* Where `part` first stands in `text`. */
static struct str find_slice(struct str text, struct str part) {
    const char *at = memmem(text.at, text.len, part.at, part.len);
    assert_non_null(at);
    return (struct str){at, part.len};
}

static void skipped_values_read_as_null(void **state) {
    (void)state;
    struct str text = exact_copy(STR(
        "{\"a\":{\"m\":[1,2,{\"k\":3,\"k\":4}],\"n\":12345678901234567890},\"s\":\"x\",\"z\":7}"));
    struct str skip[] = {find_slice(text, STR("[1,2,{\"k\":3,\"k\":4}]")),
                         find_slice(text, STR("\"x\""))};
    struct document document;
    struct error err;
    assert_true(parse_with_parts(&arena, text, skip, 2, &document, &err));
    assert_null(tree_find(document.root, STR("s")));
    const struct cJSON *a = tree_find(document.root, STR("a"));
    assert_null(tree_find(a, STR("m")));
    expect_str(tree_number_text(&document, tree_find(a, STR("n"))), "12345678901234567890");
    expect_str(tree_number_text(&document, tree_find(document.root, STR("z"))), "7");
    free_copy(text);
}

static void what_stands_behind_skipped_values_is_found(void **state) {
    (void)state;
    struct str text = STR("{\"a\":[{\"x\":1},2],\n\"s\":\"x\", \"z\":7,\n \"e\":{}}");
    struct str skip[] = {find_slice(text, STR("[{\"x\":1},2]")), find_slice(text, STR("\"x\", "))};
    struct document document;
    struct place place;
    struct error err;
    skip[1].len -= strlen(", ");
    assert_true(parse_with_parts(&arena, text, skip, 2, &document, &err));
    assert_true(tree_place(&document, tree_find(document.root, STR("z")), &place));
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 14);
    assert_true(tree_key_place(&document, tree_find(document.root, STR("e")), &place));
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 2);
}

static void keys_that_stand_twice_behind_skipped_values_have_their_place(void **state) {
    (void)state;
    struct str text = STR("{\"a\":[{\"x\":1},2],\n\"e\":{},\n \"e\":1}");
    struct str skip = find_slice(text, STR("[{\"x\":1},2]"));
    struct document document;
    struct error err;
    assert_false(parse_with_parts(&arena, text, &skip, 1, &document, &err));
    assert_string_equal(err.text, "the key \"e\" stands twice: first at line 2 column 1");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 2);
}

static void a_value_can_be_skipped_whole(void **state) {
    (void)state;
    struct str text = STR("[1,2]");
    struct document document;
    struct error err;
    assert_true(parse_with_parts(&arena, text, &text, 1, &document, &err));
    assert_true(tree_is_null(document.root));
}

static void a_skipped_value_may_have_any_defect_wherever_it_stands(void **state) {
    (void)state;
    for (size_t before = 0; before < 300; before++) {
        struct strbuf buf;
        strbuf_init(&buf, &arena, 1024);
        strbuf_add_char(&buf, '[');
        for (size_t i = 0; i < before; i++)
            strbuf_add(&buf, STR("0,"));
        strbuf_add(&buf, STR("[\"\xFF\"],1]"));
        struct str text = strbuf_str(&buf), part = find_slice(text, STR("[\"\xFF\"]"));
        struct document document;
        struct error err;
        assert_true(parse_with_parts(&arena, text, &part, 1, &document, &err));
        assert_int_equal(tree_count(document.root), before + 2);
        arena_reset(&arena, (size_t)1 << 20);
    }
}

static void what_will_be_no_tree_takes_little_memory(void **state) {
    (void)state;
    enum { VALUES = 200000 };
    struct strbuf buf;
    struct arena judged;
    struct document document;
    struct error err;
    strbuf_init(&buf, &arena, 2 * VALUES + 8);
    strbuf_add(&buf, STR("[\"\xFF\""));
    for (size_t i = 0; i < VALUES; i++)
        strbuf_add(&buf, STR(",0"));
    strbuf_add_char(&buf, ']');
    arena_init(&judged, 4096, 0);
    assert_false(json_read(&judged, strbuf_str(&buf), &scan_limits_default, &document, &err));
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_true(arena_held_bytes(&judged) < 16384);
    arena_fini(&judged);
}

static void a_byte_order_mark_is_passed_over(void **state) {
    (void)state;
    struct document document;
    struct error err;
    assert_true(read_text(STR("\xEF\xBB\xBF{\"a\":1}"), &document, &err));
    assert_int_equal(tree_count(document.root), 1);
}

static size_t allocations_left;

static bool refuse_when_none_is_left(size_t bytes) {
    (void)bytes;
    if (allocations_left == 0) return true;
    allocations_left--;
    return false;
}

static void each_failing_allocation_is_an_error_of_ours(void **state) {
    (void)state;
    struct str text = many_members(400, 399);
    struct str skip = str_slice(text, 16, 1);
    size_t needed = 0;
    for (bool parsed = false; !parsed; needed++) {
        struct arena judged;
        struct document document;
        struct error err = {.code = ERR_NONE};
        arena_init(&judged, 4096, 0);
        allocations_left = needed;
        arena_refuse = refuse_when_none_is_left;
        parsed = parse_with_parts(&judged, text, &skip, 1, &document, &err);
        arena_refuse = NULL;
        if (!parsed) assert_int_equal(err.code, ERR_MEMORY);
        if (!parsed) assert_true(arena_is_exhausted(&judged));
        arena_fini(&judged);
    }
    assert_true(needed > 10);
}

static void an_exhausted_arena_parses_nothing(void **state) {
    (void)state;
    struct document document;
    struct error err;
    arena.exhausted = true;
    assert_false(parse_with_parts(&arena, STR("1"), NULL, 0, &document, &err));
    assert_int_equal(err.code, ERR_MEMORY);
}

/* As the judging threads have it; sanitizers' frames are several times as large. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define STACK_BYTES ((size_t)2 << 20)
#else
#define STACK_BYTES ((size_t)256 << 10)
#endif

static void *parse_the_deepest(void *unused) {
    (void)unused;
    enum { DEPTH = 1000 };
    static char text[6 * DEPTH + 1];
    const struct scan_limits limits = {.depth = DEPTH, .nodes = 65536, .string_bytes = 100};
    struct document document;
    struct error err;
    struct arena own;
    size_t len = 0;
    for (size_t i = 0; i < DEPTH; i++, len += 5)
        memcpy(text + len, "{\"a\":", 5);
    text[len++] = '1';
    memset(text + len, '}', DEPTH);
    arena_init(&own, 65536, 0);
    bool parsed = json_read(&own, (struct str){text, len + DEPTH}, &limits, &document, &err);
    bool equal = parsed && tree_equals(document.root, document.root);
    arena_fini(&own);
    return equal ? &arena : NULL;
}

static void the_deepest_tree_fits_a_small_stack(void **state) {
    (void)state;
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, parse_the_deepest, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    pthread_attr_destroy(&attributes);
    assert_non_null(result);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_only_cjson_accepts_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(defects_are_errors_with_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_that_stand_twice_are_refused_with_path_and_place,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(keys_that_differ_in_case_are_two, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_is_found_twice_among_any_number, setup, teardown),
        cmocka_unit_test_setup_teardown(skipped_values_read_as_null, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stands_behind_skipped_values_is_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            keys_that_stand_twice_behind_skipped_values_have_their_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_can_be_skipped_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_skipped_value_may_have_any_defect_wherever_it_stands,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_will_be_no_tree_takes_little_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_byte_order_mark_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(each_failing_allocation_is_an_error_of_ours, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_exhausted_arena_parses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_deepest_tree_fits_a_small_stack, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
