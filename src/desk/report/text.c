/* The report for a terminal: 100 columns, what needs work first. */
#include "desk/report/view.h"

#define BAR_COLUMNS 40
#define RULES_SHOWN 15
#define NAMESPACES_SHOWN 15
#define OWNERS_SHOWN 10
#define RULES_OF_OWNER 5
#define EXCEPTIONS_SHOWN 15
#define CHANGES_SHOWN 10
#define BARS_SHOWN 31

struct text {
    const struct view *view;
    struct strbuf *out;
    bool colour;
};

static void heading(const struct text *text, const char *title) {
    strbuf_printf(text->out, text->colour ? "\n\x1b[1m%s\x1b[0m\n" : "\n%s\n", title);
}

static void escaped(const struct text *text, struct str value) { view_add_plain(text->out, value); }

static struct str number(const struct text *text, uint64_t value) {
    return view_number(text->view->arena, value);
}

static void more(const struct text *text, size_t count, size_t shown, const char *what) {
    if (count <= shown) return;
    strbuf_printf(text->out, "  and %.*s more %s%s\n", STR_ARGS(number(text, count - shown)), what,
                  str_plural(count - shown));
}

static void bar(const struct text *text, uint64_t value, uint64_t most) {
    if (value == 0 || most == 0) return;
    /* In parts, because the product may be too large. */
    size_t columns = (size_t)((double)value / (double)most * BAR_COLUMNS + 0.5);
    strbuf_add(text->out, STR("  "));
    for (size_t i = 0; i < (columns ? columns : 1); i++)
        strbuf_add_char(text->out, '#');
}

/* --- sections -------------------------------------------------------------------------------- */

static void title(const struct text *text) {
    const struct report *report = text->view->report;
    const struct report_dump *dump = &report->dump;
    struct arena *arena = text->view->arena;
    strbuf_add(text->out, STR("podgate report:"));
    if (dump->ends > 0)
        strbuf_printf(text->out, " %.*s object%s of podgate check",
                      STR_ARGS(number(text, dump->objects)), str_plural(dump->objects));
    else if (dump->begun > 0)
        strbuf_add(text->out, STR(" the beginning of what podgate check found"));
    if (dump->begun > 0 && report->reviews > 0) strbuf_add(text->out, STR(" and"));
    if (dump->begun == 0 || report->reviews > 0)
        strbuf_printf(text->out, " %.*s review%s in the log",
                      STR_ARGS(number(text, report->reviews)), str_plural(report->reviews));
    if (report->first_ms > 0)
        strbuf_printf(text->out, ", %.*s to %.*s UTC", STR_ARGS(view_time(arena, report->first_ms)),
                      STR_ARGS(view_time(arena, report->last_ms)));
    strbuf_printf(text->out, "\n%.*s workload%s in %.*s namespace%s break%s a rule",
                  STR_ARGS(number(text, report->owners.count)), str_plural(report->owners.count),
                  STR_ARGS(number(text, text->view->broken_namespaces)),
                  str_plural(text->view->broken_namespaces), report->owners.count == 1 ? "s" : "");
    strbuf_printf(text->out, "; %.*s would be denied in mode enforce\n",
                  STR_ARGS(number(text, text->view->denied_workloads)));
    struct str_list notes;
    view_notes(text->view, &notes);
    for (size_t i = 0; i < notes.count; i++)
        STRBUF_ADD(text->out, STR("  note: "), notes.items[i], STR("\n"));
}

static void decisions(const struct text *text) {
    const struct report *report = text->view->report;
    uint64_t most = 0;
    if (report->reviews == 0) return;
    heading(text, "Decisions");
    for (size_t i = 0; i < REPORT_DECISIONS; i++)
        if (report->decisions[i] > most) most = report->decisions[i];
    for (size_t i = 0; i < REPORT_DECISIONS; i++) {
        if (report->decisions[i] == 0) continue;
        strbuf_printf(text->out, "  %-12s %9.*s", report_decision_names[i].at,
                      STR_ARGS(number(text, report->decisions[i])));
        bar(text, report->decisions[i], most);
        strbuf_add_char(text->out, '\n');
    }
}

