#include "cli/check.h"

#include "cli/check_outputs.h"
#include "cli/check_progress.h"
#include "cli/console.h"
#include "cli/version.h"
#include "desk/judge.h"

struct check_options {
    struct str_list policies, outputs;
    struct str profile, name_space, now_text;
    int64_t now; /* of now_text */
    int fail_on, mode, colour;
    bool allow_empty;
    int64_t document_bytes;
};

enum { FAIL_ON_DENY, FAIL_ON_WARN };
static const char *const fail_on_names[] = {"deny", "warn", NULL};

#define AT(member) offsetof(struct check_options, member)
static const struct option_row rows[] = {
    {.name = "policies",
     .type = OPTION_TEXTS,
     .offset = AT(policies),
     .value_name = "PATH",
     .help = "policy file, folder of them, or builtin:NAME; without it builtin:default"},
    {.name = "profile",
     .type = OPTION_TEXT,
     .offset = AT(profile),
     .value_name = "NAME",
     .fallback = "default",
     .help = "judge as the webhook does at /validate/NAME"},
    {.name = "namespace",
     .letter = 'n',
     .type = OPTION_TEXT,
     .offset = AT(name_space),
     .value_name = "NS",
     .fallback = "default",
     .help = "of manifests that name none"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXTS,
     .offset = AT(outputs),
     .value_name = "FORMAT[=FILE]",
     .fallback = "text",
     .help = "text, json, sarif, junit, github, gitlab or policyreport"},
    {.name = "fail-on",
     .type = OPTION_CHOICE,
     .offset = AT(fail_on),
     .choices = fail_on_names,
     .fallback = "deny",
     .help = "the weakest action that makes the exit status 1"},
    {.name = "mode",
     .type = OPTION_CHOICE,
     .offset = AT(mode),
     .choices = console_mode_names,
     .fallback = "enforce",
     .help = "a ceiling on every action, as the server's"},
    CONSOLE_NOW_ROW(AT(now_text)),
    {.name = "color",
     .type = OPTION_CHOICE,
     .offset = AT(colour),
     .choices = console_colour_names,
     .fallback = "auto",
     .help = "auto: on a terminal, unless NO_COLOR is set"},
    {.name = "allow-empty",
     .type = OPTION_FLAG,
     .offset = AT(allow_empty),
     .help = "exit 0 when there was nothing to read"},
    {.name = "max-document-size",
     .type = OPTION_BYTES,
     .offset = AT(document_bytes),
     .value_name = "SIZE",
     .fallback = "256MiB",
     .min = 1,
     .max = INT64_C(4) << 30,
     .help = "a larger document, or item of a List, is an error"},
};

static const char help[] =
    "Reads YAML and JSON, many documents a file, List objects, and in folders every *.yaml,\n"
    "*.yml and *.json. Objects without a pod spec are skipped. Users, groups and operations,\n"
    "which a manifest cannot tell, count as matching in `match` and as not matching in\n"
    "`exclude`; how many rules that concerned is said at the end.\n"
    "\n"
    "A List of any size is read item by item, so a whole cluster fits through a pipe. Files are\n"
    "written whole or not at all. Objects may suppress rules of policies that allow it with an\n"
    "annotation, podgate.io/ignore: \"RULES; REASON\".\n"
    "\n"
    "examples:\n"
    "  podgate check deploy.yaml\n"
    "  helm template chart | podgate check -n shop -\n"
    "  podgate check --policies policies/ -o text -o sarif=podgate.sarif manifests/\n"
    "  kubectl get deployments,daemonsets,pods -A -o json | podgate check -o policyreport -\n"
    "\n"
    "exit status: 0 nothing is denied; 1 something is; 2 something could not be judged, or\n"
    "nothing was read.";

/* --- judging ---------------------------------------------------------------------------------- */

static int status_of(const struct desk_summary *summary, const struct check_options *options) {
    if (summary->errors) return STATUS_TROUBLE;
    if (summary->objects + summary->skipped == 0 && !options->allow_empty) {
        console_say("nothing was read, so nothing was judged (--allow-empty accepts that)");
        return STATUS_TROUBLE;
    }
    bool fails = summary->denied || (options->fail_on == FAIL_ON_WARN && summary->warned);
    return fails ? STATUS_FOUND : STATUS_FINE;
}

static int judge_with(const struct check_options *options, const struct str_list *operands,
                      const struct snapshot *snapshot, struct check_outputs *outputs) {
    struct check_progress progress;
    struct source source;
    struct judge judge = {.snapshot = snapshot,
                          .profile = outputs->sinks[0].run->profile,
                          .mode = (enum mode)options->mode,
                          .name_space = options->name_space,
                          .now = options->now,
                          .outputs = outputs->sinks,
                          .output_count = outputs->count,
                          .on_event = check_progress_take,
                          .event_context = &progress};
    check_progress_init(&progress);
    judge_init(&judge);
    source_init(&source, operands, (size_t)options->document_bytes);
    judge_source(&judge, &source);
    source_fini(&source);
    judge_fini(&judge);
    return status_of(&judge.summary, options);
}

static int judge_all(struct arena *arena, const struct check_options *options,
                     const struct str_list *operands, const struct snapshot *snapshot) {
    struct desk_run run = {.version = str_from(version_number),
                           .profile = console_find_profile(snapshot, options->profile),
                           .fail_on = options->fail_on == FAIL_ON_WARN ? ACTION_WARN : ACTION_DENY};
    if (!run.profile) return STATUS_TROUBLE;
    struct check_outputs outputs = {.count = 0};
    int status = STATUS_TROUBLE;
    bool is_open = check_outputs_open(&outputs, arena, &options->outputs, &run, options->colour);
    if (is_open) status = judge_with(options, operands, snapshot, &outputs);
    if (!check_outputs_close(&outputs, is_open)) status = STATUS_TROUBLE;
    return console_finish(status);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct check_options options = {.fail_on = FAIL_ON_DENY};
    struct str_list operands;
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file, a folder or - for standard input (see podgate check --help)");
        return STATUS_TROUBLE;
    }
    if (!console_read_now(options.now_text, &options.now)) return STATUS_TROUBLE;
    struct snapshot *snapshot = console_load_policies(arena, &options.policies);
    if (!snapshot) return STATUS_TROUBLE;
    status = judge_all(arena, &options, &operands, snapshot);
    snapshot_free(snapshot);
    return status;
}

const struct verb verb_check = {
    .name = "check",
    .summary = "judge manifests offline: files, folders or standard input",
    .operands = "FILE|DIR|-...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
