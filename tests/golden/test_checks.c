/*
 * Golden tests of the checks: tests/checks/<id>/{allow,deny}-<case>.yaml.
 *
 *   <case>.yaml          manifests, judged by the check <id> over the pod and every container
 *   <case>.params.yaml   its parameters (else the defaults)
 *   <case>.expect        the findings, one a line: PATH | actual | expected | message | fix
 *
 * An allow case has no finding, a deny case at least one; each check has both, and its own examples hold.
 * UPDATE_EXPECT=1 rewrites the expectations: read the difference before you commit it.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/verdict.h"
#include "rules/registry.h"
#include "text/yaml.h"

#include <cmocka.h>

#define FOLDER "tests/checks"
#define CASES_MAX 2048

/* One case, cut out of tests/checks/drop-capabilities/deny-none.yaml. */
struct golden_case {
    struct str path, folder, name;
};

static struct golden_case cases[CASES_MAX];
static size_t case_count;

static bool is_allow(const struct golden_case *golden) {
    return str_starts_with(golden->name, STR("allow-"));
}

/* --- files ----------------------------------------------------------------------------------- */

/* The whole file in the arena, or STR_NONE when there is none. */
static struct str read_file(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return STR_NONE;
    struct strbuf text;
    strbuf_init(&text, arena, 4096);
    char part[4096];
    for (size_t count; (count = fread(part, 1, sizeof part, file)) > 0;)
        strbuf_add(&text, (struct str){part, count});
    fclose(file);
    struct str all = strbuf_str(&text);
    return all.at ? all : STR("");
}

static void write_file(const char *path, struct str text) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(text.at, 1, text.len, file) != text.len) fail_msg("cannot write %s", path);
    fclose(file);
}

/* --- judging --------------------------------------------------------------------------------- */

static const void *decode_params(struct arena *arena, const struct check *check, struct str text,
                                 const char *from) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct error err = {0};
    struct document document = {0};
    if (!str_is_empty(text)) {
        struct yaml_reader reader;
        yaml_reader_init(&reader, text, YAML_POLICY, &yaml_limits_policy);
        if (yaml_read(&reader, arena, &document, &err) != YAML_DOCUMENT)
            fail_msg("%s: %s", from, err.text);
    }
    void *params =
        params_decode(arena, check->id, check->params, check->param_count, check->params_size,
                      &document, document.root, str_from(from), &diagnostics);
    struct strbuf told;
    strbuf_init(&told, arena, 256);
    for (const struct diagnostic *d = diagnostics.first; d; d = d->next)
        diagnostic_format(d, &told);
    if (!params) fail_msg("%.*s", STR_ARGS(strbuf_str(&told)));
    if (check->prepare && !check->prepare(params, arena, &err)) fail_msg("%s: %s", from, err.text);
    return params;
}

static void judge_workload(const struct check *check, const void *params,
                           const struct workload *workload, struct findings *findings) {
    const struct pod *pod = &workload->pod;
    struct check_ctx ctx = {.workload = workload,
                            .name_space = str_is_empty(workload->meta.name_space)
                                              ? STR("default")
                                              : workload->meta.name_space,
                            .pod = pod,
                            .params = params,
                            .arena = findings->arena};
    if (!workload->has_pod) return;
    if (check->scope & CHECK_POD) check->evaluate(&ctx, findings);
    if (!(check->scope & CHECK_CONTAINER)) return;
    for (size_t i = 0; i < pod->container_count; i++) {
        ctx.container = &pod->containers[i];
        check->evaluate(&ctx, findings);
    }
}

static void print_finding(struct strbuf *out, const struct workload *workload,
                          const struct finding *finding) {
    strbuf_add(out, verdict_path(out->arena, workload, finding));
    strbuf_add(out, STR(" | "));
    strbuf_add_escaped(out, finding->actual, 256);
    strbuf_add(out, STR(" | "));
    strbuf_add_escaped(out, finding->expected, 256);
    strbuf_add(out, STR(" | "));
    strbuf_add(out, verdict_message(out->arena, workload, finding));
    strbuf_add(out, STR(" | "));
    strbuf_add(out, verdict_fix(out->arena, finding));
    strbuf_add_char(out, '\n');
}

