/*
 * Memory runs out, at any allocation: of judging a recorded review, of judging a check's manifest, of loading a policy file.
 * Then there is no verdict, and it is said; or there is the one that there would have been. What audit and warn allow with an error
 * is no verdict.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "desk/judge.h"
#include "faults/refusal.h"
#include "faults/rows.h"
#include "golden/review_case.h"
#include "policy/admission.h"
#include "rules/registry.h"

static void tell(const char *what, const struct refusal_count *count) {
    char came[128];
    snprintf(came, sizeof came, "no verdict %zu times, the right one %zu times", count->no_verdict,
             count->same);
    fault_row("allocations", what, count->refused, "refusals", came, 0);
    assert_true(count->works > 0 && count->no_verdict > 0);
}

/* --- reviews ---------------------------------------------------------------------------------- */

struct review_work {
    const struct snapshot *snapshot;
    struct review_setting setting;
    char *request;
    size_t length;
};

static void assert_is_json(struct str text) {
    struct arena arena;
    struct document document;
    struct error err = {0};
    arena_init(&arena, 65536, 0);
    if (!json_read(&arena, text, &scan_limits_default, &document, &err))
        fail_msg("%.*s: %s", STR_ARGS(text), err.text);
    arena_fini(&arena);
}

static char *copy_text(struct str text) {
    char *copy = malloc(text.len + 1);
    assert_non_null(copy);
    if (text.len > 0) memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

static struct refusal_result judge_review(void *context) {
    const struct review_work *work = context;
    struct admission_options options = {.limits = scan_limits_default, .mode = work->setting.mode};
    struct admission_outcome outcome;
    struct arena arena;
    arena_init(&arena, 65536, 64 << 20);
    admission_answer(&arena, &options, work->snapshot, str_from(work->setting.profile),
                     (struct str){work->request, work->length}, work->setting.now, &outcome);
    bool (*refuse)(size_t) = arena_refuse;
    arena_refuse = NULL;
    assert_is_json(outcome.body);
    arena_refuse = refuse;
    bool failed = outcome.error_reason && strcmp(outcome.error_reason, "memory") == 0;
    if (failed) {
        assert_int_equal(outcome.decision, DECISION_ERROR);
        bool is_allowed = str_contains(outcome.body, STR("\"allowed\":true"));
        assert_true(outcome.http_status == 500 || (outcome.http_status == 200 && is_allowed));
        /* Only a mode that never denies, the server's or the profile's, may allow what nobody judged. */
        struct str name =
            work->setting.profile[0] ? str_from(work->setting.profile) : STR("default");
        const struct profile *profile = snapshot_find_profile(work->snapshot, name);
        if (outcome.http_status == 200)
            assert_int_not_equal(mode_min(work->setting.mode, profile->mode), MODE_ENFORCE);
    }
    struct refusal_result result = {!failed, copy_text(outcome.body)};
    arena_fini(&arena);
    return result;
}

static void reviews_in_mode(struct refusal_count *count, bool in_audit) {
    struct fixture_names names = review_names();
    for (size_t i = 0; i < names.count; i++) {
        struct review_work work;
        review_setting_read(names.items[i], &work.setting);
        if (in_audit) work.setting.mode = MODE_AUDIT;
        struct snapshot *snapshot = review_setting_load(&work.setting);
        assert_non_null(snapshot);
        work.snapshot = snapshot;
        char *path = fixture_format(REVIEW_FOLDER "/%s/request.json", names.items[i]);
        work.request = fixture_read(path, &work.length);
        refusal_try(count, names.items[i], judge_review, &work);
        free(work.request);
        free(path);
        snapshot_free(snapshot);
    }
    fixture_names_free(&names);
}

static void a_review_is_judged_right_or_not_at_all(void **state) {
    struct refusal_count count;
    (void)state;
    refusal_begin(&count);
    reviews_in_mode(&count, false);
    tell("an allocation refused while a recorded review is judged", &count);
}

static void a_review_in_audit_is_judged_right_or_allowed_with_an_error(void **state) {
    struct refusal_count count;
    (void)state;
    refusal_begin(&count);
    reviews_in_mode(&count, true);
    tell("an allocation refused while a recorded review is judged in mode audit", &count);
}

/* --- policies --------------------------------------------------------------------------------- */

static struct refusal_result compile_policy(void *context) {
    const struct policy_source *source = context;
    struct diagnostics diagnostics;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    diagnostics_init(&diagnostics, &arena);
    struct snapshot *snapshot = policy_compile(source, 1, &diagnostics);
    assert_true((snapshot == NULL) == (diagnostics.errors > 0));
    struct refusal_result result = {snapshot != NULL, NULL};
    char digest[64];
    snprintf(digest, sizeof digest, "%zu policies, %016llx", snapshot ? snapshot->policy_count : 0,
             snapshot ? (unsigned long long)snapshot->hash : 0);
    result.digest = copy_text(str_from(digest));
    snapshot_free(snapshot);
    arena_fini(&arena);
    return result;
}

static void compile_folder(struct refusal_count *count, const char *folder) {
    struct fixture_names names = fixture_list(folder, ".yaml");
    for (size_t i = 0; i < names.count; i++) {
        char *path = fixture_format("%s/%s", folder, names.items[i]);
        size_t length;
        char *text = fixture_read(path, &length);
        struct policy_source source = {str_from(path), {text, length}};
        refusal_try(count, path, compile_policy, &source);
        free(text);
        free(path);
    }
    fixture_names_free(&names);
}

static void a_policy_file_is_loaded_whole_or_refused(void **state) {
    struct refusal_count count;
    (void)state;
    refusal_begin(&count);
    compile_folder(&count, "tests/policies/good");
    compile_folder(&count, "policies");
    compile_folder(&count, "tests/policies/bad");
    tell("an allocation refused while a policy file is loaded", &count);
}

/* --- checks, as podgate check judges ---------------------------------------------------------- */

struct check_work {
    const struct snapshot *snapshot;
    const struct format *format;
    const char *path;
    bool in_pieces; /* read as a text that is too long to be read whole */
};

/* Which objects are denied, not in which words. An error, or an output that says that it is cut, is no verdict. */
static struct refusal_result judge_manifest(void *context) {
    const struct check_work *work = context;
    char *text = NULL, digest[128];
    size_t length = 0;
    struct str operand = str_from(work->path);
    struct str_list operands = {&operand, 1};
    const struct profile *profile = snapshot_find_profile(work->snapshot, STR("default"));
    struct desk_run run = {.version = STR("0"), .profile = profile, .fail_on = ACTION_DENY};
    struct source source;
    struct format_sink output;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    format_sink_init(&output, work->format, &run, stream, false);
    struct judge judge = {.snapshot = work->snapshot,
                          .profile = profile,
                          .mode = MODE_ENFORCE,
                          .now = 1800000000,
                          .name_space = STR("default"),
                          .outputs = &output,
                          .output_count = 1};
    source_init(&source, &operands, SOURCE_DOCUMENT_BYTES);
    if (work->in_pieces) source.whole_bytes = 0;
    judge_init(&judge);
    judge_source(&judge, &source);
    bool is_whole = format_is_whole(&output);
    const struct desk_summary *sum = &judge.summary;
    snprintf(digest, sizeof digest, "%zu objects: %zu denied, %zu warned, %zu errors", sum->objects,
             sum->denied, sum->warned, sum->errors);
    struct refusal_result result = {sum->errors == 0 && is_whole, copy_text(str_from(digest))};
    format_sink_fini(&output);
    fclose(stream);
    free(text);
    judge_fini(&judge);
    source_fini(&source);
    return result;
}

/* A policy of this one check, with the parameters of the case. */
static struct snapshot *policy_of(const char *check, const char *params_path) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 16384, 0);
    strbuf_init(&text, &arena, 4096);
    strbuf_printf(&text,
                  "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: case}\n"
                  "spec:\n  rules:\n  - check: %s\n",
                  check);
    if (fixture_exists(params_path)) {
        char *params = fixture_read(params_path, NULL);
        strbuf_add(&text, STR("    params:\n"));
        for (char *line = strtok(params, "\n"); line; line = strtok(NULL, "\n"))
            strbuf_printf(&text, "      %s\n", line);
        free(params);
    }
    struct policy_source source = {str_from(params_path), strbuf_str(&text)};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    if (!snapshot) fail_msg("%s: %.*s", params_path, STR_ARGS(strbuf_str(&text)));
    arena_fini(&arena);
    return snapshot;
}

