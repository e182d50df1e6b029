#include "desk/replay.h"

#include "base/glob.h"
#include "desk/replay/tally.h"

#define KEEP_BYTES ((size_t)4 << 20)

void replay_init(struct replay *replay) {
    arena_init(&replay->arena, (size_t)256 << 10, 0);
    tally_init(&replay->newly_denied);
    tally_init(&replay->newly_allowed);
}

void replay_fini(struct replay *replay) {
    arena_fini(&replay->arena);
    arena_fini(&replay->newly_denied.arena);
    arena_fini(&replay->newly_allowed.arena);
}

struct str replay_reason_name(enum replay_reason reason) {
    static const char *const names[REPLAY_REASONS] = {[REPLAY_JUDGED] = "judged",
                                                      [REPLAY_NO_WRITE] = "no-write",
                                                      [REPLAY_STAGE] = "stage",
                                                      [REPLAY_KIND] = "kind",
                                                      [REPLAY_SUBRESOURCE] = "subresource",
                                                      [REPLAY_FAILED] = "failed",
                                                      [REPLAY_BROKEN] = "broken",
                                                      [REPLAY_TOO_LONG] = "too-long",
                                                      [REPLAY_FOREIGN] = "foreign",
                                                      [REPLAY_VERSION] = "version",
                                                      [REPLAY_MALFORMED] = "malformed",
                                                      [REPLAY_LEVEL] = "level",
                                                      [REPLAY_TRUNCATED] = "truncated",
                                                      [REPLAY_NO_OBJECT] = "no-object",
                                                      [REPLAY_PATCH] = "patch",
                                                      [REPLAY_PROFILE] = "profile"};
    return str_from(names[reason]);
}

struct str replay_reason_text(enum replay_reason reason) {
    static const char *const texts[REPLAY_REASONS] = {
        [REPLAY_JUDGED] = "judged",
        [REPLAY_NO_WRITE] = "neither create nor update",
        [REPLAY_STAGE] = "at a stage before the response is complete",
        [REPLAY_KIND] = "without a pod spec",
        [REPLAY_SUBRESOURCE] = "about a subresource such as status or scale",
        [REPLAY_FAILED] = "refused, but not by podgate",
        [REPLAY_BROKEN] = "no JSON object, or cut off",
        [REPLAY_TOO_LONG] = "larger than --max-record",
        [REPLAY_FOREIGN] = "neither an AdmissionReview nor an audit event",
        [REPLAY_VERSION] = "of a version that this podgate does not know",
        [REPLAY_MALFORMED] = "malformed: a review or event without what it must have",
        [REPLAY_LEVEL] = "without the object: logged at a level below RequestResponse",
        [REPLAY_TRUNCATED] = "without the object: too large for the API server's log",
        [REPLAY_NO_OBJECT] = "without the object: the answer holds something else",
        [REPLAY_PATCH] =
            "patched and refused by podgate: what it would have become is not in the log",
        [REPLAY_PROFILE] = "recorded under a profile that these policies do not have (--profile)"};
    return str_from(texts[reason]);
}

/* --- who and what ----------------------------------------------------------------------------- */

static struct replay_owner owner_of(const struct replay_record *record,
                                    const struct admission_outcome *outcome) {
    const struct review *review = &outcome->review;
    struct replay_owner key = {.name_space = review->name_space,
                               .kind = review->kind.kind,
                               .name = review->name,
                               .file = record->file,
                               .line = record->line};
    if (!outcome->judged) return key;
    struct workload_name name = workload_display_name(&outcome->workload);
    key.kind = name.kind;
    key.name = name.name;
    return key;
}

static bool is_counted(const struct violation *first, const struct violation *until) {
    for (; first != until; first = first->next)
        if (first->rule == until->rule && first->action == ACTION_DENY) return true;
    return false;
}

static void tell_rule(struct replay *replay, struct replay_tally *tally, struct replay_owner *owner,
                      const struct workload *workload, const struct rule *rule,
                      const struct finding *finding) {
    struct arena *arena = &replay->arena;
    struct replay_rule seen = {.policy = rule->policy->name,
                               .rule = rule->name,
                               .severity = rule->severity};
    if (finding) {
        seen.message = verdict_message(arena, workload, finding);
        seen.path = verdict_path(arena, workload, finding);
        seen.fix = verdict_fix(arena, finding);
    }
    tally_rule(tally, owner, &seen);
}

/* Every rule that denied, once. */
static void tell_rules(struct replay *replay, struct replay_tally *tally,
                       struct replay_owner *owner, const struct admission_outcome *outcome) {
    if (!outcome->judged) {
        tally_rule(tally, owner,
                   &(struct replay_rule){.message = outcome->error_text,
                                         .severity = SEVERITY_CRITICAL});
        return;
    }
    const struct judgement *judgement = &outcome->judgement;
    for (const struct violation *at = judgement->first; at; at = at->next)
        if (at->action == ACTION_DENY && !is_counted(judgement->first, at))
            tell_rule(replay, tally, owner, &outcome->workload, at->rule, at->finding);
}

/* --- one record ------------------------------------------------------------------------------- */

static struct str profile_for(const struct replay *replay, struct str name_space,
                              struct str recorded) {
    for (size_t i = 0; i < replay->route_count; i++)
        if (glob_match(replay->routes[i].name_space, name_space)) return replay->routes[i].profile;
    return str_is_empty(replay->profile) ? recorded : replay->profile;
}

