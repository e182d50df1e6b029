/* The real server over real TLS: verdicts, protocol, bad input. After every bad input a good request is served. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/podgate.h"

static struct podgate podgate;

static int start_server(void **state) {
    (void)state;
    podgate_start(&podgate, "--log-level=debug", "--max-body=1MiB", NULL);
    return 0;
}

static int stop_server(void **state) {
    (void)state;
    int status = podgate_stop(&podgate);
    podgate_release(&podgate);
    certificates_remove();
    return status;
}

static struct response send_raw(const char *request, size_t len) {
    struct client *client = podgate_connect(&podgate);
    assert_true(client_send(client, request, len));
    struct response response = client_receive(client);
    client_close(client);
    return response;
}

/* The refusal is a v1 Status that says so, and the next request is served. */
static void assert_refused(const char *request, int status, const char *says) {
    struct response response = send_raw(request, strlen(request));
    assert_int_equal(response.status, status);
    assert_true(response_has_header(&response, "Content-Type: application/json"));
    assert_non_null(strstr(response.body, "\"kind\":\"Status\""));
    if (!strstr(response.body, says)) fail_msg("\"%s\" does not say \"%s\"", response.body, says);
    response_release(&response);
    assert_serves(&podgate);
}

static void copy_uid(const char *text, char uid[static 64]) {
    const char *at = strstr(text, "\"uid\":");
    assert_non_null(at);
    at += strlen("\"uid\":");
    snprintf(uid, 64, "%.37s", at + strspn(at, " "));
}

static void every_review_gets_a_verdict(void **state) {
    (void)state;
    struct client *client = podgate_connect(&podgate);
    DIR *dir = opendir("tests/reviews");
    unsigned seen = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512], asked[64], answered[64];
        size_t len;
        snprintf(path, sizeof path, "tests/reviews/%s/request.json", entry->d_name);
        char *review = read_whole(path, &len);
        if (!review) continue;
        struct response response = client_post(client, "/validate?timeout=10s", review, len);
        if (response.status == 200) {
            copy_uid(strstr(review, "\"request\""), asked);
            copy_uid(response.body, answered);
            assert_string_equal(asked, answered);
            assert_non_null(strstr(response.body, "\"allowed\":"));
        } else {
            assert_non_null(strstr(response.body, "\"kind\":\"Status\""));
        }
        response_release(&response);
        free(review);
        seen++;
    }
    closedir(dir);
    client_close(client);
    assert_true(seen > 30);
}

static void a_bad_pod_is_denied_with_every_rule(void **state) {
    (void)state;
    struct response response = podgate_review(&podgate, "create-pod-bad-everything");
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"allowed\":false"));
    assert_non_null(strstr(response.body, "\"code\":403"));
    const char *const rules[] = {"run-as-non-root", "drop-capabilities", "image-tag", "env-secrets",
                                 "resource-limits"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(strstr(response.body, rules[i]));
    response_release(&response);
    assert_true(podgate_logs(&podgate, "\"decision\":\"deny\""));
}

static void a_connection_is_kept_for_many_requests(void **state) {
    (void)state;
    size_t len;
    char *review = read_review("create-pod-web-good", &len);
    struct client *client = podgate_connect(&podgate);
    for (int i = 0; i < 500; i++) {
        struct response response = client_post(client, "/validate", review, len);
        assert_int_equal(response.status, 200);
        assert_false(response_has_header(&response, "Connection: close"));
        response_release(&response);
    }
    client_close(client);
    free(review);
}

static void a_second_request_in_the_same_write_does_no_harm(void **state) {
    (void)state;
    const char one[] = "GET /validate HTTP/1.1\r\nHost: x\r\n\r\n";
    char both[256];
    snprintf(both, sizeof both, "%s%s", one, one);
    struct client *client = podgate_connect(&podgate);
    assert_true(client_send(client, both, strlen(both)));
    struct response first = client_receive(client);
    assert_int_equal(first.status, 405);
    response_release(&first);
    client_close(client);
    assert_serves(&podgate);
}

