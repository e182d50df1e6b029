#include "kube/workload.h"
#include "unit/kube/tree_from.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 16384, 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static const struct workload_kind *kind_of(const char *name) {
    const struct workload_kind *kind = workload_find_name(str_from(name));
    if (!kind) fail_msg("%s is no kind", name);
    return kind;
}

static const struct workload *decode(const char *kind, const char *quoted) {
    const struct document *document = tree_from(&arena, quoted);
    struct workload *workload = ARENA_NEW(&arena, struct workload, 1);
    struct error err;
    if (!workload_decode(&arena, kind_of(kind), document, document->root, workload, &err))
        fail_msg("%s %s: %s: %s", kind, quoted, err.where, err.text);
    return workload;
}

/* --- kinds --- */

static void nine_kinds_carry_a_pod_spec(void **state) {
    (void)state;
    static const char *const rows[][5] = {
        {"", "Pod", "pods", "", "spec"},
        {"", "PodTemplate", "podtemplates", "template", "template.spec"},
        {"", "ReplicationController", "replicationcontrollers", "spec.template",
         "spec.template.spec"},
        {"apps", "ReplicaSet", "replicasets", "spec.template", "spec.template.spec"},
        {"apps", "Deployment", "deployments", "spec.template", "spec.template.spec"},
        {"apps", "DaemonSet", "daemonsets", "spec.template", "spec.template.spec"},
        {"apps", "StatefulSet", "statefulsets", "spec.template", "spec.template.spec"},
        {"batch", "Job", "jobs", "spec.template", "spec.template.spec"},
        {"batch", "CronJob", "cronjobs", "spec.jobTemplate.spec.template",
         "spec.jobTemplate.spec.template.spec"},
    };
    assert_int_equal(workload_kind_count, 9);
    for (size_t i = 0; i < 9; i++) {
        const struct workload_kind *kind =
            workload_find(str_from(rows[i][0]), str_from(rows[i][1]));
        assert_non_null(kind);
        assert_true(str_equals(kind->resource, str_from(rows[i][2])));
        assert_true(str_equals(kind->template_path, str_from(rows[i][3])));
        assert_true(str_equals(kind->spec_path, str_from(rows[i][4])));
        assert_int_equal(kind->is_pod, i == 0);
    }
}

static void other_groups_and_kinds_are_unknown(void **state) {
    (void)state;
    assert_null(workload_find(STR("apps"), STR("Pod")));
    assert_null(workload_find(STR(""), STR("Deployment")));
    assert_null(workload_find(STR("extensions"), STR("Deployment")));
    assert_null(workload_find(STR("apps"), STR("deployment")));
    assert_null(workload_find(STR("argoproj.io"), STR("Rollout")));
    assert_null(workload_find(STR(""), STR("")));
}

static void manifests_may_use_any_version(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"v1", "Pod", ""},
        {"v1beta3", "ReplicationController", ""},
        {"apps/v1", "Deployment", "apps"},
        {"apps/v1beta1", "StatefulSet", "apps"},
        {"apps/v1beta2", "DaemonSet", "apps"},
        {"extensions/v1beta1", "Deployment", "apps"},
        {"extensions/v1beta1", "ReplicaSet", "apps"},
        {"extensions/v1beta1", "Job", "batch"},
        {"batch/v1", "Job", "batch"},
        {"batch/v1beta1", "CronJob", "batch"},
        {"batch/v2alpha1", "CronJob", "batch"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct workload_kind *kind =
            workload_find_manifest(str_from(rows[i][0]), str_from(rows[i][1]));
        assert_non_null(kind);
        assert_true(str_equals(kind->kind, str_from(rows[i][1])));
        assert_true(str_equals(kind->group, str_from(rows[i][2])));
    }
    assert_null(workload_find_manifest(STR("apps/v1"), STR("Pod")));
    assert_null(workload_find_manifest(STR("v1"), STR("Deployment")));
    assert_null(workload_find_manifest(STR("extensions/v1beta1"), STR("Pod")));
    assert_null(workload_find_manifest(STR("extensions/v1beta1"), STR("Ingress")));
    assert_null(workload_find_manifest(STR("serving.knative.dev/v1"), STR("Deployment")));
    assert_null(workload_find_manifest(STR(""), STR("Pod")));
    assert_null(workload_find_manifest(STR("apps/"), STR("Deployment")));
    assert_null(workload_find_manifest(STR("apps/v1/x"), STR("Deployment")));
}

