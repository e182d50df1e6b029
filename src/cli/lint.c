#include "cli/lint.h"

#include "base/date.h"
#include "cli/console.h"
#include "cli/lint_advice.h"
#include "desk/source.h"

struct lint_options {
    bool strict;
    struct str now_text;
};

static const struct option_row rows[] = {
    {.name = "strict",
     .type = OPTION_FLAG,
     .offset = offsetof(struct lint_options, strict),
     .help = "exit 1 when there is advice"},
    CONSOLE_NOW_ROW(offsetof(struct lint_options, now_text)),
};

static const char help[] =
    "Reads policies as the server does: files, folders of them, builtin:NAME. Says what is wrong,\n"
    "then what is unwise: exceptions that have expired, never will, are too wide or excuse nothing;\n"
    "excludes and exceptions by labels, which those who are judged set themselves; a denying policy\n"
    "that leaves out Pods; a policy in no profile; a wildcard in an image's domain; Pod Security in\n"
    "the version latest, or in one that this podgate does not know.\n"
    "\n"
    "example:\n"
    "  podgate lint --strict policies/\n"
    "\n"
    "exit status: 0 no error; 1 advice, with --strict; 2 errors.";

/* "2 policies, 5 rules, 1 exception" */
static void add_counts(struct strbuf *out, const struct snapshot *snapshot) {
    size_t rules = 0;
    for (size_t i = 0; i < snapshot->policy_count; i++)
        rules += snapshot->policies[i].rule_count;
    strbuf_printf(out, "%zu polic%s, %zu rule%s", snapshot->policy_count,
                  snapshot->policy_count == 1 ? "y" : "ies", rules, str_plural(rules));
    if (snapshot->exception_count > 0)
        strbuf_printf(out, ", %zu exception%s", snapshot->exception_count,
                      str_plural(snapshot->exception_count));
}

/* `snapshot` NULL: there are errors. */
static int tell(struct arena *arena, const struct diagnostics *diagnostics,
                const struct snapshot *snapshot, bool is_strict) {
    struct strbuf out;
    strbuf_init(&out, arena, 1024);
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next) {
        diagnostic_format(each, &out);
        strbuf_add_char(&out, '\n');
    }
    if (snapshot) add_counts(&out, snapshot);
    if (!snapshot)
        strbuf_printf(&out, "%zu error%s\n", diagnostics->errors, str_plural(diagnostics->errors));
    else if (diagnostics->advice)
        strbuf_printf(&out, ": no error, %zu piece%s of advice\n", diagnostics->advice,
                      str_plural(diagnostics->advice));
    else
        strbuf_add(&out, STR(": fine\n"));
    console_print(&out);
    if (diagnostics->errors) return STATUS_TROUBLE;
    return diagnostics->advice && is_strict ? STATUS_FOUND : STATUS_FINE;
}

static void advise(const struct snapshot *snapshot, int64_t now, struct diagnostics *diagnostics) {
    for (size_t i = 0; i < snapshot->policy_count; i++)
        lint_advise_policy(snapshot, &snapshot->policies[i], diagnostics);
    for (size_t i = 0; i < snapshot->exception_count; i++)
        lint_advise_exception(snapshot, &snapshot->exceptions[i], date_from_unix(now), diagnostics);
}

static int lint(struct arena *arena, const struct str_list *paths,
                const struct lint_options *options) {
    struct policy_source *sources = NULL;
    size_t count = 0;
    int64_t now;
    struct error err = {.code = ERR_NONE};
    if (!console_read_now(options->now_text, &now)) return STATUS_TROUBLE;
    if (!source_read_policies(arena, paths, &sources, &count, &err)) {
        console_error(&err);
        return STATUS_TROUBLE;
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct snapshot *snapshot = policy_compile(sources, count, &diagnostics);
    if (!snapshot && diagnostics.errors == 0) {
        console_say("out of memory while loading the policies");
        return STATUS_TROUBLE;
    }
    if (snapshot) advise(snapshot, now, &diagnostics);
    int status = tell(arena, &diagnostics, snapshot, options->strict);
    snapshot_free(snapshot);
    return status;
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct lint_options options = {.strict = false};
    struct str_list operands;
    int status;
    if (console_read_options(verb, arena, argc, argv, &options, &operands, &status)) {
        if (operands.count > 0) {
            status = console_finish(lint(arena, &operands, &options));
        } else {
            console_say("name policy files or folders of them (see podgate lint --help)");
            status = STATUS_TROUBLE;
        }
    }
    return status;
}

const struct verb verb_lint = {
    .name = "lint",
    .summary = "say what is wrong or unwise in policy files",
    .operands = "PATH...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