/* The findings of all documents, one a line. */
static struct str judge(struct arena *arena, const struct check *check, struct str params_text,
                        struct str manifest, const char *from) {
    const void *params = decode_params(arena, check, params_text, from);
    struct strbuf out;
    strbuf_init(&out, arena, 1024);
    struct yaml_reader reader;
    yaml_reader_init(&reader, manifest, YAML_MANIFEST, &yaml_limits_manifest);
    struct document document;
    struct error err = {0};
    enum yaml_next next;
    size_t documents = 0;
    while ((next = yaml_read(&reader, arena, &document, &err)) == YAML_DOCUMENT) {
        struct str api_version = tree_string(tree_find(document.root, STR("apiVersion")));
        struct str kind_name = tree_string(tree_find(document.root, STR("kind")));
        const struct workload_kind *kind = workload_find_manifest(api_version, kind_name);
        if (!kind) fail_msg("%s: no workload: %.*s", from, STR_ARGS(kind_name));
        struct workload workload;
        if (!workload_decode(arena, kind, &document, document.root, &workload, &err))
            fail_msg("%s: %s %s", from, err.where, err.text);
        struct findings findings;
        findings_init(&findings, arena, 1000);
        judge_workload(check, params, &workload, &findings);
        for (const struct finding *finding = findings.first; finding; finding = finding->next)
            print_finding(&out, &workload, finding);
        documents++;
    }
    if (next == YAML_ERROR) fail_msg("%s:%u: %s", from, err.line, err.text);
    if (documents == 0) fail_msg("%s: holds no manifest", from);
    return strbuf_str(&out);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void judge_case(void **state) {
    const struct golden_case *golden = *state;
    const struct check *check = check_find(golden->folder);
    if (!check) fail_msg("%.*s: there is no such check", STR_ARGS(golden->path));
    struct arena arena;
    arena_init(&arena, 65536, 0);
    const char *stem = str_slice(golden->path, 0, golden->path.len - 5).at;
    int length = (int)golden->path.len - 5;
    const char *params_path = str_format(&arena, "%.*s.params.yaml", length, stem).at;
    const char *expect_path = str_format(&arena, "%.*s.expect", length, stem).at;

    const char *path = golden->path.at;
    struct str found =
        judge(&arena, check, read_file(&arena, params_path), read_file(&arena, path), path);
    if (is_allow(golden) && found.len > 0) fail_msg("%s: found\n%.*s", path, STR_ARGS(found));
    if (!is_allow(golden) && found.len == 0) fail_msg("%s: nothing was found", path);
    if (getenv("UPDATE_EXPECT")) write_file(expect_path, found);
    struct str expected = read_file(&arena, expect_path);
    if (!expected.at) fail_msg("%s is missing", expect_path);
    if (!str_equals(found, expected)) {
        /* cmocka cuts its messages. */
        printf("expected:\n%.*sfound:\n%.*s", STR_ARGS(expected), STR_ARGS(found));
        fail_msg("%s: the findings differ", expect_path);
    }
    arena_fini(&arena);
}

static bool has_case(const struct check *check, bool wants_allow) {
    for (size_t i = 0; i < case_count; i++) {
        if (str_equals(cases[i].folder, str_from(check->id)) && is_allow(&cases[i]) == wants_allow)
            return true;
    }
    return false;
}

static void every_check_has_an_allow_and_a_deny_case(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        if (!has_case(check_registry[i], true))
            fail_msg("%s/%s has no allow-*.yaml", FOLDER, check_registry[i]->id);
        if (!has_case(check_registry[i], false))
            fail_msg("%s/%s has no deny-*.yaml", FOLDER, check_registry[i]->id);
    }
}

static void the_examples_that_explain_shows_hold(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        struct arena arena;
        arena_init(&arena, 65536, 0);
        struct str params = str_from(check->example_params);
        struct str allowed =
            judge(&arena, check, params, str_from(check->example_allowed), check->id);
        struct str denied =
            judge(&arena, check, params, str_from(check->example_denied), check->id);
        if (allowed.len > 0) fail_msg("%s: example_allowed: %.*s", check->id, STR_ARGS(allowed));
        if (denied.len == 0) fail_msg("%s: example_denied is allowed", check->id);
        arena_fini(&arena);
    }
}

/* --- the walk -------------------------------------------------------------------------------- */

static void refuse_path(const char *path, const char *why) {
    fprintf(stderr, "%s %s\n", path, why);
    exit(1);
}

/* Expectations and parameters without a manifest are leftovers: they would test nothing. */
static void require_manifest(const char *path, struct str stem) {
    char manifest[512];
    snprintf(manifest, sizeof manifest, "%.*s.yaml", STR_ARGS(stem));
    if (access(manifest, R_OK) != 0) refuse_path(path, "belongs to no case");
}

static void note_file(const char *path) {
    struct str whole = str_from(path);
    size_t name_at = str_find_last_char(whole, '/') + 1, folder_at = sizeof FOLDER;
    struct str name = str_slice(whole, name_at, whole.len);
    if (str_ends_with(whole, STR(".params.yaml"))) {
        require_manifest(path, str_slice(whole, 0, whole.len - strlen(".params.yaml")));
    } else if (str_ends_with(whole, STR(".expect"))) {
        require_manifest(path, str_slice(whole, 0, whole.len - strlen(".expect")));
    } else if (!str_ends_with(name, STR(".yaml")) ||
               (!str_starts_with(name, STR("allow-")) && !str_starts_with(name, STR("deny-")))) {
        refuse_path(path, "is no allow-*.yaml and no deny-*.yaml");
    } else if (case_count == CASES_MAX) {
        refuse_path(path, "is one too many: raise CASES_MAX");
    } else {
        cases[case_count++] =
            (struct golden_case){whole, str_slice(whole, folder_at, name_at - 1 - folder_at), name};
    }
}

int main(void) {
    static struct CMUnitTest tests[CASES_MAX + 2];
    glob_t found; /* sorted; kept until the end */
    if (glob(FOLDER "/*/*", 0, NULL, &found) != 0)
        refuse_path(FOLDER, "has no cases (run from the root of the repository)");
    for (size_t i = 0; i < found.gl_pathc; i++)
        note_file(found.gl_pathv[i]);
    size_t count = 0;
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(every_check_has_an_allow_and_a_deny_case);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(the_examples_that_explain_shows_hold);
    for (size_t i = 0; i < case_count; i++) {
        tests[count++] = (struct CMUnitTest){.name = cases[i].path.at + sizeof FOLDER,
                                             .test_func = judge_case,
                                             .initial_state = &cases[i]};
    }
    int failed = _cmocka_run_group_tests("checks", tests, count, NULL, NULL);
    globfree(&found);
    return failed;
}
