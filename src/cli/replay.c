#include "cli/replay.h"

#include "base/glob.h"
#include "cli/output.h"
#include "desk/replay.h"

struct replay_options {
    struct str_list policies, against, exempt_namespaces, routes, outputs;
    struct str profile, now_text;
    int mode;
    bool allow_empty, prints;
    int64_t record_bytes;
};

enum { FORMAT_TEXT, FORMAT_JSON };
static const char *const format_names[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", NULL};

#define AT(member) offsetof(struct replay_options, member)
static const struct option_row rows[] = {
    {.name = "policies",
     .type = OPTION_TEXTS,
     .offset = AT(policies),
     .value_name = "PATH",
     .help = "the candidates: policy file, folder, or builtin:NAME; without it builtin:default"},
    {.name = "against",
     .type = OPTION_TEXTS,
     .offset = AT(against),
     .value_name = "PATH",
     .help = "the policies of today, to compare with; without it what was recorded"},
    {.name = "profile",
     .type = OPTION_TEXT,
     .offset = AT(profile),
     .value_name = "NAME",
     .help = "judge as the webhook does at /validate/NAME; without it by the profile that the "
             "record names, else the default one"},
    {.name = "namespace-profile",
     .type = OPTION_TEXTS,
     .offset = AT(routes),
     .value_name = "NS=NAME",
     .help = "another profile for a namespace; NS may be a glob, the first that matches counts"},
    CONSOLE_MODE_ROW(AT(mode)),
    CONSOLE_NOW_ROW(AT(now_text)),
    CONSOLE_EXEMPT_ROW(AT(exempt_namespaces)),
    OUTPUT_ROW(AT(outputs), "text or json"),
    {.name = "allow-empty",
     .type = OPTION_FLAG,
     .offset = AT(allow_empty),
     .help = "exit 0 when there was nothing to judge"},
    {.name = "print",
     .type = OPTION_FLAG,
     .offset = AT(prints),
     .help = "judge nothing, write the records to standard output: to get them out of a container"},
    {.name = "max-record",
     .type = OPTION_BYTES,
     .offset = AT(record_bytes),
     .value_name = "SIZE",
     .fallback = "8MiB",
     .min = 1024,
     .max = INT64_C(1) << 30,
     .help = "a longer line, or review, is passed over and counted"},
};

static const char help[] =
    "Reads AdmissionReviews, or an API server's audit log of level RequestResponse, judges by the\n"
    "candidate policies what was asked then, and says what they would newly deny or allow: by\n"
    "owner, rule and namespace, worst first. In folders every *.json, *.jsonl, *.ndjson and *.log\n"
    "is read. What cannot be replayed is counted, with the reason. An audit log does not have the\n"
    "object before an update, so updates are judged whole; what podgate serve --record wrote has it.\n"
    "\n"
    "examples:\n"
    "  podgate replay --policies candidate/ /var/log/kubernetes/audit.log\n"
    "  podgate replay --policies candidate/ --against policies/ reviews.jsonl\n"
    "  kubectl exec POD -- podgate replay --print /record > reviews.jsonl\n"
    "  zcat audit-*.log.gz | podgate replay --policies candidate/ -o json -\n"
    "\n"
    "exit status: 0 nothing is newly denied; 1 something is; 2 something could not be read, or\n"
    "nothing was judged.";

/* --- set up ----------------------------------------------------------------------------------- */

static bool read_route(struct str text, struct replay_route *route) {
    struct error err = {.code = ERR_NONE};
    size_t sign = str_find_char(text, '=');
    *route = (struct replay_route){str_slice(text, 0, sign), str_slice(text, sign + 1, text.len)};
    if (sign == text.len || route->name_space.len == 0 || route->profile.len == 0)
        error_set(&err, ERR_USAGE, "must be NAMESPACE=PROFILE");
    else if (glob_check(route->name_space, &err))
        return true;
    error_context(&err, "--namespace-profile");
    console_error(&err);
    return false;
}

static bool has_profiles(const struct replay *replay, const struct snapshot *snapshot) {
    bool has_all =
        str_is_empty(replay->profile) || console_find_profile(snapshot, replay->profile) != NULL;
    for (size_t i = 0; has_all && i < replay->route_count; i++)
        has_all = console_find_profile(snapshot, replay->routes[i].profile) != NULL;
    return has_all;
}

static bool set_up(struct replay *replay, struct arena *arena,
                   const struct replay_options *options) {
    struct replay_route *routes = ARENA_NEW(arena, struct replay_route, options->routes.count);
    if (!routes) {
        console_say("out of memory");
        return false;
    }
    for (size_t i = 0; i < options->routes.count; i++)
        if (!read_route(options->routes.items[i], &routes[i])) return false;
    replay->routes = routes;
    replay->route_count = options->routes.count;
    return has_profiles(replay, replay->candidate) &&
           (!replay->current || has_profiles(replay, replay->current));
}

/* --- the work --------------------------------------------------------------------------------- */

static bool take_all(struct replay *replay, struct replay_reader *reader) {
    struct replay_record record;
    struct error err = {.code = ERR_NONE};
    enum replay_next next;
    bool is_whole = true;
    while ((next = replay_reader_next(reader, &record, &err)) != REPLAY_END) {
        if (next == REPLAY_RECORD) {
            replay_take(replay, &record);
            continue;
        }
        console_error(&err);
        is_whole = false;
    }
    return is_whole;
}

static int status_of(const struct replay *replay, const struct replay_options *options,
                     bool is_whole) {
    if (replay->failures > 0) console_say("not all could be judged: out of memory, or a bug");
    if (replay->failures > 0 || !is_whole) return STATUS_TROUBLE;
    if (replay->counts[REPLAY_JUDGED] == 0 && !options->allow_empty) {
        console_say("nothing was judged (--allow-empty accepts that)");
        return STATUS_TROUBLE;
    }
    return replay->newly_denied.reviews > 0 ? STATUS_FOUND : STATUS_FINE;
}

static void write_result(const struct replay *replay, struct output *output) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, (size_t)64 << 10, 0);
    strbuf_init(&text, &arena, (size_t)16 << 10);
    if (output->format == FORMAT_JSON)
        replay_write_json(&text, replay);
    else
        replay_write_text(&text, replay);
    output_write(output, &text);
    arena_fini(&arena);
}

