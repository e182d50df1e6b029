#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "rules/param.h"
#include "text/yaml.h"

#include <cmocka.h>

struct all {
    bool flag;
    int64_t number;
    struct str word;
    struct str_list words, globs;
    int colour;
    unsigned colours;
    struct image_pattern_list images;
    struct quantity amount;
    struct range_list ranges;
    struct quantity_map amounts;
    struct glob_map patterns;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct param rows[] = {
    {"flag", PARAM_BOOL, offsetof(struct all, flag), .fallback = "true", .doc = "Flag."},
    {"number", PARAM_INT, offsetof(struct all, number), .fallback = "5", .min = 1, .max = 9,
     .doc = "Number."},
    {"word", PARAM_STRING, offsetof(struct all, word), .fallback = "warn", .doc = "Word."},
    {"words", PARAM_STRINGS, offsetof(struct all, words), .fallback = "[a, \"b c\"]",
     .doc = "Words."},
    {"globs", PARAM_GLOBS, offsetof(struct all, globs), .fallback = "[]", .doc = "Globs."},
    {"colour", PARAM_CHOICE, offsetof(struct all, colour), .fallback = "green", .choices = colours,
     .doc = "Colour."},
    {"colours", PARAM_CHOICES, offsetof(struct all, colours), .fallback = "[red, blue]",
     .choices = colours, .doc = "Colours."},
    {"images", PARAM_IMAGES, offsetof(struct all, images), .fallback = "[\"**\"]",
     .doc = "Images."},
    {"amount", PARAM_QUANTITY, offsetof(struct all, amount), .fallback = "1500m", .doc = "Amount."},
    {"ranges", PARAM_RANGES, offsetof(struct all, ranges), .fallback = "[80, 8000-8999]", .min = 1,
     .max = 65535, .doc = "Ranges."},
    {"amounts", PARAM_QUANTITIES, offsetof(struct all, amounts),
     .fallback = "{cpu: 2, memory: 1Gi}", .doc = "Amounts."},
    {"patterns", PARAM_GLOB_MAP, offsetof(struct all, patterns), .fallback = "{}",
     .doc = "Patterns."},
};

static struct arena arena;
static struct diagnostics diagnostics;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    diagnostics_init(&diagnostics, &arena);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static const struct all *decode(const char *text) {
    struct document document = {0};
    struct error err = {0};
    struct yaml_reader reader;
    yaml_reader_init(&reader, str_from(text), YAML_POLICY, &yaml_limits_policy);
    if (yaml_read(&reader, &arena, &document, &err) == YAML_ERROR) fail_msg("%s", err.text);
    return params_decode(&arena, "paint", rows, sizeof rows / sizeof rows[0], sizeof(struct all),
                         &document, document.root, STR("p.yaml"), &diagnostics);
}

/* All complaints about `text`, one a line. */
static void assert_complaints(const char *text, const char *expected) {
    assert_null(decode(text));
    struct strbuf told;
    strbuf_init(&told, &arena, 256);
    for (const struct diagnostic *d = diagnostics.first; d; d = d->next) {
        diagnostic_format(d, &told);
        strbuf_add_char(&told, '\n');
    }
    assert_non_null(told.at);
    assert_string_equal(told.at, expected);
    diagnostics_init(&diagnostics, &arena);
}

static void defaults_are_decoded_from_their_texts(void **state) {
    (void)state;
    const struct all *p = decode("");
    assert_non_null(p);
    assert_true(p->flag);
    assert_int_equal(p->number, 5);
    assert_true(str_equals(p->word, STR("warn")));
    assert_int_equal(p->words.count, 2);
    assert_true(str_equals(p->words.items[1], STR("b c")));
    assert_int_equal(p->globs.count, 0);
    assert_int_equal(p->colour, 1);
    assert_int_equal(p->colours, 1U << 0 | 1U << 2);
    assert_int_equal(p->images.count, 1);
    assert_true(p->images.items[0].everything);
    assert_int_equal(p->amount.units, 1);
    assert_int_equal(p->amount.nanos, 500000000);
    assert_int_equal(p->ranges.count, 2);
    assert_int_equal(p->amounts.count, 2);
    assert_true(str_equals(p->amounts.items[1].name, STR("memory")));
    assert_true(str_equals(p->amounts.items[1].written, STR("1Gi")));
    assert_int_equal(p->amounts.items[1].quantity.units, 1 << 30);
    assert_int_equal(p->patterns.count, 0);
}

static void the_users_values_replace_defaults(void **state) {
    (void)state;
    const struct all *p = decode("flag: false\n"
                                 "number: 9\n"
                                 "word: x\n"
                                 "words: []\n"
                                 "globs: ['a*', b]\n"
                                 "colour: blue\n"
                                 "colours: [green]\n"
                                 "images: [nginx, 'ghcr.io/**']\n"
                                 "amount: 2\n"
                                 "amounts: {nvidia.com/gpu: '3'}\n"
                                 "patterns: {team: '?*', tier: [front, back]}\n");
    assert_non_null(p);
    assert_false(p->flag);
    assert_int_equal(p->number, 9);
    assert_int_equal(p->words.count, 0);
    assert_int_equal(p->globs.count, 2);
    assert_int_equal(p->colour, 2);
    assert_int_equal(p->colours, 1U << 1);
    assert_int_equal(p->images.count, 2);
    assert_int_equal(p->amount.units, 2);
    assert_int_equal(p->amounts.count, 1);
    assert_true(str_equals(p->amounts.items[0].name, STR("nvidia.com/gpu")));
    assert_int_equal(p->amounts.items[0].quantity.units, 3);
    assert_int_equal(p->patterns.count, 2);
    assert_int_equal(p->patterns.items[0].globs.count, 1);
    assert_true(str_equals(p->patterns.items[1].globs.items[1], STR("back")));
    assert_int_equal(diagnostics.errors, 0);
}

static void null_is_absent(void **state) {
    (void)state;
    const struct all *p = decode("number: null\nwords: ['443', 8000-8999]\n");
    assert_non_null(p);
    assert_int_equal(p->number, 5);
    assert_int_equal(p->words.count, 2);
    assert_true(str_equals(p->words.items[0], STR("443")));
}

static void what_must_be_a_string_is_no_number(void **state) {
    (void)state;
    assert_complaints(
        "words: [80]\n"
        "globs: [a, 3]\n"
        "images: [1]\n"
        "patterns: {a: 3, b: [c, 4], d: true}\n",
        "p.yaml:1:9: error: parameter \"words\" of paint must be a string, it is a number (write "
        "\"80\" in quotes)\n"
        "p.yaml:2:12: error: parameter \"globs\" of paint must be a string, it is a number (write "
        "\"3\" in quotes)\n"
        "p.yaml:3:10: error: parameter \"images\" of paint must be a string, it is a number (write "
        "\"1\" in quotes)\n"
        "p.yaml:4:15: error: parameter \"patterns\" of paint must be a string, it is a number (write "
        "\"3\" in quotes)\n"
        "p.yaml:4:25: error: parameter \"patterns\" of paint must be a string, it is a number (write "
        "\"4\" in quotes)\n"
        "p.yaml:4:32: error: parameter \"patterns\" of paint must be a string, it is true or false "
        "(write \"true\" in quotes)\n");
}

static void ranges_hold_both_their_ends(void **state) {
    (void)state;
    const struct all *p = decode("ranges: [22, '80', 8000-8999, 65535]\n");
    assert_non_null(p);
    static const struct {
        int64_t number;
        bool is_in;
    } rows_[] = {{22, true},   {21, false},   {80, true},    {7999, false},  {8000, true},
                 {8999, true}, {9000, false}, {65535, true}, {65536, false}, {-22, false}};
    for (size_t i = 0; i < sizeof rows_ / sizeof *rows_; i++)
        assert_int_equal(range_list_has(&p->ranges, rows_[i].number), rows_[i].is_in);
    struct str text = range_list_text(&arena, &p->ranges, 65535);
    assert_string_equal(text.at, "22, 80, 8000-8999, 65535");
    p = decode("ranges: [22, 1024-65535]\n");
    assert_non_null(p);
    text = range_list_text(&arena, &p->ranges, 65535);
    assert_string_equal(text.at, "22, 1024 or above");
    p = decode("ranges: []\n");
    assert_non_null(p);
    assert_false(range_list_has(&p->ranges, 0));
    assert_true(str_is_empty(range_list_text(&arena, &p->ranges, 65535)));
}

static void ranges_that_hold_nothing_or_too_much_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"0",     "65536",      "'90-80'",  "'80-'",
                                        "'-80'", "'1-2-3'",    "'1 - 2'",  "'a'",
                                        "1.5",   "'80-65536'", "'0-65535'"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str text = str_format(&arena, "ranges: [%s]\n", wrong[i]);
        if (decode(text.at)) fail_msg("%s is accepted", wrong[i]);
    }
    diagnostics_init(&diagnostics, &arena);
    assert_complaints(
        "ranges: [80, 90-80]\n",
        "p.yaml:1:14: error: parameter \"ranges\" of paint has \"90-80\", which is no "
        "number and no range within 1-65535\n");
    assert_complaints("ranges: 80\n", "p.yaml:1:9: error: parameter \"ranges\" of paint must be a "
                                      "list, it is a number\n");
}

