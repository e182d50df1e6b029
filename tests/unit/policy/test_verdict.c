/* The whole messages are in tests/reviews/; here are their bounds and single words. */
#include "unit/expect.h"
#include "unit/policy/judged.h"

#define RULES "  rules: [{check: image-tag}, {check: run-as-non-root}]\n"

static struct str denial(struct judged *judged, const char *policy, const char *manifest) {
    judged_begin(judged, policy, manifest);
    judged_judge(judged, MODE_ENFORCE);
    return verdict_denial(&judged->arena, &judged->workload, &judged->judgement).message;
}

static struct str first_line(struct str text) {
    return str_slice(text, 0, str_find_char(text, '\n'));
}

static void assert_subject(const char *manifest, const char *expected) {
    struct judged judged;
    judged_begin(&judged, POLICY("p", RULES), manifest);
    struct str subject = verdict_subject(&judged.arena, &judged.workload);
    assert_string_equal(subject.at, expected);
    judged_end(&judged);
}

#define OWNED(kind, name) "ownerReferences: [{kind: " kind ", name: " name ", controller: true}]"
#define OBJECT(meta)                                                                               \
    "apiVersion: v1\nkind: Pod\nmetadata: {" meta "}\nspec: {containers: [{name: c, image: a}]}\n"

static void a_subject_is_named_as_a_person_knows_it(void **state) {
    (void)state;
    assert_subject(OBJECT("name: web"), "Pod \"web\"");
    assert_subject(OBJECT("name: worker-x2k4p, generateName: worker-"), "Pod \"worker-*\"");
    assert_subject(OBJECT("generateName: worker-"), "Pod \"worker-*\"");
    assert_subject(OBJECT("namespace: a"), "Pod");
    assert_subject(OBJECT("name: web-1-x, labels: {pod-template-hash: '1'}, " OWNED("ReplicaSet",
                                                                                    "web-1")),
                   "Pod of Deployment \"web\"");
    assert_subject(OBJECT("name: db-0, " OWNED("StatefulSet", "db")), "Pod of StatefulSet \"db\"");
    assert_subject(OBJECT("name: n-1, " OWNED("Job", "nightly-29000000")),
                   "Pod of CronJob \"nightly\"");
    assert_subject(OBJECT("name: w, " OWNED("Workflow", "build")), "Pod of Workflow \"build\"");
}

static void assert_path(const char *manifest, const char *expected) {
    struct judged judged;
    judged_begin(&judged, POLICY("p", "  rules: [{check: image-tag}]\n"), manifest);
    judged_judge(&judged, MODE_ENFORCE);
    assert_non_null(judged.judgement.first);
    struct str path =
        verdict_path(&judged.arena, &judged.workload, judged.judgement.first->finding);
    assert_string_equal(path.at, expected);
    judged_end(&judged);
}

/* The path as in the file that somebody edits. */
static void a_path_leads_to_the_owner_s_template(void **state) {
    (void)state;
    assert_path(OBJECT("name: web"), "spec.containers[0].image");
    assert_path(OBJECT("name: d, " OWNED("DaemonSet", "d")),
                "spec.template.spec.containers[0].image");
    assert_path(OBJECT("name: d, " OWNED("Job", "nightly-29000000")),
                "spec.jobTemplate.spec.template.spec.containers[0].image");
    assert_path(OBJECT("name: d, " OWNED("Workflow", "w")), "spec.containers[0].image");
    assert_path("apiVersion: v1\nkind: PodTemplate\nmetadata: {name: t}\n"
                "template: {spec: {initContainers: [{name: c, image: a}]}}\n",
                "template.spec.initContainers[0].image");
    /* A debug container is in no template. */
    assert_path("apiVersion: v1\nkind: Pod\nmetadata: {name: d, " OWNED(
                    "DaemonSet", "d") "}\n"
                                      "spec: {ephemeralContainers: [{name: c, image: a}]}\n",
                "spec.ephemeralContainers[0].image");
    assert_path(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: d}\n"
        "spec: {volumes: [{name: a, emptyDir: {}}, {name: v, image: {reference: nginx}}]}\n",
        "spec.volumes[1].image.reference");
}

