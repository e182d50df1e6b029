/* What goes beside a verdict: causes for programs, warnings for the terminal, annotations for audit. */
#include "policy/verdict_told.h"

#define CAUSES_MAX 64
#define CAUSE_MESSAGE_MAX 512
#define WARNINGS_CHARS_MAX 1024
#define WARNING_GOOD_LENGTH 120
#define WARNING_CONTAINERS 3
#define ANNOTATION_MAX 1024
#define ANNOTATION_LIST_MAX 8
#define TAIL_BYTES 24 /* kept for "; and N more" */

static struct str rule_id(struct arena *arena, const struct rule *rule) {
    return str_format(arena, "%.*s/%.*s", STR_ARGS(rule->policy->name), STR_ARGS(rule->name));
}

/* --- causes ---------------------------------------------------------------------------------- */

size_t verdict_causes(struct arena *arena, const struct workload *workload,
                      const struct judgement *judgement, const struct review_cause **out) {
    struct told_list list = told_collect(arena, workload, judgement, ACTION_DENY, ACTION_DENY);
    size_t count = list.count < CAUSES_MAX ? list.count : CAUSES_MAX;
    struct review_cause *causes = ARENA_NEW(arena, struct review_cause, count);
    *out = causes;
    if (!causes) return 0;
    for (size_t i = 0; i < count; i++) {
        const struct told *told = list.items[i];
        struct str says = verdict_message(arena, told->finding);
        struct str message = str_format(arena, "%.*s: %.*s", STR_ARGS(says), STR_ARGS(told->mend));
        causes[i] = (struct review_cause){.reason = rule_id(arena, told->rules.rule),
                                          .message = str_utf8_cut(message, CAUSE_MESSAGE_MAX),
                                          .field = told->path};
    }
    return count;
}

/* --- warnings -------------------------------------------------------------------------------- */

struct warning {
    struct strbuf text;
    const struct rule *rule; /* NULL: none was begun */
    struct str subject;      /* of the last sentence */
    struct str tail;
    size_t sentences, untold;
    struct str mend; /* of the only finding */
};

/* A template that only warns although its Pods would be refused: the reader must know. */
static struct str warning_tail(struct arena *arena, const struct workload *workload,
                               const struct judgement *judgement, const struct told *told) {
    const struct rule *rule = told->rules.rule;
    bool refuses_pods =
        !workload->kind->is_pod && action_under(rule->action, judgement->mode) == ACTION_DENY;
    struct str id = rule_id(arena, rule);
    return str_format(arena, "%s (%.*s)", refuses_pods ? "; its Pods may be refused" : "",
                      STR_ARGS(id));
}

static void begin_warning(struct warning *warning, struct arena *arena,
                          const struct workload *workload, const struct judgement *judgement,
                          const struct told *told) {
    *warning = (struct warning){.rule = told->rules.rule};
    warning->tail = warning_tail(arena, workload, judgement, told);
    strbuf_init(&warning->text, arena, VERDICT_WARNING_MAX + 64);
    if (told->wanted == ACTION_DENY) strbuf_add(&warning->text, STR("would be denied: "));
    strbuf_add(&warning->text, verdict_subject(arena, workload));
    strbuf_add_char(&warning->text, ':');
}

static struct str subject_text(struct arena *arena, const struct workload *workload,
                               const struct entry *entry) {
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    words_subject(&text, workload, entry, WARNING_CONTAINERS);
    return strbuf_str(&text);
}

static struct str sentence_text(struct arena *arena, const struct workload *workload,
                                const struct entry *entry) {
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    words_sentence(&text, workload, entry, WARNING_CONTAINERS);
    return strbuf_str(&text);
}

/* "container X has no memory limit", then ", has no cpu request" as long as it is about the same. */
static void add_sentence(struct warning *warning, const struct workload *workload,
                         const struct entry *entry) {
    struct str subject = subject_text(warning->text.arena, workload, entry);
    struct str sentence = sentence_text(warning->text.arena, workload, entry);
    bool is_first = warning->sentences == 0;
    bool is_same = !is_first && str_equals(subject, warning->subject);
    struct str separator = is_first ? STR(" ") : is_same ? STR(",") : STR("; ");
    if (is_same) sentence = str_slice(sentence, subject.len, sentence.len);

    size_t used = warning->text.len + separator.len + warning->tail.len + TAIL_BYTES;
    size_t room = used < VERDICT_WARNING_MAX ? VERDICT_WARNING_MAX - used : 0;
    if (!is_first && sentence.len > room) {
        warning->untold++;
        return;
    }
    strbuf_add(&warning->text, separator);
    strbuf_add(&warning->text, str_utf8_cut(sentence, room));
    warning->subject = subject;
    warning->mend = is_first && entry->count == 1 ? entry->items[0]->mend : STR_NONE;
    warning->sentences++;
}

static struct str end_warning(struct warning *warning) {
    if (warning->untold > 0)
        strbuf_printf(&warning->text, "; and %zu more", warning->untold);
    else if (!str_is_empty(warning->mend) &&
             warning->text.len + 2 + warning->mend.len + warning->tail.len <= WARNING_GOOD_LENGTH)
        strbuf_printf(&warning->text, ": %.*s", STR_ARGS(warning->mend));
    strbuf_add(&warning->text, warning->tail);
    return strbuf_str(&warning->text);
}

