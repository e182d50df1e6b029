#include "cli/lint_advice.h"

#include "base/date.h"

/* What is advised about, and where it stands. */
struct topic {
    const char *what; /* "policy", "exception" */
    struct str file, name;
    uint32_t line;
    struct diagnostics *diagnostics;
};

PRINTF_LIKE(3, 4)
static void advise(const struct topic *topic, const char *hint, const char *format, ...) {
    struct strbuf text;
    strbuf_init(&text, topic->diagnostics->arena, 0);
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    diagnostics_add(topic->diagnostics, DIAGNOSTIC_ADVICE, topic->file, topic->line, 0,
                    "%s %.*s: %.*s", topic->what, STR_ARGS(topic->name),
                    STR_ARGS(strbuf_str(&text)));
    diagnostics_hint(topic->diagnostics, "%s", hint);
}

/* --- what policies and exceptions share -------------------------------------------------------- */

static bool has_wildcard_domain(const struct image_pattern_list *images) {
    for (size_t i = 0; i < images->count; i++)
        if (images->items[i].wildcard_domain) return true;
    return false;
}

static void advise_images(const struct topic *topic, const struct image_pattern_list *images) {
    if (has_wildcard_domain(images))
        advise(topic, "whoever registers a domain that fits can serve images from it",
               "an image pattern has a wildcard in its domain");
}

static void advise_labels(const struct topic *topic, const struct match *match, const char *who) {
    if (match->label_count > 0)
        advise(topic, "those who are judged set their own labels; prefer namespaces or names",
               "%s by labels", who);
}

/* --- policies ---------------------------------------------------------------------------------- */

static uint32_t pod_bit(void) {
    uint32_t bits = 0;
    for (size_t i = 0; i < workload_kind_count; i++)
        if (workload_kinds[i].is_pod) bits |= (uint32_t)1 << i;
    return bits;
}

static bool any_denies(const struct policy *policy) {
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].action == ACTION_DENY ||
            policy->rules[i].template_action == ACTION_DENY)
            return true;
    return false;
}

/* Whether a Pod that no other rule sees gets around this one: a rule about the object alone may well be for
 * Deployments only. */
static bool denies_pods(const struct rule *rule) {
    bool is_of_pods = !rule->judges_object || rule->check->judges_pod_too;
    return is_of_pods && (rule->action == ACTION_DENY || rule->template_action == ACTION_DENY);
}

static bool any_denies_pods(const struct policy *policy) {
    for (size_t i = 0; i < policy->rule_count; i++)
        if (denies_pods(&policy->rules[i])) return true;
    return false;
}

static bool is_in_a_profile(const struct snapshot *snapshot, const struct policy *policy) {
    for (size_t i = 0; i < snapshot->profile_count; i++)
        for (size_t j = 0; j < snapshot->profiles[i].policy_count; j++)
            if (snapshot->profiles[i].policies[j] == policy) return true;
    return false;
}

static void advise_version(const struct topic *topic, const struct standard *standard) {
    if (str_equals(standard->version_text, STR("latest")))
        advise(topic, "an upgrade of podgate may then deny more; pin a version such as v1.37",
               "pod-security follows version: latest");
    if (standard->is_newer_than_known)
        advise(topic, "until podgate is upgraded the newest that it knows is judged",
               "version %.*s is newer than v1.%d, the newest that this podgate knows",
               STR_ARGS(standard->version_text), STANDARD_NEWEST);
}

static void advise_rule(const struct topic *topic, const struct rule *rule) {
    struct topic of_rule = *topic;
    of_rule.line = rule->line;
    for (size_t i = 0; rule->params && i < rule->check->param_count; i++) {
        const struct param *row = &rule->check->params[i];
        if (row->type == PARAM_IMAGES)
            advise_images(&of_rule, (const void *)((const char *)rule->params + row->offset));
    }
    if (rule->standard) advise_version(&of_rule, rule->standard);
}

static bool any_waits(const struct policy *policy) {
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].deny_from != 0) return true;
    return false;
}

void lint_advise_policy(const struct snapshot *snapshot, const struct policy *policy,
                        struct diagnostics *diagnostics) {
    const struct topic topic = {"policy", policy->file, policy->name, policy->line, diagnostics};
    if (any_denies_pods(policy) && (policy->match.kinds & pod_bit()) == 0)
        advise(&topic,
               "a Pod made directly, or by a controller that is not matched, is admitted; add Pod "
               "to kinds",
               "denies, but not Pods");
    if (any_waits(policy) && !any_denies(policy))
        advise(&topic, "it only moves denials to a later day, and no rule here denies",
               "denyFrom has no effect");
    if (!is_in_a_profile(snapshot, policy))
        advise(&topic, "no webhook path judges by it; name it in a Profile's policies",
               "is in no profile");
    if (policy->allows_suppression && any_denies(policy))
        advise(&topic, "podgate check then passes what the webhook still denies",
               "manifests may suppress its denials with an annotation (allowInlineSuppression)");
    advise_images(&topic, &policy->match.images);
    for (size_t i = 0; i < policy->exclude_count; i++) {
        advise_labels(&topic, &policy->excludes[i], "an exclude goes");
        advise_images(&topic, &policy->excludes[i].images);
    }
    for (size_t i = 0; i < policy->rule_count; i++)
        advise_rule(&topic, &policy->rules[i]);
}