static struct workload_kind declared_items[] = {
    {.group = STR_INIT("argoproj.io"), .kind = STR_INIT("Rollout"), .declared_as = 9},
    {.group = STR_INIT("apps.kruise.io"),
     .kind = STR_INIT("StatefulSet"),
     .template_path = STR_INIT("spec.template"),
     .spec_path = STR_INIT("spec.template.spec"),
     .metadata_path = STR_INIT("spec.template.metadata"),
     .declared_as = 10,
     .is_scaled = true},
    {.group = STR_INIT("example.com"), .kind = STR_INIT("Rollout"), .declared_as = 11},
    {.group = STR_INIT("batch.example.com"),
     .kind = STR_INIT("Job"),
     .template_path = STR_INIT("spec.pods.template"),
     .spec_path = STR_INIT("spec.pods.template.spec"),
     .metadata_path = STR_INIT("spec.pods.template.metadata"),
     .declared_as = 12,
     .runs_to_completion = true},
};
static const struct declared_kinds declared = {declared_items, 4};

static void declared_kinds_are_found_beside_the_nine(void **state) {
    (void)state;
    assert_ptr_equal(workload_find_among(&declared, STR("example.com"), STR("Rollout")),
                     &declared_items[2]);
    assert_ptr_equal(workload_find_among(&declared, STR("apps"), STR("StatefulSet")),
                     kind_of("StatefulSet"));
    assert_null(workload_find_among(&declared, STR("apps"), STR("Rollout")));
    assert_null(workload_find_among(NULL, STR("argoproj.io"), STR("Rollout")));
    assert_ptr_equal(workload_find_manifest_among(&declared, STR("apps.kruise.io/v1beta1"),
                                                  STR("StatefulSet")),
                     &declared_items[1]);
    assert_null(workload_find_manifest_among(&declared, STR("apps.kruise.io"), STR("StatefulSet")));
    for (size_t i = 0; i < workload_kind_count; i++)
        assert_int_equal(workload_index(&workload_kinds[i]), i);
    assert_int_equal(workload_index(&declared_items[2]), 11);
}

static void a_name_without_group_is_one_of_the_nine_first_and_never_two(void **state) {
    (void)state;
    assert_ptr_equal(workload_find_name_among(&declared, STR("StatefulSet")),
                     kind_of("StatefulSet"));
    assert_ptr_equal(workload_find_name_among(&declared, STR("StatefulSet.apps.kruise.io")),
                     &declared_items[1]);
    assert_null(workload_find_name_among(&declared, STR("Rollout")));
    assert_ptr_equal(workload_find_name_among(&declared, STR("Rollout.argoproj.io")),
                     &declared_items[0]);
    assert_null(workload_find_name_among(&declared, STR("Rollout.")));
    assert_ptr_equal(workload_find_name_among(&(struct declared_kinds){declared_items, 2},
                                              STR("Rollout")),
                     &declared_items[0]);
}

static const struct workload *decode_declared(size_t at, const char *text) {
    struct workload *workload = ARENA_NEW(&arena, struct workload, 1);
    const struct document *document = tree_from(&arena, text);
    struct error err = {0};
    if (!workload_decode(&arena, &declared_items[at], document, document->root, workload, &err))
        fail_msg("%s: %s", err.where, err.text);
    return workload;
}

/* A kind may share its name with one of the nine and still have its own spec. */
static void a_declared_kind_is_only_what_its_declaration_says(void **state) {
    (void)state;
    const struct workload *job =
        decode_declared(3, "{'spec':{'activeDeadlineSeconds':'none','replicas':'many','pods':{"
                           "'template':{'metadata':{'labels':{'a':'b'}},"
                           "'spec':{'containers':[{'name':'c'}]}}}}}");
    assert_false(workload_is_job(job));
    assert_true(workload_runs_to_its_end(job));
    assert_false(workload_is_scaled(job));
    assert_int_equal(job->pod.container_count, 1);
    assert_non_null(job->pod_meta.labels);

    const struct workload *set = decode_declared(
        1, "{'spec':{'replicas':3,'template':{'spec':{'containers':[{'name':'c'}]}}}}");
    assert_true(workload_is_scaled(set));
    assert_int_equal(set->spec.replicas.value, 3);
    assert_false(workload_runs_to_its_end(set));
    assert_false(decode_declared(1, "{'spec':{'workloadRef':{}}}")->has_pod);
}

