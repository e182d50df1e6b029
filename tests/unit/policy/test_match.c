#include "unit/policy/judged.h"

#define CONTAINERS                                                                                 \
    "  containers:\n  - {name: web, image: nginx}\n  - {name: mesh, image: 'registry.example.com/mesh/proxy:1'}\n"
#define MANIFEST                                                                                   \
    "apiVersion: v1\nkind: Pod\n"                                                                  \
    "metadata: {name: web-1, namespace: team-a, labels: {tier: front, a/b.c: d}}\n"                \
    "spec:\n  runtimeClassName: gvisor\n" CONTAINERS

/* `keys` of a match against MANIFEST, as a manifest. */
static bool matches_in(const char *keys, const char *manifest, enum match_sense sense,
                       bool is_from_review) {
    struct judged judged;
    char policy[2048];
    snprintf(policy, sizeof policy,
             POLICY("p",
                    "  match:\n    kinds: [Pod, Deployment]\n%s  rules: [{check: privileged}]\n"),
             keys);
    judged_begin(&judged, policy, manifest);
    struct str groups[] = {STR("developers"), STR("system:authenticated")};
    judged.subject.is_from_review = is_from_review;
    judged.subject.operation = OPERATION_CREATE;
    judged.subject.user = STR("alice@example.com");
    judged.subject.groups = (struct str_list){groups, 2};
    const struct match *match = &judged.snapshot->policies[0].match;
    bool is_match = match_object(match, &judged.subject, sense);
    judged_end(&judged);
    return is_match;
}

static bool matches(const char *keys) { return matches_in(keys, MANIFEST, MATCH_SELECT, true); }

static void a_list_matches_when_one_item_does(void **state) {
    (void)state;
    assert_true(matches("    namespaces: [other, 'team-*']\n"));
    assert_false(matches("    namespaces: [other, team]\n"));
    assert_true(matches("    names: [web-1]\n"));
    assert_false(matches("    names: [web]\n"));
    assert_true(matches("    runtimeClasses: [kata, gvisor]\n"));
    assert_true(matches("    operations: [UPDATE, CREATE]\n"));
    assert_false(matches("    operations: [UPDATE]\n"));
    assert_true(matches("    users: ['*@example.com']\n"));
    assert_false(matches("    users: [bob]\n"));
    assert_true(matches("    groups: [ops, developers]\n"));
    assert_false(matches("    groups: [ops]\n"));
}

static void all_keys_must_match(void **state) {
    (void)state;
    assert_true(
        matches("    namespaces: [team-a]\n    names: ['web-*']\n    groups: [developers]\n"));
    assert_false(matches("    namespaces: [team-a]\n    names: [db]\n    groups: [developers]\n"));
}

static void kinds_are_a_key_too(void **state) {
    (void)state;
    assert_true(matches(""));
    assert_false(matches_in(
        "", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {}}}\n",
        MATCH_SELECT, true));
}

static void all_labels_must_be_there(void **state) {
    (void)state;
    assert_true(matches("    labels: {tier: 'fr*', a/b.c: d}\n"));
    assert_false(matches("    labels: {tier: back}\n"));
    assert_false(matches("    labels: {tier: front, missing: '*'}\n"));
}

static void labels_of_a_workload_are_those_of_its_template(void **state) {
    (void)state;
    const char *deployment = "apiVersion: apps/v1\nkind: Deployment\n"
                             "metadata: {name: web, labels: {of: object}}\n"
                             "spec: {template: {metadata: {labels: {of: template}}, spec: {}}}\n";
    assert_true(matches_in("    labels: {of: template}\n", deployment, MATCH_SELECT, true));
    assert_false(matches_in("    labels: {of: object}\n", deployment, MATCH_SELECT, true));
}

static void no_service_account_is_the_default_one(void **state) {
    (void)state;
    assert_true(matches("    serviceAccountNames: [default]\n"));
    assert_false(matches("    serviceAccountNames: [robot]\n"));
    assert_true(matches_in("    serviceAccountNames: [robot]\n",
                           POD("  serviceAccountName: robot\n" CONTAINERS), MATCH_SELECT, true));
}

static void no_runtime_class_matches_no_pattern(void **state) {
    (void)state;
    assert_false(matches_in("    runtimeClasses: ['*']\n", POD(CONTAINERS), MATCH_SELECT, true));
}

static void a_manifest_without_namespace_is_in_default(void **state) {
    (void)state;
    assert_true(matches_in("    namespaces: [default]\n",
                           "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n",
                           MATCH_SELECT, false));
}

