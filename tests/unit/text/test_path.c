#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "text/json.h"
#include "text/path.h"

#include <cmocka.h>

#define COUNT_OF(list) (sizeof(list) / sizeof(list)[0])

struct fixture {
    struct arena arena;
    struct strbuf seen;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 4096, 0);
    strbuf_init(&f->seen, &f->arena, 256);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    arena_fini(&f->arena);
    free(f);
    return 0;
}

/* "text=identity=value;" of each place. */
static void note(void *context, const struct path_place *place) {
    struct fixture *f = context;
    struct str value = tree_is_string(place->node) ? tree_string(place->node)
                       : place->node               ? str_from(tree_type_name(place->node))
                                                   : STR("-");
    strbuf_printf(&f->seen, "%.*s=%.*s=%.*s;", STR_ARGS(path_place_text(&f->arena, place, 0)),
                  STR_ARGS(path_place_identity(&f->arena, place)), STR_ARGS(value));
}

static void assert_places(struct fixture *f, const char *path_text, const char *json,
                          const char *expected) {
    struct error err = {0};
    struct path path;
    struct document document;
    if (!path_parse(str_from(path_text), &path, &err)) fail_msg("%s: %s", path_text, err.text);
    if (!json_read(&f->arena, str_from(json), &scan_limits_default, &document, &err))
        fail_msg("%s: %s", json, err.text);
    strbuf_truncate(&f->seen, 0);
    strbuf_add(&f->seen, STR(""));
    path_visit(&path, document.root, note, f);
    assert_string_equal(f->seen.at ? f->seen.at : "", expected);
}

static void keys_lead_to_one_place(void **state) {
    assert_places(*state, "a.b", "{\"a\":{\"b\":\"x\"}}", "a.b=a.b=x;");
    assert_places(*state, "a['b.c/d'].e", "{\"a\":{\"b.c/d\":{\"e\":\"x\"}}}",
                  "a['b.c/d'].e=a['b.c/d'].e=x;");
    assert_places(*state, "a", "{\"a\":{}}", "a=a=an object;");
}

static void what_is_missing_null_or_an_empty_list_is_absent(void **state) {
    assert_places(*state, "a.b.c", "{}", "a.b.c=a.b.c=-;");
    assert_places(*state, "a.b", "{\"a\":\"text\"}", "a.b=a.b=-;");
    assert_places(*state, "a", "{\"a\":null}", "a=a=-;");
    assert_places(*state, "a", "{\"a\":[]}", "a=a=-;");
    assert_places(*state, "a", "{\"a\":\"\"}", "a=a=;");
}

static void each_entry_is_a_place_of_its_own(void **state) {
    assert_places(*state, "a[*].b", "{\"a\":[{\"name\":\"one\",\"b\":\"x\"},{\"b\":\"y\"},{}]}",
                  "a[0].b=a[one].b=x;a[1].b=a[1].b=y;a[2].b=a[2].b=-;");
    assert_places(*state, "a[*]", "{\"a\":[\"x\",null]}", "a[0]=a[x]=x;a[1]=a[1]=-;");
    assert_places(*state, "a[*]", "{\"a\":{\"k\":\"x\",\"l.m\":\"y\"}}",
                  "a.k=a.k=x;a['l.m']=a['l.m']=y;");
    assert_places(*state, "a[*].b[*]",
                  "{\"a\":[{\"name\":\"n\",\"b\":[\"x\",\"y\"]},{\"b\":[]},{\"b\":[\"z\"]}]}",
                  "a[0].b[0]=a[n].b[x]=x;a[0].b[1]=a[n].b[y]=y;a[2].b[0]=a[2].b[z]=z;");
}

static void no_list_has_no_entries(void **state) {
    assert_places(*state, "a[*].b", "{}", "");
    assert_places(*state, "a[*].b", "{\"a\":null}", "");
    assert_places(*state, "a[*].b", "{\"a\":\"text\"}", "");
    assert_places(*state, "a[*].b", "{\"a\":[]}", "");
}

static void entries_are_named_as_kubernetes_names_them(void **state) {
    assert_places(*state, "a[*].b",
                  "{\"a\":[{\"key\":\"k\"},{\"ip\":\"i\"},{\"mountPath\":\"m\"}]}",
                  "a[0].b=a[k].b=-;a[1].b=a[i].b=-;a[2].b=a[m].b=-;");
    assert_places(*state, "a[*].b", "{\"a\":[{\"metadata\":{\"name\":\"n\"}}]}",
                  "a[0].b=a[n].b=-;");
}

static void what_is_no_path_is_told_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "is no path: at character 1 a key must stand"},
        {".a", "is no path: at character 1 a key must stand"},
        {"a.", "is no path: at character 3 a key must stand"},
        {"a..b", "is no path: at character 3 a key must stand"},
        {"a b", "is no path: at character 2 a dot, ['key'] or [*] must stand"},
        {"a[0]", "is no path: at character 3 [*] or ['key'] must stand: entries have no numbers "
                 "here"},
        {"a['b", "is no path: at character 5 '] is missing"},
        {"a['b'", "is no path: at character 5 '] is missing"},
        {"a['']", "is no path: at character 4 the key is empty"},
        {"[*]", "is no path: at character 1 a key must stand"},
        {"a[*]b", "is no path: at character 5 a dot, ['key'] or [*] must stand"},
        {"a[*][*][*][*][*][*][*]", "has more than 6 [*]"},
        {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "has more than 24 steps"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        struct path path;
        assert_false(path_parse(str_from(cases[i].text), &path, &err));
        assert_string_equal(err.text, cases[i].error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_lead_to_one_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing_null_or_an_empty_list_is_absent, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_entry_is_a_place_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_list_has_no_entries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_are_named_as_kubernetes_names_them, set_up,
                                        tear_down),
        cmocka_unit_test(what_is_no_path_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
