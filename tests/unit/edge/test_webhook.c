/* Deadlines, large reviews, and what of an outcome goes to the log and the metrics. Verdicts are in tests/reviews/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/clock.h"
#include "edge/webhook.h"

#define REVIEW(name, operation, spec, padding)                                                                       \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u-1\","             \
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\"," \
    "\"resource\":\"pods\"},\"name\":\"" name                                                                        \
    "\",\"namespace\":\"team-a\",\"operation\":\"" operation "\","                                                   \
    "\"userInfo\":{\"username\":\"alice\"},\"object\":{\"metadata\":{},\"spec\":" spec                               \
    "}}" padding "}"
#define BAD_SPEC                                                                                   \
    "{\"containers\":[{\"name\":\"a\",\"image\":\"x\",\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}]}]}"
#define BAD REVIEW("web", "CREATE", BAD_SPEC, "")
#define GOOD REVIEW("web", "CREATE", "{\"containers\":[]}", "")

static struct webhook webhook;
static struct http_thread thread;
static struct http_reply reply;
static struct metrics *metrics;
static int ends[2];
static char logged[65536];

static int set_up(void **state) {
    (void)state;
    struct error err;
    metrics = metrics_new(&(struct metrics_options){"1.2.3", "abc", MODE_ENFORCE, 2});
    webhook = (struct webhook){.admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE},
                               .store = store_new(NULL, NULL),
                               .big_limit = 1};
    store_replace(webhook.store, policy_compile(NULL, 0, NULL));
    thread = (struct http_thread){.metrics = metrics_shard(metrics, 0)};
    arena_init(&thread.arena, 65536, 0);
    if (pipe(ends) != 0) return -1;
    return log_new(ends[1], LOG_LEVEL_INFO, LOG_FORMAT_JSON, &webhook.log, &err) &&
                   log_start(webhook.log, &err)
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    log_stop(webhook.log);
    store_free(webhook.store);
    metrics_free(metrics);
    arena_fini(&thread.arena);
    if (ends[1] >= 0) close(ends[1]);
    return close(ends[0]);
}

/* Ends the log; all that it wrote. */
static const char *read_log(void) {
    log_stop(webhook.log);
    webhook.log = NULL;
    close(ends[1]);
    ends[1] = -1;
    ssize_t n = read(ends[0], logged, sizeof logged - 1);
    logged[n > 0 ? n : 0] = '\0';
    return logged;
}

static void send(struct str body, struct str timeout, int64_t ago_ns) {
    const struct http_request request = {.path = STR("/validate"),
                                         .timeout = timeout,
                                         .body = body,
                                         .arrived_ns = clock_monotonic_ns() - ago_ns};
    webhook_validate(&webhook, &thread, &request, &reply);
}

static bool counts(const char *line) {
    struct strbuf text;
    strbuf_init(&text, &thread.arena, 65536);
    metrics_render(metrics, NULL, false, &text);
    return str_contains(strbuf_str(&text), str_from(line));
}

static void assert_verdict(bool allowed) {
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.content_type, "application/json");
    assert_true(
        str_contains(reply.body, allowed ? STR("\"allowed\":true") : STR("\"allowed\":false")));
}

static void assert_shed(int retry_after_s, const char *metric) {
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.retry_after_s, retry_after_s);
    assert_true(str_contains(reply.body, STR("\"kind\":\"Status\"")));
    assert_true(counts(metric));
}

