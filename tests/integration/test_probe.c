/* podgate probe against podgate serve: two real processes over real TLS. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "integration/podgate.h"

#define WORDS_MAX 16

static struct podgate podgate;
static char ca[128];

static int start_server(void **state) {
    (void)state;
    podgate_start(&podgate, "--exempt-namespace=exempt", NULL);
    snprintf(ca, sizeof ca, "%s", certificate_file("ca.crt"));
    return 0;
}

static int stop_server(void **state) {
    (void)state;
    int status = podgate_stop(&podgate);
    podgate_release(&podgate);
    certificates_remove();
    return status;
}

static struct podgate other;

static int release_other(void **state) {
    (void)state;
    podgate_release(&other);
    return 0;
}

/* `podgate probe` and these words. */
static struct outcome probe(const char *first, ...) __attribute__((sentinel));
static struct outcome probe(const char *first, ...) {
    const char *arguments[WORDS_MAX + 2] = {"probe", first};
    va_list more;
    va_start(more, first);
    for (int n = 2; n < WORDS_MAX && (arguments[n] = va_arg(more, const char *)); n++)
        continue;
    va_end(more);
    return podgate_run(arguments);
}

static void assert_outcome(struct outcome outcome, int status, const char *out, const char *err) {
    if (outcome.status == status && strstr(outcome.output, out) && strstr(outcome.errors, err))
        return;
    fail_msg("status %d and \"%s\" and \"%s\": not %d and \"%s\" and \"%s\"", outcome.status,
             outcome.output, outcome.errors, status, out, err);
}

static const char *url(const char *host, unsigned port, const char *path) {
    static char urls[4][128];
    static unsigned next;
    char *text = urls[next++ % 4];
    snprintf(text, sizeof urls[0], "%s:%u%s", host, port, path);
    return text;
}

static const char *webhook(void) { return url("https://127.0.0.1", podgate.webhook, "/validate"); }

static void health_is_asked_without_tls(void **state) {
    (void)state;
    assert_outcome(probe(url("http://127.0.0.1", podgate.health, "/readyz"), NULL), 0, "200\nok\n",
                   "");
    assert_outcome(probe(url("http://localhost", podgate.health, "/livez"), NULL), 0, "200\nok\n",
                   "");
    assert_outcome(probe(url("http://127.0.0.1", podgate.health, "/nothing"), NULL), 1, "404\n",
                   "");
}

static void samples_get_their_verdicts(void **state) {
    (void)state;
    assert_outcome(probe("--ca-file", ca, "--sample=good", "--expect=allowed", webhook(), NULL), 0,
                   "allowed\n", "");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=denied", webhook(), NULL), 0,
                   "denied\nPod \"podgate-probe-bad\" breaks", "");
    assert_outcome(probe("--ca-file", ca, "--sample=good", "--expect=allowed",
                         url("https://localhost", podgate.webhook, "/validate/restricted"), NULL),
                   0, "allowed\n", "");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=denied",
                         url("https://localhost", podgate.webhook, "/validate/baseline"), NULL),
                   0, "denied\n", "");
    assert_true(podgate_logs(&podgate, "\"namespace\":\"podgate-probe\""));
    assert_true(podgate_logs(&podgate, "\"dry_run\":true"));
}

static void the_namespace_is_the_askers(void **state) {
    (void)state;
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--namespace=exempt", "--expect=allowed",
                         webhook(), NULL),
                   0, "allowed\n", "");
}

static void another_verdict_than_expected_is_told(void **state) {
    (void)state;
    assert_outcome(probe("--ca-file", ca, "--sample=good", "--expect=denied", webhook(), NULL), 1,
                   "allowed\n", "not the verdict expected: denied");
    assert_outcome(probe("--ca-file", ca, "--sample=good", "--expect=would-deny", webhook(), NULL),
                   1, "allowed\n", "would-deny");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=allowed", webhook(), NULL), 1,
                   "denied\n", "expected: allowed");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", webhook(), NULL), 0, "denied\n", "");
}

static void in_mode_audit_a_bad_pod_would_be_denied(void **state) {
    (void)state;
    podgate_start(&other, "--audit-only", NULL);
    const char *there = url("https://127.0.0.1", other.webhook, "/validate");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=allowed", there, NULL), 0,
                   "allowed\nviolations: workload-basics/run-as-non-root", "");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=would-deny", there, NULL), 0,
                   "allowed\n", "");
    assert_outcome(probe("--ca-file", ca, "--sample=bad", "--expect=denied", there, NULL), 1,
                   "allowed\n", "denied");
    assert_int_equal(podgate_stop(&other), 0);
}

static void recorded_reviews_are_sent(void **state) {
    (void)state;
    assert_outcome(probe("--ca-file", ca, "--review",
                         "tests/reviews/create-pod-bad-everything/request.json", "--expect=denied",
                         webhook(), NULL),
                   0, "denied\n", "");
    assert_outcome(probe("--ca-file", ca, "--review", "tests/reviews/v1beta1-denied/request.json",
                         "--expect=denied", webhook(), NULL),
                   0, "denied\n", "");
    assert_outcome(probe("--ca-file", ca, "--review", "/nowhere/review.json", webhook(), NULL), 2,
                   "", "/nowhere/review.json");
    assert_outcome(probe("--ca-file", ca, "--review", "tests/reviews/malformed-no-uid/request.json",
                         webhook(), NULL),
                   2, "", "malformed-no-uid/request.json: ");
}

