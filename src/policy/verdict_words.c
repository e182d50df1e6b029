/* A check's templates filled, days, and who a sentence is about. */
#include "policy/verdict_told.h"

#include "base/date.h"

#define PAGE_BYTES 4096
#define TEXT_BYTES 512 /* what one text nearly always fits in */

/* --- pages ----------------------------------------------------------------------------------- */

size_t words_begin(struct strbuf *page) {
    if (page->capacity - page->len < TEXT_BYTES) strbuf_init(page, page->arena, PAGE_BYTES);
    return page->len;
}

struct str words_end(const struct strbuf *page, size_t begin) {
    return (struct str){page->at + begin, page->len - begin};
}

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
    const char *begin = at + 1, *end = strchr(begin, '}');
    if (!end) return NULL;
    struct str word = {begin, (size_t)(end - begin)};
    const char *bar = memchr(begin, '|', word.len);
    if (bar) {
        size_t of_one = (size_t)(bar - begin);
        strbuf_add(out,
                   is_many ? str_slice(word, of_one + 1, word.len) : str_slice(word, 0, of_one));
        return end + 1;
    }
    const struct str *text = find_text(finding, word);
    if (!text) return NULL;
    strbuf_add_escaped(out, *text, WORDS_TEXT_MAX);
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
    strbuf_add_escaped(&text, exception->owner, WORDS_NAME_MAX);
    return strbuf_str(&text);
}

struct str verdict_note(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct violation *violation) {
    if (violation->exception) return words_ended(arena, violation->exception);
    return words_waiting(arena, workload, judgement, violation->rule);
}

/* --- subjects -------------------------------------------------------------------------------- */

/* "the pod template", or of what is outside it "the Deployment". */
static struct str subject_of_pod(const struct workload *workload, const struct told *told) {
    bool is_template = !workload->kind->is_pod && told->finding->root != FINDING_OBJECT;
    return is_template ? STR("the pod template") : told->words->subject;
}

static void add_names(struct strbuf *out, const struct sentence *sentence, size_t most) {
    size_t shown = 0;
    for (size_t i = 0; i < sentence->count && shown < most; i++) {
        if (!sentence->items[i]->is_first_of_container) continue;
        words_separate(out, shown++);
        strbuf_add(out,
                   str_slice(sentence->items[i]->words->subject, WORDS_CONTAINER.len, SIZE_MAX));
    }
    if (sentence->container_count > shown)
        words_add_more(out, " and ", sentence->container_count - shown, " more");
}

struct str words_subject(struct arena *arena, const struct workload *workload,
                         const struct sentence *sentence, size_t most) {
    const struct told *told = sentence->items[0];
    if (sentence->container_count == 0) return subject_of_pod(workload, told);
    if (sentence->container_count == 1) return told->words->subject;
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    strbuf_add(&text, STR("containers "));
    add_names(&text, sentence, most);
    return strbuf_str(&text);
}

struct str words_statement(struct arena *arena, const struct sentence *sentence) {
    const struct told *told = sentence->items[0];
    struct strbuf text;
    if (sentence->container_count <= 1) return told->words->says;
    strbuf_init(&text, arena, 64);
    words_fill(&text, told->finding->problem->says, told->finding, true);
    return strbuf_str(&text);
}

struct str words_behind(struct str before, struct str statement) {
    if (str_is_empty(before)) return statement;
    const struct str verbs[] = {STR("has "), STR("have ")};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!str_starts_with(before, verbs[i]) || !str_starts_with(statement, verbs[i])) continue;
        struct str rest = str_slice(statement, verbs[i].len, statement.len);
        if (str_starts_with(rest, STR("no "))) return rest;
    }
    return statement;
}

struct str verdict_subject(struct arena *arena, const struct workload *workload) {
    struct workload_name shown = workload_display_name(workload);
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    strbuf_add(&text, workload->kind->kind);
    if (shown.is_owner) {
        strbuf_add(&text, STR(" of "));
        strbuf_add_escaped(&text, shown.kind, WORDS_NAME_MAX);
    }
    struct str name = shown.name;
    if (shown.is_generated) name = STR_CONCAT(arena, workload->meta.generate_name, STR("*"));
    if (str_is_empty(name)) return strbuf_str(&text);
    strbuf_add_char(&text, ' ');
    strbuf_add_quoted(&text, name, WORDS_NAME_MAX);
    return strbuf_str(&text);
}
