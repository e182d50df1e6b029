/* What goes beside a verdict: causes for programs, warnings for the terminal. */
#include "policy/verdict_told.h"

#include "base/date.h"

#define CAUSES_MAX 64
#define CAUSE_MESSAGE_MAX 512
#define WARNINGS_CHARS_MAX 1024
#define WARNING_GOOD_LENGTH 120
#define WARNING_CONTAINERS 3
#define CONTROLS_BYTES 100 /* of a warning: names of controls */
#define SENTENCE_BYTES 80  /* of a warning: kept for what it says before its controls */
#define TAIL_BYTES 24      /* kept for "; and N more" */
#define EXPIRY_WARNING_DAYS 14

/* --- causes ---------------------------------------------------------------------------------- */

/* What to write instead stands in the denial's message: many causes have one mend. */
static struct json_text cause_statement(struct arena *arena, const struct words *words) {
    size_t taken = words->subject.len;
    size_t room = taken < CAUSE_MESSAGE_MAX ? CAUSE_MESSAGE_MAX - taken : 0;
    if (words->says.len <= room) return words->json.says;
    struct strbuf page = {.arena = arena};
    return json_text_of(&page, str_utf8_cut(words->says, room));
}

size_t told_causes(struct arena *arena, const struct told_list *list,
                   const struct review_cause **out) {
    size_t count = list->count < CAUSES_MAX ? list->count : CAUSES_MAX;
    struct review_cause *causes = ARENA_NEW(arena, struct review_cause, count);
    *out = causes;
    if (!causes) return 0;
    for (size_t i = 0; i < count; i++) {
        const struct words *words = list->items[i]->words;
        causes[i] = (struct review_cause){.reason = list->items[i]->rules.rule->json_id,
                                          .subject = words->json.subject,
                                          .statement = cause_statement(arena, words),
                                          .field = words->json.path};
    }
    return count;
}

/* --- warnings -------------------------------------------------------------------------------- */

struct warning {
    struct strbuf text;
    const struct rule *rule;       /* NULL: none was begun */
    struct str subject, statement; /* of the last sentence */
    struct str tail;
    size_t sentences, untold;
    struct str mend; /* of the only finding */
};

/* Names of controls in what is left of a warning, or empty. */
static struct str controls_within(struct arena *arena, const struct broken_controls *controls,
                                  size_t used) {
    if (used >= VERDICT_WARNING_MAX) return STR_NONE;
    size_t left = VERDICT_WARNING_MAX - used;
    return words_controls(arena, controls, left < CONTROLS_BYTES ? left : CONTROLS_BYTES);
}

/* A template that only warns although its Pods would be refused: the reader must know. */
static struct str warning_tail(const struct warning *warning, const struct workload *workload,
                               const struct judgement *judgement, const struct told_list *list,
                               const struct told *told) {
    const struct rule *rule = warning->rule;
    struct arena *arena = warning->text.arena;
    bool refuses_pods =
        !workload->kind->is_pod && told->finding->root != FINDING_OBJECT &&
        action_under(rule_action(rule, true, judgement->today), judgement->mode) == ACTION_DENY;
    struct strbuf tail;
    strbuf_init(&tail, arena, 128);
    strbuf_add(&tail, refuses_pods ? STR("; its Pods may be refused") : STR(""));
    STRBUF_ADD(&tail, STR(" ("), rule->id);
    struct broken_controls controls = told_controls(list, rule->name);
    struct str names = controls_within(arena, &controls,
                                       warning->text.len + tail.len + SENTENCE_BYTES + TAIL_BYTES);
    if (!str_is_empty(names)) STRBUF_ADD(&tail, STR(": "), names);
    strbuf_add_char(&tail, ')');
    return strbuf_str(&tail);
}

static void begin_warning(struct warning *warning, struct arena *arena,
                          const struct workload *workload, const struct judgement *judgement,
                          const struct told_list *list, const struct told *told) {
    *warning = (struct warning){.rule = told->rules.rule};
    strbuf_init(&warning->text, arena, VERDICT_WARNING_MAX + 64);
    if (told->wanted == ACTION_DENY) strbuf_add(&warning->text, STR("would be denied: "));
    struct str waits = words_waiting(arena, workload, judgement, told->rules.rule);
    if (!str_is_empty(waits)) STRBUF_ADD(&warning->text, waits, STR(": "));
    strbuf_add(&warning->text, verdict_subject(arena, workload));
    strbuf_add_char(&warning->text, ':');
    warning->tail = warning_tail(warning, workload, judgement, list, told);
}

