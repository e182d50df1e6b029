/* What kubelet is told, for every reason not to be ready. */
#include "unit/edge/pair.h"

#include "edge/clock.h"
#include "edge/health.h"

#define DAY 86400

static struct health health;
static struct http_thread thread;
static struct http_reply reply;

static int set_up(void **state) {
    (void)state;
    pair_begin();
    health = (struct health){.store = store_new(NULL, NULL),
                             .tls = tls_new((struct str_list){NULL, 0}),
                             .metrics = metrics_new(
                                 &(struct metrics_options){"1.2.3", "abc", MODE_ENFORCE, 0}),
                             .started = true};
    thread = (struct http_thread){.metrics = metrics_shard(health.metrics, 0)};
    arena_init(&thread.arena, 65536, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    store_free(health.store);
    tls_free(health.tls);
    metrics_free(health.metrics);
    arena_fini(&thread.arena);
    return pair_end();
}

static void load_policies(void) { store_replace(health.store, policy_compile(NULL, 0, NULL)); }

/* Loads, as of `days_ago`, a certificate that was valid from then on for two days. */
static void load_certificate(int days_ago) {
    int64_t then = clock_unix_ms() / 1000 - days_ago * (int64_t)DAY;
    struct str advice;
    struct error err;
    pair_make("one", then - 60, then + 2 * DAY, true);
    const struct tls_files files = {str_from(pair_path("one.crt")), str_from(pair_path("one.key")),
                                    STR_NONE};
    assert_int_equal(tls_load(health.tls, &files, then, &advice, &err), TLS_LOADED);
}

static void assert_ready(int status, const char *body) {
    const struct http_request request = {.path = STR("/readyz")};
    health_ready(&health, &thread, &request, &reply);
    assert_int_equal(reply.status, status);
    if (!str_equals(reply.body, str_from(body))) fail_msg("%.*s", STR_ARGS(reply.body));
}

static void without_policies_and_certificate_it_is_not_ready(void **state) {
    (void)state;
    assert_ready(503, "no policy is loaded\nno certificate is loaded\n");
    load_policies();
    assert_ready(503, "no certificate is loaded\n");
    load_certificate(0);
    assert_ready(200, "ok\n");
}

static void before_the_start_is_over_it_is_not_ready(void **state) {
    (void)state;
    load_policies();
    load_certificate(0);
    atomic_store(&health.started, false);
    assert_ready(503, "starting\n");
}

static void a_certificate_that_expired_meanwhile_makes_it_unready(void **state) {
    (void)state;
    load_policies();
    load_certificate(3);
    assert_ready(503, "the certificate has expired\n");
}

static void a_drain_makes_it_unready_but_not_dead(void **state) {
    (void)state;
    const struct http_request request = {.path = STR("/livez")};
    load_policies();
    load_certificate(0);
    atomic_store(&health.draining, true);
    assert_ready(503, "draining\n");
    health_live(&health, &thread, &request, &reply);
    assert_int_equal(reply.status, 200);
    assert_true(str_equals(reply.body, STR("ok\n")));
}

static void it_is_alive_without_anything(void **state) {
    (void)state;
    const struct http_request request = {.path = STR("/livez")};
    health_live(&health, &thread, &request, &reply);
    assert_int_equal(reply.status, 200);
}

static void metrics_are_of_the_type_that_prometheus_asks_for(void **state) {
    (void)state;
    const struct http_request request = {.path = STR("/metrics")};
    metrics_count_http(thread.metrics, 200);
    health_metrics(&health, &thread, &request, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_true(str_contains(reply.body, STR("\npodgate_http_requests_total{code=\"200\"} 1\n")));
    assert_true(str_contains(reply.body, STR("\npodgate_log_lines_dropped_total 0\n")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_policies_and_certificate_it_is_not_ready, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(before_the_start_is_over_it_is_not_ready, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_that_expired_meanwhile_makes_it_unready,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_drain_makes_it_unready_but_not_dead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_alive_without_anything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(metrics_are_of_the_type_that_prometheus_asks_for, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
