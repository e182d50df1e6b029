#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "edge/metrics.h"

static struct arena arena;
static struct metrics *metrics;

static int set_up(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    metrics = metrics_new("1.2.3");
    return metrics ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    metrics_free(metrics);
    arena_fini(&arena);
    return 0;
}

static const char *render(void) {
    struct strbuf out;
    strbuf_init(&out, &arena, 65536);
    metrics_render(metrics, &out);
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
                                        .review = {.kind = {STR("apps"), STR("v1"),
                                                            STR("Deployment")},
                                                   .operation = OPERATION_UPDATE,
                                                   .dry_run = true},
                                        .decision = DECISION_DENIED};
    metrics_count_admission(shard, &outcome, 300000);
    outcome.review.kind =
        (struct group_version_kind){STR("evil.example"), STR("v1"), STR("Any\"thing\n")};
    outcome.decision = DECISION_ALLOWED;
    metrics_count_admission(shard, &outcome, 40);
    outcome = (struct admission_outcome){.http_status = 400,
                                         .decision = DECISION_ERROR,
                                         .error_reason = "malformed"};
    metrics_count_admission(shard, &outcome, INT64_C(9000000000));
    assert_line(
        "\npodgate_admission_requests_total{operation=\"UPDATE\",kind=\"Deployment\",decision=\"deny\",dry_run=\"true\"} 1\n");
    assert_line("{operation=\"UPDATE\",kind=\"other\",decision=\"allow\",dry_run=\"true\"} 1\n");
    assert_line("{operation=\"OTHER\",kind=\"other\",decision=\"error\",dry_run=\"false\"} 1\n");
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
    assert_line("\npodgate_build_info{version=\"1.2.3\"} 1\n");
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

static void without_a_shard_nothing_is_counted(void **state) {
    (void)state;
    struct admission_outcome outcome = {.http_status = 200};
    metrics_count(NULL, METRIC_SHED, SHED_MEMORY);
    metrics_count_http(NULL, 200);
    metrics_count_admission(NULL, &outcome, 1);
    metrics_set(NULL, METRIC_RELOAD_OK, 1);
    metrics_add(NULL, METRIC_RELOAD_OK, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shards_are_summed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reviews_are_counted_by_bounded_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gauges_are_set_and_added_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_text_is_in_the_format, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_shard_nothing_is_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