/* Each in another format; whole, and in pieces. */
static void judge_file(struct refusal_count *count, const struct snapshot *snapshot,
                       const char *path) {
    struct check_work work = {.snapshot = snapshot,
                              .format = formats[count->works / 2 % format_count],
                              .path = path};
    refusal_try(count, path, judge_manifest, &work);
    work.in_pieces = true;
    refusal_try(count, path, judge_manifest, &work);
}

static void judge_cases(struct refusal_count *count, const char *check) {
    char *folder = fixture_format("tests/checks/%s", check);
    struct fixture_names names = fixture_list(folder, ".yaml");
    for (size_t i = 0; i < names.count; i++) {
        int stem = (int)(strlen(names.items[i]) - strlen(".yaml"));
        if (str_ends_with(str_from(names.items[i]), STR(".params.yaml"))) continue;
        char *params = fixture_format("%s/%.*s.params.yaml", folder, stem, names.items[i]);
        char *path = fixture_format("%s/%s", folder, names.items[i]);
        struct snapshot *snapshot = policy_of(check, params);
        judge_file(count, snapshot, path);
        snapshot_free(snapshot);
        free(path);
        free(params);
    }
    fixture_names_free(&names);
    free(folder);
}

static void a_manifest_is_judged_right_or_not_at_all(void **state) {
    struct refusal_count count;
    (void)state;
    refusal_begin(&count);
    for (size_t i = 0; i < check_registry_count; i++)
        judge_cases(&count, check_registry[i]->id);
    struct snapshot *builtin = policy_compile(NULL, 0, NULL);
    assert_non_null(builtin);
    glob_t lists;
    assert_int_equal(glob("tests/cli/*/*.json", 0, NULL, &lists), 0);
    for (size_t i = 0; i < lists.gl_pathc; i++)
        judge_file(&count, builtin, lists.gl_pathv[i]);
    globfree(&lists);
    snapshot_free(builtin);
    tell("an allocation refused while a manifest is judged and told, in each format", &count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_review_is_judged_right_or_not_at_all),
        cmocka_unit_test(a_review_in_audit_is_judged_right_or_allowed_with_an_error),
        cmocka_unit_test(a_policy_file_is_loaded_whole_or_refused),
        cmocka_unit_test(a_manifest_is_judged_right_or_not_at_all),
    };
    return cmocka_run_group_tests_name("allocations", tests, NULL, NULL);
}
