/* URLs, heads of answers, and whole answers of a server that does what a test says. TLS is in tests/integration. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/client.h"
#include "edge/client_answer.h"

static struct error err;

/* --- URLs ------------------------------------------------------------------------------------- */

static void assert_str(struct str text, const char *wanted) {
    if (!str_equals(text, str_from(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(text), wanted);
}

static void urls_are_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *text, *host, *port, *authority, *target;
        bool is_https;
    } rows[] = {
        {"http://127.0.0.1:8081/readyz", "127.0.0.1", "8081", "127.0.0.1:8081", "/readyz", false},
        {"https://podgate.podgate.svc/validate", "podgate.podgate.svc", "443",
         "podgate.podgate.svc", "/validate", true},
        {"https://[::1]:8443/validate/a?timeout=1s", "::1", "8443", "[::1]:8443",
         "/validate/a?timeout=1s", true},
        {"http://[fe80::1]", "fe80::1", "80", "[fe80::1]", "/", false},
        {"http://a_b-c", "a_b-c", "80", "a_b-c", "/", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client_url url;
        assert_true(client_parse_url(str_from(rows[i].text), &url, &err));
        assert_str(url.host, rows[i].host);
        assert_str(url.port, rows[i].port);
        assert_str(url.authority, rows[i].authority);
        assert_str(url.target, rows[i].target);
        assert_int_equal(url.is_https, rows[i].is_https);
    }
}

static void what_is_no_url_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "http://",
        "https:///validate",
        "podgate:8443",
        "ftp://x/",
        "HTTP://x/",
        "http://x:/",
        "http://x:0/",
        "http://x:65536/",
        "http://x:-1/",
        "http://x:0x50/",
        "http://user@x/",
        "http://x/a b",
        "http://x/a\r\nX: y",
        "http://x/#a",
        "http://x\r\n/",
        "http://[::1/",
        "http://[::1]8/",
        "http://::1/",
        "http://x?a",
        "http://\xc3\xa9/",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct client_url url;
        if (client_parse_url(str_from(texts[i]), &url, &err)) fail_msg("%s is a URL", texts[i]);
        assert_int_equal(err.code, ERR_USAGE);
    }
}

/* --- heads ------------------------------------------------------------------------------------ */

static void a_head_is_read_when_it_is_whole(void **state) {
    (void)state;
    const char text[] = "HTTP/1.1 403 \r\nDate: now\r\ncontent-TYPE:  application/json ;x=y \r\n"
                        "Content-Length: 12\r\nX:\r\n\r\n{";
    struct answer_head head;
    for (size_t len = 0; len + 1 < sizeof text - 1; len++)
        assert_int_equal(answer_read_head((struct str){text, len}, &head, &err), ANSWER_MORE);
    assert_int_equal(answer_read_head((struct str){text, sizeof text - 1}, &head, &err),
                     ANSWER_WHOLE);
    assert_int_equal(head.status, 403);
    assert_str(head.content_type, "application/json ;x=y");
    assert_int_equal(head.body_bytes, 12);
    assert_int_equal(head.head_bytes, sizeof text - 2);
}

