/*
 * control: one requirement of the Kubernetes Pod Security Standards, as a row.
 *
 * A row says since which version of the standard it holds, which pods it spares and which values it
 * allows, each with the version that brought it: the history is data, the same judge serves all
 * versions. Versions are minor numbers of Kubernetes (36 is v1.36). Facts are those of
 * k8s.io/pod-security-admission v0.37.2, which tests/conformance compares against. Judges are pure
 * and only add findings; as with checks, the engine walks the containers, so no control can forget
 * init, sidecar or ephemeral ones. Any thread may enter.
 */
#ifndef PODGATE_RULES_CONTROL_H
#define PODGATE_RULES_CONTROL_H

#include "rules/check.h"

/* In order of strength: a level holds its own controls and those of the levels before it. */
enum control_level { CONTROL_PRIVILEGED, CONTROL_BASELINE, CONTROL_RESTRICTED };
/* "privileged", "baseline", "restricted"; NULL-terminated. */
extern const char *const control_level_names[];

/* A value that is allowed since a version; 0 is always. */
struct control_value {
    struct str text;
    unsigned since;
};
#define CONTROL_VALUE(version, literal)                                                            \
    { {(literal), sizeof(literal) - 1}, (version) }
#define CONTROL_VALUES(array) .allowed = (array), .allowed_count = sizeof(array) / sizeof *(array)

/* What one judge looks at. */
struct control_ctx {
    const struct control *control;
    unsigned version;
    const struct pod *pod;
    const struct container *container; /* NULL while the pod's own fields are judged */
    struct findings *findings;
};
typedef void (*control_judge_fn)(const struct control_ctx *ctx);

struct control {
    const char *id; /* upstream's: "hostNamespaces" */
    enum control_level level;
    enum severity severity; /* among the controls of one rule: the worst are told first */
    unsigned since;         /* the first version of the standard that has it */
    unsigned until;         /* the first one where another row of the same id holds; 0: none */
    const char *replaces;   /* the baseline control that this restricted one contains, or NULL */
    /* Since when such pods pass unseen; 0: never. */
    unsigned spares_windows_since, spares_user_namespaces_since;
    const char *reason;  /* upstream's words for a violation */
    const char *demands; /* what must hold, for the docs: one sentence, {allowed} is the values */
    control_judge_fn judge_pod, judge_container; /* either may be NULL */
    const struct control_value *allowed;
    size_t allowed_count;
};

/* The id; empty for NULL. */
static inline struct str control_id(const struct control *control) {
    return control ? str_from(control->id) : STR_NONE;
}
bool control_holds_at(const struct control *control, unsigned version);
/* Adds what breaks the control in this version of the standard: in one container of the pod, or,
 * with container NULL, in the pod's own fields. A pod keeps a control when all these calls add
 * nothing. */
void control_judge(const struct control *control, unsigned version, const struct pod *pod,
                   const struct container *container, struct findings *findings);

/* For judges: the securityContext judged, the container's or the pod's. */
static inline const struct security *control_security(const struct control_ctx *ctx) {
    return ctx->container ? &ctx->container->security : &ctx->pod->security;
}
/* Whether the value is among those allowed in this version. */
bool control_allows(const struct control_ctx *ctx, struct str value);
/* The allowed values as a person lists them, "a, b or c", in the findings' arena. Empty when
 * the findings are full: nobody will read it. */
struct str control_allowed_text(const struct control_ctx *ctx);
/* Adds the finding as the control's; it belongs to the container judged, else to the pod. */
void control_report(const struct control_ctx *ctx, const struct problem *problem,
                    struct finding finding);

#endif
