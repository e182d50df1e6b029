/* The rule of updates. Whole answers are in tests/reviews/. */
#include "unit/policy/judged.h"

#include "policy/update.h"

#define PRIVILEGED "securityContext: {privileged: true}"
#define STANDARD                                                                                   \
    POLICY("p", "  rules: [{check: pod-security, params: {level: baseline, version: v1.36}}]\n")
#define IMAGES POLICY("p", "  rules: [{check: image-tag}, {check: host-namespaces}]\n")

/* Both objects, judged by the policy as an update. */
struct updated {
    struct judged new, old;
};

static void update(struct updated *updated, const char *policy, const char *old, const char *new) {
    judged_begin(&updated->new, policy, new);
    judged_begin(&updated->old, policy, old);
    /* One snapshot judges both. */
    snapshot_free(updated->old.snapshot);
    updated->old.snapshot = updated->new.snapshot;
    judged_judge(&updated->new, MODE_ENFORCE);
    updated->old.rules = update_rules_of_old(&updated->old.arena, updated->new.snapshot,
                                             &updated->new.workload, &updated->new.judgement);
    assert_non_null(updated->old.rules);
    judged_judge(&updated->old, MODE_ENFORCE);
    update_ratchet(&updated->new.arena,
                   &(struct judged_object){&updated->new.workload, &updated->new.judgement},
                   &(struct judged_object){&updated->old.workload, &updated->old.judgement});
}

static void end(struct updated *updated) {
    arena_fini(&updated->old.arena);
    judged_end(&updated->new);
}

/* What counts, and how much is kept. */
static void assert_update(const char *policy, const char *old, const char *new,
                          const char *expected, size_t kept) {
    struct updated updated;
    update(&updated, policy, old, new);
    assert_string_equal(judged_text(&updated.new), expected);
    assert_int_equal(updated.new.judgement.kept_count, kept);
    bool counts = updated.new.judgement.count > 0;
    assert_int_equal(updated.new.judgement.strongest, counts ? ACTION_DENY : ACTION_OFF);
    end(&updated);
}

#define TEMPLATE(spec)                                                                             \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"           \
    "    spec:\n" spec

static void only_what_is_added_counts(void **state) {
    (void)state;
    const char *one = TEMPLATE("      containers: [{name: a, image: x}]\n");
    assert_update(IMAGES, one, one, "", 1);
    assert_update(IMAGES, one,
                  TEMPLATE("      containers: [{name: a, image: x}, {name: b, image: x}]\n"),
                  "image-tag:b", 1);
    assert_update(IMAGES, one,
                  TEMPLATE("      hostNetwork: true\n      containers: [{name: a, image: x}]\n"),
                  "host-namespaces:", 1);
    assert_update(IMAGES, one, TEMPLATE("      containers: [{name: a, image: z}]\n"), "image-tag:a",
                  0);
    assert_update(IMAGES, one, TEMPLATE("      containers: [{name: a, image: 'x:1'}]\n"), "", 0);
}

/* An init container that becomes a sidecar runs on: it is another one. */
static void containers_are_told_apart_by_type_and_name(void **state) {
    (void)state;
    assert_update(IMAGES, TEMPLATE("      initContainers: [{name: a, image: x}]\n"),
                  TEMPLATE("      initContainers: [{name: a, image: x, restartPolicy: Always}]\n"),
                  "image-tag:a", 0);
    assert_update(IMAGES,
                  TEMPLATE("      containers: [{name: a, image: x}, {name: b, image: z}]\n"),
                  TEMPLATE("      containers: [{name: b, image: z}, {name: a, image: x}]\n"), "",
                  2);
}

