/*
 * Each folder of tests/cli is one command line: `args` (an argument a line), `stdin` (may be
 * missing), any files it names, and what must come out: `stdout.expect`, `stderr.expect`, `status`.
 * The binary is $PODGATE and runs in that folder. UPDATE_EXPECT=1 writes what came out instead;
 * read the difference before committing it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>

#include <cmocka.h>

#include "golden/command.h"
#include "rules/registry.h"

#define CASES "tests/cli"
#define ARGUMENTS_MAX 32

static void path_of(char path[static 512], const char *name, const char *file) {
    snprintf(path, 512, "%s/%s/%s", CASES, name, file);
}

/* Divides `text` in place. */
static void split_lines(char *text, char *argv[static ARGUMENTS_MAX]) {
    size_t count = 0;
    argv[count++] = (char *)"podgate";
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(count + 1 < ARGUMENTS_MAX);
        argv[count++] = line;
    }
    argv[count] = NULL;
}

/* Prints both when they differ. */
static int differs(const char *name, const char *file, const char *actual, size_t len) {
    char path[512];
    size_t expected_len = 0;
    path_of(path, name, file);
    if (getenv("UPDATE_EXPECT")) {
        if (len > 0)
            command_write_file(path, actual, len);
        else
            remove(path);
        return 0;
    }
    char *expected = command_read_file(path, &expected_len);
    int differ = expected ? expected_len != len || memcmp(expected, actual, len) != 0 : len != 0;
    /* cmocka's own printing cuts long texts. */
    if (differ)
        printf("%s is not as expected\n--- expected\n%s--- actual\n%s---\n", path,
               expected ? expected : "", actual);
    free(expected);
    return differ;
}

static void case_says_what_is_expected(void **state) {
    const char *name = *state;
    char path[512], dir[512], input[512], status[16];
    char *argv[ARGUMENTS_MAX];
    size_t len;
    struct command_result result;
    path_of(path, name, "args");
    char *arguments = command_read_file(path, &len);
    if (!arguments) fail_msg("%s is missing", path);
    split_lines(arguments, argv);
    path_of(dir, name, "");
    path_of(input, name, "stdin");
    char *has_input = command_read_file(input, &len);
    command_run(argv, dir, has_input ? input : NULL, &result);
    snprintf(status, sizeof status, "%d\n", result.status);
    int wrong = differs(name, "status", status, strlen(status));
    wrong += differs(name, "stdout.expect", result.out, result.out_len);
    wrong += differs(name, "stderr.expect", result.err, result.err_len);
    command_free(&result);
    free(has_input);
    free(arguments);
    assert_int_equal(wrong, 0);
}

static void explain_knows_every_check(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        char *id = strdup(check_registry[i]->id);
        char *argv[] = {(char *)"podgate", (char *)"explain", id, NULL};
        struct command_result result;
        command_run(argv, ".", NULL, &result);
        if (result.status != 0) fail_msg("podgate explain %s: %s", id, result.err);
        assert_non_null(strstr(result.out, id));
        command_free(&result);
        free(id);
    }
}

static void list_knows_every_check(void **state) {
    (void)state;
    char *argv[] = {(char *)"podgate", (char *)"list", NULL};
    struct command_result result;
    command_run(argv, ".", NULL, &result);
    assert_int_equal(result.status, 0);
    for (size_t i = 0; i < check_registry_count; i++) {
        char row[256];
        snprintf(row, sizeof row, "%s ", check_registry[i]->id);
        if (!strstr(result.out, row)) fail_msg("podgate list does not show %s", row);
        if (!strstr(result.out, check_registry[i]->title)) fail_msg("nor its title");
    }
    command_free(&result);
}

static int compare_names(const void *a, const void *b) {
    const struct CMUnitTest *left = a, *right = b;
    return strcmp(left->name, right->name);
}

int main(void) {
    static struct CMUnitTest tests[512];
    size_t count = 0;
    DIR *dir = opendir(CASES);
    if (!dir) {
        perror(CASES);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && count < 500;) {
        if (entry->d_name[0] == '.') continue;
        char *name = strdup(entry->d_name);
        tests[count++] = (struct CMUnitTest){.name = name,
                                             .test_func = case_says_what_is_expected,
                                             .initial_state = name};
    }
    closedir(dir);
    qsort(tests, count, sizeof *tests, compare_names);
    size_t cases = count;
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(list_knows_every_check);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(explain_knows_every_check);
    int failed = _cmocka_run_group_tests("cli", tests, count, NULL, NULL);
    for (size_t i = 0; i < cases; i++)
        free(tests[i].initial_state);
    return failed;
}
