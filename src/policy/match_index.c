#include "policy/match_index.h"

/* --- what a match asks -------------------------------------------------------------------------- */

static const struct str_list *list_of(const struct match *match, enum match_dimension dimension) {
    static const struct str_list none;
    switch (dimension) {
    case DIMENSION_NAMESPACE: return &match->namespaces;
    case DIMENSION_USER: return &match->users;
    case DIMENSION_GROUP: return &match->groups;
    case DIMENSION_NAME: return &match->names;
    case DIMENSION_SERVICE_ACCOUNT: return &match->service_account_names;
    case DIMENSION_RUNTIME_CLASS: return &match->runtime_classes;
    case DIMENSION_CONTAINER: return &match->containers;
    case DIMENSION_FIRST_LABEL:
    case DIMENSION_SECOND_LABEL:
    case DIMENSION_THIRD_LABEL:
    case DIMENSION_IMAGE:
    case DIMENSION_COUNT: break; /* no lists of globs */
    }
    return &none;
}

/* A label and its value as one text. */
static struct str join_label(struct arena *arena, struct str key, struct str value) {
    return STR_CONCAT(arena, key, STR("="), value);
}

/* Where the patterns of a dimension are put together. */
struct gathering {
    struct arena *arena;
    struct glob_filing *items;
    size_t count;
    uint32_t policy;
};

static void gather(struct gathering *gathering, struct str pattern) {
    gathering->items[gathering->count++] = (struct glob_filing){pattern, gathering->policy};
}

static void gather_list(struct gathering *gathering, const struct str_list *patterns) {
    for (size_t i = 0; i < patterns->count; i++)
        gather(gathering, patterns->items[i]);
}

/* By their names: what they say of tag and digest is left to match_container. */
static void gather_images(struct gathering *gathering, const struct image_pattern_list *patterns) {
    for (size_t i = 0; i < patterns->count; i++)
        if (patterns->items[i].everything) return;
    for (size_t i = 0; i < patterns->count; i++)
        gather(gathering, patterns->items[i].full_name);
}

/* Not when key and pattern make no pattern together: then the match is not filed by it. */
static void gather_label(struct gathering *gathering, const struct label_glob *label) {
    if (glob_head_length(label->key) < label->key.len) return;
    struct str pattern = join_label(gathering->arena, label->key, label->glob);
    if (pattern.len > 0 && pattern.len <= GLOB_MAX) gather(gathering, pattern);
}

static void gather_selecting(struct gathering *gathering, const struct match *match,
                             enum match_dimension dimension) {
    size_t label = (size_t)dimension - DIMENSION_FIRST_LABEL;
    if (dimension >= DIMENSION_FIRST_LABEL && dimension <= DIMENSION_THIRD_LABEL) {
        if (label < match->label_count) gather_label(gathering, &match->labels[label]);
    } else if (dimension == DIMENSION_IMAGE) {
        gather_images(gathering, &match->images);
    } else {
        gather_list(gathering, list_of(match, dimension));
    }
}

/* What asks elsewhere too takes out less than its patterns here say. */
static void gather_excluding(struct gathering *gathering, const struct match *match,
                             enum match_dimension dimension) {
    if (match->kinds != MATCH_ALL_KINDS || match->operations || match->label_count > 0 ||
        match->narrows_containers)
        return;
    for (enum match_dimension other = 0; other < DIMENSION_COUNT; other++)
        if (other != dimension && list_of(match, other)->count > 0) return;
    gather_list(gathering, list_of(match, dimension));
}

/* --- building ----------------------------------------------------------------------------------- */

/* No dimension has more patterns than this. */
static size_t most_patterns(const struct match_filing *filings, size_t count) {
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        most += 1 + filings[i].match->images.count;
        for (enum match_dimension dimension = 0; dimension < DIMENSION_COUNT; dimension++)
            most += list_of(filings[i].match, dimension)->count;
    }
    return most;
}

static bool build_step(struct gathering *gathering, const struct match_filing *filings,
                       size_t count, struct match_step step, struct match_index *out) {
    gathering->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (filings[i].sense != step.sense) continue;
        gathering->policy = filings[i].policy;
        if (step.sense == MATCH_EXCLUDE)
            gather_excluding(gathering, filings[i].match, step.dimension);
        else
            gather_selecting(gathering, filings[i].match, step.dimension);
    }
    if (gathering->count == 0) return true;
    if (!glob_index_build(gathering->arena, gathering->items, gathering->count, out->limit,
                          step.dimension == DIMENSION_IMAGE, &step.globs))
        return false;
    out->steps[out->step_count++] = step;
    return true;
}

bool match_index_build(struct arena *arena, const struct match_filing *filings, size_t count,
                       size_t limit, struct match_index *out) {
    struct gathering gathering = {.arena = arena};
    gathering.items = ARENA_NEW(arena, struct glob_filing, most_patterns(filings, count));
    *out = (struct match_index){.limit = limit};
    if (!gathering.items) return false;
    for (enum match_dimension dimension = 0; dimension < DIMENSION_COUNT; dimension++)
        for (enum match_sense sense = MATCH_SELECT; sense <= MATCH_EXCLUDE; sense++) {
            struct match_step step = {.dimension = dimension, .sense = sense};
            if (!build_step(&gathering, filings, count, step, out)) return false;
        }
    return true;
}

