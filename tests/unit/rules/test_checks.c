/* What the golden tests of tests/checks cannot see: parameters that are refused, and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "rules/registry.h"
#include "text/yaml.h"

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct document read_document(const char *text, enum yaml_dialect dialect) {
    struct document document = {0};
    struct error err = {0};
    struct yaml_reader reader;
    yaml_reader_init(&reader, str_from(text), dialect,
                     dialect == YAML_POLICY ? &yaml_limits_policy : &yaml_limits_manifest);
    if (yaml_read(&reader, &arena, &document, &err) == YAML_ERROR) fail_msg("%s", err.text);
    return document;
}

static bool prepare(const char *id, const char *text, struct error *err, void **params) {
    const struct check *check = check_find(str_from(id));
    struct document document = read_document(text, YAML_POLICY);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, &arena);
    *params = params_decode(&arena, id, check->params, check->param_count, check->params_size,
                            &document, document.root, STR("p.yaml"), &diagnostics);
    assert_non_null(*params);
    return !check->prepare || check->prepare(*params, &arena, err);
}

static void parameters_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"apparmor-profile", "allow: []", "allow is empty: no profile could ever be used"},
        {"deny-capabilities", "deny: [SYS_ADMIN, NET_ROW]",
         "\"NET_ROW\" is no capability; did you mean \"NET_RAW\"?"},
        {"deny-capabilities", "deny: [ALL]", "to deny all is drop-capabilities, with allowAdd: []"},
        {"drop-capabilities", "drop: [NET_ROW]",
         "\"NET_ROW\" is no capability; did you mean \"NET_RAW\"?"},
        {"drop-capabilities", "allowAdd: [EVERYTHING_AT_ONCE]",
         "\"EVERYTHING_AT_ONCE\" is no capability"},
        {"env-secrets", "{allowSecretKeyRef: false, fromSecretKeyRef: [A]}",
         "fromSecretKeyRef asks for what allowSecretKeyRef: false forbids"},
        {"host-path", "allow: [var/log]", "\"var/log\" must be an absolute path without \"..\""},
        {"host-path", "allowReadOnly: [/var/../etc]",
         "\"/var/../etc\" must be an absolute path without \"..\""},
        {"image-registry", "allow: []", "allow is empty: no image could ever be used"},
        {"runtime-class", "allow: []", "allow is empty: no pod could name a runtime class"},
        {"seccomp-profile", "allow: []", "allow is empty: no profile could ever be used"},
        {"user-ids", "fsGroup: []",
         "fsGroup is empty: no ID could ever be used; any is 0-2147483647"},
        {"volume-types", "allow: [emptydir]",
         "\"emptydir\" is no type of volume; did you mean \"emptyDir\"?"},
        {"volume-types", "deny: [\"x*\"]", "\"x*\" is no type of volume"},
        {"replicas", "{minimum: 3, maximum: 2}",
         "maximum is 2 and minimum 3: no number is between them"},
        {"job-deadlines", "concurrency: []", "concurrency is empty: no CronJob could ever be made"},
        {"image-pull-policy", "allow: []", "allow is empty: no image could ever be used"},
        {"resource-limits", "{limits: [cpu], forbidLimits: [cpu]}",
         "\"cpu\" must be limited, says limits"},
        {"resource-ratio", "maximum: {cpu: \"0.5\"}",
         "\"0.5\" of \"cpu\" must be 1 to 1000, with at most three decimals"},
        {"resource-ratio", "maximum: {cpu: 1001}",
         "\"1001\" of \"cpu\" must be 1 to 1000, with at most three decimals"},
        {"resource-ratio", "maximum: {cpu: \"1.0001\"}",
         "\"1.0001\" of \"cpu\" must be 1 to 1000, with at most three decimals"},
        {"qos-class", "allow: []", "allow is empty: every pod has one of the classes"},
        {"empty-dir-size", "maximum: {ram: 1Gi}", "\"ram\" is no medium: write disk or memory"},
        {"probe-quality", "handlers: []", "handlers is empty: no probe could ever be used"},
        {"restart-policy", "allow: []", "an empty list would allow no pod at all"},
        {"dns-config", "policies: []", "policies is empty: every pod has one of them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        void *params;
        assert_false(prepare(cases[i][0], cases[i][1], &err, &params));
        assert_string_equal(err.text, cases[i][2]);
    }
}

static bool refuse_all(size_t bytes) {
    (void)bytes;
    return true;
}

/* The hot path: most requests break no rule. */
static void a_check_that_finds_nothing_allocates_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        struct document document = read_document(check->example_allowed, YAML_MANIFEST);
        struct workload workload;
        struct error err = {0};
        void *params;
        assert_true(
            prepare(check->id, check->example_params ? check->example_params : "", &err, &params));
        const struct cJSON *root = document.root;
        const struct workload_kind *kind =
            workload_find_manifest(tree_string(tree_find(root, STR("apiVersion"))),
                                   tree_string(tree_find(root, STR("kind"))));
        assert_true(workload_decode(&arena, kind, &document, root, &workload, &err));
        struct arena request;
        struct findings findings;
        arena_init(&request, 4096, 0);
        findings_init(&findings, &request, 10);
        struct check_ctx ctx = {.workload = &workload,
                                .name_space = workload.meta.name_space,
                                .pod = &workload.pod,
                                .params = params,
                                .arena = &request};
        arena_refuse = refuse_all;
        if (check->scope & CHECK_POD) check->evaluate(&ctx, &findings);
        ctx.container = workload.pod.containers;
        if (check->scope & CHECK_CONTAINER) check->evaluate(&ctx, &findings);
        arena_refuse = NULL;
        if (arena_is_exhausted(&request) || arena_held_bytes(&request) > 0)
            fail_msg("%s allocates", check->id);
        assert_int_equal(findings.count, 0);
        arena_fini(&request);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parameters_that_make_no_sense_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_check_that_finds_nothing_allocates_nothing, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
