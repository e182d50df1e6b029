/*
 * docs/checks: a page for each check and an index by themes, made from the check's row; the denial on a page is
 * what admission really answers to the example. UPDATE_EXPECT=1 writes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "desk/trial_parts.h"
#include "golden/fixture.h"
#include "rules/registry.h"
#include "text/yaml.h"

#define FOLDER "docs/checks"
#define CASES "tests/checks"

/* --- what a developer reads ------------------------------------------------------------------ */

static struct snapshot *compile_rule(struct arena *arena, const struct check *check) {
    struct str text = str_format(arena,
                                 "apiVersion: podgate.io/v1alpha1\nkind: Policy\n"
                                 "metadata: {name: example}\nspec:\n  action: deny\n  rules:\n"
                                 "  - check: %s\n    params: %s\n",
                                 check->id, check->example_params ? check->example_params : "{}");
    struct policy_source source = {str_from(check->id), text};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    if (!snapshot) fail_msg("the example parameters of %s do not load", check->id);
    return snapshot;
}

static struct str write_review(struct arena *arena, const char *manifest) {
    struct yaml_reader reader;
    struct document document;
    struct error err = {0};
    yaml_reader_init(&reader, str_from(manifest), YAML_MANIFEST, &yaml_limits_manifest);
    if (yaml_read(&reader, arena, &document, &err) != YAML_DOCUMENT) fail_msg("%s", err.text);
    struct trial_object object = {.document = &document, .node = document.root};
    object.api_version = tree_string(tree_find(document.root, STR("apiVersion")));
    object.kind = tree_string(tree_find(document.root, STR("kind")));
    struct trial_case nobody = {.name_space = STR("default"), .operation = OPERATION_OTHER};
    return trial_write_review(arena, workload_find_manifest(object.api_version, object.kind),
                              &nobody, &object, NULL);
}

/* The message of the denial, with a policy that has only this rule. */
static struct str deny_example(struct arena *arena, const struct check *check) {
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    struct admission_outcome outcome;
    struct snapshot *snapshot = compile_rule(arena, check);
    admission_answer(arena, &options, snapshot, STR("default"),
                     write_review(arena, check->example_denied), 0, &outcome);
    if (outcome.decision != DECISION_DENIED) fail_msg("the example of %s is not denied", check->id);
    struct denial denial = verdict_denial(arena, &outcome.workload, &outcome.judgement);
    struct str message = str_copy(arena, denial.message);
    snapshot_free(snapshot);
    return message;
}

/* --- pages ------------------------------------------------------------------------------------- */

