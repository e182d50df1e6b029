/*
 * review: the question (AdmissionReview) and the skeleton of its answer.
 *
 * review_read scans the body once, strictly, and keeps slices; it builds no tree. What is wrong in the
 * envelope is an error (the caller answers 400). What is wrong inside object or oldObject is kept as a
 * defect of that object and matters only if it must be judged.
 * Sources: k8s.io/api admission/v1 types.go.
 */
#ifndef PODGATE_KUBE_REVIEW_H
#define PODGATE_KUBE_REVIEW_H

#include "base/json_out.h"
#include "kube/workload.h"
#include "text/json.h"
#include "text/scan.h"

enum operation {
    OPERATION_CREATE,
    OPERATION_UPDATE,
    OPERATION_DELETE,
    OPERATION_CONNECT,
    OPERATION_OTHER
};
/* "CREATE", ...; OPERATION_OTHER is "OTHER". */
struct str operation_name(enum operation operation);
MUST_CHECK bool operation_parse(struct str name, enum operation *out);

#define REVIEW_SKIP_MAX 4
struct review_object {
    bool is_present;               /* neither absent nor null */
    bool is_object;                /* a JSON object */
    struct str bytes;              /* the whole value */
    const struct scan_mark *marks; /* of it; see scan_end_marks */
    struct str spec;               /* its `spec` member's bytes; none also when it stands twice */
    struct str template_bytes;     /* its `template` member's bytes (PodTemplate), or none */
    struct str skip[REVIEW_SKIP_MAX]; /* metadata.managedFields, status: what no rule may look at */
    size_t skip_count;
    size_t nodes;              /* without the skipped parts */
    bool is_being_deleted;     /* metadata.deletionTimestamp is neither absent nor null */
    struct scan_defect defect; /* the first one outside the skipped parts; offset in `bytes` */
};

struct group_version_kind {
    struct str group, version, kind;
};

struct review {
    bool is_v1beta1;
    struct str uid;
    struct group_version_kind kind, request_kind; /* request_kind empty when not sent */
    struct group_version_kind resource;           /* .kind holds the resource name ("pods") */
    struct str sub_resource, name, name_space;
    enum operation operation;
    struct str operation_text;
    struct str user;
    struct str_list groups;
    bool dry_run;
    struct review_object object, old_object;
};

/*
 * Reads a body. Strings are unescaped into the arena where needed. Bounds: uid 1..256 bytes, names 1024, groups 1024.
 * False: ERR_SYNTAX (not JSON, line and column), ERR_SCHEMA (no request, no uid, wrong kind or apiVersion, a member twice, a wrong type: where = field),
 * ERR_LIMIT, ERR_MEMORY. Envelope strings with bad UTF-8 or NUL are ERR_SCHEMA.
 */
MUST_CHECK bool review_read(struct arena *arena, struct str body, const struct scan_limits *limits,
                            struct review *out, struct error *err);

/* Why a review needs no judging, or REVIEW_JUDGE. Decides on kind, operation and subresource alone. */
enum review_scope {
    REVIEW_JUDGE,
    REVIEW_OPERATION, /* DELETE, CONNECT, an unknown operation */
    REVIEW_SUBRESOURCE, /* exec, attach, log, portforward, proxy, binding, eviction, status, scale, or any of a non-Pod */
    REVIEW_KIND,      /* a kind without a pod spec */
    REVIEW_NO_OBJECT, /* null */
};
/* `declared` may be NULL. *kind is set for REVIEW_JUDGE. An unknown subresource of pods is judged whatever kind it claims only if the kind is Pod. */
enum review_scope review_scope(const struct review *review, const struct declared_kinds *declared,
                               const struct workload_kind **kind);

/* Builds the tree of an object from its slices; the body must live as long. Errors: as json_parse; ERR_LIMIT/ERR_SCHEMA from its defect. */
MUST_CHECK bool review_object_parse(struct arena *arena, const struct review_object *object,
                                    const struct scan_limits *limits, struct document *out,
                                    struct error *err);

/* The answer. Strings need not be escaped yet, but those of causes, of which many say the same: a cause's message is
 * subject and statement. */
struct review_cause {
    struct json_text reason, subject, statement, field;
};
struct review_annotation {
    struct str key, value;
};
struct review_answer {
    bool allowed;
    struct str message; /* when denied */
    const struct review_cause *causes;
    size_t cause_count;
    const struct str *warnings;
    size_t warning_count;
    const struct review_annotation *annotations;
    size_t annotation_count;
};
/* Writes the AdmissionReview answer (no trailing newline): version and uid echoed; a denial has code 403, reason Forbidden, never retryAfterSeconds. */
void review_write_answer(struct strbuf *out, const struct review *review,
                         const struct review_answer *answer);
/* A v1 Status failure for HTTP errors: {"kind":"Status","apiVersion":"v1",...}. `reason` such as "BadRequest". */
void review_write_status(struct strbuf *out, int code, struct str reason, struct str message);

#endif
