/*
 * {"version":1,"report":"podgate",...}: the whole report for programs, and for a later report to compare
 * with; the page embeds it. Pairs name owners and rules by their place in these lists. Keys never
 * change their meaning within a version.
 */
#include "base/date.h"
#include "base/json_out.h"
#include "desk/report/view.h"

static void add_count(struct json_out *out, const char *name, uint64_t count) {
    json_out_int(out, name, (int64_t)count);
}

static void add_time(struct json_out *out, const char *name, int64_t unix_ms) {
    char text[32];
    date_format_instant(unix_ms, text);
    if (unix_ms > 0)
        json_out_string(out, name, str_from(text));
    else
        json_out_null(out, name);
}

static void add_totals(struct json_out *out, const struct report *report) {
    json_out_begin_object(out, "lines");
    add_count(out, "read", report->lines);
    add_count(out, "duplicates", report->duplicates);
    add_count(out, "foreign", report->skipped.foreign);
    add_count(out, "cut", report->skipped.cut);
    add_count(out, "newer", report->skipped.newer);
    add_count(out, "tooLong", report->skipped.too_long);
    add_count(out, "messages", report->skipped.messages);
    add_count(out, "dropped", report->dropped);
    json_out_end_object(out);
    add_count(out, "reviews", report->reviews);
    add_count(out, "dryRuns", report->dry_runs);
    add_count(out, "kept", report->kept);
    json_out_begin_object(out, "decisions");
    for (size_t i = 0; i < REPORT_DECISIONS; i++)
        add_count(out, report_decision_names[i].at, report->decisions[i]);
    json_out_end_object(out);
    json_out_begin_object(out, "leftOut");
    add_count(out, "owners", report->left_out.owners);
    add_count(out, "rules", report->left_out.rules);
    add_count(out, "pairs", report->left_out.pairs);
    add_count(out, "namespaces", report->left_out.namespaces);
    add_count(out, "exceptions", report->left_out.exceptions);
    json_out_end_object(out);
}

static void add_bars(struct json_out *out, const struct view *view) {
    json_out_int(out, "hoursPerBar", view->hours_per_bar);
    json_out_begin_array(out, "bars");
    for (size_t i = 0; i < view->bar_count; i++) {
        json_out_begin_object(out, NULL);
        add_time(out, "from", view->bars[i].hour * 3600000);
        for (size_t d = 0; d < REPORT_DECISIONS; d++)
            if (view->bars[i].decisions[d] > 0)
                add_count(out, report_decision_names[d].at, view->bars[i].decisions[d]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_rules(struct json_out *out, const struct view *view) {
    const struct report *report = view->report;
    json_out_begin_array(out, "rules");
    for (uint32_t i = 0; i < report->rules.count; i++) {
        const struct report_rule *rule = view_rule(view, i);
        json_out_begin_object(out, NULL);
        json_out_string(out, "rule", report->rules.keys[i]);
        json_out_string(out, "check", rule->check);
        json_out_string(out, "severity", rule->severity);
        json_out_string(out, "wanted", report_wanted_names[rule->wanted]);
        add_count(out, "workloads", rule->workloads);
        add_count(out, "reviews", rule->reviews);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_owners(struct json_out *out, const struct view *view) {
    const struct report *report = view->report;
    struct str name_space, kind, name;
    json_out_begin_array(out, "owners");
    for (uint32_t i = 0; i < report->owners.count; i++) {
        report_owner_parts(report, i, &name_space, &kind, &name);
        json_out_begin_object(out, NULL);
        json_out_string(out, "namespace", name_space);
        json_out_string(out, "kind", kind);
        json_out_string(out, "name", name);
        add_count(out, "reviews", view_owner(view, i)->reviews);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_pairs(struct json_out *out, const struct view *view) {
    json_out_begin_array(out, "pairs");
    for (uint32_t i = 0; i < view->report->pairs.count; i++) {
        const struct report_pair *pair = view_pair(view, i);
        json_out_begin_object(out, NULL);
        add_count(out, "owner", pair->owner);
        add_count(out, "rule", pair->rule);
        add_count(out, "reviews", pair->reviews);
        json_out_string(out, "wanted", report_wanted_names[pair->wanted]);
        json_out_string(out, "path", pair->path);
        json_out_string(out, "message", pair->message);
        json_out_string(out, "fix", pair->fix);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_namespaces(struct json_out *out, const struct view *view) {
    static const char *const standings[] = {
        [VIEW_BREAKS] = "breaks", [VIEW_READY] = "ready", [VIEW_QUIET] = "noViolationSeen"};
    const struct report *report = view->report;
    json_out_begin_array(out, "namespaces");
    for (uint32_t i = 0; i < report->namespaces.count; i++) {
        const struct report_namespace *space = view_namespace(view, i);
        json_out_begin_object(out, NULL);
        json_out_string(out, "namespace", report->namespaces.keys[i]);
        json_out_string(out, "standing", str_from(standings[view_standing(view, space)]));
        add_count(out, "workloads", space->workloads);
        add_count(out, "wouldBeDenied", space->denied_workloads);
        add_count(out, "reviews", space->reviews);
        add_count(out, "objects", space->objects);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void add_exceptions(struct json_out *out, const struct view *view) {
    const struct report *report = view->report;
    json_out_begin_array(out, "exceptions");
    for (uint32_t i = 0; i < report->exceptions.count; i++) {
        const struct report_exception *exception = view_exception(view, i);
        json_out_begin_object(out, NULL);
        json_out_string(out, "name", report->exceptions.keys[i]);
        json_out_string(out, "owner", exception->owner);
        if (exception->ends) {
            char day[16];
            date_format(exception->expires, day);
            json_out_string(out, "expires", str_from(day));
        }
        add_count(out, "uses", exception->uses);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

void report_write_json(const struct report *report, int64_t now, struct strbuf *out) {
    struct view view;
    struct json_out json;
    if (!view_make(report, now, out->arena, &view)) return;
    json_out_init(&json, out);
    json_out_begin_object(&json, NULL);
    json_out_int(&json, "version", 1);
    json_out_string(&json, "report", STR("podgate"));
    add_time(&json, "from", report->first_ms);
    add_time(&json, "to", report->last_ms);
    add_totals(&json, report);
    add_bars(&json, &view);
    add_rules(&json, &view);
    add_owners(&json, &view);
    add_pairs(&json, &view);
    add_namespaces(&json, &view);
    add_exceptions(&json, &view);
    json_out_end_object(&json);
    strbuf_add_char(out, '\n');
}
