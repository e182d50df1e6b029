/* Who may ask: client certificates, their CA and their names, under both versions of TLS. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/identity.h"
#include "integration/podgate.h"

static struct podgate podgate;

static int release(void **state) {
    (void)state;
    podgate_release(&podgate);
    return 0;
}

static int make_identities(void **state) {
    (void)state;
    identity_make("dns", &(struct identity){.common_name = "somebody",
                                            .dns_name = "apiserver.example.com"});
    identity_make("other", &(struct identity){.common_name = "kube-apiserver-2",
                                              .dns_name = "kube-apiserver.example.com"});
    identity_make("two", &(struct identity){.common_name = "kube-apiserver",
                                            .second_common_name = "harmless"});
    identity_make("comma", &(struct identity){.common_name = "harmless, kube-apiserver"});
    identity_make("nameless", &(struct identity){.common_name = NULL});
    identity_make("old", &(struct identity){.common_name = "kube-apiserver", .has_expired = true});
    identity_make("server",
                  &(struct identity){.common_name = "kube-apiserver", .is_for_servers = true});
    return 0;
}

static int remove_certificates(void **state) {
    (void)state;
    certificates_remove();
    return 0;
}

/* The status of a review's answer, 0 when there was none. */
static int ask_as(const char *name, const char *priorities) {
    char crt[64], key[64];
    size_t len;
    struct client_options options = {.port = podgate.webhook, .priorities = priorities};
    snprintf(crt, sizeof crt, "%s.crt", name ? name : "");
    snprintf(key, sizeof key, "%s.key", name ? name : "");
    if (name) {
        options.certificate = certificate_file(crt);
        options.key = certificate_file(key);
    }
    char *review = read_review("create-pod-web-good", &len);
    struct client *client = client_open(&options);
    /* Under TLS 1.3 a client learns of the refusal only when it reads. */
    struct response response =
        client ? client_post(client, "/validate", review, len) : (struct response){0};
    int status = response.status;
    response_release(&response);
    client_close(client);
    free(review);
    return status;
}

static void assert_served(const char *name, int status) {
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    for (int v = 0; v < 2; v++)
        if (ask_as(name, versions[v]) != status)
            fail_msg("%s with %s: not %d", name ? name : "no certificate", versions[v], status);
}

/* Probes show no certificate. */
static void assert_is_ready(void) {
    struct response ready = podgate_fetch(podgate.health, "/readyz");
    assert_int_equal(ready.status, 200);
    response_release(&ready);
    struct response metrics = podgate_fetch(podgate.metrics, "/metrics");
    assert_int_equal(metrics.status, 200);
    response_release(&metrics);
}

static void without_a_client_ca_nobody_is_asked(void **state) {
    (void)state;
    podgate_start(&podgate, NULL);
    assert_served(NULL, 200);
    assert_served("other", 200);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void only_clients_of_the_ca_are_served(void **state) {
    (void)state;
    podgate_start(&podgate, "--client-ca", certificate_file("client-ca.crt"), NULL);
    assert_served(NULL, 0);
    assert_served("tls", 0);
    assert_served("old", 0);
    assert_served("server", 0);
    assert_served("client", 200);
    assert_served("other", 200);
    assert_served("nameless", 200);
    assert_is_ready();
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void only_clients_with_a_name_are_served(void **state) {
    (void)state;
    podgate_start(&podgate, "--client-ca", certificate_file("client-ca.crt"),
                  "--client-name=kube-apiserver", "--client-name=apiserver.example.com", NULL);
    assert_served("client", 200);
    assert_served("dns", 200);
    assert_served("other", 0);
    assert_served("nameless", 0);
    assert_served("comma", 0);
    /* Readers of certificates take the first or the last of two: neither counts. */
    assert_served("two", 0);
    /* A right name does not make up for anything else. */
    assert_served("old", 0);
    assert_served("server", 0);
    assert_served(NULL, 0);
    assert_served("client", 200);
    assert_is_ready();
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* What the log says after one client was refused; a new process each, for the log's own limit. */
static void assert_refused_saying(const char *name, const char *says) {
    podgate_start(&podgate, "--client-ca", certificate_file("client-ca.crt"),
                  "--client-name=kube-apiserver", NULL);
    assert_served(name, 0);
    if (!podgate_logs(&podgate, says)) fail_msg("the log does not say \"%s\"", says);
    assert_true(
        podgate_metric_is(&podgate, "podgate_tls_handshakes_total{result=\"client_refused\"}", 2));
    assert_served("client", 200);
    assert_int_equal(podgate_stop(&podgate), 0);
    podgate_release(&podgate);
}

static void a_refusal_is_logged_with_its_reason(void **state) {
    (void)state;
    assert_refused_saying(NULL, "refused in the TLS handshake: the client showed no certificate");
    assert_refused_saying("tls", "the client's certificate is not signed by the CA");
    assert_refused_saying("old", "the client's certificate has expired");
    assert_refused_saying("server", "the client's certificate is not meant for that");
    assert_refused_saying("other", "it has kube-apiserver-2, kube-apiserver.example.com");
}

static void refusals_are_not_logged_without_end(void **state) {
    (void)state;
    podgate_start(&podgate, "--client-ca", certificate_file("client-ca.crt"), NULL);
    for (int i = 0; i < 12; i++)
        assert_int_equal(ask_as(NULL, NULL), 0);
    assert_true(
        podgate_metric_is(&podgate, "podgate_tls_handshakes_total{result=\"client_refused\"}", 12));
    assert_int_equal(podgate_stop(&podgate), 0);
    assert_true(podgate_count_log(&podgate, "the client showed no certificate") <= 10);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_a_client_ca_nobody_is_asked, release),
        cmocka_unit_test_teardown(only_clients_of_the_ca_are_served, release),
        cmocka_unit_test_teardown(only_clients_with_a_name_are_served, release),
        cmocka_unit_test_teardown(a_refusal_is_logged_with_its_reason, release),
        cmocka_unit_test_teardown(refusals_are_not_logged_without_end, release),
    };
    return cmocka_run_group_tests(tests, make_identities, remove_certificates);
}
