/* What is kept for audit beside a verdict. */
#include "policy/verdict_told.h"

#include "base/date.h"

#define VALUE_MAX 1024
#define LIST_MAX 8
#define TAIL_BYTES 48 /* kept for "; and N more", "; N kept from before the update" */
#define KEYS_MAX 4
#define CONTROLS_BYTES 256

/* The policies of a list, each once: it is in the policies' order. */
static void add_policies(struct strbuf *out, const struct violation *list) {
    const struct policy *last = NULL;
    for (const struct violation *v = list; v; v = v->next) {
        if (v->rule->policy == last) continue;
        last = v->rule->policy;
        if (out->len + last->name.len + 8 > VALUE_MAX) {
            strbuf_add(out, STR(", ..."));
            return;
        }
        words_separate(out, out->len);
        strbuf_add(out, last->name);
    }
}

/* What counts; when nothing does, what was kept. */
static struct str policies_value(struct arena *arena, const struct judgement *judgement) {
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    add_policies(&out, judgement->first ? judgement->first : judgement->kept);
    return strbuf_str(&out);
}

/* "policy/rule (privileged, runAsNonRoot)" of the violations that share first's rule and exception. */
static void add_rule(struct strbuf *out, const struct violation *first) {
    struct broken_controls controls = {0};
    const struct violation *v = first;
    do {
        controls_add(&controls, v->finding->control);
        v = v->next;
    } while (v && v->rule == first->rule && v->exception == first->exception);
    strbuf_add(out, first->rule->id);
    struct str names = words_controls(out->arena, &controls, CONTROLS_BYTES);
    if (!str_is_empty(names)) STRBUF_ADD(out, STR(" ("), names, STR(")"));
    strbuf_add_char(out, ':');
}

/* " container web, side" of the violations from `first` to `end`, or " pod", or " object". */
static void add_containers(struct strbuf *out, const struct violation *first,
                           const struct violation *end) {
    const struct container *last = NULL;
    size_t containers = 0;
    for (const struct violation *v = first; v != end; v = v->next) {
        const struct container *container = v->finding->container;
        if (!container || container == last) continue;
        last = container;
        if (containers++ >= LIST_MAX) continue;
        strbuf_add(out, containers == 1 ? STR(" container ") : STR(", "));
        strbuf_add_escaped(out, container->name, 64);
    }
    bool is_of_object = first->finding->root == FINDING_OBJECT;
    if (containers == 0) strbuf_add(out, is_of_object ? STR(" object") : STR(" pod"));
    if (containers > LIST_MAX) strbuf_add(out, STR(", ..."));
}

/* One rule's violations that share an exception, from *v on; *v is moved behind them. */
static void add_group(struct strbuf *out, const struct violation **v, size_t *count) {
    const struct violation *first = *v, *end = first;
    for (*count = 0; end && end->rule == first->rule && end->exception == first->exception;
         end = end->next)
        (*count)++;
    add_rule(out, first);
    add_containers(out, first, end);
    strbuf_add(out, STR(" ("));
    const struct violation *shown = first;
    for (size_t i = 0; i < LIST_MAX && shown != end; i++, shown = shown->next) {
        words_separate(out, i);
        strbuf_add(out, shown->words.path);
    }
    if (*count > LIST_MAX) words_add_more(out, " and ", *count - LIST_MAX, " more");
    strbuf_add_char(out, ')');
    *v = end;
}

/* Groups of a list as long as there is room. Returns how many violations they are. */
static size_t add_groups(struct strbuf *out, const struct violation *list, bool names_exceptions) {
    size_t told = 0;
    for (const struct violation *v = list; v;) {
        size_t whole = out->len, count;
        if (whole > 0) strbuf_add(out, STR("; "));
        if (names_exceptions) STRBUF_ADD(out, v->exception->name, STR(": "));
        add_group(out, &v, &count);
        if (out->len + TAIL_BYTES > VALUE_MAX) {
            strbuf_truncate(out, whole);
            break;
        }
        told += count;
    }
    return told;
}

static void add_more(struct strbuf *out, size_t untold, const char *what) {
    if (untold > 0) words_add_more(out, out->len ? "; " : "", untold, what);
}

static struct str violations_value(struct arena *arena, const struct judgement *judgement) {
    struct strbuf out;
    strbuf_init(&out, arena, VALUE_MAX);
    size_t told = add_groups(&out, judgement->first, false);
    if (judgement->count + judgement->omitted > told)
        words_add_more(&out, out.len ? "; and " : "and ",
                       judgement->count + judgement->omitted - told, " more");
    add_more(&out, judgement->kept_count, " kept from before the update");
    return strbuf_str(&out);
}

/* Who reads that a violation counts may know an exception that has ended. */
static void add_expired(struct strbuf *out, const struct judgement *judgement) {
    const struct exception *last = NULL;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        if (!v->exception || v->exception == last || out->len + 2 * TAIL_BYTES > VALUE_MAX)
            continue;
        last = v->exception;
        char day[16];
        date_format(last->expires, day);
        STRBUF_ADD(out, out->len ? STR("; ") : STR(""), last->name, STR(" expired on "),
                   str_from(day));
    }
}

static struct str exceptions_value(struct arena *arena, const struct judgement *judgement) {
    struct strbuf out;
    strbuf_init(&out, arena, 256);
    size_t told = add_groups(&out, judgement->excused, true);
    add_more(&out, judgement->excused_count - told, " more");
    add_expired(&out, judgement);
    return strbuf_str(&out);
}

size_t verdict_annotations(struct arena *arena, const struct review *review,
                           const struct judgement *judgement,
                           const struct review_annotation **out) {
    *out = NULL;
    const struct review_annotation all[KEYS_MAX] = {
        {STR("uid"), review->uid},
        {STR("policies"), policies_value(arena, judgement)},
        {STR("violations"), violations_value(arena, judgement)},
        {STR("exceptions"), exceptions_value(arena, judgement)},
    };
    struct review_annotation *annotations = ARENA_NEW(arena, struct review_annotation, KEYS_MAX);
    if (!annotations) return 0;
    size_t count = 0;
    for (size_t i = 0; i < KEYS_MAX; i++)
        if (!str_is_empty(all[i].value)) annotations[count++] = all[i];
    *out = annotations;
    return count > 1 ? count : 0;
}