/* --- exceptions -------------------------------------------------------------------------------- */

static void advise_end(const struct topic *topic, const struct exception *exception,
                       int64_t today) {
    char day[16];
    if (exception->expires == EXCEPTION_NEVER_ENDS) {
        advise(topic, "give it a day on which somebody asks whether it is still needed",
               "has no \"expires\"");
    } else if (exception_has_expired(exception, today)) {
        date_format(exception->expires, day);
        advise(topic, "it excuses nothing any more: delete it, or ask its owner for a new day",
               "expired on %s", day);
    }
}

/* "*", "*" "/" "*", "**" ... */
static bool is_every_rule(struct str glob) {
    for (size_t i = 0; i < glob.len; i++)
        if (glob.at[i] != '*' && glob.at[i] != '/') return false;
    return true;
}

static bool is_in_any_namespace(const struct match *match) {
    return match->namespaces.count == 0 || str_list_contains(&match->namespaces, STR("*"));
}

/* Whether it matches whatever has one of its kinds. */
static bool is_wide(const struct match *match) {
    size_t narrowing = match->names.count + match->label_count + match->users.count +
                       match->groups.count + match->service_account_names.count +
                       match->runtime_classes.count;
    return is_in_any_namespace(match) && narrowing == 0 && !match->narrows_containers;
}

static void advise_width(const struct topic *topic, const struct exception *exception) {
    const struct match *match = &exception->match;
    bool goes_by_names = match->names.count + match->containers.count > 0;
    if (is_wide(match))
        advise(topic, "narrow it by namespaces or names, or change the policy",
               match->is_empty ? "has no match, so it holds for every object"
                               : "holds in every namespace, for every object of its kinds");
    if (goes_by_names && is_in_any_namespace(match))
        advise(topic, "whoever may create Pods anywhere chooses their names: add namespaces",
               "goes by names in any namespace");
    if (match->service_account_names.count > 0 && is_in_any_namespace(match))
        advise(topic, "whoever has a namespace names its service accounts: add namespaces",
               "goes by service accounts in any namespace");
    for (size_t i = 0; i < exception->rules.count; i++) {
        if (!is_every_rule(exception->rules.items[i])) continue;
        advise(topic, "name those that it is for: new rules will be excused too",
               "excuses every rule");
        break;
    }
}

/* Whether the rule may find this control: of itself, or once the one that stands in for it is excused. */
static bool rule_has_control(const struct rule *rule, struct str id) {
    for (size_t i = 0; rule->standard && i < rule->standard->active_count; i++) {
        const struct control *control = rule->standard->active[i];
        if (str_equals(str_from(control->id), id) || str_equals(str_from(control->replaces), id))
            return true;
    }
    return false;
}

/* How many rules the exception names, and how many of these have the control. */
struct reach {
    size_t rules, with_control;
};

static struct reach find_reach(const struct snapshot *snapshot, const struct exception *exception,
                               struct str control) {
    struct reach reach = {0};
    for (size_t i = 0; i < snapshot->policy_count + snapshot->private_policy_count; i++)
        for (size_t j = 0; j < snapshot->policies[i].rule_count; j++) {
            const struct rule *rule = &snapshot->policies[i].rules[j];
            if (!exception_names_rule(exception, rule)) continue;
            reach.rules++;
            reach.with_control += rule_has_control(rule, control);
        }
    return reach;
}

static void advise_reach(const struct topic *topic, const struct snapshot *snapshot,
                         const struct exception *exception) {
    if (find_reach(snapshot, exception, STR_NONE).rules == 0) {
        advise(topic, "rules are named policy/rule; a rule's name is its check's unless it has one",
               "names no rule that there is");
        return;
    }
    for (size_t i = 0; i < exception->controls.count; i++) {
        struct str control = exception->controls.items[i];
        if (find_reach(snapshot, exception, control).with_control == 0)
            advise(topic, "leave it out, or look at their level, version and except",
                   "none of the rules it names judges %.*s", STR_ARGS(control));
    }
}

void lint_advise_exception(const struct snapshot *snapshot, const struct exception *exception,
                           int64_t today, struct diagnostics *diagnostics) {
    const struct topic topic = {"exception", exception->file, exception->name, exception->line,
                                diagnostics};
    advise_end(&topic, exception, today);
    advise_width(&topic, exception);
    advise_labels(&topic, &exception->match, "goes");
    advise_images(&topic, &exception->match.images);
    advise_reach(&topic, snapshot, exception);
}
