/*
 * cJSON's parser is the oracle: what json accepts, cJSON accepts and reads as the same tree. cJSON reads
 * more than JSON, so it says nothing of what json refuses, but for keys that stand twice.
 * Texts are a table, the reviews and what mutations make of both; MUTATIONS=N in the environment asks for more.
 */
#define TREE_ALLOW_CJSON
#include <dirent.h>
#include <stdio.h>

#include "text/json.h"
#include "unit/expect.h"
#include "unit/text/parse_parts.h"

#define MUTATIONS 20000
#define SKIP_MAX 4
#define TEXT_MAX 4096 /* of a text that is mutated */

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

/* The whole text as cJSON reads it, for cJSON_Delete; NULL when it refuses. */
static struct cJSON *ask_oracle(struct str text) {
    const char *end = NULL;
    struct cJSON *tree = cJSON_ParseWithLengthOpts(text.at, text.len, &end, false);
    return tree;
}

static bool has_twins(const struct cJSON *node) {
    for (const struct cJSON *a = node->child; a; a = a->next) {
        if (has_twins(a)) return true;
        if (!a->string) continue;
        for (const struct cJSON *b = node->child; b != a; b = b->next)
            if (strcmp(a->string, b->string) == 0) return true;
    }
    return false;
}

static bool is_near(double a, double b) {
    double larger = a < 0 ? -a : a, difference = a < b ? b - a : a - b;
    return !(difference > larger * 1e-12) || !(a - a == 0) || larger < 1e-300;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_number(struct cJSON *ours, struct cJSON *oracle) {
    int64_t exact;
    if (strtod(ours->valuestring, NULL) != oracle->valuedouble) return false;
    bool is_exact = tree_int64(NULL, ours, &exact) && exact < 1000000 && exact > -1000000;
    if (is_exact ? (double)exact != ours->valuedouble
                 : !is_near(oracle->valuedouble, ours->valuedouble))
        return false;
    /* cJSON_Compare asks for the same double, and for less than infinity. */
    ours->valuedouble = oracle->valuedouble = 0;
    return true;
}

static bool same_tree(struct cJSON *ours, struct cJSON *oracle) {
    if (ours->type != oracle->type || !same_text(ours->string, oracle->string)) return false;
    if (ours->type == cJSON_Number && !same_number(ours, oracle)) return false;
    if (ours->type == cJSON_String && !same_text(ours->valuestring, oracle->valuestring))
        return false;
    struct cJSON *a = ours->child, *b = oracle->child;
    for (; a && b; a = a->next, b = b->next)
        if (!same_tree(a, b)) return false;
    return !a && !b;
}

/* A document that was made of a text with parts skipped is the tree of `expected`. */
static void expect_tree_of(const struct document *document, struct str expected) {
    struct cJSON *oracle = ask_oracle(expected);
    struct cJSON *ours = (struct cJSON *)(uintptr_t)document->root;
    if (!oracle) fail_msg("cJSON refuses %.*s", STR_ARGS(expected));
    if (has_twins(oracle)) fail_msg("a key stands twice in %.*s", STR_ARGS(expected));
    if (!same_tree(ours, oracle) || !cJSON_Compare(ours, oracle, true))
        fail_msg("cJSON reads another tree: %.*s", STR_ARGS(expected));
    cJSON_Delete(oracle);
}

static void expect_twins_in(struct str text, const struct error *err) {
    struct cJSON *oracle = ask_oracle(text);
    if (err->code != ERR_SCHEMA) fail_msg("%s: %.*s", err->text, STR_ARGS(text));
    assert_int_equal(err->code, ERR_SCHEMA);
    assert_true(err->line > 0 && err->column > 0);
    assert_non_null(strstr(err->text, "stands twice"));
    if (!oracle || !has_twins(oracle)) fail_msg("no key stands twice in %.*s", STR_ARGS(text));
    cJSON_Delete(oracle);
}

/* Each scalar is found where its text stands. */
static void expect_places(const struct document *document) {
    struct arena own;
    arena_init(&own, 65536, 0);
    for (const struct cJSON *node = document->root->child; node; node = node->next) {
        struct place place;
        assert_true(tree_place(document, node, &place));
        struct str part = str_slice(document->text, place.offset, place.length), string;
        if (!tree_is_string(node)) continue;
        assert_true(scan_string(&own, part, &string));
        assert_true(str_equals(string, tree_string(node)));
    }
    arena_fini(&own);
}

/* --- parts that are skipped --- */

static uint64_t random_state;

static size_t random_below(size_t bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % bound);
}

