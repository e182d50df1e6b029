/* The listener with a receiver that only keeps what it is given. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "edge/listener.h"

#define WORKERS 3
#define KEPT 64
#define SOON_MS 20000

static struct listener *listener;
static struct metrics *metrics;
static struct error err;
static unsigned door;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static struct {
    unsigned worker;
    int fd;
} kept[KEPT];
static unsigned kept_count;

static bool keep(void *context, unsigned worker, int fd) {
    (void)context;
    pthread_mutex_lock(&mutex);
    if (kept_count < KEPT) {
        kept[kept_count].worker = worker;
        kept[kept_count++].fd = fd;
    }
    pthread_cond_signal(&came);
    pthread_mutex_unlock(&mutex);
    return true;
}

static void await_kept(unsigned count) {
    pthread_mutex_lock(&mutex);
    while (kept_count < count)
        pthread_cond_wait(&came, &mutex);
    pthread_mutex_unlock(&mutex);
}

static int set_up(void **state) {
    (void)state;
    kept_count = 0;
    metrics = metrics_new(&(struct metrics_options){"test", "", MODE_ENFORCE, 0});
    return metrics && listener_new(NULL, metrics, metrics_shard(metrics, 0), 256, &listener, &err)
               ? 0
               : -1;
}

/* As a worker's library does: the record goes before the descriptor. */
static void end_kept(unsigned i) {
    connection_end(connection_find(listener, kept[i].fd));
    close(kept[i].fd);
}

static int tear_down(void **state) {
    (void)state;
    listener_stop(listener);
    for (unsigned i = 0; i < kept_count; i++)
        if (kept[i].fd >= 0) end_kept(i);
    listener_free(listener);
    metrics_free(metrics);
    return 0;
}

static struct door_options options_for(const char *address) {
    return (struct door_options){.name = "test",
                                 .address = str_from(address),
                                 .limit = 16,
                                 .workers = WORKERS,
                                 .first_request_ms = 60000,
                                 .body_ms = 60000,
                                 .idle_ms = 60000,
                                 .open_gauge = METRIC_CONNECTIONS};
}

static void open_door(struct door_options options) {
    assert_true(listener_open(listener, &options, &door, &err));
    listener_set_receiver(listener, door, keep, NULL);
    assert_true(listener_start(listener, &err));
}

static int connect_to_door(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)listener_port(listener, door)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static bool is_ended(int fd) {
    char byte;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, SOON_MS) > 0 && recv(fd, &byte, 1, 0) <= 0;
}

static void addresses_are_bound(void **state) {
    (void)state;
    static const char *const addresses[] = {"127.0.0.1:0", ":0", "0.0.0.0:0"};
    for (size_t i = 0; i < 3; i++) {
        struct door_options options = options_for(addresses[i]);
        if (!listener_open(listener, &options, &door, &err))
            fail_msg("%s: %s", addresses[i], err.text);
        assert_true(listener_port(listener, door) > 0);
    }
}

static void ipv6_is_bound_where_there_is_any(void **state) {
    (void)state;
    struct door_options options = options_for("[::1]:0");
    if (!listener_open(listener, &options, &door, &err)) {
        if (strstr(err.text, "no such address") || strstr(err.text, "not supported")) skip();
        fail_msg("%s", err.text);
    }
    assert_true(listener_port(listener, door) > 0);
}

static void other_texts_are_no_addresses(void **state) {
    (void)state;
    static const char *const addresses[] = {
        "",
        "8443",
        ":",
        "localhost:1",
        "::1:1",
        "[::1]",
        "[::1]1",
        "[]:1",
        "1.2.3:1",
        "1.2.3.4:-1",
        "1.2.3.4:x",
        "1.2.3.4:65536",
        "256.0.0.1:1",
        "[1.2.3.4]:1",
        "[::1%lo]:1",
        " 127.0.0.1:1",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct door_options options = options_for(addresses[i]);
        if (listener_open(listener, &options, &door, &err))
            fail_msg("\"%s\" is bound", addresses[i]);
        assert_non_null(strstr(err.text, "no address"));
    }
}

