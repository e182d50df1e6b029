#include "unit/policy/judged.h"

#define TWO                                                                                        \
    "  containers:\n  - {name: web, image: nginx}\n"                                               \
    "  - {name: mesh, image: 'registry.example.com/mesh/proxy:latest'}\n"
#define RULES "  rules:\n  - check: image-tag\n  - check: host-namespaces\n"
#define DEPLOYMENT                                                                                 \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"                               \
    "spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}\n"

static void rules_run_in_order_and_each_container_is_judged(void **state) {
    (void)state;
    assert_judged(POLICY("p", RULES), POD("  hostNetwork: true\n" TWO),
                  "image-tag:web image-tag:mesh host-namespaces:");
}

static void every_kind_of_container_is_judged(void **state) {
    (void)state;
    assert_judged(POLICY("p", RULES),
                  POD("  initContainers:\n  - {name: i, image: a}\n"
                      "  - {name: s, image: a, restartPolicy: Always}\n"
                      "  containers:\n  - {name: c, image: a}\n"
                      "  ephemeralContainers:\n  - {name: e, image: a}\n"),
                  "image-tag:i image-tag:s image-tag:c image-tag:e");
}

static void a_policy_that_does_not_match_is_silent(void **state) {
    (void)state;
    assert_judged(POLICY("p", "  match: {namespaces: [other]}\n" RULES), POD(TWO), "");
}

static void any_exclude_takes_the_object_out(void **state) {
    (void)state;
    assert_judged(POLICY("p", "  exclude: [{names: [db]}, {namespaces: ['team-*']}]\n" RULES),
                  POD(TWO), "");
    assert_judged(POLICY("p", "  exclude: [{names: [db], namespaces: ['team-*']}]\n" RULES),
                  POD(TWO), "image-tag:web image-tag:mesh");
}

/* Container keys of an exclude take only the container out, never the pod. */
static void an_excluded_image_leaves_the_rest(void **state) {
    (void)state;
    assert_judged(POLICY("p", "  exclude: [{images: ['registry.example.com/mesh/**']}]\n" RULES),
                  POD("  hostNetwork: true\n" TWO), "image-tag:web host-namespaces:");
    assert_judged(POLICY("p", "  exclude: [{images: ['**']}]\n" RULES),
                  POD("  hostNetwork: true\n" TWO), "host-namespaces:");
}

static void an_exclude_with_both_kinds_of_keys_needs_both(void **state) {
    (void)state;
    assert_judged(POLICY("p", "  exclude: [{containers: [mesh], namespaces: [team-b]}]\n" RULES),
                  POD(TWO), "image-tag:web image-tag:mesh");
    assert_judged(POLICY("p", "  exclude: [{containers: [mesh], namespaces: [team-a]}]\n" RULES),
                  POD(TWO), "image-tag:web");
}

static void a_match_of_containers_narrows(void **state) {
    (void)state;
    assert_judged(POLICY("p", "  match: {containers: [mesh]}\n" RULES),
                  POD("  hostNetwork: true\n" TWO), "image-tag:mesh host-namespaces:");
    /* No container matches: the pod level is not judged either. */
    assert_judged(POLICY("p", "  match: {containers: [other]}\n" RULES),
                  POD("  hostNetwork: true\n" TWO), "");
}

#define EXCEPTION(spec)                                                                            \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Exception\nmetadata: {name: e}\n"                 \
    "spec:\n  owner: o\n  reason: r\n" spec

static void what_is_excused_does_not_count(void **state) {
    (void)state;
    struct judged judged;
    judged_begin(&judged,
                 POLICY("p", RULES)
                     EXCEPTION("  rules: [p/image-tag]\n  match: {containers: [mesh]}\n"),
                 POD("  hostNetwork: true\n" TWO));
    judged_judge(&judged, MODE_ENFORCE);
    assert_string_equal(judged_text(&judged), "image-tag:web host-namespaces:");
    assert_int_equal(judged.judgement.excused_count, 1);
    assert_true(str_equals(judged.judgement.excused->exception->name, STR("e")));
    assert_true(str_equals(judged.judgement.excused->finding->container->name, STR("mesh")));
    judged_end(&judged);
}