static void policy_files_name_kinds_with_or_without_group(void **state) {
    (void)state;
    assert_ptr_equal(kind_of("Deployment"), kind_of("Deployment.apps"));
    assert_ptr_equal(kind_of("Pod"), kind_of("Pod."));
    assert_ptr_equal(kind_of("CronJob.batch"), workload_find(STR("batch"), STR("CronJob")));
    assert_null(workload_find_name(STR("deployment")));
    assert_null(workload_find_name(STR("Deployment.batch")));
    assert_null(workload_find_name(STR("Deployment.")));
    assert_null(workload_find_name(STR("Deployment.apps.x")));
    assert_null(workload_find_name(STR("")));
}

/* --- decoding --- */

static void the_spec_is_found_where_the_kind_keeps_it(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"Pod",
         "{'metadata':{'name':'o','labels':{'t':'1'}},'spec':{'containers':[{'name':'c'}]}}"},
        {"PodTemplate", "{'metadata':{'name':'o'},'template':{'metadata':{'labels':{'t':'1'}},"
                        "'spec':{'containers':[{'name':'c'}]}}}"},
        {"Deployment",
         "{'metadata':{'name':'o'},'spec':{'template':{'metadata':{'labels':{'t':'1'}},"
         "'spec':{'containers':[{'name':'c'}]}}}}"},
        {"CronJob", "{'metadata':{'name':'o'},'spec':{'jobTemplate':{'spec':{'template':{"
                    "'metadata':{'labels':{'t':'1'}},'spec':{'containers':[{'name':'c'}]}}}}}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct workload *w = decode(rows[i][0], rows[i][1]);
        expect_str(w->meta.name, "o");
        assert_true(w->has_pod);
        assert_int_equal(w->pod.container_count, 1);
        expect_str(w->pod.containers[0].name, "c");
        expect_str(tree_string(tree_find(w->pod_meta.labels, STR("t"))), "1");
        assert_ptr_equal(w->pod.meta, &w->pod_meta);
        assert_ptr_equal(workload_find_spec(w->kind, w->document->root), w->pod.node);
    }
}

static void what_stands_beside_the_template_is_read(void **state) {
    (void)state;
#define WITH(beside) "{'apiVersion':'x/v1','spec':{" beside ",'template':{}}}"
    const struct workload *w =
        decode("Deployment", WITH("'replicas':3,'activeDeadlineSeconds':'x'"));
    assert_int_equal(w->spec.replicas.value, 3);
    expect_str(w->api_version, "x/v1");
    w = decode("Job", WITH("'ttlSecondsAfterFinished':0,'activeDeadlineSeconds':60"));
    assert_true(w->spec.ttl_after_finished.is_set);
    assert_int_equal(w->spec.active_deadline.value, 60);
    w = decode("CronJob", "{'spec':{'startingDeadlineSeconds':9,'concurrencyPolicy':'Forbid',"
                          "'successfulJobsHistoryLimit':1,'failedJobsHistoryLimit':2,'jobTemplate':"
                          "{'spec':{'activeDeadlineSeconds':7,'template':{}}}}}");
    assert_int_equal(w->spec.starting_deadline.value, 9);
    expect_str(w->spec.concurrency_policy, "Forbid");
    assert_int_equal(w->spec.successful_history.value, 1);
    assert_int_equal(w->spec.failed_history.value, 2);
    assert_int_equal(w->spec.active_deadline.value, 7);
    w = decode("Pod", "{'spec':{'replicas':'x','activeDeadlineSeconds':7}}");
    assert_false(w->spec.active_deadline.is_set);
}

static void without_template_there_is_no_pod(void **state) {
    (void)state;
    assert_false(decode("ReplicationController", "{'spec':{'template':null}}")->has_pod);
    assert_false(decode("ReplicationController", "{'spec':{}}")->has_pod);
    assert_false(decode("CronJob", "{'spec':{'jobTemplate':{}}}")->has_pod);
    assert_false(decode("Deployment", "{}")->has_pod);
    assert_true(decode("Deployment", "{'spec':{'template':{}}}")->has_pod);
    assert_true(decode("Pod", "{}")->has_pod);
    assert_int_equal(decode("Pod", "{'spec':null}")->pod.container_count, 0);
}