static void values_outlive_the_text_they_came_from(void **state) {
    (void)state;
    char text[] = "word: kept\n";
    const struct all *p = decode(text);
    assert_non_null(p);
    memset(text, '#', sizeof text - 1);
    assert_true(str_equals(p->word, STR("kept")));
}

static void every_fault_is_told_with_its_place(void **state) {
    (void)state;
    assert_complaints(
        "flag: 'true'\n"
        "number: 10\n"
        "word: [a]\n"
        "words: a\n"
        "wrods: [a]\n"
        "colours: [red, pink]\n",
        "p.yaml:5:1: error: unknown parameter \"wrods\" of paint (did you mean \"words\"?)\n"
        "p.yaml:1:7: error: parameter \"flag\" of paint must be true or false, it is a string\n"
        "p.yaml:2:9: error: parameter \"number\" of paint must be 1 to 9, it is 10\n"
        "p.yaml:3:1: error: parameter \"word\" of paint must be a string, it is a list\n"
        "p.yaml:4:8: error: parameter \"words\" of paint must be a list, it is a string\n"
        "p.yaml:6:16: error: parameter \"colours\" of paint must be one of red, green, blue, it is "
        "\"pink\"\n");
}

static void items_of_lists_are_judged_one_by_one(void **state) {
    (void)state;
    assert_complaints(
        "words: [a, {b: c}, '']\n",
        "p.yaml:1:12: error: parameter \"words\" of paint must be a string, it is an object\n"
        "p.yaml:1:20: error: parameter \"words\" of paint must not be empty\n");
    assert_complaints("words: [true]\n",
                      "p.yaml:1:9: error: parameter \"words\" of paint must be "
                      "a string, it is true or false (write \"true\" in quotes)\n");
}

