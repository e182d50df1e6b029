/* Which labels a selector selects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kube/selector.h"
#include "unit/kube/tree_from.h"

static struct arena arena;

static const struct decode_row row = {.decode = selector_decode};

static bool selects(const char *quoted_selector, const char *quoted_labels) {
    struct error err;
    struct label_selector selector = {0};
    const struct document *document = tree_from(&arena, quoted_selector);
    const struct decoder decoder = {.arena = &arena, .document = document, .err = &err};
    assert_true(selector_decode(&decoder, document->root, &row, &selector));
    return selector_selects(&selector, tree_from(&arena, quoted_labels)->root);
}

static void labels_are_selected_as_kubernetes_does(void **state) {
    (void)state;
    static const struct {
        const char *selector, *labels;
        bool expected;
    } rows[] = {
        {"{}", "{}", true},
        {"{'matchLabels':{'a':'1'}}", "{'a':'1','b':'2'}", true},
        {"{'matchLabels':{'a':'1'}}", "{'a':'2'}", false},
        {"{'matchLabels':{'a':'1'}}", "{}", false},
        {"{'matchLabels':{'a':'1','b':'2'}}", "{'a':'1'}", false},
        {"{'matchExpressions':[{'key':'a','operator':'In','values':['1','2']}]}", "{'a':'2'}",
         true},
        {"{'matchExpressions':[{'key':'a','operator':'In','values':['1']}]}", "{'a':'2'}", false},
        {"{'matchExpressions':[{'key':'a','operator':'In','values':['1']}]}", "{}", false},
        {"{'matchExpressions':[{'key':'a','operator':'NotIn','values':['1']}]}", "{}", true},
        {"{'matchExpressions':[{'key':'a','operator':'NotIn','values':['1']}]}", "{'a':'1'}",
         false},
        {"{'matchExpressions':[{'key':'a','operator':'Exists'}]}", "{'a':''}", true},
        {"{'matchExpressions':[{'key':'a','operator':'Exists'}]}", "{'b':''}", false},
        {"{'matchExpressions':[{'key':'a','operator':'DoesNotExist'}]}", "{'b':''}", true},
        {"{'matchExpressions':[{'key':'a','operator':'DoesNotExist'}]}", "{'a':''}", false},
        {"{'matchExpressions':[{'key':'a','operator':'Near'}]}", "{'a':''}", false},
        {"{'matchLabels':{'a':'1'},'matchExpressions':[{'key':'b','operator':'Exists'}]}",
         "{'a':'1'}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (selects(rows[i].selector, rows[i].labels) != rows[i].expected)
            fail_msg("%s beside %s", rows[i].selector, rows[i].labels);
}

static void no_selector_selects_nothing(void **state) {
    (void)state;
    assert_false(selector_selects(&(struct label_selector){0}, NULL));
    assert_true(selector_selects(&(struct label_selector){.is_set = true}, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_selected_as_kubernetes_does),
        cmocka_unit_test(no_selector_selects_nothing),
    };
    arena_init(&arena, 65536, 0);
    int failed = cmocka_run_group_tests_name("selector", tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
