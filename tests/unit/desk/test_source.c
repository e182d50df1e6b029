#include "unit/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/source.h"
#include "desk/source_window.h"

#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"

static void expect_text(struct str actual, const char *expected) {
    if (actual.len == 0 && !expected[0]) return;
    expect_str_at(actual, expected, strlen(expected), __FILE__, __LINE__);
}

struct fixture {
    char dir[64];
    struct str operand;
    struct str_list operands;
    struct source source;
    struct source_object object;
    struct error err;
};

static int set_up(void **state) {
    struct fixture *f = test_calloc(1, sizeof *f);
    strcpy(f->dir, "/tmp/podgate-source-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    char command[128];
    source_fini(&f->source);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    test_free(f);
    return 0;
}

static char *path_in(const struct fixture *f, const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static void write_bytes(const struct fixture *f, const char *name, const char *text, size_t len) {
    FILE *file = fopen(path_in(f, name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void write_file(const struct fixture *f, const char *name, const char *text) {
    write_bytes(f, name, text, strlen(text));
}

/* Starts reading `name` in the fixture's folder; "" is the folder itself. */
static void start(struct fixture *f, const char *name) {
    f->operand = str_from(path_in(f, name));
    f->operands = (struct str_list){&f->operand, 1};
    source_init(&f->source, &f->operands, SOURCE_DOCUMENT_BYTES);
}

static void expect_object(struct fixture *f, const char *kind, uint32_t line, uint32_t column) {
    struct place place;
    enum source_next next = source_next(&f->source, &f->object, &f->err);
    if (next == SOURCE_ERROR) print_message("%s\n", f->err.text);
    assert_int_equal(next, SOURCE_OBJECT);
    expect_text(f->object.kind, kind);
    assert_true(source_place(&f->source, f->object.node, &place));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void expect_error(struct fixture *f, uint32_t line, uint32_t column) {
    assert_int_equal(source_next(&f->source, &f->object, &f->err), SOURCE_ERROR);
    assert_int_equal(f->err.line, line);
    assert_int_equal(f->err.column, column);
    assert_true(f->err.text[0] != '\0');
}

static void expect_end(struct fixture *f) {
    assert_int_equal(source_next(&f->source, &f->object, &f->err), SOURCE_END);
    assert_int_equal(source_next(&f->source, &f->object, &f->err), SOURCE_END);
}

static void yaml_documents_come_in_order(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "# nothing\n---\n" POD "---\n\n---\nkind: Job\n...\n");
    start(f, "a.yaml");
    expect_object(f, "Pod", 3, 1);
    expect_text(f->object.api_version, "v1");
    expect_object(f, "Job", 9, 1);
    expect_end(f);
}

static void json_values_keep_their_place_in_the_file(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.json",
               "\n {\"kind\": \"Pod\"}{\"kind\": \"Job\", \"x\":\n 1}\n{\"kind\":\"Pod\"}");
    start(f, "a.json");
    expect_object(f, "Pod", 2, 2);
    expect_object(f, "Job", 2, 17);
    struct place place;
    assert_true(source_place(&f->source, tree_find(f->object.node, STR("x")), &place));
    assert_int_equal(place.line, 3);
    assert_int_equal(place.column, 2);
    expect_object(f, "Pod", 4, 1);
    expect_end(f);
}

static void json_after_a_byte_order_mark_is_json(void **state) {
    struct fixture *f = *state;
    write_file(f, "a", "\xEF\xBB\xBF{\"kind\": \"Pod\"}");
    start(f, "a");
    expect_object(f, "Pod", 1, 1);
    expect_end(f);
}

static void a_flow_mapping_is_yaml_unless_the_name_says_json(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "{kind: Pod}\n---\nkind: Job\n");
    start(f, "a.yaml");
    expect_object(f, "Pod", 1, 1);
    expect_object(f, "Job", 3, 1);
    expect_end(f);
    source_fini(&f->source);
    write_file(f, "a.json", "{kind: Pod}");
    start(f, "a.json");
    expect_error(f, 1, 2);
    expect_end(f);
}

static void yaml_may_follow_json(void **state) {
    struct fixture *f = *state;
    write_file(f, "a", "{\"kind\": \"Pod\"}\n---\nkind: Job\n");
    start(f, "a");
    expect_object(f, "Pod", 1, 1);
    expect_object(f, "Job", 3, 1);
    expect_end(f);
}

static void lists_are_taken_apart(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml",
               "kind: List\nitems:\n- kind: Pod\n- kind: PodList\n  apiVersion: v1\n  items:\n"
               "  - metadata: {}\n- kind: Job\n---\nkind: Pod\n");
    start(f, "a.yaml");
    expect_object(f, "Pod", 3, 3);
    expect_object(f, "Pod", 7, 5);
    expect_text(f->object.api_version, "v1");
    expect_object(f, "Job", 8, 3);
    expect_object(f, "Pod", 10, 1);
    expect_end(f);
}

static void json_lists_are_taken_apart(void **state) {
    struct fixture *f = *state;
    write_file(
        f, "a.json",
        "{\"items\": [{\"metadata\": {}},\n {\"kind\": \"List\", \"items\": "
        "[{\"kind\": \"Job\"}]}\n],"
        " \"apiVersion\": \"apps/v1\", \"kind\": \"DeploymentList\"} [{\"kind\": \"Pod\"}, 1]");
    start(f, "a.json");
    expect_object(f, "Deployment", 1, 12);
    expect_text(f->object.api_version, "apps/v1");
    expect_object(f, "Job", 2, 29);
    expect_object(f, "Pod", 3, 56);
    expect_object(f, "", 3, 73);
    expect_end(f);
}

static void an_empty_list_holds_nothing(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "kind: List\nitems: []\n");
    start(f, "a.yaml");
    expect_end(f);
}

static void lists_nested_too_deep_are_an_error(void **state) {
    struct fixture *f = *state;
    char text[1024] = "";
    for (int i = 0; i < SOURCE_LIST_DEPTH + 1; i++)
        strcat(text, "{kind: List, items: [");
    strcat(text, "{kind: Pod}");
    for (int i = 0; i < SOURCE_LIST_DEPTH + 1; i++)
        strcat(text, "]}");
    strcat(text, "\n---\nkind: Job\n");
    write_file(f, "a.yaml", text);
    start(f, "a.yaml");
    assert_int_equal(source_next(&f->source, &f->object, &f->err), SOURCE_ERROR);
    assert_int_equal(f->err.code, ERR_LIMIT);
    expect_object(f, "Job", 3, 1);
    expect_end(f);
}

static void what_is_no_object_is_an_error(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "just words\n---\n- kind: Pod\n- words\n---\nkind: List\nitems: [7]\n");
    start(f, "a.yaml");
    expect_error(f, 1, 1);
    expect_object(f, "Pod", 3, 3);
    expect_object(f, "", 4, 3);
    expect_error(f, 7, 9);
    expect_end(f);
}