/* Some values of a text that passed the scan, none in another, in their order. */
static size_t choose_parts(struct str text, struct str parts[static SKIP_MAX]) {
    struct scan_token token;
    size_t at = 0, count = 0;
    while (count < SKIP_MAX && scan_next_token(text, &at, &token)) {
        if (token.is_key || random_below(8) != 0) continue;
        struct scan scan;
        size_t start = (size_t)(token.bytes.at - text.at);
        scan_init(&scan, str_slice(text, start, text.len), &scan_limits_default);
        assert_true(scan_value(&scan, &parts[count]));
        at = start + parts[count++].len;
    }
    return count;
}

static struct str with_nulls(struct str text, const struct str *parts, size_t count) {
    struct strbuf buf;
    size_t at = 0;
    strbuf_init(&buf, &arena, text.len + 32);
    for (size_t i = 0; i < count; i++) {
        size_t start = (size_t)(parts[i].at - text.at);
        strbuf_add(&buf, str_slice(text, at, start - at));
        strbuf_add(&buf, STR("null"));
        at = start + parts[i].len;
    }
    strbuf_add(&buf, str_slice(text, at, text.len));
    return strbuf_str(&buf);
}

static void compare_with_parts_skipped(struct str text) {
    struct str parts[SKIP_MAX], value = str_trim(text);
    struct document document;
    struct error err;
    size_t count = choose_parts(value, parts);
    struct str expected = with_nulls(value, parts, count);
    if (parse_with_parts(&arena, value, parts, count, &document, &err)) {
        expect_tree_of(&document, expected);
        expect_places(&document);
    } else {
        expect_twins_in(expected, &err);
    }
}

/* --- one text --- */

static void compare(struct str text) {
    struct document document;
    struct error err;
    struct str copy = exact_copy(text);
    bool is_read = json_read(&arena, copy, &scan_limits_default, &document, &err);
    if (is_read) {
        expect_tree_of(&document, copy);
        expect_places(&document);
        compare_with_parts_skipped(copy);
    } else if (err.code == ERR_SCHEMA) {
        expect_twins_in(copy, &err);
        compare_with_parts_skipped(copy);
    }
    free_copy(copy);
    arena_reset(&arena, (size_t)1 << 20);
}

