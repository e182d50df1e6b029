/*
 * report: podgate's own log lines, or what `podgate check -o json` wrote, become one picture: which rules
 * would break whose workloads. It is written as text, as JSON and as a page of HTML.
 *
 * Input is read line by line and nothing of a line is kept but counts and one example of each owner and rule, so
 * memory is bounded by the limits below, whatever is read. What is over a limit is counted and told. What is no
 * line of podgate's, is cut short, or comes from a newer podgate is skipped and counted.
 * An owner is whom a person would ask: of a Pod its Deployment. A review is counted once, by its uid; of
 * more than 2 * REPORT_UIDS reviews the oldest uids are forgotten. All texts are whatever a user's
 * manifest holds: each output escapes them by its own rules. One thread.
 */
#ifndef PODGATE_DESK_REPORT_H
#define PODGATE_DESK_REPORT_H

#include "base/table.h"

#define REPORT_LOG_VERSION 1 /* the newest log that is read */
#define REPORT_CHECK_VERSION 1
#define REPORT_OWNERS 50000
#define REPORT_RULES 1000
#define REPORT_PAIRS 200000 /* of owner and rule */
#define REPORT_NAMESPACES 20000
#define REPORT_EXCEPTIONS 5000
#define REPORT_HOURS 20000 /* two years */
#define REPORT_TEXT_BYTES 512
#define REPORT_TEXTS 400000 /* different messages, paths and mends */
#define REPORT_UIDS 2000000
#define REPORT_LINE_BYTES ((size_t)64 << 20)

enum report_decision {
    REPORT_DENY,
    REPORT_WOULD_DENY,
    REPORT_WARN,
    REPORT_AUDIT,
    REPORT_ERROR,
    REPORT_ALLOW,
    REPORT_DECISIONS,
};
extern const struct str report_decision_names[REPORT_DECISIONS]; /* as in the log */

/* What a rule would do in mode enforce. */
enum report_wanted { REPORT_WANTS_AUDIT, REPORT_WANTS_WARN, REPORT_WANTS_DENY };
extern const struct str report_wanted_names[3];

struct report_rule {                          /* by "policy/rule" */
    struct str check, severity, message, fix; /* one example */
    enum report_wanted wanted;                /* the strongest seen */
    uint32_t workloads;
    uint64_t reviews, last_event;
};

struct report_owner { /* by namespace, kind, name: report_owner_parts */
    uint32_t name_space, rules;
    uint64_t reviews, last_event;
    bool would_be_denied;
    int64_t last_ms;
};

struct report_pair {
    uint32_t owner, rule;
    uint64_t reviews, last_event;
    enum report_wanted wanted;
    struct str path, message, fix; /* the first seen */
};

struct report_namespace {                 /* by name; "" is the cluster */
    uint64_t reviews, broken;             /* of the log: all, and those that broke a rule */
    uint32_t workloads, denied_workloads; /* owners that break a rule */
    uint64_t objects, objects_broken;     /* of a dump */
};

struct report_exception { /* by name */
    struct str owner;
    bool ends, is_declared; /* expires is set; named by the policies, not only by the log */
    int64_t expires;        /* the last day, since 1970 in UTC */
    uint64_t uses;          /* reviews */
};

struct report_hour { /* by its number since 1970, 8 bytes */
    uint64_t decisions[REPORT_DECISIONS];
};

/* Lines that are no review. */
struct report_skipped {
    uint64_t foreign;  /* of other programs, or podgate's in text */
    uint64_t cut;      /* podgate's, but not whole */
    uint64_t newer;    /* of a version that this podgate does not know */
    uint64_t messages; /* podgate's own messages */
    uint64_t too_long;
};

/* What did not fit, in reviews. */
struct report_left_out {
    uint64_t owners, rules, pairs, namespaces, exceptions, hours;
};

struct report_dump {
    uint32_t begun, ends,
        with_namespaces; /* outputs; how many came to their end, and told namespaces */
    uint64_t objects, skipped, denied, warned, audited, excepted, errors;
};

/* Another report's numbers, to compare with. */
struct report_previous {
    bool was_read, is_complete;
    struct str from, to; /* as it writes them; may be empty */
    uint64_t reviews;
    struct table rules;  /* of uint32_t: workloads */
    struct table owners; /* of nothing; keys as in struct report */
};

struct report {
    struct arena arena;
    uint64_t lines, reviews, duplicates, dry_runs, event;
    uint64_t clean;   /* of the reviews: broke nothing, as far as the log tells of such */
    uint64_t kept;    /* violations that were there before an update */
    uint64_t dropped; /* lines that podgate says it lost */
    uint64_t decisions[REPORT_DECISIONS];
    int64_t first_ms, last_ms; /* Unix time; 0: no line told a time */
    struct table owners, rules, pairs, namespaces, exceptions, hours, texts;
    struct report_skipped skipped;
    struct report_left_out left_out;
    struct report_dump dump;
    bool knows_policies; /* exceptions are complete */
    struct report_previous previous;
    struct report_uids *uids;
    uint64_t last_object; /* of a dump: a hash */
};

void report_init(struct report *report);
void report_fini(struct report *report);
/* Reads the file ("-": standard input), or a folder's *.json *.jsonl *.ndjson *.log (recursive). False: one could not
 * be read to its end, or memory ran out; what was read counts. */
MUST_CHECK bool report_read(struct report *report, struct str path, struct error *err);
/* An exception of the policies in force, used or not. `expires` INT64_MAX: never. */
void report_declare_exception(struct report *report, struct str name, struct str owner,
                              int64_t expires);
/* What a report of earlier (its page, or its JSON) says. False: the file is no report. */
MUST_CHECK bool report_read_previous(struct report *report, struct str path, struct error *err);

/* The parts of an owner's key. */
void report_owner_parts(const struct report *report, uint32_t owner, struct str *name_space,
                        struct str *kind, struct str *name);

/* `now` in Unix seconds. The arena's mark tells whether the text is whole. */
void report_write_text(const struct report *report, int64_t now, bool colour, struct strbuf *out);
void report_write_json(const struct report *report, int64_t now, struct strbuf *out);
void report_write_html(const struct report *report, int64_t now, struct strbuf *out);

#endif