static void worst_comes_first(void **state) {
    (void)state;
    struct judged judged;
    struct str text = denial(&judged,
                             POLICY("p", "  rules:\n  - {check: image-tag, severity: low}\n"
                                         "  - {check: run-as-non-root, severity: high}\n"
                                         "  - {check: drop-capabilities, severity: critical}\n"
                                         "  - {check: probes, action: warn, severity: critical}\n"),
                             POD("  containers: [{name: c, image: a}]\n"));
    assert_string_equal(
        first_line(text).len ? str_copy(&judged.arena, first_line(text)).at : "",
        "Pod \"web\" breaks 3 rules: drop-capabilities, run-as-non-root, image-tag");
    assert_false(str_contains(text, STR("probes")));
    judged_end(&judged);
}

static void rules_of_one_name_are_named_once(void **state) {
    (void)state;
    struct judged judged;
    struct str text = denial(&judged, POLICY("a", RULES "---\n") POLICY("b", RULES),
                             POD("  containers: [{name: c, image: a}]\n"));
    assert_true(
        str_starts_with(text, STR("Pod \"web\" breaks 2 rules: run-as-non-root, image-tag\n")));
    assert_true(str_contains(text, STR("\n  image-tag (a, b): container \"c\" uses")));
    judged_end(&judged);
}

static char *many_rules(size_t count) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 65536);
    strbuf_add(&text, STR(POLICY("many", "  rules:\n")));
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&text, "  - {name: 'a-rule-of-a-rather-long-name-%zu', check: image-tag}\n",
                      i);
    char *copy = strdup(text.at);
    arena_fini(&arena);
    return copy;
}

static void the_first_line_is_at_most_two_hundred_characters(void **state) {
    (void)state;
    for (size_t count = 1; count < 12; count++) {
        struct judged judged;
        char *policy = many_rules(count);
        struct str line =
            first_line(denial(&judged, policy, POD("  containers: [{name: c, image: a}]\n")));
        assert_true(str_utf8_count(line) <= VERDICT_FIRST_LINE_MAX);
        if (count == 11) assert_true(str_ends_with(line, STR(", and 7 more")));
        judged_end(&judged);
        free(policy);
    }
}

#define STANDARD(name, level, more)                                                                \
    POLICY(name, "  rules:\n  - {check: pod-security, params: {level: " level                      \
                 ", version: v1.37}" more "}\n")
#define PRIVILEGED                                                                                 \
    POD("  hostNetwork: true\n  containers:\n"                                                     \
        "  - {name: a, image: x, securityContext: {privileged: true, runAsUser: 0}}\n")

static void assert_first_line(const char *policy, const char *manifest, const char *expected) {
    struct judged judged;
    struct str line = first_line(denial(&judged, policy, manifest));
    assert_string_equal(str_copy(&judged.arena, line).at, expected);
    judged_end(&judged);
}

static void the_first_line_names_the_controls_worst_first(void **state) {
    (void)state;
    assert_first_line(STANDARD("p", "baseline", ""), PRIVILEGED,
                      "Pod \"web\" breaks 1 rule: pod-security (privileged, hostNamespaces)");
    /* Whichever rule's words are told where several find the same. */
    assert_first_line(
        POLICY("p", "  rules:\n  - {check: pod-security, params: {level: baseline}}\n"
                    "  - {check: privileged, severity: critical}\n"
                    "  - {name: more, check: pod-security, params: {except: [runAsNonRoot, "
                    "allowPrivilegeEscalation, capabilities_restricted]}}\n"),
        PRIVILEGED,
        "Pod \"web\" breaks 3 rules: privileged, pod-security (privileged, "
        "hostNamespaces), more (privileged, hostNamespaces, runAsUser, "
        "seccompProfile_restricted)");
}

static void controls_leave_room_for_the_names_of_rules(void **state) {
    (void)state;
    char *policy = many_rules(3);
    struct judged judged;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct str both =
        str_format(&arena, "%s%s", policy, "  - {check: pod-security, severity: critical}\n");
    struct str line = first_line(denial(&judged, both.at, PRIVILEGED));
    assert_true(str_utf8_count(line) <= VERDICT_FIRST_LINE_MAX);
    assert_true(str_starts_with(line, STR("Pod \"web\" breaks 4 rules: pod-security (privileged, "
                                          "hostNamespaces and 5 more), a-rule-of-")));
    assert_true(str_ends_with(line, STR("name-2")));
    judged_end(&judged);
    arena_fini(&arena);
    free(policy);
}

