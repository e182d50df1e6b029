#include "faults/refusal.h"

#include <execinfo.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#define SITES_MAX ((size_t)1 << 18) /* a power of two */
#define CALLERS 10
#define ALLOCATIONS_MAX ((size_t)1 << 20)

static uint64_t sites[SITES_MAX];
static size_t site_count;

/* The run that counts: which of its allocations come from a new site. */
static size_t counted;
static bool is_first_of_site[ALLOCATIONS_MAX];

/* The run that fails. */
static size_t until_refusal;
static bool goes_on;

static bool note_site(uint64_t hash) {
    size_t at = hash & (SITES_MAX - 1);
    while (sites[at] != 0 && sites[at] != hash)
        at = (at + 1) & (SITES_MAX - 1);
    if (sites[at] == hash) return false;
    assert_true(++site_count < SITES_MAX);
    sites[at] = hash;
    return true;
}

static bool count_allocation(size_t bytes) {
    void *callers[CALLERS];
    uint64_t hash = UINT64_C(14695981039346656037);
    (void)bytes;
    int depth = backtrace(callers, CALLERS);
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (uintptr_t)callers[i]) * UINT64_C(1099511628211);
    assert_true(counted < ALLOCATIONS_MAX);
    is_first_of_site[counted++] = note_site(hash | 1);
    return false;
}

static bool refuse(size_t bytes) {
    (void)bytes;
    if (until_refusal == 0) return goes_on;
    return --until_refusal == 0;
}

void refusal_begin(struct refusal_count *count) {
    *count = (struct refusal_count){0};
    memset(sites, 0, sizeof sites);
    site_count = 0;
}

static void try_one(struct refusal_count *count, const char *name, refusal_work work, void *context,
                    size_t n, const struct refusal_result *honest) {
    until_refusal = n + 1;
    arena_refuse = refuse;
    struct refusal_result result = work(context);
    arena_refuse = NULL;
    count->refused++;
    if (!result.is_verdict)
        count->no_verdict++;
    else if (honest->is_verdict && strcmp(result.digest, honest->digest) == 0)
        count->same++;
    else
        fail_msg("%s: allocation %zu refused%s:\n%s\ninstead of\n%s", name, n + 1,
                 goes_on ? ", and all after it" : "", result.digest, honest->digest);
    free(result.digest);
}

void refusal_try(struct refusal_count *count, const char *name, refusal_work work, void *context) {
    const char *which = getenv("FAULTS");
    bool all = which && strcmp(which, "all") == 0;
    counted = 0;
    arena_refuse = count_allocation;
    struct refusal_result honest = work(context);
    arena_refuse = NULL;
    count->works++;
    count->allocations += counted;
    for (size_t n = 0; n < counted; n++) {
        if (!all && !is_first_of_site[n]) continue;
        for (int on = 0; on < 2; on++) {
            goes_on = on;
            try_one(count, name, work, context, n, &honest);
        }
    }
    free(honest.digest);
}
