/* page.html with its parts put in. Every list is whole without the script, which only filters. */
#include "desk/report/page.h"

#define RULES_SHOWN 100
#define NAMESPACES_SHOWN 300
#define OWNERS_SHOWN 1000
#define RULES_OF_OWNER 100
#define EXCEPTIONS_SHOWN 200
#define CHANGES_SHOWN 30

struct page {
    const struct view *view;
    struct strbuf *out;
};

static void add(const struct page *page, const char *html) {
    strbuf_add(page->out, str_from(html));
}

static void number(const struct page *page, uint64_t value) {
    strbuf_add(page->out, view_number(page->view->arena, value));
}

static void words(const struct page *page, struct str text) { page_add_text(page->out, text); }

static void more(const struct page *page, size_t count, size_t shown, const char *what) {
    if (count <= shown) return;
    add(page, "<p class=\"more\">and ");
    number(page, count - shown);
    strbuf_printf(page->out, " more %s%s: <code>podgate report -o json</code> has them all</p>\n",
                  what, str_plural(count - shown));
}

static void table_begin(const struct page *page, const char *label, const char *head) {
    strbuf_printf(page->out,
                  "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>"
                  "<thead><tr>%s</tr></thead><tbody>\n",
                  label, head);
}

static void table_end(const struct page *page) { add(page, "</tbody></table></div>\n"); }

static void wanted_tag(const struct page *page, enum report_wanted wanted) {
    static const char *const says[] = {"only noted", "would warn", "would be denied"};
    strbuf_printf(page->out, "<span class=\"tag %s\">%s</span>", report_wanted_names[wanted].at,
                  says[wanted]);
}

/* "Deployment <b>web</b>" */
static void owner_name(const struct page *page, uint32_t owner, struct str *name_space) {
    struct str kind, name;
    report_owner_parts(page->view->report, owner, name_space, &kind, &name);
    words(page, kind);
    add(page, " <span class=\"name\">");
    words(page, name);
    add(page, "</span>");
}

/* A link that chooses what the filter of the workloads shows. */
static void filter_link(const struct page *page, const char *what, struct str name,
                        struct str shown) {
    strbuf_printf(page->out, "<a class=\"name\" href=\"#%s=", what);
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '/';
        if (is_plain)
            strbuf_add_char(page->out, (char)c);
        else
            strbuf_printf(page->out, "%%%02X", c);
    }
    add(page, "\">");
    words(page, shown);
    add(page, "</a>");
}

/* --- parts ----------------------------------------------------------------------------------- */

static void add_css(const struct page *page) { strbuf_add(page->out, page_css); }
static void add_js(const struct page *page) { strbuf_add(page->out, page_js); }
static void add_time(const struct page *page) { page_add_time(page->view, page->out); }
static void add_data(const struct page *page) {
    report_write_json(page->view->report, page->view->now, page->out);
}

static void add_span(const struct page *page) {
    const struct report *report = page->view->report;
    struct arena *arena = page->view->arena;
    if (report->dump.ends > 0) {
        number(page, report->dump.objects);
        add(page, report->dump.objects == 1 ? " object" : " objects");
        add(page, " judged by podgate check");
    } else if (report->dump.begun > 0) {
        add(page, "The beginning of what podgate check found");
    }
    if (report->dump.begun > 0 && report->reviews > 0) add(page, ", and ");
    if (report->dump.begun == 0 || report->reviews > 0) {
        number(page, report->reviews);
        add(page, report->reviews == 1 ? " review" : " reviews");
        add(page, " in podgate's log");
    }
    if (report->first_ms > 0)
        STRBUF_ADD(page->out, STR(", "), view_time(arena, report->first_ms), STR(" to "),
                   view_time(arena, report->last_ms), STR(" UTC"));
}

static void figure(const struct page *page, uint64_t value, const char *class, const char *says) {
    strbuf_printf(page->out, "<div class=\"%s\"><dt>%s</dt><dd>", class, says);
    number(page, value);
    add(page, "</dd></div>\n");
}

static void add_summary(const struct page *page) {
    const struct view *view = page->view;
    const struct report *report = view->report;
    size_t ready = 0;
    for (uint32_t i = 0; i < report->namespaces.count; i++)
        ready += view_standing(view, view_namespace(view, i)) == VIEW_READY;
    add(page, "<dl class=\"figures\">\n");
    figure(page, view->denied_workloads, view->denied_workloads ? "bad" : "fine",
           "workloads would be denied in mode enforce");
    figure(page, report->owners.count, "", "workloads break a rule");
    figure(page, report->rules.count, "", "rules are broken");
    figure(page, view->broken_namespaces, "", "namespaces have such workloads");
    if (view->dump_is_whole) figure(page, ready, "fine", "namespaces are ready to enforce");
    add(page, "</dl>\n");
}

