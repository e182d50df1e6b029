/* What text and page say alike. */
#include <stdio.h>

#include "base/date.h"
#include "desk/report/view.h"

#define MS_PER_HOUR 3600000
#define NOTES_MAX 24

void view_add_plain(struct strbuf *out, struct str text) {
    struct str rest = str_utf8_cut(text, REPORT_TEXT_BYTES);
    while (rest.len > 0) {
        size_t run = 0;
        while (run < rest.len && rest.at[run] != '"' && rest.at[run] != '\\')
            run++;
        strbuf_add_escaped(out, str_slice(rest, 0, run), rest.len);
        strbuf_add(out, str_slice(rest, run, 1));
        rest = str_slice(rest, run + 1, rest.len);
    }
    if (text.len > REPORT_TEXT_BYTES) strbuf_add(out, STR("..."));
}

struct str view_number(struct arena *arena, uint64_t number) {
    char digits[32], grouped[48];
    size_t len = 0,
           count = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) grouped[len++] = ',';
        grouped[len++] = digits[i];
    }
    return str_copy(arena, (struct str){grouped, len});
}

struct str view_time(struct arena *arena, int64_t unix_ms) {
    char text[32];
    date_format_instant(unix_ms, text);
    text[10] = ' ';
    return str_copy(arena, (struct str){text, 16});
}

struct str view_bar_name(const struct view *view, const struct view_bar *bar) {
    struct str time = view_time(view->arena, bar->hour * MS_PER_HOUR);
    return view->hours_per_bar == 1 ? time : str_slice(time, 0, 10);
}

struct str view_end(const struct view *view, const struct report_exception *exception) {
    if (!exception->ends) return STR("no end");
    int64_t days = exception->expires - view->today;
    if (days < 0)
        return str_format(view->arena, "ended %lld day%s ago", (long long)-days,
                          str_plural((uint64_t)-days));
    return str_format(view->arena, "%lld day%s left", (long long)days, str_plural((uint64_t)days));
}

/* --- notes ----------------------------------------------------------------------------------- */

PRINTF_LIKE(4, 5)
static void add(const struct view *view, struct str_list *notes, uint64_t count, const char *format,
                ...) {
    if (count == 0 || notes->count == NOTES_MAX) return;
    struct strbuf text;
    va_list args;
    strbuf_init(&text, view->arena, 128);
    strbuf_add(&text, view_number(view->arena, count));
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    notes->items[notes->count++] = strbuf_str(&text);
}

static void add_skipped(const struct view *view, struct str_list *notes) {
    const struct report *report = view->report;
    const struct report_skipped *skipped = &report->skipped;
    add(view, notes, report->duplicates, " line%s told what was counted already",
        str_plural(report->duplicates));
    add(view, notes, skipped->foreign,
        " line%s of other programs skipped (podgate logs JSON unless --log-format says text)",
        str_plural(skipped->foreign));
    add(view, notes, skipped->cut, " line%s cut short, skipped", str_plural(skipped->cut));
    add(view, notes, skipped->newer,
        " line%s of a newer podgate skipped: use that podgate's report",
        str_plural(skipped->newer));
    add(view, notes, skipped->too_long, " line%s too long to read, skipped",
        str_plural(skipped->too_long));
    add(view, notes, report->dropped,
        " log line%s lost before they were written, because nobody read the log fast enough",
        str_plural(report->dropped));
}

static void add_left_out(const struct view *view, struct str_list *notes) {
    const struct report *report = view->report;
    const struct report_left_out *left_out = &report->left_out;
    add(view, notes, left_out->owners, " review%s of workloads beyond the first %d not listed",
        str_plural(left_out->owners), REPORT_OWNERS);
    add(view, notes, left_out->pairs,
        " violation%s of workloads and rules beyond %d pairs not listed",
        str_plural(left_out->pairs), REPORT_PAIRS);
    add(view, notes, left_out->rules, " violation%s of rules beyond the first %d not listed",
        str_plural(left_out->rules), REPORT_RULES);
    add(view, notes, left_out->namespaces, " review%s of further namespaces not listed",
        str_plural(left_out->namespaces));
    add(view, notes, left_out->exceptions, " use%s of exceptions beyond the first %d not listed",
        str_plural(left_out->exceptions), REPORT_EXCEPTIONS);
    add(view, notes, left_out->hours + view->before_bars,
        " review%s too old or too far apart for the chart",
        str_plural(left_out->hours + view->before_bars));
}

void view_notes(const struct view *view, struct str_list *notes) {
    const struct report_dump *dump = &view->report->dump;
    *notes = (struct str_list){ARENA_NEW(view->arena, struct str, NOTES_MAX), 0};
    if (!notes->items) return;
    add_skipped(view, notes);
    add(view, notes, view->report->dry_runs, " of the reviews %s only a dry run",
        view->report->dry_runs == 1 ? "was" : "were");
    add(view, notes, view->report->kept,
        " violation%s of updated objects had been there before and do not count",
        str_plural(view->report->kept));
    add(view, notes, dump->begun - dump->ends, " output%s of podgate check not whole",
        str_plural(dump->begun - dump->ends));
    add(view, notes, dump->errors,
        " object%s of podgate check could not be judged, so no namespace is called ready",
        str_plural(dump->errors));
    /* The log's usual level: what is not there must not be taken for what did not happen. */
    uint64_t reviews = view->report->clean == 0 ? view->report->reviews : 0;
    add(view, notes, reviews,
        " review%s in this log, but no count of those that break nothing and need no exception: "
        "podgate writes it every minute (\"clean\", at --log-level info)",
        str_plural(reviews));
    add_left_out(view, notes);
}