static void over_time(const struct text *text) {
    const struct view *view = text->view;
    size_t first = view->bar_count > BARS_SHOWN ? view->bar_count - BARS_SHOWN : 0;
    if (view->bar_count < 2) return;
    heading(text, view->hours_per_bar == 1    ? "Reviews by hour (UTC)"
                  : view->hours_per_bar == 24 ? "Reviews by day (UTC)"
                                              : "Reviews by week (UTC)");
    if (first > 0) strbuf_printf(text->out, "  (%zu earlier ones are on the page)\n", first);
    for (size_t i = first; i < view->bar_count; i++) {
        const struct view_bar *each = &view->bars[i];
        strbuf_printf(text->out, "  %.*s %9.*s", STR_ARGS(view_bar_name(view, each)),
                      STR_ARGS(number(text, each->total)));
        bar(text, each->total, view->most);
        strbuf_add_char(text->out, '\n');
    }
}

static void rules(const struct text *text) {
    const struct view *view = text->view;
    const struct report *report = view->report;
    size_t count = report->rules.count;
    heading(text, "Rules, by the workloads that break them");
    if (count == 0)
        strbuf_add(text->out, STR("  none was broken\n"));
    else
        strbuf_add(text->out, STR("  workloads       seen  wants  rule\n"));
    for (size_t i = 0; i < count && i < RULES_SHOWN; i++) {
        const struct report_rule *rule = view_rule(view, view->rules[i]);
        strbuf_printf(text->out, "  %9.*s  %9.*s  %-5s  ", STR_ARGS(number(text, rule->workloads)),
                      STR_ARGS(number(text, rule->reviews)), report_wanted_names[rule->wanted].at);
        escaped(text, report->rules.keys[view->rules[i]]);
        strbuf_add_char(text->out, '\n');
        if (str_is_empty(rule->fix)) continue;
        strbuf_add(text->out, STR("                              such as: "));
        escaped(text, rule->fix);
        strbuf_add_char(text->out, '\n');
    }
    more(text, count, RULES_SHOWN, "rule");
}

static void standing(const struct text *text, const struct report_namespace *space) {
    struct strbuf *out = text->out;
    switch (view_standing(text->view, space)) {
    case VIEW_BREAKS:
        strbuf_printf(out, "%.*s workload%s break%s a rule, %.*s would be denied",
                      STR_ARGS(number(text, space->workloads)), str_plural(space->workloads),
                      space->workloads == 1 ? "s" : "",
                      STR_ARGS(number(text, space->denied_workloads)));
        return;
    case VIEW_READY:
        strbuf_printf(out, "ready to enforce: none of %.*s object%s breaks a rule",
                      STR_ARGS(number(text, space->objects)), str_plural(space->objects));
        return;
    case VIEW_QUIET:
        if (space->reviews > 0)
            strbuf_printf(out, "no violation in %.*s review%s; unchanged workloads were not seen",
                          STR_ARGS(number(text, space->reviews)), str_plural(space->reviews));
        else
            strbuf_printf(out, "no violation in %.*s object%s",
                          STR_ARGS(number(text, space->objects)), str_plural(space->objects));
        return;
    }
}

static void namespaces(const struct text *text) {
    const struct view *view = text->view;
    const struct table *table = &view->report->namespaces;
    if (table->count == 0) return;
    heading(text, "Namespaces");
    for (size_t i = 0; i < table->count && i < NAMESPACES_SHOWN; i++) {
        struct str name = table->keys[view->namespaces[i]];
        size_t start = text->out->len;
        strbuf_add(text->out, STR("  "));
        escaped(text, str_is_empty(name) ? STR("(no namespace)") : name);
        while (text->out->len - start < 26)
            strbuf_add_char(text->out, ' ');
        strbuf_add_char(text->out, ' ');
        standing(text, view_namespace(view, view->namespaces[i]));
        strbuf_add_char(text->out, '\n');
    }
    more(text, table->count, NAMESPACES_SHOWN, "namespace");
}

static void pairs_of(const struct text *text, uint32_t owner_number) {
    const struct view *view = text->view;
    const struct report_owner *owner = view_owner(view, owner_number);
    for (uint32_t i = 0; i < owner->rules && i < RULES_OF_OWNER; i++) {
        const struct report_pair *pair =
            view_pair(view, view->pairs[view->first_pair[owner_number] + i]);
        strbuf_add(text->out, STR("    "));
        escaped(text, view->report->rules.keys[pair->rule]);
        strbuf_printf(text->out, " (%s): ", report_wanted_names[pair->wanted].at);
        escaped(text, pair->message);
        strbuf_add_char(text->out, '\n');
        if (str_is_empty(pair->path)) continue;
        strbuf_add(text->out, STR("      "));
        escaped(text, pair->path);
        strbuf_add(text->out, STR(": "));
        escaped(text, pair->fix);
        strbuf_add_char(text->out, '\n');
    }
    if (owner->rules > RULES_OF_OWNER)
        strbuf_printf(text->out, "    and %u more rule%s\n", owner->rules - RULES_OF_OWNER,
                      str_plural(owner->rules - RULES_OF_OWNER));
}

