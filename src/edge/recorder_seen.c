#include "edge/recorder_seen.h"

#include <string.h>

struct seen {
    struct seen_workload {
        uint64_t hash; /* 0: free, and so are the places behind it that its hash leads to */
        int64_t count;
    } workloads[SEEN_WORKLOADS];
};

struct seen *seen_new(struct arena *arena) {
    return ARENA_NEW(arena, struct seen, 1);
}

void seen_forget_all(struct seen *all) { memset(all, 0, sizeof *all); }

int64_t *seen_count(struct seen *all, uint64_t hash) {
    struct seen_workload *place = NULL;
    if (hash == 0) hash = 1;
    for (size_t i = 0; i < SEEN_PLACES; i++) {
        struct seen_workload *at = &all->workloads[(hash + i) & (SEEN_WORKLOADS - 1)];
        if (at->hash == hash) return &at->count;
        if (!place || at->count < place->count) place = at;
        if (at->hash == 0) {
            place = at;
            break;
        }
    }
    *place = (struct seen_workload){.hash = hash};
    return &place->count;
}
