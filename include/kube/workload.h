/*
 * workload: which kinds carry a pod spec, and where they keep it. A table is the only home of that fact for the nine of
 * Kubernetes; policy files may declare more (kind WorkloadKind), which live as long as their snapshot.
 */
#ifndef PODGATE_KUBE_WORKLOAD_H
#define PODGATE_KUBE_WORKLOAD_H

#include "kube/meta.h"
#include "kube/pod.h"

struct workload_kind {
    struct str group;    /* "" (core), "apps", "batch" */
    struct str kind;     /* "Deployment" */
    struct str resource; /* "deployments" */
    struct str
        template_path; /* "spec.template", "spec.jobTemplate.spec.template", "template"; "" for Pod */
    struct str spec_path; /* "spec.template.spec"; "spec" for Pod */
    struct str
        metadata_path; /* of the pod's own metadata: "spec.template.metadata"; "metadata" for Pod */
    bool is_pod;
    /* Of declared kinds only: */
    unsigned declared_as; /* its workload_index; 0: one of the nine */
    bool is_scaled;       /* spec.replicas is a number of equal Pods */
    bool runs_to_completion;
};

extern const struct workload_kind workload_kinds[];
extern const size_t workload_kind_count;

/* Kinds that policy files declare, none of them one of the nine. NULL stands for none. */
struct declared_kinds {
    const struct workload_kind *items;
    size_t count;
};

/* The nine and those declared, numbered from 0: sets of kinds are bits of 32. */
#define WORKLOAD_KINDS_MAX 32
static inline size_t workload_index(const struct workload_kind *kind) {
    return kind->declared_as ? kind->declared_as : (size_t)(kind - workload_kinds);
}

/* The kind, or NULL. Only the groups the API server serves: "", apps, batch. */
const struct workload_kind *workload_find(struct str group, struct str kind);
/* For manifests: any version of core, apps, batch, extensions; `api_version` as written. */
const struct workload_kind *workload_find_manifest(struct str api_version, struct str kind);
/* The same with the declared ones. */
const struct workload_kind *workload_find_among(const struct declared_kinds *declared,
                                                struct str group, struct str kind);
const struct workload_kind *workload_find_manifest_among(const struct declared_kinds *declared,
                                                         struct str api_version, struct str kind);
/* A name without group is that of one of the nine before it is a declared one; NULL also when two declared ones have it. */
const struct workload_kind *workload_find_name_among(const struct declared_kinds *declared,
                                                     struct str name);
/* For policy files: "Deployment" or "Deployment.apps" (core is "Pod" or "Pod."); NULL when unknown. */
const struct workload_kind *workload_find_name(struct str name);

/* What an object's spec says beside its template. */
struct workload_spec {
    struct optional_int replicas; /* Deployment, ReplicaSet, StatefulSet, ReplicationController */
    struct optional_int ttl_after_finished, active_deadline; /* Job, and of a CronJob's Jobs */
    struct optional_int starting_deadline, successful_history, failed_history; /* CronJob */
    struct str concurrency_policy;                                             /* CronJob */
};

/* An object that carries a pod spec, taken apart. */
struct workload {
    const struct workload_kind *kind;
    const struct declared_kinds *declared; /* set by who knows them: owners may be of these kinds */
    const struct document *document;
    const struct cJSON *node; /* the object; not the document's root when it is an item of a List */
    struct str api_version;   /* as it was sent; in a review the caller knows */
    struct meta meta;         /* the object's own */
    struct workload_spec spec; /* empty for a Pod */
    struct meta pod_meta;      /* the template's; the object's own for a Pod */
    bool has_pod;              /* false: a null template (ReplicationController) */
    struct pod pod;
};

/* A Job, or a CronJob. */
static inline bool workload_is_job(const struct workload *workload) {
    return !workload->kind->declared_as && str_equals(workload->kind->kind, STR("Job"));
}
static inline bool workload_is_cron_job(const struct workload *workload) {
    return !workload->kind->declared_as && str_equals(workload->kind->kind, STR("CronJob"));
}
/* Runs a number of equal Pods that somebody chose: a Deployment, a StatefulSet, and a ReplicaSet or ReplicationController
 * that nothing controls (else it is its controller that is scaled); a declared kind that says so. */
bool workload_is_scaled(const struct workload *workload);
/* The kubelet's image of a static Pod, which the API server does not run. */
bool workload_is_mirror(const struct workload *workload);
/* Its Pods run to their end: a Job, a CronJob, a Pod that a Job controls, or a declared kind that says so. */
bool workload_runs_to_its_end(const struct workload *workload);
/* Decodes metadata and pod spec of an object of a known kind. Errors as pod_decode, `where` from the object's root. */
MUST_CHECK bool workload_decode(struct arena *arena, const struct workload_kind *kind,
                                const struct document *document, const struct cJSON *object,
                                struct workload *out, struct error *err);
/* The pod spec's node of an object, or NULL: for comparing old and new. */
const struct cJSON *workload_find_spec(const struct workload_kind *kind,
                                       const struct cJSON *object);

/* Who a person would say this belongs to: the controller owner with a ReplicaSet's suffix taken off if it equals the
 * label pod-template-hash (Argo's rollouts-pod-template-hash: a Rollout), a CronJob's (a Job owned: '-' and 8 or more digits) likewise. Without owner: the object's own name, else
 * generateName without its '-'. `kind` receives "Deployment", "CronJob", the owner's kind or the object's own. Slices of the object's own texts. */
struct workload_name {
    struct str kind, name;
    bool is_owner;     /* somebody else's name */
    bool is_generated; /* the object's own name was generated: show "worker-*" */
};
struct workload_name workload_display_name(const struct workload *workload);
/* `names` of match: own name, generateName without '-', the owner's, the owner's without its suffix. At most 4. */
size_t workload_match_names(const struct workload *workload, struct str names[static 4]);

#endif
