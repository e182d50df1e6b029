/* What a snapshot is. The words for what is wrong in a file are in tests/policies/. */
#include "unit/policy/judged.h"

#include "policy/builtin.h"

#define RULE "  rules: [{check: privileged}]\n"
#define PROFILE(name, spec)                                                                        \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Profile\nmetadata: {name: " name "}\nspec:\n" spec

static struct arena arena;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static size_t kind_index(const char *name) {
    return (size_t)(workload_find_name(str_from(name)) - workload_kinds);
}

static void a_rule_takes_what_it_does_not_say_from_its_policy_and_check(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(
        &arena,
        POLICY("p", "  action: warn\n  rules:\n  - check: run-as-non-root\n"
                    "  - {name: second, check: run-as-non-root, severity: low, action: deny}\n"));
    const struct rule *rules = snapshot->policies[0].rules;
    assert_true(str_equals(rules[0].name, STR("run-as-non-root")));
    assert_int_equal(rules[0].severity, rules[0].check->severity);
    assert_int_equal(rules[0].action, ACTION_WARN);
    assert_int_equal(rules[0].template_action, ACTION_WARN);
    assert_ptr_equal(rules[0].policy, &snapshot->policies[0]);
    assert_int_equal(rules[0].line, 7);
    assert_true(str_equals(rules[1].name, STR("second")));
    assert_int_equal(rules[1].severity, SEVERITY_LOW);
    assert_int_equal(rules[1].template_action, ACTION_DENY);
    snapshot_free(snapshot);
}

static void a_policy_denies_unless_it_says_otherwise(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(&arena, POLICY("p", RULE));
    assert_int_equal(snapshot->policies[0].rules[0].action, ACTION_DENY);
    assert_true(snapshot->policies[0].match.is_empty);
    snapshot_free(snapshot);
}

static void the_default_profile_holds_every_policy_whatever_others_exist(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena, POLICY("a", RULE "---\n") POLICY("b", RULE)
                                   PROFILE("strict", "  policies: [b]\n  mode: audit\n"));
    const struct profile *whole = snapshot_find_profile(snapshot, STR("default"));
    const struct profile *strict = snapshot_find_profile(snapshot, STR("strict"));
    assert_int_equal(whole->policy_count, 2);
    assert_int_equal(whole->mode, MODE_ENFORCE);
    assert_int_equal(strict->policy_count, 1);
    assert_int_equal(strict->mode, MODE_AUDIT);
    assert_true(str_equals(strict->policies[0]->name, STR("b")));
    assert_null(snapshot_find_profile(snapshot, STR("lenient")));
    snapshot_free(snapshot);
}

static void a_profile_called_default_replaces_it(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena, POLICY("a", RULE "---\n") POLICY("b", RULE)
                                   PROFILE("default", "  policies: ['a*']\n"));
    assert_int_equal(snapshot->profile_count, 1 + builtin_profile_count);
    assert_int_equal(snapshot_find_profile(snapshot, STR("default"))->policy_count, 1);
    snapshot_free(snapshot);
}

static void built_in_profiles_keep_their_policies_to_themselves(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(&arena, POLICY("pod-security-baseline", RULE)
                                                           PROFILE("all", "  policies: ['*']\n"));
    const struct profile *restricted = snapshot_find_profile(snapshot, STR("restricted"));
    const struct profile *baseline = snapshot_find_profile(snapshot, STR("baseline"));
    assert_non_null(restricted);
    assert_non_null(baseline);
    assert_int_equal(restricted->policy_count, 1);
    assert_true(str_equals(restricted->policies[0]->name, STR("pod-security-restricted")));
    assert_non_null(restricted->policies[0]->rules[0].standard);
    /* A policy of the same name is another one. */
    assert_ptr_not_equal(baseline->policies[0], &snapshot->policies[0]);
    assert_true(baseline->policies[0]->is_builtin);
    assert_int_equal(snapshot->policy_count, 1);
    assert_int_equal(snapshot_find_profile(snapshot, STR("default"))->policy_count, 1);
    assert_int_equal(snapshot_find_profile(snapshot, STR("all"))->policy_count, 1);
    snapshot_free(snapshot);
}

static void an_own_profile_of_a_built_in_name_wins(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena,
                       POLICY("a", RULE) PROFILE("baseline", "  policies: [a]\n  mode: warn\n"));
    const struct profile *baseline = snapshot_find_profile(snapshot, STR("baseline"));
    assert_int_equal(baseline->mode, MODE_WARN);
    assert_ptr_equal(baseline->policies[0], &snapshot->policies[0]);
    assert_int_equal(snapshot->private_policy_count, builtin_profile_count - 1);
    assert_true(str_equals(snapshot_find_profile(snapshot, STR("restricted"))->policies[0]->name,
                           STR("pod-security-restricted")));
    snapshot_free(snapshot);
}

