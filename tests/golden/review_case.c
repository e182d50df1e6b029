#include "golden/review_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/date.h"

#define SECONDS_PER_DAY 86400

/* A day "2027-03-01" is its noon, "2027-03-01 end" its last second. */
static int64_t read_now(const char *text) {
    struct error err = {0};
    int64_t day;
    if (!date_parse((struct str){text, 10}, &day, &err)) fail_msg("%s: %s", text, err.text);
    return day * SECONDS_PER_DAY + (text[10] ? SECONDS_PER_DAY - 1 : SECONDS_PER_DAY / 2);
}

static void read_line(const char *path, const char *line, struct review_setting *setting) {
    if (strncmp(line, "mode=", 5) == 0)
        assert_true(mode_parse(str_from(line + 5), &setting->mode));
    else if (strncmp(line, "profile=", 8) == 0)
        snprintf(setting->profile, sizeof setting->profile, "%s", line + 8);
    else if (strncmp(line, "policies=", 9) == 0)
        snprintf(setting->policies, sizeof setting->policies, "%s", line + 9);
    else if (strncmp(line, "now=", 4) == 0)
        setting->now = read_now(line + 4);
    else
        fail_msg("%s: %s", path, line);
}

void review_setting_read(const char *name, struct review_setting *setting) {
    *setting = (struct review_setting){.mode = MODE_ENFORCE};
    char *path = fixture_format(REVIEW_FOLDER "/%s/options", name);
    if (fixture_exists(path)) {
        char *text = fixture_read(path, NULL);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            read_line(path, line, setting);
        free(text);
    }
    free(path);
}

struct snapshot *review_setting_load(const struct review_setting *setting) {
    if (!setting->policies[0]) return policy_compile(NULL, 0, NULL);
    size_t length;
    char *text = fixture_read(setting->policies, &length);
    struct policy_source source = {str_from(setting->policies), {text, length}};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    free(text);
    return snapshot;
}

struct fixture_names review_names(void) {
    struct fixture_names all = fixture_list(REVIEW_FOLDER, ""), folders = {NULL, 0};
    folders.items = calloc(all.count + 1, sizeof *folders.items);
    for (size_t i = 0; i < all.count; i++) {
        char *path = fixture_format(REVIEW_FOLDER "/%s/request.json", all.items[i]);
        if (fixture_exists(path))
            folders.items[folders.count++] = all.items[i];
        else
            free(all.items[i]);
        free(path);
    }
    free(all.items);
    return folders;
}
