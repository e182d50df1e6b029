#include "policy/verdict_told.h"

/* --- what is alike --------------------------------------------------------------------------- */

/* Each number and text that goes in changes all bits. */
static uint64_t mix(uint64_t hash, uint64_t number) {
    hash = (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static uint64_t mix_pointer(uint64_t hash, const void *pointer) {
    return mix(hash, (uintptr_t)pointer);
}

static uint64_t mix_text(uint64_t hash, struct str text) {
    uint64_t word = 0, sum = text.len;
    const char *at = str_bytes(text), *end = at + text.len;
    for (; end - at > (ptrdiff_t)sizeof word; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sum = (sum << 7 | sum >> 57) + word * UINT64_C(0xD6E8FEB86659FD93);
    }
    /* The last bytes together with some of those before. */
    if (text.len >= sizeof word) {
        memcpy(&word, end - sizeof word, sizeof word);
    } else {
        for (; at < end; at++)
            word = word << 8 | (unsigned char)*at;
    }
    return mix(mix(hash, sum), word);
}

typedef bool (*likeness)(const struct told *, const struct told *);

/* The first one like it that was asked for, which may be itself. Those who choose names can make them collide, and then
 * all are compared with all: the findings of a rule are limited. */
static struct told *first_alike(struct told_index *index, uint64_t hash, struct told *told,
                                likeness is_alike) {
    size_t at = hash & index->mask;
    while (index->slots[at] && !is_alike(index->slots[at], told))
        at = (at + 1) & index->mask;
    if (!index->slots[at]) index->slots[at] = told;
    return index->slots[at];
}

static bool index_init(struct told_index *index, struct arena *arena, size_t most) {
    size_t slots = 2;
    while (slots < 2 * most)
        slots *= 2;
    *index = (struct told_index){ARENA_NEW(arena, struct told *, slots), slots - 1};
    return index->slots != NULL;
}

/* --- one finding, of several rules ----------------------------------------------------------- */

static bool is_at_same_field(const struct told *told, const struct told *other) {
    const struct finding *a = told->finding, *b = other->finding;
    return a->root == b->root && a->container == b->container && a->index == b->index &&
           str_equals(a->list, b->list) && str_equals(a->field, b->field) &&
           str_equals(told->words->mend, other->words->mend);
}

static uint64_t hash_of_field(const struct finding *finding) {
    return mix_text(mix_pointer(finding->index, finding->container), finding->field);
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

/* The first of those at its field that is not told of the rule yet. NULL: there is none, and it stands behind them. */
static struct told *find_same(struct told_index *index, struct told *told) {
    struct told *at = first_alike(index, hash_of_field(told->finding), told, is_at_same_field);
    for (; at != told; at = at->field_next) {
        if (!has_rule(at, told->rules.rule)) return at;
        if (!at->field_next) at->field_next = told;
    }
    return NULL;
}

/* --- in order -------------------------------------------------------------------------------- */

#define SEVERITIES (SEVERITY_CRITICAL + 1)
#define RANKS (SEVERITIES * SEVERITIES)

/* 0 is told first. All have one action. */
static unsigned rank_of(const struct told *told) {
    return (SEVERITY_CRITICAL - told->severity) * SEVERITIES + (SEVERITY_CRITICAL - told->weight);
}

/* A stable sort by few values: each rank's place is counted first. */
static void put_in_order(struct told *const *all, size_t count, struct told_list *out) {
    size_t places[RANKS + 1] = {0};
    for (size_t i = 0; i < count; i++)
        places[rank_of(all[i]) + 1]++;
    for (size_t rank = 0; rank < RANKS; rank++)
        places[rank + 1] += places[rank];
    for (size_t i = 0; i < count; i++)
        out->items[places[rank_of(all[i])]++] = all[i];
    out->count = count;
}

static bool has_same_rules(const struct told *a, const struct told *b) {
    const struct rule_link *of_a = &a->rules, *of_b = &b->rules;
    while (of_a && of_b && of_a->rule == of_b->rule) {
        of_a = of_a->next;
        of_b = of_b->next;
    }
    return !of_a && !of_b;
}

/* Links all that the same rules found. */
static void group_by_rules(struct told_list *list, struct told_index *index) {
    for (size_t i = 0; i < list->count; i++) {
        struct told *told = list->items[i];
        uint64_t hash = 0;
        const struct rule_link *link = &told->rules;
        do {
            hash = mix_pointer(hash, link->rule);
            link = link->next;
        } while (link);
        told->entry = first_alike(index, hash, told, has_same_rules);
        if (told->entry != told) told->entry->entry_last->entry_next = told;
        told->entry->entry_last = told;
    }
}

static bool list_init(struct told_list *list, struct arena *arena, size_t most) {
    *list = (struct told_list){.items = ARENA_NEW(arena, struct told *, most),
                               .grouped = ARENA_NEW(arena, struct told *, most),
                               .sentences = ARENA_NEW(arena, struct sentence, most)};
    return list->items && list->grouped && list->sentences &&
           index_init(&list->by_words, arena, most) &&
           index_init(&list->by_container, arena, most) && index_init(&list->by_line, arena, most);
}

struct told_list told_collect(struct arena *arena, const struct judgement *judgement,
                              enum action action) {
    struct told_list list;
    struct told_index by_field, by_rules;
    struct told *room = ARENA_NEW(arena, struct told, judgement->count);
    struct told **all = ARENA_NEW(arena, struct told *, judgement->count);
    if (!room || !all || !list_init(&list, arena, judgement->count) ||
        !index_init(&by_field, arena, judgement->count) ||
        !index_init(&by_rules, arena, judgement->count))
        return (struct told_list){0};
    size_t count = 0;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        if (v->action != action) continue;
        struct told *told = &room[count];
        told->finding = v->finding;
        told->words = &v->words;
        told->rules = (struct rule_link){v->rule, v->finding->control, NULL};
        told->wanted = v->wanted;
        told->severity = v->rule->severity;
        told->weight = weight_of(v);
        told->ended = v->exception;
        struct told *same = find_same(&by_field, told);
        if (same)
            add_rule(arena, same, v);
        else
            all[count++] = told;
    }
    put_in_order(all, count, &list);
    group_by_rules(&list, &by_rules);
    return list;
}

/* --- entries --------------------------------------------------------------------------------- */

static bool has_same_words(const struct told *a, const struct told *b) {
    return a->entry == b->entry && !a->finding->container == !b->finding->container &&
           (a->finding->root == FINDING_OBJECT) == (b->finding->root == FINDING_OBJECT) &&
           str_equals(a->words->says, b->words->says);
}

static bool is_of_same_container(const struct told *a, const struct told *b) {
    return a->sentence == b->sentence && a->finding->container == b->finding->container;
}

static bool is_on_same_line(const struct told *a, const struct told *b) {
    bool is_hidden = a->finding->problem->hides_state;
    return a->entry == b->entry && str_equals(a->words->mend, b->words->mend) &&
           b->finding->problem->hides_state == is_hidden &&
           (is_hidden || str_equals(a->finding->actual, b->finding->actual));
}

/* The entry's sentences, and how many findings each is about. */
static void count_sentences(struct told_list *list, struct told *lead, struct entry *entry) {
    for (struct told *told = lead; told; told = told->entry_next) {
        uint64_t hash = mix_text(mix_pointer(0, lead), told->words->says);
        const struct told *first = first_alike(&list->by_words, hash, told, has_same_words);
        if (first == told) {
            told->sentence = &list->sentences[entry->sentence_count++];
            *told->sentence = (struct sentence){0};
        }
        told->sentence = first->sentence;
        told->sentence->count++;
    }
}

static void add_to_sentence(struct told_list *list, struct told *told) {
    struct sentence *sentence = told->sentence;
    const struct container *container = told->finding->container;
    sentence->items[sentence->count++] = told;
    if (!container) return;
    uint64_t hash = mix_pointer(mix_pointer(0, sentence), container);
    told->is_first_of_container =
        first_alike(&list->by_container, hash, told, is_of_same_container) == told;
    sentence->container_count += told->is_first_of_container;
}

static void add_to_line(struct told_list *list, struct told *told) {
    uint64_t hash = mix_text(mix_pointer(0, told->entry), told->words->mend);
    if (!told->finding->problem->hides_state) hash = mix_text(hash, told->finding->actual);
    told->line = first_alike(&list->by_line, hash, told, is_on_same_line);
    if (told->line != told) told->line->line_last->line_next = told;
    told->line->line_last = told;
}

bool told_next_entry(struct told_list *list, size_t *at, struct entry *out) {
    while (*at < list->count && list->items[*at]->entry != list->items[*at])
        (*at)++;
    if (*at == list->count) return false;
    struct told *lead = list->items[(*at)++];
    *out = (struct entry){.items = list->grouped, .sentences = list->sentences};
    count_sentences(list, lead, out);
    for (size_t i = 0; i < out->sentence_count; i++) {
        struct sentence *sentence = &list->sentences[i];
        sentence->items = list->grouped + out->count;
        out->count += sentence->count;
        sentence->count = 0;
    }
    for (struct told *told = lead; told; told = told->entry_next)
        add_to_sentence(list, told);
    for (size_t i = 0; i < out->count; i++)
        add_to_line(list, list->grouped[i]);
    list->grouped += out->count;
    list->sentences += out->sentence_count;
    return true;
}
