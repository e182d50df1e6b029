/*
 * Replays tests/conformance/found: pods on which podgate and upstream's Pod Security Admission once
 * disagreed, or easily might, each with the controls that upstream finds violated. `make
 * conformance` confirms these against upstream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden/fixture.h"
#include "rules/registry.h"
#include "text/json.h"

#define FOLDER "tests/conformance/found"

static struct arena arena;

static const void *make_params(const struct check *check, const struct document *document) {
    struct error err = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, &arena);
    void *params =
        params_decode(&arena, check->id, check->params, check->param_count, check->params_size,
                      document, tree_find(document->root, STR("params")), STR(""), &diagnostics);
    if (!params) fail_msg("%.*s", STR_ARGS(diagnostics.first->text));
    if (!check->prepare(params, &arena, &err)) fail_msg("%s", err.text);
    return params;
}

static void judge(const struct document *document, struct findings *findings) {
    const struct check *check = check_find(STR("pod-security"));
    struct workload workload;
    struct error err = {0};
    if (!workload_decode(&arena, workload_find(STR(""), STR("Pod")), document,
                         tree_find(document->root, STR("pod")), &workload, &err))
        fail_msg("%s: %s", err.where, err.text);
    struct check_ctx ctx = {.workload = &workload,
                            .pod = &workload.pod,
                            .params = make_params(check, document),
                            .arena = &arena};
    check->evaluate(&ctx, findings);
    for (size_t i = 0; i < workload.pod.container_count; i++) {
        ctx.container = &workload.pod.containers[i];
        check->evaluate(&ctx, findings);
    }
}

static bool has_control(const struct findings *findings, struct str id) {
    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        if (str_equals(str_from(finding->control), id)) return true;
    }
    return false;
}

static bool has_id(const struct cJSON *ids, struct str id) {
    for (const struct cJSON *item = ids->child; item; item = item->next) {
        if (str_equals(tree_string(item), id)) return true;
    }
    return false;
}

static void upstream_agrees(void **state) {
    size_t length;
    char *path = fixture_format("%s/%s", FOLDER, (const char *)*state);
    char *text = fixture_read(path, &length);
    struct document document;
    struct error err = {0};
    if (!json_read(&arena, (struct str){text, length}, &scan_limits_default, &document, &err))
        fail_msg("%s:%u: %s", path, err.line, err.text);
    struct findings findings;
    findings_init(&findings, &arena, 10000);
    judge(&document, &findings);

    const struct cJSON *violated = tree_find(document.root, STR("violated"));
    if (!tree_is_array(violated)) fail_msg("%s: has no list `violated`", path);
    for (const struct cJSON *id = violated->child; id; id = id->next) {
        if (!has_control(&findings, tree_string(id)))
            fail_msg("%s: %s is not found", path, id->valuestring);
    }
    for (const struct finding *finding = findings.first; finding; finding = finding->next) {
        if (!has_id(violated, str_from(finding->control)))
            fail_msg("%s: %s is found", path, finding->control);
    }
    free(text);
    free(path);
    arena_reset(&arena, 65536);
}

int main(void) {
    json_start();
    arena_init(&arena, 65536, 0);
    struct fixture_names names = fixture_list(FOLDER, ".json");
    int failed = fixture_run("conformance found", names, upstream_agrees);
    fixture_names_free(&names);
    arena_fini(&arena);
    return failed;
}
