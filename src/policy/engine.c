#include "policy/engine.h"

#define FINDINGS_MAX 1024

enum decided { UNDECIDED, DECIDED_NO, DECIDED_YES };

/* What a policy comes to for the object at hand. */
struct scope {
    const struct policy *policy; /* NULL: none was asked yet */
    bool applies;
    const bool *container_is_out; /* NULL: all are in */
};

struct judging {
    struct arena *arena;
    const struct subject *subject;
    enum mode mode;
    unsigned char (*decided)[2]; /* by match id and sense */
    struct findings findings;
    struct scope scope;
    struct violation *last;
    struct judgement *out;
};

static bool policy_may_concern(const struct policy *policy, const struct review *review,
                               const struct workload_kind *kind) {
    if (!match_envelope(&policy->match, review, kind)) return false;
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (match_is_of_envelope(&policy->excludes[i]) &&
            match_envelope(&policy->excludes[i], review, kind))
            return false;
    return true;
}

bool engine_may_concern(const struct profile *profile, const struct review *review,
                        const struct workload_kind *kind) {
    const struct rule *const *rules = profile->rules[kind - workload_kinds];
    size_t count = profile->rule_count[kind - workload_kinds];
    const struct policy *asked = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rules[i]->policy == asked) continue;
        asked = rules[i]->policy;
        if (policy_may_concern(asked, review, kind)) return true;
    }
    return false;
}

static bool decide(struct judging *judging, const struct match *match, enum match_sense sense) {
    if (match->is_empty) return true;
    unsigned char *decided = &judging->decided[match->id][sense];
    if (*decided == UNDECIDED)
        *decided = match_object(match, judging->subject, sense) ? DECIDED_YES : DECIDED_NO;
    return *decided == DECIDED_YES;
}

/* Whether nothing of the object is left: an exclude without container keys takes it out whole. */
static bool is_excluded(struct judging *judging, const struct policy *policy) {
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (!policy->excludes[i].narrows_containers &&
            decide(judging, &policy->excludes[i], MATCH_EXCLUDE))
            return true;
    return false;
}

static bool narrows(const struct policy *policy) {
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (policy->excludes[i].narrows_containers) return true;
    return policy->match.narrows_containers;
}

static bool container_is_excluded(struct judging *judging, const struct policy *policy,
                                  const struct container *container) {
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (policy->excludes[i].narrows_containers &&
            decide(judging, &policy->excludes[i], MATCH_EXCLUDE) &&
            match_container(&policy->excludes[i], container))
            return true;
    return false;
}

/* Fills scope.container_is_out; false when `match` selects containers and has none of them. */
static bool narrow(struct judging *judging, const struct policy *policy) {
    const struct pod *pod = &judging->subject->workload->pod;
    bool *out = ARENA_NEW(judging->arena, bool, pod->container_count);
    if (!out) return true;
    size_t selected = 0;
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct container *container = &pod->containers[i];
        bool is_selected = match_container(&policy->match, container);
        selected += is_selected;
        out[i] = !is_selected || container_is_excluded(judging, policy, container);
    }
    judging->scope.container_is_out = out;
    return selected > 0 || !policy->match.narrows_containers;
}

/* Rules of one policy follow each other, so only the last answer is kept. */
static bool policy_applies(struct judging *judging, const struct policy *policy) {
    if (judging->scope.policy == policy) return judging->scope.applies;
    judging->scope = (struct scope){.policy = policy};
    judging->scope.applies = decide(judging, &policy->match, MATCH_SELECT) &&
                             !is_excluded(judging, policy) &&
                             (!narrows(policy) || narrow(judging, policy));
    return judging->scope.applies;
}

static bool is_out(const struct judging *judging, const struct container *container) {
    const struct pod *pod = &judging->subject->workload->pod;
    return container && judging->scope.container_is_out &&
           judging->scope.container_is_out[container - pod->containers];
}

static void evaluate(struct judging *judging, const struct rule *rule) {
    const struct workload *workload = judging->subject->workload;
    const struct pod *pod = &workload->pod;
    struct check_ctx ctx = {.workload = workload,
                            .pod = pod,
                            .params = rule->params,
                            .arena = judging->arena};
    if (rule->check->scope & CHECK_POD) rule->check->evaluate(&ctx, &judging->findings);
    if (!(rule->check->scope & CHECK_CONTAINER)) return;
    for (size_t i = 0; i < pod->container_count; i++) {
        if (is_out(judging, &pod->containers[i])) continue;
        ctx.container = &pod->containers[i];
        rule->check->evaluate(&ctx, &judging->findings);
    }
}

static void add_violation(struct judging *judging, struct violation violation) {
    struct violation *kept = ARENA_NEW(judging->arena, struct violation, 1);
    if (!kept) return;
    *kept = violation;
    if (judging->last)
        judging->last->next = kept;
    else
        judging->out->first = kept;
    judging->last = kept;
    judging->out->count++;
}

static void note_strength(struct judgement *judgement, enum action action, enum action wanted) {
    if (action > judgement->strongest) judgement->strongest = action;
    if (wanted > judgement->strongest_wanted) judgement->strongest_wanted = wanted;
}

static void judge_rule(struct judging *judging, const struct rule *rule) {
    bool is_pod = judging->subject->workload->kind->is_pod;
    enum action wanted = is_pod ? rule->action : rule->template_action;
    enum action action = action_under(wanted, judging->mode);
    struct finding *last_before = judging->findings.last;
    size_t omitted_before = judging->findings.omitted;
    evaluate(judging, rule);

    struct finding *fresh = last_before ? last_before->next : judging->findings.first;
    for (; fresh; fresh = fresh->next) {
        if (is_out(judging, fresh->container)) continue;
        note_strength(judging->out, action, wanted);
        add_violation(judging, (struct violation){.rule = rule,
                                                  .finding = fresh,
                                                  .action = action,
                                                  .wanted = wanted});
    }
    if (judging->findings.omitted > omitted_before) note_strength(judging->out, action, wanted);
}

static bool policy_needs_request(const struct policy *policy) {
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (match_needs_request(&policy->excludes[i])) return true;
    return match_needs_request(&policy->match);
}

void engine_judge(struct arena *arena, const struct snapshot *snapshot,
                  const struct profile *profile, enum mode mode, const struct subject *subject,
                  struct judgement *out) {
    *out = (struct judgement){.mode = mode};
    struct judging judging = {.arena = arena, .subject = subject, .mode = mode, .out = out};
    judging.decided = arena_allocate(arena, sizeof *judging.decided, snapshot->match_count, 1);
    if (!judging.decided) return;
    findings_init(&judging.findings, arena, FINDINGS_MAX);

    size_t kind = (size_t)(subject->workload->kind - workload_kinds);
    for (size_t i = 0; i < profile->rule_count[kind]; i++) {
        const struct rule *rule = profile->rules[kind][i];
        if (!policy_applies(&judging, rule->policy)) continue;
        if (!subject->is_from_review && policy_needs_request(rule->policy)) out->request_rules++;
        judge_rule(&judging, rule);
    }
    out->omitted = judging.findings.omitted;
}