/* A manifest does not tell who asks: then nobody is excused for it. */
static void an_exception_for_somebody_is_not_for_a_manifest(void **state) {
    (void)state;
    struct judged judged;
    const char *policy = POLICY("p", "  rules: [{check: image-tag}]\n")
        EXCEPTION("  rules: ['*']\n  match: {users: [alice]}\n");
    judged_begin(&judged, policy, POD(TWO));
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.count, 2);
    assert_int_equal(judged.judgement.request_rules, 1);
    judged.subject.is_from_review = true;
    judged.subject.user = STR("alice");
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.count, 0);
    assert_int_equal(judged.judgement.excused_count, 2);
    assert_int_equal(judged.judgement.strongest_wanted, ACTION_OFF);
    judged_end(&judged);
}

static void what_is_only_counted_cannot_be_excused(void **state) {
    (void)state;
    struct judged judged;
    struct arena texts;
    struct strbuf manifest;
    arena_init(&texts, 1 << 20, 0);
    strbuf_init(&manifest, &texts, 1 << 20);
    strbuf_add(&manifest, STR(POD("  containers:\n")));
    for (int i = 0; i < 1100; i++)
        strbuf_printf(&manifest, "  - {name: c%d, image: nginx}\n", i);
    judged_begin(&judged,
                 POLICY("p", "  rules: [{check: image-tag}]\n") EXCEPTION("  rules: ['*']\n"),
                 manifest.at);
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.count, 0);
    assert_int_equal(judged.judgement.excused_count, 1024);
    assert_int_equal(judged.judgement.omitted, 1100 - 1024);
    assert_int_equal(judged.judgement.strongest, ACTION_DENY);
    judged_end(&judged);
    arena_fini(&texts);
}

static void actions_of(const char *policy, const char *manifest, enum mode mode,
                       enum action expected, enum action wanted) {
    struct judged judged;
    judged_begin(&judged, policy, manifest);
    judged_judge(&judged, mode);
    assert_int_equal(judged.judgement.strongest, expected);
    assert_int_equal(judged.judgement.strongest_wanted, wanted);
    if (judged.judgement.first) {
        assert_int_equal(judged.judgement.first->action, expected);
        assert_int_equal(judged.judgement.first->wanted, wanted);
    }
    judged_end(&judged);
}

static void templates_have_an_action_of_their_own(void **state) {
    (void)state;
    const char *policy = POLICY("p", "  rules: [{check: image-tag, templateAction: warn}]\n");
    actions_of(policy, POD(TWO), MODE_ENFORCE, ACTION_DENY, ACTION_DENY);
    actions_of(policy, DEPLOYMENT, MODE_ENFORCE, ACTION_WARN, ACTION_WARN);
    const char *off = POLICY("p", "  rules: [{check: image-tag, templateAction: 'off'}]\n");
    actions_of(off, DEPLOYMENT, MODE_ENFORCE, ACTION_OFF, ACTION_OFF);
    const char *pods_off = POLICY("p", "  rules: [{check: image-tag, action: 'off'}]\n");
    actions_of(pods_off, POD(TWO), MODE_ENFORCE, ACTION_OFF, ACTION_OFF);
    actions_of(pods_off, DEPLOYMENT, MODE_ENFORCE, ACTION_OFF, ACTION_OFF);
}

static void a_rule_replaces_the_action_of_its_policy(void **state) {
    (void)state;
    actions_of(POLICY("p", "  action: audit\n  rules: [{check: image-tag, action: warn}]\n"),
               POD(TWO), MODE_ENFORCE, ACTION_WARN, ACTION_WARN);
    actions_of(POLICY("p", "  rules: [{check: image-tag}]\n  action: audit\n"), POD(TWO),
               MODE_ENFORCE, ACTION_AUDIT, ACTION_AUDIT);
}

static void a_mode_is_a_ceiling(void **state) {
    (void)state;
    const char *deny = POLICY("p", "  rules: [{check: image-tag}]\n");
    const char *audit = POLICY("p", "  action: audit\n  rules: [{check: image-tag}]\n");
    actions_of(deny, POD(TWO), MODE_WARN, ACTION_WARN, ACTION_DENY);
    actions_of(deny, POD(TWO), MODE_AUDIT, ACTION_AUDIT, ACTION_DENY);
    actions_of(audit, POD(TWO), MODE_WARN, ACTION_AUDIT, ACTION_AUDIT);
}

