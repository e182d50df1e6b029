/* Start, reload, drain and end of the real server. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "integration/podgate.h"

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

#define POLICY(action, check)                                                                      \
    "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: one}\n"                       \
    "spec:\n  action: " action "\n  rules:\n  - check: " check "\n"

/* --- start ------------------------------------------------------------------------------------ */

static void assert_does_not_start(const char *const *arguments, const char *says,
                                  const char *and_says) {
    struct outcome outcome = podgate_run(arguments);
    assert_int_equal(outcome.status, 2);
    if (!strstr(outcome.errors, says) || !strstr(outcome.errors, and_says))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", outcome.errors, says, and_says);
}

static void a_missing_certificate_is_named(void **state) {
    (void)state;
    const char *const arguments[] = {"serve",      "--listen=127.0.0.1:0",
                                     "--tls-cert", "/nowhere/tls.crt",
                                     "--tls-key",  certificate_file("tls.key"),
                                     NULL};
    assert_does_not_start(arguments, "/nowhere/tls.crt", "No such file");
    const char *const none[] = {"serve", "--listen=127.0.0.1:0", NULL};
    assert_does_not_start(none, "--tls-cert", "required");
}

static void a_wrong_certificate_is_named(void **state) {
    (void)state;
    const char *const other_key[] = {
        "serve", "--tls-cert", certificate_file("tls.crt"), "--tls-key", certificate_file("ca.key"),
        NULL};
    assert_does_not_start(other_key, "ca.key", "is not the key of the certificate");
    const char *const no_pem[] = {
        "serve", "--tls-cert", "Makefile", "--tls-key", certificate_file("tls.key"), NULL};
    assert_does_not_start(no_pem, "Makefile", "no certificate in PEM form");
    const char *const no_key[] = {"serve",
                                  "--tls-cert",
                                  certificate_file("tls.crt"),
                                  "--tls-key",
                                  certificate_file("tls.crt"),
                                  NULL};
    assert_does_not_start(no_key, "tls.crt", "no private key");
    const char *const folder[] = {
        "serve", "--tls-cert", "src", "--tls-key", certificate_file("tls.key"), NULL};
    assert_does_not_start(folder, "src", "Is a directory");
}

static void a_bad_policy_is_named_with_its_place(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/bad-policy.yaml", certificates());
    write_whole(path, POLICY("deny", "image-tagg"));
    const char *const arguments[] = {"serve",
                                     "--policies",
                                     path,
                                     "--tls-cert",
                                     certificate_file("tls.crt"),
                                     "--tls-key",
                                     certificate_file("tls.key"),
                                     NULL};
    assert_does_not_start(arguments, "bad-policy.yaml:7:", "image-tag");
}