static const char *const table[] = {
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "-1.5e-3",
    "1E+3",
    "0.1",
    "123456789012345",
    "-123456789012345",
    "1234567890123456",
    "9007199254740993",
    "9223372036854775808",
    "3.141592653589793238462643383279502884197169399375105820974944",
    "\"\"",
    "\"a\"",
    "\"fifteen bytes..\"",
    "\"sixteen bytes...\"",
    "\"seventeen bytes..\"",
    "\"more than sixty-four bytes: one block of the scan, and of the next one a part as well\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\udc33\"",
    "\"a backslash at the end \\\\\"",
    "\"\xF0\x9F\x90\xB3 and then a text that is longer than sixteen bytes \xC3\xA9\"",
    "\"\xD0\xBF\xD0\xBE\xD0\xB4\\u0433\xD1\x8D\xD0\xB9\xD1\x82\"",
    "[]",
    "{}",
    "[ ]",
    "{ }",
    "[[],{},[[]],[{}],{\"\":[]}]",
    "[1 , 2]",
    "\t{ \"a\"\n:\r1 , \"b\" : [ { } ] } \n",
    "{\"\":{\"\":{}}}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    "{\"a\":1,\"b\":{\"a\":1,\"c\":[{\"a\":1},{\"a\":1}]},\"c\":\"a\",\"B\":null}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":{\"b\":1,\"\\u0062\":2},\"c\":3}",
    "[{\"k0\":0,\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8,\"k9\":9,"
    "\"ka\":10,\"kb\":11,\"kc\":12,\"kd\":13,\"ke\":14,\"kf\":15,\"kg\":16,\"kh\":17,\"ki\":18}]",
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\",\"labels\":{\"app.kubernetes.io/name\":"
    "\"web\"},\"managedFields\":[{\"fieldsV1\":{\"k:{\\\"name\\\":\\\"app\\\"}\":{\".\":{}}}}]},"
    "\"spec\":{\"containers\":[{\"name\":\"app\",\"ports\":[{\"containerPort\":8080}],"
    "\"securityContext\":{\"privileged\":false,\"runAsUser\":1000}}]},\"status\":{}}",
};
static const size_t table_count = sizeof table / sizeof *table;

static void the_table_is_read_as_cjson_reads_it(void **state) {
    (void)state;
    random_state = 88172645463325252U;
    for (size_t i = 0; i < table_count; i++)
        for (int turn = 0; turn < 20; turn++)
            compare(str_from(table[i]));
}

/* The request of each folder below tests/reviews. */
static void each_review(void (*use)(struct str text)) {
    static char text[1 << 20];
    char path[512];
    DIR *folder = opendir("tests/reviews");
    if (!folder) skip();
    for (const struct dirent *entry; (entry = readdir(folder));) {
        snprintf(path, sizeof path, "tests/reviews/%s/request.json", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file) continue;
        size_t len = fread(text, 1, sizeof text, file);
        fclose(file);
        use((struct str){text, len});
    }
    closedir(folder);
}

static void the_reviews_are_read_as_cjson_reads_them(void **state) {
    (void)state;
    random_state = 88172645463325252U;
    for (int turn = 0; turn < 5; turn++)
        each_review(compare);
}

/* --- mutations --- */

static char mutant[2 * TEXT_MAX];
static size_t mutant_len;

static void insert(size_t at, const char *bytes, size_t len) {
    if (mutant_len + len > sizeof mutant) return;
    memmove(mutant + at + len, mutant + at, mutant_len - at);
    memcpy(mutant + at, bytes, len);
    mutant_len += len;
}

static void mutate(void) {
    static const char *const pieces[] = {
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "0",
        "-",
        "1",
        ".",
        "e",
        "E+",
        "null",
        "true",
        "false",
        "\\u",
        "\\n",
        "{}",
        "[]",
        "\"\":",
        "\xC3",
        "\xC3\xA9",
        "\x1F",
        "\x7F",
        " ",
        "\n",
        "\\u0000",
        "\\ud83d",
        "\\udc33",
        "\"a\":1,",
        "\\u0061",
        "\"\",",
        "1,",
        "99",
        "1e5",
        "\xF0\x9F",
        "\\\"",
        "\\\\",
        "\"k\":",
        "[1,2],",
        "{\"a",
        "\t\r",
        "12345678901234567890",
        "sixteen bytes...",
    };
    size_t at = random_below(mutant_len + 1), len = random_below(24);
    if (len > mutant_len - at) len = mutant_len - at;
    const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
    char copy[24];
    switch (random_below(6)) {
    case 0:
    case 1: insert(at, piece, strlen(piece)); break;
    case 2: /* something is left out */
        memmove(mutant + at, mutant + at + len, mutant_len - at - len);
        mutant_len -= len;
        break;
    case 3: /* something stands again, there or elsewhere */
        memcpy(copy, mutant + at, len);
        insert(random_below(mutant_len + 1), copy, len);
        break;
    case 4:
        if (at < mutant_len) mutant[at] = (char)random_below(256);
        break;
    default:
        if (at < mutant_len) mutant[at] = piece[0];
    }
}

static void take_for_mutation(struct str text) {
    size_t start = text.len > TEXT_MAX ? random_below(text.len - TEXT_MAX) : 0;
    mutant_len = text.len > TEXT_MAX ? TEXT_MAX : text.len;
    memcpy(mutant, text.at + start, mutant_len);
}

static void compare_mutants_of(struct str text, size_t count) {
    for (size_t i = 0; i < count; i++) {
        take_for_mutation(text);
        for (size_t changes = 1 + random_below(4); changes > 0; changes--)
            mutate();
        compare((struct str){mutant, mutant_len});
    }
}

static size_t mutants_of_a_review;

static void compare_mutants_of_review(struct str text) {
    compare_mutants_of(text, mutants_of_a_review);
}

static void mutants_are_read_as_cjson_reads_them(void **state) {
    (void)state;
    const char *wanted = getenv("MUTATIONS");
    size_t count = wanted ? strtoul(wanted, NULL, 10) : MUTATIONS;
    random_state = 88172645463325252U;
    for (size_t i = 0; i < table_count; i++)
        compare_mutants_of(str_from(table[i]), count / table_count);
    mutants_of_a_review = count / 1000;
    each_review(compare_mutants_of_review);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_table_is_read_as_cjson_reads_it, setup, teardown),
        cmocka_unit_test_setup_teardown(the_reviews_are_read_as_cjson_reads_them, setup, teardown),
        cmocka_unit_test_setup_teardown(mutants_are_read_as_cjson_reads_them, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