/* The lines of all rules; where they outgrow their budget the last line counts the rest. */
static size_t within_budget(struct arena *arena, struct str *lines, size_t count) {
    size_t chars = 0;
    for (size_t i = 0; i < count; i++) {
        chars += str_utf8_count(lines[i]);
        if (chars + (i + 1 < count ? 64 : 0) <= WARNINGS_CHARS_MAX) continue;
        lines[i] = str_format(arena, "%zu more rules warn: run podgate check", count - i);
        return i + 1;
    }
    return count;
}

size_t verdict_warnings(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct str **out) {
    struct told_list list = told_collect(arena, workload, judgement, ACTION_WARN, ACTION_WARN);
    struct str *lines = ARENA_NEW(arena, struct str, list.count);
    *out = lines;
    if (!lines) return 0;
    struct warning warning = {0};
    struct entry entry;
    size_t count = 0;
    for (size_t at = 0; told_next_entry(&list, &at, &entry);) {
        if (entry.items[0]->rules.rule != warning.rule) {
            if (warning.rule) lines[count++] = end_warning(&warning);
            begin_warning(&warning, arena, workload, judgement, entry.items[0]);
        }
        add_sentence(&warning, workload, &entry);
    }
    if (warning.rule) lines[count++] = end_warning(&warning);
    return within_budget(arena, lines, count);
}

/* --- annotations ----------------------------------------------------------------------------- */

static struct str policies_value(struct arena *arena, const struct judgement *judgement) {
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    const struct policy *last = NULL; /* violations come in the policies' order */
    for (const struct violation *v = judgement->first; v; v = v->next) {
        if (v->rule->policy == last) continue;
        last = v->rule->policy;
        if (out.len + last->name.len + 8 > ANNOTATION_MAX) {
            strbuf_add(&out, STR(", ..."));
            break;
        }
        words_separate(&out, out.len);
        strbuf_add(&out, last->name);
    }
    return strbuf_str(&out);
}

/* The violations of one rule, from *v on; *v is moved behind them. */
static void add_rule_violations(struct strbuf *out, const struct workload *workload,
                                const struct violation **v, size_t *count) {
    const struct rule *rule = (*v)->rule;
    struct strbuf paths;
    strbuf_init(&paths, out->arena, 256);
    const struct container *last = NULL;
    size_t containers = 0;
    strbuf_printf(out, "%.*s:", STR_ARGS(rule_id(out->arena, rule)));
    for (*count = 0; *v && (*v)->rule == rule; *v = (*v)->next) {
        const struct finding *finding = (*v)->finding;
        if (*count < ANNOTATION_LIST_MAX) {
            words_separate(&paths, *count);
            strbuf_add(&paths, verdict_path(out->arena, workload, finding));
        }
        (*count)++;
        if (!finding->container || finding->container == last) continue;
        last = finding->container;
        if (containers++ >= ANNOTATION_LIST_MAX) continue;
        strbuf_add(out, containers == 1 ? STR(" container ") : STR(", "));
        strbuf_add_escaped(out, last->name, 64);
    }
    if (containers == 0) strbuf_add(out, STR(" pod"));
    if (containers > ANNOTATION_LIST_MAX) strbuf_add(out, STR(", ..."));
    strbuf_add(out, STR(" ("));
    strbuf_add(out, strbuf_str(&paths));
    if (*count > ANNOTATION_LIST_MAX)
        strbuf_printf(out, " and %zu more", *count - ANNOTATION_LIST_MAX);
    strbuf_add_char(out, ')');
}

static struct str violations_value(struct arena *arena, const struct workload *workload,
                                   const struct judgement *judgement) {
    struct strbuf out;
    strbuf_init(&out, arena, ANNOTATION_MAX);
    size_t untold = judgement->count + judgement->omitted;
    for (const struct violation *v = judgement->first; v;) {
        size_t whole = out.len, count;
        if (whole > 0) strbuf_add(&out, STR("; "));
        add_rule_violations(&out, workload, &v, &count);
        if (out.len + TAIL_BYTES > ANNOTATION_MAX) {
            strbuf_truncate(&out, whole);
            break;
        }
        untold -= count;
    }
    if (untold > 0) strbuf_printf(&out, "%sand %zu more", out.len ? "; " : "", untold);
    return strbuf_str(&out);
}

size_t verdict_annotations(struct arena *arena, const struct review *review,
                           const struct workload *workload, const struct judgement *judgement,
                           const struct review_annotation **out) {
    *out = NULL;
    if (judgement->strongest_wanted == ACTION_OFF) return 0;
    struct review_annotation *annotations = ARENA_NEW(arena, struct review_annotation, 3);
    if (!annotations) return 0;
    annotations[0] = (struct review_annotation){STR("uid"), review->uid};
    annotations[1] = (struct review_annotation){STR("policies"), policies_value(arena, judgement)};
    annotations[2] =
        (struct review_annotation){STR("violations"), violations_value(arena, workload, judgement)};
    *out = annotations;
    return 3;
}