static void tls_versions(void **state) {
    (void)state;
    static const struct {
        const char *priorities, *version;
    } rows[] = {
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS1.3"},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2"},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", NULL},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client_options options = {.port = podgate.webhook, .priorities = rows[i].priorities};
        struct client *client = client_open(&options);
        if (!rows[i].version) {
            assert_null(client);
            continue;
        }
        assert_non_null(client);
        assert_string_equal(client_tls_version(client), rows[i].version);
        size_t len;
        char *review = read_review("create-pod-web-good", &len);
        struct response response = client_post(client, "/validate", review, len);
        assert_int_equal(response.status, 200);
        response_release(&response);
        free(review);
        client_close(client);
    }
    assert_true(podgate_logs(&podgate, "a TLS handshake failed"));
}

static void http_1_1_is_chosen_by_alpn(void **state) {
    (void)state;
    char chosen[32];
    struct client_options options = {.port = podgate.webhook, .offers_h2 = true};
    struct client *client = client_open(&options);
    assert_non_null(client);
    assert_string_equal(client_alpn(client, chosen), "http/1.1");
    client_close(client);
}

static void wrong_heads_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *request;
        int status;
        const char *says;
    } rows[] = {
        {"GET /validate HTTP/1.1\r\nHost: x\r\n\r\n", 405, "only POST"},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, "/validate"},
        {"POST /validate/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404, "path"},
        {"POST /validates HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404, "path"},
        {"POST /validate/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404, "path"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 415,
         "application/json"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
         415, "application/json"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonp\r\nContent-Length: 2\r\n\r\n{}",
         415, "application/json"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
         "2\r\n{}\r\n0\r\n\r\n",
         411, "Content-Length"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
         "Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
         400, "doubt"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n", 411,
         "Content-Length"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
         "Content-Length: 3\r\n\r\n{}",
         400, "more than one"},
        {"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n",
         413, "it has 1048577 bytes, --max-body allows 1048576"},
        {"POST /validate/nowhere HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
         404, "nowhere"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].request, rows[i].status, rows[i].says);
}

static void content_type_parameters_and_case_are_fine(void **state) {
    (void)state;
    const char request[] =
        "POST /validate HTTP/1.1\r\nHost: x\r\ncontent-type: Application/JSON; charset=utf-8\r\n"
        "content-length: 2\r\n\r\n{}";
    assert_refused(request, 400, "AdmissionReview");
}

static void wrong_bodies_are_refused(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "",
        "{",
        "{}",
        "[]",
        "null",
        "nonsense",
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}",
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{}}",
        "{\"apiVersion\":\"admission.k8s.io/v2\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\"}}",
        "\xff\xfe{}",
        "{\"a\":1}{\"b\":2}",
    };
    struct client *client = podgate_connect(&podgate);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct response response = client_post(client, "/validate", bodies[i], strlen(bodies[i]));
        assert_int_equal(response.status, 400);
        assert_non_null(strstr(response.body, "\"kind\":\"Status\""));
        response_release(&response);
    }
    client_close(client);
    assert_serves(&podgate);
}

static void plain_http_on_the_tls_port_is_told(void **state) {
    (void)state;
    struct response response = podgate_fetch(podgate.webhook, "/validate");
    assert_int_equal(response.status, 400);
    assert_non_null(strstr(response.body, "https"));
    response_release(&response);
    assert_true(podgate_logs(&podgate, "plain HTTP to the TLS port"));
    assert_serves(&podgate);
}

