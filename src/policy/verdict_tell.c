/* One finding in words: the path of its field, who it is about, what is wrong, what to write. */
#include "policy/verdict_told.h"

/* What is said of every finding in one container. */
struct container_words {
    struct str path, subject;
};

struct teller {
    struct arena *arena;
    const struct workload *workload;
    const struct workload_kind *edited; /* in whose file the person who made this finds the pod */
    struct container_words *containers; /* as they stand in the pod, made when first asked for */
    const struct violation *alike[16];  /* the last of each problem, by a hash */
};

static const struct workload_kind *edited_kind(const struct workload *workload) {
    struct workload_name owner = workload_display_name(workload);
    const struct workload_kind *kind =
        owner.is_owner ? workload_find_name_among(workload->declared, owner.kind) : NULL;
    return kind ? kind : workload->kind;
}

static bool is_ephemeral(const struct finding *finding) {
    return finding->container && finding->container->type == CONTAINER_EPHEMERAL;
}

/* --- paths ----------------------------------------------------------------------------------- */

/* BEGIN.containers[0] */
static struct str item_path(struct arena *arena, struct str begin, struct str list, size_t index) {
    struct strbuf path;
    strbuf_init(&path, arena, begin.len + list.len + 24);
    STRBUF_ADD(&path, begin, STR("."), list, STR("["));
    strbuf_add_number(&path, index);
    strbuf_add_char(&path, ']');
    return strbuf_str(&path);
}

static struct str container_path(struct arena *arena, const struct workload_kind *kind,
                                 const struct container *container) {
    return item_path(arena, kind->spec_path, container->list, container->index);
}

/* What the paths of the pod's findings begin with in a file of the kind. */
static struct str root_path(const struct workload_kind *kind, enum finding_root root) {
    switch (root) {
    case FINDING_POD: return kind->spec_path;
    case FINDING_POD_METADATA: return kind->metadata_path;
    case FINDING_OBJECT: return STR("");
    }
    return STR("");
}

/* From the container's path, or the root's, to the field. */
static struct str path_from(struct arena *arena, struct str begin, const struct finding *finding,
                            struct str field) {
    if (!str_is_empty(finding->list))
        begin = item_path(arena, begin, finding->list, finding->index);
    if (str_is_empty(field)) return begin;
    return STR_CONCAT(arena, begin, str_is_empty(begin) ? STR("") : STR("."), field);
}

/* An ephemeral container is in no template. */
static const struct workload_kind *kind_shown(const struct workload *workload,
                                              const struct workload_kind *edited,
                                              const struct finding *finding) {
    return is_ephemeral(finding) ? workload->kind : edited;
}

static struct str shown_field(struct arena *arena, const struct finding *finding) {
    return str_escaped(arena, finding->field, WORDS_TEXT_MAX);
}

static bool is_in_container(const struct finding *finding) {
    return finding->root == FINDING_POD && finding->container;
}

static struct str path_in(struct arena *arena, const struct workload_kind *kind,
                          const struct finding *finding, struct str field) {
    struct str begin = is_in_container(finding) ? container_path(arena, kind, finding->container)
                                                : root_path(kind, finding->root);
    return path_from(arena, begin, finding, field);
}

struct str verdict_path(struct arena *arena, const struct workload *workload,
                        const struct finding *finding) {
    const struct workload_kind *kind = kind_shown(workload, edited_kind(workload), finding);
    return path_in(arena, kind, finding, shown_field(arena, finding));
}

struct str verdict_own_path(struct arena *arena, const struct workload *workload,
                            const struct finding *finding) {
    return path_in(arena, workload->kind, finding, finding->field);
}

struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct told *told) {
    const char *pod_field = told->finding->problem->pod_field;
    /* The pod's fields cannot change once a debug container can be added. */
    if (!pod_field || is_ephemeral(told->finding)) return told->words->path;
    return STR_CONCAT(arena, edited_kind(workload)->spec_path, STR("."), str_from(pod_field));
}