static void a_bad_document_does_not_hide_the_next(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "kind: Pod\nkind: Pod\n---\na: b: c\n---\nkind: Job\n");
    start(f, "a.yaml");
    expect_error(f, 2, 1);
    expect_text(f->object.text, "kind: Pod\nkind: Pod\n---\na: b: c\n---\nkind: Job\n");
    assert_int_equal(source_next(&f->source, &f->object, &f->err), SOURCE_ERROR);
    assert_int_equal(f->err.line, 4);
    expect_object(f, "Job", 6, 1);
    expect_end(f);
}

static void json_errors_have_their_place_in_the_file(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.json", "{\"kind\": \"Pod\"} {\"a\": 1, \"a\": 2}\n{\"kind\": nil}");
    start(f, "a.json");
    expect_object(f, "Pod", 1, 1);
    expect_error(f, 1, 26);
    expect_error(f, 2, 10);
    expect_end(f);
}

static void folders_are_read_in_order(void **state) {
    struct fixture *f = *state;
    assert_int_equal(mkdir(path_in(f, "sub"), 0700), 0);
    assert_int_equal(mkdir(path_in(f, ".git"), 0700), 0);
    assert_int_equal(symlink("..", path_in(f, "sub/loop")), 0);
    assert_int_equal(symlink("sub/c.yaml", path_in(f, "d.yaml")), 0);
    write_file(f, "b.yml", "kind: B\n");
    write_file(f, "a.json", "{\"kind\": \"A\"}");
    write_file(f, "sub/c.yaml", "kind: C\n");
    write_file(f, ".git/h.yaml", "kind: Hidden\n");
    write_file(f, ".h.yaml", "kind: Hidden\n");
    write_file(f, "notes.txt", "kind: Text\n");
    start(f, "");
    expect_object(f, "A", 1, 1);
    expect_object(f, "B", 1, 1);
    expect_object(f, "C", 1, 1);
    assert_true(str_ends_with(f->object.file, STR("/d.yaml")));
    expect_object(f, "C", 1, 1);
    assert_true(str_ends_with(f->object.file, STR("/sub/c.yaml")));
    expect_end(f);
}