static void add_notes(const struct page *page) {
    struct str_list notes;
    view_notes(page->view, &notes);
    if (notes.count == 0) return;
    add(page, "<ul class=\"notes\">\n");
    for (size_t i = 0; i < notes.count; i++) {
        add(page, "<li>");
        words(page, notes.items[i]);
        add(page, "</li>\n");
    }
    add(page, "</ul>");
}

static void changed_owners(const struct page *page) {
    const struct view *view = page->view;
    if (!view->compares_owners) {
        add(page, "<p class=\"note\">Workloads are not compared: one of the reports is not "
                  "complete.</p>\n");
        return;
    }
    add(page, "<p>");
    number(page, view->new_owner_count);
    strbuf_printf(page->out, " workload%s new here, ", str_plural(view->new_owner_count));
    number(page, view->gone_owner_count);
    add(page, " no longer seen breaking a rule.</p>\n");
    if (view->new_owner_count == 0) return;
    add(page, "<details><summary>New here</summary><ul>\n");
    for (size_t i = 0; i < view->new_owner_count && i < CHANGES_SHOWN; i++) {
        struct str name_space;
        add(page, "<li>");
        owner_name(page, view->new_owners[i], &name_space);
        if (!str_is_empty(name_space)) add(page, " in ");
        words(page, name_space);
        add(page, "</li>\n");
    }
    add(page, "</ul>");
    more(page, view->new_owner_count, CHANGES_SHOWN, "workload");
    add(page, "</details>\n");
}

static void add_changes(const struct page *page) {
    const struct view *view = page->view;
    if (!view->report->previous.was_read) return;
    add(page, "<section aria-labelledby=\"changes-title\"><h2 id=\"changes-title\">Since the "
              "previous report</h2>\n");
    if (view->change_count == 0)
        add(page, "<p>Each rule is broken by as many workloads as before.</p>\n");
    else
        table_begin(page, "Rules that changed",
                    "<th scope=\"col\">Rule</th><th scope=\"col\" class=\"number\">Before</th>"
                    "<th scope=\"col\" class=\"number\">Now</th><th scope=\"col\" "
                    "class=\"number\">Change</th>");
    for (size_t i = 0; i < view->change_count && i < CHANGES_SHOWN; i++) {
        const struct view_rule_change *each = &view->changes[i];
        add(page, "<tr><td class=\"name\">");
        words(page, each->rule);
        strbuf_printf(page->out,
                      "</td><td class=\"number\">%u</td><td class=\"number\">%u</td>"
                      "<td class=\"number %s\">%+lld</td></tr>\n",
                      each->before, each->now, each->now > each->before ? "up" : "down",
                      (long long)each->now - (long long)each->before);
    }
    if (view->change_count > 0) table_end(page);
    more(page, view->change_count, CHANGES_SHOWN, "rule");
    changed_owners(page);
    add(page, "</section>");
}

static void rule_row(const struct page *page, uint32_t at, uint32_t most) {
    const struct report_rule *rule = view_rule(page->view, at);
    add(page, "<tr><td class=\"number\">");
    number(page, rule->workloads);
    add(page, "</td><td class=\"bar\">");
    page_add_bar(page->out, rule->workloads, most,
                 rule->wanted == REPORT_WANTS_DENY ? "would_deny"
                                                   : report_wanted_names[rule->wanted].at);
    add(page, "</td><td>");
    filter_link(page, "rule", page->view->report->rules.keys[at],
                page->view->report->rules.keys[at]);
    add(page, " ");
    wanted_tag(page, rule->wanted);
    if (!str_is_empty(rule->message)) {
        add(page, "<p class=\"mend\">Such as: ");
        words(page, rule->message);
        add(page, ". Mend: ");
        words(page, rule->fix);
        add(page, "</p>");
    }
    add(page, "</td><td class=\"number seen\">");
    number(page, rule->reviews);
    add(page, "</td></tr>\n");
}

static void add_rules(const struct page *page) {
    const struct view *view = page->view;
    size_t count = view->report->rules.count;
    if (count == 0) {
        add(page, "<p>None was broken.</p>\n");
        return;
    }
    uint32_t most = view_rule(view, view->rules[0])->workloads;
    table_begin(
        page, "Rules",
        "<th scope=\"col\" class=\"number\">Workloads</th><th scope=\"col\" "
        "class=\"bar\"><span class=\"quiet\">As a bar</span></th>"
        "<th scope=\"col\">Rule</th><th scope=\"col\" class=\"number seen\">Times seen</th>");
    for (size_t i = 0; i < count && i < RULES_SHOWN; i++)
        rule_row(page, view->rules[i], most);
    table_end(page);
    more(page, count, RULES_SHOWN, "rule");
}