static void entries_of_lists_are_told_apart_by_key(void **state) {
    (void)state;
    const char *policy = POLICY("p", "  rules: [{check: host-path}]\n");
#define VOLUMES(list) TEMPLATE("      volumes: [" list "]\n")
#define PATH(name, path) "{name: " name ", hostPath: {path: " path "}}"
    const char *old = VOLUMES(PATH("a", "/a") ", " PATH("b", "/b"));
    assert_update(policy, old, VOLUMES(PATH("b", "/b") ", " PATH("a", "/a")), "", 2);
    assert_update(policy, old, VOLUMES(PATH("c", "/a") ", " PATH("b", "/b")), "host-path:", 1);
    assert_update(policy, old, VOLUMES(PATH("a", "/b") ", " PATH("b", "/b")), "host-path:", 1);
}

static void problems_of_one_field_are_told_apart(void **state) {
    (void)state;
    assert_update(IMAGES, TEMPLATE("      containers: [{name: a, image: x}]\n"),
                  TEMPLATE("      containers: [{name: a, image: 'x:latest'}]\n"), "image-tag:a", 0);
}

/* What the pod set for all its containers is another violation than what one of them sets. */
static void the_pod_is_told_apart_from_its_containers(void **state) {
    (void)state;
#define UNCONFINED "securityContext: {seccompProfile: {type: Unconfined}}"
    const char *pod =
        TEMPLATE("      " UNCONFINED "\n      containers: [{name: a, image: 'x:1'}]\n");
    const char *container =
        TEMPLATE("      containers: [{name: a, image: 'x:1', " UNCONFINED "}]\n");
    assert_update(STANDARD, pod, pod, "", 1);
    assert_update(STANDARD, pod, container, "pod-security:a", 0);
    assert_update(STANDARD, container, pod, "pod-security:", 0);
}

static void annotations_are_told_apart_from_fields(void **state) {
    (void)state;
    const char *policy =
        POLICY("p", "  rules: [{check: pod-security, params: {level: baseline}}]\n");
#define ANNOTATED(profile)                                                                         \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"           \
    "    metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: " profile      \
    "}}\n    spec: {containers: [{name: a, image: x}]}\n"
    assert_update(policy, ANNOTATED("unconfined"), ANNOTATED("unconfined"), "", 1);
    assert_update(policy, ANNOTATED("runtime/default"), ANNOTATED("unconfined"),
                  "pod-security:", 0);
}

/* Judging costs: the old object is judged by the rules that found something new, and may have found it there. */
static void the_old_object_is_judged_by_what_was_found_alone(void **state) {
    (void)state;
    struct updated updated;
    const char *policy =
        POLICY("p",
               "  rules: [{check: privileged}, {check: image-tag}, {check: host-namespaces}]\n");
#define HOST_AND(image)                                                                            \
    TEMPLATE("      hostPID: true\n      containers: [{name: a, image: " image ", " PRIVILEGED     \
             "}]\n")
    update(&updated, policy, HOST_AND("x"), TEMPLATE("      containers: [{name: a, image: x}]\n"));
    assert_string_equal(judged_text(&updated.old), "image-tag:a");
    end(&updated);
    update(&updated, policy, HOST_AND("x"), HOST_AND("'x:1'"));
    assert_string_equal(judged_text(&updated.old), "privileged:a host-namespaces:");
    end(&updated);
    update(&updated, POLICY("p", "  updates: strict\n  rules: [{check: image-tag}]\n"),
           HOST_AND("x"), HOST_AND("z"));
    assert_string_equal(judged_text(&updated.old), "");
    end(&updated);
}

static void a_strict_policy_judges_whole(void **state) {
    (void)state;
    const char *one = TEMPLATE("      containers: [{name: a, image: x}]\n");
    assert_update(POLICY("p", "  updates: strict\n  rules: [{check: image-tag}]\n"), one, one,
                  "image-tag:a", 0);
}

#define REPLICAS POLICY("p", "  rules: [{check: replicas}, {check: image-tag}]\n")
#define SCALED(replicas, image)                                                                    \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: " replicas   \
    "\n  template:\n    spec:\n      containers: [{name: a, image: " image "}]\n"

