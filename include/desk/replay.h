/*
 * replay: what was asked before is judged again, by candidate policies, and compared: what would
 * newly be denied, what newly allowed; by owner and rule. Judged is by policy/admission, as the server does.
 *
 * What cannot be replayed is counted with the reason. Memory is one record's, and that of REPLAY_OWNERS_MAX
 * owners: further ones are only counted. One thread.
 */
#ifndef PODGATE_DESK_REPLAY_H
#define PODGATE_DESK_REPLAY_H

#include "base/table.h"
#include "desk/replay_record.h"

#define REPLAY_OWNERS_MAX 10000
#define REPLAY_RULES_MAX 64 /* of an owner */

/* Namespaces (a glob) that are judged by another profile; the first that matches counts. */
struct replay_route {
    struct str name_space, profile;
};

struct replay_rule {
    struct str policy, rule;       /* `rule` empty: the object could not be judged */
    struct str message, path, fix; /* of the first */
    enum severity severity;
    uint64_t reviews;
    struct replay_rule *next;
};

struct replay_owner {
    struct str name_space, kind, name;
    struct str file; /* of the first review */
    uint32_t line;
    enum severity severity; /* of the worst rule */
    uint64_t reviews, without_old;
    struct replay_rule *rules; /* none: what was recorded names no rule */
    size_t rule_count;
};

/* Those whom a change concerns. */
struct replay_tally {
    struct arena arena;
    struct table table;           /* of struct replay_owner */
    struct replay_owner **owners; /* made by replay_sort: worst first */
    size_t count;
    uint64_t reviews;
    uint64_t omitted; /* reviews of owners that are not listed */
};

struct replay {
    const struct snapshot *candidate, *current; /* NULL: compared with what was recorded */
    struct str profile;                         /* empty: the recorded one, else "default" */
    const struct replay_route *routes;
    size_t route_count;
    struct admission_options admission;
    int64_t now;
    /* below: set up by replay_init */
    struct arena arena; /* of one record */
    struct replay_tally newly_denied, newly_allowed;
    uint64_t records, counts[REPLAY_REASONS];
    uint64_t still_denied, would_deny; /* would_deny: the mode alone lets it pass */
    uint64_t unknown_before; /* of the newly denied: whether they passed before is not known */
    uint64_t without_old, as_asked;
    uint64_t with_stand_ins, inexact, without_user; /* of recordings: see struct replay_question */
    uint64_t failures;                              /* our own: memory */
};

void replay_init(struct replay *replay);
void replay_fini(struct replay *replay);
void replay_take(struct replay *replay, const struct replay_record *record);
/* Worst severity first, then most reviews. The last call before writing. */
void replay_sort(struct replay *replay);

/* The result in the arena's buffer: for a person, or {"version": 1, ...}. After replay_sort. */
void replay_write_text(struct strbuf *out, const struct replay *replay);
void replay_write_json(struct strbuf *out, const struct replay *replay);

#endif
