#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <pthread.h>

#include <cmocka.h>

#include "edge/metrics.h"

static struct arena arena;
static struct metrics *metrics;
static struct snapshot *snapshot;
static bool open_metrics;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    metrics = metrics_new(&(struct metrics_options){"1.2.3", "abc", MODE_WARN, 2});
    return metrics ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    metrics_free(metrics);
    snapshot_free(snapshot);
    snapshot = NULL;
    open_metrics = false;
    arena_fini(&arena);
    return 0;
}

static const char *render(void) {
    struct strbuf out;
    strbuf_init(&out, &arena, 65536);
    metrics_render(metrics, snapshot, open_metrics, &out);
    return out.at;
}

static void assert_line(const char *line) {
    if (!strstr(render(), line)) fail_msg("no line %s in\n%s", line, render());
}

static void shards_are_summed(void **state) {
    (void)state;
    for (unsigned shard = 0; shard < 3; shard++)
        for (unsigned i = 0; i <= shard; i++)
            metrics_count_http(metrics_shard(metrics, shard), 200);
    metrics_count_http(metrics_shard(metrics, 1), 413);
    metrics_count_http(metrics_shard(metrics, 1), 599);
    assert_line("\npodgate_http_requests_total{code=\"200\"} 6\n");
    assert_line("\npodgate_http_requests_total{code=\"413\"} 1\n");
    assert_line("\npodgate_http_requests_total{code=\"other\"} 1\n");
}

static void reviews_are_counted_by_bounded_labels(void **state) {
    (void)state;
    struct metrics_shard *shard = metrics_shard(metrics, 0);
    struct admission_outcome outcome = {.http_status = 200,
                                        .has_review = true,
                                        .has_profile = true,
                                        .profile = STR("default"),
                                        .review = {.kind = {STR("apps"), STR("v1"),
                                                            STR("Deployment")},
                                                   .operation = OPERATION_UPDATE,
                                                   .dry_run = true},
                                        .decision = DECISION_DENIED};
    metrics_count_admission(shard, &outcome, NULL, 300000);
    outcome.review.kind =
        (struct group_version_kind){STR("evil.example"), STR("v1"), STR("Any\"thing\n")};
    outcome.decision = DECISION_ALLOWED;
    metrics_count_admission(shard, &outcome, NULL, 40);
    outcome = (struct admission_outcome){.http_status = 400,
                                         .decision = DECISION_ERROR,
                                         .error_reason = "malformed"};
    metrics_count_admission(shard, &outcome, NULL, INT64_C(9000000000));
    assert_line(
        "\npodgate_admission_requests_total{profile=\"default\",kind=\"Deployment\",operation=\"UPDATE\",decision=\"deny\",dry_run=\"true\"} 1\n");
    assert_line(
        "{profile=\"default\",kind=\"other\",operation=\"UPDATE\",decision=\"allow\",dry_run=\"true\"} 1\n");
    assert_line(
        "{profile=\"\",kind=\"other\",operation=\"OTHER\",decision=\"error\",dry_run=\"false\"} 1\n");
    assert_line("\npodgate_admission_errors_total{reason=\"malformed\"} 1\n");
    assert_line("_bucket{le=\"0.00005\"} 1\n");
    assert_line("_bucket{le=\"0.00025\"} 1\n");
    assert_line("_bucket{le=\"0.0005\"} 2\n");
    assert_line("_bucket{le=\"2.5\"} 2\n");
    assert_line("_bucket{le=\"+Inf\"} 3\n");
    assert_line("_seconds_sum 9.000300040\n");
    assert_line("_seconds_count 3\n");
}

static void gauges_are_set_and_added_to(void **state) {
    (void)state;
    metrics_set(metrics, METRIC_RELOAD_OK, 1);
    metrics_add(metrics, METRIC_CONNECTIONS, 5);
    metrics_add(metrics, METRIC_CONNECTIONS, -2);
    metrics_set(metrics, METRIC_CONFIG_HASH, INT64_C(0xabc));
    assert_line("\npodgate_config_last_reload_successful 1\n");
    assert_line("\npodgate_connections 3\n");
    assert_line("\npodgate_config_hash_info{hash=\"0000000000000abc\"} 1\n");
    assert_line("\npodgate_build_info{version=\"1.2.3\",commit=\"abc\"} 1\n");
}

