/*
 * replay: what was asked before is judged again, by candidate policies, and compared: what would
 * newly be denied, what newly allowed; by owner and rule.
 *
 * What was asked: AdmissionReviews, or audit events (audit.k8s.io/v1), JSON behind one another or one a
 * line, also both kinds in one stream. An event becomes the review that the webhook got, as far as
 * the event tells: its object is the response's (after mutation and defaulting); of a request that
 * podgate refused the one that was asked for; the object before an update is not in it. Reviews that podgate recorded
 * (policy/recording) say too which profile judged them and what was taken out. Judged is by policy/admission, as the server does.
 *
 * What cannot be replayed is counted with the reason, and reading goes on with the next line.
 * Memory is one record's, and that of REPLAY_OWNERS_MAX owners: further ones are only counted. One
 * thread.
 */
#ifndef PODGATE_DESK_REPLAY_H
#define PODGATE_DESK_REPLAY_H

#include "base/table.h"
#include "policy/admission.h"

#define REPLAY_OWNERS_MAX 10000
#define REPLAY_RULES_MAX 64 /* of an owner */

/* Why a record was not judged. The first few are not podgate's business; from REPLAY_BROKEN on
 * something is missing. */
enum replay_reason {
    REPLAY_JUDGED,
    REPLAY_NO_WRITE,    /* neither creates nor updates */
    REPLAY_STAGE,       /* another event of the same request tells how it ended */
    REPLAY_KIND,        /* no pod spec in it */
    REPLAY_SUBRESOURCE, /* status, scale, binding, ... */
    REPLAY_FAILED,      /* refused, but not by podgate */
    REPLAY_BROKEN,      /* not JSON: cut off, for one */
    REPLAY_TOO_LONG,
    REPLAY_FOREIGN,   /* JSON, but neither review nor event */
    REPLAY_VERSION,   /* an event or review of a version that is not known */
    REPLAY_MALFORMED, /* a review or event without what it must have */
    REPLAY_LEVEL,     /* logged at a level without the object */
    REPLAY_TRUNCATED, /* the API server left the object out because it was too large */
    REPLAY_NO_OBJECT, /* the answer holds another object: a Table, metadata alone */
    REPLAY_PATCH,     /* podgate refused a patch: what it would have made is not in the log */
    REPLAY_PROFILE,   /* judged by a profile that the candidates do not have */
    REPLAY_REASONS
};
/* "no-write", "stage", ... and, for a person, what it means. */
struct str replay_reason_name(enum replay_reason reason);
struct str replay_reason_text(enum replay_reason reason);
static inline bool replay_reason_is_loss(enum replay_reason reason) {
    return reason >= REPLAY_BROKEN;
}

/* One record as it was read. */
struct replay_record {
    struct str file; /* "<stdin>" for "-" */
    uint32_t line;
    struct str text;
    enum replay_reason reason; /* JUDGED: nothing is known against it yet */
};

/* The records of files, of folders' *.json *.jsonl *.ndjson *.log (recursive, in order of their
 * names), and of "-". */
struct replay_reader;
/* `operands` must outlive it; a record of more than `record_bytes` is REPLAY_TOO_LONG. NULL: out of
 * memory. */
struct replay_reader *replay_reader_new(struct arena *arena, const struct str_list *operands,
                                        size_t record_bytes);
void replay_reader_free(struct replay_reader *reader);
enum replay_next { REPLAY_END, REPLAY_RECORD, REPLAY_ERROR };
/* A record lives until the next call. REPLAY_ERROR: `err` names the file; calling again goes on
 * with the next one. */
enum replay_next replay_reader_next(struct replay_reader *reader, struct replay_record *record,
                                    struct error *err);

enum replay_before { REPLAY_BEFORE_UNKNOWN, REPLAY_BEFORE_ALLOWED, REPLAY_BEFORE_DENIED };

/* A record as the review that podgate is asked. */
struct replay_question {
    struct str body;
    enum replay_before before;
    bool lacks_old;   /* an update whose old object is not known */
    bool is_as_asked; /* the object before mutation and defaulting */
    /* Of what podgate recorded: */
    struct str profile; /* that judged it; or empty */
    int64_t taken_out;  /* values that stand-ins stand for */
    int64_t inexact;    /* of these: which may be judged otherwise */
    bool lacks_user;    /* the name of a person */
};
/* Anything else than REPLAY_JUDGED: there is no question in it. Everything lives in the arena or in
 * the record's text. `declared`: the candidates' kinds. */
enum replay_reason replay_read_question(struct arena *arena, const struct replay_record *record,
                                        const struct scan_limits *limits,
                                        const struct declared_kinds *declared,
                                        struct replay_question *out);

/* Namespaces (a glob) that are judged by another profile; the first that matches counts. */
struct replay_route {
    struct str name_space, profile;
};

struct replay_rule {
    struct str policy, rule;       /* `rule` empty: the object could not be judged */
    struct str message, path, fix; /* of the first */
    enum severity severity;
    uint64_t reviews;
    struct replay_rule *next;
};

struct replay_owner {
    struct str name_space, kind, name;
    struct str file; /* of the first review */
    uint32_t line;
    enum severity severity; /* of the worst rule */
    uint64_t reviews, without_old;
    struct replay_rule *rules; /* none: what was recorded names no rule */
    size_t rule_count;
};

/* Those whom a change concerns. */
struct replay_tally {
    struct arena arena;
    struct table table;           /* of struct replay_owner */
    struct replay_owner **owners; /* made by replay_sort: worst first */
    size_t count;
    uint64_t reviews;
    uint64_t omitted; /* reviews of owners that are not listed */
};

struct replay {
    const struct snapshot *candidate, *current; /* NULL: compared with what was recorded */
    struct str profile;                         /* empty: the recorded one, else "default" */
    const struct replay_route *routes;
    size_t route_count;
    struct admission_options admission;
    int64_t now;
    /* below: set up by replay_init */
    struct arena arena; /* of one record */
    struct replay_tally newly_denied, newly_allowed;
    uint64_t records, counts[REPLAY_REASONS];
    uint64_t still_denied, would_deny; /* would_deny: the mode alone lets it pass */
    uint64_t unknown_before; /* of the newly denied: whether they passed before is not known */
    uint64_t without_old, as_asked;
    uint64_t with_stand_ins, inexact, without_user; /* of recordings: see struct replay_question */
    uint64_t failures;                              /* our own: memory */
};

void replay_init(struct replay *replay);
void replay_fini(struct replay *replay);
void replay_take(struct replay *replay, const struct replay_record *record);
/* Worst severity first, then most reviews. The last call before writing. */
void replay_sort(struct replay *replay);

/* The result in the arena's buffer: for a person, or {"version": 1, ...}. After replay_sort. */
void replay_write_text(struct strbuf *out, const struct replay *replay);
void replay_write_json(struct strbuf *out, const struct replay *replay);

#endif