static void standing(const struct page *page, const struct report_namespace *space, uint32_t most) {
    switch (view_standing(page->view, space)) {
    case VIEW_BREAKS: page_add_bar(page->out, space->workloads, most, "would_deny"); return;
    case VIEW_READY:
        add(page, "<span class=\"tag good\">ready to enforce</span> none of ");
        number(page, space->objects);
        add(page, space->objects == 1 ? " object breaks a rule" : " objects break a rule");
        return;
    case VIEW_QUIET:
        add(page, "no violation in ");
        number(page, space->reviews > 0 ? space->reviews : space->objects);
        if (space->reviews == 0)
            add(page, space->objects == 1 ? " object" : " objects");
        else
            add(page, space->reviews == 1 ? " review" : " reviews");
        add(page, space->reviews > 0 ? "; unchanged workloads were not seen" : "");
        return;
    }
}

static void namespace_row(const struct page *page, uint32_t at, uint32_t most) {
    const struct report_namespace *space = view_namespace(page->view, at);
    struct str name = page->view->report->namespaces.keys[at];
    struct str shown = str_is_empty(name) ? STR("(no namespace)") : name;
    bool is_broken = space->workloads > 0;
    add(page, "<tr><td>");
    if (is_broken && name.len > 0)
        filter_link(page, "namespace", name, shown);
    else
        words(page, shown);
    add(page, "</td><td class=\"number\">");
    number(page, space->denied_workloads);
    add(page, "</td><td class=\"number\">");
    number(page, space->workloads);
    add(page, is_broken ? "</td><td class=\"bar wide\">" : "</td><td>");
    standing(page, space, most);
    add(page, "</td></tr>\n");
}

static void add_namespaces(const struct page *page) {
    const struct view *view = page->view;
    const struct table *table = &view->report->namespaces;
    uint32_t most = 0;
    if (table->count == 0) {
        add(page, "<p>None was seen.</p>\n");
        return;
    }
    for (uint32_t i = 0; i < table->count; i++)
        if (view_namespace(view, i)->workloads > most) most = view_namespace(view, i)->workloads;
    table_begin(page, "Namespaces",
                "<th scope=\"col\">Namespace</th><th scope=\"col\" class=\"number\">Would be "
                "denied</th><th scope=\"col\" class=\"number\">Break a rule</th><th scope=\"col\">"
                "<span class=\"quiet\">As a bar, or what is known</span></th>");
    for (size_t i = 0; i < table->count && i < NAMESPACES_SHOWN; i++)
        namespace_row(page, view->namespaces[i], most);
    table_end(page);
    more(page, table->count, NAMESPACES_SHOWN, "namespace");
    if (!view->dump_is_whole)
        add(page, "<p class=\"note\">A log tells only what was created or changed. Whether a "
                  "namespace is ready, the whole cluster judged by <code>podgate check -o json"
                  "</code> tells.</p>\n");
}

static void pair_item(const struct page *page, const struct report_pair *pair) {
    struct str rule = page->view->report->rules.keys[pair->rule];
    add(page, "<li data-rule=\"");
    words(page, rule);
    add(page, "\"><p><span class=\"name\">");
    words(page, rule);
    add(page, "</span> ");
    wanted_tag(page, pair->wanted);
    add(page, "</p>");
    if (!str_is_empty(pair->message)) {
        add(page, "<p>");
        words(page, pair->message);
        add(page, "</p>");
    }
    if (!str_is_empty(pair->path)) {
        add(page, "<p class=\"mend\"><code>");
        words(page, pair->path);
        add(page, "</code>: ");
        words(page, pair->fix);
        add(page, "</p>");
    }
    add(page, "</li>\n");
}

static void owner_item(const struct page *page, uint32_t at, bool is_open) {
    const struct view *view = page->view;
    const struct report_owner *owner = view_owner(view, at);
    uint32_t first = view->first_pair[at];
    uint32_t shown = owner->rules < RULES_OF_OWNER ? owner->rules : RULES_OF_OWNER;
    struct str name_space, kind, name;
    report_owner_parts(view->report, at, &name_space, &kind, &name);
    add(page, "<details class=\"workload\" data-namespace=\"");
    words(page, name_space);
    add(page, "\" data-rules=\"");
    for (uint32_t i = 0; i < shown; i++) {
        add(page, i ? "\n" : "");
        words(page, view->report->rules.keys[view_pair(view, view->pairs[first + i])->rule]);
    }
    add(page,
        is_open ? "\" open><summary><span class=\"who\">" : "\"><summary><span class=\"who\">");
    owner_name(page, at, &name_space);
    add(page, "</span> <span class=\"in\">");
    words(page, name_space);
    strbuf_printf(page->out, "</span> <span class=\"count\">%u rule%s", owner->rules,
                  str_plural(owner->rules));
    if (owner->last_ms > 0)
        STRBUF_ADD(page->out, STR(", last seen "), view_time(view->arena, owner->last_ms));
    add(page, "</span></summary><ul class=\"broken\">\n");
    for (uint32_t i = 0; i < shown; i++)
        pair_item(page, view_pair(view, view->pairs[first + i]));
    add(page, "</ul>");
    more(page, owner->rules, shown, "rule");
    add(page, "</details>\n");
}