static int replay_all(struct arena *arena, const struct replay_options *options,
                      const struct str_list *operands, struct replay *replay,
                      struct outputs *outputs) {
    struct replay_reader *reader =
        replay_reader_new(arena, operands, (size_t)options->record_bytes);
    if (!reader) {
        console_say("out of memory");
        return STATUS_TROUBLE;
    }
    replay_init(replay);
    bool is_whole = take_all(replay, reader);
    replay_sort(replay);
    for (size_t i = 0; i < outputs->count; i++)
        write_result(replay, &outputs->items[i]);
    int status = status_of(replay, options, is_whole);
    replay_fini(replay);
    replay_reader_free(reader);
    return status;
}

static int replay_with(struct arena *arena, const struct replay_options *options,
                       const struct str_list *operands, int64_t now,
                       const struct snapshot *candidate, const struct snapshot *current) {
    struct replay replay = {.candidate = candidate,
                            .current = current,
                            .profile = options->profile,
                            .now = now,
                            .admission = {.limits = scan_limits_default,
                                          .mode = (enum mode)options->mode,
                                          .exempt_namespaces = options->exempt_namespaces}};
    struct outputs outputs = {.count = 0};
    int status = STATUS_TROUBLE;
    bool is_open = set_up(&replay, arena, options) &&
                   outputs_open(&outputs, arena, &options->outputs, format_names, COLOUR_NEVER);
    if (is_open) status = replay_all(arena, options, operands, &replay, &outputs);
    return outputs_close(&outputs, is_open) ? status : STATUS_TROUBLE;
}

/* --- printing --------------------------------------------------------------------------------- */

/* One a line; a record that is cut off or foreign costs no other. */
static int print_all(struct arena *arena, const struct replay_options *options,
                     const struct str_list *operands) {
    struct replay_reader *reader =
        replay_reader_new(arena, operands, (size_t)options->record_bytes);
    struct replay_record record;
    struct error err = {.code = ERR_NONE};
    enum replay_next next;
    uint64_t left_out = 0;
    int status = reader ? STATUS_FINE : STATUS_TROUBLE;
    if (!reader) console_say("out of memory");
    while (reader && (next = replay_reader_next(reader, &record, &err)) != REPLAY_END) {
        if (next == REPLAY_ERROR) {
            console_error(&err);
            status = STATUS_TROUBLE;
        } else if (record.reason == REPLAY_JUDGED) {
            fwrite(record.text.at, 1, record.text.len, stdout);
            putchar('\n');
        } else {
            left_out++;
        }
    }
    if (left_out > 0)
        console_say("%llu record%s cut off or too long, and left out", (unsigned long long)left_out,
                    left_out == 1 ? " is" : "s are");
    if (reader) replay_reader_free(reader);
    return status;
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct replay_options options = {.mode = MODE_ENFORCE};
    struct str_list operands;
    int status;
    int64_t now;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file, a folder or - for standard input (see podgate replay --help)");
        return STATUS_TROUBLE;
    }
    if (!console_read_now(options.now_text, &now)) return STATUS_TROUBLE;
    if (options.prints) return console_finish(print_all(arena, &options, &operands));
    bool compares = options.against.count > 0;
    struct snapshot *candidate = console_load_policies(arena, &options.policies);
    struct snapshot *current =
        candidate && compares ? console_load_policies(arena, &options.against) : NULL;
    status = STATUS_TROUBLE;
    if (candidate && (current || !compares))
        status = replay_with(arena, &options, &operands, now, candidate, current);
    if (candidate) snapshot_free(candidate);
    if (current) snapshot_free(current);
    return console_finish(status);
}

const struct verb verb_replay = {
    .name = "replay",
    .summary = "judge an audit log, or recorded reviews, by candidate policies",
    .operands = "FILE|DIR|-...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