static void what_cannot_be_read_is_an_error_and_the_rest_is_read(void **state) {
    struct fixture *f = *state;
    assert_int_equal(symlink("nowhere", path_in(f, "a.yaml")), 0);
    write_file(f, "b.yaml", "kind: Pod\n");
    start(f, "");
    expect_error(f, 0, 0);
    assert_int_equal(f->err.code, ERR_IO);
    assert_true(str_ends_with(f->object.file, STR("/a.yaml")));
    assert_int_equal(f->object.text.len, 0);
    expect_object(f, "Pod", 1, 1);
    expect_end(f);
}

static void a_document_over_the_limit_is_an_error_and_the_next_is_read(void **state) {
    struct fixture *f = *state;
    write_file(f, "a.yaml", "kind: Pod\n---\n" POD "---\nkind: Job\n");
    write_file(f, "b.json", "{\"kind\": \"Pod\", \"spec\": {}} {\"kind\": \"Job\"}");
    start(f, "");
    f->source.document_bytes = 20;
    expect_object(f, "Pod", 1, 1);
    expect_error(f, 2, 1);
    assert_int_equal(f->err.code, ERR_LIMIT);
    expect_object(f, "Job", 7, 1);
    expect_error(f, 1, 1);
    assert_int_equal(f->err.code, ERR_LIMIT);
    expect_object(f, "Job", 1, 29);
    expect_end(f);
}

static void memory_is_that_of_one_document(void **state) {
    struct fixture *f = *state;
    FILE *file = fopen(path_in(f, "a.yaml"), "w");
    for (int i = 0; i < 5000; i++)
        fputs("---\n" POD, file);
    fclose(file);
    start(f, "a.yaml");
    size_t most = 0, count = 0;
    while (source_next(&f->source, &f->object, &f->err) == SOURCE_OBJECT) {
        size_t held = arena_held_bytes(&f->source.document_arena);
        if (held > most) most = held;
        count++;
    }
    assert_int_equal(count, 5000);
    assert_true(most <= (size_t)512 << 10);
}

/* --- pieces ------------------------------------------------------------------------------------ */

/* Everything the source says of a text, a line each. `chunk` 0: as a whole; else in pieces, so many
 * bytes read at once. */
static struct str tell_all(struct fixture *f, struct arena *arena, const char *name, size_t chunk) {
    struct strbuf out;
    struct place place;
    enum source_next next;
    strbuf_init(&out, arena, 256);
    start(f, name);
    if (chunk > 0) {
        f->source.whole_bytes = 0;
        f->source.window->chunk = chunk;
    }
    while ((next = source_next(&f->source, &f->object, &f->err)) != SOURCE_END) {
        if (next == SOURCE_ERROR) {
            strbuf_printf(&out, "error %u:%u\n", f->err.line, f->err.column);
            continue;
        }
        const struct cJSON *image = tree_find(f->object.node, STR("image"));
        assert_true(source_place(&f->source, f->object.node, &place));
        strbuf_printf(&out, "%.*s %.*s %u:%u", STR_ARGS(f->object.api_version),
                      STR_ARGS(f->object.kind), place.line, place.column);
        if (image && source_place(&f->source, image, &place))
            strbuf_printf(&out, " image %u:%u \"%.*s\"", place.line, place.column,
                          STR_ARGS(str_slice(f->object.text, place.offset, place.length)));
        strbuf_add_char(&out, '\n');
    }
    source_fini(&f->source);
    return strbuf_str(&out);
}

