#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/mutate.h"
#include "fuzz/words.h"
#include "text/scan.h"

#define VALUES_MAX 4096

/* A value, and where the member (or item) that it ends begins. */
struct part {
    size_t start, end;
    size_t member; /* of its key, or the value's own start in a list */
};

struct parts {
    struct part items[VALUES_MAX];
    size_t count;
};

size_t mutate_pick(unsigned *seed, size_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return below > 0 ? (*seed >> 8) % below : 0;
}

size_t mutate_replace(char *text, size_t len, size_t room, size_t start, size_t end,
                      struct str by) {
    if (len - (end - start) + by.len > room) return 0;
    memmove(text + start + by.len, text + end, len - end);
    memcpy(text + start, by.at, by.len);
    return len - (end - start) + by.len;
}

static size_t find_parts(struct str text, struct parts *parts) {
    struct scan_token token;
    size_t at = 0, key = SIZE_MAX;
    while (parts->count < VALUES_MAX && scan_next_token(text, &at, &token)) {
        size_t start = (size_t)(token.bytes.at - text.at);
        if (token.is_key) {
            key = start;
            continue;
        }
        struct scan scan;
        struct str value;
        scan_init(&scan, str_slice(text, start, text.len), &scan_limits_default);
        if (!scan_value(&scan, &value)) break;
        parts->items[parts->count++] =
            (struct part){start, start + value.len, key == SIZE_MAX ? start : key};
        key = SIZE_MAX;
    }
    return parts->count;
}

/* Gone, with the comma behind or before it. */
static size_t drop(char *text, size_t len, size_t room, const struct part *part) {
    size_t start = part->member, end = part->end;
    if (end < len && text[end] == ',')
        end++;
    else if (start > 0 && text[start - 1] == ',')
        start--;
    return mutate_replace(text, len, room, start, end, STR(""));
}

/* The part, and a comma, before itself. */
static size_t twice(char *text, size_t len, size_t room, const struct part *part, char *spare) {
    size_t size = part->end - part->member;
    memcpy(spare, text + part->member, size);
    spare[size] = ',';
    return mutate_replace(text, len, room, part->member, part->member,
                          (struct str){spare, size + 1});
}

/* Two values change places; that one does not hold the other is for the caller to see to. */
static size_t swap(char *text, size_t len, size_t room, struct part first, struct part second,
                   char *spare) {
    if (first.start > second.start) {
        struct part kept = first;
        first = second;
        second = kept;
    }
    size_t one = first.end - first.start, other = second.end - second.start;
    memcpy(spare, text + first.start, one);
    memcpy(spare + one, text + second.start, other);
    if (mutate_replace(text, len, room, second.start, second.end, (struct str){spare, one}) == 0)
        return 0;
    /* The whole is as long as before. */
    return mutate_replace(text, len - other + one, room, first.start, first.end,
                          (struct str){spare + one, other});
}

/* A word of the dictionary: another key, a member more, or another value. */
static size_t use_word(char *text, size_t len, size_t room, const struct part *part,
                       struct str word, char *spare) {
    if (word.at[word.len - 1] == ':')
        return part->member == part->start
                   ? 0
                   : mutate_replace(text, len, room, part->member, part->start, word);
    if (!words_is_member(word))
        return mutate_replace(text, len, room, part->start, part->end, word);
    if (text[part->start] != '{') return 0;
    memcpy(spare, word.at, word.len);
    /* An empty object would get a comma too much: no JSON, which is well too. */
    spare[word.len] = ',';
    return mutate_replace(text, len, room, part->start + 1, part->start + 1,
                          (struct str){spare, word.len + 1});
}

static size_t change(char *text, size_t len, size_t room, const struct parts *parts, unsigned *seed,
                     char *spare) {
    const struct part *part = &parts->items[mutate_pick(seed, parts->count)];
    const struct part *other = &parts->items[mutate_pick(seed, parts->count)];
    struct str copy = {spare, other->end - other->start};
    bool are_apart = part->end <= other->start || other->end <= part->start;
    switch (mutate_pick(seed, 8)) {
    case 0: /* another part of the text */
        memcpy(spare, text + other->start, copy.len);
        return mutate_replace(text, len, room, part->start, part->end, copy);
    case 1: return drop(text, len, room, part);
    case 2: return twice(text, len, room, part, spare);
    case 3: return are_apart ? swap(text, len, room, *part, *other, spare) : 0;
    default: return use_word(text, len, room, part, words_pick(seed), spare);
    }
}

size_t fuzz_mutate_json(char *text, size_t len, size_t room, unsigned seed) {
    struct scan scan;
    struct str value;
    scan_init(&scan, (struct str){text, len}, &scan_limits_default);
    if (!scan_value(&scan, &value) || !scan_end(&scan)) return 0;
    struct parts *parts = calloc(1, sizeof *parts);
    char *spare = malloc(room + WORD_MAX + 1);
    size_t changed = 0;
    if (parts && spare && find_parts((struct str){text, len}, parts) > 0)
        for (int tries = 0; tries < 4 && changed == 0; tries++)
            changed = change(text, len, room, parts, &seed, spare);
    free(spare);
    free(parts);
    return changed;
}
