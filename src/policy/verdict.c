#include "policy/verdict.h"

#include "policy/verdict_told.h"

#define CONTAINERS_SHOWN 8
#define PATHS_SHOWN 4
#define SENTENCES_SHOWN 12
#define SENTENCES_BYTES 1024 /* of one entry: once there are so many, no sentence more */
#define LINES_SHOWN 12       /* fields of one entry */
#define ENDED_BYTES 512      /* of lines about exceptions that have ended */
#define ACTUAL_MAX 128       /* bytes of a value of the object */
#define TAIL_BYTES 96        /* kept for "and N more fields" and "and N more: run podgate check" */
#define NAMES_TAIL_CHARS 16  /* kept for ", and N more" in the first line */

/* --- the first line -------------------------------------------------------------------------- */

/* The name of rules that are told, and whether some of what they found is a control's. */
struct rule_name {
    struct str text;
    bool has_controls;
};

struct rule_names {
    struct rule_name *items;
    size_t count;
};

static struct rule_name *find_or_add_name(struct rule_names *names, struct str text) {
    for (size_t i = 0; i < names->count; i++)
        if (str_equals(names->items[i].text, text)) return &names->items[i];
    names->items[names->count] = (struct rule_name){.text = text};
    return &names->items[names->count++];
}

/* The names of all rules that are told, each once, worst first. */
static struct rule_names rule_names(struct arena *arena, const struct told_list *list) {
    size_t most = 0;
    for (size_t i = 0; i < list->count; i++)
        for (const struct rule_link *link = &list->items[i]->rules; link; link = link->next)
            most++;
    struct rule_names names = {.items = ARENA_NEW(arena, struct rule_name, most)};
    const struct rule *last = NULL;
    struct rule_name *name = NULL;
    if (!names.items) return names;
    for (size_t i = 0; i < list->count; i++)
        for (const struct rule_link *link = &list->items[i]->rules; link; link = link->next) {
            if (!name || link->rule != last) name = find_or_add_name(&names, link->rule->name);
            last = link->rule;
            name->has_controls |= link->control != NULL;
        }
    return names;
}

/* " (privileged, runAsNonRoot)" behind the name of a rule of pod-security, within so many bytes. Returns its length. */
static size_t add_controls(struct strbuf *out, const struct told_list *list,
                           const struct rule_name *name, size_t spare) {
    const size_t begin = out->len, brackets = 3;
    if (!name->has_controls || spare < brackets) return 0;
    struct broken_controls controls = told_controls(list, name->text);
    struct str text = words_controls(out->arena, &controls, spare - brackets);
    if (!str_is_empty(text)) STRBUF_ADD(out, STR(" ("), text, STR(")"));
    return out->len - begin;
}

/* What a name takes in a list. */
static size_t listed_chars(struct str name) { return 2 + name.len; }

static void add_first_line(struct strbuf *out, const struct workload *workload,
                           const struct told_list *list) {
    struct rule_names names = rule_names(out->arena, list);
    strbuf_add(out, verdict_subject(out->arena, workload));
    words_add_more(out, " breaks ", names.count, names.count == 1 ? " rule: " : " rules: ");
    /* Only the subject may have others than ASCII characters. */
    size_t chars = str_utf8_count(strbuf_str(out)), all = chars, shown = 0;
    for (size_t i = 0; i < names.count; i++)
        all += listed_chars(names.items[i].text);
    if (names.count > 1) all += NAMES_TAIL_CHARS;
    size_t spare = all < VERDICT_FIRST_LINE_MAX ? VERDICT_FIRST_LINE_MAX - all : 0;
    for (; shown < names.count; shown++) {
        bool is_last = shown + 1 == names.count;
        struct str name = names.items[shown].text;
        if (chars + listed_chars(name) + (is_last ? 0 : NAMES_TAIL_CHARS) > VERDICT_FIRST_LINE_MAX)
            break;
        size_t begin = out->len;
        words_separate(out, shown);
        strbuf_add(out, name);
        spare -= add_controls(out, list, &names.items[shown], spare);
        chars += out->len - begin;
    }
    if (shown < names.count)
        words_add_more(out, shown ? ", and " : "and ", names.count - shown, " more");
}