/* --- sentences ------------------------------------------------------------------------------- */

static struct str container_subject(struct arena *arena, const struct container *container) {
    struct strbuf text;
    strbuf_init(&text, arena, container->name.len + 16);
    strbuf_add(&text, STR("container "));
    strbuf_add_quoted(&text, container->name, WORDS_NAME_MAX);
    return strbuf_str(&text);
}

static struct str pod_subject(struct arena *arena, const struct workload *workload,
                              const struct finding *finding) {
    bool is_of_pod = finding->root != FINDING_OBJECT || workload->kind->is_pod;
    return is_of_pod ? STR("the pod") : STR_CONCAT(arena, STR("the "), workload->kind->kind);
}

struct str verdict_message(struct arena *arena, const struct workload *workload,
                           const struct finding *finding) {
    struct str subject = finding->container ? container_subject(arena, finding->container)
                                            : pod_subject(arena, workload, finding);
    return STR_CONCAT(arena, subject, STR(" "),
                      words_filled(arena, finding->problem->says, finding));
}

struct str verdict_fix(struct arena *arena, const struct finding *finding) {
    return words_filled(arena, finding->problem->mend, finding);
}

/* --- all of a judgement ---------------------------------------------------------------------- */

static const struct container_words *words_of_container(struct teller *teller,
                                                        const struct finding *finding) {
    const struct container *container = finding->container;
    struct container_words *words =
        &teller->containers[container - teller->workload->pod.containers];
    if (words->path.at) return words;
    const struct workload_kind *kind = kind_shown(teller->workload, teller->edited, finding);
    words->path = container_path(teller->arena, kind, container);
    words->subject = container_subject(teller->arena, container);
    return words;
}

/* Whether the templates come to the same texts. */
static bool says_the_same(const struct finding *a, const struct finding *b) {
    return a->problem == b->problem && str_equals(a->key, b->key) &&
           str_equals(a->actual, b->actual) && str_equals(a->expected, b->expected) &&
           str_equals(a->detail, b->detail);
}

/* Most problems are found in several containers, with the same facts. */
static void fill_templates(struct teller *teller, struct violation *violation) {
    const struct finding *finding = violation->finding;
    size_t places = sizeof teller->alike / sizeof *teller->alike;
    size_t place = (uintptr_t)finding->problem / sizeof *finding->problem % places;
    const struct violation *alike = teller->alike[place];
    teller->alike[place] = violation;
    if (alike && says_the_same(alike->finding, finding)) {
        violation->words.says = alike->words.says;
        violation->words.mend = alike->words.mend;
        return;
    }
    violation->words.says = words_filled(teller->arena, finding->problem->says, finding);
    violation->words.mend = words_filled(teller->arena, finding->problem->mend, finding);
}

static void tell(struct teller *teller, struct violation *violation) {
    struct arena *arena = teller->arena;
    const struct finding *finding = violation->finding;
    struct str begin = root_path(teller->edited, finding->root);
    if (finding->container) {
        const struct container_words *words = words_of_container(teller, finding);
        violation->words.subject = words->subject;
        if (is_in_container(finding)) begin = words->path;
    } else {
        violation->words.subject = pod_subject(arena, teller->workload, finding);
    }
    violation->words.path = path_from(arena, begin, finding, shown_field(arena, finding));
    fill_templates(teller, violation);
}

void verdict_tell(struct arena *arena, const struct workload *workload,
                  struct judgement *judgement) {
    if (!judgement->first && !judgement->excused) return;
    struct teller teller = {.arena = arena,
                            .workload = workload,
                            .edited = edited_kind(workload),
                            .containers = ARENA_NEW(arena, struct container_words,
                                                    workload->pod.container_count)};
    if (!teller.containers) return;
    for (struct violation *v = judgement->first; v; v = v->next)
        tell(&teller, v);
    for (struct violation *v = judgement->excused; v; v = v->next)
        tell(&teller, v);
}
