/*
 * refusal: work is done again and again, each time with another of its allocations refused: that one alone, then that one and
 * all after it.
 *
 * Where an allocation comes from (its callers) is a site. By default every distinct site of a group is refused once, at
 * its first allocation; with FAULTS=all every allocation of every piece of work.
 */
#ifndef PODGATE_TESTS_REFUSAL_H
#define PODGATE_TESTS_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

/* What came of work: `is_verdict` false is "no answer, and said so"; else `digest` stands for all that was answered. */
struct refusal_result {
    bool is_verdict;
    char *digest; /* on the heap */
};

typedef struct refusal_result (*refusal_work)(void *context);

struct refusal_count {
    size_t works, allocations, refused;
    size_t no_verdict, same; /* what came of the refused ones */
};

/* Forgets the sites that were seen. */
void refusal_begin(struct refusal_count *count);
/* Fails the running test, naming `name` and the allocation, when something else than no verdict, or the verdict of the run without
 * faults, comes of a refusal. */
void refusal_try(struct refusal_count *count, const char *name, refusal_work work, void *context);

#endif
