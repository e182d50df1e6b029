/* Slow, silent and greedy clients: each is bounded, and the next request is served. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "integration/podgate.h"

#define SOON_MS 20000 /* far above the short times of these tests, far below the defaults */

static struct podgate podgate;

static int release(void **state) {
    (void)state;
    podgate_release(&podgate);
    return 0;
}

static int remove_certificates(void **state) {
    (void)state;
    certificates_remove();
    return 0;
}

static struct client *connect_plain(unsigned port) {
    struct client_options options = {.port = port, .plain = true};
    struct client *client = client_open(&options);
    assert_non_null(client);
    return client;
}

#define HEAD(length)                                                                                  \
    "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " length \
    "\r\n\r\n"

static void slow_clients_are_cut(void **state) {
    (void)state;
    podgate_start(&podgate, "--first-request-timeout=300ms", "--body-timeout=300ms",
                  "--idle-timeout=300ms", NULL);
    struct client *silent = connect_plain(podgate.webhook),
                  *no_handshake = connect_plain(podgate.webhook);
    struct client *no_request = podgate_connect(&podgate), *half_head = podgate_connect(&podgate);
    struct client *half_body = podgate_connect(&podgate), *idle = podgate_connect(&podgate);
    assert_true(client_send(no_handshake, "\x16\x03\x01\x02", 4));
    assert_true(client_send(half_head, "POST /validate HTTP/1.1\r\nHost:", 31));
    assert_true(client_send(half_body, HEAD("100") "{", strlen(HEAD("100")) + 1));
    struct response response = client_get(idle, "/validate");
    assert_int_equal(response.status, 405);
    response_release(&response);
    struct client *all[] = {silent, no_handshake, no_request, half_head, half_body, idle};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(client_is_ended(all[i], SOON_MS));
        client_close(all[i]);
    }
    assert_serves(&podgate);
    assert_true(podgate_metric_is(&podgate, "podgate_connections", 0));
    assert_true(podgate_metric_is(&podgate, "podgate_body_bytes", 0));
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* A byte now and then resets the library's own timer, not ours. */
static void a_trickle_does_not_keep_a_connection(void **state) {
    (void)state;
    podgate_start(&podgate, "--first-request-timeout=500ms", NULL);
    struct client *client = podgate_connect(&podgate);
    const char head[] = "POST /validate HTTP/1.1\r\nX: ";
    assert_true(client_send(client, head, strlen(head)));
    bool ended = false;
    for (int i = 0; i < 400 && !ended; i++) {
        client_send(client, "a", 1);
        ended = client_is_ended(client, 50);
    }
    assert_true(ended);
    client_close(client);
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_full_door_sends_the_oldest_silent_one_away(void **state) {
    (void)state;
    podgate_start(&podgate, "--max-connections=4", "--threads=2", NULL);
    struct client *silent[4];
    for (int i = 0; i < 4; i++)
        silent[i] = connect_plain(podgate.webhook);
    assert_true(podgate_metric_is(&podgate, "podgate_connections", 4));
    assert_serves(&podgate);
    assert_true(client_is_ended(silent[0], SOON_MS));
    for (int i = 0; i < 4; i++)
        client_close(silent[i]);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_full_door_keeps_those_that_have_asked(void **state) {
    (void)state;
    podgate_start(&podgate, "--max-connections=4", NULL);
    struct client *busy[4];
    for (int i = 0; i < 4; i++) {
        busy[i] = podgate_connect(&podgate);
        struct response response = client_get(busy[i], "/validate");
        assert_int_equal(response.status, 405);
        response_release(&response);
    }
    struct client *refused = connect_plain(podgate.webhook);
    assert_true(client_is_ended(refused, SOON_MS));
    client_close(refused);
    for (int i = 0; i < 4; i++) {
        struct response response = client_get(busy[i], "/validate");
        assert_int_equal(response.status, 405);
        response_release(&response);
        client_close(busy[i]);
    }
    assert_true(podgate_metric_is(&podgate, "podgate_connections", 0));
    assert_serves(&podgate);
    assert_true(podgate_logs(&podgate, "all 4 connections are taken"));
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* Descriptors run out below the limit that podgate reckoned with: silent connections give theirs. */
static void running_out_of_descriptors_does_not_stop_service(void **state) {
    (void)state;
    const struct rlimit few = {400, 400};
    podgate_start(&podgate, NULL);
    assert_int_equal(prlimit(podgate.pid, RLIMIT_NOFILE, &few, NULL), 0);
    struct client *silent[1000];
    for (int i = 0; i < 1000; i++) {
        struct client_options options = {.port = podgate.webhook, .plain = true};
        silent[i] = client_open(&options);
        if (i % 100 == 0) assert_serves(&podgate);
    }
    assert_serves(&podgate);
    struct response live = podgate_fetch(podgate.health, "/livez");
    assert_int_equal(live.status, 200);
    response_release(&live);
    for (int i = 0; i < 1000; i++)
        client_close(silent[i]);
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void bodies_above_the_budget_are_shed(void **state) {
    (void)state;
    podgate_start(&podgate, "--memory-budget=64KiB", "--max-body=1MiB", NULL);
    const size_t len = 200000;
    char *body = malloc(len);
    assert_non_null(body);
    memset(body, ' ', len);
    struct client *client = podgate_connect(&podgate);
    struct response response = client_post(client, "/validate", body, len);
    assert_int_equal(response.status, 503);
    assert_true(response_has_header(&response, "Retry-After: 1"));
    assert_non_null(strstr(response.body, "\"kind\":\"Status\""));
    assert_false(response_has_header(&response, "Connection: close"));
    response_release(&response);
    size_t review_len;
    char *review = read_review("create-pod-web-good", &review_len);
    response = client_post(client, "/validate", review, review_len);
    assert_int_equal(response.status, 200);
    response_release(&response);
    client_close(client);
    free(review);
    free(body);
    assert_true(podgate_metric_is(&podgate, "podgate_shed_requests_total{reason=\"memory\"}", 1));
    assert_true(podgate_metric_is(&podgate, "podgate_body_bytes", 0));
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* A review of `count` containers: small to send, but each takes more than a kilobyte to judge. */
static size_t write_many_containers(char *out, size_t size, int count) {
    static const char head[] =
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":"
        "\"u\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"operation\":"
        "\"CREATE\",\"object\":{\"spec\":{\"containers\":[";
    size_t len = (size_t)snprintf(out, size, "%s", head);
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, size - len, "%s{\"name\":\"c%d\",\"image\":\"a\"}",
                                i ? "," : "", i);
    return len + (size_t)snprintf(out + len, size - len, "]}}}}");
}

static void judging_is_charged_to_the_budget_too(void **state) {
    (void)state;
    static char body[1 << 20];
    podgate_start(&podgate, "--memory-budget=1MiB", NULL);
    struct client *client = podgate_connect(&podgate);
    size_t len = write_many_containers(body, sizeof body, 3000);
    struct response response = client_post(client, "/validate", body, len);
    assert_int_equal(response.status, 503);
    assert_true(response_has_header(&response, "Retry-After: 1"));
    assert_non_null(strstr(response.body, "--memory-budget"));
    response_release(&response);
    len = write_many_containers(body, sizeof body, 100);
    response = client_post(client, "/validate", body, len);
    assert_int_equal(response.status, 200);
    response_release(&response);
    client_close(client);
    assert_true(podgate_metric_is(&podgate, "podgate_shed_requests_total{reason=\"memory\"}", 1));
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* A body is charged as it arrives: what was only announced costs nobody anything. */
static void announced_bodies_are_not_charged(void **state) {
    (void)state;
    podgate_start(&podgate, "--memory-budget=64KiB", "--max-body=1MiB", NULL);
    struct client *announcing[8];
    for (int i = 0; i < 8; i++) {
        announcing[i] = podgate_connect(&podgate);
        assert_true(client_send(announcing[i], HEAD("1000000"), strlen(HEAD("1000000"))));
    }
    assert_true(podgate_metric_is(&podgate, "podgate_inflight_requests", 8));
    assert_serves(&podgate);
    for (int i = 0; i < 8; i++)
        client_close(announcing[i]);
    assert_true(podgate_metric_is(&podgate, "podgate_inflight_requests", 0));
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void an_old_connection_is_ended_by_an_answer(void **state) {
    (void)state;
    podgate_start(&podgate, "--connection-age=50ms", NULL);
    struct client *client = podgate_connect(&podgate);
    bool told = false;
    for (int i = 0; i < 5000 && !told; i++) {
        struct response response = client_get(client, "/validate");
        assert_int_equal(response.status, 405);
        told = response_has_header(&response, "Connection: close");
        response_release(&response);
        if (!told) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_true(told);
    assert_true(client_is_ended(client, SOON_MS));
    client_close(client);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* An object as deep as the options allow, judged on an event thread's small stack. */
static void the_deepest_input_fits_the_stack(void **state) {
    (void)state;
    podgate_start(&podgate, "--max-depth=512", NULL);
    const unsigned depth = 505;
    char *body = malloc(8192);
    assert_non_null(body);
    int n = snprintf(
        body, 8192,
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\","
        "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\","
        "\"resource\":\"pods\"},\"name\":\"deep\",\"namespace\":\"x\",\"operation\":\"CREATE\",\"userInfo\":{\"username\":\"a\"},"
        "\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"deep\"},\"spec\":{\"containers\":[],\"x\":");
    for (unsigned i = 0; i < depth; i++)
        body[n++] = '[';
    for (unsigned i = 0; i < depth; i++)
        body[n++] = ']';
    n += snprintf(body + n, 64, "}},\"oldObject\":null,\"dryRun\":false}}");
    struct client *client = podgate_connect(&podgate);
    for (int i = 0; i < 3; i++) {
        struct response response = client_post(client, "/validate", body, (size_t)n);
        assert_int_equal(response.status, 200);
        assert_null(strstr(response.body, "cannot judge"));
        response_release(&response);
    }
    client_close(client);
    free(body);
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* CPU time of the server so far. */
static long cpu_ms(void) {
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)podgate.pid);
    char *stat = read_whole(path, NULL);
    assert_non_null(stat);
    int read = sscanf(strrchr(stat, ')') + 1,
                      " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    free(stat);
    assert_int_equal(read, 2);
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

#define SILENT 20

static void a_handshake_that_waits_costs_nothing(void **state) {
    (void)state;
    podgate_start(&podgate, "--threads=2", NULL);
    struct client_options options = {.port = podgate.webhook, .only_says_hello = true};
    struct client *silent[SILENT];
    struct timespec second = {.tv_sec = 1};
    for (size_t i = 0; i < SILENT; i++) {
        silent[i] = client_open(&options);
        assert_non_null(silent[i]);
    }
    assert_true(podgate_metric_is(&podgate, "podgate_connections", SILENT));
    assert_serves(&podgate);
    long before = cpu_ms();
    nanosleep(&second, NULL);
    long spent = cpu_ms() - before;
    if (spent > 100) fail_msg("%ld ms of CPU in one second of silence", spent);
    assert_serves(&podgate);
    for (size_t i = 0; i < SILENT; i++)
        client_close(silent[i]);
    assert_true(podgate_metric_is(&podgate, "podgate_connections", 0));
    assert_int_equal(podgate_stop(&podgate), 0);
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#define ASKING 16
#define ROUNDS 40

/* Connections that are found empty right after their answer do not put off the requests of others that have come already. A round is
 * over in less than a millisecond; a few may meet a busy machine. */
static void requests_at_once_do_not_wait_for_each_other(void **state) {
    (void)state;
    const char request[] = "GET /validate HTTP/1.1\r\nHost: x\r\n\r\n";
    podgate_start(&podgate, "--threads=1", NULL);
    struct client *clients[ASKING];
    int soon = 0;
    for (int i = 0; i < ASKING; i++)
        clients[i] = podgate_connect(&podgate);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_ms();
        for (int i = 0; i < ASKING; i++)
            assert_true(client_send(clients[i], request, strlen(request)));
        for (int i = 0; i < ASKING; i++) {
            struct response response = client_receive(clients[i]);
            assert_int_equal(response.status, 405);
            response_release(&response);
        }
        if (now_ms() - begin < 20) soon++;
    }
    if (soon < ROUNDS * 7 / 8) fail_msg("only %d of %d rounds took less than 20 ms", soon, ROUNDS);
    for (int i = 0; i < ASKING; i++)
        client_close(clients[i]);
    assert_int_equal(podgate_stop(&podgate), 0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(slow_clients_are_cut, release),
        cmocka_unit_test_teardown(a_trickle_does_not_keep_a_connection, release),
        cmocka_unit_test_teardown(a_handshake_that_waits_costs_nothing, release),
        cmocka_unit_test_teardown(requests_at_once_do_not_wait_for_each_other, release),
        cmocka_unit_test_teardown(a_full_door_sends_the_oldest_silent_one_away, release),
        cmocka_unit_test_teardown(a_full_door_keeps_those_that_have_asked, release),
        cmocka_unit_test_teardown(running_out_of_descriptors_does_not_stop_service, release),
        cmocka_unit_test_teardown(bodies_above_the_budget_are_shed, release),
        cmocka_unit_test_teardown(judging_is_charged_to_the_budget_too, release),
        cmocka_unit_test_teardown(announced_bodies_are_not_charged, release),
        cmocka_unit_test_teardown(an_old_connection_is_ended_by_an_answer, release),
        cmocka_unit_test_teardown(the_deepest_input_fits_the_stack, release),
    };
    return cmocka_run_group_tests(tests, NULL, remove_certificates);
}
