#include "desk/report/view.h"

#include <stdlib.h>

#include "base/date.h"

#define HOURS_PER_DAY 24
#define MS_PER_HOUR 3600000
#define HOURLY_UP_TO (3 * HOURS_PER_DAY)
#define DAILY_UP_TO (62 * HOURS_PER_DAY)
#define MONDAY (4 * HOURS_PER_DAY) /* 1970-01-05 */

/* --- orders ---------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int by_rule(const void *a, const void *b, void *context) {
    const struct report *report = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct report_rule *x = table_row(&report->rules, left);
    const struct report_rule *y = table_row(&report->rules, right);
    int order = compare_numbers(y->workloads, x->workloads);
    if (order == 0) order = compare_numbers(y->reviews, x->reviews);
    return order ? order : str_compare(report->rules.keys[left], report->rules.keys[right]);
}

static int by_owner(const void *a, const void *b, void *context) {
    const struct report *report = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct report_owner *x = table_row(&report->owners, left);
    const struct report_owner *y = table_row(&report->owners, right);
    int order = compare_numbers(y->would_be_denied, x->would_be_denied);
    if (order == 0) order = compare_numbers(y->rules, x->rules);
    if (order == 0) order = compare_numbers(y->reviews, x->reviews);
    return order ? order : str_compare(report->owners.keys[left], report->owners.keys[right]);
}

static int by_namespace(const void *a, const void *b, void *context) {
    const struct report *report = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct report_namespace *x = table_row(&report->namespaces, left);
    const struct report_namespace *y = table_row(&report->namespaces, right);
    int order = compare_numbers(y->denied_workloads, x->denied_workloads);
    if (order == 0) order = compare_numbers(y->workloads, x->workloads);
    return order ? order
                 : str_compare(report->namespaces.keys[left], report->namespaces.keys[right]);
}

static int by_end(const void *a, const void *b, void *context) {
    const struct report *report = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct report_exception *x = table_row(&report->exceptions, left);
    const struct report_exception *y = table_row(&report->exceptions, right);
    int order = y->ends - x->ends;
    if (order == 0) order = (x->expires > y->expires) - (x->expires < y->expires);
    return order ? order
                 : str_compare(report->exceptions.keys[left], report->exceptions.keys[right]);
}

static int by_pair(const void *a, const void *b, void *context) {
    const struct report *report = context;
    const struct report_pair *x = table_row(&report->pairs, *(const uint32_t *)a);
    const struct report_pair *y = table_row(&report->pairs, *(const uint32_t *)b);
    int order = compare_numbers(x->owner, y->owner);
    if (order == 0) order = compare_numbers(y->wanted, x->wanted);
    if (order == 0) order = compare_numbers(y->reviews, x->reviews);
    return order ? order : str_compare(report->rules.keys[x->rule], report->rules.keys[y->rule]);
}

static uint32_t *sorted(const struct view *view, const struct table *table,
                        int (*compare)(const void *, const void *, void *)) {
    uint32_t *numbers = ARENA_NEW(view->arena, uint32_t, table->count);
    if (!numbers) return NULL;
    for (uint32_t i = 0; i < table->count; i++)
        numbers[i] = i;
    void *context =
        (void *)(uintptr_t)view->report; /* NOLINT(performance-no-int-to-ptr): drops const */
    if (table->count > 1) qsort_r(numbers, table->count, sizeof *numbers, compare, context);
    return numbers;
}

/* --- time ------------------------------------------------------------------------------------ */

static int64_t bar_of(const struct view *view, int64_t hour) {
    int64_t shift = view->hours_per_bar > HOURS_PER_DAY ? MONDAY : 0;
    return (hour - shift) / view->hours_per_bar;
}

static void fill_bars(struct view *view, int64_t first) {
    const struct table *hours = &view->report->hours;
    for (uint32_t i = 0; i < hours->count; i++) {
        const struct report_hour *row = table_row(hours, i);
        int64_t hour;
        memcpy(&hour, hours->keys[i].at, sizeof hour);
        int64_t at = bar_of(view, hour) - first;
        for (size_t d = 0; d < REPORT_DECISIONS; d++) {
            if (at < 0) view->before_bars += row->decisions[d];
            if (at < 0 || (size_t)at >= view->bar_count) continue;
            view->bars[at].decisions[d] += row->decisions[d];
            view->bars[at].total += row->decisions[d];
        }
    }
    for (size_t i = 0; i < view->bar_count; i++)
        if (view->bars[i].total > view->most) view->most = view->bars[i].total;
}

static bool make_bars(struct view *view) {
    const struct report *report = view->report;
    if (report->hours.count == 0) return true;
    int64_t first_hour = report->first_ms / MS_PER_HOUR, last_hour = report->last_ms / MS_PER_HOUR;
    int64_t span = last_hour - first_hour + 1;
    view->hours_per_bar = span <= HOURLY_UP_TO  ? 1
                          : span <= DAILY_UP_TO ? HOURS_PER_DAY
                                                : 7 * HOURS_PER_DAY;
    int64_t first = bar_of(view, first_hour), last = bar_of(view, last_hour);
    if (last - first >= VIEW_BARS) first = last - VIEW_BARS + 1;
    view->bar_count = (size_t)(last - first + 1);
    view->bars = ARENA_NEW(view->arena, struct view_bar, view->bar_count);
    if (!view->bars) return false;
    int64_t shift = view->hours_per_bar > HOURS_PER_DAY ? MONDAY : 0;
    for (size_t i = 0; i < view->bar_count; i++)
        view->bars[i].hour = (first + (int64_t)i) * view->hours_per_bar + shift;
    fill_bars(view, first);
    return true;
}