static void errors_have_their_path_from_the_root(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"Pod", "[]", ""},
        {"Pod", "{'metadata':[]}", "metadata"},
        {"Pod", "{'spec':'x'}", "spec"},
        {"Pod", "{'spec':{'hostNetwork':1}}", "spec.hostNetwork"},
        {"Deployment", "{'spec':[]}", "spec"},
        {"Deployment", "{'spec':{'template':'x'}}", "spec.template"},
        {"Deployment", "{'spec':{'template':{'metadata':1}}}", "spec.template.metadata"},
        {"Deployment", "{'spec':{'template':{'metadata':{'labels':{'a.b':1}}}}}",
         "spec.template.metadata.labels['a.b']"},
        {"Deployment", "{'spec':{'template':{'spec':[]}}}", "spec.template.spec"},
        {"Deployment", "{'spec':{'template':{'spec':{'containers':[1]}}}}",
         "spec.template.spec.containers[0]"},
        {"CronJob", "{'spec':{'jobTemplate':{'spec':7}}}", "spec.jobTemplate.spec"},
        {"CronJob", "{'spec':{'jobTemplate':{'spec':{'template':{'spec':{'volumes':{}}}}}}}",
         "spec.jobTemplate.spec.template.spec.volumes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct document *document = tree_from(&arena, rows[i][1]);
        struct workload workload;
        struct error err = {0};
        assert_false(workload_decode(&arena, kind_of(rows[i][0]), document, document->root,
                                     &workload, &err));
        assert_int_equal(err.code, ERR_SCHEMA);
        assert_string_equal(err.where, rows[i][2]);
    }
}

static void a_spec_that_is_not_there_is_not_found(void **state) {
    (void)state;
    const struct workload_kind *kind = kind_of("Deployment");
    assert_null(workload_find_spec(kind, NULL));
    assert_null(workload_find_spec(kind, tree_from(&arena, "{'spec':{'template':7}}")->root));
    assert_null(workload_find_spec(kind, tree_from(&arena, "{'spec':{}}")->root));
    assert_null(workload_find_spec(kind, tree_from(&arena, "7")->root));
}

/* --- names --- */

struct name_row {
    const char *kind, *metadata;
    const char *shown_kind, *shown_name;
    bool is_owner, is_generated;
    const char *names; /* of match, divided by blanks */
};

#define OWNER(kind, name)                                                                          \
    "'ownerReferences':[{'kind':'" kind "','name':'" name "','controller':true}]"

static const struct name_row name_rows[] = {
    {"Pod", "'name':'web'", "Pod", "web", false, false, "web"},
    {"Pod", "", "Pod", "", false, false, ""},
    {"Pod", "'name':'worker-x7','generateName':'worker-'", "Pod", "worker", false, true,
     "worker-x7 worker"},
    {"Pod", "'generateName':'worker-'", "Pod", "worker", false, true, "worker"},
    {"Pod", "'generateName':'worker'", "Pod", "worker", false, true, "worker"},
    {"Pod", "'name':'web','generateName':'other-'", "Pod", "web", false, false, "web other"},
    {"Pod",
     "'name':'web-679878c644-9jnjp','generateName':'web-679878c644-','labels':{'pod-template-hash':"
     "'679878c644'}," OWNER("ReplicaSet", "web-679878c644"),
     "Deployment", "web", true, false, "web-679878c644-9jnjp web-679878c644 web"},
    {"Pod", "'name':'web-1-x','labels':{'pod-template-hash':'2'}," OWNER("ReplicaSet", "web-1"),
     "ReplicaSet", "web-1", true, false, "web-1-x web-1"},
    {"Pod", "'name':'p'," OWNER("ReplicaSet", "web-679878c644"), "ReplicaSet", "web-679878c644",
     true, false, "p web-679878c644"},
    {"Pod", "'name':'p','labels':{'pod-template-hash':'1'}," OWNER("ReplicaSet", "web1"),
     "ReplicaSet", "web1", true, false, "p web1"},
    {"Pod", "'name':'p','labels':{'pod-template-hash':'1'}," OWNER("ReplicaSet", "-1"),
     "ReplicaSet", "-1", true, false, "p -1"},
    {"Pod", "'name':'p','labels':{'pod-template-hash':''}," OWNER("ReplicaSet", "web-"),
     "ReplicaSet", "web-", true, false, "p web-"},
    {"Pod", "'name':'db-0'," OWNER("StatefulSet", "db"), "StatefulSet", "db", true, false,
     "db-0 db"},
    {"Pod", "'name':'nightly-29012345-abcde'," OWNER("Job", "nightly-29012345"), "CronJob",
     "nightly", true, false, "nightly-29012345-abcde nightly-29012345 nightly"},
    {"Pod", "'name':'p'," OWNER("Job", "nightly-2901234"), "Job", "nightly-2901234", true, false,
     "p nightly-2901234"},
    {"Pod", "'name':'p'," OWNER("Job", "nightly-manual"), "Job", "nightly-manual", true, false,
     "p nightly-manual"},
    {"Pod", "'name':'p'," OWNER("Job", "29012345"), "Job", "29012345", true, false, "p 29012345"},
    {"Pod", "'name':'p'," OWNER("Job", "-29012345"), "Job", "-29012345", true, false,
     "p -29012345"},
    {"Pod", "'name':'p'," OWNER("Job", "a-29012345x"), "Job", "a-29012345x", true, false,
     "p a-29012345x"},
    {"Pod", "'name':'p'," OWNER("Rollout", "web-29012345"), "Rollout", "web-29012345", true, false,
     "p web-29012345"},
    {"ReplicaSet", "'name':'web-679878c644'," OWNER("Deployment", "web"), "Deployment", "web", true,
     false, "web-679878c644 web"},
    {"Job", "'name':'nightly-29012345'," OWNER("CronJob", "nightly"), "CronJob", "nightly", true,
     false, "nightly-29012345 nightly"},
    {"Job", "'name':'x'," OWNER("Job", "nightly-29012345"), "Job", "nightly-29012345", true, false,
     "x nightly-29012345"},
    {"Deployment", "'name':'web'", "Deployment", "web", false, false, "web"},
    {"Pod",
     "'name':'p','labels':{'rollouts-pod-template-hash':'7f5'}," OWNER("ReplicaSet", "web-7f5"),
     "Rollout", "web", true, false, "p web-7f5 web"},
    {"Pod",
     "'name':'p','labels':{'rollouts-pod-template-hash':'7f6'}," OWNER("ReplicaSet", "web-7f5"),
     "ReplicaSet", "web-7f5", true, false, "p web-7f5"},
};

