/*
 * engine: which rules apply to an object, what they find, and what exceptions take out of that. Cannot fail: out of
 * memory marks the arena.
 */
#ifndef PODGATE_POLICY_ENGINE_H
#define PODGATE_POLICY_ENGINE_H

#include "policy/policy.h"

/* By what an object is judged: the same for both objects of an update, but for `rules`. */
struct terms {
    const struct snapshot *snapshot;
    const struct profile *profile;
    enum mode mode;        /* the laxest that applies */
    int64_t now;           /* Unix seconds */
    bool pod_is_unchanged; /* of an update: only what is outside the pod is judged */
    const bool *rules;     /* by number: those that are asked; NULL: all */
};

/* What a violation says: path as verdict_path, subject and says as in verdict_message, mend as verdict_fix. */
struct words {
    struct str path, subject, says, mend;
    struct {
        struct json_text path, subject, says;
    } json; /* what both the answer's causes and the log line tell */
};

struct violation {
    const struct rule *rule;
    const struct finding *finding;
    enum action
        action; /* after templateAction, denyFrom and the mode's ceiling; never ACTION_OFF */
    enum action wanted; /* before the ceiling: what `enforce` would do */
    /* The one that excuses it; in `first` one that would, had it not expired. NULL: none. */
    const struct exception *exception;
    struct words words; /* made by verdict_tell */
    struct violation *next;
};

/* Findings of one rule above the limit. They are only counted, so nothing can excuse them. */
struct omission {
    const struct rule *rule;
    size_t count;
    enum action action, wanted; /* as in a violation */
    struct omission *next;
};

/* Lists are in the order of rules, then of containers. */
struct judgement {
    enum mode mode;
    int64_t today;           /* days since 1970, UTC */
    struct violation *first; /* what counts */
    size_t count;
    struct violation *excused; /* what exceptions take out */
    size_t excused_count;
    struct violation *kept; /* what was there before the update (policy/update) */
    size_t kept_count;
    struct omission *omissions;
    size_t omitted;        /* their sum: they count for strongest */
    enum action strongest; /* of what counts; ACTION_OFF: nothing does */
    enum action strongest_wanted;
    size_t request_rules; /* rules that depend on what a manifest cannot tell */
};

/* Whether any rule of the profile could concern this review, judged from the envelope alone. */
bool engine_may_concern(struct arena *arena, const struct snapshot *snapshot,
                        const struct profile *profile, const struct review *review,
                        const struct workload_kind *kind);
void engine_judge(struct arena *arena, const struct terms *terms, const struct subject *subject,
                  struct judgement *out);
/* Whether nothing was found, neither what counts nor what an exception or an update takes out. */
static inline bool judgement_is_clean(const struct judgement *judgement) {
    return judgement->count == 0 && judgement->omitted == 0 && judgement->excused_count == 0 &&
           judgement->kept_count == 0;
}
/* Fills `omitted` and the strongest actions from the lists. */
void judgement_sum_up(struct judgement *judgement);

#endif
