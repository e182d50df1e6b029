/* Words for one finding: a check's templates filled, paths, subjects. */
#include "policy/verdict_told.h"

#include "base/date.h"

#define TEXT_MAX 256 /* bytes shown of one text of the object */
#define NAME_MAX_SHOWN 100

/* --- templates ------------------------------------------------------------------------------- */

/* The text of {key}, {actual}, {expected} or {detail}; NULL for any other word. */
static const struct str *find_text(const struct finding *finding, struct str word) {
    if (str_equals(word, STR("key"))) return &finding->key;
    if (str_equals(word, STR("actual"))) return &finding->actual;
    if (str_equals(word, STR("expected"))) return &finding->expected;
    if (str_equals(word, STR("detail"))) return &finding->detail;
    return NULL;
}

/* Fills the brace that `at` opens and returns its end; NULL when its content means nothing to us: sentences may show
 * YAML maps. */
static const char *fill_brace(struct strbuf *out, const char *at, const struct finding *finding,
                              bool is_many) {
    const char *begin = at + 1, *bar = NULL, *end = begin;
    for (; *end != '}'; end++) {
        if (*end == '\0') return NULL;
        if (*end == '|') bar = end;
    }
    if (bar) {
        if (is_many) begin = bar + 1;
        strbuf_add(out, (struct str){begin, (size_t)((is_many ? end : bar) - begin)});
        return end + 1;
    }
    const struct str *text = find_text(finding, (struct str){begin, (size_t)(end - begin)});
    if (!text) return NULL;
    strbuf_add_escaped(out, *text, TEXT_MAX);
    return end + 1;
}

void words_fill(struct strbuf *out, const char *template, const struct finding *finding,
                bool is_many) {
    for (const char *at = template;;) {
        const char *open = strchrnul(at, '{');
        strbuf_add(out, (struct str){at, (size_t)(open - at)});
        if (*open == '\0') return;
        at = fill_brace(out, open, finding, is_many);
        if (at) continue;
        strbuf_add_char(out, '{');
        at = open + 1;
    }
}

struct str words_filled(struct arena *arena, const char *template, const struct finding *finding) {
    /* Most have nothing to fill. */
    struct str plain = str_from(template);
    if (str_find_char(plain, '{') == plain.len) return plain;
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    words_fill(&text, template, finding, false);
    return strbuf_str(&text);
}

/* --- paths ----------------------------------------------------------------------------------- */

/* The kind in whose file the person who made this finds the pod. */
static const struct workload_kind *edited_kind(const struct workload *workload) {
    struct workload_name owner = workload_display_name(workload);
    const struct workload_kind *kind =
        owner.is_owner ? workload_find_name_among(workload->declared, owner.kind) : NULL;
    return kind ? kind : workload->kind;
}

static bool is_ephemeral(const struct finding *finding) {
    return finding->container && finding->container->type == CONTAINER_EPHEMERAL;
}

/* The paths of one workload's findings. */
struct paths {
    struct arena *arena;
    const struct pod *pod;
    const struct workload_kind *own, *edited;
    struct str
        *containers; /* those that were made, by the container's place in the pod; NULL: not kept */
};

static struct paths paths_in(struct arena *arena, const struct workload *workload) {
    return (struct paths){.arena = arena,
                          .pod = &workload->pod,
                          .own = workload->kind,
                          .edited = edited_kind(workload)};
}

/* BEGIN.containers[0] */
static struct str item_path(struct arena *arena, struct str begin, struct str list, size_t index) {
    struct strbuf path;
    strbuf_init(&path, arena, begin.len + list.len + 24);
    STRBUF_ADD(&path, begin, STR("."), list, STR("["));
    strbuf_add_number(&path, index);
    strbuf_add_char(&path, ']');
    return strbuf_str(&path);
}

