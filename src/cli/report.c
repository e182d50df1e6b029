#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/console.h"
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
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXTS,
     .offset = AT(outputs),
     .value_name = "FORMAT[=FILE]",
     .fallback = "text",
     .help = "text, html or json"},
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
};

static const char help[] =
    "Reads podgate's log lines (JSON), of one or of many replicas, and says which rules would\n"
    "break whose workloads, with the mend: as text, or as one page of HTML that needs no network.\n"
    "Reads what `podgate check -o json` wrote as well: only with the whole cluster judged may a\n"
    "namespace be called ready to enforce. Other programs' lines between are skipped and counted;\n"
    "a review that two files tell counts once.\n"
    "\n"
    "examples:\n"
    "  kubectl logs -n podgate -l app.kubernetes.io/name=podgate --tail=-1 | podgate report -\n"
    "  podgate report -o html=monday.html --policies policies/ logs/*.log\n"
    "  podgate report --since-report monday.html -o html=tuesday.html logs/*.log\n"
    "  kubectl get deployments,daemonsets,statefulsets,cronjobs -A -o json |\n"
    "    podgate check -o json - | podgate report -\n"
    "\n"
    "exit status: 0 a report was written; 2 something could not be read or written, or there was\n"
    "nothing of podgate's in it.";

enum report_format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON, FORMAT_COUNT };
static const char *const format_names[FORMAT_COUNT] = {"text", "html", "json"};

/* --- writing --------------------------------------------------------------------------------- */

static bool cannot_write(const char *path, int why) {
    console_say("%s: cannot be written: %s", path, strerror(why));
    return false;
}

static bool write_stream(FILE *stream, const struct strbuf *text) {
    bool is_written = text->len == 0 || fwrite(text->at, 1, text->len, stream) == text->len;
    return fclose(stream) == 0 && is_written;
}

/* Beside its name first: whoever has the page open never sees half of one. */
static bool replace_file(struct arena *arena, const char *path, const struct strbuf *text) {
    struct str name = str_format(arena, "%s.XXXXXX", path);
    char *temporary = name.at ? ARENA_NEW(arena, char, name.len + 1) : NULL;
    if (!temporary) return cannot_write(path, ENOMEM);
    memcpy(temporary, name.at, name.len);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) return cannot_write(path, errno);
    mode_t mask = umask(0);
    umask(mask);
    FILE *stream = fchmod(fd, 0666 & ~mask) == 0 ? fdopen(fd, "w") : NULL;
    int why = errno;
    if (!stream) close(fd);
    bool is_whole = stream && write_stream(stream, text);
    if (stream) why = errno;
    if (is_whole && rename(temporary, path) == 0) return true;
    if (is_whole) why = errno;
    unlink(temporary);
    return cannot_write(path, why);
}

static bool write_file(struct arena *arena, struct str path, const struct strbuf *text) {
    struct stat status;
    const char *name = str_copy(arena, path).at;
    if (!name) return cannot_write("a report", ENOMEM);
    if (lstat(name, &status) != 0 || S_ISREG(status.st_mode))
        return replace_file(arena, name, text);
    FILE *stream = fopen(name, "we");
    if (!stream) return cannot_write(name, errno);
    return write_stream(stream, text) || cannot_write(name, errno);
}

static bool write_output(const struct report *report, int64_t now, enum report_format format,
                         struct str path, int colour) {
    struct arena arena;
    struct strbuf text;
    bool is_stdout = str_is_empty(path) || str_equals(path, STR("-"));
    bool is_colourful = is_stdout && console_has_colour((enum console_colour)colour, stdout);
    arena_init(&arena, (size_t)1 << 20, 0);
    strbuf_init(&text, &arena, (size_t)1 << 16);
    if (format == FORMAT_TEXT)
        report_write_text(report, now, is_colourful, &text);
    else if (format == FORMAT_HTML)
        report_write_html(report, now, &text);
    else
        report_write_json(report, now, &text);
    bool is_whole = !arena_is_exhausted(&arena);
    if (!is_whole)
        console_say("out of memory while writing the report");
    else if (is_stdout)
        console_print(&text);
    else
        is_whole = write_file(&arena, path, &text);
    arena_fini(&arena);
    return is_whole;
}

/* --- options --------------------------------------------------------------------------------- */

static bool find_format(struct str name, enum report_format *format) {
    struct str names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = str_from(format_names[i]);
        *format = (enum report_format)i;
        if (str_equals(name, names[i])) return true;
    }
    struct str near = str_nearest(name, names, FORMAT_COUNT);
    if (near.len)
        console_say("--output: there is no format \"%.*s\" (did you mean %.*s?)", STR_ARGS(name),
                    STR_ARGS(near));
    else
        console_say("--output: there is no format \"%.*s\": write text, html or json",
                    STR_ARGS(name));
    return false;
}

/* Before anything is read, because that may take long. */
static bool are_outputs_fine(const struct str_list *outputs) {
    bool stdout_is_taken = false;
    for (size_t i = 0; i < outputs->count; i++) {
        struct str wish = outputs->items[i];
        size_t equals = str_find_char(wish, '=');
        struct str path = str_slice(wish, equals + 1, wish.len);
        enum report_format format;
        if (!find_format(str_slice(wish, 0, equals), &format)) return false;
        bool is_stdout = str_is_empty(path) || str_equals(path, STR("-"));
        if (is_stdout && stdout_is_taken) {
            console_say("--output: only one format can go to standard output (%s=FILE)",
                        format_names[format]);
            return false;
        }
        stdout_is_taken = stdout_is_taken || is_stdout;
    }
    return true;
}

static bool write_all(const struct report *report, int64_t now,
                      const struct report_verb_options *options) {
    bool is_fine = true;
    for (size_t i = 0; i < options->outputs.count; i++) {
        struct str wish = options->outputs.items[i];
        size_t equals = str_find_char(wish, '=');
        enum report_format format;
        is_fine = find_format(str_slice(wish, 0, equals), &format) &&
                  write_output(report, now, format, str_slice(wish, equals + 1, wish.len),
                               options->colour) &&
                  is_fine;
    }
    return is_fine;
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

static int report_all(struct arena *arena, struct report *report,
                      const struct report_verb_options *options, const struct str_list *files) {
    int64_t now;
    if (!console_read_now(options->now_text, &now) || !are_outputs_fine(&options->outputs) ||
        !declare_exceptions(arena, report, &options->policies))
        return STATUS_TROUBLE;
    struct error err = {.code = ERR_NONE};
    if (!str_is_empty(options->since) && !report_read_previous(report, options->since, &err)) {
        console_error(&err);
        return STATUS_TROUBLE;
    }
    bool is_fine = read_all(report, files);
    if (is_empty(report) && !options->allow_empty) {
        if (is_fine || report->lines > 0) tell_empty(report);
        return STATUS_TROUBLE;
    }
    is_fine = write_all(report, now, options) && is_fine;
    return console_finish(is_fine ? STATUS_FINE : STATUS_TROUBLE);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct report_verb_options options = {.colour = COLOUR_AUTO};
    struct str_list operands;
    int status;
    if (!console_read_options(verb, arena, argc, argv, &options, &operands, &status)) return status;
    if (operands.count == 0) {
        console_say("name a file, or - for standard input (see podgate report --help)");
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
    .operands = "FILE|-...",
    .help = help,
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