static void an_object_is_not_refused_for_what_it_had(void **state) {
    (void)state;
    assert_update(REPLICAS, SCALED("1", "x"), SCALED("1", "'x:1'"), "", 1);
    assert_update(REPLICAS, SCALED("2", "x"), SCALED("1", "x"), "replicas:", 1);
    assert_update(REPLICAS, SCALED("1", "x"), SCALED("3", "x"), "", 1);
}

/* A debug container does not ask again why the Pod it joins is alone. */
static void what_a_pod_was_made_with_does_not_come_again(void **state) {
    (void)state;
    const char *policy = POLICY("p", "  rules: [{check: namespace, params: {deny: [team-a]}}, "
                                     "{check: host-namespaces}]\n");
    assert_update(policy, POD("  hostNetwork: true\n  containers: [{name: a, image: x}]\n"),
                  POD("  hostNetwork: true\n  containers: [{name: a, image: x}]\n"
                      "  ephemeralContainers: [{name: d, image: x}]\n"),
                  "host-namespaces:", 1);
}

/* k8s.io/pod-security-admission v0.37.2, isSignificantPodUpdate. */
static void pod_security_on_pods_counts_on_significant_updates_and_only_then(void **state) {
    (void)state;
#define BAD_POD(more)                                                                              \
    POD("  initContainers: [{name: i, image: 'x:1'}]\n"                                            \
        "  containers: [{name: a, image: 'x:1', " PRIVILEGED "}" more "]\n")
    const char *old = BAD_POD("");
    static const struct {
        const char *new;
        bool is_significant;
    } rows[] = {
        {BAD_POD("") "  activeDeadlineSeconds: 9\n", false},
        {BAD_POD("") "  hostNetwork: true\n", false},
        {BAD_POD(", {name: b, image: 'y:1'}"), true},
        {POD("  containers: [{name: a, image: 'x:1', " PRIVILEGED "}]\n"), true},
        {POD("  initContainers: [{name: i, image: 'x:2'}]\n"
             "  containers: [{name: a, image: 'x:1', " PRIVILEGED "}]\n"),
         true},
        /* By position: a name says nothing. */
        {POD("  initContainers: [{name: j, image: 'x:1'}]\n"
             "  containers: [{name: b, image: 'x:1', " PRIVILEGED "}]\n"),
         false},
        {POD("  containers: [{name: i, image: 'x:1'}, {name: a, image: 'x:1', " PRIVILEGED "}]\n"),
         true},
        {BAD_POD("") "  ephemeralContainers: [{name: d, image: 'x:1'}]\n", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct updated updated;
        update(&updated, STANDARD, old, rows[i].new);
        assert_int_equal(updated.new.judgement.strongest,
                         rows[i].is_significant ? ACTION_DENY : ACTION_OFF);
        assert_int_equal(updated.new.judgement.kept_count == 0, rows[i].is_significant);
        end(&updated);
    }
}

static void ephemeral_containers_are_compared_by_name(void **state) {
    (void)state;
#define DEBUGGED(list)                                                                             \
    POD("  containers: [{name: a, image: 'x:1', " PRIVILEGED "}]\n"                                \
        "  ephemeralContainers: [" list "]\n")
    const char *old = DEBUGGED("{name: d, image: 'x:1'}, {name: e, image: 'y:1'}");
    assert_update(STANDARD, old, DEBUGGED("{name: e, image: 'y:1'}, {name: d, image: 'x:1'}"), "",
                  1);
    assert_update(STANDARD, old, DEBUGGED("{name: e, image: 'y:1'}"), "", 1);
    assert_update(STANDARD, old, DEBUGGED("{name: d, image: 'x:2'}, {name: e, image: 'y:1'}"),
                  "pod-security:a", 0);
}

/* Of several with one name, which the API server refuses, the first one of the same list counts. */
static void namesakes_are_told_apart_by_list_and_order(void **state) {
    (void)state;
#define NAMESAKES(list)                                                                            \
    POD("  initContainers: [{name: d, image: 'i:1'}]\n"                                            \
        "  containers: [{name: d, image: 'x:1', " PRIVILEGED "}]\n"                                \
        "  ephemeralContainers: [" list "]\n")
    const char *old = NAMESAKES("{name: d, image: 'e:1'}, {name: d, image: 'e:2'}");
    assert_update(STANDARD, old, NAMESAKES("{name: d, image: 'e:1'}"), "", 1);
    assert_update(STANDARD, old, NAMESAKES("{name: d, image: 'e:2'}"), "pod-security:d", 0);
    assert_update(STANDARD, old, NAMESAKES("{name: d, image: 'x:1'}"), "pod-security:d", 0);
    assert_update(STANDARD, old, NAMESAKES("{image: 'e:1'}"), "pod-security:d", 0);
}

/* Other checks: the changed container and the pod; the rest is as it was. */
static void other_checks_count_what_changed_on_a_pod(void **state) {
    (void)state;
    const char *policy = POLICY("p", "  rules: [{check: privileged}, {check: host-namespaces}]\n");
#define TWO_PODS(image, more)                                                                      \
    POD("  hostNetwork: true\n  containers: [{name: a, image: '" image "', " PRIVILEGED            \
        "}, {name: b, image: 'y:1', " PRIVILEGED "}]\n" more)
    const char *old = TWO_PODS("x:1", "");
    assert_update(policy, old, TWO_PODS("x:1", "  activeDeadlineSeconds: 9\n"), "", 3);
    assert_update(policy, old, TWO_PODS("x:1", "  hostPID: true\n"), "host-namespaces:", 3);
    assert_update(policy, old, TWO_PODS("x:2", ""), "privileged:a host-namespaces:", 1);
}

/* A container that moves to another list runs at another time. */
static void a_container_of_another_list_is_another_one(void **state) {
    (void)state;
    const char *policy = POLICY("p", "  rules: [{check: privileged}]\n");
    assert_update(policy,
                  POD("  initContainers: [{name: a, image: 'x:1', " PRIVILEGED "}]\n"
                      "  containers: [{name: b, image: 'y:1', " PRIVILEGED "}]\n"),
                  POD("  containers: [{name: b, image: 'y:1', " PRIVILEGED
                      "}, {name: a, image: 'x:1', " PRIVILEGED "}]\n"),
                  "privileged:a", 1);
}

#define CONTAINERS 1100

static char *many_containers(const char *head, const char *image) {
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 1 << 20, 0);
    strbuf_init(&text, &arena, 1 << 20);
    strbuf_add(&text, str_from(head));
    for (int i = 0; i < CONTAINERS; i++)
        strbuf_printf(&text, "      - {name: c%d, image: %s}\n", i, image);
    char *copy = strdup(text.at);
    arena_fini(&arena);
    return copy;
}