/* Each read whole, then in pieces. */
static const struct {
    const char *name, *text, *says;
} in_pieces[] = {
    {"kubectl get -o json",
     "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\"apiVersion\": \"v1\", \"kind\": "
     "\"Pod\",\n         \"image\": \"\u00e4\", \"x\": \"]},\\\"[{\"},\n        {\"kind\": \"Job\"}\n    ],\n"
     "    \"kind\": \"List\",\n    \"metadata\": {\"resourceVersion\": \"\"}\n}\n{\"kind\": \"Pod\"}",
     "v1 Pod 4:9 image 5:19 \"\"\u00e4\"\"\n Job 6:9\n Pod 11:1\n"},
    {"the API's own list, minified",
     "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[{\"image\":\"\u00e4\"},{\"image\":1}"
     ",{\"kind\":\"Job\"}]} ",
     "v1 Pod 1:60 image 1:69 \"\"\u00e4\"\"\nv1 Pod 1:74 image 1:83 \"1\"\n Job 1:86\n"},
    {"an empty list, a bare one, nested ones",
     "{\"kind\": \"List\", \"items\": []}[]\n[{\"kind\": \"Pod\"}, {\"kind\": \"List\", \"items\": [{\"kind\":"
     " \"Job\"}]}]",
     " Pod 2:2\n Job 2:46\n"},
    {"items of something else", "{\"kind\": \"ConfigMap\", \"items\": [{\"kind\": \"Pod\"}]}",
     " ConfigMap 1:1\n"},
    {"a bad item", "[{\"kind\": \"Pod\"},\n {\"a\": 1, \"a\": 2},\n {\"kind\": \"Job\"}]",
     " Pod 1:2\nerror 2:11\n Job 3:2\n"},
    {"JSON, then YAML", "{\"kind\": \"Pod\"}\n---\nkind: Job\n", " Pod 1:1\n Job 3:1\n"},
    {"kubectl get -o yaml",
     "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n  image: \u00e4:1\n  text: |\n    items:\n    - a\n"
     "\n    # b\n- kind: Job\n  image:\n  - a\n  - b\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
     "v1 Pod 3:3 image 5:10 \"\u00e4:1\"\n Job 11:3 image 12:3 \"image\"\n"},
    {"a list of a kind, indented, in CRLF, among documents",
     "kind: Pod\r\n---\r\n# a list\r\nkind: JobList\r\napiVersion: batch/v1\r\nitems: # of jobs\r\n\r\n  # one\r\n"
     "  - image: a\r\n  -\r\n    image: b\r\n  - {image: c}\r\n...\r\n---\r\nkind: Pod\r\n",
     " Pod 1:1\nbatch/v1 Job 9:5 image 9:12 \"a\"\nbatch/v1 Job 11:5 image 11:12 \"b\"\n"
     "batch/v1 Job 12:5 image 12:13 \"c\"\n Pod 15:1\n"},
    {"an items key elsewhere",
     "kind: ConfigMap\nitems:\n- a: 1\n---\nkind: Pod\ndata:\n  items:\n  - a\n",
     " ConfigMap 1:1\n Pod 5:1\n"},
    {"a bad item in YAML",
     "kind: List\nitems:\n- kind: Pod\n- {a: 1\n- kind: Job\n---\nkind: Pod\n", NULL},
    {"a line break of YAML alone", "a: \"\u2028\"\n---\rkind: Pod\r", "  1:1\n Pod 4:1\n"},
};

static void a_text_in_pieces_gives_the_same_objects(void **state) {
    struct fixture *f = *state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof in_pieces / sizeof *in_pieces; i++) {
        write_file(f, "text", in_pieces[i].text);
        struct str whole = tell_all(f, &arena, "text", 0);
        for (size_t chunk = 1; chunk < 100; chunk = 3 * chunk + 1) {
            struct str pieces = tell_all(f, &arena, "text", chunk);
            bool is_same = !in_pieces[i].says || str_equals(whole, pieces);
            if (!is_same)
                print_message("%s, %zu bytes at once:\n%.*swhole:\n%.*s", in_pieces[i].name, chunk,
                              STR_ARGS(pieces), STR_ARGS(whole));
            assert_true(is_same);
        }
        if (in_pieces[i].says) expect_text(whole, in_pieces[i].says);
    }
    arena_fini(&arena);
    start(f, "text"); /* for the teardown */
}

