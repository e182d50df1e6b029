/*
 * engine: which rules apply to an object, and what they find. Cannot fail: out of memory marks the arena.
 */
#ifndef PODGATE_POLICY_ENGINE_H
#define PODGATE_POLICY_ENGINE_H

#include "policy/match.h"

struct violation {
    const struct rule *rule;
    const struct finding *finding;
    enum action action; /* after templateAction and the mode's ceiling; never ACTION_OFF */
    enum action wanted; /* before the ceiling: what `enforce` would do */
    struct violation *next;
};

struct judgement {
    enum mode mode;          /* it was judged under */
    struct violation *first; /* in the order of rules, then of containers */
    size_t count;
    size_t omitted;        /* findings above the limit: they count for strongest */
    enum action strongest; /* ACTION_OFF: nothing found */
    enum action strongest_wanted;
    size_t request_rules; /* rules whose match or exclude depends on what a manifest cannot tell */
};

/* Whether any rule of the profile could concern this review, judged from the envelope alone. */
bool engine_may_concern(const struct profile *profile, const struct review *review,
                        const struct workload_kind *kind);
/* Judges one object under `mode` (already the laxest that applies). */
void engine_judge(struct arena *arena, const struct snapshot *snapshot,
                  const struct profile *profile, enum mode mode, const struct subject *subject,
                  struct judgement *out);

#endif
