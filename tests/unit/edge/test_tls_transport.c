/* Head and body in one packet, nothing lost and nothing overtaken, over a pair of sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/tls_transport.h"

static int ends[2];
static struct tls_transport transport;

static int set_up(void **state) {
    (void)state;
    int least = 1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    transport = (struct tls_transport){.fd = ends[0]};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static ssize_t push(const char *text) {
    union {
        const char *read_only;
        void *bytes;
    } at = {text};
    struct iovec part = {at.bytes, strlen(text)};
    return tls_transport_push(&transport, &part, 1);
}

/* What has arrived; "" when nothing has. */
static const char *arrived(void) {
    static char text[1 << 20];
    ssize_t n = recv(ends[1], text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

#define HEAD "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 17:58:00 GMT\r\nContent-Length: 40\r\n\r\n"
#define BODY "0123456789012345678901234567890123456789"

static void a_head_waits_for_its_body(void **state) {
    (void)state;
    tls_transport_expect(&transport, strlen(BODY));
    assert_int_equal(push(HEAD), strlen(HEAD));
    assert_string_equal(arrived(), "");
    assert_int_equal(push(BODY), strlen(BODY));
    assert_string_equal(arrived(), HEAD BODY);
    assert_int_equal(push("next"), 4);
    assert_string_equal(arrived(), "next");
}

static void head_and_body_in_one_wait_for_nothing(void **state) {
    (void)state;
    tls_transport_expect(&transport, strlen(BODY));
    assert_int_equal(push(HEAD BODY), strlen(HEAD BODY));
    assert_string_equal(arrived(), HEAD BODY);
}

static void what_waits_for_nothing_is_flushed(void **state) {
    (void)state;
    tls_transport_expect(&transport, strlen(BODY));
    assert_int_equal(push(HEAD), strlen(HEAD));
    tls_transport_flush(&transport);
    assert_string_equal(arrived(), HEAD);
    tls_transport_expect(&transport, strlen(BODY));
    tls_transport_flush(&transport);
    assert_int_equal(push("alert"), 5);
    assert_string_equal(arrived(), "alert");
}

static void nothing_is_lost_where_the_socket_is_full(void **state) {
    (void)state;
    static char filling[1 << 16], all[1 << 20];
    size_t filled = 0;
    memset(filling, 'x', sizeof filling - 1);
    for (ssize_t n; (n = push(filling)) > 0;)
        filled += (size_t)n;
    assert_int_equal(errno, EAGAIN);
    tls_transport_expect(&transport, strlen(BODY));
    assert_int_equal(push(HEAD), strlen(HEAD));
    assert_int_equal(push(BODY), -1);
    assert_int_equal(errno, EAGAIN);
    tls_transport_flush(&transport);
    while (filled > 0)
        filled -= strlen(arrived());
    /* GnuTLS offers again what was not taken. */
    for (size_t done = 0; done < strlen(BODY);) {
        ssize_t n = push(BODY + done);
        if (n > 0) done += (size_t)n;
        if (n < 0) assert_int_equal(errno, EAGAIN);
        strcat(all, arrived());
    }
    assert_string_equal(all, HEAD BODY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_waits_for_its_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_and_body_in_one_wait_for_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waits_for_nothing_is_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_lost_where_the_socket_is_full, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