/* Distinct images: each container is an entry of its own. */
static char *many_containers(size_t count) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 1 << 20, 0);
    strbuf_init(&text, &arena, 1 << 20);
    strbuf_add(&text, STR(POD("  containers:\n")));
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&text, "  - {name: container-%zu, image: 'registry.example.com/image-%zu'}\n",
                      i, i);
    char *copy = strdup(text.at);
    arena_fini(&arena);
    return copy;
}

static void a_denial_is_cut_at_whole_entries(void **state) {
    (void)state;
    for (size_t count = 1; count < 200; count += 11) {
        struct judged judged;
        char *manifest = many_containers(count);
        struct str text =
            denial(&judged,
                   POLICY("p", "  rules:\n  - check: image-tag\n"
                               "  - check: env-secrets\n  - check: resource-limits\n"),
                   manifest);
        assert_true(text.len <= VERDICT_MESSAGE_MAX);
        for (size_t i = 0; i < text.len; i++)
            assert_true((unsigned char)text.at[i] >= ' ' || text.at[i] == '\n');
        judged_end(&judged);
        free(manifest);
    }
}

static void what_is_cut_is_counted(void **state) {
    (void)state;
    struct judged judged;
    char *policy = strdup(POLICY("p", "  rules:\n"));
    struct arena arena;
    struct strbuf rules;
    arena_init(&arena, 65536, 0);
    strbuf_init(&rules, &arena, 65536);
    strbuf_add(&rules, str_from(policy));
    for (int i = 0; i < 60; i++)
        strbuf_printf(&rules,
                      "  - {name: r%d, check: resource-limits, "
                      "params: {limits: ['example.com/r%d'], requests: ['example.com/r%d']}}\n",
                      i, i, i);
    struct str text = denial(&judged, rules.at, POD("  containers: [{name: c, image: a}]\n"));
    assert_true(text.len <= VERDICT_MESSAGE_MAX);
    assert_true(text.len > VERDICT_MESSAGE_MAX - 512);
    assert_true(str_ends_with(text, STR(" more: run podgate check")));
    judged_end(&judged);
    arena_fini(&arena);
    free(policy);
}

