#include "policy/update.h"

#include "base/table.h"

#define CONTAINERS_MAX (1 << 24) /* of a pod: more than there are values in an object */

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

/* --- containers, new and old ------------------------------------------------------------------- */

/* The first container of a name in each list of the old pod. */
struct namesakes {
    const struct container *init, *regular, *ephemeral;
};

struct numbered_pod {
    const struct pod *pod;
    uint32_t *numbers; /* by container: that of its name */
};

/* Pods may have thousands, and names be long: once somebody asks, each name gets a number. */
struct containers {
    struct arena *arena;
    struct numbered_pod new, old;
    struct table by_name; /* rows are namesakes */
    bool are_numbered;
};

static const struct container **in_list(struct namesakes *namesakes, enum container_type type) {
    if (type == CONTAINER_EPHEMERAL) return &namesakes->ephemeral;
    return type == CONTAINER_REGULAR ? &namesakes->regular : &namesakes->init;
}

static bool number(struct containers *containers, struct numbered_pod *numbered, bool is_old) {
    const struct pod *pod = numbered->pod;
    numbered->numbers = ARENA_NEW(containers->arena, uint32_t, pod->container_count);
    if (!numbered->numbers) return false;
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct container *container = &pod->containers[i];
        uint32_t number = table_take(&containers->by_name, containers->arena, container->name);
        if (number == TABLE_NONE) return false;
        numbered->numbers[i] = number;
        const struct container **first =
            in_list(table_row(&containers->by_name, number), container->type);
        if (is_old && !*first) *first = container;
    }
    return true;
}

/* False when out of memory: then nothing is known of old, and the arena's mark beats the verdict. */
static bool number_containers(struct containers *containers) {
    if (containers->are_numbered) return true;
    table_init(&containers->by_name, sizeof(struct namesakes), CONTAINERS_MAX);
    containers->are_numbered =
        number(containers, &containers->old, true) && number(containers, &containers->new, false);
    return containers->are_numbered;
}

static uint32_t number_of(const struct numbered_pod *numbered, const struct container *container) {
    return numbered->numbers[container - numbered->pod->containers];
}

/* It is new, or runs another image than the one of its name in the same list. */
static bool has_changed(struct containers *containers, const struct container *container) {
    if (!number_containers(containers)) return true;
    void *row = table_row(&containers->by_name, number_of(&containers->new, container));
    const struct container *before = *in_list(row, container->type);
    return !before || !str_equals(before->image, container->image);
}

/* isSignificantPodUpdate of k8s.io/pod-security-admission v0.37.2: lists by position, ephemeral containers by name. */
static bool is_significant(struct containers *containers) {
    const struct pod *pod = containers->new.pod, *old = containers->old.pod;
    size_t lasting = count_lasting(pod);
    if (lasting != count_lasting(old)) return true;
    for (size_t i = 0; i < lasting; i++)
        if (!str_equals(pod->containers[i].list, old->containers[i].list) ||
            !str_equals(pod->containers[i].image, old->containers[i].image))
            return true;
    for (size_t i = lasting; i < pod->container_count; i++)
        if (has_changed(containers, &pod->containers[i])) return true;
    return false;
}

/* --- what was there ---------------------------------------------------------------------------- */

static struct str value_of(const struct finding *finding) {
    return str_is_empty(finding->compared) ? finding->actual : finding->compared;
}

static struct str field_of(const struct finding *finding) {
    return str_is_empty(finding->followed) ? finding->field : finding->followed;
}

static bool is_same_container(const struct containers *containers, const struct container *old,
                              const struct container *new) {
    if (!old || !new) return old == new;
    return old->type == new->type &&number_of(&containers->old, old) ==
           number_of(&containers->new, new);
}

static bool is_same_entry(const struct finding *a, const struct finding *b) {
    if (!str_equals(a->list, b->list) || !str_equals(a->key, b->key)) return false;
    return !str_is_empty(a->key) || a->index == b->index;
}

static bool is_same_finding(const struct containers *containers, const struct finding *old,
                            const struct finding *new) {
    return old->problem == new->problem &&
           old->control ==
               new->control &&is_same_container(containers, old->container, new->container) &&
           is_same_entry(old, new) &&
           old->root == new->root &&str_equals(field_of(old), field_of(new)) &&
           str_equals(old->detail, new->detail) && str_equals(value_of(old), value_of(new));
}

static bool is_same(const struct containers *containers, const struct violation *old,
                    const struct violation *new) {
    return old->rule == new->rule &&is_same_finding(containers, old->finding, new->finding);
}

