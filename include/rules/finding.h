/*
 * finding: a fact about one object that a rule does not allow. It says where, what is there and what
 * must be there; the sentences are made from the check's problem rows by policy/verdict.
 *
 * Findings live in the request's (document's) arena. A finding belongs to the pod or to one container;
 * an inherited value is found at the container. Checks only add.
 */
#ifndef PODGATE_RULES_FINDING_H
#define PODGATE_RULES_FINDING_H

#include "kube/pod.h"

struct problem; /* rules/check.h */
struct control; /* rules/control.h */

/* What a finding's `list` and `field` are below. */
enum finding_root {
    FINDING_POD,          /* the pod spec, or the finding's container in it */
    FINDING_POD_METADATA, /* the pod's own metadata: a template's, or a Pod's */
    FINDING_OBJECT,       /* the object that was sent: "spec.replicas", "metadata.namespace" */
};

struct finding {
    const struct problem *problem;
    const struct container *container; /* NULL: the pod (or the object) */
    /* An entry of a list: env[3], named DB_PASSWORD. `list` is empty when the field is in no list. */
    struct str list; /* "env", "volumes", "ports", "securityContext.sysctls" */
    size_t index;
    struct str key; /* the entry's name, or another text that identifies it; shown as {key} */
    /* Below the entry, else below container or root: "securityContext.privileged"; may be empty. */
    struct str field;
    /* The field as an update is followed, where that is not its text: "volumes[data].hostPath" for volumes[2]. */
    struct str followed;
    enum finding_root root; /* where it is not the pod spec there is no list */
    /* As a person would write it (`true`, `nginx:latest`, `[NET_RAW]`); empty: unset. Never a literal secret. */
    struct str actual;
    /* What tells it from another at the same place, where `actual` does not: never shown, for it may be
     * a secret. Empty: `actual` tells. */
    struct str compared;
    struct str expected;           /* what must be there, shown as {expected} */
    struct str detail;             /* one more word for the sentence, shown as {detail} */
    const struct control *control; /* the one of pod-security that found it, or NULL */
    struct finding *next;
};

struct findings {
    struct arena *arena;
    struct finding *first, *last;
    size_t count;
    size_t limit;   /* kept at most; further ones are only counted */
    size_t omitted; /* counted only: they can be neither shown nor excused */
};

void findings_init(struct findings *findings, struct arena *arena, size_t limit);
/* Copies the struct (not its texts, which must live as long as the arena). NULL when omitted or out of
 * memory (the arena's mark then tells). The result may be completed by the caller. */
struct finding *finding_add(struct findings *findings, struct finding finding);

#endif