static void add_workloads(const struct page *page) {
    const struct view *view = page->view;
    size_t count = view->report->owners.count;
    if (count == 0) add(page, "<p>No workload broke a rule.</p>\n");
    for (size_t i = 0; i < count && i < OWNERS_SHOWN; i++)
        owner_item(page, view->owners[i], i == 0);
    more(page, count, OWNERS_SHOWN, "workload");
}

static void exception_row(const struct page *page, uint32_t at) {
    const struct report_exception *each = view_exception(page->view, at);
    bool is_urgent = each->ends && each->expires - page->view->today < 14;
    add(page, "<tr><td class=\"name\">");
    words(page, page->view->report->exceptions.keys[at]);
    add(page, "</td><td>");
    words(page, each->owner);
    add(page, is_urgent ? "</td><td><span class=\"tag deny\">" : "</td><td><span>");
    words(page, view_end(page->view, each));
    add(page, "</span></td><td class=\"number\">");
    if (each->uses > 0)
        number(page, each->uses);
    else
        add(page, "never here");
    add(page, "</td></tr>\n");
}

static void add_exceptions(const struct page *page) {
    const struct view *view = page->view;
    const struct table *table = &view->report->exceptions;
    if (table->count == 0) return;
    add(page, "<section aria-labelledby=\"exceptions-title\"><h2 id=\"exceptions-title\">"
              "Exceptions</h2>\n");
    table_begin(page, "Exceptions",
                "<th scope=\"col\">Exception</th><th scope=\"col\">Owner</th><th scope=\"col\">"
                "Ends</th><th scope=\"col\" class=\"number\">Reviews that used it</th>");
    for (size_t i = 0; i < table->count && i < EXCEPTIONS_SHOWN; i++)
        exception_row(page, view->exceptions[i]);
    table_end(page);
    more(page, table->count, EXCEPTIONS_SHOWN, "exception");
    if (!view->report->knows_policies)
        add(page, "<p class=\"note\">Those that were never used are known only with <code>podgate "
                  "report --policies</code>.</p>\n");
    add(page, "</section>");
}

static void add_footer(const struct page *page) {
    add(page, "Made on ");
    strbuf_add(page->out, view_time(page->view->arena, page->view->now * 1000));
    add(page,
        " UTC. A workload is a Pod's owner, such as its Deployment. Times seen counts reviews: "
        "a controller that tries again is seen again.");
}

/* --- the page -------------------------------------------------------------------------------- */

static const struct part {
    struct str name;
    void (*add)(const struct page *page);
} parts[] = {
    {STR_INIT("css"), add_css},
    {STR_INIT("js"), add_js},
    {STR_INIT("span"), add_span},
    {STR_INIT("summary"), add_summary},
    {STR_INIT("notes"), add_notes},
    {STR_INIT("changes"), add_changes},
    {STR_INIT("time"), add_time},
    {STR_INIT("rules"), add_rules},
    {STR_INIT("namespaces"), add_namespaces},
    {STR_INIT("workloads"), add_workloads},
    {STR_INIT("exceptions"), add_exceptions},
    {STR_INIT("footer"), add_footer},
    {STR_INIT("data"), add_data},
};

static void add_part(const struct page *page, struct str name) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (str_equals(parts[i].name, name)) parts[i].add(page);
}

void report_write_html(const struct report *report, int64_t now, struct strbuf *out) {
    struct view view;
    if (!view_make(report, now, out->arena, &view)) return;
    struct page page = {.view = &view, .out = out};
    struct str rest = page_html;
    while (rest.len > 0) {
        size_t at = 0;
        while (at < rest.len && !str_starts_with(str_slice(rest, at, 2), STR("{{")))
            at++;
        strbuf_add(out, str_slice(rest, 0, at));
        rest = str_slice(rest, at + 2, rest.len);
        size_t end = str_find_char(rest, '}');
        if (rest.len > 0) add_part(&page, str_slice(rest, 0, end));
        rest = str_slice(rest, end + 2, rest.len);
    }
}