static void heads_of_two_meanings_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", "more than one"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
         "Transfer-Encoding"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"},
        {"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n", "no number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -0\r\n\r\n", "no number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n", "no number"},
        {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "no number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "no number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n", "larger than 8 MiB"},
        {"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n", "Name: value"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\nContent-Length: 2\r\n\r\n", "Name: value"},
        {"HTTP/1.1 200 OK\r\nA\r\nContent-Length: 2\r\n\r\n", "Name: value"},
        {"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\n", "Name: value"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", "first line"},
        {"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n", "first line"},
        {"HTTP/1.1 -20 OK\r\nContent-Length: 2\r\n\r\n", "first line"},
        {"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n", "first line"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
         "preliminary"},
        {"SSH-2.0-x\r\n\r\n", "first line"},
        {"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "first line"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer_head head;
        if (answer_read_head(str_from(rows[i].text), &head, &err) != ANSWER_BAD ||
            !strstr(err.text, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, err.text, rows[i].says);
    }
}

static void a_head_without_end_is_refused(void **state) {
    (void)state;
    static char text[ANSWER_HEAD_BYTES + 1];
    struct answer_head head;
    memset(text, 'a', sizeof text);
    assert_int_equal(answer_read_head((struct str){text, sizeof text - 1}, &head, &err),
                     ANSWER_MORE);
    assert_int_equal(answer_read_head((struct str){text, sizeof text}, &head, &err), ANSWER_BAD);
    assert_int_equal(err.code, ERR_LIMIT);
}

/* --- whole answers ---------------------------------------------------------------------------- */

/* Takes one connection, reads until an empty line, sends the text in pieces of `piece` bytes and hangs up. */
struct script {
    int socket;
    const char *text;
    size_t piece;
    char asked[4096];
};

static void *play(void *arg) {
    struct script *script = arg;
    size_t len = 0, left = strlen(script->text);
    int fd = accept(script->socket, NULL, NULL);
    while (len < sizeof script->asked - 1 && !strstr(script->asked, "\r\n\r\n")) {
        ssize_t n = recv(fd, script->asked + len, sizeof script->asked - 1 - len, 0);
        if (n <= 0) break;
        len += (size_t)n;
    }
    for (const char *at = script->text; left > 0;) {
        size_t n = left < script->piece ? left : script->piece;
        if (send(fd, at, n, MSG_NOSIGNAL) <= 0) break;
        at += n;
        left -= n;
    }
    close(fd);
    return NULL;
}

static bool ask(struct arena *arena, struct script *script, struct str json,
                struct client_answer *answer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    pthread_t thread;
    char url[64];
    script->socket = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(script->socket, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(script->socket, 1), 0);
    assert_int_equal(getsockname(script->socket, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&thread, NULL, play, script), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/a?b", ntohs(address.sin_port));
    struct client_request request = {.json = json, .timeout_ms = 20000};
    assert_true(client_parse_url(str_from(url), &request.url, &err));
    bool fine = client_ask(arena, &request, answer, &err);
    pthread_join(thread, NULL);
    close(script->socket);
    return fine;
}

static void an_answer_is_put_together_from_pieces(void **state) {
    (void)state;
    for (size_t piece = 1; piece < 100; piece += 13) {
        struct arena arena;
        struct client_answer answer;
        struct script script = {
            .text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n",
            .piece = piece};
        arena_init(&arena, 4096, 0);
        assert_true(ask(&arena, &script, STR_NONE, &answer));
        assert_int_equal(answer.status, 200);
        assert_str(answer.content_type, "text/plain");
        assert_str(answer.body, "ok\n");
        assert_non_null(strstr(script.asked, "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:"));
        arena_fini(&arena);
    }
}

static void json_is_posted(void **state) {
    (void)state;
    struct arena arena;
    struct client_answer answer;
    struct script script = {.text = "HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\n", .piece = 99};
    arena_init(&arena, 4096, 0);
    assert_true(ask(&arena, &script, STR("{}"), &answer));
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body.len, 0);
    assert_non_null(strstr(script.asked, "POST /a?b HTTP/1.1\r\n"));
    assert_non_null(strstr(script.asked, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(script.asked, "\r\nContent-Length: 2\r\n"));
    arena_fini(&arena);
}

static void half_and_doubtful_answers_are_errors(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "without an answer"},
        {"HTTP/1.1 200 OK\r\n", "in the middle"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "in the middle"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok", "longer than its Content-Length"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena;
        struct client_answer answer;
        struct script script = {.text = rows[i].text, .piece = 9999};
        arena_init(&arena, 4096, 0);
        assert_false(ask(&arena, &script, STR_NONE, &answer));
        if (!strstr(err.text, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, err.text, rows[i].says);
        assert_non_null(strstr(err.where, "127.0.0.1:"));
        arena_fini(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(what_is_no_url_is_refused),
        cmocka_unit_test(a_head_is_read_when_it_is_whole),
        cmocka_unit_test(heads_of_two_meanings_are_refused),
        cmocka_unit_test(a_head_without_end_is_refused),
        cmocka_unit_test(an_answer_is_put_together_from_pieces),
        cmocka_unit_test(json_is_posted),
        cmocka_unit_test(half_and_doubtful_answers_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