/* No controller is stopped from scaling, however many violations there are; what is not the same template is not trusted. */
static void what_is_only_counted_is_kept_with_its_template_alone(void **state) {
    (void)state;
    char *one = many_containers(TEMPLATE("      containers:\n"), "x");
    char *two = many_containers(TEMPLATE("      hostPID: true\n      containers:\n"), "x");
    struct updated updated;
    update(&updated, IMAGES, one, one);
    assert_int_equal(updated.new.judgement.strongest_wanted, ACTION_OFF);
    assert_int_equal(updated.new.judgement.omitted, 0);
    assert_int_equal(updated.new.judgement.kept_count, CONTAINERS);
    end(&updated);
    update(&updated, IMAGES, one, two);
    assert_int_equal(updated.new.judgement.strongest, ACTION_DENY);
    assert_true(updated.new.judgement.omitted > 0);
    end(&updated);
    free(one);
    free(two);
}

/* On a Pod that stays as it is, upstream asks for nothing; other rules know only what they counted. */
static void what_is_only_counted_is_kept_on_a_pod_by_pod_security_alone(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        bool is_kept;
    } rows[] = {
        {STANDARD, true},
        {POLICY("p", "  updates: strict\n  rules: [{check: pod-security}]\n"), false},
        {POLICY("p", "  rules: [{check: privileged}]\n"), false},
    };
    char *old = many_containers(POD("  containers:\n"), "'x:1', " PRIVILEGED);
    char *new =
        many_containers(POD("  activeDeadlineSeconds: 9\n  containers:\n"), "'x:1', " PRIVILEGED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct updated updated;
        update(&updated, rows[i].policy, old, new);
        assert_int_equal(updated.new.judgement.strongest_wanted,
                         rows[i].is_kept ? ACTION_OFF : ACTION_DENY);
        assert_int_equal(updated.new.judgement.kept_count == CONTAINERS, rows[i].is_kept);
        end(&updated);
    }
    free(old);
    free(new);
}