/* --- entries --------------------------------------------------------------------------------- */

/* Rules of one name in several policies stand beside each other, and are named once. */
static void add_rules(struct strbuf *out, const struct told *told) {
    struct str last = STR_NONE;
    for (const struct rule_link *link = &told->rules; link; link = link->next) {
        if (str_equals(link->rule->name, last)) continue;
        words_separate(out, last.len);
        strbuf_add(out, link->rule->name);
        last = link->rule->name;
    }
    strbuf_add(out, STR(" ("));
    last = STR_NONE;
    for (const struct rule_link *link = &told->rules; link; link = link->next) {
        struct str policy = link->rule->policy->name;
        if (str_equals(policy, last)) continue;
        words_separate(out, last.len);
        strbuf_add(out, policy);
        last = policy;
    }
    strbuf_add_char(out, ')');
}

/* containers "web", "side" have no cpu request, no memory request; container "web" has no memory limit */
static void add_sentences(struct strbuf *out, const struct workload *workload,
                          const struct entry *entry) {
    struct str subjects[SENTENCES_SHOWN];
    bool is_told[SENTENCES_SHOWN] = {false};
    size_t begin = out->len, count = entry->sentence_count, told = 0;
    if (count > SENTENCES_SHOWN) count = SENTENCES_SHOWN;
    for (size_t i = 0; i < count; i++)
        subjects[i] = words_subject(out->arena, workload, &entry->sentences[i], CONTAINERS_SHOWN);
    for (size_t i = 0; i < count; i++) {
        if (is_told[i] || out->len - begin > SENTENCES_BYTES) continue;
        struct str before = STR_NONE;
        strbuf_add(out, told > 0 ? STR("; ") : STR(""));
        strbuf_add(out, subjects[i]);
        for (size_t j = i; j < count; j++) {
            if (is_told[j] || !str_equals(subjects[i], subjects[j])) continue;
            strbuf_add(out, j > i ? STR(", ") : STR(" "));
            struct str statement = words_statement(out->arena, &entry->sentences[j]);
            strbuf_add(out, words_behind(before, statement));
            before = statement;
            is_told[j] = true;
            told++;
        }
    }
    if (told < entry->sentence_count)
        words_add_more(out, "; and ", entry->sentence_count - told, " more");
}

static bool is_shown_before(const struct str *shown, size_t count, struct str path) {
    for (size_t i = 0; i < count; i++)
        if (str_equals(shown[i], path)) return true;
    return false;
}

/* The paths of one line: different ones, a few. Returns how many there are. */
static size_t add_paths(struct strbuf *out, const struct workload *workload,
                        const struct told *lead) {
    struct str shown[PATHS_SHOWN];
    size_t count = 0;
    for (const struct told *told = lead; told; told = told->line_next) {
        /* Beyond those shown they are only counted: a pod-level path would have been among them. */
        if (count >= PATHS_SHOWN) {
            count++;
            continue;
        }
        struct str path = words_proposed_path(out->arena, workload, told);
        if (is_shown_before(shown, count, path)) continue;
        words_separate(out, count);
        strbuf_add(out, path);
        shown[count++] = path;
    }
    if (count > PATHS_SHOWN) words_add_more(out, " and ", count - PATHS_SHOWN, " more");
    return count;
}

static void add_line(struct strbuf *out, const struct workload *workload, const struct told *told) {
    const struct finding *finding = told->finding;
    strbuf_add(out, STR("\n    "));
    size_t paths = add_paths(out, workload, told);
    if (!finding->problem->hides_state) {
        strbuf_add(out, paths > 1 ? STR(" are ") : STR(" is "));
        if (str_is_empty(finding->actual))
            strbuf_add(out, STR("unset"));
        else
            strbuf_add_escaped(out, finding->actual, ACTUAL_MAX);
    }
    strbuf_add(out, STR(": "));
    if (paths > 1)
        words_fill(out, finding->problem->mend, finding, true);
    else
        strbuf_add(out, told->words->mend);
}

