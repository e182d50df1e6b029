#include "cli/check.h"

#include <errno.h>

#include "cli/console.h"
#include "desk/judge.h"

#define OUTPUT_MAX 8

struct check_options {
    struct str_list policies, outputs;
    struct str profile, name_space, now_text;
    int64_t now; /* of now_text */
    int fail_on, mode, colour;
    bool allow_empty;
    int64_t file_bytes;
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
     .help = "text or json, to standard output or to a file"},
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
    {.name = "max-file-size",
     .type = OPTION_BYTES,
     .offset = AT(file_bytes),
     .value_name = "SIZE",
     .fallback = "256MiB",
     .min = 1,
     .max = INT64_C(4) << 30,
     .help = "a larger file is an error"},
};

static const char help[] =
    "Reads YAML and JSON, many documents a file, List objects, and in folders every *.yaml,\n"
    "*.yml and *.json. Objects without a pod spec are skipped. Users, groups and operations,\n"
    "which a manifest cannot tell, count as matching in `match` and as not matching in\n"
    "`exclude`; how many rules that concerned is said at the end.\n"
    "\n"
    "examples:\n"
    "  podgate check deploy.yaml\n"
    "  helm template chart | podgate check -n shop -\n"
    "  podgate check --policies policies/ -o text -o json=report.json manifests/\n"
    "\n"
    "exit status: 0 nothing is denied; 1 something is; 2 something could not be judged, or\n"
    "nothing was read.";

/* --- outputs ---------------------------------------------------------------------------------- */

struct outputs {
    struct format_sink sinks[OUTPUT_MAX + 1];
    const char *files[OUTPUT_MAX + 1]; /* NULL: a standard stream */
    size_t count;
    bool stdout_is_taken, tells_text;
};

static void add_output(struct outputs *outputs, const struct format *format, FILE *stream,
                       const char *file, int colour) {
    bool is_colourful = !file && console_has_colour((enum console_colour)colour, stream);
    format_sink_init(&outputs->sinks[outputs->count], format, stream, is_colourful);
    outputs->files[outputs->count++] = file;
}

static bool open_output(struct outputs *outputs, struct arena *arena, struct str wish, int colour) {
    size_t equals = str_find_char(wish, '=');
    struct str name = str_slice(wish, 0, equals), path = str_slice(wish, equals + 1, wish.len);
    const struct format *format = format_find(name);
    if (!format) {
        console_say("--output: \"%.*s\" is not text or json", STR_ARGS(name));
        return false;
    }
    if (outputs->count == OUTPUT_MAX) {
        console_say("--output: more than %d outputs", OUTPUT_MAX);
        return false;
    }
    if (str_is_empty(path) || str_equals(path, STR("-"))) {
        if (outputs->stdout_is_taken) {
            console_say("--output: only one format can go to standard output (%.*s=FILE)",
                        STR_ARGS(name));
            return false;
        }
        outputs->stdout_is_taken = true;
        outputs->tells_text = format == &format_text;
        add_output(outputs, format, stdout, NULL, colour);
        return true;
    }
    const char *file = str_copy(arena, path).at;
    FILE *stream = file ? fopen(file, "we") : NULL;
    if (!stream) {
        console_say("%.*s: cannot be written: %s", STR_ARGS(path), strerror(errno));
        return false;
    }
    add_output(outputs, format, stream, file, colour);
    return true;
}

/* False when a file could not be written whole. */
static bool close_outputs(struct outputs *outputs) {
    bool fine = true;
    for (size_t i = 0; i < outputs->count; i++) {
        format_sink_fini(&outputs->sinks[i]);
        if (!outputs->files[i]) continue;
        bool failed = ferror(outputs->sinks[i].stream) != 0;
        if (fclose(outputs->sinks[i].stream) == 0 && !failed) continue;
        console_say("%s: could not be written whole", outputs->files[i]);
        fine = false;
    }
    return fine;
}

static bool open_outputs(struct outputs *outputs, struct arena *arena,
                         const struct check_options *options) {
    for (size_t i = 0; i < options->outputs.count; i++)
        if (!open_output(outputs, arena, options->outputs.items[i], options->colour)) return false;
    /* What could not be judged is always seen. */
    if (!outputs->tells_text) add_output(outputs, &format_errors, stderr, NULL, options->colour);
    return true;
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

static int judge_all(struct arena *arena, const struct check_options *options,
                     const struct str_list *operands, const struct snapshot *snapshot) {
    const struct profile *profile = console_find_profile(snapshot, options->profile);
    if (!profile) return STATUS_TROUBLE;
    struct outputs outputs = {.count = 0};
    int status = STATUS_TROUBLE;
    if (open_outputs(&outputs, arena, options)) {
        struct judge judge = {.snapshot = snapshot,
                              .profile = profile,
                              .mode = (enum mode)options->mode,
                              .name_space = options->name_space,
                              .now = options->now,
                              .outputs = outputs.sinks,
                              .output_count = outputs.count};
        struct source source;
        judge_init(&judge);
        source_init(&source, operands, (size_t)options->file_bytes);
        judge_source(&judge, &source);
        status = status_of(&judge.summary, options);
        source_fini(&source);
        judge_fini(&judge);
    }
    if (!close_outputs(&outputs)) status = STATUS_TROUBLE;
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