/* --- what rules read of an object -------------------------------------------------------------- */

#define LABELLED(metadata, rest)                                                                   \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web" metadata                         \
    "}\nspec:\n  template: {spec: {containers: [{name: a, image: x}]}}\n" rest

static void only_what_rules_read_of_an_object_makes_it_another(void **state) {
    (void)state;
    static const struct {
        const char *new;
        bool is_object_unchanged, is_pod_unchanged;
    } rows[] = {
        {LABELLED("", ""), true, true},
        {LABELLED("", "status: {replicas: 3}\n"), true, true},
        {LABELLED(", labels: null, annotations: null, finalizers: null, ownerReferences: null",
                  "  replicas: null\n"),
         true, true},
        {LABELLED(", labels: {app: web}", ""), false, true},
        {LABELLED(", annotations: {app: web}", ""), false, true},
        {LABELLED(", finalizers: [example.com/kept]", ""), false, true},
        {LABELLED(", ownerReferences: [{kind: App, name: web}]", ""), false, true},
        {LABELLED("", "  paused: true\n"), false, true},
        {LABELLED("", "  replicas: 2\n"), false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judged old, new;
        judged_begin(&old, IMAGES, LABELLED("", ""));
        judged_begin(&new, IMAGES, rows[i].new);
        const struct workload *workload = &new.workload;
        const struct cJSON *object = workload->document->root,
                           *old_object = old.workload.document->root;
        assert_int_equal(update_is_object_unchanged(object, old_object),
                         rows[i].is_object_unchanged);
        assert_int_equal(update_is_pod_unchanged(workload->kind, object, old_object),
                         rows[i].is_pod_unchanged);
        judged_end(&old);
        judged_end(&new);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_added_counts),
        cmocka_unit_test(containers_are_told_apart_by_type_and_name),
        cmocka_unit_test(entries_of_lists_are_told_apart_by_key),
        cmocka_unit_test(problems_of_one_field_are_told_apart),
        cmocka_unit_test(the_pod_is_told_apart_from_its_containers),
        cmocka_unit_test(annotations_are_told_apart_from_fields),
        cmocka_unit_test(the_old_object_is_judged_by_what_was_found_alone),
        cmocka_unit_test(a_strict_policy_judges_whole),
        cmocka_unit_test(an_object_is_not_refused_for_what_it_had),
        cmocka_unit_test(what_a_pod_was_made_with_does_not_come_again),
        cmocka_unit_test(pod_security_on_pods_counts_on_significant_updates_and_only_then),
        cmocka_unit_test(ephemeral_containers_are_compared_by_name),
        cmocka_unit_test(namesakes_are_told_apart_by_list_and_order),
        cmocka_unit_test(other_checks_count_what_changed_on_a_pod),
        cmocka_unit_test(a_container_of_another_list_is_another_one),
        cmocka_unit_test(what_is_only_counted_is_kept_with_its_template_alone),
        cmocka_unit_test(what_is_only_counted_is_kept_on_a_pod_by_pod_security_alone),
        cmocka_unit_test(only_what_rules_read_of_an_object_makes_it_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
