/*
 * verdict_told (private to the room): what a judgement holds, in the order and the grouping in which
 * it is told: worst first (severity, the control's severity), then the policies' order; what
 * several rules find at one field, with one mend, is told once. One action is told at a time.
 */
#ifndef PODGATE_POLICY_VERDICT_TOLD_H
#define PODGATE_POLICY_VERDICT_TOLD_H

#include "policy/verdict.h"

#define WORDS_TEXT_MAX 256 /* bytes shown of one text of the object */
#define WORDS_NAME_MAX 100
/* What stands before the quoted name in the subject of a container's finding. */
#define WORDS_CONTAINER STR("container ")

struct rule_link {
    const struct rule *rule;
    const struct control *control; /* that found it, or NULL */
    struct rule_link *next;
};

struct sentence;

/* One finding as it is told. */
struct told {
    const struct finding *finding; /* of the strongest rule */
    const struct words *words;
    struct rule_link rules; /* the strongest first */
    enum action wanted;
    enum severity severity;        /* of the strongest rule */
    enum severity weight;          /* within the rule: its control's severity */
    bool is_first_of_container;    /* in its sentence */
    const struct exception *ended; /* that would excuse it, or NULL */
    struct told *field_next;       /* with the same field and mend */
    /* Those that the same rules found: the first, in the first one the last, the next. */
    struct told *entry, *entry_last, *entry_next;
    /* Once its entry was asked for: its sentence, and those with the same state and mend. */
    struct sentence *sentence;
    struct told *line, *line_last, *line_next;
};

/* Finds the first one of those that are alike. */
struct told_index {
    struct told **slots;
    size_t mask; /* their number, a power of two, minus one */
};

struct told_list {
    struct told **items; /* in the order in which they are told */
    size_t count;
    /* For the entries that are still to come. */
    struct told **grouped;
    struct sentence *sentences;
    struct told_index by_words, by_container, by_line;
};

/* Findings that say the same of several containers (or of the pod). */
struct sentence {
    struct told **items;
    size_t count;
    size_t container_count; /* different ones; 0: the pod */
};

/* All that the same rules found. */
struct entry {
    struct told *const *items; /* sentence after sentence */
    size_t count;
    const struct sentence *sentences;
    size_t sentence_count;
};

/* The violations that come to this action. */
struct told_list told_collect(struct arena *arena, const struct judgement *judgement,
                              enum action action);
/* The next entry, from items[*at] on; false when there is none. Each item is in one entry. A list is gone
 * through once. */
bool told_next_entry(struct told_list *list, size_t *at, struct entry *out);
/* One cause an item, as many as an answer may have. */
size_t told_causes(struct arena *arena, const struct told_list *list,
                   const struct review_cause **out);

/* The controls that a rule of pod-security found broken: each once, the worst first. */
struct broken_controls {
    const struct control *items[STANDARD_ACTIVE_MAX];
    size_t count;
};
/* `control` NULL: nothing happens. */
void controls_add(struct broken_controls *controls, const struct control *control);
/* Those that are told of rules of this name. */
struct broken_controls told_controls(const struct told_list *list, struct str rule_name);
/* `privileged, hostNamespaces and 2 more`, at most `most` bytes, all ASCII; empty when none fits. */
struct str words_controls(struct arena *arena, const struct broken_controls *controls, size_t most);

/* Texts behind each other on a page, for there are many and most are short. A page is a buffer that begins with no more
 * than its arena. What is added to it between words_begin, which says where, and words_end is the text. */
size_t words_begin(struct strbuf *page);
struct str words_end(const struct strbuf *page, size_t begin);
/* A template of a check, filled. */
void words_fill(struct strbuf *out, const char *template, const struct finding *finding,
                bool is_many);
/* `container "web"`, `containers "web", "side" and 3 more`, `the pod template`; at most `most` names. */
struct str words_subject(struct arena *arena, const struct workload *workload,
                         const struct sentence *sentence, size_t most);
/* What is said of the subject: `may run as root`. */
struct str words_statement(struct arena *arena, const struct sentence *sentence);
/* What of a statement is said behind another of the same subject: "has no memory limit", "no cpu request". */
struct str words_behind(struct str before, struct str statement);
/* The field that a message proposes to edit. */
struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct told *told);
/* `will be denied from 2027-03-01`; empty for a rule that waits for no day. */
struct str words_waiting(struct arena *arena, const struct workload *workload,
                         const struct judgement *judgement, const struct rule *rule);
/* `exception "agent" ended on 2027-06-30; owner: platform-team` */
struct str words_ended(struct arena *arena, const struct exception *exception);
/* Adds `before`, a number and `after`: " and 3 more". */
void words_add_more(struct strbuf *out, const char *before, size_t count, const char *after);
/* Adds what stands between the items of a list. */
static inline void words_separate(struct strbuf *out, size_t items_before) {
    if (items_before > 0) strbuf_add(out, STR(", "));
}

#endif
