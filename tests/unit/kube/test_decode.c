#include "kube/decode.h"
#include "unit/kube/tree_from.h"

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

struct leaf {
    struct str name;
    bool is_on;
};

struct part {
    bool is_set;
    struct str_list words;
};

struct whole {
    struct str name;
    struct part part;
    struct leaf *leaves;
    size_t leaf_count;
    int finished;
};

static const struct decode_row leaf_rows[] = {
    DECODE_FIELD("name", struct leaf, name, decode_string),
    DECODE_FIELD("on", struct leaf, is_on, decode_bool),
};
static const struct decode_table leaf_table = DECODE_TABLE(struct leaf, leaf_rows);

static const struct decode_row part_rows[] = {
    DECODE_FIELD("words", struct part, words, decode_strings),
};
static const struct decode_table part_table = DECODE_TABLE(struct part, part_rows);

static const struct decode_row whole_rows[] = {
    DECODE_FIELD("name", struct whole, name, decode_string),
    DECODE_NESTED("part", struct whole, part, decode_optional, part_table),
    DECODE_LIST("leaves", struct whole, leaves, leaf_count, leaf_table),
};

static void count_finish(const struct cJSON *node, void *target) {
    (void)node;
    ((struct whole *)target)->finished++;
}

static const struct decode_table whole_table = {.rows = whole_rows,
                                                .count = 3,
                                                .size = sizeof(struct whole),
                                                .finish = count_finish};

static bool decode(const char *quoted, struct whole *out, struct error *err) {
    const struct document *document = tree_from(&arena, quoted);
    struct decoder decoder = {&arena, document, err};
    *err = (struct error){0};
    *out = (struct whole){0};
    return decode_object(&decoder, document->root, &whole_table, out);
}

static void members_come_in_any_order(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{'name':'n','part':{'words':['a','b']},'leaves':[{'name':'x','on':true},{}]}",
        "{'leaves':[{'on':true,'name':'x'},{}],'part':{'words':['a','b']},'name':'n'}",
        ("{'other':[{}],'part':{'words':['a','b'],'z':1},'leaves':[{'on':true,'y':{},'name':'x'},"
         "{}],'name':'n'}"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct whole whole;
        struct error err;
        assert_true(decode(texts[i], &whole, &err));
        expect_str(whole.name, "n");
        assert_true(whole.part.is_set);
        assert_int_equal(whole.part.words.count, 2);
        expect_str(whole.part.words.items[1], "b");
        assert_int_equal(whole.leaf_count, 2);
        expect_str(whole.leaves[0].name, "x");
        assert_true(whole.leaves[0].is_on);
        assert_null(whole.leaves[1].name.at);
        assert_int_equal(whole.finished, 1);
    }
}

static void null_is_absent_and_case_matters(void **state) {
    (void)state;
    struct whole whole;
    struct error err;
    assert_true(decode("{'name':null,'part':null,'leaves':null,'Name':1,'NAME':[]}", &whole, &err));
    assert_null(whole.name.at);
    assert_false(whole.part.is_set);
    assert_null(whole.leaves);
}

static void an_empty_list_is_no_error(void **state) {
    (void)state;
    struct whole whole;
    struct error err;
    assert_true(decode("{'leaves':[],'part':{'words':[]}}", &whole, &err));
    assert_int_equal(whole.leaf_count, 0);
    assert_int_equal(whole.part.words.count, 0);
}

static void a_wrong_type_is_said_with_its_path(void **state) {
    (void)state;
    static const struct {
        const char *text, *where, *says;
    } rows[] = {
        {"[]", "", "must be an object, it is a list"},
        {"{'name':1}", "name", "must be a string, it is a number"},
        {"{'part':true}", "part", "must be an object, it is true or false"},
        {"{'part':{'words':{}}}", "part.words", "must be a list of strings, it is an object"},
        {"{'part':{'words':['a',null]}}", "part.words[1]", "must be a string, it is null"},
        {"{'leaves':{}}", "leaves", "must be a list, it is an object"},
        {"{'leaves':[{},[]]}", "leaves[1]", "must be an object, it is a list"},
        {"{'leaves':[{},{'on':'yes'}]}", "leaves[1].on", "must be true or false, it is a string"},
        {"{'leaves':[null]}", "leaves[0]", "must be an object, it is null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct whole whole;
        struct error err;
        assert_false(decode(rows[i].text, &whole, &err));
        assert_int_equal(err.code, ERR_SCHEMA);
        assert_string_equal(err.where, rows[i].where);
        assert_string_equal(err.text, rows[i].says);
    }
}

static void paths_grow_at_the_front(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SCHEMA, "wrong");
    decode_error_below_key(&err, STR("plain"));
    assert_string_equal(err.where, "plain");
    decode_error_below_key(&err, STR("a.b/c"));
    assert_string_equal(err.where, "['a.b/c'].plain");
    decode_error_below(&err, "");
    assert_string_equal(err.where, "['a.b/c'].plain");
    decode_error_below_item(&err, 12);
    assert_string_equal(err.where, "[12]['a.b/c'].plain");
    decode_error_below(&err, "spec");
    assert_string_equal(err.where, "spec[12]['a.b/c'].plain");
}

static void keys_of_users_are_shown_harmless_and_cut(void **state) {
    (void)state;
    struct error err;
    error_set(&err, ERR_SCHEMA, "wrong");
    decode_error_below_key(&err, STR("a\n\x1b\xff"));
    assert_string_equal(err.where, "a???");
    error_set(&err, ERR_SCHEMA, "wrong");
    decode_error_below_key(&err, STR(""));
    assert_string_equal(err.where, "['']");
    char key[300];
    memset(key, 'k', sizeof key);
    error_set(&err, ERR_SCHEMA, "wrong");
    decode_error_below_key(&err, (struct str){key, sizeof key});
    assert_int_equal(strlen(err.where), 84);
}

static void a_path_that_does_not_fit_loses_its_deep_end(void **state) {
    (void)state;
    char part[101];
    memset(part, 'p', 100);
    part[100] = '\0';
    struct error err;
    error_set(&err, ERR_SCHEMA, "wrong");
    decode_error_below(&err, "deep");
    for (int i = 0; i < 4; i++)
        decode_error_below(&err, part);
    decode_error_below(&err, "top");
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_memory_equal(err.where, "top.ppp", 7);
    char longest[2 * sizeof err.where];
    memset(longest, 'q', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    decode_error_below(&err, longest);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
}

static void too_little_memory_is_no_schema_error(void **state) {
    (void)state;
    const struct document *document = tree_from(&arena, "{'leaves':[{},{},{}]}");
    struct arena small;
    arena_init(&small, 16, 16);
    struct error err = {0};
    struct decoder decoder = {&small, document, &err};
    struct whole whole = {0};
    assert_false(decode_object(&decoder, document->root, &whole_table, &whole));
    assert_int_equal(err.code, ERR_MEMORY);
    arena_fini(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_any_order),
        cmocka_unit_test(null_is_absent_and_case_matters),
        cmocka_unit_test(an_empty_list_is_no_error),
        cmocka_unit_test(a_wrong_type_is_said_with_its_path),
        cmocka_unit_test(paths_grow_at_the_front),
        cmocka_unit_test(keys_of_users_are_shown_harmless_and_cut),
        cmocka_unit_test(a_path_that_does_not_fit_loses_its_deep_end),
        cmocka_unit_test(too_little_memory_is_no_schema_error),
    };
    return cmocka_run_group_tests_name("decode", tests, setup, teardown);
}
