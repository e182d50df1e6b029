#include "cli/lint.h"

#include "cli/console.h"
#include "cli/lint_advice.h"
#include "desk/source.h"

struct lint_options {
    bool strict;
};

static const struct option_row rows[] = {
    {.name = "strict",
     .type = OPTION_FLAG,
     .offset = offsetof(struct lint_options, strict),
     .help = "exit 1 when there is advice"},
};

static const char help[] =
    "Reads policy files as the server does and says what is wrong with them, then what is\n"
    "unwise: excludes by labels, which those who are judged set themselves, a denying policy that\n"
    "leaves out Pods, a policy in no profile, a wildcard in an image's domain.\n"
    "\n"
    "example:\n"
    "  podgate lint --strict policies/\n"
    "\n"
    "exit status: 0 no error; 1 advice, with --strict; 2 errors.";

/* What is linted, apart from the built-in policies that every snapshot has. */
static bool is_from(const struct policy *policy, const struct policy_source *sources,
                    size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equals(policy->file, sources[i].name)) return true;
    return false;
}

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

static int tell(struct arena *arena, const struct diagnostics *diagnostics, size_t policies,
                size_t rules, bool is_strict) {
    struct strbuf out;
    strbuf_init(&out, arena, 1024);
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next) {
        diagnostic_format(each, &out);
        strbuf_add_char(&out, '\n');
    }
    if (diagnostics->errors)
        strbuf_printf(&out, "%zu error%s\n", diagnostics->errors, plural(diagnostics->errors));
    else if (diagnostics->advice)
        strbuf_printf(&out, "%zu polic%s, %zu rule%s: no error, advice %zu times\n", policies,
                      policies == 1 ? "y" : "ies", rules, plural(rules), diagnostics->advice);
    else
        strbuf_printf(&out, "%zu polic%s, %zu rule%s: fine\n", policies,
                      policies == 1 ? "y" : "ies", rules, plural(rules));
    console_print(&out);
    if (diagnostics->errors) return STATUS_TROUBLE;
    return diagnostics->advice && is_strict ? STATUS_FOUND : STATUS_FINE;
}

static int lint(struct arena *arena, const struct str_list *paths, bool is_strict) {
    struct policy_source *sources = NULL;
    size_t count = 0, policies = 0, rules = 0;
    struct error err = {.code = ERR_NONE};
    if (!source_read_policies(arena, paths, &sources, &count, &err)) {
        console_error(&err);
        return STATUS_TROUBLE;
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct snapshot *snapshot = policy_compile(sources, count, &diagnostics);
    for (size_t i = 0; snapshot && i < snapshot->policy_count; i++) {
        const struct policy *policy = &snapshot->policies[i];
        if (!is_from(policy, sources, count)) continue;
        policies++;
        rules += policy->rule_count;
        lint_advise(snapshot, policy, &diagnostics);
    }
    int status = tell(arena, &diagnostics, policies, rules, is_strict);
    if (snapshot) {
        snapshot_free(snapshot);
    } else if (diagnostics.errors == 0) {
        console_say("out of memory while loading the policies");
        status = STATUS_TROUBLE;
    }
    return status;
}

static int run(const struct verb *verb, int argc, char **argv) {
    struct arena arena;
    struct lint_options options = {.strict = false};
    struct str_list operands;
    int status;
    arena_init(&arena, (size_t)64 << 10, 0);
    if (console_read_options(verb, &arena, argc, argv, &options, &operands, &status)) {
        if (operands.count > 0) {
            status = console_finish(lint(&arena, &operands, options.strict));
        } else {
            console_say("name policy files or folders of them (see podgate lint --help)");
            status = STATUS_TROUBLE;
        }
    }
    arena_fini(&arena);
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
