#include "kube/meta.h"
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

static struct meta decode(const char *quoted) {
    struct meta meta;
    struct error err;
    if (!meta_decode(tree_from(&arena, quoted)->root, "metadata", &meta, &err))
        fail_msg("%s: %s: %s", quoted, err.where, err.text);
    return meta;
}

static void nothing_is_empty_metadata(void **state) {
    (void)state;
    struct meta meta;
    struct error err;
    assert_true(meta_decode(NULL, "metadata", &meta, &err));
    assert_true(str_is_empty(meta.name));
    assert_null(meta.labels);
    assert_false(meta.is_being_deleted);
    assert_true(str_is_empty(decode("null").name));
    assert_true(str_is_empty(decode("{}").name));
}

static void fields_are_read(void **state) {
    (void)state;
    struct meta meta = decode("{'name':'web-1','generateName':'web-','namespace':'shop',"
                              "'labels':{'a':'b','c':null},'annotations':{},'managedFields':7,"
                              "'deletionTimestamp':'2026-11-22T09:30:00Z'}");
    expect_str(meta.name, "web-1");
    expect_str(meta.generate_name, "web-");
    expect_str(meta.name_space, "shop");
    expect_str(tree_string(tree_find(meta.labels, STR("a"))), "b");
    assert_non_null(meta.annotations);
    assert_true(meta.is_being_deleted);
    assert_false(decode("{'deletionTimestamp':null}").is_being_deleted);
}

static void the_owner_is_the_controller(void **state) {
    (void)state;
    struct meta meta = decode("{'ownerReferences':[{'kind':'Node','name':'n'},"
                              "{'kind':'Other','name':'o','controller':false},"
                              "{'kind':'ReplicaSet','name':'web-1','controller':true},"
                              "{'kind':'Job','name':'j','controller':true}]}");
    expect_str(meta.owner_kind, "ReplicaSet");
    expect_str(meta.owner_name, "web-1");
    assert_true(str_is_empty(decode("{'ownerReferences':[]}").owner_name));
    assert_true(str_is_empty(decode("{'ownerReferences':[{'kind':'K','name':'n'}]}").owner_kind));
}

static void wrong_types_are_refused_with_their_path(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"'x'", "metadata"},
        {"{'name':1}", "metadata.name"},
        {"{'generateName':{}}", "metadata.generateName"},
        {"{'namespace':false}", "metadata.namespace"},
        {"{'labels':[]}", "metadata.labels"},
        {"{'labels':{'a':1}}", "metadata.labels.a"},
        {"{'annotations':{'x.y/z':true}}", "metadata.annotations['x.y/z']"},
        {"{'deletionTimestamp':0}", "metadata.deletionTimestamp"},
        {"{'ownerReferences':{}}", "metadata.ownerReferences"},
        {"{'ownerReferences':[1]}", "metadata.ownerReferences[0]"},
        {"{'ownerReferences':[null]}", "metadata.ownerReferences[0]"},
        {"{'ownerReferences':[{},{'name':1}]}", "metadata.ownerReferences[1].name"},
        {"{'ownerReferences':[{'controller':'true'}]}", "metadata.ownerReferences[0].controller"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct meta meta;
        struct error err = {0};
        assert_false(meta_decode(tree_from(&arena, rows[i][0])->root, "metadata", &meta, &err));
        assert_int_equal(err.code, ERR_SCHEMA);
        assert_string_equal(err.where, rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_empty_metadata),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(the_owner_is_the_controller),
        cmocka_unit_test(wrong_types_are_refused_with_their_path),
    };
    return cmocka_run_group_tests_name("meta", tests, setup, teardown);
}
