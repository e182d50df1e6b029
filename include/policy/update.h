/*
 * update: what an update adds. A person who changes one thing is not made to mend all others first, and no
 * controller is stopped from its bookkeeping on an object that was admitted before its rule was.
 *
 * Old and new object are judged alike. A violation that both have is kept and does not count, unless an
 * exception took it out of the old one, or its policy says `updates: strict`. Two violations are the same when rule,
 * problem, control, container (type and name), list entry (key, else index), field and value are: places in lists do not matter.
 *
 * On Pods, whose spec hardly can change, the verdict of pod-security is that of Kubernetes (k8s.io/pod-security-admission,
 * isSignificantPodUpdate): the whole Pod counts once an image changed or a container came, and nothing counts before. Then other
 * checks count what the changed containers and the pod itself have; what they find of the object (FINDING_OBJECT), which the Pod
 * was made with, does not come again.
 */
#ifndef PODGATE_POLICY_UPDATE_H
#define PODGATE_POLICY_UPDATE_H

#include "policy/engine.h"

/* Whether the pod means the same: a Pod's spec; a template with its metadata, and how many Pods are made of it. */
bool update_is_pod_unchanged(const struct workload_kind *kind, const struct cJSON *object,
                             const struct cJSON *old_object);
/* Whether all that checks of the object itself read means the same: its labels, annotations and spec. */
bool update_is_object_unchanged(const struct cJSON *object, const struct cJSON *old_object);

/* By number, the rules to judge the old object by: those of which update_ratchet asks what they found there. NULL when out of memory. */
const bool *update_rules_of_old(struct arena *arena, const struct snapshot *snapshot,
                                const struct workload *workload, const struct judgement *judgement);

/* An object and what it came to. */
struct judged_object {
    const struct workload *workload;
    struct judgement *judgement;
};
/* Moves what the update did not add from the new object's violations to `kept`, and sums up. Both must have
 * a pod and were judged by the same terms, the old one by these rules at least. `arena` is for what it needs meanwhile. */
void update_ratchet(struct arena *arena, const struct judged_object *object,
                    const struct judged_object *old_object);

#endif