/* In a file of the kind. */
static struct str container_path(const struct paths *paths, const struct workload_kind *kind,
                                 const struct container *container) {
    struct str *kept =
        paths->containers ? &paths->containers[container - paths->pod->containers] : NULL;
    if (kept && kept->at) return *kept;
    struct str path = item_path(paths->arena, kind->spec_path, container->list, container->index);
    if (kept) *kept = path;
    return path;
}

/* What a finding's path begins with in a file of the kind. */
static struct str root_path(const struct paths *paths, const struct workload_kind *kind,
                            const struct finding *finding) {
    switch (finding->root) {
    case FINDING_POD:
        return finding->container ? container_path(paths, kind, finding->container)
                                  : kind->spec_path;
    case FINDING_POD_METADATA: return kind->metadata_path;
    case FINDING_OBJECT: return STR("");
    }
    return STR("");
}

static struct str path_of(const struct paths *paths, const struct workload_kind *kind,
                          const struct finding *finding, struct str field) {
    struct str place = root_path(paths, kind, finding);
    if (!str_is_empty(finding->list))
        place = item_path(paths->arena, place, finding->list, finding->index);
    if (str_is_empty(field)) return place;
    return STR_CONCAT(paths->arena, place, str_is_empty(place) ? STR("") : STR("."), field);
}

/* An ephemeral container is in no template. */
static struct str shown_path(const struct paths *paths, const struct finding *finding) {
    return path_of(paths, is_ephemeral(finding) ? paths->own : paths->edited, finding,
                   str_escaped(paths->arena, finding->field, TEXT_MAX));
}

struct str verdict_path(struct arena *arena, const struct workload *workload,
                        const struct finding *finding) {
    struct paths paths = paths_in(arena, workload);
    return shown_path(&paths, finding);
}

struct str verdict_own_path(struct arena *arena, const struct workload *workload,
                            const struct finding *finding) {
    struct paths paths = {.arena = arena, .own = workload->kind};
    return path_of(&paths, paths.own, finding, finding->field);
}

struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct told *told) {
    const struct finding *finding = told->finding;
    const char *pod_field = finding->problem->pod_field;
    /* The pod's fields cannot change once a debug container can be added. */
    if (!pod_field || is_ephemeral(finding)) return told->path;
    return STR_CONCAT(arena, edited_kind(workload)->spec_path, STR("."), str_from(pod_field));
}

static void tell(struct paths *paths, struct violation *list) {
    for (struct violation *v = list; v; v = v->next) {
        v->path = shown_path(paths, v->finding);
        v->says = words_filled(paths->arena, v->finding->problem->says, v->finding);
        v->mend = words_filled(paths->arena, v->finding->problem->mend, v->finding);
    }
}

void verdict_tell(struct arena *arena, const struct workload *workload,
                  struct judgement *judgement) {
    if (!judgement->first && !judgement->excused) return;
    struct paths paths = paths_in(arena, workload);
    paths.containers = ARENA_NEW(arena, struct str, workload->pod.container_count);
    tell(&paths, judgement->first);
    tell(&paths, judgement->excused);
}

struct str words_rule(struct arena *arena, const struct rule *rule) {
    return STR_CONCAT(arena, rule->policy->name, STR("/"), rule->name);
}

void words_add_more(struct strbuf *out, const char *before, size_t count, const char *after) {
    strbuf_add(out, str_from(before));
    strbuf_add_number(out, count);
    strbuf_add(out, str_from(after));
}

/* --- days --------------------------------------------------------------------------------------- */

struct str words_waiting(struct arena *arena, const struct workload *workload,
                         const struct judgement *judgement, const struct rule *rule) {
    char day[16];
    bool is_pod = workload->kind->is_pod;
    if (judgement->mode != MODE_ENFORCE ||
        rule_action(rule, is_pod, judgement->today) == rule_action(rule, is_pod, rule->deny_from))
        return STR_NONE;
    date_format(rule->deny_from, day);
    return STR_CONCAT(arena, STR("will be denied from "), str_from(day));
}