/* What only a whole List can know is told when its end is reached. */
static void what_is_no_list_after_all_is_an_error(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{\"items\": [{\"kind\": \"Pod\"}], \"kind\": \"ConfigMap\"}\n",
         " Pod 1:12\nerror 1:38\n"},
        {"{\"items\": [{\"kind\": \"Pod\"}], \"kind\": \"List\", \"kind\": \"List\"}",
         " Pod 1:12\nerror 1:54\n"},
        {"{\"items\": [{\"kind\": \"Pod\"}], \"items\": []}", " Pod 1:12\nerror 1:39\n"},
        {"{\"items\": [{\"kind\": \"Pod\"} {\"kind\": \"Pod\"}]}", " Pod 1:12\nerror 1:28\n"},
        {"{\"items\": [{\"kind\": \"Pod\"}]", " Pod 1:12\nerror 1:28\n"},
        {"{\"items\": [{\"kind\": \"Pod\"", "error 1:26\n"},
        {"{\"items\": [{\"kind\": \"Pod\"}]}", " Pod 1:12\nerror 1:28\n"},
        {"items:\n- kind: Pod\na: 1\n", " Pod 2:3\nerror 3:1\n"},
        {"items:\n- kind: Pod\nkind: ConfigMap\n---\nkind: Job\n", " Pod 2:3\nerror 3:1\n"},
        {"items:\n- kind: Pod\nkind: List\nitems:\n- kind: Job\n", " Pod 2:3\nerror 4:1\n"},
        {"kind: List\nitems:\n- kind: Pod\n- {a: 1\n- kind: Job\n---\nkind: Pod\n",
         " Pod 3:3\nerror 4:8\n Job 5:3\n Pod 7:1\n"},
    };
    struct fixture *f = *state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(f, "text", cases[i].text);
        expect_text(tell_all(f, &arena, "text", 7), cases[i].says);
    }
    arena_fini(&arena);
    start(f, "text");
}

/* --- policies --------------------------------------------------------------------------------- */

static bool read_policies(struct arena *arena, const char *path, struct policy_source **out,
                          size_t *count, struct error *err) {
    struct str item = str_from(path);
    struct str_list paths = {&item, 1};
    *out = NULL;
    *count = 0;
    *err = (struct error){.code = ERR_NONE};
    return source_read_policies(arena, &paths, out, count, err);
}

static void a_folder_of_policies_is_flat_and_sorted(void **state) {
    struct fixture *f = *state;
    struct arena arena;
    struct policy_source *sources;
    size_t count;
    arena_init(&arena, 4096, 0);
    assert_int_equal(mkdir(path_in(f, "..data"), 0700), 0);
    write_file(f, "..data/b.yaml", "b: 1\n");
    assert_int_equal(symlink("..data/b.yaml", path_in(f, "b.yaml")), 0);
    write_file(f, "a.yml", "a: 1\n");
    write_file(f, "c.json", "{}");
    assert_true(read_policies(&arena, f->dir, &sources, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(str_ends_with(sources[0].name, STR("/a.yml")));
    expect_text(sources[0].text, "a: 1\n");
    expect_text(sources[1].text, "b: 1\n");
    arena_fini(&arena);
}

static void policies_that_are_not_there_are_errors(void **state) {
    struct fixture *f = *state;
    struct arena arena;
    struct policy_source *sources;
    size_t count;
    arena_init(&arena, 4096, 0);
    assert_false(read_policies(&arena, f->dir, &sources, &count, &f->err));
    assert_string_equal(f->err.where, f->dir);
    assert_false(read_policies(&arena, "/nowhere.yaml", &sources, &count, &f->err));
    assert_string_equal(f->err.where, "/nowhere.yaml");
    assert_false(read_policies(&arena, "builtin:defualt", &sources, &count, &f->err));
    assert_non_null(strstr(f->err.text, "builtin:default"));
    assert_true(read_policies(&arena, "builtin:default", &sources, &count, &f->err));
    assert_int_equal(count, 1);
    expect_text(sources[0].name, "builtin:default");
    arena_fini(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(yaml_documents_come_in_order),
        TEST(json_values_keep_their_place_in_the_file),
        TEST(json_after_a_byte_order_mark_is_json),
        TEST(a_flow_mapping_is_yaml_unless_the_name_says_json),
        TEST(yaml_may_follow_json),
        TEST(lists_are_taken_apart),
        TEST(json_lists_are_taken_apart),
        TEST(an_empty_list_holds_nothing),
        TEST(lists_nested_too_deep_are_an_error),
        TEST(what_is_no_object_is_an_error),
        TEST(a_bad_document_does_not_hide_the_next),
        TEST(json_errors_have_their_place_in_the_file),
        TEST(folders_are_read_in_order),
        TEST(what_cannot_be_read_is_an_error_and_the_rest_is_read),
        TEST(a_document_over_the_limit_is_an_error_and_the_next_is_read),
        TEST(memory_is_that_of_one_document),
        TEST(a_text_in_pieces_gives_the_same_objects),
        TEST(what_is_no_list_after_all_is_an_error),
        TEST(a_folder_of_policies_is_flat_and_sorted),
        TEST(policies_that_are_not_there_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