static void rules_that_need_the_request_are_counted_for_manifests(void **state) {
    (void)state;
    struct judged judged;
    judged_begin(&judged,
                 POLICY("p", "  match: {users: [bob]}\n" RULES "---\n")
                     POLICY("q", "  exclude: [{groups: [ops]}]\n  rules: [{check: probes}]\n---\n")
                         POLICY("r", "  rules: [{check: privileged}]\n"),
                 POD(TWO));
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.request_rules, 3);
    judged.subject.is_from_review = true;
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.request_rules, 0);
    judged_end(&judged);
}

/* Findings above the limit are not kept, but they still decide. */
static void omitted_findings_still_count(void **state) {
    (void)state;
    struct judged judged;
    struct arena text_arena;
    struct strbuf manifest;
    arena_init(&text_arena, 1 << 20, 0);
    strbuf_init(&manifest, &text_arena, 1 << 20);
    strbuf_add(&manifest, STR(POD("  hostNetwork: true\n  containers:\n")));
    for (int i = 0; i < 1100; i++)
        strbuf_printf(&manifest, "  - {name: c%d, image: nginx}\n", i);
    judged_begin(&judged,
                 POLICY("p", "  rules:\n  - {check: image-tag, action: warn}\n"
                             "  - {check: host-namespaces}\n"),
                 manifest.at);
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(judged.judgement.count, 1024);
    assert_true(judged.judgement.omitted > 0);
    assert_int_equal(judged.judgement.strongest, ACTION_DENY);
    judged_end(&judged);
    arena_fini(&text_arena);
}

static bool concerns(const char *policy, const char *name_space, const char *user) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct snapshot *snapshot = judged_compile(&arena, policy);
    struct review review = {.name_space = str_from(name_space), .user = str_from(user)};
    bool may = engine_may_concern(&arena, snapshot, snapshot_find_profile(snapshot, STR("default")),
                                  &review, workload_find(STR(""), STR("Pod")));
    snapshot_free(snapshot);
    arena_fini(&arena);
    return may;
}

static void the_envelope_tells_that_no_rule_is_concerned(void **state) {
    (void)state;
    assert_true(concerns(POLICY("p", RULES), "team-a", "alice"));
    assert_false(concerns(POLICY("p", "  match: {kinds: [Job]}\n" RULES), "team-a", "alice"));
    assert_false(concerns(POLICY("p", "  match: {namespaces: [x]}\n" RULES), "team-a", "alice"));
    assert_false(
        concerns(POLICY("p", "  exclude: [{namespaces: ['team-*']}]\n" RULES), "team-a", "a"));
    assert_false(concerns(POLICY("p", "  exclude: [{users: [alice]}]\n" RULES), "team-a", "alice"));
    assert_true(concerns(POLICY("p", "  exclude: [{users: [alice]}]\n" RULES), "team-a", "bob"));
    /* These depend on the object. */
    assert_true(concerns(POLICY("p", "  match: {names: [x]}\n" RULES), "team-a", "alice"));
    assert_true(concerns(POLICY("p", "  exclude: [{names: ['*']}]\n" RULES), "team-a", "alice"));
    assert_true(concerns(POLICY("p", "  exclude: [{images: ['**']}]\n" RULES), "team-a", "alice"));
    assert_false(concerns(POLICY("p", "  action: 'off'\n" RULES), "team-a", "alice"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_run_in_order_and_each_container_is_judged),
        cmocka_unit_test(every_kind_of_container_is_judged),
        cmocka_unit_test(a_policy_that_does_not_match_is_silent),
        cmocka_unit_test(any_exclude_takes_the_object_out),
        cmocka_unit_test(an_excluded_image_leaves_the_rest),
        cmocka_unit_test(an_exclude_with_both_kinds_of_keys_needs_both),
        cmocka_unit_test(a_match_of_containers_narrows),
        cmocka_unit_test(what_is_excused_does_not_count),
        cmocka_unit_test(an_exception_for_somebody_is_not_for_a_manifest),
        cmocka_unit_test(what_is_only_counted_cannot_be_excused),
        cmocka_unit_test(templates_have_an_action_of_their_own),
        cmocka_unit_test(a_rule_replaces_the_action_of_its_policy),
        cmocka_unit_test(a_mode_is_a_ceiling),
        cmocka_unit_test(rules_that_need_the_request_are_counted_for_manifests),
        cmocka_unit_test(omitted_findings_still_count),
        cmocka_unit_test(the_envelope_tells_that_no_rule_is_concerned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
