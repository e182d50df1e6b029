/*
 * fixture: tests that are files. Lists folders at run time, reads files, compares text with an
 * expected file, which UPDATE_EXPECT=1 rewrites. Fails the running cmocka test, never the program.
 * Paths count from the repository's root, where the tests run. Results are the caller's to free.
 */
#ifndef PODGATE_TESTS_FIXTURE_H
#define PODGATE_TESTS_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

struct fixture_names {
    char **items; /* sorted */
    size_t count;
};

/* What a folder holds and whose name ends with `suffix`, without the folder. */
struct fixture_names fixture_list(const char *folder, const char *suffix);
void fixture_names_free(struct fixture_names *names);
bool fixture_exists(const char *path);
/* The file's bytes, one NUL behind them. A missing file fails the test. */
char *fixture_read(const char *path, size_t *length);
/* "FORMAT..." on the heap. */
char *fixture_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Fails, showing both, unless the file at `path` is exactly `actual`; a missing file is empty. */
void fixture_expect(const char *path, const char *actual, size_t length);

/* Runs one cmocka test for each name; the test finds its name in *state. Returns the failures. */
int fixture_run(const char *group, struct fixture_names names, void (*test)(void **state));

#endif
