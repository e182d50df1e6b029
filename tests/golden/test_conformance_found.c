/*
 * Replays tests/conformance/found: pods, and updates of pods, on which podgate and upstream's Pod Security
 * Admission once disagreed, or easily might, each with the controls that upstream finds violated (none:
 * allowed). `make conformance` confirms these against upstream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conformance/judging/judging.h"
#include "golden/fixture.h"

#define FOLDER "tests/conformance/found"

static struct judging judging;

static bool has_id(const struct cJSON *ids, struct str id) {
    for (const struct cJSON *item = ids->child; item; item = item->next)
        if (str_equals(tree_string(item), id)) return true;
    return false;
}

static void expect_same(const char *path, const struct cJSON *expected,
                        const struct str_list *violated) {
    if (!tree_is_array(expected)) fail_msg("%s: has no list `violated`", path);
    for (const struct cJSON *id = expected->child; id; id = id->next)
        if (!str_list_contains(violated, tree_string(id)))
            fail_msg("%s: %s is not found", path, id->valuestring);
    for (size_t i = 0; i < violated->count; i++)
        if (!has_id(expected, violated->items[i]))
            fail_msg("%s: %.*s is found", path, STR_ARGS(violated->items[i]));
}

static void upstream_agrees(void **state) {
    size_t length;
    char *path = fixture_format("%s/%s", FOLDER, (const char *)*state);
    char *bytes = fixture_read(path, &length);
    struct str text = {bytes, length};
    struct str_list violated;
    struct document document;
    struct error err = {0};
    if (!judging_judge(&judging, text, &violated, &err) ||
        !json_read(&judging.arena, text, &scan_limits_default, &document, &err))
        fail_msg("%s:%u: %s", path, err.line, err.text);
    expect_same(path, tree_find(document.root, STR("violated")), &violated);
    free(bytes);
    free(path);
}

int main(void) {
    judging_init(&judging);
    struct fixture_names names = fixture_list(FOLDER, ".json");
    int failed = fixture_run("conformance found", names, upstream_agrees);
    fixture_names_free(&names);
    judging_fini(&judging);
    return failed;
}
