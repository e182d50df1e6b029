/* One finding in words: the path of its field, who it is about, what is wrong, what to write. */
#include "policy/verdict_told.h"

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

/* What the paths of the pod's findings begin with in a file of the kind. */
static struct str root_path(const struct workload_kind *kind, enum finding_root root) {
    switch (root) {
    case FINDING_POD: return kind->spec_path;
    case FINDING_POD_METADATA: return kind->metadata_path;
    case FINDING_OBJECT: return STR("");
    }
    return STR("");
}

/* An ephemeral container is in no template. */
static const struct workload_kind *kind_shown(const struct workload *workload,
                                              const struct workload_kind *edited,
                                              const struct finding *finding) {
    return is_ephemeral(finding) ? workload->kind : edited;
}

/* .containers[0] */
static void add_item(struct strbuf *out, struct str list, size_t index) {
    STRBUF_ADD(out, STR("."), list, STR("["));
    strbuf_add_number(out, index);
    strbuf_add_char(out, ']');
}

static bool is_in_container(const struct finding *finding) {
    return finding->root == FINDING_POD && finding->container;
}

/* Where the path of a finding begins in a file of the kind: at its container, or at the root. */
static void add_begin(struct strbuf *out, const struct workload_kind *kind,
                      const struct finding *finding) {
    strbuf_add(out, root_path(kind, finding->root));
    if (is_in_container(finding))
        add_item(out, finding->container->list, finding->container->index);
}

/* What stands between its beginning, which is not empty unless it `is_first`, and its field. */
static void add_entry(struct strbuf *out, const struct finding *finding, bool is_first) {
    if (!str_is_empty(finding->list)) add_item(out, finding->list, finding->index);
    if (!str_is_empty(finding->field) && !is_first) strbuf_add_char(out, '.');
}

struct str verdict_path(struct arena *arena, const struct workload *workload,
                        const struct finding *finding) {
    struct strbuf path;
    strbuf_init(&path, arena, 128);
    add_begin(&path, kind_shown(workload, edited_kind(workload), finding), finding);
    add_entry(&path, finding, path.len == 0);
    strbuf_add_escaped(&path, finding->field, WORDS_TEXT_MAX);
    return strbuf_str(&path);
}

struct str verdict_own_path(struct arena *arena, const struct workload *workload,
                            const struct finding *finding) {
    struct strbuf path;
    strbuf_init(&path, arena, 128);
    add_begin(&path, workload->kind, finding);
    add_entry(&path, finding, path.len == 0);
    strbuf_add(&path, finding->field);
    return strbuf_str(&path);
}

struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct told *told) {
    const char *pod_field = told->finding->problem->pod_field;
    /* The pod's fields cannot change once a debug container can be added. */
    if (!pod_field || is_ephemeral(told->finding)) return told->words->path;
    return STR_CONCAT(arena, edited_kind(workload)->spec_path, STR("."), str_from(pod_field));
}

/* --- sentences ------------------------------------------------------------------------------- */

static void add_container_subject(struct strbuf *out, const struct container *container) {
    strbuf_add(out, WORDS_CONTAINER);
    strbuf_add_quoted(out, container->name, WORDS_NAME_MAX);
}

static struct str pod_subject(struct arena *arena, const struct workload *workload,
                              const struct finding *finding) {
    bool is_of_pod = finding->root != FINDING_OBJECT || workload->kind->is_pod;
    return is_of_pod ? STR("the pod") : STR_CONCAT(arena, STR("the "), workload->kind->kind);
}

struct str verdict_message(struct arena *arena, const struct workload *workload,
                           const struct finding *finding) {
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    if (finding->container)
        add_container_subject(&text, finding->container);
    else
        strbuf_add(&text, pod_subject(arena, workload, finding));
    strbuf_add_char(&text, ' ');
    words_fill(&text, finding->problem->says, finding, false);
    return strbuf_str(&text);
}

struct str verdict_fix(struct arena *arena, const struct finding *finding) {
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    words_fill(&text, finding->problem->mend, finding, false);
    return strbuf_str(&text);
}

/* --- all of a judgement ---------------------------------------------------------------------- */

#define ALIKE_BITS 6

/* What is said of every finding in one container. */
struct container_words {
    struct str begin, subject;
    struct json_text json_subject;
};

