/*
 * tests/policies/good/NAME.yaml loads without a word. tests/policies/bad/DEFECT.yaml (or a folder
 * DEFECT of several files) is refused with exactly the text of DEFECT.expect. The policies that are
 * compiled into podgate load too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden/fixture.h"
#include "policy/builtin.h"
#include "policy/policy.h"

#define GOOD "tests/policies/good"
#define BAD "tests/policies/bad"
#define FILES_MAX 8

struct files {
    char *names[FILES_MAX], *texts[FILES_MAX];
    struct policy_source sources[FILES_MAX];
    size_t count;
};

/* `shown` is the name that diagnostics give, without the folders above. */
static void add_file(struct files *files, const char *path, const char *shown) {
    size_t length;
    assert_true(files->count < FILES_MAX);
    files->texts[files->count] = fixture_read(path, &length);
    files->names[files->count] = strdup(shown);
    files->sources[files->count] =
        (struct policy_source){str_from(files->names[files->count]),
                               (struct str){files->texts[files->count], length}};
    files->count++;
}

static void free_files(struct files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->names[i]);
        free(files->texts[i]);
    }
}

/* Compiles; the diagnostics as lines. */
static struct str compile(struct arena *arena, const struct files *files, bool *is_loaded) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct snapshot *snapshot = policy_compile(files->sources, files->count, &diagnostics);
    *is_loaded = snapshot != NULL;
    snapshot_free(snapshot);
    struct strbuf lines;
    strbuf_init(&lines, arena, 1024);
    for (const struct diagnostic *d = diagnostics.first; d; d = d->next) {
        diagnostic_format(d, &lines);
        strbuf_add_char(&lines, '\n');
    }
    return strbuf_str(&lines);
}

static void good_policy_loads(void **state) {
    const char *name = *state;
    struct files files = {.count = 0};
    struct arena arena;
    bool is_loaded;
    arena_init(&arena, 65536, 0);
    char *path = fixture_format(GOOD "/%s", name);
    add_file(&files, path, name);
    struct str lines = compile(&arena, &files, &is_loaded);
    if (lines.len > 0) print_error("%.*s", STR_ARGS(lines));
    assert_true(is_loaded);
    assert_int_equal(lines.len, 0);
    free(path);
    free_files(&files);
    arena_fini(&arena);
}

static void add_folder(struct files *files, const char *folder, const char *shown) {
    struct fixture_names inside = fixture_list(folder, ".yaml");
    for (size_t i = 0; i < inside.count; i++) {
        char *path = fixture_format("%s/%s", folder, inside.items[i]);
        char *name = fixture_format("%s/%s", shown, inside.items[i]);
        add_file(files, path, name);
        free(path);
        free(name);
    }
    fixture_names_free(&inside);
}

static void bad_policy_is_refused_in_these_words(void **state) {
    const char *name = *state;
    size_t stem = strlen(name);
    struct files files = {.count = 0};
    struct arena arena;
    bool is_loaded;
    arena_init(&arena, 65536, 0);
    char *path = fixture_format(BAD "/%s", name);
    if (stem > 5 && strcmp(name + stem - 5, ".yaml") == 0) {
        add_file(&files, path, name);
        stem -= 5;
    } else {
        add_folder(&files, path, name);
    }
    struct str lines = compile(&arena, &files, &is_loaded);
    assert_false(is_loaded);
    assert_true(lines.len > 0);
    char *expected = fixture_format(BAD "/%.*s.expect", (int)stem, name);
    fixture_expect(expected, lines.at, lines.len);
    free(expected);
    free(path);
    free_files(&files);
    arena_fini(&arena);
}

static void builtin_policies_load(void **state) {
    (void)state;
    assert_true(builtin_policy_count >= 1);
    for (size_t i = 0; i < builtin_policy_count; i++) {
        struct files files = {.count = 1};
        struct arena arena;
        bool is_loaded;
        arena_init(&arena, 65536, 0);
        files.sources[0] =
            (struct policy_source){builtin_policies[i].name, builtin_policies[i].text};
        struct str lines = compile(&arena, &files, &is_loaded);
        if (!is_loaded) print_error("%.*s", STR_ARGS(lines));
        assert_true(is_loaded);
        arena_fini(&arena);
    }
}

/* Everything in BAD but the expectations is a defect. */
static struct fixture_names list_defects(void) {
    struct fixture_names all = fixture_list(BAD, ""), defects = {NULL, 0};
    defects.items = calloc(all.count + 1, sizeof *defects.items);
    for (size_t i = 0; i < all.count; i++) {
        const char *dot = strrchr(all.items[i], '.');
        if (dot && strcmp(dot, ".expect") == 0)
            free(all.items[i]);
        else
            defects.items[defects.count++] = all.items[i];
    }
    free(all.items);
    return defects;
}

int main(void) {
    const struct CMUnitTest builtin[] = {cmocka_unit_test(builtin_policies_load)};
    struct fixture_names good = fixture_list(GOOD, ".yaml"), bad = list_defects();
    int failures = cmocka_run_group_tests_name("builtin", builtin, NULL, NULL);
    failures += fixture_run("good", good, good_policy_loads);
    failures += fixture_run("bad", bad, bad_policy_is_refused_in_these_words);
    failures += good.count < 3 || bad.count < 40; /* a folder that was not found is no success */
    fixture_names_free(&good);
    fixture_names_free(&bad);
    return failures;
}