static void a_built_in_profile_may_be_given_only_a_mode(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena, POLICY("a", RULE) PROFILE("restricted", "  mode: warn\n"));
    const struct profile *restricted = snapshot_find_profile(snapshot, STR("restricted"));
    assert_non_null(restricted);
    assert_int_equal(restricted->mode, MODE_WARN);
    assert_int_equal(restricted->policy_count, 1);
    assert_true(restricted->policies[0]->is_builtin);
    assert_int_equal(snapshot->profile_count, 1 + builtin_profile_count);
    snapshot_free(snapshot);
    arena_fini(&arena);
}

#define EXCEPTION(name, spec)                                                                      \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Exception\nmetadata: {name: " name "}\n"          \
    "spec:\n  owner: o\n  reason: r\n" spec

static void a_rule_knows_its_exceptions_those_that_last_longest_first(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena,
                       POLICY("a", "  rules: [{check: privileged}, {check: probes}]\n")
                           EXCEPTION("soon", "  rules: [a/privileged]\n  expires: 2027-01-01\n")
                               EXCEPTION("never", "  rules: ['*/priv*']\n")
                                   EXCEPTION("late", "  rules: ['*']\n  expires: 2028-01-01\n")
                                       EXCEPTION("other", "  rules: [b/*, a/probe]\n"));
    const struct rule *rules = snapshot->policies[0].rules;
    assert_int_equal(snapshot->exception_count, 4);
    assert_int_equal(rules[0].exception_count, 3);
    assert_true(str_equals(rules[0].exceptions[0]->name, STR("never")));
    assert_true(str_equals(rules[0].exceptions[1]->name, STR("late")));
    assert_true(str_equals(rules[0].exceptions[2]->name, STR("soon")));
    assert_int_equal(rules[1].exception_count, 1);
    snapshot_free(snapshot);
}

static void a_rule_waits_for_its_day_or_its_policy_s(void **state) {
    (void)state;
    struct snapshot *snapshot =
        judged_compile(&arena, POLICY("a", "  denyFrom: 2027-03-01\n  rules: [{check: privileged}, "
                                           "{check: probes, denyFrom: 2027-05-01}, "
                                           "{check: host-path, action: audit}]\n"));
    const struct rule *rules = snapshot->policies[0].rules;
    int64_t march = judged_noon("2027-03-01") / 86400;
    assert_int_equal(rules[0].deny_from, march);
    assert_int_equal(rule_action(&rules[0], true, march - 1), ACTION_WARN);
    assert_int_equal(rule_action(&rules[0], true, march), ACTION_DENY);
    assert_int_equal(rule_action(&rules[1], false, march), ACTION_WARN);
    assert_int_equal(rule_action(&rules[2], true, march - 1), ACTION_AUDIT);
    snapshot_free(snapshot);
}

static void rules_are_listed_for_the_kinds_they_may_concern(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(
        &arena, POLICY("a", "  match: {kinds: [Pod, Job.batch]}\n  rules:\n  - check: privileged\n"
                            "  - {check: host-ports, action: 'off', templateAction: warn}\n"
                            "  - {check: probes, templateAction: 'off'}\n"
                            "  - {check: host-path, action: 'off'}\n"));
    const struct profile *profile = snapshot_find_profile(snapshot, STR("default"));
    size_t pod = kind_index("Pod"), job = kind_index("Job"), other = kind_index("Deployment");
    const struct kind_rules *rules = snapshot->policies[0].of_kind;
    assert_true(bitset_has(profile->of_kind[pod], 0));
    assert_int_equal(rules[pod].count, 2);
    assert_true(str_equals(rules[pod].items[0]->name, STR("privileged")));
    assert_true(str_equals(rules[pod].items[1]->name, STR("probes")));
    assert_true(bitset_has(profile->of_kind[job], 0));
    assert_int_equal(rules[job].count, 2);
    assert_true(str_equals(rules[job].items[1]->name, STR("host-ports")));
    assert_false(bitset_has(profile->of_kind[other], 0));
    snapshot_free(snapshot);
}