/* "container X has no memory limit", then ", no cpu request" as long as it is about the same. */
static void add_sentence(struct warning *warning, const struct workload *workload,
                         const struct sentence *sentence) {
    struct arena *arena = warning->text.arena;
    struct str subject = words_subject(arena, workload, sentence, WARNING_CONTAINERS);
    bool is_first = warning->sentences == 0;
    bool is_same = !is_first && str_equals(subject, warning->subject);
    struct str separator = is_first ? STR(" ") : is_same ? STR(", ") : STR("; ");
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    if (!is_same) STRBUF_ADD(&text, subject, STR(" "));
    struct str statement = words_statement(arena, sentence);
    strbuf_add(&text, is_same ? words_behind(warning->statement, statement) : statement);

    size_t used = warning->text.len + separator.len + warning->tail.len + TAIL_BYTES;
    size_t room = used < VERDICT_WARNING_MAX ? VERDICT_WARNING_MAX - used : 0;
    if (!is_first && text.len > room) {
        warning->untold++;
        return;
    }
    strbuf_add(&warning->text, separator);
    strbuf_add(&warning->text, str_utf8_cut(strbuf_str(&text), room));
    warning->subject = subject;
    warning->statement = statement;
    warning->mend = is_first && sentence->count == 1 ? sentence->items[0]->words->mend : STR_NONE;
    warning->sentences++;
}

static struct str end_warning(struct warning *warning) {
    if (warning->untold > 0)
        words_add_more(&warning->text, "; and ", warning->untold, " more");
    else if (!str_is_empty(warning->mend) &&
             warning->text.len + 2 + warning->mend.len + warning->tail.len <= WARNING_GOOD_LENGTH)
        STRBUF_ADD(&warning->text, STR(": "), warning->mend);
    strbuf_add(&warning->text, warning->tail);
    return strbuf_str(&warning->text);
}

/* --- warnings about what does not count ------------------------------------------------------ */

typedef bool (*violation_test)(const struct violation *, const struct judgement *);

/* The controls among the violations of one rule, from `first` on, that are meant. */
static struct broken_controls controls_of(const struct violation *first, violation_test is_meant,
                                          const struct judgement *judgement) {
    struct broken_controls controls = {0};
    for (const struct violation *v = first; v && v->rule == first->rule; v = v->next)
        if (is_meant(v, judgement)) controls_add(&controls, v->finding->control);
    return controls;
}

/* Names of the different rules of a list, as many as fit, with their controls. The list is in the order of rules. */
static void add_rule_names(struct strbuf *out, const struct violation *list,
                           violation_test is_meant, const struct judgement *judgement,
                           size_t tail_bytes) {
    const struct rule *last = NULL;
    const size_t kept = tail_bytes + TAIL_BYTES;
    size_t shown = 0, untold = 0;
    for (const struct violation *v = list; v; v = v->next) {
        if (v->rule == last || !is_meant(v, judgement)) continue;
        last = v->rule;
        if (out->len + v->rule->name.len + kept > VERDICT_WARNING_MAX) {
            untold++;
            continue;
        }
        words_separate(out, shown++);
        strbuf_add(out, v->rule->name);
        struct broken_controls controls = controls_of(v, is_meant, judgement);
        struct str names = controls_within(out->arena, &controls, out->len + kept);
        if (!str_is_empty(names)) STRBUF_ADD(out, STR(" ("), names, STR(")"));
    }
    if (untold > 0) words_add_more(out, " and ", untold, " more");
}

/* The template is as bad as before, but Pods are always new ones. */
static bool refuses_new_pods(const struct violation *violation, const struct judgement *judgement) {
    enum action of_pods = rule_action(violation->rule, true, judgement->today);
    return violation->finding->root != FINDING_OBJECT && violation->action == ACTION_DENY &&
           action_under(of_pods, judgement->mode) == ACTION_DENY;
}