static void members_of_maps_are_judged_one_by_one(void **state) {
    (void)state;
    assert_complaints(
        "amounts: [cpu]\npatterns: team\n",
        "p.yaml:1:1: error: parameter \"amounts\" of paint must be an object of resources and "
        "quantities, it is a list\n"
        "p.yaml:2:11: error: parameter \"patterns\" of paint must be an object of names and "
        "patterns, it is a string\n");
    assert_complaints(
        "amounts: {a: x, b: {c: 1}, d: [1], e: 1}\n",
        "p.yaml:1:14: error: parameter \"amounts\" of paint must be a quantity such as 500m or 2Gi: "
        "is no quantity: it has no digits\n"
        "p.yaml:1:17: error: parameter \"amounts\" of paint must be a quantity, it is an object\n"
        "p.yaml:1:28: error: parameter \"amounts\" of paint must be a quantity, it is a list\n");
    assert_complaints(
        "patterns: {a: 'x[', b: {c: d}, e: ''}\n",
        "p.yaml:1:15: error: parameter \"patterns\" of paint has the bad pattern \"x[\": the set "
        "that [ begins has no ]; write \\[ for a bracket\n"
        "p.yaml:1:21: error: parameter \"patterns\" of paint must be a pattern or a list of them, it "
        "is an object\n"
        "p.yaml:1:35: error: parameter \"patterns\" of paint must not be empty\n");
}