static void only_the_server_of_the_ca_and_name_is_believed(void **state) {
    (void)state;
    const char *wrong = certificate_file("client-ca.crt");
    assert_outcome(probe("--ca-file", wrong, "--sample=good", webhook(), NULL), 1, "",
                   "the server's certificate is not signed by the CA");
    assert_outcome(probe("--ca-file", ca, "--server-name=podgate.other.svc", "--sample=good",
                         webhook(), NULL),
                   1, "", "has not that name: it has localhost, podgate, podgate.podgate.svc");
    assert_outcome(probe("--ca-file", ca, "--server-name=podgate.podgate.svc", "--sample=good",
                         webhook(), NULL),
                   0, "allowed\n", "");
    assert_outcome(probe("--ca-file", "/nowhere/ca.crt", "--sample=good", webhook(), NULL), 2, "",
                   "/nowhere/ca.crt: CA: cannot be read");
    assert_outcome(probe("--ca-file", "Makefile", "--sample=good", webhook(), NULL), 2, "",
                   "Makefile: CA: holds no certificate");
}

static void a_refusal_of_the_server_is_passed_on(void **state) {
    (void)state;
    assert_outcome(probe("--ca-file", ca, "--sample=good", "--expect=allowed",
                         url("https://127.0.0.1", podgate.webhook, "/validate/nowhere"), NULL),
                   1, "", "no verdict, but status 404: podgate has no profile \"nowhere\"");
    assert_outcome(probe("--ca-file", ca, "--sample=good",
                         url("https://127.0.0.1", podgate.health, "/validate"), NULL),
                   1, "", "podgate: 127.0.0.1:");
    assert_outcome(probe(url("http://127.0.0.1", podgate.webhook, "/validate"), NULL), 1,
                   "400\nthis port speaks TLS", "");
}

static void a_server_with_a_client_ca_wants_a_certificate(void **state) {
    (void)state;
    podgate_start(&other, "--client-ca", certificate_file("client-ca.crt"),
                  "--client-name=kube-apiserver", NULL);
    const char *there = url("https://127.0.0.1", other.webhook, "/validate");
    assert_outcome(probe("--ca-file", ca, "--sample=good", there, NULL), 1, "",
                   "it asks for a client certificate");
    assert_outcome(probe("--ca-file", ca, "--client-cert", certificate_file("tls.crt"),
                         "--client-key", certificate_file("tls.key"), "--sample=good", there, NULL),
                   1, "", "not to accept our certificate");
    assert_outcome(probe("--ca-file", ca, "--client-cert", certificate_file("client.crt"),
                         "--client-key", certificate_file("client.key"), "--sample=good",
                         "--expect=allowed", there, NULL),
                   0, "allowed\n", "");
    assert_outcome(probe("--ca-file", ca, "--client-cert", certificate_file("client.crt"),
                         "--client-key", certificate_file("tls.key"), "--sample=good", there, NULL),
                   2, "", "client.crt: client certificate: cannot be used with its key");
    assert_int_equal(podgate_stop(&other), 0);
}

/* A port of 127.0.0.1 that nobody serves, or where connections wait for ever. */
static int open_port(bool listens, unsigned *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0);
    if (listens) assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void a_server_that_is_down_is_told(void **state) {
    (void)state;
    unsigned port;
    int fd = open_port(false, &port);
    assert_outcome(probe(url("http://127.0.0.1", port, "/readyz"), NULL), 1, "",
                   "no connection: Connection refused");
    assert_outcome(probe("--ca-file", ca, "--sample=good",
                         url("https://localhost", port, "/validate"), NULL),
                   1, "", "no connection: Connection refused");
    close(fd);
}

static void a_server_that_is_silent_takes_no_longer_than_allowed(void **state) {
    (void)state;
    unsigned port;
    int fd = open_port(true, &port);
    assert_outcome(probe("--timeout=200ms", url("http://127.0.0.1", port, "/readyz"), NULL), 1, "",
                   "the time is over while the answer is waited for");
    assert_outcome(probe("--timeout=200ms", "--ca-file", ca, "--sample=good",
                         url("https://127.0.0.1", port, "/validate"), NULL),
                   1, "", "the time is over while TLS is set up");
    close(fd);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_is_asked_without_tls),
        cmocka_unit_test(samples_get_their_verdicts),
        cmocka_unit_test(the_namespace_is_the_askers),
        cmocka_unit_test(another_verdict_than_expected_is_told),
        cmocka_unit_test_teardown(in_mode_audit_a_bad_pod_would_be_denied, release_other),
        cmocka_unit_test(recorded_reviews_are_sent),
        cmocka_unit_test(only_the_server_of_the_ca_and_name_is_believed),
        cmocka_unit_test(a_refusal_of_the_server_is_passed_on),
        cmocka_unit_test_teardown(a_server_with_a_client_ca_wants_a_certificate, release_other),
        cmocka_unit_test(a_server_that_is_down_is_told),
        cmocka_unit_test(a_server_that_is_silent_takes_no_longer_than_allowed),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
