/*
 * command: runs the real binary ($PODGATE) as a person would and keeps what it said. For tests.
 */
#ifndef PODGATE_TESTS_GOLDEN_COMMAND_H
#define PODGATE_TESTS_GOLDEN_COMMAND_H

#include <stddef.h>

struct command_result {
    int status;      /* exit status, or 128 + the signal */
    char *out, *err; /* terminated, for free() */
    size_t out_len, err_len;
};

/* Whole file, terminated, for free(); NULL when it does not exist. */
char *command_read_file(const char *path, size_t *len);
void command_write_file(const char *path, const char *text, size_t len);
/*
 * Runs podgate with `argv` (argv[0] included, ended by NULL) in the folder `dir`; `input` is a file
 * for standard input, or NULL for an empty one. The environment is empty but for PATH. A minute is
 * the limit.
 */
void command_run(char *const argv[], const char *dir, const char *input,
                 struct command_result *result);
void command_free(struct command_result *result);

#endif
