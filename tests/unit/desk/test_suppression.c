#include "unit/expect.h"

#include "desk/suppression.h"

static const struct policy basics = {.name = {"basics", 6}};
static const struct rule image_tag = {.policy = &basics, .name = {"image-tag", 9}};
static const struct rule probes = {.policy = &basics, .name = {"probes", 6}};

/* The reason that suppresses the rule, or empty. */
static struct str reason_for(struct arena *arena, const char *value, const struct rule *rule) {
    struct suppression_list list;
    struct error err;
    if (!suppression_parse(arena, str_from(value), &list, &err)) return STR("malformed");
    const struct suppression *found = suppression_find(&list, rule);
    return found ? found->reason : STR_NONE;
}

static void expect_reason(struct str actual, const char *expected) {
    if (!str_equals(actual, str_from(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(actual), expected);
}

static void rules_are_named_alone_or_with_their_policy(void **state) {
    (void)state;
    static const struct {
        const char *value, *reason;
    } cases[] = {
        {"image-tag; why", "why"},
        {"basics/image-tag; why", "why"},
        {"other/image-tag; why", ""},
        {"image; why", ""},
        {"image-*; why", "why"},
        {"*/image-tag; why", "why"},
        {"*; why", "why"},
        {" probes , image-tag ;  why; and more ", "why; and more"},
        {"probes; one\n\n  image-tag; two\n", "two"},
        {"image-tag; one\nimage-tag; two", "one"},
        {"image-tag", "malformed"},
        {"image-tag;", "malformed"},
        {"image-tag; \n", "malformed"},
        {"; why", "malformed"},
        {"image-tag,; why", "malformed"},
        {"[; why", "malformed"},
        {"", "malformed"},
        {"image-tag; why\nprobes", "malformed"},
    };
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_reason(reason_for(&arena, cases[i].value, &image_tag), cases[i].reason);
    expect_reason(reason_for(&arena, "probes; one\nimage-tag; two", &probes), "one");
    arena_fini(&arena);
}

static void what_is_too_long_is_refused(void **state) {
    (void)state;
    struct arena arena;
    struct strbuf value;
    struct suppression_list list;
    struct error err;
    arena_init(&arena, 4096, 0);
    strbuf_init(&value, &arena, 0);
    for (int i = 0; i < SUPPRESSION_LINES_MAX; i++)
        strbuf_add(&value, STR("a; b\n"));
    assert_false(suppression_parse(&arena, strbuf_str(&value), &list, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    strbuf_truncate(&value, value.len - 1);
    assert_true(suppression_parse(&arena, strbuf_str(&value), &list, &err));
    assert_int_equal(list.count, SUPPRESSION_LINES_MAX);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_named_alone_or_with_their_policy),
        cmocka_unit_test(what_is_too_long_is_refused),
    };
    return cmocka_run_group_tests_name("suppression", tests, NULL, NULL);
}
