#include "cli/test.h"

#include "cli/console.h"
#include "desk/source.h"
#include "desk/trial.h"

struct test_options {
    struct str now_text;
};

static const struct option_row rows[] = {
    CONSOLE_NOW_ROW(offsetof(struct test_options, now_text)),
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
    "exit status: 0 all is as expected; 1 something differs; 2 a test could not be run, or there\n"
    "was none.";

/* Files that are named must hold tests; in folders manifests stand beside them. */
static bool run_file(struct arena *arena, const struct source_test_file *file, int64_t now,
                     struct strbuf *out, struct diagnostics *diagnostics,
                     struct trial_counts *counts) {
    struct str text;
    struct error err = {.code = ERR_NONE};
    size_t before = counts->tests + diagnostics->errors;
    if (!source_read_file(arena, file->path, SOURCE_POLICY_BYTES, &text, &err)) {
        console_error(&err);
        return false;
    }
    if (!file->is_named && !str_contains(text, STR("PolicyTest"))) return true;
    trial_run(arena, file->path, text, now, out, diagnostics, counts);
    if (file->is_named && counts->tests + diagnostics->errors == before) {
        console_say("%.*s: holds no PolicyTest", STR_ARGS(file->path));
        return false;
    }
    return true;
}

static int tell(const struct strbuf *out, const struct diagnostics *diagnostics,
                const struct trial_counts *counts, struct arena *arena, bool is_fine) {
    console_print(out);
    console_print_diagnostics(diagnostics, arena);
    printf("%zu case%s in %zu test%s: %zu passed, %zu failed\n", counts->cases,
           str_plural(counts->cases), counts->tests, str_plural(counts->tests),
           counts->cases - counts->failed, counts->failed);
    if (diagnostics->errors) {
        console_say("%zu error%s: what they concern was not run", diagnostics->errors,
                    str_plural(diagnostics->errors));
        return STATUS_TROUBLE;
    }
    if (!is_fine) return STATUS_TROUBLE;
    if (counts->tests == 0) {
        console_say("there is no PolicyTest here");
        return STATUS_TROUBLE;
    }
    return counts->failed ? STATUS_FOUND : STATUS_FINE;
}

static int test(struct arena *arena, const struct str_list *operands, int64_t now) {
    struct source_test_file *files = NULL;
    size_t count = 0;
    struct error err = {.code = ERR_NONE};
    struct trial_counts counts = {.cases = 0};
    struct diagnostics diagnostics;
    struct strbuf out;
    bool is_fine = true;
    if (!source_list_test_files(arena, operands, &files, &count, &err)) {
        console_error(&err);
        return STATUS_TROUBLE;
    }
    diagnostics_init(&diagnostics, arena);
    strbuf_init(&out, arena, 4096);
    for (size_t i = 0; i < count; i++)
        is_fine = run_file(arena, &files[i], now, &out, &diagnostics, &counts) && is_fine;
    return tell(&out, &diagnostics, &counts, arena, is_fine);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct test_options options = {.now_text = STR_NONE};
    struct str_list operands;
    int64_t now;
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file or a folder of policy tests (see podgate test --help)");
        return STATUS_TROUBLE;
    }
    if (!console_read_now(options.now_text, &now)) return STATUS_TROUBLE;
    return console_finish(test(arena, &operands, now));
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
