/*
 * verdict_told (private to the room): what a judgement holds, in the order and the grouping in which
 * it is told: worst first (action, severity), then the policies' order; what several rules find at
 * one field, with one mend, is told once.
 */
#ifndef PODGATE_POLICY_VERDICT_TOLD_H
#define PODGATE_POLICY_VERDICT_TOLD_H

#include "policy/verdict.h"

struct rule_link {
    const struct rule *rule;
    struct rule_link *next;
};

/* One finding as it is told. */
struct told {
    const struct finding *finding;
    struct rule_link rules; /* the strongest first */
    enum action action, wanted;
    enum severity severity;
    struct str path; /* the field's own */
    struct str says; /* about one subject */
    struct str mend;
    bool is_grouped;
};

struct told_list {
    struct told **items; /* in the order in which they are told */
    size_t count;
    const struct told **grouped; /* of the entry at hand */
};

/* Findings of the same rules that say the same of several containers (or of the pod). */
struct entry {
    const struct told *const *items;
    size_t count;
    size_t container_count; /* different ones; 0: the pod */
};

/* The violations whose action is within least..most. */
struct told_list told_collect(struct arena *arena, const struct workload *workload,
                              const struct judgement *judgement, enum action least,
                              enum action most);
/* The next group, from items[*at] on; false when there is none. Each item is in one group. It is valid until the
 * next call. */
bool told_next_entry(struct told_list *list, size_t *at, struct entry *out);
/* Whether no item before this one is about the same container. */
bool entry_is_first_of_container(const struct entry *entry, size_t at);

/* A sentence template of a check, filled. */
void words_fill(struct strbuf *out, const char *template, const struct finding *finding,
                bool is_many);
/* `container "web"`, `containers "web", "side" and 3 more`, `the pod template`; at most `most` names. */
void words_subject(struct strbuf *out, const struct workload *workload, const struct entry *entry,
                   size_t most);
/* Subject and what is said of it. */
void words_sentence(struct strbuf *out, const struct workload *workload, const struct entry *entry,
                    size_t most);
/* The field that a message proposes to edit. */
struct str words_proposed_path(struct arena *arena, const struct workload *workload,
                               const struct finding *finding);
/* Adds what stands between the items of a list. */
static inline void words_separate(struct strbuf *out, size_t items_before) {
    if (items_before > 0) strbuf_add(out, STR(", "));
}

#endif