static size_t add_kept_line(struct arena *arena, const struct workload *workload,
                            const struct judgement *judgement, struct str *line) {
    static const struct str tail = STR_INIT(": its new Pods will be refused");
    const struct violation *kept = judgement->kept;
    while (kept && !refuses_new_pods(kept, judgement))
        kept = kept->next;
    if (!kept || workload->kind->is_pod) return 0;
    struct strbuf text;
    strbuf_init(&text, arena, VERDICT_WARNING_MAX);
    strbuf_add(&text, verdict_subject(arena, workload));
    strbuf_add(&text, STR(" still breaks "));
    add_rule_names(&text, kept, refuses_new_pods, judgement, tail.len);
    strbuf_add(&text, tail);
    *line = strbuf_str(&text);
    return 1;
}

static bool ends_soon(const struct violation *violation, const struct judgement *judgement) {
    return violation->action >= ACTION_WARN &&
           violation->exception->expires - judgement->today < EXPIRY_WARNING_DAYS;
}

static bool is_told_before(const struct violation *list, const struct violation *violation,
                           const struct judgement *judgement) {
    for (const struct violation *v = list; v != violation; v = v->next)
        if (v->exception == violation->exception && ends_soon(v, judgement)) return true;
    return false;
}

/* A line for each exception whose end is near. */
static size_t add_ending_lines(struct arena *arena, const struct workload *workload,
                               const struct judgement *judgement, struct str *lines) {
    size_t count = 0;
    for (const struct violation *v = judgement->excused; v; v = v->next) {
        if (!ends_soon(v, judgement) || is_told_before(judgement->excused, v, judgement)) continue;
        char day[16];
        struct strbuf text;
        date_format(v->exception->expires, day);
        strbuf_init(&text, arena, VERDICT_WARNING_MAX);
        STRBUF_ADD(&text, STR("exception \""), v->exception->name, STR("\" ends on "),
                   str_from(day), STR(", then "));
        strbuf_add(&text, verdict_subject(arena, workload));
        STRBUF_ADD(&text, STR(" breaks "), v->rule->id, STR("; owner: "));
        strbuf_add_escaped(&text, v->exception->owner, VERDICT_WARNING_MAX);
        lines[count++] = str_utf8_cut(strbuf_str(&text), VERDICT_WARNING_MAX);
    }
    return count;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Where the lines outgrow their budget the last one counts the rest. */
static size_t within_budget(struct arena *arena, struct str *lines, size_t count) {
    size_t chars = 0;
    for (size_t i = 0; i < count; i++) {
        chars += str_utf8_count(lines[i]);
        if (chars + (i + 1 < count ? 64 : 0) <= WARNINGS_CHARS_MAX) continue;
        lines[i] = str_format(arena, "%zu more warnings: run podgate check", count - i);
        return i + 1;
    }
    return count;
}

static size_t add_rule_lines(struct arena *arena, const struct workload *workload,
                             const struct judgement *judgement, struct told_list *list,
                             struct str *lines) {
    struct warning warning = {0};
    struct entry entry;
    size_t count = 0;
    for (size_t at = 0; told_next_entry(list, &at, &entry);) {
        if (entry.items[0]->rules.rule != warning.rule) {
            if (warning.rule) lines[count++] = end_warning(&warning);
            begin_warning(&warning, arena, workload, judgement, list, entry.items[0]);
        }
        for (size_t i = 0; i < entry.sentence_count; i++)
            add_sentence(&warning, workload, &entry.sentences[i]);
    }
    if (warning.rule) lines[count++] = end_warning(&warning);
    return count;
}

size_t verdict_warnings(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct str **out) {
    *out = NULL;
    if (judgement->mode == MODE_AUDIT) return 0;
    struct told_list list = told_collect(arena, judgement, ACTION_WARN);
    struct str *lines = ARENA_NEW(arena, struct str, 1 + judgement->excused_count + list.count);
    if (!lines) return 0;
    size_t count = add_kept_line(arena, workload, judgement, lines);
    count += add_ending_lines(arena, workload, judgement, lines + count);
    count += add_rule_lines(arena, workload, judgement, &list, lines + count);
    *out = lines;
    return within_budget(arena, lines, count);
}