/* The fields to edit, as long as the message is not longer than `most`. False when there was no room for any. */
static bool add_lines(struct strbuf *out, const struct workload *workload,
                      const struct entry *entry, size_t most) {
    size_t lines = 0, untold = 0;
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->items[i]->line != entry->items[i]) continue;
        size_t whole = out->len;
        if (untold == 0 && lines < LINES_SHOWN) add_line(out, workload, entry->items[i]);
        bool is_told = out->len > whole && out->len <= most;
        if (!is_told) strbuf_truncate(out, whole);
        lines += is_told;
        untold += !is_told;
    }
    if (untold > 0) words_add_more(out, "\n    and ", untold, " more fields");
    return lines > 0;
}

/* The policies' own lines stand under the first entry of their rules. */
static void add_rule_messages(struct strbuf *out, const struct told *told,
                              const struct rule *told_before) {
    if (told->rules.rule == told_before) return;
    for (const struct rule_link *link = &told->rules; link; link = link->next) {
        if (str_is_empty(link->rule->message)) continue;
        strbuf_add(out, STR("\n    "));
        strbuf_add(out, link->rule->message);
    }
}

/* Whoever was let pass until yesterday asks why. */
static void add_ended_exceptions(struct strbuf *out, const struct entry *entry) {
    const struct exception *last = NULL;
    for (size_t i = 0; i < entry->count && out->len < ENDED_BYTES; i++) {
        const struct exception *ended = entry->items[i]->ended;
        if (!ended || ended == last) continue;
        last = ended;
        strbuf_add(out, STR("\n    "));
        strbuf_add(out, words_ended(out->arena, ended));
    }
}

/* False when it does not fit. */
static bool add_entry(struct strbuf *out, const struct workload *workload,
                      const struct entry *entry, const struct rule *told_before) {
    const size_t most = VERDICT_MESSAGE_MAX - TAIL_BYTES;
    struct strbuf messages;
    strbuf_init(&messages, out->arena, 0);
    add_ended_exceptions(&messages, entry);
    add_rule_messages(&messages, entry->items[0], told_before);
    strbuf_add(out, STR("\n  "));
    add_rules(out, entry->items[0]);
    strbuf_add(out, STR(": "));
    add_sentences(out, workload, entry);
    if (out->len + messages.len > most) return false;
    if (!add_lines(out, workload, entry, most - messages.len)) return false;
    strbuf_add(out, strbuf_str(&messages));
    return true;
}

static struct str denial_message(struct arena *arena, const struct workload *workload,
                                 const struct judgement *judgement, struct told_list list) {
    struct strbuf out;
    strbuf_init(&out, arena, VERDICT_MESSAGE_MAX + 512);
    add_first_line(&out, workload, &list);

    size_t untold = list.count + judgement->omitted;
    const struct rule *told_before = NULL;
    struct entry entry;
    for (size_t at = 0; told_next_entry(&list, &at, &entry);) {
        size_t whole = out.len;
        if (!add_entry(&out, workload, &entry, told_before)) {
            strbuf_truncate(&out, whole);
            break;
        }
        untold -= entry.count;
        told_before = entry.items[0]->rules.rule;
    }
    if (untold > 0) words_add_more(&out, "\n  and ", untold, " more: run podgate check");
    return strbuf_str(&out);
}

struct denial verdict_denial(struct arena *arena, const struct workload *workload,
                             const struct judgement *judgement) {
    struct told_list list = told_collect(arena, judgement, ACTION_DENY);
    struct denial denial = {.message = denial_message(arena, workload, judgement, list)};
    denial.cause_count = told_causes(arena, &list, &denial.causes);
    return denial;
}
