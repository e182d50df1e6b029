#include "cli/check.h"

#include "cli/check_progress.h"
#include "cli/output.h"
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
    CONSOLE_POLICIES_ROW(AT(policies)),
    CONSOLE_PROFILE_ROW(AT(profile)),
    {.name = "namespace",
     .letter = 'n',
     .type = OPTION_TEXT,
     .offset = AT(name_space),
     .value_name = "NS",
     .fallback = "default",
     .help = "of manifests that name none"},
    OUTPUT_ROW(AT(outputs), "text, json, sarif, junit, github, gitlab or policyreport"),
    {.name = "fail-on",
     .type = OPTION_CHOICE,
     .offset = AT(fail_on),
     .choices = fail_on_names,
     .fallback = "deny",
     .help = "the weakest action that makes the exit status 1"},
    CONSOLE_MODE_ROW(AT(mode)),
    CONSOLE_NOW_ROW(AT(now_text)),
    CONSOLE_COLOUR_ROW(AT(colour)),
    CONSOLE_ALLOW_EMPTY_ROW(AT(allow_empty)),
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
    "  kubectl get deployments,daemonsets,pods -A -o json | podgate check -o json=dump.json -\n"
    "\n"
    "exit status: 0 nothing is denied; 1 something is; 2 something could not be judged, or\n"
    "nothing was read.";

/* --- outputs ----------------------------------------------------------------------------------- */

/* One for each output, in their order; behind them standard error's, for what must always be seen. */
struct check_sinks {
    struct format_sink items[OUTPUT_MAX + 1];
    size_t count;
};

static bool open_outputs(struct outputs *outputs, struct arena *arena,
                         const struct check_options *options) {
    const char **names = ARENA_NEW(arena, const char *, format_count + 1);
    if (!names) {
        console_say("out of memory");
        return false;
    }
    for (size_t i = 0; i < format_count; i++)
        names[i] = formats[i]->name;
    return outputs_open(outputs, arena, &options->outputs, names,
                        (enum console_colour)options->colour);
}

static void sinks_init(struct check_sinks *sinks, const struct outputs *outputs,
                       const struct desk_run *run, const struct check_options *options) {
    bool tells_text = false;
    for (size_t i = 0; i < outputs->count; i++) {
        const struct output *output = &outputs->items[i];
        const struct format *format = formats[output->format];
        format_sink_init(&sinks->items[sinks->count++], format, run, output->stream,
                         output->has_colour);
        if (output->stream == stdout && format == &format_text) tells_text = true;
    }
    if (!tells_text)
        format_sink_init(&sinks->items[sinks->count++], &format_errors, run, stderr,
                         console_has_colour((enum console_colour)options->colour, stderr));
}

static void sinks_fini(struct check_sinks *sinks, struct outputs *outputs) {
    for (size_t i = 0; i < sinks->count; i++) {
        if (i < outputs->count) outputs->items[i].has_failed = !format_is_whole(&sinks->items[i]);
        format_sink_fini(&sinks->items[i]);
    }
}

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
                      const struct snapshot *snapshot, struct check_sinks *sinks) {
    struct check_progress progress;
    struct source source;
    struct judge judge = {.snapshot = snapshot,
                          .profile = sinks->items[0].run->profile,
                          .mode = (enum mode)options->mode,
                          .name_space = options->name_space,
                          .now = options->now,
                          .outputs = sinks->items,
                          .output_count = sinks->count,
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
    struct outputs outputs = {.count = 0};
    struct check_sinks sinks = {.count = 0};
    int status = STATUS_TROUBLE;
    bool is_open = open_outputs(&outputs, arena, options);
    if (is_open) {
        sinks_init(&sinks, &outputs, &run, options);
        status = judge_with(options, operands, snapshot, &sinks);
        sinks_fini(&sinks, &outputs);
    }
    if (!outputs_close(&outputs, is_open)) status = STATUS_TROUBLE;
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