static void a_denial_is_logged_without_secrets(void **state) {
    (void)state;
    send(STR(BAD), STR_NONE, 0);
    assert_verdict(false);
    const char *log = read_log();
    const char *const parts[] = {"\"msg\":\"admission\"",
                                 "\"uid\":\"u-1\"",
                                 "\"namespace\":\"team-a\"",
                                 "\"name\":\"web\"",
                                 "\"user\":\"alice\"",
                                 "\"dry_run\":false",
                                 "\"decision\":\"deny\"",
                                 "\"mode\":\"enforce\"",
                                 "\"owner_kind\":\"Pod\",\"owner\":\"web\"",
                                 "\"check\":\"env-secrets\"",
                                 "\"action\":\"deny\",\"wanted\":\"deny\"",
                                 "\"containers\":[\"a\"],\"paths\":[\"spec.containers[0].env[0]\"]",
                                 "\"fix\":\"replace value by valueFrom",
                                 "\"workload-basics/image-tag\"",
                                 "\"workload-basics/env-secrets\"",
                                 "\"profile\":\"default\"",
                                 "\"config_hash\":\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(log, parts[i])) fail_msg("no %s in %s", parts[i], log);
    assert_null(strstr(log, "hunter2"));
    assert_true(counts("decision=\"deny\",dry_run=\"false\"} 1\n"));
}

static void what_the_mode_holds_back_is_logged_as_wanted(void **state) {
    (void)state;
    webhook.admission.mode = MODE_AUDIT;
    send(STR(BAD), STR_NONE, 0);
    assert_verdict(true);
    const char *log = read_log();
    assert_non_null(
        strstr(log, "\"decision\":\"would_deny\",\"profile\":\"default\",\"mode\":\"audit\""));
    assert_non_null(strstr(log, "\"action\":\"audit\",\"wanted\":\"deny\""));
    assert_null(strstr(log, "\"action\":\"deny\""));
}

static void who_asked_can_be_left_out(void **state) {
    (void)state;
    webhook.omits_users = true;
    send(STR(BAD), STR_NONE, 0);
    const char *log = read_log();
    assert_non_null(strstr(log, "\"uid\":\"u-1\""));
    assert_null(strstr(log, "alice"));
}

/* More containers than a line may tell of: the names of the rules are whole, the rest is counted. */
static void a_line_stays_short_enough_for_container_runtimes(void **state) {
    (void)state;
    struct strbuf spec, body;
    strbuf_init(&spec, &thread.arena, 65536);
    strbuf_init(&body, &thread.arena, 65536);
    for (int i = 0; i < 200; i++)
        strbuf_printf(&spec, "%s{\"name\":\"c%d\",\"image\":\"x\"}", i ? "," : "", i);
    strbuf_printf(&body, REVIEW("web", "CREATE", "{\"containers\":[%.*s]}", ""),
                  STR_ARGS(strbuf_str(&spec)));
    send(strbuf_str(&body), STR_NONE, 0);
    assert_verdict(false);
    const char *log = read_log();
    assert_true(strlen(log) < 16384);
    assert_non_null(strstr(log, "workload-basics/resource-limits\"]"));
    assert_non_null(strstr(log, "\"violations_left_out\":"));
}

/* However much longer names become when they are escaped. */
static void a_line_stays_short_whatever_names_are_in_it(void **state) {
    (void)state;
    struct strbuf spec, body;
    char name[601] = {0};
    memset(name, '<', sizeof name - 1);
    strbuf_init(&spec, &thread.arena, 65536);
    strbuf_init(&body, &thread.arena, 65536);
    for (int i = 0; i < 40; i++)
        strbuf_printf(&spec, "%s{\"name\":\"%d%s\",\"image\":\"x\"}", i ? "," : "", i, name);
    strbuf_printf(&body, REVIEW("web", "CREATE", "{\"containers\":[%.*s],\"hostPID\":true}", ""),
                  STR_ARGS(strbuf_str(&spec)));
    send(strbuf_str(&body), STR_NONE, 0);
    assert_verdict(false);
    const char *log = read_log();
    assert_true(strlen(log) < 16384);
    assert_non_null(strstr(log, "workload-basics/resource-limits\"]"));
    assert_non_null(strstr(log, "\"violations_left_out\":"));
    assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
    assert_null(strstr(log, "[]")); /* no list without anything in it */
}

/* A message and a fix once, with all the places. */
static void what_is_wrong_at_several_places_is_logged_once(void **state) {
    (void)state;
    send(STR(REVIEW("web", "CREATE",
                    "{\"containers\":[{\"name\":\"a\",\"image\":\"x\"},{\"name\":\"b\","
                    "\"image\":\"y\"}]}",
                    "")),
         STR_NONE, 0);
    const char *log = read_log();
    const char *const parts[] = {
        "{\"message\":\"does not drop all capabilities\",\"fix\":\"set it to [ALL]\","
        "\"containers\":[\"a\",\"b\"],\"paths\":"
        "[\"spec.containers[0].securityContext.capabilities.drop\","
        "\"spec.containers[1].securityContext.capabilities.drop\"]}",
        "\"fix\":\"pin x:", "\"containers\":[\"a\"],\"paths\":[\"spec.containers[0].image\"]}",
        "\"fix\":\"pin y:", "\"containers\":[\"b\"],\"paths\":[\"spec.containers[1].image\"]}"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(log, parts[i])) fail_msg("no %s in %s", parts[i], log);
    const char *once = strstr(log, "does not drop all capabilities");
    assert_null(strstr(once + 1, "does not drop all capabilities"));
    assert_null(strstr(log, "left_out"));
}

static void what_is_allowed_is_not_logged(void **state) {
    (void)state;
    send(STR(GOOD), STR_NONE, 0);
    assert_verdict(true);
    assert_string_equal(read_log(), "");
    assert_true(counts("decision=\"allow\",dry_run=\"false\"} 1\n"));
}

static void a_malformed_review_is_logged_as_one(void **state) {
    (void)state;
    send(STR("{"), STR_NONE, 0);
    assert_int_equal(reply.status, 400);
    const char *log = read_log();
    assert_non_null(strstr(log, "\"level\":\"warn\""));
    assert_non_null(strstr(log, "\"reason\":\"malformed\""));
    assert_non_null(strstr(log, "\"status\":400"));
}

static void assert_inert(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < ' ' || text.at[i] > '~' || text.at[i] == '<' || text.at[i] == '>')
            fail_msg("byte %02x in %.*s", (unsigned char)text.at[i], STR_ARGS(text));
}