static void owners(const struct text *text) {
    const struct view *view = text->view;
    size_t count = view->report->owners.count;
    if (count == 0) return;
    heading(text, "Who to talk to first");
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++) {
        struct str space, kind, name;
        const struct report_owner *owner = view_owner(view, view->owners[i]);
        report_owner_parts(view->report, view->owners[i], &space, &kind, &name);
        strbuf_add(text->out, STR("  "));
        escaped(text, kind);
        strbuf_add_char(text->out, ' ');
        escaped(text, name);
        strbuf_add(text->out, str_is_empty(space) ? STR("") : STR(" in "));
        escaped(text, space);
        strbuf_printf(text->out, ": %u rule%s, seen %.*s time%s\n", owner->rules,
                      str_plural(owner->rules), STR_ARGS(number(text, owner->reviews)),
                      str_plural(owner->reviews));
        pairs_of(text, view->owners[i]);
    }
    more(text, count, OWNERS_SHOWN, "workload");
}

static void exceptions(const struct text *text) {
    const struct view *view = text->view;
    const struct table *table = &view->report->exceptions;
    if (table->count == 0) return;
    heading(text, "Exceptions");
    for (size_t i = 0; i < table->count && i < EXCEPTIONS_SHOWN; i++) {
        const struct report_exception *each = view_exception(view, view->exceptions[i]);
        strbuf_add(text->out, STR("  "));
        escaped(text, table->keys[view->exceptions[i]]);
        strbuf_add(text->out, STR(" of "));
        escaped(text, each->owner);
        STRBUF_ADD(text->out, STR(": "), view_end(view, each));
        if (each->uses == 0)
            strbuf_add(text->out, STR(", never used here\n"));
        else
            strbuf_printf(text->out, ", used in %.*s review%s\n",
                          STR_ARGS(number(text, each->uses)), str_plural(each->uses));
    }
    more(text, table->count, EXCEPTIONS_SHOWN, "exception");
    if (!view->report->knows_policies)
        strbuf_add(text->out, STR("  those that were never used are known only with --policies\n"));
}

static void changed_owners(const struct text *text) {
    const struct view *view = text->view;
    if (!view->compares_owners) {
        strbuf_add(text->out,
                   STR("  workloads are not compared: one of the reports is not complete\n"));
        return;
    }
    strbuf_printf(text->out, "  %.*s workload%s new here, %.*s no longer seen breaking a rule\n",
                  STR_ARGS(number(text, view->new_owner_count)), str_plural(view->new_owner_count),
                  STR_ARGS(number(text, view->gone_owner_count)));
    for (size_t i = 0; i < view->new_owner_count && i < CHANGES_SHOWN; i++) {
        struct str space, kind, name;
        report_owner_parts(view->report, view->new_owners[i], &space, &kind, &name);
        strbuf_add(text->out, STR("    new: "));
        escaped(text, kind);
        strbuf_add_char(text->out, ' ');
        escaped(text, name);
        strbuf_add(text->out, str_is_empty(space) ? STR("") : STR(" in "));
        escaped(text, space);
        strbuf_add_char(text->out, '\n');
    }
    more(text, view->new_owner_count, CHANGES_SHOWN, "workload");
}

static void changes(const struct text *text) {
    const struct view *view = text->view;
    if (!view->report->previous.was_read) return;
    heading(text, "Since the previous report");
    if (view->change_count == 0)
        strbuf_add(text->out, STR("  each rule is broken by as many workloads as before\n"));
    for (size_t i = 0; i < view->change_count && i < CHANGES_SHOWN; i++) {
        const struct view_rule_change *each = &view->changes[i];
        strbuf_printf(text->out, "  %+9lld  ", (long long)each->now - (long long)each->before);
        escaped(text, each->rule);
        strbuf_printf(text->out, ": %u workload%s, before %u\n", each->now, str_plural(each->now),
                      each->before);
    }
    more(text, view->change_count, CHANGES_SHOWN, "rule");
    changed_owners(text);
}

void report_write_text(const struct report *report, int64_t now, bool colour, struct strbuf *out) {
    struct view view;
    if (!view_make(report, now, out->arena, &view)) return;
    struct text text = {.view = &view, .out = out, .colour = colour};
    title(&text);
    decisions(&text);
    over_time(&text);
    rules(&text);
    namespaces(&text);
    owners(&text);
    exceptions(&text);
    changes(&text);
}
