#include "golden/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail_hard(const char *what) {
    perror(what);
    exit(1);
}

static char *read_fd(int fd, size_t *len) {
    struct stat status;
    if (fstat(fd, &status) != 0 || lseek(fd, 0, SEEK_SET) < 0) fail_hard("fstat");
    size_t expected = (size_t)status.st_size;
    char *text = malloc(expected + 1);
    if (!text) fail_hard("malloc");
    for (*len = 0; *len < expected;) {
        ssize_t got = read(fd, text + *len, expected - *len);
        if (got <= 0) break;
        *len += (size_t)got;
    }
    text[*len] = '\0';
    return text;
}

char *command_read_file(const char *path, size_t *len) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    char *text = read_fd(fd, len);
    close(fd);
    return text;
}

void command_write_file(const char *path, const char *text, size_t len) {
    FILE *file = fopen(path, "we");
    if (!file || fwrite(text, 1, len, file) != len || fclose(file) != 0) fail_hard(path);
}

static void run_child(char *const argv[], const char *dir, const char *input, int out, int err) {
    static char path[] = "PATH=/usr/bin:/bin";
    /* What a sanitizer is told comes along. */
    char *environment[] = {path, NULL, NULL, NULL};
    const char *names[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS"};
    for (size_t i = 0, n = 1; i < 2; i++) {
        const char *value = getenv(names[i]);
        if (value && asprintf(&environment[n], "%s=%s", names[i], value) > 0) n++;
    }
    const char *podgate = getenv("PODGATE");
    int in = open(input ? input : "/dev/null", O_RDONLY | O_CLOEXEC);
    if (!podgate || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
        chdir(dir) != 0)
        _exit(126);
    alarm(60);
    execve(podgate, argv, environment);
    _exit(127);
}

void command_run(char *const argv[], const char *dir, const char *input,
                 struct command_result *result) {
    int out = memfd_create("stdout", MFD_CLOEXEC), err = memfd_create("stderr", MFD_CLOEXEC);
    if (out < 0 || err < 0) fail_hard("memfd_create");
    pid_t child = fork();
    if (child < 0) fail_hard("fork");
    if (child == 0) run_child(argv, dir, input, out, err);
    int status;
    if (waitpid(child, &status, 0) != child) fail_hard("waitpid");
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result->out = read_fd(out, &result->out_len);
    result->err = read_fd(err, &result->err_len);
    close(out);
    close(err);
}

void command_free(struct command_result *result) {
    free(result->out);
    free(result->err);
}