static void a_port_in_use_is_named(void **state) {
    (void)state;
    char listen[64];
    podgate_start(&podgate, NULL);
    snprintf(listen, sizeof listen, "--listen=127.0.0.1:%u", podgate.webhook);
    const char *const arguments[] = {"serve",      listen,
                                     "--tls-cert", certificate_file("tls.crt"),
                                     "--tls-key",  certificate_file("tls.key"),
                                     NULL};
    assert_does_not_start(arguments, listen + strlen("--listen="), "in use");
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void wrong_options_are_told(void **state) {
    (void)state;
    const char *const unknown[] = {"serve", "--lisen=:1", NULL};
    assert_does_not_start(unknown, "--lisen", "did you mean --listen");
    const char *const mode[] = {"serve", "--mode=enforced", NULL};
    assert_does_not_start(mode, "enforced", "enforce");
    const char *const address[] = {"serve",      "--listen=localhost:https",
                                   "--tls-cert", certificate_file("tls.crt"),
                                   "--tls-key",  certificate_file("tls.key"),
                                   NULL};
    assert_does_not_start(address, "localhost:https", "no address");
    const char *const names[] = {"serve",
                                 "--tls-cert",
                                 certificate_file("tls.crt"),
                                 "--tls-key",
                                 certificate_file("tls.key"),
                                 "--client-name=kube-apiserver",
                                 NULL};
    assert_does_not_start(names, "--client-name", "--client-ca");
    const char *const empty[] = {"serve",
                                 "--tls-cert",
                                 certificate_file("tls.crt"),
                                 "--tls-key",
                                 certificate_file("tls.key"),
                                 "--client-ca",
                                 certificate_file("client-ca.crt"),
                                 "--client-name=",
                                 NULL};
    assert_does_not_start(empty, "--client-name", "empty");
}

static void all_addresses_are_served_without_a_host(void **state) {
    (void)state;
    podgate_start(&podgate, "--listen=:0", NULL);
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void options_come_from_the_environment_too(void **state) {
    (void)state;
    setenv("PODGATE_MODE", "audit", 1);
    podgate_start(&podgate, NULL);
    unsetenv("PODGATE_MODE");
    assert_true(podgate_logs(&podgate, "mode audit"));
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* --- modes ------------------------------------------------------------------------------------ */

static void audit_only_never_denies(void **state) {
    (void)state;
    podgate_start(&podgate, "--audit-only", NULL);
    struct response response = podgate_review(&podgate, "create-pod-bad-everything");
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"allowed\":true"));
    assert_non_null(strstr(response.body, "\"violations\""));
    assert_null(strstr(response.body, "\"warnings\""));
    response_release(&response);
    assert_true(podgate_logs(&podgate, "\"decision\":\"would_deny\""));
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void exempt_namespaces_are_not_judged(void **state) {
    (void)state;
    podgate_start(&podgate, "--exempt-namespace=default", "--own-namespace=podgate", NULL);
    struct response response = podgate_review(&podgate, "create-pod-bad-everything");
    assert_non_null(strstr(response.body, "\"allowed\":true"));
    response_release(&response);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* --- reload ----------------------------------------------------------------------------------- */

static bool allows_bad_pod(void) {
    struct response response = podgate_review(&podgate, "create-pod-bad-everything");
    assert_int_equal(response.status, 200);
    bool allowed = strstr(response.body, "\"allowed\":true") != NULL;
    response_release(&response);
    return allowed;
}

static void policies_are_reloaded_by_sighup(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/policy.yaml", certificates());
    write_whole(path, POLICY("deny", "image-tag"));
    podgate_start(&podgate, "--policies", path, "--reload-interval=1h", NULL);
    assert_false(allows_bad_pod());

    write_whole(path, POLICY("deny", "no-such-check"));
    podgate_signal(&podgate, SIGHUP);
    assert_true(podgate_logs(&podgate, "the old ones stay in force"));
    assert_true(podgate_logs(&podgate, "policy.yaml:7:"));
    assert_true(podgate_metric_is(&podgate, "podgate_config_last_reload_successful", 0));
    assert_false(allows_bad_pod());
    struct response ready = podgate_fetch(podgate.health, "/readyz");
    assert_int_equal(ready.status, 200);
    response_release(&ready);

    write_whole(path, POLICY("audit", "image-tag"));
    podgate_signal(&podgate, SIGHUP);
    assert_true(podgate_metric_is(&podgate, "podgate_config_last_reload_successful", 1));
    assert_true(allows_bad_pod());
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* As kubelet does it: the files are behind a link that is renamed over. */
static void swap_config_map(const char *dir, const char *version, const char *text) {
    char path[256], link[256], part[256];
    snprintf(path, sizeof path, "%s/..%s", dir, version);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof path, "%s/..%s/policy.yaml", dir, version);
    write_whole(path, text);
    snprintf(path, sizeof path, "..%s", version);
    snprintf(part, sizeof part, "%s/..data_tmp", dir);
    snprintf(link, sizeof link, "%s/..data", dir);
    assert_int_equal(symlink(path, part), 0);
    assert_int_equal(rename(part, link), 0);
    snprintf(path, sizeof path, "%s/policy.yaml", dir);
    if (symlink("..data/policy.yaml", path) != 0) assert_int_equal(access(path, R_OK), 0);
}

static void a_swapped_config_map_is_noticed(void **state) {
    (void)state;
    char dir[128];
    snprintf(dir, sizeof dir, "%s/map", certificates());
    assert_int_equal(mkdir(dir, 0755), 0);
    swap_config_map(dir, "1", POLICY("deny", "image-tag"));
    podgate_start(&podgate, "--policies", dir, "--reload-interval=1h", NULL);
    assert_false(allows_bad_pod());
    swap_config_map(dir, "2", POLICY("audit", "image-tag"));
    for (int i = 0; i < 2000 && !allows_bad_pod(); i++)
        continue;
    assert_true(allows_bad_pod());
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_folder_that_is_written_without_end_is_read_all_the_same(void **state) {
    (void)state;
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    char dir[128], path[160], noise[160];
    bool allowed = false;
    snprintf(dir, sizeof dir, "%s/busy", certificates());
    snprintf(path, sizeof path, "%s/policy.yaml", dir);
    snprintf(noise, sizeof noise, "%s/notes.txt", dir);
    assert_int_equal(mkdir(dir, 0755), 0);
    write_whole(path, POLICY("deny", "image-tag"));
    podgate_start(&podgate, "--policies", dir, "--reload-interval=1s", NULL);
    assert_false(allows_bad_pod());
    write_whole(path, POLICY("audit", "image-tag"));
    for (int i = 0; i < 500 && !allowed; i++) {
        write_whole(noise, "not a policy");
        nanosleep(&pause, NULL);
        allowed = allows_bad_pod();
    }
    assert_true(allowed);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void copy(const char *from, const char *to) {
    char *text = read_whole(from, NULL);
    assert_non_null(text);
    write_whole(to, text);
    free(text);
}

static void a_certificate_is_exchanged_and_a_bad_one_is_not(void **state) {
    (void)state;
    char crt[128], key[128];
    snprintf(crt, sizeof crt, "%s/live.crt", certificates());
    snprintf(key, sizeof key, "%s/live.key", certificates());
    copy(certificate_file("tls.crt"), crt);
    copy(certificate_file("tls.key"), key);
    podgate_start(&podgate, "--tls-cert", crt, "--tls-key", key, "--reload-interval=50ms", NULL);
    struct client *before = podgate_connect(&podgate);

    copy(certificate_file("client.crt"), crt);
    assert_true(podgate_logs(&podgate, "the new certificate is refused"));
    assert_true(podgate_metric_is(&podgate, "podgate_certificate_last_reload_successful", 0));
    assert_serves(&podgate);
    copy(certificate_file("tls.crt"), crt);
    assert_true(podgate_logs(&podgate, "the files hold again the certificate that is in force"));
    assert_true(podgate_metric_is(&podgate, "podgate_certificate_last_reload_successful", 1));
    assert_true(podgate_metric_is(&podgate, "podgate_certificate_reloads_total{result=\"ok\"}", 1));

    copy(certificate_file("client.key"), key);
    copy(certificate_file("client.crt"), crt);
    assert_true(podgate_metric_is(&podgate, "podgate_certificate_reloads_total{result=\"ok\"}", 2));
    assert_true(podgate_metric_is(&podgate, "podgate_certificate_last_reload_successful", 1));

    /* The certificate of another CA is shown now; an old connection lives on. */
    struct client_options options = {.port = podgate.webhook, .ca = certificate_file("ca.crt")};
    assert_null(client_open(&options));
    struct response response = client_get(before, "/validate");
    assert_int_equal(response.status, 405);
    response_release(&response);
    client_close(before);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void what_broke_nothing_is_counted_at_the_end(void **state) {
    (void)state;
    podgate_start(&podgate, NULL);
    for (int i = 0; i < 3; i++) {
        struct response response = podgate_review(&podgate, "create-pod-web-good");
        assert_int_equal(response.status, 200);
        response_release(&response);
    }
    assert_int_equal(podgate_stop(&podgate), 0);
    assert_true(podgate_logs(&podgate, "\"msg\":\"clean\""));
    assert_true(podgate_logs(&podgate, ",\"reviews\":3}]}"));
    assert_int_equal(podgate_count_log(&podgate, "\"msg\":\"clean\""), 1);
}

/* --- end -------------------------------------------------------------------------------------- */

static void a_drain_is_announced_served_through_and_ends(void **state) {
    (void)state;
    podgate_start(&podgate, "--drain-quiet=400ms", NULL);
    size_t len;
    char *review = read_review("create-pod-web-good", &len);
    struct client *open = podgate_connect(&podgate);
    struct response response = client_post(open, "/validate", review, len);
    assert_false(response_has_header(&response, "Connection: close"));
    response_release(&response);

    podgate_signal(&podgate, SIGTERM);
    assert_true(podgate_logs(&podgate, "draining"));
    struct response ready = podgate_fetch(podgate.health, "/readyz");
    assert_int_equal(ready.status, 503);
    assert_non_null(strstr(ready.body, "draining"));
    response_release(&ready);
    struct response live = podgate_fetch(podgate.health, "/livez");
    assert_int_equal(live.status, 200);
    response_release(&live);
    response = client_post(open, "/validate", review, len);
    assert_int_equal(response.status, 200);
    assert_true(response_has_header(&response, "Connection: close"));
    response_release(&response);
    client_close(open);
    assert_serves(&podgate);

    assert_int_equal(podgate_wait(&podgate), 0);
    assert_int_equal(podgate_count_log(&podgate, "with 0 requests unanswered"), 1);
    free(review);
}

static bool door_is_closed(void) {
    struct client_options options = {.port = podgate.webhook};
    struct client *client = client_open(&options);
    if (client) client_close(client);
    return !client;
}

static void who_connected_before_the_end_of_a_drain_is_answered(void **state) {
    (void)state;
    podgate_start(&podgate, "--drain-quiet=100ms", NULL);
    size_t len;
    char *review = read_review("create-pod-web-good", &len);
    podgate_signal(&podgate, SIGTERM);
    assert_true(podgate_logs(&podgate, "draining"));
    struct client *late = podgate_connect(&podgate);
    while (!door_is_closed())
        continue;
    struct response response = client_post(late, "/validate", review, len);
    assert_int_equal(response.status, 200);
    response_release(&response);
    client_close(late);
    assert_int_equal(podgate_wait(&podgate), 0);
    free(review);
}

/* The API server does not send a POST again once it was written: what is in the socket is answered. */
static void what_came_before_the_end_of_a_drain_is_answered(void **state) {
    (void)state;
    enum { CLIENTS = 50 };
    struct client *idle[CLIENTS];
    size_t len;
    char *review = read_review("create-pod-web-good", &len);
    podgate_start(&podgate, "--drain-quiet=0s", "--threads=1", NULL);
    for (int i = 0; i < CLIENTS; i++) {
        idle[i] = podgate_connect(&podgate);
        struct response response = client_post(idle[i], "/validate", review, len);
        assert_int_equal(response.status, 200);
        response_release(&response);
    }
    podgate_signal(&podgate, SIGSTOP);
    static const char head[] = "POST /validate HTTP/1.1\r\nHost: podgate\r\n"
                               "Content-Type: application/json\r\nContent-Length: ";
    for (int i = 0; i < CLIENTS; i++) {
        char rest[32];
        int n = snprintf(rest, sizeof rest, "%zu\r\n\r\n", len);
        assert_true(client_send(idle[i], head, strlen(head)));
        assert_true(client_send(idle[i], rest, (size_t)n));
        assert_true(client_send(idle[i], review, len));
    }
    podgate_signal(&podgate, SIGTERM);
    podgate_signal(&podgate, SIGCONT);
    for (int i = 0; i < CLIENTS; i++) {
        struct response response = client_receive(idle[i]);
        assert_int_equal(response.status, 200);
        response_release(&response);
        client_close(idle[i]);
    }
    assert_int_equal(podgate_wait(&podgate), 0);
    free(review);
}

static void a_second_signal_ends_it_at_once(void **state) {
    (void)state;
    podgate_start(&podgate, "--drain-quiet=1h", "--drain-timeout=1h", NULL);
    struct client *idle = podgate_connect(&podgate);
    podgate_signal(&podgate, SIGTERM);
    assert_true(podgate_logs(&podgate, "draining"));
    podgate_signal(&podgate, SIGTERM);
    assert_int_equal(podgate_wait(&podgate), 0);
    assert_true(client_is_ended(idle, 30000));
    client_close(idle);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_certificate_is_named),
        cmocka_unit_test(a_wrong_certificate_is_named),
        cmocka_unit_test(a_bad_policy_is_named_with_its_place),
        cmocka_unit_test_teardown(a_port_in_use_is_named, release),
        cmocka_unit_test(wrong_options_are_told),
        cmocka_unit_test_teardown(all_addresses_are_served_without_a_host, release),
        cmocka_unit_test_teardown(options_come_from_the_environment_too, release),
        cmocka_unit_test_teardown(audit_only_never_denies, release),
        cmocka_unit_test_teardown(exempt_namespaces_are_not_judged, release),
        cmocka_unit_test_teardown(policies_are_reloaded_by_sighup, release),
        cmocka_unit_test_teardown(a_folder_that_is_written_without_end_is_read_all_the_same,
                                  release),
        cmocka_unit_test_teardown(a_swapped_config_map_is_noticed, release),
        cmocka_unit_test_teardown(a_certificate_is_exchanged_and_a_bad_one_is_not, release),
        cmocka_unit_test_teardown(what_broke_nothing_is_counted_at_the_end, release),
        cmocka_unit_test_teardown(a_drain_is_announced_served_through_and_ends, release),
        cmocka_unit_test_teardown(who_connected_before_the_end_of_a_drain_is_answered, release),
        cmocka_unit_test_teardown(what_came_before_the_end_of_a_drain_is_answered, release),
        cmocka_unit_test_teardown(a_second_signal_ends_it_at_once, release),
    };
    return cmocka_run_group_tests(tests, NULL, remove_certificates);
}