/* --- what a subject answers ---------------------------------------------------------------------- */

struct narrowing {
    const struct match_index *index;
    const struct subject *subject; /* its workload is NULL while the envelope is asked */
    struct match_images *images;   /* with its arena */
    uint64_t *policies;            /* those that are left */
};

static void find_texts(const struct glob_index *index, const struct str *texts, size_t count,
                       uint64_t *found) {
    for (size_t i = 0; i < count; i++)
        glob_index_find(index, texts[i], found);
}

static void find_labels(struct narrowing *narrowing, const struct glob_index *index,
                        uint64_t *found) {
    const struct cJSON *labels = narrowing->subject->workload->pod_meta.labels;
    if (!tree_is_object(labels)) return;
    for (const struct cJSON *label = labels->child; label; label = label->next)
        if (tree_is_string(label)) /* else it matches nothing */
            glob_index_find(index,
                            join_label(narrowing->images->arena, tree_key(label),
                                       tree_string(label)),
                            found);
}

static void find_containers(const struct pod *pod, const struct glob_index *index,
                            uint64_t *found) {
    for (size_t i = 0; i < pod->container_count; i++)
        glob_index_find(index, pod->containers[i].name, found);
}

static void find_images(const struct pod *pod, struct match_images *images,
                        const struct glob_index *index, uint64_t *found) {
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct match_image *image = match_images_get(images, &pod->containers[i]);
        if (image && image->is_image) glob_index_find(index, image->full_name, found);
    }
}

/* Asks with all that the subject has in the dimension. */
static void find(struct narrowing *narrowing, enum match_dimension dimension,
                 const struct glob_index *index, uint64_t *found) {
    const struct subject *subject = narrowing->subject;
    const struct workload *workload = subject->workload;
    switch (dimension) {
    case DIMENSION_NAMESPACE: glob_index_find(index, subject->name_space, found); break;
    case DIMENSION_USER: glob_index_find(index, subject->user, found); break;
    case DIMENSION_GROUP:
        find_texts(index, subject->groups.items, subject->groups.count, found);
        break;
    case DIMENSION_NAME:
        find_texts(index, subject->match_names, subject->match_name_count, found);
        break;
    case DIMENSION_SERVICE_ACCOUNT:
        glob_index_find(index, subject_service_account(subject), found);
        break;
    case DIMENSION_RUNTIME_CLASS:
        if (str_is_empty(workload->pod.runtime_class_name)) break; /* no class matches nothing */
        glob_index_find(index, workload->pod.runtime_class_name, found);
        break;
    case DIMENSION_FIRST_LABEL:
    case DIMENSION_SECOND_LABEL:
    case DIMENSION_THIRD_LABEL: find_labels(narrowing, index, found); break;
    case DIMENSION_CONTAINER: find_containers(&workload->pod, index, found); break;
    case DIMENSION_IMAGE: find_images(&workload->pod, narrowing->images, index, found); break;
    case DIMENSION_COUNT: break;
    }
}

/* Takes out those that ask and found nothing, or those whose exclude found something. */
static void narrow_by(struct narrowing *narrowing, const struct match_step *step) {
    const struct glob_index *globs = &step->globs;
    size_t limit = narrowing->index->limit;
    if (!bitset_meets(narrowing->policies, globs->asking, limit)) return;
    uint64_t *found = bitset_new(narrowing->images->arena, globs->count);
    uint64_t *matching = bitset_new(narrowing->images->arena, limit);
    if (!found || !matching) return;
    find(narrowing, step->dimension, globs, found);
    glob_index_owners(globs, found, matching);
    for (size_t i = 0; i < bitset_words(limit); i++)
        narrowing->policies[i] &=
            ~(step->sense == MATCH_EXCLUDE ? matching[i] : globs->asking[i] & ~matching[i]);
}

/* A manifest's requester is unknown: it is selected by all, and excluded by none. */
static bool is_known(const struct subject *subject, enum match_dimension dimension) {
    return subject->is_from_review || (dimension != DIMENSION_USER && dimension != DIMENSION_GROUP);
}

static void narrow(struct narrowing *narrowing, enum match_dimension end) {
    const struct match_index *index = narrowing->index;
    for (size_t i = 0; i < index->step_count && index->steps[i].dimension < end; i++)
        if (is_known(narrowing->subject, index->steps[i].dimension))
            narrow_by(narrowing, &index->steps[i]);
}

void match_index_narrow(const struct match_index *index, const struct subject *subject,
                        struct match_images *images, uint64_t *policies) {
    narrow(&(struct narrowing){index, subject, images, policies}, DIMENSION_COUNT);
}

void match_index_narrow_by_envelope(const struct match_index *index, struct arena *arena,
                                    const struct subject *subject, uint64_t *policies) {
    struct match_images none = {.arena = arena};
    narrow(&(struct narrowing){index, subject, &none, policies}, DIMENSION_NAME);
}