/* Every family has HELP and TYPE before its samples, once; every sample is "name{...} number". */
static void the_text_is_in_the_format(void **state) {
    (void)state;
    const char *text = render();
    unsigned helps = 0, types = 0;
    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        if (strncmp(line, "# HELP ", 7) == 0)
            helps++;
        else if (strncmp(line, "# TYPE ", 7) == 0)
            types++;
        else
            assert_true(strncmp(line, "podgate_", 8) == 0 || strncmp(line, "process_", 8) == 0);
        line = end + 1;
    }
    assert_int_equal(helps, types);
    assert_true(helps > METRIC_COUNT);
}

/* --- what the policies name ---------------------------------------------------------------------- */

#define POLICIES                                                                                          \
    "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: basics}\nspec:\n  rules:\n"          \
    "  - check: image-tag\n  - {check: host-namespaces, action: audit}\n"                                 \
    "  - {check: privileged, denyFrom: 2027-03-01}\n"                                                     \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Exception\nmetadata: {name: agent}\n"                    \
    "spec: {rules: [\"*/host-namespaces\"], match: {namespaces: [monitoring]}, owner: 'the \"\\team\"', " \
    "reason: r, expires: 2027-06-30}\n"                                                                   \
    "---\napiVersion: podgate.io/v1alpha1\nkind: Profile\nmetadata: {name: soft}\n"                       \
    "spec: {policies: [basics], mode: audit}\n"

#define REVIEW(namespace)                                                                                                                                                 \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u\","                                                                    \
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":"                                                             \
    "\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"namespace\":\"" namespace "\",\"operation\":\"CREATE\",\"object\":{\"spec\":{\"hostNetwork\":true,\"containers\":[" \
                                                                                "{\"name\":\"a\",\"image\":\"x\"},{\"name\":\"b\",\"image\":\"x\"}]}}}}"

static void compile(void) {
    struct policy_source source = {STR("p.yaml"), STR(POLICIES)};
    snapshot = policy_compile(&source, 1, NULL);
    assert_non_null(snapshot);
}

static void judge(const char *profile, const char *review, enum mode mode) {
    struct admission_options options = {.limits = scan_limits_default, .mode = mode};
    struct admission_outcome outcome;
    admission_answer(&arena, &options, snapshot, str_from(profile), str_from(review), 0, &outcome);
    metrics_count_admission(metrics_shard(metrics, 1), &outcome, NULL, 1000);
}

static void violations_are_counted_by_rule_and_action(void **state) {
    (void)state;
    compile();
    judge("", REVIEW("team-a"), MODE_ENFORCE);
    judge("soft", REVIEW("team-a"), MODE_ENFORCE);
    judge("soft", REVIEW("team-a"), MODE_ENFORCE);
    assert_line("{policy=\"basics\",rule=\"image-tag\",action=\"deny\",wanted=\"deny\"} 2\n");
    assert_line("{policy=\"basics\",rule=\"image-tag\",action=\"audit\",wanted=\"deny\"} 4\n");
    assert_line(
        "{policy=\"basics\",rule=\"host-namespaces\",action=\"audit\",wanted=\"audit\"} 3\n");
    assert_line(
        "{profile=\"default\",kind=\"Pod\",operation=\"CREATE\",decision=\"deny\",dry_run=\"false\"} 1\n");
    assert_line(
        "{profile=\"soft\",kind=\"Pod\",operation=\"CREATE\",decision=\"would_deny\",dry_run=\"false\"} 2\n");
}

static void rules_in_force_begin_at_0(void **state) {
    (void)state;
    compile();
    metrics_announce(metrics, snapshot);
    assert_line("{policy=\"basics\",rule=\"image-tag\",action=\"warn\",wanted=\"deny\"} 0\n");
    assert_line(
        "{policy=\"basics\",rule=\"host-namespaces\",action=\"audit\",wanted=\"audit\"} 0\n");
    judge("", REVIEW("team-a"), MODE_WARN);
    assert_line("{policy=\"basics\",rule=\"image-tag\",action=\"warn\",wanted=\"deny\"} 2\n");
}

static void what_exceptions_take_out_is_counted(void **state) {
    (void)state;
    compile();
    judge("", REVIEW("monitoring"), MODE_ENFORCE);
    assert_line("\npodgate_excused_violations_total{policy=\"basics\",rule=\"host-namespaces\","
                "exception=\"agent\"} 1\n");
    assert_null(strstr(render(), "rule=\"host-namespaces\",action"));
}

static void what_the_path_calls_a_profile_is_no_label(void **state) {
    (void)state;
    compile();
    judge("made-up", REVIEW("team-a"), MODE_ENFORCE);
    assert_line("{profile=\"\",kind=\"other\",operation=\"OTHER\",decision=\"error\"");
    assert_null(strstr(render(), "made-up"));
}

static void so_many_namespaces_and_no_more_are_labels(void **state) {
    (void)state;
    compile();
    judge("", REVIEW("one"), MODE_ENFORCE);
    judge("", REVIEW("two"), MODE_ENFORCE);
    judge("", REVIEW("three"), MODE_ENFORCE);
    judge("", REVIEW("four"), MODE_ENFORCE);
    judge("", REVIEW("two"), MODE_ENFORCE);
    assert_line(
        "\npodgate_namespace_requests_total{object_namespace=\"one\",decision=\"deny\"} 1\n");
    assert_line(
        "\npodgate_namespace_requests_total{object_namespace=\"two\",decision=\"deny\"} 2\n");
    assert_line(
        "\npodgate_namespace_requests_total{object_namespace=\"(other)\",decision=\"deny\"} 2\n");
    assert_null(strstr(render(), "three"));
}

/* What was counted under names that are gone stays. */
static void a_reload_takes_no_count_away(void **state) {
    (void)state;
    compile();
    judge("", REVIEW("team-a"), MODE_ENFORCE);
    snapshot_free(snapshot);
    snapshot = policy_compile(NULL, 0, NULL);
    assert_line("{policy=\"basics\",rule=\"image-tag\",action=\"deny\",wanted=\"deny\"} 2\n");
}

static void the_policies_in_force_say_what_they_are(void **state) {
    (void)state;
    compile();
    assert_line("\npodgate_config_objects{kind=\"rule\"} 3\n");
    assert_line("\npodgate_config_objects{kind=\"exception\"} 1\n");
    assert_line("\npodgate_profile_info{profile=\"default\",mode=\"warn\"} 1\n");
    assert_line("\npodgate_profile_info{profile=\"soft\",mode=\"audit\"} 1\n");
    assert_line("\npodgate_exception_info{exception=\"agent\",owner=\"the \\\"\\\\team\\\"\"} 1\n");
    /* 2027-07-01: its last day is 06-30. */
    assert_line("\npodgate_exception_end_timestamp_seconds{exception=\"agent\"} 1814400000\n");
    assert_line(
        "\npodgate_rule_deny_from_timestamp_seconds{policy=\"basics\",rule=\"privileged\"} 1803859200\n");
}

static void open_metrics_has_units_families_and_an_end(void **state) {
    (void)state;
    compile();
    judge("", REVIEW("team-a"), MODE_ENFORCE);
    assert_null(strstr(render(), "# EOF"));
    assert_null(strstr(render(), "# UNIT"));
    assert_line("# TYPE podgate_policy_violations_total counter\n");
    open_metrics = true;
    assert_line("\n# TYPE podgate_policy_violations counter\n");
    assert_line("\npodgate_policy_violations_total{");
    assert_line(
        "\n# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\nprocess_cpu_seconds_total ");
    assert_line("\n# UNIT podgate_body_bytes bytes\n");
    assert_line("_bucket{le=\"1.0\"}");
    const char *text = render();
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
}

static void the_process_is_described(void **state) {
    (void)state;
    const char *const names[] = {"\nprocess_cpu_seconds_total 0.",
                                 "\nprocess_threads 1\n",
                                 "\nprocess_virtual_memory_bytes ",
                                 "\nprocess_resident_memory_bytes ",
                                 "\nprocess_open_fds ",
                                 "\nprocess_start_time_seconds "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_line(names[i]);
}

#define MEETING_THREADS 4
#define MEETING_ROUNDS 300

static void *count_everything(void *arg) {
    struct metrics_shard *shard = arg;
    struct policy policy = {.name = STR("p")};
    struct rule rule = {.policy = &policy};
    struct finding finding = {0};
    struct violation violation = {.rule = &rule,
                                  .finding = &finding,
                                  .action = ACTION_DENY,
                                  .wanted = ACTION_DENY};
    struct admission_outcome outcome = {.judged = true,
                                        .judgement = {.first = &violation, .count = 1},
                                        .has_profile = true};
    for (int i = 0; i < MEETING_ROUNDS; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        rule.name = str_from(name);
        outcome.profile = STR("default");
        metrics_count_admission(shard, &outcome, NULL, 1);
    }
    return NULL;
}

/* Each meets the same new names at the same time: one series each, no count lost. */
static void threads_that_meet_a_name_together_share_its_series(void **state) {
    (void)state;
    pthread_t threads[MEETING_THREADS];
    for (unsigned t = 0; t < MEETING_THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, count_everything,
                                        metrics_shard(metrics, t)),
                         0);
    for (unsigned t = 0; t < MEETING_THREADS; t++)
        pthread_join(threads[t], NULL);
    const char *text = render();
    unsigned series = 0;
    for (const char *at = text; (at = strstr(at, "\npodgate_policy_violations_total{")) != NULL;
         at++)
        series++;
    assert_int_equal(series, MEETING_ROUNDS);
    assert_line("{policy=\"p\",rule=\"r0\",action=\"deny\",wanted=\"deny\"} 4\n");
    assert_line("{policy=\"p\",rule=\"r299\",action=\"deny\",wanted=\"deny\"} 4\n");
}

static void a_declared_kind_is_counted_by_its_name(void **state) {
    (void)state;
    const struct workload_kind rollout = {.group = STR("argoproj.io"),
                                          .kind = STR("Rollout"),
                                          .declared_as = (unsigned)workload_kind_count};
    const struct declared_kinds declared = {&rollout, 1};
    struct admission_outcome outcome = {.has_review = true,
                                        .has_profile = true,
                                        .profile = STR("default"),
                                        .review = {.kind = {STR("argoproj.io"), STR("v1alpha1"),
                                                            STR("Rollout")}}};
    metrics_count_admission(metrics_shard(metrics, 0), &outcome, &declared, 1);
    /* Of another group, or declared no more. */
    outcome.review.kind.group = STR("evil.example");
    metrics_count_admission(metrics_shard(metrics, 0), &outcome, &declared, 1);
    outcome.review.kind.group = STR("argoproj.io");
    metrics_count_admission(metrics_shard(metrics, 0), &outcome, NULL, 1);
    assert_line("{profile=\"default\",kind=\"Rollout\",operation=\"CREATE\",decision=\"allow\",dry_"
                "run=\"false\"} 1\n");
    assert_line("{profile=\"default\",kind=\"other\",operation=\"CREATE\",decision=\"allow\",dry_"
                "run=\"false\"} 2\n");
}

static void without_a_shard_nothing_is_counted(void **state) {
    (void)state;
    struct admission_outcome outcome = {.http_status = 200};
    metrics_count(NULL, METRIC_SHED, SHED_MEMORY);
    metrics_count_http(NULL, 200);
    metrics_count_admission(NULL, &outcome, NULL, 1);
    metrics_set(NULL, METRIC_RELOAD_OK, 1);
    metrics_add(NULL, METRIC_RELOAD_OK, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shards_are_summed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reviews_are_counted_by_bounded_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gauges_are_set_and_added_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_text_is_in_the_format, set_up, tear_down),
        cmocka_unit_test_setup_teardown(violations_are_counted_by_rule_and_action, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rules_in_force_begin_at_0, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_exceptions_take_out_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_path_calls_a_profile_is_no_label, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(so_many_namespaces_and_no_more_are_labels, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reload_takes_no_count_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_policies_in_force_say_what_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(open_metrics_has_units_families_and_an_end, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_process_is_described, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_that_meet_a_name_together_share_its_series, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_declared_kind_is_counted_by_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_shard_nothing_is_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