static size_t count_of(struct str text, const char *part) {
    size_t count = 0;
    for (const char *at = text.at; (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* However much one rule finds, its entry is one, and says how much it leaves out. */
static void a_rule_is_one_entry(void **state) {
    (void)state;
    struct judged judged;
    char *manifest = many_containers(120);
    struct str text = denial(&judged, POLICY("p", "  rules: [{check: image-tag}]\n"), manifest);
    text = str_copy(&judged.arena, text);
    assert_int_equal(count_of(text, "image-tag (p): "), 1);
    assert_int_equal(count_of(text, "    spec.containers["), 12);
    assert_true(str_ends_with(text, STR("\n    and 108 more fields")));
    judged_end(&judged);
    free(manifest);
}

static void mends_agree_with_the_number_of_paths(void **state) {
    (void)state;
    struct judged judged;
    struct str text =
        denial(&judged,
               POLICY("p", "  rules: [{check: resource-limits, params: {requests: "
                           "[memory]}}]\n"),
               POD("  containers: [{name: a, image: x}, {name: b, image: z, resources: {requests: "
                   "{memory: 1Mi}}}]\n"));
    assert_true(str_contains(
        text,
        STR("containers \"a\", \"b\" have no memory limit; container \"a\" has no memory request\n"
            "    spec.containers[0].resources.limits.memory, "
            "spec.containers[1].resources.limits.memory are unset: set each to a limit such as "
            "256Mi\n"
            "    spec.containers[0].resources.requests.memory is unset: set it to a request "
            "such as 128Mi")));
    judged_end(&judged);
}

static void templates_with_braces_of_their_own_are_kept(void **state) {
    (void)state;
    struct judged judged;
    struct str text = denial(
        &judged, POLICY("p", "  rules: [{check: env-secrets}]\n"),
        POD("  containers: [{name: c, image: a, env: [{name: DB_PASSWORD, value: 'x-y-z-1-2-3'}]}]\n"));
    assert_true(str_contains(text, STR("valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}")));
    assert_false(str_contains(text, STR("x-y-z-1-2-3")));
    judged_end(&judged);
}

static void one_and_many_containers_agree_with_their_verbs(void **state) {
    (void)state;
    struct judged judged;
    struct str one = denial(&judged, POLICY("p", "  rules: [{check: image-tag}]\n"),
                            POD("  containers: [{name: a, image: x}]\n"));
    assert_true(str_contains(one, STR("container \"a\" uses an image without a tag")));
    judged_end(&judged);
    struct str two = denial(&judged, POLICY("p", "  rules: [{check: image-tag}]\n"),
                            POD("  containers: [{name: a, image: x}, {name: b, image: x}]\n"));
    assert_true(str_contains(two, STR("containers \"a\", \"b\" use an image without a tag")));
    judged_end(&judged);
}

static void warnings_are_bounded_and_of_one_line(void **state) {
    (void)state;
    struct judged judged;
    char *policy = many_rules(40);
    judged_begin(
        &judged, policy,
        POD("  containers: [{name: \"a\\nb\\x1b[31m\", image: \"x\\ny\"}, {name: b, image: z}]\n"));
    judged_judge(&judged, MODE_WARN);
    const struct str *warnings;
    size_t count = verdict_warnings(&judged.arena, &judged.workload, &judged.judgement, &warnings);
    size_t total = 0;
    assert_true(count >= 1);
    for (size_t i = 0; i < count; i++) {
        assert_true(str_utf8_count(warnings[i]) <= VERDICT_WARNING_MAX);
        total += str_utf8_count(warnings[i]);
        for (size_t j = 0; j < warnings[i].len; j++)
            assert_true((unsigned char)warnings[i].at[j] >= ' ' && warnings[i].at[j] != 0x7F);
    }
    assert_true(total <= 1024);
    judged_end(&judged);
    free(policy);
}

static struct str warning(struct judged *judged, const char *policy, const char *manifest,
                          enum mode mode) {
    judged_begin(judged, policy, manifest);
    judged_judge(judged, mode);
    const struct str *warnings;
    size_t count =
        verdict_warnings(&judged->arena, &judged->workload, &judged->judgement, &warnings);
    assert_int_equal(count, 1);
    return warnings[0];
}

static void assert_warning(const char *policy, const char *manifest, enum mode mode,
                           const char *expected) {
    struct judged judged;
    struct str text = warning(&judged, policy, manifest, mode);
    assert_string_equal(str_copy(&judged.arena, text).at, expected);
    judged_end(&judged);
}

static void a_warning_says_at_once_what_it_means(void **state) {
    (void)state;
    const char *warns = POLICY("p", "  action: warn\n  rules: [{check: image-tag}]\n");
    assert_warning(
        warns, POD("  containers: [{name: a, image: x}]\n"), MODE_ENFORCE,
        "Pod \"web\": container \"a\" uses an image without a tag, which means \"latest\" "
        "(p/image-tag)");
    const char *denies = POLICY("p", "  rules: [{check: privileged}]\n");
    const char *privileged =
        POD("  containers: [{name: a, image: x, securityContext: {privileged: true}}]\n");
    struct judged judged;
    struct str text = warning(&judged, denies, privileged, MODE_WARN);
    assert_true(str_starts_with(text, STR("would be denied: Pod \"web\": container \"a\" ")));
    judged_end(&judged);
    assert_warning(POLICY("p", "  rules: [{check: resource-limits, templateAction: warn}]\n"),
                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
                   "spec: {template: {spec: {containers: [{name: a, image: x}]}}}\n",
                   MODE_ENFORCE,
                   "Deployment \"web\": container \"a\" has no memory limit, no cpu request, no "
                   "memory request; its Pods may be refused (p/resource-limits)");
}

static void warnings_name_controls(void **state) {
    (void)state;
    struct judged judged;
    assert_warning(STANDARD("p", "baseline", ", action: warn"), PRIVILEGED, MODE_ENFORCE,
                   "Pod \"web\": container \"a\" is privileged; the pod uses host namespaces "
                   "(p/pod-security: privileged, hostNamespaces)");
    struct str text =
        warning(&judged, STANDARD("p", "restricted", ", action: warn"), PRIVILEGED, MODE_ENFORCE);
    assert_true(str_utf8_count(text) <= VERDICT_WARNING_MAX);
    assert_true(str_contains(text, STR("(p/pod-security: privileged, hostNamespaces, ")));
    assert_true(str_ends_with(text, STR(" more)")));
    judged_end(&judged);
}

static void causes_have_one_field_each(void **state) {
    (void)state;
    struct judged judged;
    denial(&judged,
           POLICY("a", RULES "---\n") POLICY("b", "  rules: [{name: other, check: image-tag}]\n"),
           POD("  containers: [{name: c, image: a}, {name: d, image: b}]\n"));
    struct denial all = verdict_denial(&judged.arena, &judged.workload, &judged.judgement);
    assert_int_equal(all.cause_count, 4);
    expect_str(all.causes[0].field.escaped, "spec.containers[0].securityContext.runAsNonRoot");
    expect_str(all.causes[0].reason.escaped, "a/run-as-non-root");
    expect_str(all.causes[0].subject.escaped, "container \\\"c\\\"");
    expect_str(all.causes[0].statement.escaped, "may run as root");
    judged_end(&judged);
    char *manifest = many_containers(100);
    denial(&judged, POLICY("a", RULES), manifest);
    all = verdict_denial(&judged.arena, &judged.workload, &judged.judgement);
    assert_int_equal(all.cause_count, 64);
    judged_end(&judged);
    free(manifest);
}

static void annotations_are_bounded_and_only_where_there_is_something(void **state) {
    (void)state;
    struct judged judged;
    struct review review = {.uid = STR("u-1")};
    const struct review_annotation *notes;
    char *manifest = many_containers(60), *policy = many_rules(60);
    judged_begin(&judged, policy, manifest);
    judged_judge(&judged, MODE_AUDIT);
    size_t count = verdict_annotations(&judged.arena, &review, &judged.judgement, &notes);
    assert_int_equal(count, 3);
    assert_true(str_equals(notes[0].key, STR("uid")) && str_equals(notes[0].value, STR("u-1")));
    assert_true(str_equals(notes[1].key, STR("policies")) &&
                str_equals(notes[1].value, STR("many")));
    assert_true(str_equals(notes[2].key, STR("violations")));
    assert_true(notes[2].value.len <= 1024);
    assert_true(str_ends_with(notes[2].value, STR(" more")));
    judged_end(&judged);
    free(manifest);
    free(policy);

    judged_begin(&judged, POLICY("p", "  rules: [{check: privileged}]\n"),
                 POD("  containers: [{name: c, image: a}]\n"));
    judged_judge(&judged, MODE_ENFORCE);
    assert_int_equal(verdict_annotations(&judged.arena, &review, &judged.judgement, &notes), 0);
    judged_end(&judged);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_is_named_as_a_person_knows_it),
        cmocka_unit_test(a_path_leads_to_the_owner_s_template),
        cmocka_unit_test(worst_comes_first),
        cmocka_unit_test(rules_of_one_name_are_named_once),
        cmocka_unit_test(the_first_line_is_at_most_two_hundred_characters),
        cmocka_unit_test(the_first_line_names_the_controls_worst_first),
        cmocka_unit_test(controls_leave_room_for_the_names_of_rules),
        cmocka_unit_test(a_denial_is_cut_at_whole_entries),
        cmocka_unit_test(what_is_cut_is_counted),
        cmocka_unit_test(a_rule_is_one_entry),
        cmocka_unit_test(mends_agree_with_the_number_of_paths),
        cmocka_unit_test(templates_with_braces_of_their_own_are_kept),
        cmocka_unit_test(one_and_many_containers_agree_with_their_verbs),
        cmocka_unit_test(warnings_are_bounded_and_of_one_line),
        cmocka_unit_test(a_warning_says_at_once_what_it_means),
        cmocka_unit_test(warnings_name_controls),
        cmocka_unit_test(causes_have_one_field_each),
        cmocka_unit_test(annotations_are_bounded_and_only_where_there_is_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
