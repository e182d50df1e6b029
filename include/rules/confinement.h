/*
 * confinement: what seccomp-profile and apparmor-profile share. Both fields have one shape (a type, and a file of
 * the node for Localhost), are inherited from the pod, and were annotations once.
 *
 * A profile is judged where it is written: one of the pod is the pod's fault, whatever its containers say, for the next
 * container inherits it. What nobody sets is found at the container.
 */
#ifndef PODGATE_RULES_CONFINEMENT_H
#define PODGATE_RULES_CONFINEMENT_H

#include "rules/check.h"

/* The params struct of both checks. */
struct confinement_params {
    unsigned allow;            /* bit set of confinement_types */
    struct str_list localhost; /* globs */
    bool is_required;
    /* made by confinement_prepare, for sentences */
    struct str types_text, localhost_text;
};
/* "RuntimeDefault", "Localhost", "Unconfined"; NULL-terminated. */
extern const char *const confinement_types[];

enum confinement_problem {
    CONFINEMENT_TYPE,          /* of a type that is not allowed */
    CONFINEMENT_LOCALHOST,     /* a file of the node that is not allowed */
    CONFINEMENT_ANNOTATION,    /* either, in an annotation */
    CONFINEMENT_MISSING,       /* required and not set */
    CONFINEMENT_MISSING_DEBUG, /* of a container that joins a pod nobody can edit any more */
    CONFINEMENT_PROBLEMS
};

/* What tells the two apart. */
struct confinement {
    const struct problem *problems;         /* CONFINEMENT_PROBLEMS of them */
    struct str type_field, localhost_field; /* "securityContext.….type" */
    struct str pod_annotation;              /* the pod's own; empty: there is none */
    const struct cJSON *(*annotation_of)(
        const struct profile_annotations *profiles); /* a container's */
    bool annotation_counts;                          /* it stands for the field */
    const struct security_profile *(*of)(const struct security *security);
};

/* The `prepare` of both checks. */
MUST_CHECK bool confinement_prepare(void *params, struct arena *arena, struct error *err);
void confinement_judge(const struct confinement *confinement, const struct check_ctx *ctx,
                       struct findings *findings);

#endif
