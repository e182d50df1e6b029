/* model (private to the room report): how readers put into a report what a line says. One thread. */
#ifndef PODGATE_DESK_REPORT_MODEL_H
#define PODGATE_DESK_REPORT_MODEL_H

#include "desk/report.h"
#include "text/tree.h"

/* Who is judged: the owner, and where. */
struct model_subject {
    struct str name_space, kind, name;
    int64_t at_ms;                       /* 0: unknown */
    uint32_t space_number, owner_number; /* TABLE_NONE: over the limit */
    bool is_new_owner;
};

/* One violation, as a line tells it; what it lacks is empty. */
struct model_violation {
    struct str rule; /* "policy/rule" */
    struct str check, severity, path, message, fix;
    enum report_wanted wanted;
};

/* The number of the namespace, or TABLE_NONE. */
uint32_t model_namespace(struct report *report, struct str name);
/* A new review or object: what comes until the next is its. */
void model_begin_event(struct report *report);
/* The owner breaks something in this event. */
void model_take_owner(struct report *report, struct model_subject *subject);
/* It breaks this rule: counted once an event. */
void model_take_violation(struct report *report, const struct model_subject *subject,
                          const struct model_violation *violation);
void model_take_exception(struct report *report, struct str name, struct str owner, bool ends,
                          int64_t expires);
/* So many reviews of that time came to this decision. */
void model_take_time(struct report *report, int64_t at_ms, enum report_decision decision,
                     uint64_t reviews);
/* Whether a review of this uid was counted already; notes it. */
bool model_is_known_uid(struct report *report, struct str uid);
/* A string member, cut; empty when there is none. */
struct str model_text(const struct cJSON *object, const char *name);
enum report_wanted model_wanted(struct str action);

/* log.c: a line of podgate's log, parsed. The arena is for texts of the line. */
void log_take_line(struct report *report, struct arena *arena, const struct document *document);
/* check_output.c: one result, and the end of a dump. */
void check_take_result(struct report *report, const struct cJSON *result);
void check_take_end(struct report *report, const struct document *document);
/* The whole output in one line. */
void check_take_whole(struct report *report, const struct document *document);

#endif