static bool has_profile(const struct replay *replay, struct str name) {
    if (str_is_empty(name)) return true;
    return snapshot_find_profile(replay->candidate, name) &&
           (!replay->current || snapshot_find_profile(replay->current, name));
}

/* Reads only what routes go by. */
static struct str namespace_of(struct replay *replay, struct str body) {
    struct review review;
    struct error ignored;
    if (replay->route_count == 0 ||
        !review_read(&replay->arena, body, &replay->admission.limits, &review, &ignored))
        return STR_NONE;
    return review.name_space;
}

static void ask(struct replay *replay, const struct snapshot *snapshot, struct str profile,
                struct str body, struct admission_outcome *outcome) {
    admission_answer(&replay->arena, &replay->admission, snapshot, profile, body, replay->now,
                     outcome);
}

/* A verdict, or the reason why there is none. */
static enum replay_reason reason_of(const struct admission_outcome *outcome) {
    switch (outcome->skip) {
    case SKIP_OPERATION: return REPLAY_NO_WRITE;
    case SKIP_SUBRESOURCE: return REPLAY_SUBRESOURCE;
    case SKIP_KIND: return REPLAY_KIND;
    case SKIP_NO_OBJECT: return REPLAY_NO_OBJECT;
    case SKIP_NONE:
    case SKIP_EXEMPT_NAMESPACE:
    case SKIP_BEING_DELETED:
    case SKIP_UNCHANGED:
    case SKIP_NO_RULE: break;
    }
    return outcome->http_status == 400 ? REPLAY_MALFORMED : REPLAY_JUDGED;
}

static bool is_failure(const struct admission_outcome *outcome) {
    if (outcome->http_status != 200 && outcome->http_status != 400) return true;
    const char *reason = outcome->error_reason;
    return reason && (strcmp(reason, "memory") == 0 || strcmp(reason, "bug") == 0);
}

static void take_denied(struct replay *replay, const struct replay_record *record,
                        const struct replay_question *question, bool lacks_old,
                        const struct admission_outcome *now) {
    struct replay_owner key = owner_of(record, now);
    struct replay_owner *owner = tally_owner(&replay->newly_denied, &key, &replay->arena);
    if (owner && lacks_old) owner->without_old++;
    if (!replay->current && question->before == REPLAY_BEFORE_UNKNOWN) replay->unknown_before++;
    tell_rules(replay, &replay->newly_denied, owner, now);
}

static void take_allowed(struct replay *replay, const struct replay_record *record,
                         const struct admission_outcome *now,
                         const struct admission_outcome *before) {
    struct replay_owner key = owner_of(record, before ? before : now);
    struct replay_owner *owner = tally_owner(&replay->newly_allowed, &key, &replay->arena);
    if (before) tell_rules(replay, &replay->newly_allowed, owner, before);
}

static void compare(struct replay *replay, const struct replay_record *record,
                    const struct replay_question *question, const struct admission_outcome *now,
                    const struct admission_outcome *before) {
    bool is_denied = now->decision == DECISION_DENIED;
    bool was_denied =
        before ? before->decision == DECISION_DENIED : question->before == REPLAY_BEFORE_DENIED;
    bool lacks_old = question->lacks_old || (now->review.operation == OPERATION_UPDATE &&
                                             !now->review.old_object.is_object);
    if (lacks_old) replay->without_old++;
    if (question->is_as_asked) replay->as_asked++;
    if (question->taken_out > 0) replay->with_stand_ins++;
    if (question->inexact > 0) replay->inexact++;
    if (question->lacks_user) replay->without_user++;
    if (now->decision == DECISION_WOULD_DENY) replay->would_deny++;
    if (is_denied && was_denied) replay->still_denied++;
    if (is_denied && !was_denied) take_denied(replay, record, question, lacks_old, now);
    if (!is_denied && was_denied) take_allowed(replay, record, now, before);
}

/* False: we could not do the work. */
static bool judge(struct replay *replay, const struct replay_record *record,
                  const struct replay_question *question, enum replay_reason *reason) {
    struct admission_outcome now, before;
    struct str profile =
        profile_for(replay, namespace_of(replay, question->body), question->profile);
    *reason = REPLAY_PROFILE;
    if (!has_profile(replay, profile)) return true;
    ask(replay, replay->candidate, profile, question->body, &now);
    *reason = reason_of(&now);
    if (is_failure(&now)) return false;
    if (*reason != REPLAY_JUDGED) return true;
    if (replay->current) {
        ask(replay, replay->current, profile, question->body, &before);
        if (is_failure(&before)) return false;
    }
    if (arena_is_exhausted(&replay->arena)) return false;
    compare(replay, record, question, &now, replay->current ? &before : NULL);
    return true;
}

void replay_take(struct replay *replay, const struct replay_record *record) {
    struct replay_question question;
    arena_reset(&replay->arena, KEEP_BYTES);
    replay->records++;
    enum replay_reason reason =
        replay_read_question(&replay->arena, record, &replay->admission.limits,
                             &replay->candidate->declared, &question);
    bool has_failed = reason == REPLAY_JUDGED && !judge(replay, record, &question, &reason);
    if (has_failed || arena_is_exhausted(&replay->arena))
        replay->failures++;
    else
        replay->counts[reason]++;
}

/* What the lists could not keep for want of memory makes them no result. */
static void finish(struct replay *replay, struct replay_tally *tally) {
    tally_sort(tally);
    if (arena_is_exhausted(&tally->arena)) replay->failures++;
}

void replay_sort(struct replay *replay) {
    finish(replay, &replay->newly_denied);
    finish(replay, &replay->newly_allowed);
}
