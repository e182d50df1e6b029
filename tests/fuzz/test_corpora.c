/*
 * Every fuzz target over its seeds: what it must read anyway, what fuzzing found worth keeping (corpus/<target>), what once
 * was a fault (regression/<target>); and, for those that have a mutator, a fixed number of
 * mutations of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "fuzz/fuzz.h"

#define FILE_MAX ((size_t)1 << 20)
#define MUTATIONS 20 /* of each seed */

static struct fuzz fuzz;
static size_t inputs;

static void run_file(const struct fuzz_target *target, const char *path) {
    static char text[FILE_MAX], mutated[FILE_MAX];
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s cannot be read", path);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    /* A fault ends the program; this line then is the last of its output. */
    print_message("%s %s\n", target->name, path);
    fuzz_run(&fuzz, target, (struct str){text, len});
    inputs++;
    for (unsigned seed = 0; target->mutate && seed < MUTATIONS; seed++) {
        memcpy(mutated, text, len);
        size_t changed = target->mutate(mutated, len, sizeof mutated, seed * 2654435761u);
        if (changed == 0) continue;
        fuzz_run(&fuzz, target, (struct str){mutated, changed});
        inputs++;
    }
}

static bool ends_with(const char *name, const char *suffix) {
    return str_ends_with(str_from(name), str_from(suffix));
}

static void run_folder(const struct fuzz_target *target, const char *folder, const char *suffix) {
    char path[1024];
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR)
            run_folder(target, path, suffix);
        else if (ends_with(entry->d_name, suffix))
            run_file(target, path);
    }
    closedir(dir);
}

static void run_seeds(const struct fuzz_target *target) {
    char folder[256];
    struct str rest = str_from(target->seeds);
    while (rest.len > 0) {
        size_t end = str_find_char(rest, ' ');
        snprintf(folder, sizeof folder, "%.*s", (int)end, rest.at);
        run_folder(target, folder, target->suffix);
        rest = str_slice(rest, end + 1, rest.len);
    }
}

static void holds(void **state) {
    const struct fuzz_target *target = *state;
    char folder[256];
    inputs = 0;
    run_seeds(target);
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", target->name);
    run_folder(target, folder, "");
    snprintf(folder, sizeof folder, "tests/fuzz/regression/%s", target->name);
    run_folder(target, folder, "");
    print_message("%s: %zu inputs\n", target->name, inputs);
    assert_true(inputs > 0);
}

int main(void) {
    struct CMUnitTest *tests = calloc(fuzz_target_count, sizeof *tests);
    if (!tests) return 1;
    for (size_t i = 0; i < fuzz_target_count; i++)
        tests[i] = (struct CMUnitTest){.name = fuzz_targets[i].name,
                                       .test_func = holds,
                                       .initial_state = (void *)(uintptr_t)&fuzz_targets[i]};
    fuzz_init(&fuzz);
    int failed = _cmocka_run_group_tests("fuzz corpora", tests, fuzz_target_count, NULL, NULL);
    fuzz_fini(&fuzz);
    free(tests);
    return failed;
}
