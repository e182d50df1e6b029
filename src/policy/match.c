#include "policy/match.h"

static bool any_glob_matches_any(const struct str_list *globs, const struct str *texts,
                                 size_t count) {
    for (size_t i = 0; i < count; i++)
        if (glob_match_any(globs, texts[i])) return true;
    return false;
}

static bool kind_is_among(uint32_t kinds, const struct workload_kind *kind) {
    return kinds >> workload_index(kind) & 1;
}

static bool labels_match(const struct match *match, const struct cJSON *labels) {
    for (size_t i = 0; i < match->label_count; i++) {
        const struct cJSON *value = tree_find(labels, match->labels[i].key);
        if (!tree_is_string(value) || !glob_match(match->labels[i].glob, tree_string(value)))
            return false;
    }
    return true;
}

static bool requester_matches(const struct match *match, enum operation operation, struct str user,
                              const struct str_list *groups) {
    if (match->operations && !(match->operations >> operation & 1)) return false;
    if (match->users.count > 0 && !glob_match_any(&match->users, user)) return false;
    return match->groups.count == 0 ||
           any_glob_matches_any(&match->groups, groups->items, groups->count);
}

struct str subject_service_account(const struct subject *subject) {
    struct str name = subject->workload->pod.service_account_name;
    return str_is_empty(name) ? STR("default") : name;
}

static bool pod_matches(const struct match *match, const struct subject *subject) {
    const struct workload *workload = subject->workload;
    const struct pod *pod = &workload->pod;
    if (match->names.count > 0 &&
        !any_glob_matches_any(&match->names, subject->match_names, subject->match_name_count))
        return false;
    if (match->service_account_names.count > 0 &&
        !glob_match_any(&match->service_account_names, subject_service_account(subject)))
        return false;
    /* No class is no class: `*` means those that have one. */
    if (match->runtime_classes.count > 0 &&
        (str_is_empty(pod->runtime_class_name) ||
         !glob_match_any(&match->runtime_classes, pod->runtime_class_name)))
        return false;
    return labels_match(match, workload->pod_meta.labels);
}

void subject_init(struct subject *subject, const struct workload *workload) {
    *subject = (struct subject){.workload = workload, .name_space = workload->meta.name_space};
    if (str_is_empty(subject->name_space)) subject->name_space = STR("default");
    subject->match_name_count = workload_match_names(workload, subject->match_names);
}

bool match_object(const struct match *match, const struct subject *subject,
                  enum match_sense sense) {
    if (match->is_empty) return true;
    if (!kind_is_among(match->kinds, subject->workload->kind)) return false;
    if (match->namespaces.count > 0 && !glob_match_any(&match->namespaces, subject->name_space))
        return false;
    if (match->needs_request) {
        if (!subject->is_from_review && sense == MATCH_EXCLUDE) return false;
        if (subject->is_from_review &&
            !requester_matches(match, subject->operation, subject->user, &subject->groups))
            return false;
    }
    return pod_matches(match, subject);
}

static void read_image(struct arena *arena, struct str text, struct match_image *image) {
    struct error err;
    image->is_read = true;
    image->is_image = image_parse(text, &image->image, &err);
    if (image->is_image) image->full_name = image_full_name(arena, &image->image);
}

const struct match_image *match_images_get(struct match_images *images,
                                           const struct container *container) {
    const struct pod *pod = images->pod;
    if (!images->items)
        images->items = ARENA_NEW(images->arena, struct match_image, pod->container_count);
    if (!images->items) return NULL;
    struct match_image *image = &images->items[container - pod->containers];
    if (!image->is_read) read_image(images->arena, container->image, image);
    return image;
}

static bool image_matches(const struct image_pattern_list *patterns,
                          const struct match_image *image) {
    for (size_t i = 0; i < patterns->count; i++)
        if (patterns->items[i].everything ||
            (image->is_image &&
             image_pattern_match_named(&patterns->items[i], &image->image, image->full_name)))
            return true;
    return false;
}

bool match_container(const struct match *match, const struct container *container,
                     struct match_images *images) {
    if (!match->narrows_containers) return true;
    if (match->containers.count > 0 && !glob_match_any(&match->containers, container->name))
        return false;
    if (match->container_types && !(match->container_types >> container->type & 1)) return false;
    if (match->images.count == 0) return true;
    /* Out of memory nothing matches: the arena's mark beats the verdict. */
    const struct match_image *image = match_images_get(images, container);
    return image && image_matches(&match->images, image);
}

bool match_envelope(const struct match *match, const struct review *review,
                    const struct workload_kind *kind) {
    if (match->is_empty) return true;
    if (!kind_is_among(match->kinds, kind)) return false;
    if (match->namespaces.count > 0 && !glob_match_any(&match->namespaces, review->name_space))
        return false;
    return !match->needs_request ||
           requester_matches(match, review->operation, review->user, &review->groups);
}