static const struct workload *decode_named(const struct name_row *row) {
    return decode(row->kind, str_format(&arena, "{'metadata':{%s}}", row->metadata).at);
}

static void objects_are_called_by_what_a_person_made(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
        const struct name_row *row = &name_rows[i];
        struct workload_name shown = workload_display_name(decode_named(row));
        if (!str_equals(shown.kind, str_from(row->shown_kind)) ||
            !str_equals(shown.name, str_from(row->shown_name)))
            fail_msg("%s is shown as %.*s \"%.*s\"", row->metadata, STR_ARGS(shown.kind),
                     STR_ARGS(shown.name));
        assert_int_equal(shown.is_owner, row->is_owner);
        assert_int_equal(shown.is_generated, row->is_generated);
    }
}

static void names_of_match_cover_object_and_workload(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
        struct str names[4];
        size_t count = workload_match_names(decode_named(&name_rows[i]), names);
        struct strbuf joined;
        strbuf_init(&joined, &arena, 64);
        for (size_t n = 0; n < count; n++) {
            if (n > 0) strbuf_add_char(&joined, ' ');
            strbuf_add(&joined, names[n]);
        }
        /* The generateName without its dash comes second, before the owner; the same name once. */
        if (!str_equals(strbuf_str(&joined), str_from(name_rows[i].names)))
            fail_msg("%s gives \"%.*s\"", name_rows[i].metadata, STR_ARGS(strbuf_str(&joined)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_kinds_carry_a_pod_spec),
        cmocka_unit_test(other_groups_and_kinds_are_unknown),
        cmocka_unit_test(manifests_may_use_any_version),
        cmocka_unit_test(declared_kinds_are_found_beside_the_nine),
        cmocka_unit_test(a_name_without_group_is_one_of_the_nine_first_and_never_two),
        cmocka_unit_test(a_declared_kind_is_only_what_its_declaration_says),
        cmocka_unit_test(policy_files_name_kinds_with_or_without_group),
        cmocka_unit_test(the_spec_is_found_where_the_kind_keeps_it),
        cmocka_unit_test(what_stands_beside_the_template_is_read),
        cmocka_unit_test(without_template_there_is_no_pod),
        cmocka_unit_test(errors_have_their_path_from_the_root),
        cmocka_unit_test(a_spec_that_is_not_there_is_not_found),
        cmocka_unit_test(objects_are_called_by_what_a_person_made),
        cmocka_unit_test(names_of_match_cover_object_and_workload),
    };
    return cmocka_run_group_tests_name("workload", tests, setup, teardown);
}