static void add_params(struct strbuf *out, const struct check *check) {
    strbuf_add(out, STR("\n## Parameters\n\n"));
    if (check->param_count == 0) strbuf_add(out, STR("None.\n"));
    if (check->param_count > 0)
        strbuf_add(out, STR("| parameter | type | default | |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < check->param_count; i++) {
        const struct param *row = &check->params[i];
        strbuf_printf(out, "| `%s` | ", row->name);
        param_describe_type(row, out);
        if (row->fallback)
            strbuf_printf(out, " | `%s` | %s |\n", row->fallback, row->doc);
        else
            strbuf_printf(out, " | none | %s |\n", row->doc);
    }
}

static void add_block(struct strbuf *out, const char *language, struct str text) {
    strbuf_printf(out, "\n```%s\n%.*s%s```\n", language, STR_ARGS(text),
                  str_ends_with(text, STR("\n")) ? "" : "\n");
}

static void add_examples(struct strbuf *out, const struct check *check) {
    strbuf_add(out, STR("\n## Example\n\nIn a policy:\n"));
    add_block(out, "yaml",
              str_format(out->arena, "- check: %s%s%s\n", check->id,
                         check->example_params ? "\n  params: " : "",
                         check->example_params ? check->example_params : ""));
    strbuf_add(out, STR("\nFails:\n"));
    add_block(out, "yaml", str_from(check->example_denied));
    strbuf_add(out, STR("\nWhat is answered:\n"));
    add_block(out, "", deny_example(out->arena, check));
    strbuf_add(out, STR("\nPasses:\n"));
    add_block(out, "yaml", str_from(check->example_allowed));
}

static void add_references(struct strbuf *out, const struct check *check) {
    struct str rest = str_from(check->references ? check->references : "");
    if (str_is_empty(rest)) return;
    strbuf_add(out, STR("\n## References\n\n"));
    while (!str_is_empty(rest)) {
        size_t end = str_find_char(rest, '\n');
        strbuf_printf(out, "- %.*s\n", STR_ARGS(str_slice(rest, 0, end)));
        rest = str_slice(rest, end + 1, rest.len);
    }
}

static void add_page(struct strbuf *out, const struct check *check) {
    strbuf_printf(out,
                  "<!-- Made from the check's row by `UPDATE_EXPECT=1 make golden`. -->\n"
                  "# %s\n\n%s. Severity %.*s; judges %.*s.\n\n%s\n",
                  check->id, check->title, STR_ARGS(severity_name(check->severity)),
                  STR_ARGS(check_subject(check)), check->rationale);
    add_params(out, check);
    add_examples(out, check);
    add_references(out, check);
    strbuf_printf(out,
                  "\nMore cases, each with what it must give: [" CASES "/%s](../../" CASES
                  "/%s).\n",
                  check->id, check->id);
}

static void add_index(struct strbuf *out) {
    strbuf_add(
        out,
        STR("<!-- Made from the checks' rows by `UPDATE_EXPECT=1 make golden`. -->\n"
            "# The checks\n\n`podgate list` and `podgate explain ID` say the same as these pages. "
            "Which policies use them: [policies.md](../policies.md#built-in-policies). What no check "
            "looks at, [field](field.md) does.\n"));
    for (int theme = THEME_NONE + 1; theme < THEME_COUNT; theme++) {
        strbuf_printf(out, "\n## %.*s\n\n| check | severity | what it wants |\n|---|---|---|\n",
                      STR_ARGS(theme_title((enum theme)theme)));
        for (size_t i = 0; i < check_registry_count; i++) {
            const struct check *check = check_registry[i];
            if (check->theme == (enum theme)theme)
                strbuf_printf(out, "| [%s](%s.md) | %.*s | %s |\n", check->id, check->id,
                              STR_ARGS(severity_name(check->severity)), check->title);
        }
    }
}

/* --- tests ------------------------------------------------------------------------------------- */

static void expect_page(const char *name, const struct strbuf *out) {
    char *path = fixture_format(FOLDER "/%s.md", name);
    struct str text = strbuf_str(out);
    assert_true(text.len > 0);
    fixture_expect(path, text.at, text.len);
    free(path);
}

static void each_check_has_its_page(void **state) {
    (void)state;
    for (size_t i = 0; i < check_registry_count; i++) {
        struct arena arena;
        struct strbuf out;
        arena_init(&arena, 65536, 0);
        strbuf_init(&out, &arena, 16384);
        add_page(&out, check_registry[i]);
        expect_page(check_registry[i]->id, &out);
        arena_fini(&arena);
    }
}

static void the_index_has_every_check_under_a_theme(void **state) {
    (void)state;
    struct arena arena;
    struct strbuf out;
    for (size_t i = 0; i < check_registry_count; i++)
        if (check_registry[i]->theme == THEME_NONE)
            fail_msg("%s has no theme", check_registry[i]->id);
    arena_init(&arena, 65536, 0);
    strbuf_init(&out, &arena, 16384);
    add_index(&out);
    expect_page("README", &out);
    arena_fini(&arena);
}

static void no_page_is_of_a_check_that_is_gone(void **state) {
    (void)state;
    struct fixture_names pages = fixture_list(FOLDER, ".md");
    for (size_t i = 0; i < pages.count; i++) {
        struct str id = str_from(pages.items[i]);
        id = str_slice(id, 0, id.len - strlen(".md"));
        if (!str_equals(id, STR("README")) && !check_find(id))
            fail_msg(FOLDER "/%s: there is no such check", pages.items[i]);
    }
    fixture_names_free(&pages);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_has_its_page),
        cmocka_unit_test(the_index_has_every_check_under_a_theme),
        cmocka_unit_test(no_page_is_of_a_check_that_is_gone),
    };
    return cmocka_run_group_tests_name("docs/checks", tests, NULL, NULL);
}
