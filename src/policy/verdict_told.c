#include "policy/verdict_told.h"

static bool is_same_field(const struct finding *a, const struct finding *b) {
    return a->root == b->root && a->container == b->container && a->index == b->index &&
           str_equals(a->list, b->list) && str_equals(a->field, b->field);
}

static bool has_rule(const struct told *told, const struct rule *rule) {
    for (const struct rule_link *link = &told->rules; link; link = link->next)
        if (link->rule == rule) return true;
    return false;
}

static enum severity weight_of(const struct violation *violation) {
    const struct control *control = violation->finding->control;
    return control ? control->severity : violation->rule->severity;
}

/* Another rule found the same: the stronger one's words are told. */
static void add_rule(struct arena *arena, struct told *told, const struct violation *violation) {
    struct rule_link *link = ARENA_NEW(arena, struct rule_link, 1);
    if (!link) return;
    if (violation->rule->severity > told->severity) {
        *link = told->rules;
        told->rules = (struct rule_link){violation->rule, violation->finding->control, link};
        told->finding = violation->finding;
        told->words = &violation->words;
        told->severity = violation->rule->severity;
        told->weight = weight_of(violation);
    } else {
        struct rule_link *last = &told->rules;
        while (last->next)
            last = last->next;
        *link = (struct rule_link){violation->rule, violation->finding->control, NULL};
        last->next = link;
    }
    if (violation->wanted > told->wanted) told->wanted = violation->wanted;
}

static struct told *find_same(struct told *all, size_t count, const struct violation *violation) {
    for (size_t i = 0; i < count; i++)
        if (is_same_field(all[i].finding, violation->finding) &&
            !has_rule(&all[i], violation->rule) &&
            str_equals(all[i].words->mend, violation->words.mend))
            return &all[i];
    return NULL;
}

#define SEVERITIES (SEVERITY_CRITICAL + 1)
#define RANKS (SEVERITIES * SEVERITIES)

/* 0 is told first. All have one action. */
static unsigned rank_of(const struct told *told) {
    return (SEVERITY_CRITICAL - told->severity) * SEVERITIES + (SEVERITY_CRITICAL - told->weight);
}

/* A stable sort by few values: each rank's place is counted first. */
static void put_in_order(struct told *all, size_t count, struct told_list *out) {
    size_t places[RANKS + 1] = {0};
    for (size_t i = 0; i < count; i++)
        places[rank_of(&all[i]) + 1]++;
    for (size_t rank = 0; rank < RANKS; rank++)
        places[rank + 1] += places[rank];
    for (size_t i = 0; i < count; i++)
        out->items[places[rank_of(&all[i])]++] = &all[i];
    out->count = count;
}

struct told_list told_collect(struct arena *arena, const struct judgement *judgement,
                              enum action action) {
    struct told_list list = {.items = ARENA_NEW(arena, struct told *, judgement->count),
                             .members = ARENA_NEW(arena, const struct told *, judgement->count),
                             .grouped = ARENA_NEW(arena, const struct told *, judgement->count),
                             .sentences = ARENA_NEW(arena, struct sentence, judgement->count)};
    struct told *all = ARENA_NEW(arena, struct told, judgement->count);
    if (!list.items || !list.members || !list.grouped || !list.sentences || !all)
        return (struct told_list){0};
    size_t count = 0, of_earlier_rules = 0;
    const struct rule *rule = NULL;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        if (v->action != action) continue;
        if (!rule || v->rule != rule) of_earlier_rules = count;
        rule = v->rule;
        struct told *same = find_same(all, of_earlier_rules, v);
        if (same) {
            add_rule(arena, same, v);
            continue;
        }
        all[count++] = (struct told){.finding = v->finding,
                                     .words = &v->words,
                                     .rules = {v->rule, v->finding->control, NULL},
                                     .wanted = v->wanted,
                                     .severity = v->rule->severity,
                                     .weight = weight_of(v),
                                     .ended = v->exception};
    }
    put_in_order(all, count, &list);
    return list;
}

static bool has_same_rules(const struct told *a, const struct told *b) {
    const struct rule_link *of_a = &a->rules, *of_b = &b->rules;
    while (of_a && of_b && of_a->rule == of_b->rule) {
        of_a = of_a->next;
        of_b = of_b->next;
    }
    return !of_a && !of_b;
}

static bool has_same_words(const struct told *a, const struct told *b) {
    return !a->finding->container == !b->finding->container &&
           (a->finding->root == FINDING_OBJECT) == (b->finding->root == FINDING_OBJECT) &&
           str_equals(a->words->says, b->words->says);
}

bool sentence_is_first_of_container(const struct sentence *sentence, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (sentence->items[i]->finding->container == sentence->items[at]->finding->container)
            return false;
    return true;
}

/* Takes those of the lead's rules out of the list. Returns how many there are. */
static size_t take_members(struct told_list *list, size_t lead) {
    size_t count = 0;
    for (size_t i = lead; i < list->count; i++) {
        struct told *told = list->items[i];
        if (told->is_taken || !has_same_rules(list->items[lead], told)) continue;
        told->is_taken = true;
        list->members[count++] = told;
    }
    return count;
}

/* The sentence that members[at] begins, of those that are left; those it takes are NULL then. */
static void add_sentence(struct told_list *list, size_t at, size_t count, struct entry *entry) {
    const struct told *lead = list->members[at];
    struct sentence *sentence = &list->sentences[entry->sentence_count++];
    *sentence = (struct sentence){.items = list->grouped + entry->count};
    for (size_t i = at; i < count; i++) {
        const struct told *told = list->members[i];
        if (!told || !has_same_words(lead, told)) continue;
        list->members[i] = NULL;
        list->grouped[entry->count++] = told;
        sentence->count++;
        if (told->finding->container &&
            sentence_is_first_of_container(sentence, sentence->count - 1))
            sentence->container_count++;
    }
}

bool told_next_entry(struct told_list *list, size_t *at, struct entry *out) {
    while (*at < list->count && list->items[*at]->is_taken)
        (*at)++;
    if (*at == list->count) return false;
    *out = (struct entry){.items = list->grouped, .sentences = list->sentences};
    size_t count = take_members(list, *at);
    for (size_t i = 0; i < count; i++)
        if (list->members[i]) add_sentence(list, i, count, out);
    return true;
}