struct teller {
    struct arena *arena;
    const struct workload *workload;
    const struct workload_kind *edited; /* in whose file the person who made this finds the pod */
    struct container_words *containers; /* as they stand in the pod, made when first asked for */
    const struct violation *alike[1 << ALIKE_BITS]; /* the last of each problem, by a hash */
    struct strbuf page;
};

static struct container_words *words_of_container(struct teller *teller,
                                                  const struct container *container) {
    return &teller->containers[container - teller->workload->pod.containers];
}

static void tell_subject(struct teller *teller, const struct finding *finding,
                         struct words *words) {
    struct strbuf *page = &teller->page;
    size_t begin = words_begin(page);
    if (!finding->container) {
        words->subject = pod_subject(teller->arena, teller->workload, finding);
        words->json.subject = json_text_of(page, words->subject);
        return;
    }
    struct container_words *known = words_of_container(teller, finding->container);
    if (!known->subject.at) {
        add_container_subject(page, finding->container);
        known->subject = words_end(page, begin);
        known->json_subject = json_text_of(page, known->subject);
    }
    words->subject = known->subject;
    words->json.subject = known->json_subject;
}

static struct str path_of(struct teller *teller, const struct finding *finding) {
    size_t begin = words_begin(&teller->page);
    struct str none = STR_NONE;
    struct str *kept =
        is_in_container(finding) ? &words_of_container(teller, finding->container)->begin : &none;
    if (kept->at) {
        strbuf_add(&teller->page, *kept);
    } else {
        add_begin(&teller->page, kind_shown(teller->workload, teller->edited, finding), finding);
        *kept = words_end(&teller->page, begin);
    }
    add_entry(&teller->page, finding, teller->page.len == begin);
    strbuf_add_escaped(&teller->page, finding->field, WORDS_TEXT_MAX);
    return words_end(&teller->page, begin);
}

static struct str filled(struct teller *teller, const char *template,
                         const struct finding *finding) {
    size_t begin = words_begin(&teller->page);
    words_fill(&teller->page, template, finding, false);
    return words_end(&teller->page, begin);
}

/* Whether the templates come to the same texts. */
static bool says_the_same(const struct finding *a, const struct finding *b) {
    return a->problem == b->problem && str_equals(a->key, b->key) &&
           str_equals(a->actual, b->actual) && str_equals(a->expected, b->expected) &&
           str_equals(a->detail, b->detail);
}

/* Where the last one of the same problem is kept whose facts are as long, and perhaps one of another: a container that
 * lacks several things is followed by one that lacks the same. */
static const struct violation **alike_place(struct teller *teller, const struct finding *finding) {
    uint64_t problem = (uintptr_t)finding->problem, facts = finding->key.len + finding->detail.len;
    uint64_t mixed = (problem + facts) * UINT64_C(0x9E3779B97F4A7C15);
    return &teller->alike[mixed >> (64 - ALIKE_BITS)];
}

static void tell(struct teller *teller, struct violation *violation) {
    const struct finding *finding = violation->finding;
    struct words *words = &violation->words;
    tell_subject(teller, finding, words);
    words->path = path_of(teller, finding);
    words->json.path = json_text_of(&teller->page, words->path);
    /* Most problems are found in several containers, with the same facts. */
    const struct violation **place = alike_place(teller, finding), *alike = *place;
    if (alike && says_the_same(alike->finding, finding)) {
        words->says = alike->words.says;
        words->json.says = alike->words.json.says;
        words->mend = alike->words.mend;
    } else {
        words->says = filled(teller, finding->problem->says, finding);
        words->json.says = json_text_of(&teller->page, words->says);
        words->mend = filled(teller, finding->problem->mend, finding);
    }
    *place = violation;
}

void verdict_tell(struct arena *arena, const struct workload *workload,
                  struct judgement *judgement) {
    if (!judgement->first && !judgement->excused) return;
    struct teller teller = {.arena = arena,
                            .workload = workload,
                            .edited = edited_kind(workload),
                            .containers = ARENA_NEW(arena, struct container_words,
                                                    workload->pod.container_count),
                            .page.arena = arena};
    if (!teller.containers) return;
    for (struct violation *v = judgement->first; v; v = v->next)
        tell(&teller, v);
    for (struct violation *v = judgement->excused; v; v = v->next)
        tell(&teller, v);
}