/* What a manifest cannot tell selects, but excludes nothing. */
static void unknown_requesters_select_and_do_not_exclude(void **state) {
    (void)state;
    static const char *const keys[] = {"    users: [bob]\n", "    groups: [ops]\n",
                                       "    operations: [UPDATE]\n"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(matches_in(keys[i], MANIFEST, MATCH_SELECT, false));
        assert_false(matches_in(keys[i], MANIFEST, MATCH_EXCLUDE, false));
        assert_false(matches_in(keys[i], MANIFEST, MATCH_SELECT, true));
    }
    assert_true(matches_in("    users: ['alice*']\n", MANIFEST, MATCH_EXCLUDE, true));
}

static bool container_matches(const char *keys, size_t container) {
    struct judged judged;
    char policy[2048];
    snprintf(policy, sizeof policy, POLICY("p", "  match:\n%s  rules: [{check: privileged}]\n"),
             keys);
    judged_begin(
        &judged, policy,
        POD("  initContainers:\n"
            "  - {name: setup, image: nginx}\n"
            "  - {name: proxy, image: 'registry.example.com/mesh/proxy:1', restartPolicy: Always}\n"
            "  containers:\n"
            "  - {name: web, image: 'docker.io/library/nginx:1.27'}\n"
            "  ephemeralContainers:\n"
            "  - {name: debugger, image: 'NOT AN IMAGE'}\n"));
    assert_int_equal(judged.workload.pod.container_count, 4);
    struct match_images images = {.arena = &judged.arena, .pod = &judged.workload.pod};
    bool is_match = match_container(&judged.snapshot->policies[0].match,
                                    &judged.workload.pod.containers[container], &images);
    judged_end(&judged);
    return is_match;
}

static void assert_containers(const char *keys, const char *expected) {
    char got[5] = "";
    for (size_t i = 0; i < 4; i++)
        got[i] = container_matches(keys, i) ? 'y' : 'n';
    assert_string_equal(got, expected);
}

static void container_keys_narrow(void **state) {
    (void)state;
    assert_containers("    namespaces: ['*']\n", "yyyy");
    assert_containers("    containers: [web, 'de*']\n", "nnyy");
    assert_containers("    containerTypes: [init]\n", "ynnn");
    assert_containers("    containerTypes: [sidecar, ephemeral]\n", "nyny");
    assert_containers("    images: [nginx]\n", "ynyn");
    assert_containers("    images: ['registry.example.com/**']\n", "nynn");
    assert_containers("    images: ['nginx:1.*']\n", "nnyn");
    assert_containers("    images: ['**']\n", "yyyy");
    assert_containers("    images: [nginx]\n    containerTypes: [regular]\n", "nnyn");
}

/* --- what the envelope tells ------------------------------------------------------------------ */

static void the_envelope_decides_what_it_knows(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct snapshot *snapshot =
        judged_compile(&arena, POLICY("a", "  match: {namespaces: [team-a], users: ['alice']}\n"
                                           "  rules: [{check: privileged}]\n"
                                           "---\n")
                                   POLICY("b", "  match: {namespaces: [team-a], names: [x]}\n"
                                               "  rules: [{check: privileged}]\n"));
    const struct workload_kind *pod = workload_find(STR(""), STR("Pod"));
    struct review review = {.name_space = STR("team-a"),
                            .user = STR("alice"),
                            .operation = OPERATION_CREATE};
    const struct match *whole = &snapshot->policies[0].match;
    const struct match *part = &snapshot->policies[1].match;
    assert_true(whole->is_of_envelope);
    assert_false(part->is_of_envelope);
    assert_true(match_envelope(whole, &review, pod));
    assert_true(match_envelope(part, &review, pod));
    review.user = STR("bob");
    assert_false(match_envelope(whole, &review, pod));
    assert_true(match_envelope(part, &review, pod));
    review.name_space = STR("team-b");
    assert_false(match_envelope(part, &review, pod));
    snapshot_free(snapshot);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_matches_when_one_item_does),
        cmocka_unit_test(all_keys_must_match),
        cmocka_unit_test(kinds_are_a_key_too),
        cmocka_unit_test(all_labels_must_be_there),
        cmocka_unit_test(labels_of_a_workload_are_those_of_its_template),
        cmocka_unit_test(no_service_account_is_the_default_one),
        cmocka_unit_test(no_runtime_class_matches_no_pattern),
        cmocka_unit_test(a_manifest_without_namespace_is_in_default),
        cmocka_unit_test(unknown_requesters_select_and_do_not_exclude),
        cmocka_unit_test(container_keys_narrow),
        cmocka_unit_test(the_envelope_decides_what_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