/* --- changes --------------------------------------------------------------------------------- */

static int by_change(const void *a, const void *b) {
    const struct view_rule_change *x = a, *y = b;
    int64_t left = (int64_t)x->now - x->before, right = (int64_t)y->now - y->before;
    if (left != right) return left > right ? -1 : 1;
    return str_compare(x->rule, y->rule);
}

static bool compare_rules(struct view *view) {
    const struct table *now = &view->report->rules, *before = &view->report->previous.rules;
    view->changes =
        ARENA_NEW(view->arena, struct view_rule_change, (size_t)now->count + before->count);
    if (!view->changes) return false;
    for (uint32_t i = 0; i < now->count; i++) {
        uint32_t there = table_find(before, now->keys[i]);
        uint32_t was = there == TABLE_NONE ? 0 : *(const uint32_t *)table_row(before, there);
        uint32_t is = view_rule(view, i)->workloads;
        if (was != is)
            view->changes[view->change_count++] = (struct view_rule_change){now->keys[i], was, is};
    }
    for (uint32_t i = 0; i < before->count; i++) {
        uint32_t was = *(const uint32_t *)table_row(before, i);
        if (was > 0 && table_find(now, before->keys[i]) == TABLE_NONE)
            view->changes[view->change_count++] =
                (struct view_rule_change){before->keys[i], was, 0};
    }
    if (view->change_count > 1)
        qsort(view->changes, view->change_count, sizeof *view->changes, by_change);
    return true;
}

static bool is_complete(const struct report_left_out *left_out) {
    return left_out->owners == 0 && left_out->rules == 0 && left_out->pairs == 0;
}

static bool compare_owners(struct view *view) {
    const struct table *now = &view->report->owners, *before = &view->report->previous.owners;
    view->compares_owners =
        view->report->previous.is_complete && is_complete(&view->report->left_out);
    if (!view->compares_owners) return true;
    view->new_owners = ARENA_NEW(view->arena, uint32_t, now->count);
    view->gone_owners = ARENA_NEW(view->arena, uint32_t, before->count);
    if (!view->new_owners || !view->gone_owners) return false;
    for (uint32_t i = 0; i < now->count; i++)
        if (table_find(before, now->keys[view->owners[i]]) == TABLE_NONE)
            view->new_owners[view->new_owner_count++] = view->owners[i];
    for (uint32_t i = 0; i < before->count; i++)
        if (table_find(now, before->keys[i]) == TABLE_NONE)
            view->gone_owners[view->gone_owner_count++] = i;
    return true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool group_pairs(struct view *view) {
    const struct report *report = view->report;
    view->pairs = sorted(view, &report->pairs, by_pair);
    view->first_pair = ARENA_NEW(view->arena, uint32_t, report->owners.count);
    if (!view->pairs || !view->first_pair) return false;
    for (uint32_t i = report->pairs.count; i-- > 0;)
        view->first_pair[view_pair(view, view->pairs[i])->owner] = i;
    return true;
}

static void count_all(struct view *view) {
    const struct report *report = view->report;
    const struct report_dump *dump = &report->dump;
    view->dump_is_whole = dump->begun > 0 && dump->ends == dump->begun &&
                          dump->with_namespaces == dump->begun && dump->errors == 0;
    for (uint32_t i = 0; i < report->namespaces.count; i++)
        view->broken_namespaces += view_namespace(view, i)->workloads > 0;
    for (uint32_t i = 0; i < report->owners.count; i++)
        view->denied_workloads += view_owner(view, i)->would_be_denied;
}

bool view_make(const struct report *report, int64_t now, struct arena *arena, struct view *view) {
    *view =
        (struct view){.report = report, .arena = arena, .now = now, .today = date_from_unix(now)};
    view->rules = sorted(view, &report->rules, by_rule);
    view->owners = sorted(view, &report->owners, by_owner);
    view->namespaces = sorted(view, &report->namespaces, by_namespace);
    view->exceptions = sorted(view, &report->exceptions, by_end);
    if (!view->rules || !view->owners || !view->namespaces || !view->exceptions) return false;
    count_all(view);
    if (!group_pairs(view) || !make_bars(view)) return false;
    return !report->previous.was_read || (compare_rules(view) && compare_owners(view));
}

enum view_standing view_standing(const struct view *view, const struct report_namespace *space) {
    if (space->workloads > 0 || space->broken > 0 || space->objects_broken > 0) return VIEW_BREAKS;
    return view->dump_is_whole && space->objects > 0 ? VIEW_READY : VIEW_QUIET;
}