struct str words_ended(struct arena *arena, const struct exception *exception) {
    char day[16];
    struct strbuf text;
    date_format(exception->expires, day);
    strbuf_init(&text, arena, 128);
    STRBUF_ADD(&text, STR("exception \""), exception->name, STR("\" ended on "), str_from(day),
               STR("; owner: "));
    strbuf_add_escaped(&text, exception->owner, NAME_MAX_SHOWN);
    return strbuf_str(&text);
}

struct str verdict_note(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct violation *violation) {
    if (violation->exception) return words_ended(arena, violation->exception);
    return words_waiting(arena, workload, judgement, violation->rule);
}

/* --- subjects -------------------------------------------------------------------------------- */

/* "the pod template", or of what is outside it "the Deployment". */
static struct str subject_of_pod(struct arena *arena, const struct workload *workload,
                                 const struct finding *finding) {
    const struct workload_kind *kind = workload->kind;
    if (kind->is_pod) return STR("the pod");
    if (finding->root != FINDING_OBJECT) return STR("the pod template");
    return str_format(arena, "the %.*s", STR_ARGS(kind->kind));
}

static void add_names(struct strbuf *out, const struct sentence *sentence, size_t most) {
    size_t shown = 0;
    for (size_t i = 0; i < sentence->count && shown < most; i++) {
        if (!sentence_is_first_of_container(sentence, i)) continue;
        words_separate(out, shown++);
        strbuf_add_quoted(out, sentence->items[i]->finding->container->name, NAME_MAX_SHOWN);
    }
    if (sentence->container_count > shown)
        words_add_more(out, " and ", sentence->container_count - shown, " more");
}

struct str words_subject(struct arena *arena, const struct workload *workload,
                         const struct sentence *sentence, size_t most) {
    if (sentence->container_count == 0)
        return subject_of_pod(arena, workload, sentence->items[0]->finding);
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    strbuf_add(&text, sentence->container_count > 1 ? STR("containers ") : STR("container "));
    add_names(&text, sentence, most);
    return strbuf_str(&text);
}

void words_statement(struct strbuf *out, const struct sentence *sentence) {
    const struct told *told = sentence->items[0];
    if (sentence->container_count > 1)
        words_fill(out, told->finding->problem->says, told->finding, true);
    else
        strbuf_add(out, told->says);
}

void words_add_one_subject(struct strbuf *out, const struct workload *workload,
                           const struct finding *finding) {
    if (finding->container) {
        strbuf_add(out, STR("container "));
        strbuf_add_quoted(out, finding->container->name, NAME_MAX_SHOWN);
    } else if (finding->root == FINDING_OBJECT) {
        strbuf_add(out, subject_of_pod(out->arena, workload, finding));
    } else {
        strbuf_add(out, STR("the pod"));
    }
}

struct str verdict_message(struct arena *arena, const struct workload *workload,
                           const struct finding *finding) {
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    words_add_one_subject(&text, workload, finding);
    strbuf_add_char(&text, ' ');
    words_fill(&text, finding->problem->says, finding, false);
    return strbuf_str(&text);
}

struct str verdict_fix(struct arena *arena, const struct finding *finding) {
    return words_filled(arena, finding->problem->mend, finding);
}

struct str verdict_subject(struct arena *arena, const struct workload *workload) {
    struct workload_name shown = workload_display_name(workload);
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    strbuf_add(&text, workload->kind->kind);
    if (shown.is_owner) {
        strbuf_add(&text, STR(" of "));
        strbuf_add_escaped(&text, shown.kind, NAME_MAX_SHOWN);
    }
    struct str name = shown.name;
    if (shown.is_generated) name = STR_CONCAT(arena, workload->meta.generate_name, STR("*"));
    if (str_is_empty(name)) return strbuf_str(&text);
    strbuf_add_char(&text, ' ');
    strbuf_add_quoted(&text, name, NAME_MAX_SHOWN);
    return strbuf_str(&text);
}
