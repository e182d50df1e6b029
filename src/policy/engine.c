#include "policy/engine.h"

#include "base/date.h"

#define FINDINGS_MAX 1024

enum decided { UNDECIDED, DECIDED_NO, DECIDED_YES };

struct judging {
    struct arena *arena;
    const struct subject *subject;
    bool pod_is_unchanged;
    const bool *asked;           /* by the number of the rule; NULL: all are */
    unsigned char (*decided)[2]; /* by match id and sense */
    struct findings findings;
    const bool *container_is_out; /* under the policy at hand; NULL: all are in */
    bool *room;                   /* for that, made for the first policy that narrows */
    struct match_images images;
    struct violation **end, **excused_end; /* where the next one goes */
    struct omission **omissions_end;
    struct judgement *out;
};

/* The answer of the match that was asked last: policies for the same objects often follow each other. */
struct remembered {
    const struct match *match;
    bool answer;
};

static bool may_match(struct remembered *last, const struct match *match,
                      const struct review *review, const struct workload_kind *kind) {
    if (!last->match || last->match->id != match->id)
        *last = (struct remembered){match, match_envelope(match, review, kind)};
    return last->answer;
}

static bool is_excluded_by_envelope(struct remembered *last, const struct policy *policy,
                                    const struct review *review, const struct workload_kind *kind) {
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (policy->excludes[i].is_of_envelope &&
            may_match(last, &policy->excludes[i], review, kind))
            return true;
    return false;
}

/* The profile's policies that have rules of the kind, in a set that may be changed. */
static uint64_t *policies_of_kind(struct arena *arena, const struct snapshot *snapshot,
                                  const struct profile *profile, size_t kind) {
    uint64_t *policies = bitset_new(arena, snapshot->match_index.limit);
    for (size_t i = 0; policies && i < bitset_words(snapshot->match_index.limit); i++)
        policies[i] = profile->of_kind[kind][i];
    return policies;
}

bool engine_may_concern(struct arena *arena, const struct snapshot *snapshot,
                        const struct profile *profile, const struct review *review,
                        const struct workload_kind *kind) {
    uint64_t *policies = policies_of_kind(arena, snapshot, profile, workload_index(kind));
    if (!policies) return true;
    const struct subject requester = {.name_space = review->name_space,
                                      .is_from_review = true,
                                      .user = review->user,
                                      .groups = review->groups};
    match_index_narrow_by_envelope(&snapshot->match_index, arena, &requester, policies);

    struct remembered selected = {0}, excluded = {0};
    size_t limit = snapshot->match_index.limit;
    for (size_t i = bitset_next(policies, limit, 0); i < limit;
         i = bitset_next(policies, limit, i + 1)) {
        const struct policy *policy = &snapshot->policies[i];
        if (may_match(&selected, &policy->match, review, kind) &&
            !is_excluded_by_envelope(&excluded, policy, review, kind))
            return true;
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
            match_container(&policy->excludes[i], container, &judging->images))
            return true;
    return false;
}

/* Fills container_is_out; false when `match` selects containers and has none of them. */
static bool narrow(struct judging *judging, const struct policy *policy) {
    const struct pod *pod = &judging->subject->workload->pod;
    if (!judging->room) judging->room = ARENA_NEW(judging->arena, bool, pod->container_count);
    bool *out = judging->room;
    if (!out) return true;
    size_t selected = 0;
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct container *container = &pod->containers[i];
        bool is_selected = match_container(&policy->match, container, &judging->images);
        selected += is_selected;
        out[i] = !is_selected || container_is_excluded(judging, policy, container);
    }
    judging->container_is_out = out;
    return selected > 0 || !policy->match.narrows_containers;
}

static bool policy_applies(struct judging *judging, const struct policy *policy) {
    judging->container_is_out = NULL;
    return decide(judging, &policy->match, MATCH_SELECT) && !is_excluded(judging, policy) &&
           (!narrows(policy) || narrow(judging, policy));
}

static bool is_out(const struct judging *judging, const struct container *container) {
    const struct pod *pod = &judging->subject->workload->pod;
    return container && judging->container_is_out &&
           judging->container_is_out[container - pod->containers];
}