#define HOSTILE "<b>\xE2\x80\xAE\\u202e\\n\\u0085\\\"}"
#define HOSTILE_SPEC                                                                               \
    "{\"securityContext\":{\"sysctls\":[{\"name\":\"" HOSTILE "\",\"value\":\"1\"}]},"             \
    "\"containers\":[{\"name\":\"" HOSTILE "\",\"image\":\"" HOSTILE "\",\"env\":[{"               \
    "\"name\":\"" HOSTILE "_PASSWORD\",\"value\":\"hunter2hunter2\"}]}]}"

/* The words of a violation are made once for answer and log. */
static void names_within_the_pod_are_inert_in_answer_and_log(void **state) {
    (void)state;
    send(STR(REVIEW("web", "CREATE", HOSTILE_SPEC, "")), STR_NONE, 0);
    assert_verdict(false);
    assert_inert(reply.body);
    assert_true(str_contains(reply.body, STR("in env \\u003cb\\u003e\\\\u202e\\\\u202e\\\\n")));
    const char *log = read_log();
    assert_inert((struct str){log, strlen(log) - 1});
    assert_non_null(strstr(log, "in env \\u003cb\\u003e\\\\u202e\\\\u202e\\\\n"));
    assert_non_null(strstr(log, "\"containers\":[\"\\u003cb\\u003e\\u202e\\u202e\\n"));
}

static void names_from_the_wire_are_inert(void **state) {
    (void)state;
    send(STR(REVIEW("a\\nb\\u001b[31m\xE2\x80\xAE\\u202e<script>\\u0085\\\"}", "CREATE", BAD_SPEC,
                    "")),
         STR_NONE, 0);
    assert_verdict(false);
    const char *log = read_log();
    assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
    assert_inert((struct str){log, strlen(log) - 1});
    assert_non_null(
        strstr(log, "\"name\":\"a\\nb\\u001b[31m\\u202e\\u202e\\u003cscript\\u003e\\u0085\\\"}\""));
}

static void a_deadline_that_is_over_is_not_worked_on(void **state) {
    (void)state;
    send(STR(BAD), STR("1s"), CLOCK_NS_PER_S + 1);
    assert_shed(-1, "podgate_shed_requests_total{reason=\"deadline\"} 1\n");
    send(STR(BAD), STR("1h"), CLOCK_NS_PER_S);
    assert_verdict(false);
    send(STR(BAD), STR("nonsense"), CLOCK_NS_PER_S);
    assert_verdict(false);
    send(STR(BAD), STR("0"), CLOCK_NS_PER_S);
    assert_verdict(false);
}

/* A review whose body is that long. */
static struct str long_review(size_t len) {
    static const char review[] = GOOD;
    char *body = ARENA_NEW(&thread.arena, char, len);
    assert_non_null(body);
    memcpy(body, review, sizeof review - 1);
    memset(body + sizeof review - 1, ' ', len - (sizeof review - 1));
    return (struct str){body, len};
}

