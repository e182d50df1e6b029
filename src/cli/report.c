#include "cli/report.h"

#include "cli/output.h"
#include "desk/report.h"
#include "edge/log.h"

_Static_assert(REPORT_LOG_VERSION == LOG_VERSION, "the report reads this podgate's log");

struct report_verb_options {
    struct str_list outputs, policies;
    struct str since, now_text;
    int colour;
    bool allow_empty;
};

#define AT(member) offsetof(struct report_verb_options, member)
static const struct option_row rows[] = {
    OUTPUT_ROW(AT(outputs), "text, html or json"),
    {.name = "since-report",
     .type = OPTION_TEXT,
     .offset = AT(since),
     .value_name = "FILE",
     .help = "an earlier report (html or json): say what changed since"},
    {.name = "policies",
     .type = OPTION_TEXTS,
     .offset = AT(policies),
     .value_name = "PATH",
     .help = "the policies in force: names exceptions that were never used"},
    CONSOLE_NOW_ROW(AT(now_text)),
    CONSOLE_COLOUR_ROW(AT(colour)),
    CONSOLE_ALLOW_EMPTY_ROW(AT(allow_empty)),
};

static const char help[] =
    "Reads podgate's log lines (JSON), of one or of many replicas, and says which rules would\n"
    "break whose workloads, with the mend: as text, or as one page of HTML that needs no network.\n"
    "Reads what `podgate check -o json` wrote as well: only with the whole cluster judged may a\n"
    "namespace be called ready to enforce. In folders every *.json, *.jsonl, *.ndjson and *.log is\n"
    "read. Other programs' lines between are skipped and counted; a review that two files tell\n"
    "counts once.\n"
    "\n"
    "examples:\n"
    "  kubectl logs -n podgate -l app.kubernetes.io/name=podgate --tail=-1 | podgate report -\n"
    "  podgate report -o html=monday.html --policies policies/ logs/\n"
    "  podgate report --since-report monday.html -o html=tuesday.html logs/\n"
    "  kubectl get deployments,daemonsets,statefulsets,cronjobs -A -o json |\n"
    "    podgate check -o json - | podgate report -\n"
    "\n"
    "exit status: 0 a report was written; 2 something could not be read or written, or there was\n"
    "nothing of podgate's in it.";

enum { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON };
static const char *const format_names[] = {
    [FORMAT_TEXT] = "text", [FORMAT_HTML] = "html", [FORMAT_JSON] = "json", NULL};

/* --- writing --------------------------------------------------------------------------------- */

static void write_output(const struct report *report, int64_t now, struct output *output) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, (size_t)1 << 20, 0);
    strbuf_init(&text, &arena, (size_t)1 << 16);
    if (output->format == FORMAT_TEXT)
        report_write_text(report, now, output->has_colour, &text);
    else if (output->format == FORMAT_HTML)
        report_write_html(report, now, &text);
    else
        report_write_json(report, now, &text);
    output_write(output, &text);
    arena_fini(&arena);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool declare_exceptions(struct arena *arena, struct report *report,
                               const struct str_list *policies) {
    if (policies->count == 0) return true;
    struct snapshot *snapshot = console_load_policies(arena, policies);
    if (!snapshot) return false;
    for (size_t i = 0; i < snapshot->exception_count; i++)
        report_declare_exception(report, snapshot->exceptions[i].name,
                                 snapshot->exceptions[i].owner, snapshot->exceptions[i].expires);
    snapshot_free(snapshot);
    report->knows_policies = true;
    return true;
}

static bool read_all(struct report *report, const struct str_list *files) {
    bool is_fine = true;
    for (size_t i = 0; i < files->count; i++) {
        struct error err = {.code = ERR_NONE};
        if (report_read(report, files->items[i], &err)) continue;
        console_error(&err);
        is_fine = false;
    }
    return is_fine;
}

static bool is_empty(const struct report *report) {
    return report->reviews == 0 && report->dump.begun == 0;
}

static void tell_empty(const struct report *report) {
    if (report->lines == 0)
        console_say("nothing was read (--allow-empty accepts that)");
    else if (report->skipped.newer > 0)
        console_say("this is of a newer podgate (%llu line%s): use that podgate's report",
                    (unsigned long long)report->skipped.newer, str_plural(report->skipped.newer));
    else
        console_say("no line is a review in podgate's log (JSON lines, not --log-format text) or "
                    "what podgate check -o json wrote (--allow-empty accepts that)");
}

/* False: no report is worth writing. */
static bool gather(struct arena *arena, struct report *report,
                   const struct report_verb_options *options, const struct str_list *files,
                   bool *is_fine) {
    struct error err = {.code = ERR_NONE};
    if (!declare_exceptions(arena, report, &options->policies)) return false;
    if (!str_is_empty(options->since) && !report_read_previous(report, options->since, &err)) {
        console_error(&err);
        return false;
    }
    *is_fine = read_all(report, files);
    if (!is_empty(report) || options->allow_empty) return true;
    if (*is_fine || report->lines > 0) tell_empty(report);
    return false;
}

static int report_all(struct arena *arena, struct report *report,
                      const struct report_verb_options *options, const struct str_list *files) {
    int64_t now;
    struct outputs outputs = {.count = 0};
    bool is_fine = true;
    bool is_ready = console_read_now(options->now_text, &now) &&
                    outputs_open(&outputs, arena, &options->outputs, format_names,
                                 (enum console_colour)options->colour) &&
                    gather(arena, report, options, files, &is_fine);
    for (size_t i = 0; is_ready && i < outputs.count; i++)
        write_output(report, now, &outputs.items[i]);
    is_fine = outputs_close(&outputs, is_ready) && is_ready && is_fine;
    return console_finish(is_fine ? STATUS_FINE : STATUS_TROUBLE);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct report_verb_options options = {.colour = COLOUR_AUTO};
    struct str_list operands;
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file, a folder or - for standard input (see podgate report --help)");
        return STATUS_TROUBLE;
    }
    struct report report;
    report_init(&report);
    status = report_all(arena, &report, &options, &operands);
    report_fini(&report);
    return status;
}

const struct verb verb_report = {
    .name = "report",
    .summary = "what would break, from podgate's log: text, or one page",
    .operands = "FILE|DIR|-...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