static void evaluate(struct judging *judging, const struct rule *rule) {
    const struct workload *workload = judging->subject->workload;
    const struct pod *pod = &workload->pod;
    struct check_ctx ctx = {.workload = workload,
                            .name_space = judging->subject->name_space,
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

/* --- exceptions ------------------------------------------------------------------------------- */

static bool covers(struct judging *judging, const struct exception *exception,
                   const struct finding *finding) {
    if (!exception_has_control(exception, finding->control)) return false;
    if (!decide(judging, &exception->match, MATCH_EXCLUDE)) return false;
    if (!exception->match.narrows_containers) return true;
    return finding->container &&
           match_container(&exception->match, finding->container, &judging->images);
}

/* The one that lasts longest of those that cover the finding: it may have expired all the same. */
static const struct exception *find_exception(struct judging *judging, const struct rule *rule,
                                              const struct finding *finding) {
    for (size_t i = 0; i < rule->exception_count; i++)
        if (covers(judging, rule->exceptions[i], finding)) return rule->exceptions[i];
    return NULL;
}

static bool is_first_of_its_control(const struct finding *finding, const struct finding *before) {
    return !before || before->container != finding->container ||
           before->control != finding->control;
}

/* A restricted control that is excused at a place gives way there to the baseline control that it replaces. */
static void fall_back(struct judging *judging, const struct rule *rule,
                      const struct exception *exception, const struct finding *finding) {
    const struct control *weaker = rule->standard && finding->control
                                       ? standard_fallback(rule->standard, finding->control)
                                       : NULL;
    if (!weaker || exception_has_control(exception, weaker)) return;
    control_judge(weaker, rule->standard->version, &judging->subject->workload->pod,
                  finding->container, &judging->findings);
}

/* --- judging ---------------------------------------------------------------------------------- */

static void add_violation(struct judging *judging, const struct violation *violation,
                          bool is_excused) {
    struct violation *added = ARENA_NEW(judging->arena, struct violation, 1);
    struct violation ***end = is_excused ? &judging->excused_end : &judging->end;
    if (!added) return;
    *added = *violation;
    **end = added;
    *end = &added->next;
    *(is_excused ? &judging->out->excused_count : &judging->out->count) += 1;
}

static void add_omission(struct judging *judging, const struct violation *like, size_t count) {
    struct omission *added = ARENA_NEW(judging->arena, struct omission, 1);
    if (!added) return;
    *added = (struct omission){.rule = like->rule,
                               .count = count,
                               .action = like->action,
                               .wanted = like->wanted};
    *judging->omissions_end = added;
    judging->omissions_end = &added->next;
}

/* A template that is as it was. A Pod's metadata is its own. */
static bool is_unchanged(const struct judging *judging, const struct finding *finding) {
    return judging->pod_is_unchanged && finding->root != FINDING_OBJECT &&
           !judging->subject->workload->kind->is_pod;
}

static void judge_rule(struct judging *judging, const struct rule *rule) {
    struct judgement *out = judging->out;
    enum action wanted = rule_action(rule, judging->subject->workload->kind->is_pod, out->today);
    struct violation violation = {.rule = rule,
                                  .action = action_under(wanted, out->mode),
                                  .wanted = wanted};
    const struct finding *of_others = judging->findings.last, *before = NULL;
    size_t omitted_before = judging->findings.omitted;
    evaluate(judging, rule);

    /* What is excused may bring further findings, so the list grows while it is walked. */
    const struct finding *fresh = of_others ? of_others->next : judging->findings.first;
    for (; fresh; before = fresh, fresh = fresh->next) {
        if (is_out(judging, fresh->container) || is_unchanged(judging, fresh)) continue;
        violation.finding = fresh;
        violation.exception =
            rule->exception_count > 0 ? find_exception(judging, rule, fresh) : NULL;
        bool is_excused =
            violation.exception && !exception_has_expired(violation.exception, out->today);
        add_violation(judging, &violation, is_excused);
        if (is_excused && is_first_of_its_control(fresh, before))
            fall_back(judging, rule, violation.exception, fresh);
    }
    if (judging->findings.omitted > omitted_before)
        add_omission(judging, &violation, judging->findings.omitted - omitted_before);
}

static void add_strength(struct judgement *judgement, enum action action, enum action wanted) {
    if (action > judgement->strongest) judgement->strongest = action;
    if (wanted > judgement->strongest_wanted) judgement->strongest_wanted = wanted;
}

void judgement_sum_up(struct judgement *judgement) {
    judgement->strongest = judgement->strongest_wanted = ACTION_OFF;
    judgement->omitted = 0;
    for (const struct violation *v = judgement->first; v; v = v->next)
        add_strength(judgement, v->action, v->wanted);
    for (const struct omission *o = judgement->omissions; o; o = o->next) {
        add_strength(judgement, o->action, o->wanted);
        judgement->omitted += o->count;
    }
}

static bool needs_request(const struct rule *rule) {
    const struct policy *policy = rule->policy;
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (policy->excludes[i].needs_request) return true;
    for (size_t i = 0; i < rule->exception_count; i++)
        if (rule->exceptions[i]->match.needs_request) return true;
    return policy->match.needs_request;
}

static void judge_rules(struct judging *judging, const struct kind_rules *rules) {
    bool is_known = judging->subject->is_from_review;
    for (size_t i = 0; i < rules->count; i++) {
        if (judging->pod_is_unchanged && !rules->items[i]->judges_object) continue;
        if (judging->asked && !judging->asked[rules->items[i]->number]) continue;
        if (!is_known && needs_request(rules->items[i])) judging->out->request_rules++;
        judge_rule(judging, rules->items[i]);
    }
}

void engine_judge(struct arena *arena, const struct terms *terms, const struct subject *subject,
                  struct judgement *out) {
    *out = (struct judgement){.mode = terms->mode, .today = date_from_unix(terms->now)};
    const struct snapshot *snapshot = terms->snapshot;
    struct judging judging = {.arena = arena,
                              .subject = subject,
                              .pod_is_unchanged = terms->pod_is_unchanged,
                              .asked = terms->rules,
                              .images = {.arena = arena, .pod = &subject->workload->pod},
                              .end = &out->first,
                              .excused_end = &out->excused,
                              .omissions_end = &out->omissions,
                              .out = out};
    size_t kind = workload_index(subject->workload->kind);
    uint64_t *policies = policies_of_kind(arena, snapshot, terms->profile, kind);
    judging.decided = arena_allocate(arena, sizeof *judging.decided, snapshot->match_count, 1);
    if (!policies || !judging.decided) return;
    findings_init(&judging.findings, arena, FINDINGS_MAX);

    match_index_narrow(&snapshot->match_index, subject, &judging.images, policies);
    size_t limit = snapshot->match_index.limit;
    for (size_t i = bitset_next(policies, limit, 0); i < limit;
         i = bitset_next(policies, limit, i + 1))
        if (policy_applies(&judging, &snapshot->policies[i]))
            judge_rules(&judging, &snapshot->policies[i].of_kind[kind]);
    judgement_sum_up(out);
}
