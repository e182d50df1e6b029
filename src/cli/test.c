#include "cli/test.h"

#include "cli/output.h"
#include "desk/source.h"
#include "desk/trial.h"

struct test_options {
    struct str_list outputs;
    struct str now_text;
};

enum { FORMAT_TEXT, FORMAT_JUNIT };
static const char *const format_names[] = {[FORMAT_TEXT] = "text", [FORMAT_JUNIT] = "junit", NULL};

#define AT(member) offsetof(struct test_options, member)
static const struct option_row rows[] = {
    OUTPUT_ROW(AT(outputs), "text or junit"),
    CONSOLE_NOW_ROW(AT(now_text)),
};

static const char help[] =
    "Runs the PolicyTests of files, and of folders (recursive *.yaml and *.yml; what else is there\n"
    "is passed over). Each object is judged as the webhook judges it; what it finds must be what\n"
    "the test expects, no more and no less.\n"
    "\n"
    "  apiVersion: podgate.io/v1alpha1\n"
    "  kind: PolicyTest\n"
    "  metadata: {name: web}\n"
    "  spec:\n"
    "    policies: [policy.yaml]\n"
    "    cases:\n"
    "    - name: an image without a tag is denied\n"
    "      file: web.yaml\n"
    "      expect:\n"
    "      - {rule: image-tag, action: deny, container: web}\n"
    "\n"
    "docs/policies.md has all keys.\n"
    "\n"
    "examples:\n"
    "  podgate test policies/\n"
    "  podgate test -o text -o junit=podgate.xml policies/\n"
    "\n"
    "exit status: 0 all is as expected; 1 something differs; 2 a test could not be run, or there\n"
    "was none.";

struct tests {
    struct arena *arena;
    int64_t now;
    struct diagnostics diagnostics;
    struct trial_results results;
};

/* Files that are named must hold tests; in folders manifests stand beside them. */
static void run_file(struct tests *tests, const struct source_test_file *file) {
    struct str text;
    struct error err = {.code = ERR_NONE};
    struct diagnostics *diagnostics = &tests->diagnostics;
    size_t before = tests->results.tests + diagnostics->errors;
    if (!source_read_file(tests->arena, file->path, SOURCE_POLICY_BYTES, &text, &err)) {
        diagnostics_add_error(diagnostics, file->path, &err);
        return;
    }
    if (!file->is_named && !str_contains(text, STR("PolicyTest"))) return;
    trial_run(tests->arena, file->path, text, tests->now, diagnostics, &tests->results);
    if (file->is_named && tests->results.tests + diagnostics->errors == before)
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, file->path, 0, 0, "holds no PolicyTest");
}

static bool run_all(struct tests *tests, const struct str_list *operands) {
    struct source_test_file *files = NULL;
    size_t count = 0;
    struct error err = {.code = ERR_NONE};
    if (!source_list_test_files(tests->arena, operands, &files, &count, &err)) {
        console_error(&err);
        return false;
    }
    diagnostics_init(&tests->diagnostics, tests->arena);
    for (size_t i = 0; i < count; i++)
        run_file(tests, &files[i]);
    return true;
}

static void write_output(const struct tests *tests, struct output *output) {
    struct strbuf text;
    strbuf_init(&text, tests->arena, 4096);
    if (output->format == FORMAT_JUNIT)
        trial_write_junit(&text, &tests->results, &tests->diagnostics);
    else
        trial_write_text(&text, &tests->results);
    output_write(output, &text);
}

static int status_of(const struct tests *tests) {
    size_t errors = tests->diagnostics.errors;
    if (errors) {
        console_say("%zu error%s: what they concern was not run", errors, str_plural(errors));
        return STATUS_TROUBLE;
    }
    if (tests->results.tests == 0) {
        console_say("there is no PolicyTest here");
        return STATUS_TROUBLE;
    }
    return tests->results.failed ? STATUS_FOUND : STATUS_FINE;
}

static int test(struct tests *tests, const struct str_list *operands,
                const struct test_options *options) {
    struct outputs outputs;
    int status = STATUS_TROUBLE;
    bool is_done =
        outputs_open(&outputs, tests->arena, &options->outputs, format_names, COLOUR_NEVER) &&
        run_all(tests, operands);
    if (is_done) {
        for (size_t i = 0; i < outputs.count; i++)
            write_output(tests, &outputs.items[i]);
        console_print_diagnostics(&tests->diagnostics, tests->arena);
        status = status_of(tests);
    }
    return outputs_close(&outputs, is_done) ? status : STATUS_TROUBLE;
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct test_options options = {.now_text = STR_NONE};
    struct str_list operands;
    struct tests tests = {.arena = arena};
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file or a folder of policy tests (see podgate test --help)");
        return STATUS_TROUBLE;
    }
    if (!console_read_now(options.now_text, &tests.now)) return STATUS_TROUBLE;
    return console_finish(test(&tests, &operands, &options));
}

const struct verb verb_test = {
    .name = "test",
    .summary = "run policy tests: objects, and what they must give",
    .operands = "FILE|DIR...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
