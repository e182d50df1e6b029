#include "desk/replay/tally.h"

#include <stdlib.h>

#define TEXT_BYTES 512        /* kept of a sentence */
#define SEPARATOR STR("\xff") /* UTF-8 never has it */

void tally_init(struct replay_tally *tally) {
    *tally = (struct replay_tally){.reviews = 0};
    arena_init(&tally->arena, (size_t)64 << 10, 0);
    table_init(&tally->table, sizeof(struct replay_owner), REPLAY_OWNERS_MAX);
}

/* --- owners ----------------------------------------------------------------------------------- */

static struct replay_owner *find_owner(struct replay_tally *tally, const struct replay_owner *key,
                                       struct arena *scratch) {
    const struct str *space = &key->name_space, *kind = &key->kind;
    struct str text = STR_CONCAT(scratch, *space, SEPARATOR, *kind, SEPARATOR, key->name);
    uint32_t before = tally->table.count;
    uint32_t number = text.at ? table_take(&tally->table, &tally->arena, text) : TABLE_NONE;
    if (number == TABLE_NONE) return NULL;
    struct replay_owner *owner = table_row(&tally->table, number);
    if (tally->table.count == before) return owner;
    text = tally->table.keys[number];
    owner->name_space = str_slice(text, 0, space->len);
    owner->kind = str_slice(text, space->len + 1, kind->len);
    owner->name = str_slice(text, space->len + kind->len + 2, key->name.len);
    owner->file = str_copy(&tally->arena, key->file);
    owner->line = key->line;
    return owner;
}

struct replay_owner *tally_owner(struct replay_tally *tally, const struct replay_owner *key,
                                 struct arena *scratch) {
    struct replay_owner *owner = find_owner(tally, key, scratch);
    tally->reviews++;
    if (owner)
        owner->reviews++;
    else
        tally->omitted++;
    return owner;
}

/* --- rules ------------------------------------------------------------------------------------ */

static struct str copy_short(struct arena *arena, struct str text) {
    return str_copy(arena, str_utf8_cut(text, TEXT_BYTES));
}

void tally_rule(struct replay_tally *tally, struct replay_owner *owner,
                const struct replay_rule *seen) {
    if (!owner) return;
    struct replay_rule **at = &owner->rules;
    while (*at && !(str_equals((*at)->policy, seen->policy) && str_equals((*at)->rule, seen->rule)))
        at = &(*at)->next;
    if (*at) {
        (*at)->reviews++;
        return;
    }
    if (owner->rule_count == REPLAY_RULES_MAX) return;
    struct replay_rule *rule = ARENA_NEW(&tally->arena, struct replay_rule, 1);
    if (!rule) return;
    *rule = (struct replay_rule){.policy = str_copy(&tally->arena, seen->policy),
                                 .rule = str_copy(&tally->arena, seen->rule),
                                 .message = copy_short(&tally->arena, seen->message),
                                 .path = copy_short(&tally->arena, seen->path),
                                 .fix = copy_short(&tally->arena, seen->fix),
                                 .severity = seen->severity,
                                 .reviews = 1};
    if (owner->rule_count++ == 0 || seen->severity > owner->severity)
        owner->severity = seen->severity;
    *at = rule;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_numbers(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int compare_places(const struct replay_owner *a, const struct replay_owner *b) {
    int order = str_compare(a->name_space, b->name_space);
    if (order == 0) order = str_compare(a->kind, b->kind);
    return order ? order : str_compare(a->name, b->name);
}

static int compare_owners(const void *left, const void *right) {
    const struct replay_owner *a = *(struct replay_owner *const *)left,
                              *b = *(struct replay_owner *const *)right;
    if (a->severity != b->severity) return a->severity > b->severity ? -1 : 1;
    int order = compare_numbers(b->reviews, a->reviews);
    return order ? order : compare_places(a, b);
}

static void sort_rules(struct replay_owner *owner) {
    struct replay_rule *sorted = NULL;
    while (owner->rules) {
        struct replay_rule *rule = owner->rules;
        owner->rules = rule->next;
        struct replay_rule **at = &sorted;
        while (*at && (*at)->severity >= rule->severity)
            at = &(*at)->next;
        rule->next = *at;
        *at = rule;
    }
    owner->rules = sorted;
}

void tally_sort(struct replay_tally *tally) {
    tally->owners = ARENA_NEW(&tally->arena, struct replay_owner *, tally->table.count);
    tally->count = tally->owners ? tally->table.count : 0;
    for (uint32_t i = 0; i < tally->count; i++) {
        tally->owners[i] = table_row(&tally->table, i);
        sort_rules(tally->owners[i]);
    }
    if (tally->count > 0)
        qsort(tally->owners, tally->count, sizeof(struct replay_owner *), compare_owners);
}

/* --- sums ------------------------------------------------------------------------------------- */

static int compare_sum_names(const void *left, const void *right) {
    const struct tally_sum *a = left, *b = right;
    int order = str_compare(a->name_space, b->name_space);
    if (order == 0) order = str_compare(a->policy, b->policy);
    return order ? order : str_compare(a->rule, b->rule);
}

static int compare_sums(const void *left, const void *right) {
    const struct tally_sum *a = left, *b = right;
    int order = compare_numbers(b->owners, a->owners);
    if (order == 0) order = compare_numbers(b->reviews, a->reviews);
    return order ? order : compare_sum_names(a, b);
}

/* Those of one name become one; the result is sorted. */
static size_t merge(struct tally_sum *sums, size_t count) {
    size_t merged = 0;
    if (count == 0) return 0;
    qsort(sums, count, sizeof *sums, compare_sum_names);
    for (size_t i = 1; i < count; i++) {
        if (compare_sum_names(&sums[merged], &sums[i]) != 0) {
            sums[++merged] = sums[i];
            continue;
        }
        sums[merged].owners += sums[i].owners;
        sums[merged].reviews += sums[i].reviews;
    }
    qsort(sums, ++merged, sizeof *sums, compare_sums);
    return merged;
}

struct tally_sum *tally_by_rule(struct arena *arena, const struct replay_tally *tally,
                                size_t *count) {
    size_t all = 0;
    *count = 0;
    for (size_t i = 0; i < tally->count; i++)
        all += tally->owners[i]->rule_count;
    struct tally_sum *sums = ARENA_NEW(arena, struct tally_sum, all);
    if (!sums) return NULL;
    for (size_t i = 0, n = 0; i < tally->count; i++)
        for (const struct replay_rule *rule = tally->owners[i]->rules; rule && n < all;
             rule = rule->next)
            sums[n++] = (struct tally_sum){.policy = rule->policy,
                                           .rule = rule->rule,
                                           .owners = 1,
                                           .reviews = rule->reviews};
    *count = merge(sums, all);
    return sums;
}

struct tally_sum *tally_by_namespace(struct arena *arena, const struct replay_tally *tally,
                                     size_t *count) {
    *count = 0;
    struct tally_sum *sums = ARENA_NEW(arena, struct tally_sum, tally->count);
    if (!sums) return NULL;
    for (size_t i = 0; i < tally->count; i++)
        sums[i] = (struct tally_sum){.name_space = tally->owners[i]->name_space,
                                     .owners = 1,
                                     .reviews = tally->owners[i]->reviews};
    *count = merge(sums, tally->count);
    return sums;
}
