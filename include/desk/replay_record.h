/*
 * replay_record (of the room replay): what was asked before, read.
 *
 * What was asked: AdmissionReviews, or audit events (audit.k8s.io/v1), JSON behind one another or one a
 * line, also both kinds in one stream. An event becomes the review that the webhook got, as far as
 * the event tells: its object is the response's (after mutation and defaulting); of a request that
 * podgate refused the one that was asked for; the object before an update is not in it. Reviews that podgate recorded
 * (policy/recording) say too which profile judged them and what was taken out.
 *
 * What cannot be read is a record with its reason, and reading goes on with the next line. Memory is one record's. One
 * thread.
 */
#ifndef PODGATE_DESK_REPLAY_RECORD_H
#define PODGATE_DESK_REPLAY_RECORD_H

#include "policy/admission.h"

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

#endif