static uint64_t mix(uint64_t mark, uint64_t number) {
    mark = (mark ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    return mark ^ mark >> 32;
}

/* The same for all that are the same; hardly ever for others. */
static uint64_t mark_of(const struct numbered_pod *numbered, const struct violation *violation) {
    const struct finding *finding = violation->finding;
    const struct str texts[] = {finding->list, finding->key, field_of(finding), finding->detail,
                                value_of(finding)};
    uint64_t mark = mix((uintptr_t)violation->rule, (uintptr_t)finding->problem);
    if (finding->container) mark = mix(mark, number_of(numbered, finding->container) + 1);
    if (str_is_empty(finding->key)) mark = mix(mark, finding->index);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mark = mix(mark, table_hash(texts[i]));
    return mark;
}

/* --- the ratchet ------------------------------------------------------------------------------- */

struct ratchet {
    struct containers containers;
    const struct judgement *old;
    const struct violation *next_old; /* behind the last one that was found again */
    uint64_t *old_marks; /* of all that counted in the old object; NULL: nobody asked */
    bool is_pod, is_significant, has_same_template;
};

static bool mark_old(struct ratchet *ratchet) {
    if (ratchet->old_marks) return true;
    uint64_t *mark = ARENA_NEW(ratchet->containers.arena, uint64_t, ratchet->old->count);
    ratchet->old_marks = mark;
    for (const struct violation *v = ratchet->old->first; mark && v; v = v->next)
        *mark++ = mark_of(&ratchet->containers.old, v);
    return mark != NULL;
}

/* The one in the old object's list, or NULL. */
static const struct violation *find_same(struct ratchet *ratchet,
                                         const struct violation *violation) {
    if (!mark_old(ratchet)) return NULL;
    uint64_t wanted = mark_of(&ratchet->containers.new, violation);
    const uint64_t *mark = ratchet->old_marks;
    for (const struct violation *v = ratchet->old->first; v; v = v->next)
        if (*mark++ == wanted && is_same(&ratchet->containers, v, violation)) return v;
    return NULL;
}

/* What an exception took out of the old object is not among what counted there. Both lists have one order, so mostly it
 * is the next one. */
static bool was_there(struct ratchet *ratchet, const struct violation *violation) {
    if (!number_containers(&ratchet->containers)) return false;
    const struct violation *same = ratchet->next_old;
    if (!same || !is_same(&ratchet->containers, same, violation))
        same = find_same(ratchet, violation);
    if (same) ratchet->next_old = same->next;
    return same != NULL;
}

static bool is_kept(struct ratchet *ratchet, const struct violation *violation) {
    if (violation->rule->policy->is_strict) return false;
    if (ratchet->is_pod && violation->rule->standard) return !ratchet->is_significant;
    if (ratchet->is_pod && ratchet->is_significant) {
        const struct finding *finding = violation->finding;
        const struct container *container = finding->container;
        if (container ? has_changed(&ratchet->containers, container)
                      : finding->root != FINDING_OBJECT)
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

/* Of the others is_kept asks nothing. */
static bool asks_what_was_there(const struct rule *rule, bool is_pod) {
    return !rule->policy->is_strict && !(is_pod && rule->standard);
}

const bool *update_rules_of_old(struct arena *arena, const struct snapshot *snapshot,
                                const struct workload *workload,
                                const struct judgement *judgement) {
    bool *rules = ARENA_NEW(arena, bool, snapshot->rule_count);
    for (const struct violation *v = judgement->first; rules && v; v = v->next)
        rules[v->rule->number] = asks_what_was_there(v->rule, workload->kind->is_pod);
    return rules;
}

void update_ratchet(struct arena *arena, const struct judged_object *object,
                    const struct judged_object *old_object) {
    const struct workload *workload = object->workload, *old = old_object->workload;
    struct ratchet ratchet = {.containers = {.arena = arena,
                                             .new = {.pod = &workload->pod},
                                             .old = {.pod = &old->pod}},
                              .old = old_object->judgement,
                              .next_old = old_object->judgement->first,
                              .is_pod = workload->kind->is_pod,
                              .has_same_template = is_same_template(workload, old)};
    ratchet.is_significant = ratchet.is_pod && is_significant(&ratchet.containers);
    keep_violations(&ratchet, object->judgement);
    if (object->judgement->omissions) keep_omissions(&ratchet, object->judgement);
    judgement_sum_up(object->judgement);
}