static void equal_matches_share_an_id(void **state) {
    (void)state;
    struct snapshot *snapshot = judged_compile(
        &arena,
        POLICY("a", "  match: {namespaces: [x]}\n  exclude: [{names: [db]}]\n" RULE "---\n")
            POLICY("b",
                   "  match: {namespaces: [x]}\n  exclude: [{names: [db]}, {names: [web]}]\n" RULE
                   "---\n") POLICY("c", RULE));
    const struct policy *p = snapshot->policies;
    assert_int_equal(p[0].match.id, p[1].match.id);
    assert_int_equal(p[0].excludes[0].id, p[1].excludes[0].id);
    assert_int_not_equal(p[1].excludes[0].id, p[1].excludes[1].id);
    assert_int_not_equal(p[0].match.id, p[2].match.id);
    assert_int_equal(snapshot->match_count, 4);
    snapshot_free(snapshot);
}

static uint64_t hash_of(const char *name, const char *text) {
    struct policy_source source = {str_from(name), str_from(text)};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    assert_non_null(snapshot);
    uint64_t hash = snapshot->hash;
    snapshot_free(snapshot);
    return hash;
}

static void the_hash_is_of_names_and_texts(void **state) {
    (void)state;
    uint64_t hash = hash_of("a.yaml", POLICY("p", RULE));
    assert_true(hash == hash_of("a.yaml", POLICY("p", RULE)));
    assert_true(hash != hash_of("b.yaml", POLICY("p", RULE)));
    assert_true(hash != hash_of("a.yaml", POLICY("p", RULE "# a comment\n")));
}

static void the_texts_need_not_outlive_the_call(void **state) {
    (void)state;
    char *name = strdup("gone.yaml");
    char *text =
        strdup(POLICY("gone", "  match: {namespaces: [team-a]}\n"
                              "  rules: [{check: image-tag, params: {mutableTags: [edge]}}]\n"));
    struct policy_source source = {str_from(name), str_from(text)};
    struct snapshot *snapshot = policy_compile(&source, 1, NULL);
    memset(name, 'x', strlen(name));
    memset(text, 'x', strlen(text));
    free(name);
    free(text);
    assert_true(str_equals(snapshot->policies[0].name, STR("gone")));
    assert_true(str_equals(snapshot->policies[0].file, STR("gone.yaml")));
    assert_true(str_equals(snapshot->policies[0].match.namespaces.items[0], STR("team-a")));
    snapshot_free(snapshot);
}

static size_t until_refusal;

static bool refuse_later(size_t bytes) {
    (void)bytes;
    return until_refusal == 0 || --until_refusal == 0;
}

/* Whichever allocation fails, there is no snapshot, rather than half of one. */
static void running_out_of_memory_gives_no_snapshot(void **state) {
    (void)state;
    struct policy_source source = {
        STR("p.yaml"),
        STR(POLICY("p", "  match: {namespaces: [a], labels: {b: c}, images: [nginx]}\n"
                        "  exclude: [{users: [bob]}]\n  rules: [{check: image-tag}]\n")
                PROFILE("q", "  policies: ['*']\n")
                    EXCEPTION("e", "  rules: ['*']\n  match: {names: [a]}\n"))};
    size_t refusals = 0;
    for (;;) {
        until_refusal = refusals + 1;
        arena_refuse = refuse_later;
        struct snapshot *snapshot = policy_compile(&source, 1, NULL);
        arena_refuse = NULL;
        if (snapshot) {
            snapshot_free(snapshot);
            break;
        }
        refusals++;
    }
    assert_true(refusals > 20);
}

static void diagnostics_say_when_memory_ran_out(void **state) {
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, &arena);
    until_refusal = 3;
    arena_refuse = refuse_later;
    struct snapshot *snapshot = policy_compile(NULL, 0, &diagnostics);
    arena_refuse = NULL;
    assert_null(snapshot);
    snapshot_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_takes_what_it_does_not_say_from_its_policy_and_check),
        cmocka_unit_test(a_policy_denies_unless_it_says_otherwise),
        cmocka_unit_test(the_default_profile_holds_every_policy_whatever_others_exist),
        cmocka_unit_test(a_profile_called_default_replaces_it),
        cmocka_unit_test(built_in_profiles_keep_their_policies_to_themselves),
        cmocka_unit_test(an_own_profile_of_a_built_in_name_wins),
        cmocka_unit_test(a_built_in_profile_may_be_given_only_a_mode),
        cmocka_unit_test(a_rule_knows_its_exceptions_those_that_last_longest_first),
        cmocka_unit_test(a_rule_waits_for_its_day_or_its_policy_s),
        cmocka_unit_test(rules_are_listed_for_the_kinds_they_may_concern),
        cmocka_unit_test(equal_matches_share_an_id),
        cmocka_unit_test(the_hash_is_of_names_and_texts),
        cmocka_unit_test(the_texts_need_not_outlive_the_call),
        cmocka_unit_test(running_out_of_memory_gives_no_snapshot),
        cmocka_unit_test(diagnostics_say_when_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