static void a_connection_goes_to_the_least_loaded_worker(void **state) {
    (void)state;
    int clients[7];
    open_door(options_for("127.0.0.1:0"));
    for (unsigned i = 0; i < 6; i++) {
        clients[i] = connect_to_door();
        assert_int_equal(send(clients[i], "x", 1, 0), 1);
        await_kept(i + 1);
        assert_int_equal(kept[i].worker, i % WORKERS);
    }
    end_kept(1);
    kept[1].fd = -1;
    clients[6] = connect_to_door();
    assert_int_equal(send(clients[6], "x", 1, 0), 1);
    await_kept(7);
    assert_int_equal(kept[6].worker, 1);
    assert_int_equal(listener_connections(listener, door), 6);
    for (unsigned i = 0; i < 7; i++)
        close(clients[i]);
}

static void a_worker_gets_nothing_before_the_first_byte(void **state) {
    (void)state;
    struct door_options options = options_for("127.0.0.1:0");
    options.first_request_ms = 30;
    open_door(options);
    int silent = connect_to_door();
    assert_true(is_ended(silent));
    assert_int_equal(kept_count, 0);
    close(silent);
}

static void deadlines_follow_the_request(void **state) {
    (void)state;
    struct door_options options = options_for("127.0.0.1:0");
    options.body_ms = 40;
    open_door(options);
    int client = connect_to_door();
    assert_int_equal(send(client, "x", 1, 0), 1);
    await_kept(1);
    connection_begin_request(connection_find(listener, kept[0].fd));
    /* The record is told to go: shutdown(2), which both sides see; the owner closes. */
    assert_true(is_ended(client));
    assert_int_equal(listener_connections(listener, door), 1);
    end_kept(0);
    kept[0].fd = -1;
    assert_int_equal(listener_connections(listener, door), 0);
    close(client);
}

static void plain_bytes_do_not_pass_a_tls_door(void **state) {
    (void)state;
    char answer[512];
    struct door_options options = options_for("127.0.0.1:0");
    options.speaks_tls = true;
    open_door(options);
    int http = connect_to_door(), noise = connect_to_door(), tls = connect_to_door();
    assert_int_equal(send(http, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    ssize_t n = recv(http, answer, sizeof answer - 1, MSG_WAITALL);
    assert_true(n > 0);
    answer[n] = '\0';
    assert_non_null(strstr(answer, "400 Bad Request"));
    assert_int_equal(send(noise, "\x01", 1, 0), 1);
    assert_true(is_ended(noise));
    assert_int_equal(send(tls, "\x16", 1, 0), 1);
    await_kept(1);
    close(http);
    close(noise);
    close(tls);
}

static void a_closed_door_keeps_its_connections(void **state) {
    (void)state;
    open_door(options_for("127.0.0.1:0"));
    int early = connect_to_door();
    listener_close_door(listener, door);
    /* It had come before the door was closed. */
    assert_int_equal(send(early, "x", 1, 0), 1);
    await_kept(1);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)listener_port(listener, door)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(late);
    close(early);
}

/* Three connections that have asked: one idle, one with its next request in the socket, one whose request was just read. */
static void only_who_waits_for_nothing_is_ended_as_idle(void **state) {
    (void)state;
    int clients[4];
    char byte;
    open_door(options_for("127.0.0.1:0"));
    for (unsigned i = 0; i < 4; i++) {
        clients[i] = connect_to_door();
        assert_int_equal(send(clients[i], "x", 1, 0), 1);
        await_kept(i + 1);
        assert_int_equal(recv(kept[i].fd, &byte, 1, 0), 1);
        if (i == 3) break; /* this one has never asked */
        struct connection *connection = connection_find(listener, kept[i].fd);
        connection_begin_request(connection);
        connection_whole_request(connection);
        connection_answered(connection);
    }
    assert_int_equal(send(clients[1], "x", 1, 0), 1);
    struct pollfd come = {.fd = kept[1].fd, .events = POLLIN};
    assert_int_equal(poll(&come, 1, SOON_MS), 1);
    connection_begin_request(connection_find(listener, kept[2].fd));

    assert_int_equal(listener_end_idle(listener, door), 3);
    assert_true(is_ended(clients[0]));
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(send(kept[i].fd, "y", 1, MSG_NOSIGNAL), 1);
        assert_int_equal(recv(clients[i], &byte, 1, 0), 1);
        assert_int_equal(byte, 'y');
    }
    for (unsigned i = 0; i < 4; i++)
        close(clients[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_are_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ipv6_is_bound_where_there_is_any, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_texts_are_no_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_goes_to_the_least_loaded_worker, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_worker_gets_nothing_before_the_first_byte, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(deadlines_follow_the_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_bytes_do_not_pass_a_tls_door, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_who_waits_for_nothing_is_ended_as_idle, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_closed_door_keeps_its_connections, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
