/*
 * tally (private to the room replay): who is concerned by a change, bounded. Texts are copied.
 */
#ifndef PODGATE_DESK_REPLAY_TALLY_H
#define PODGATE_DESK_REPLAY_TALLY_H

#include "desk/replay.h"

void tally_init(struct replay_tally *tally);
/* Counts one review of an owner. The owner, valid until the next call, or NULL: there are too many, or
 * memory ran out, and it is only counted. `key` gives namespace, kind, name, file and line. */
struct replay_owner *tally_owner(struct replay_tally *tally, const struct replay_owner *key,
                                 struct arena *scratch);
/* Counts a rule once; `seen` gives what is kept when it is the owner's first. NULL `owner`: nothing. */
void tally_rule(struct replay_tally *tally, struct replay_owner *owner,
                const struct replay_rule *seen);
void tally_sort(struct replay_tally *tally);

/* The tally by rule, or by namespace; most owners first. */
struct tally_sum {
    struct str policy, rule; /* by rule */
    struct str name_space;   /* by namespace */
    uint64_t owners, reviews;
};
/* In the arena; NULL and *count 0 when memory ran out. */
struct tally_sum *tally_by_rule(struct arena *arena, const struct replay_tally *tally,
                                size_t *count);
struct tally_sum *tally_by_namespace(struct arena *arena, const struct replay_tally *tally,
                                     size_t *count);

#endif
