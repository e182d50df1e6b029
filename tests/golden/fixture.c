#include "golden/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static bool ends_with(const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct fixture_names fixture_list(const char *folder, const char *suffix) {
    struct fixture_names names = {NULL, 0};
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return names;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' || !ends_with(entry->d_name, suffix)) continue;
        names.items = realloc(names.items, (names.count + 1) * sizeof *names.items);
        names.items[names.count++] = strdup(entry->d_name);
    }
    closedir(dir);
    if (names.count > 0) qsort(names.items, names.count, sizeof *names.items, compare_names);
    return names;
}

void fixture_names_free(struct fixture_names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct fixture_names){NULL, 0};
}

bool fixture_exists(const char *path) { return access(path, F_OK) == 0; }

char *fixture_read(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s: %s", path, strerror(errno));
    char *bytes = NULL;
    size_t used = 0, room = 0, got;
    do {
        if (room - used < 2) bytes = realloc(bytes, room = room ? room * 2 : 4096);
        got = fread(bytes + used, 1, room - used - 1, file);
        used += got;
    } while (got > 0);
    fclose(file);
    bytes[used] = '\0';
    if (length) *length = used;
    return bytes;
}

char *fixture_format(const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) abort();
    va_end(args);
    return text;
}

static bool wants_update(void) {
    const char *update = getenv("UPDATE_EXPECT");
    return update && strcmp(update, "1") == 0;
}

static void rewrite(const char *path, const char *actual, size_t length) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(actual, 1, length, file) != length || fclose(file) != 0)
        fail_msg("%s: %s", path, strerror(errno));
}

void fixture_expect(const char *path, const char *actual, size_t length) {
    size_t wanted_length = 0;
    char *wanted = fixture_exists(path) ? fixture_read(path, &wanted_length) : strdup("");
    bool is_equal = wanted_length == length && (!length || memcmp(wanted, actual, length) == 0);
    if (!is_equal && wants_update())
        rewrite(path, actual, length);
    else if (!is_equal)
        print_error("%s differs (UPDATE_EXPECT=1 rewrites it)\n--- expected\n%s\n--- got\n%.*s\n",
                    path, wanted, (int)length, actual ? actual : "");
    free(wanted);
    if (!is_equal && !wants_update()) fail();
}

int fixture_run(const char *group, struct fixture_names names, void (*test)(void **state)) {
    struct CMUnitTest *tests = calloc(names.count ? names.count : 1, sizeof *tests);
    for (size_t i = 0; i < names.count; i++)
        tests[i] = (struct CMUnitTest){.name = names.items[i],
                                       .test_func = test,
                                       .initial_state = names.items[i]};
    int failures = _cmocka_run_group_tests(group, tests, names.count, NULL, NULL);
    free(tests);
    return failures;
}