static void patterns_and_quantities_are_checked(void **state) {
    (void)state;
    assert_null(decode("globs: ['a[']\n"));
    assert_null(decode("images: ['No Image']\n"));
    assert_null(decode("amount: lots\n"));
    assert_null(decode("colour: [red]\n"));
    assert_null(decode("number: 1.5\n"));
    assert_null(decode("number: '5'\n"));
    assert_int_equal(diagnostics.errors, 6);
    assert_null(decode("[flag]\n"));
    assert_int_equal(diagnostics.errors, 7);
}

static void a_check_without_parameters_says_so(void **state) {
    (void)state;
    struct document document = {0};
    struct error err = {0};
    struct yaml_reader reader;
    yaml_reader_init(&reader, STR("level: high\n"), YAML_POLICY, &yaml_limits_policy);
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
    assert_null(params_decode(&arena, "privileged", NULL, 0, 0, &document, document.root,
                              STR("p.yaml"), &diagnostics));
    assert_true(
        str_equals(diagnostics.first->text, STR("unknown parameter \"level\" of privileged")));
    assert_true(str_equals(diagnostics.first->hint, STR("it has no parameters")));
    assert_non_null(params_decode(&arena, "privileged", NULL, 0, 0, &document, NULL, STR("p.yaml"),
                                  &diagnostics));
}

static size_t allocations, allowed;

static bool refuse_later(size_t bytes) {
    (void)bytes;
    return allocations++ >= allowed;
}

static void running_out_of_memory_is_no_verdict(void **state) {
    (void)state;
    for (allowed = 0; allowed < 200; allowed++) {
        struct arena small;
        struct diagnostics unseen;
        arena_init(&small, 64, 0);
        diagnostics_init(&unseen, &small);
        allocations = 0;
        arena_refuse = refuse_later;
        const void *p = params_decode(&small, "paint", rows, sizeof rows / sizeof rows[0],
                                      sizeof(struct all), NULL, NULL, STR("p.yaml"), &unseen);
        arena_refuse = NULL;
        assert_true((p != NULL) == !arena_is_exhausted(&small));
        arena_fini(&small);
    }
}

static void rows_describe_themselves(void **state) {
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 64);
    params_describe(rows, 2, &text);
    assert_string_equal(text.at, "flag: true or false, default true\n"
                                 "    Flag.\n"
                                 "number: integer from 1 to 9, default 5\n"
                                 "    Number.\n");
    strbuf_truncate(&text, 0);
    params_describe(rows + 5, 1, &text);
    assert_string_equal(text.at, "colour: one of red, green, blue, default green\n"
                                 "    Colour.\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_decoded_from_their_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_users_values_replace_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ranges_hold_both_their_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ranges_that_hold_nothing_or_too_much_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(null_is_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_must_be_a_string_is_no_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_outlive_the_text_they_came_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_fault_is_told_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(items_of_lists_are_judged_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(members_of_maps_are_judged_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_and_quantities_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_check_without_parameters_says_so, set_up, tear_down),
        cmocka_unit_test(running_out_of_memory_is_no_verdict),
        cmocka_unit_test_setup_teardown(rows_describe_themselves, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
