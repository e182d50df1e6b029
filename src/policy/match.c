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

/* What the API server fills in when a pod names no service account. */
static struct str service_account(const struct pod *pod) {
    return str_is_empty(pod->service_account_name) ? STR("default") : pod->service_account_name;
}

static bool pod_matches(const struct match *match, const struct subject *subject) {
    const struct workload *workload = subject->workload;
    const struct pod *pod = &workload->pod;
    if (match->names.count > 0 &&
        !any_glob_matches_any(&match->names, subject->match_names, subject->match_name_count))
        return false;
    if (match->service_account_names.count > 0 &&
        !glob_match_any(&match->service_account_names, service_account(pod)))
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

/* One of 64 bits, by the first letters and the length of both; other labels may have the same. */
static uint64_t mark_label(struct str key, struct str value) {
    uint64_t mixed = (glob_text_head(key) + key.len) * UINT64_C(0x9E3779B97F4A7C15);
    if (value.at)
        mixed = (mixed ^ (glob_text_head(value) + value.len)) * UINT64_C(0xD6E8FEB86659FD93);
    return UINT64_C(1) << (mixed >> 58);
}

static uint64_t labels_asked_for(const struct match *match) {
    uint64_t marks = 0;
    for (size_t i = 0; i < match->label_count; i++) {
        const struct label_glob *label = &match->labels[i];
        bool is_text =
            !glob_has_wildcard(label->glob) && str_find_char(label->glob, '\\') == label->glob.len;
        marks |= mark_label(label->key, STR_NONE);
        if (is_text) marks |= mark_label(label->key, label->glob);
    }
    return marks;
}

static uint64_t labels_there(const struct cJSON *labels) {
    uint64_t marks = 0;
    if (!tree_is_object(labels)) return 0;
    for (const struct cJSON *label = labels->child; label; label = label->next) {
        if (!tree_is_string(label)) continue; /* matches nothing */
        marks |= mark_label(tree_key(label), STR_NONE);
        marks |= mark_label(tree_key(label), tree_string(label));
    }
    return marks;
}

struct match_heads match_heads_of(const struct match *match) {
    return (struct match_heads){.labels = labels_asked_for(match),
                                .name_space = glob_head_of(&match->namespaces),
                                .user = glob_head_of(&match->users),
                                .service_account = glob_head_of(&match->service_account_names),
                                .name = glob_head_of(&match->names)};
}

struct subject_heads subject_heads_of(const struct subject *subject) {
    struct subject_heads heads = {.name_space = glob_text_head(subject->name_space),
                                  .user = glob_text_head(subject->user),
                                  .service_account =
                                      glob_text_head(service_account(&subject->workload->pod)),
                                  .name_count = subject->match_name_count,
                                  .labels = labels_there(subject->workload->pod_meta.labels),
                                  .knows_user = subject->is_from_review};
    for (size_t i = 0; i < subject->match_name_count; i++)
        heads.names[i] = glob_text_head(subject->match_names[i]);
    return heads;
}

bool match_heads_fit(const struct match_heads *heads, const struct subject_heads *of) {
    if (!glob_head_fits(heads->name_space, of->name_space) ||
        !glob_head_fits(heads->service_account, of->service_account) ||
        (of->knows_user && !glob_head_fits(heads->user, of->user)) ||
        (heads->labels & ~of->labels) != 0)
        return false;
    if (heads->name.mask == 0) return true;
    for (size_t i = 0; i < of->name_count; i++)
        if (glob_head_fits(heads->name, of->names[i])) return true;
    return false;
}

/* A reference that does not parse names no image that any runtime would pull. */
static void read_image(struct arena *arena, struct str text, struct match_image *image) {
    struct error err;
    image->is_read = true;
    image->is_image = image_parse(text, &image->image, &err);
    if (image->is_image) image->full_name = image_full_name(arena, &image->image);
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

bool match_container(struct arena *arena, const struct match *match,
                     const struct container *container, struct match_image *image) {
    if (!match->narrows_containers) return true;
    if (match->containers.count > 0 && !glob_match_any(&match->containers, container->name))
        return false;
    if (match->container_types && !(match->container_types >> container->type & 1)) return false;
    if (match->images.count == 0) return true;
    if (!image) return false;
    if (!image->is_read) read_image(arena, container->image, image);
    return image_matches(&match->images, image);
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
