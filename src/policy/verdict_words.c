/* Words for one finding: a check's templates filled, paths, subjects. */
#include "policy/verdict_told.h"

#include "base/date.h"

#define TEXT_MAX 256 /* bytes shown of one text of the object */
#define NAME_MAX_SHOWN 100

/* --- templates ------------------------------------------------------------------------------- */

/* The text of {key}, {actual}, {expected} or {detail}; false for any other word. */
static bool find_text(const struct finding *finding, struct str word, struct str *out) {
    if (str_equals(word, STR("key")))
        *out = finding->key;
    else if (str_equals(word, STR("actual")))
        *out = finding->actual;
    else if (str_equals(word, STR("expected")))
        *out = finding->expected;
    else if (str_equals(word, STR("detail")))
        *out = finding->detail;
    else
        return false;
    return true;
}

/* Fills one brace; false when its content means nothing to us: sentences may show YAML maps. */
static bool fill_brace(struct strbuf *out, struct str content, const struct finding *finding,
                       bool is_many) {
    struct str text;
    size_t bar = str_find_char(content, '|');
    if (bar < content.len)
        strbuf_add(out,
                   is_many ? str_slice(content, bar + 1, content.len) : str_slice(content, 0, bar));
    else if (find_text(finding, content, &text))
        strbuf_add_escaped(out, text, TEXT_MAX);
    else
        return false;
    return true;
}

void words_fill(struct strbuf *out, const char *template, const struct finding *finding,
                bool is_many) {
    struct str rest = str_from(template);
    for (;;) {
        size_t open = str_find_char(rest, '{');
        strbuf_add(out, str_slice(rest, 0, open));
        if (open == rest.len) return;
        rest = str_slice(rest, open, rest.len);
        size_t close = str_find_char(rest, '}');
        if (close < rest.len && fill_brace(out, str_slice(rest, 1, close - 1), finding, is_many)) {
            rest = str_slice(rest, close + 1, rest.len);
        } else {
            strbuf_add_char(out, '{');
            rest = str_slice(rest, 1, rest.len);
        }
    }
}

/* --- paths ----------------------------------------------------------------------------------- */

struct str words_filled(struct arena *arena, const char *template, const struct finding *finding) {
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    words_fill(&text, template, finding, false);
    return strbuf_str(&text);
}

/* The kind in whose file the person who made this finds the pod. An ephemeral container is in no template. */
static const struct workload_kind *edited_kind(const struct workload *workload,
                                               const struct finding *finding) {
    const struct workload_kind *own = workload->kind;
    if (finding->container && finding->container->type == CONTAINER_EPHEMERAL) return own;
    struct workload_name owner = workload_display_name(workload);
    const struct workload_kind *kind =
        owner.is_owner ? workload_find_name_among(workload->declared, owner.kind) : NULL;
    return kind ? kind : own;
}

/* .containers[0] */
static void add_item(struct strbuf *out, struct str list, size_t index) {
    STRBUF_ADD(out, STR("."), list, STR("["));
    strbuf_add_number(out, index);
    strbuf_add_char(out, ']');
}

/* What a finding's paths begin with in an object of the kind. */
static struct str root_path(const struct workload_kind *kind, enum finding_root root) {
    switch (root) {
    case FINDING_POD: return kind->spec_path;
    case FINDING_POD_METADATA: return kind->metadata_path;
    case FINDING_OBJECT: return STR("");
    }
    return STR("");
}

/* The path up to the finding's `field`, which differs by who reads it. */
static void add_place(struct strbuf *out, const struct workload_kind *kind,
                      const struct finding *finding) {
    size_t begin = out->len;
    strbuf_add(out, root_path(kind, finding->root));
    const struct container *container = finding->root == FINDING_POD ? finding->container : NULL;
    if (container) add_item(out, container->list, container->index);
    if (!str_is_empty(finding->list)) add_item(out, finding->list, finding->index);
    if (!str_is_empty(finding->field) && out->len > begin) strbuf_add_char(out, '.');
}

void words_add_path(struct strbuf *out, const struct workload *workload,
                    const struct finding *finding) {
    add_place(out, edited_kind(workload, finding), finding);
    strbuf_add_escaped(out, finding->field, TEXT_MAX);
}

struct str verdict_path(struct arena *arena, const struct workload *workload,
                        const struct finding *finding) {
    struct strbuf path;
    strbuf_init(&path, arena, 128);
    words_add_path(&path, workload, finding);
    return strbuf_str(&path);
}

struct str verdict_own_path(struct arena *arena, const struct workload *workload,
                            const struct finding *finding) {
    struct strbuf path;
    strbuf_init(&path, arena, 128);
    add_place(&path, workload->kind, finding);
    strbuf_add(&path, finding->field);
    return strbuf_str(&path);
}

struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct told *told) {
    const struct finding *finding = told->finding;
    const char *pod_field = finding->problem->pod_field;
    bool is_ephemeral = finding->container && finding->container->type == CONTAINER_EPHEMERAL;
    /* The pod's fields cannot change once a debug container can be added. */
    if (!pod_field || is_ephemeral) return told->path;
    return STR_CONCAT(arena, edited_kind(workload, finding)->spec_path, STR("."),
                      str_from(pod_field));
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
