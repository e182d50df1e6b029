/*
 * view (private to the room report): a report's rows in the order in which a person reads them. It
 * points into the report and lives in the arena it was given.
 */
#ifndef PODGATE_DESK_REPORT_VIEW_H
#define PODGATE_DESK_REPORT_VIEW_H

#include "desk/report.h"

#define VIEW_BARS 120

struct view_bar {
    int64_t hour; /* the first */
    uint64_t decisions[REPORT_DECISIONS], total;
};

struct view_rule_change {
    struct str rule;
    uint32_t before, now;
};

/* What may be said of a namespace. */
enum view_standing {
    VIEW_BREAKS,
    VIEW_READY, /* a dump told all its objects, and none breaks a rule */
    VIEW_QUIET, /* only reviews are known, and none broke a rule */
};

struct view {
    const struct report *report;
    struct arena *arena;
    int64_t now, today;
    uint32_t *rules, *owners, *namespaces, *exceptions; /* numbers, most important first */
    uint32_t *pairs, *first_pair; /* pairs by owner; first_pair by owner number */
    struct view_bar *bars;
    size_t bar_count;
    int64_t hours_per_bar;
    uint64_t most, before_bars; /* reviews of the highest bar; older than all bars */
    size_t broken_namespaces;
    uint32_t denied_workloads;
    bool dump_is_whole;
    /* against the previous report */
    struct view_rule_change *changes;
    size_t change_count;
    uint32_t *new_owners, *gone_owners; /* numbers here, and in the previous report */
    size_t new_owner_count, gone_owner_count;
    bool compares_owners; /* both reports are complete */
};

/* False: out of memory. */
MUST_CHECK bool view_make(const struct report *report, int64_t now, struct arena *arena,
                          struct view *view);
enum view_standing view_standing(const struct view *view, const struct report_namespace *space);
/* Text of somebody else's with its control characters and the marks that hide or reorder made visible; quotes and
 * backslashes stay as they are, because podgate's sentences have them. */
void view_add_plain(struct strbuf *out, struct str text);
/* "1,234" */
struct str view_number(struct arena *arena, uint64_t number);
/* "2027-01-15 09:00", of an hour; only the day when a bar is a day or more. */
struct str view_bar_name(const struct view *view, const struct view_bar *bar);
/* "2027-01-15 09:12" */
struct str view_time(struct arena *arena, int64_t unix_ms);
/* What was skipped, left out or lost, a sentence each. */
void view_notes(const struct view *view, struct str_list *notes);
/* "in 12 days", "ended 3 days ago", "never" */
struct str view_end(const struct view *view, const struct report_exception *exception);

static inline const struct report_rule *view_rule(const struct view *view, uint32_t number) {
    return table_row(&view->report->rules, number);
}
static inline const struct report_owner *view_owner(const struct view *view, uint32_t number) {
    return table_row(&view->report->owners, number);
}
static inline const struct report_pair *view_pair(const struct view *view, uint32_t number) {
    return table_row(&view->report->pairs, number);
}
static inline const struct report_namespace *view_namespace(const struct view *view,
                                                            uint32_t number) {
    return table_row(&view->report->namespaces, number);
}
static inline const struct report_exception *view_exception(const struct view *view,
                                                            uint32_t number) {
    return table_row(&view->report->exceptions, number);
}

#endif