static void clients_that_vanish_do_no_harm(void **state) {
    (void)state;
    struct client_options plain = {.port = podgate.webhook, .plain = true};
    client_close(client_open(&plain));
    struct client *hello = client_open(&plain);
    assert_true(client_send(hello, "\x16\x03\x01", 3));
    client_close(hello);
    struct client *truncated = podgate_connect(&podgate);
    const char head[] = "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        "Content-Length: 8000\r\n\r\n{\"apiVersion\":";
    assert_true(client_send(truncated, head, strlen(head)));
    client_close(truncated);
    assert_serves(&podgate);
    assert_true(podgate_metric_is(&podgate, "podgate_inflight_requests", 0));
    assert_true(podgate_metric_is(&podgate, "podgate_connections", 0));
    assert_true(podgate_metric_is(&podgate, "podgate_body_bytes", 0));
}

static void a_deadline_that_is_over_is_not_worked_on(void **state) {
    (void)state;
    size_t len;
    char *review = read_review("create-pod-web-good", &len);
    struct client *client = podgate_connect(&podgate);
    struct response late = client_post(client, "/validate?timeout=1ns", review, len);
    assert_int_equal(late.status, 503);
    response_release(&late);
    const char *const fine[] = {"/validate?timeout=nonsense",
                                "/validate?timeout=", "/validate?timeout=1m0s"};
    for (size_t i = 0; i < 3; i++) {
        struct response response = client_post(client, fine[i], review, len);
        assert_int_equal(response.status, 200);
        response_release(&response);
    }
    client_close(client);
    free(review);
}

static void health_and_metrics_answer_on_their_own_ports(void **state) {
    (void)state;
    struct response live = podgate_fetch(podgate.health, "/livez"),
                    ready = podgate_fetch(podgate.health, "/readyz");
    assert_int_equal(live.status, 200);
    assert_int_equal(ready.status, 200);
    assert_true(response_has_header(&live, "Connection: close"));
    response_release(&live);
    response_release(&ready);
    struct client *client =
        client_open(&(struct client_options){.port = podgate.health, .plain = true});
    const char with_body[] = "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    assert_true(client_send(client, with_body, strlen(with_body)));
    struct response ignored = client_receive(client);
    assert_int_equal(ignored.status, 200);
    response_release(&ignored);
    client_close(client);
    struct response other = podgate_fetch(podgate.health, "/validate");
    assert_int_equal(other.status, 404);
    assert_non_null(strstr(other.body, "/livez and /readyz"));
    response_release(&other);
    assert_serves(&podgate);
    struct response metrics = podgate_fetch(podgate.metrics, "/metrics");
    assert_int_equal(metrics.status, 200);
    assert_true(response_has_header(&metrics, "Content-Type: text/plain; version=0.0.4"));
    const char *const lines[] = {
        "podgate_admission_requests_total{profile=\"default\",kind=\"Pod\",operation=\"CREATE\",decision=\"allow\",dry_run=\"false\"}",
        "podgate_admission_request_duration_seconds_bucket{le=\"+Inf\"}",
        "podgate_config_last_reload_successful 1",
        "podgate_build_info{version=",
        "process_resident_memory_bytes",
        "podgate_certificate_not_after_timestamp_seconds"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(metrics.body, lines[i]));
    response_release(&metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_review_gets_a_verdict),
        cmocka_unit_test(a_bad_pod_is_denied_with_every_rule),
        cmocka_unit_test(a_connection_is_kept_for_many_requests),
        cmocka_unit_test(a_second_request_in_the_same_write_does_no_harm),
        cmocka_unit_test(tls_versions),
        cmocka_unit_test(http_1_1_is_chosen_by_alpn),
        cmocka_unit_test(wrong_heads_are_refused),
        cmocka_unit_test(content_type_parameters_and_case_are_fine),
        cmocka_unit_test(wrong_bodies_are_refused),
        cmocka_unit_test(plain_http_on_the_tls_port_is_told),
        cmocka_unit_test(clients_that_vanish_do_no_harm),
        cmocka_unit_test(a_deadline_that_is_over_is_not_worked_on),
        cmocka_unit_test(health_and_metrics_answer_on_their_own_ports),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
