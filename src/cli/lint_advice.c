#include "cli/lint_advice.h"

static void advise(struct diagnostics *diagnostics, const struct policy *policy, uint32_t line,
                   const char *text, const char *hint) {
    diagnostics_add(diagnostics, DIAGNOSTIC_ADVICE, policy->file, line, 0, "%.*s: %s",
                    STR_ARGS(policy->name), text);
    diagnostics_hint(diagnostics, "%s", hint);
}

static uint32_t pod_bit(void) {
    uint32_t bits = 0;
    for (size_t i = 0; i < workload_kind_count; i++)
        if (workload_kinds[i].is_pod) bits |= (uint32_t)1 << i;
    return bits;
}

static bool denies(const struct policy *policy) {
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].action == ACTION_DENY ||
            policy->rules[i].template_action == ACTION_DENY)
            return true;
    return false;
}

static bool is_in_a_profile(const struct snapshot *snapshot, const struct policy *policy) {
    for (size_t i = 0; i < snapshot->profile_count; i++)
        for (size_t j = 0; j < snapshot->profiles[i].policy_count; j++)
            if (snapshot->profiles[i].policies[j] == policy) return true;
    return false;
}

static bool has_wildcard_domain(const struct image_pattern_list *images) {
    for (size_t i = 0; i < images->count; i++)
        if (images->items[i].wildcard_domain) return true;
    return false;
}

static const char wide_domain[] = "an image pattern has a wildcard in its domain";
static const char wide_domain_hint[] =
    "whoever registers a domain that fits can serve images from it";

static void advise_match(const struct policy *policy, const struct match *match, bool excludes,
                         struct diagnostics *diagnostics) {
    if (excludes && match->label_count > 0)
        advise(diagnostics, policy, policy->line, "an exclude goes by labels",
               "those who are judged set their own labels; prefer namespaces or names");
    if (has_wildcard_domain(&match->images))
        advise(diagnostics, policy, policy->line, wide_domain, wide_domain_hint);
}

static void advise_rule(const struct policy *policy, const struct rule *rule,
                        struct diagnostics *diagnostics) {
    for (size_t i = 0; rule->params && i < rule->check->param_count; i++) {
        const struct param *row = &rule->check->params[i];
        const void *value = (const char *)rule->params + row->offset;
        if (row->type == PARAM_IMAGES && has_wildcard_domain(value))
            advise(diagnostics, policy, rule->line, wide_domain, wide_domain_hint);
    }
}

void lint_advise(const struct snapshot *snapshot, const struct policy *policy,
                 struct diagnostics *diagnostics) {
    if (denies(policy) && (policy->match.kinds & pod_bit()) == 0)
        advise(diagnostics, policy, policy->line, "denies, but not Pods",
               "a Pod made directly, or by a controller that is not matched, is admitted; add Pod "
               "to kinds");
    if (!is_in_a_profile(snapshot, policy))
        advise(diagnostics, policy, policy->line, "is in no profile",
               "no webhook path judges by it; name it in a Profile's policies");
    advise_match(policy, &policy->match, false, diagnostics);
    for (size_t i = 0; i < policy->exclude_count; i++)
        advise_match(policy, &policy->excludes[i], true, diagnostics);
    for (size_t i = 0; i < policy->rule_count; i++)
        advise_rule(policy, &policy->rules[i], diagnostics);
}
