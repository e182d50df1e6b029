#include "policy/update.h"

/* --- what changed ------------------------------------------------------------------------------ */

/* NULL where the path leads nowhere or to null. */
static const struct cJSON *find(const struct cJSON *object, struct str path) {
    bool whole;
    const struct cJSON *node = tree_resolve(object, path, &whole);
    return whole && !tree_is_null(node) ? node : NULL;
}

static bool is_same_at(struct str path, const struct cJSON *object,
                       const struct cJSON *old_object) {
    return tree_equals(find(object, path), find(old_object, path));
}

bool update_is_pod_unchanged(const struct workload_kind *kind, const struct cJSON *object,
                             const struct cJSON *old_object) {
    if (kind->is_pod)
        return tree_equals(workload_find_spec(kind, object), workload_find_spec(kind, old_object));
    return is_same_at(kind->template_path, object, old_object) &&
           is_same_at(STR("spec.replicas"), object, old_object);
}

bool update_is_object_unchanged(const struct cJSON *object, const struct cJSON *old_object) {
    return is_same_at(STR("spec"), object, old_object) &&
           is_same_at(STR("metadata.labels"), object, old_object) &&
           is_same_at(STR("metadata.annotations"), object, old_object) &&
           is_same_at(STR("metadata.finalizers"), object, old_object) &&
           is_same_at(STR("metadata.ownerReferences"), object, old_object);
}

/* Whether the Pods that a template makes are the same ones as before. */
static bool is_same_template(const struct workload *workload, const struct workload *old) {
    const struct workload_kind *kind = workload->kind;
    return !kind->is_pod &&
           is_same_at(kind->template_path, workload->document->root, old->document->root);
}

/* Ephemeral containers come after all others. */
static size_t count_lasting(const struct pod *pod) {
    size_t count = 0;
    while (count < pod->container_count && pod->containers[count].type != CONTAINER_EPHEMERAL)
        count++;
    return count;
}

/* The container of this name in the same list, or NULL. */
static const struct container *find_container(const struct pod *pod, const struct container *like) {
    for (size_t i = 0; i < pod->container_count; i++)
        if (str_equals(pod->containers[i].name, like->name) &&
            str_equals(pod->containers[i].list, like->list))
            return &pod->containers[i];
    return NULL;
}

/* It is new, or runs another image. */
static bool has_changed(const struct container *container, const struct pod *old) {
    const struct container *before = find_container(old, container);
    return !before || !str_equals(before->image, container->image);
}

/* isSignificantPodUpdate of k8s.io/pod-security-admission v0.37.2: lists by position, ephemeral containers by name. */
static bool is_significant(const struct pod *pod, const struct pod *old) {
    size_t lasting = count_lasting(pod);
    if (lasting != count_lasting(old)) return true;
    for (size_t i = 0; i < lasting; i++)
        if (!str_equals(pod->containers[i].list, old->containers[i].list) ||
            !str_equals(pod->containers[i].image, old->containers[i].image))
            return true;
    for (size_t i = lasting; i < pod->container_count; i++)
        if (has_changed(&pod->containers[i], old)) return true;
    return false;
}

/* --- what was there ---------------------------------------------------------------------------- */

static struct str value_of(const struct finding *finding) {
    return str_is_empty(finding->compared) ? finding->actual : finding->compared;
}

static bool is_same_container(const struct container *a, const struct container *b) {
    if (!a || !b) return a == b;
    return a->type == b->type && str_equals(a->name, b->name);
}

static bool is_same_entry(const struct finding *a, const struct finding *b) {
    if (!str_equals(a->list, b->list) || !str_equals(a->key, b->key)) return false;
    return !str_is_empty(a->key) || a->index == b->index;
}

static struct str field_of(const struct finding *finding) {
    return str_is_empty(finding->followed) ? finding->field : finding->followed;
}

static bool is_same_finding(const struct finding *a, const struct finding *b) {
    return a->problem == b->problem && a->control == b->control &&
           is_same_container(a->container, b->container) && is_same_entry(a, b) &&
           a->root == b->root && str_equals(field_of(a), field_of(b)) &&
           str_equals(a->detail, b->detail) && str_equals(value_of(a), value_of(b));
}

static bool is_same(const struct violation *a, const struct violation *b) {
    return a->rule == b->rule && is_same_finding(a->finding, b->finding);
}

/* --- the ratchet ------------------------------------------------------------------------------- */

struct ratchet {
    const struct pod *old_pod;
    const struct judgement *old;
    const struct violation *next_old; /* behind the last one that was found again */
    bool is_pod, is_significant, has_same_template;
};

static const struct violation *find_same(const struct violation *from, const struct violation *end,
                                         const struct violation *like) {
    while (from != end && !is_same(from, like))
        from = from->next;
    return from != end ? from : NULL;
}

/* What an exception took out of the old object is not among what counted there. Both lists have one order, so the
 * search goes on where the last one ended. */
static bool was_there(struct ratchet *ratchet, const struct violation *violation) {
    const struct violation *same = find_same(ratchet->next_old, NULL, violation);
    if (!same) same = find_same(ratchet->old->first, ratchet->next_old, violation);
    if (same) ratchet->next_old = same->next;
    return same != NULL;
}

static bool is_kept(struct ratchet *ratchet, const struct violation *violation) {
    if (violation->rule->policy->is_strict) return false;
    if (ratchet->is_pod && violation->rule->standard) return !ratchet->is_significant;
    if (ratchet->is_pod && ratchet->is_significant) {
        const struct finding *finding = violation->finding;
        const struct container *container = finding->container;
        if (container ? has_changed(container, ratchet->old_pod) : finding->root != FINDING_OBJECT)
            return false;
    }
    return was_there(ratchet, violation);
}

static void keep_violations(struct ratchet *ratchet, struct judgement *judgement) {
    struct violation **from = &judgement->first, **to = &judgement->kept;
    while (*from) {
        struct violation *violation = *from;
        if (!is_kept(ratchet, violation)) {
            from = &violation->next;
            continue;
        }
        *from = violation->next;
        *to = violation;
        to = &violation->next;
        *to = NULL;
        judgement->count--;
        judgement->kept_count++;
    }
}

/* Nobody knows what was omitted: it was there before only if all was. */
static void keep_omissions(const struct ratchet *ratchet, struct judgement *judgement) {
    for (struct omission **at = &judgement->omissions; *at;) {
        struct omission *omission = *at;
        bool is_passed_over =
            ratchet->is_pod && omission->rule->standard && !ratchet->is_significant;
        if (omission->rule->policy->is_strict || !(is_passed_over || ratchet->has_same_template)) {
            at = &omission->next;
            continue;
        }
        *at = omission->next;
        judgement->kept_count += omission->count;
    }
}

void update_ratchet(const struct judged_object *object, const struct judged_object *old_object) {
    const struct workload *workload = object->workload, *old = old_object->workload;
    bool is_pod = workload->kind->is_pod;
    struct ratchet ratchet = {.old_pod = &old->pod,
                              .old = old_object->judgement,
                              .next_old = old_object->judgement->first,
                              .is_pod = is_pod,
                              .is_significant = is_pod && is_significant(&workload->pod, &old->pod),
                              .has_same_template = is_same_template(workload, old)};
    keep_violations(&ratchet, object->judgement);
    if (object->judgement->omissions) keep_omissions(&ratchet, object->judgement);
    judgement_sum_up(object->judgement);
}