static void large_reviews_are_judged_so_many_at_once(void **state) {
    (void)state;
    struct str big = long_review(WEBHOOK_BIG_BODY + 1), small = long_review(WEBHOOK_BIG_BODY);
    send(big, STR_NONE, 0);
    assert_verdict(true);
    assert_int_equal(atomic_load(&webhook.big_now), 0);

    atomic_store(&webhook.big_now, webhook.big_limit);
    send(big, STR_NONE, 0);
    assert_shed(1, "podgate_shed_requests_total{reason=\"big_body\"} 1\n");
    assert_int_equal(atomic_load(&webhook.big_now), webhook.big_limit);
    send(small, STR_NONE, 0);
    assert_verdict(true);

    atomic_store(&webhook.big_now, 0);
    send(big, STR_NONE, 0);
    assert_verdict(true);
    assert_non_null(strstr(read_log(), "as many large reviews as it may"));
}

static void without_policies_there_is_no_verdict(void **state) {
    (void)state;
    store_free(webhook.store);
    webhook.store = store_new(NULL, NULL);
    send(STR(GOOD), STR_NONE, 0);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(read_log(), "\"reason\":\"no_policy\""));
}

static void what_broke_nothing_is_counted_in_the_log(void **state) {
    (void)state;
    send(STR(GOOD), STR_NONE, 0);
    send(STR(GOOD), STR_NONE, 0);
    send(STR(BAD), STR_NONE, 0);
    send(STR(REVIEW("web", "DELETE", "{}", "")), STR_NONE, 0); /* not judged */
    webhook_tell_clean(&webhook, metrics);
    webhook_tell_clean(&webhook, metrics); /* nothing new */
    send(STR(GOOD), STR_NONE, 0);
    webhook_tell_clean(&webhook, metrics);
    const char *log = read_log();
    const char *first = strstr(log, "\"msg\":\"clean\"");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"reviews\":2,\"namespaces\":["
                                  "{\"namespace\":\"team-a\",\"reviews\":2}]}\n"));
    const char *second = strstr(first + 1, "\"msg\":\"clean\"");
    assert_non_null(second);
    assert_non_null(strstr(second, "{\"namespace\":\"team-a\",\"reviews\":1}"));
    assert_null(strstr(second + 1, "\"msg\":\"clean\""));
    const char *uid = strstr(first, "\"uid\":"), *other = strstr(second, "\"uid\":");
    assert_int_not_equal(strncmp(uid, other, strlen("\"uid\":\"0123456789abcdef\"")), 0);
}

static void many_namespaces_take_several_lines(void **state) {
    (void)state;
    char body[1024];
    for (int i = 0; i < METRICS_CLEAN_NAMESPACES + 50; i++) {
        snprintf(body, sizeof body,
                 "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                 "\"request\":{\"uid\":\"u\",\"kind\":{\"version\":\"v1\",\"kind\":\"Pod\"},"
                 "\"operation\":\"CREATE\",\"namespace\":\"n-%d\",\"object\":{\"metadata\":{},"
                 "\"spec\":{\"containers\":[]}}}}",
                 i);
        send(str_from(body), STR_NONE, 0);
        arena_reset(&thread.arena, 65536);
    }
    webhook_tell_clean(&webhook, metrics);
    const char *log = read_log();
    unsigned lines = 0, names = 0;
    for (const char *at = log; (at = strstr(at, "\"msg\":\"clean\"")); at++)
        lines++;
    for (const char *at = log; (at = strstr(at, "{\"namespace\":")); at++)
        names++;
    assert_int_equal(lines, 11);
    assert_int_equal(names, METRICS_CLEAN_NAMESPACES);
    assert_non_null(strstr(log, "\"reviews\":50,\"others\":50,\"namespaces\":[]}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_denial_is_logged_without_secrets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_mode_holds_back_is_logged_as_wanted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_asked_can_be_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_stays_short_enough_for_container_runtimes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_line_stays_short_whatever_names_are_in_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_at_several_places_is_logged_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_allowed_is_not_logged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_broke_nothing_is_counted_in_the_log, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_namespaces_take_several_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_malformed_review_is_logged_as_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_within_the_pod_are_inert_in_answer_and_log, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_from_the_wire_are_inert, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_that_is_over_is_not_worked_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(large_reviews_are_judged_so_many_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_policies_there_is_no_verdict, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
