#include <stdlib.h>

#include "fuzz/fuzz.h"
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

static const char *const literals[] = {
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "9223372036854775808",
    "1e999",
    "0.1",
    "\"\"",
    "{}",
    "[]",
    "\"nginx:latest\"",
    "\"ALL\"",
    "\"Unconfined\"",
    "\"/var/run/docker.sock\"",
    "\"1Gi\"",
    "\"UPDATE\"",
    "\"pods\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"Always\"",
    "[null]",
    "[[]]",
    "[{}]",
    "\"$(X)\"",
    "\"windows\"",
    "\"2026-01-01T00:00:00Z\"",
    "\"\\u202e\"",
};
static const char *const members[] = {
    "\"privileged\":true",
    "\"hostNetwork\":true",
    "\"securityContext\":{\"runAsUser\":0}",
    "\"initContainers\":[{\"name\":\"i\",\"image\":\"i\"}]",
    "\"ephemeralContainers\":[{\"name\":\"e\",\"image\":\"e\"}]",
    "\"hostUsers\":false",
    "\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"x\"}]",
    "\"os\":{\"name\":\"windows\"}",
    "\"volumes\":[{\"name\":\"v\",\"hostPath\":{\"path\":\"/\"}}]",
    "\"oldObject\":{}",
    "\"capabilities\":{\"add\":[\"ALL\"],\"drop\":[]}",
    "\"metadata\":null",
    "\"spec\":null",
    "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"",
    "\"annotations\":{\"a\":\"b\"}",
    "\"ports\":[{\"hostPort\":1}]",
    "\"subResource\":\"ephemeralcontainers\"",
    "\"a\":1,\"a\":2",
};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static size_t pick(unsigned *seed, size_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return below > 0 ? (*seed >> 8) % below : 0;
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

/* Puts `by` in the place of what stands from `start` to `end`. */
static size_t replace(char *text, size_t len, size_t room, size_t start, size_t end,
                      struct str by) {
    if (len - (end - start) + by.len > room) return 0;
    memmove(text + start + by.len, text + end, len - end);
    memcpy(text + start, by.at, by.len);
    return len - (end - start) + by.len;
}

static size_t change(char *text, size_t len, size_t room, const struct parts *parts, unsigned *seed,
                     char *spare) {
    const struct part *part = &parts->items[pick(seed, parts->count)];
    const struct part *other = &parts->items[pick(seed, parts->count)];
    struct str by = str_from(literals[pick(seed, COUNT_OF(literals))]);
    switch (pick(seed, 5)) {
    case 0: return replace(text, len, room, part->start, part->end, by);
    case 1: /* another part of the text, copied because the text moves */
        by = (struct str){spare, other->end - other->start};
        memcpy(spare, text + other->start, by.len);
        return replace(text, len, room, part->start, part->end, by);
    case 2: { /* gone, with the comma behind or before it */
        size_t start = part->member, end = part->end;
        if (end < len && text[end] == ',')
            end++;
        else if (start > 0 && text[start - 1] == ',')
            start--;
        return replace(text, len, room, start, end, STR(""));
    }
    case 3: { /* twice */
        size_t size = part->end - part->member;
        memcpy(spare, text + part->member, size);
        spare[size] = ',';
        return replace(text, len, room, part->member, part->member, (struct str){spare, size + 1});
    }
    default:
        if (text[part->start] != '{') return 0;
        by = str_from(members[pick(seed, COUNT_OF(members))]);
        memcpy(spare, by.at, by.len);
        spare[by.len] = ',';
        return replace(text, len, room, part->start + 1, part->start + 1,
                       (struct str){spare, by.len + 1});
    }
}

size_t fuzz_mutate_json(char *text, size_t len, size_t room, unsigned seed) {
    struct scan scan;
    struct str value;
    scan_init(&scan, (struct str){text, len}, &scan_limits_default);
    if (!scan_value(&scan, &value) || !scan_end(&scan)) return 0;
    struct parts *parts = calloc(1, sizeof *parts);
    char *spare = malloc(room + 256);
    size_t changed = 0;
    if (parts && spare && find_parts((struct str){text, len}, parts) > 0)
        for (int tries = 0; tries < 4 && changed == 0; tries++)
            changed = change(text, len, room, parts, &seed, spare);
    free(spare);
    free(parts);
    return changed;
}
