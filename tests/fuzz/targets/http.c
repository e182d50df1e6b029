/*
 * Whatever comes over a connection: what is answered is HTTP, a verdict is the one of a whole review, and the next client
 * is served. The server, the webhook and libmicrohttpd are the real ones; a pair of sockets stands in for the network, and
 * there is no TLS.
 *
 * Two bytes of the input are not sent. HTTP_CUT: what follows is sent when the server has read what stands before.
 * HTTP_GONE: the client goes away there without waiting for its answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/clock.h"
#include "edge/health.h"
#include "edge/server.h"
#include "edge/webhook.h"
#include "fuzz/fuzz.h"
#include "fuzz/http_text.h"
#include "text/json.h"

#define CONNECTIONS 64
#define DESCRIPTORS 512 /* more are open only when some are never closed */
#define MAX_BODY 32768
#define PATIENCE_MS 10000
#define READ_WAIT_MS 20 /* at a cut; a server that owes answers may read later */

static const char good_review[] =
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"good\","
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\","
    "\"version\":\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"namespace\":\"team-a\","
    "\"operation\":\"DELETE\",\"userInfo\":{\"username\":\"alice\"},\"object\":null}}";

static struct {
    struct server *server;
    struct metrics *metrics;
    struct listener *listener; /* not started: it keeps the records of connections */
    struct webhook webhook;
    struct health health;
    struct http_route routes[2];
} rooms;

static void set_up_rooms(void) {
    struct error err;
    unsigned door;
    const struct door_options plain = {.name = "webhook",
                                       .address = STR("127.0.0.1:0"),
                                       .limit = CONNECTIONS,
                                       .workers = 1,
                                       .first_request_ms = PATIENCE_MS,
                                       .body_ms = PATIENCE_MS,
                                       .idle_ms = PATIENCE_MS,
                                       .open_gauge = METRIC_COUNT};
    const struct metrics_options names = {.version = "0", .commit = "0", .mode = MODE_ENFORCE};
    struct log *log = NULL;
    rooms.metrics = metrics_new(&names);
    FUZZ_EXPECT(rooms.metrics != NULL);
    FUZZ_EXPECT(log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_LEVEL_DEBUG, LOG_FORMAT_JSON,
                        &log, &err));
    FUZZ_EXPECT(log_start(log, &err));
    FUZZ_EXPECT(listener_new(log, rooms.metrics, metrics_shard(rooms.metrics, 0), DESCRIPTORS,
                             &rooms.listener, &err));
    FUZZ_EXPECT(listener_open(rooms.listener, &plain, &door, &err));
    rooms.webhook = (struct webhook){
        .admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE},
        .store = store_new(NULL, NULL),
        .log = log,
        .big_limit = 1,
    };
    rooms.health =
        (struct health){.store = rooms.webhook.store, .log = log, .metrics = rooms.metrics};
}

static void start_server(void) {
    struct error err;
    rooms.routes[0] =
        (struct http_route){"POST", "/validate", true, true, webhook_validate, &rooms.webhook};
    rooms.routes[1] =
        (struct http_route){"GET", "/metrics", false, false, health_metrics, &rooms.health};
    const struct server_options options = {.name = "webhook",
                                           .paths = "reviews go to /validate",
                                           .routes = rooms.routes,
                                           .route_count = 2,
                                           .threads = 1,
                                           .connections = CONNECTIONS,
                                           .log = rooms.webhook.log,
                                           .metrics = rooms.metrics,
                                           .first_shard = 1,
                                           .listener = rooms.listener,
                                           .max_body = MAX_BODY,
                                           .memory_budget = (int64_t)64 << 20,
                                           .counts_requests = true,
                                           .inactivity_s = 150};
    FUZZ_EXPECT(server_start(&options, &rooms.server, &err));
}

/* --- a client --------------------------------------------------------------------------------- */

struct client {
    struct fuzz *fuzz;
    int fd;
    bool is_ended; /* by the server */
    struct strbuf got;
};

static void client_connect(struct client *client, struct fuzz *fuzz) {
    int ends[2];
    *client = (struct client){.fuzz = fuzz};
    strbuf_init(&client->got, &fuzz->arena, 4096);
    FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    client->fd = ends[0];
    FUZZ_EXPECT(server_give(rooms.server, 0, ends[1]));
}

/* What has come, if anything has. */
static void client_read(struct client *client, int wait_ms) {
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    char bytes[16384];
    if (client->is_ended || poll(&ready, 1, wait_ms) <= 0) return;
    ssize_t n = read(client->fd, bytes, sizeof bytes);
    if (n > 0) strbuf_add(&client->got, (struct str){bytes, (size_t)n});
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) client->is_ended = true;
}

/* Until the server has read all that was sent, or will not. */
static void client_wait_read(struct client *client) {
    int64_t until = clock_monotonic_ns() + READ_WAIT_MS * CLOCK_NS_PER_MS;
    int unread = 0;
    while (!client->is_ended && ioctl(client->fd, SIOCOUTQ, &unread) == 0 && unread > 0 &&
           clock_monotonic_ns() < until) {
        client_read(client, 0);
        sched_yield();
    }
}

static void client_send(struct client *client, struct str bytes) {
    int64_t until = clock_monotonic_ns() + PATIENCE_MS * CLOCK_NS_PER_MS;
    while (bytes.len > 0 && !client->is_ended) {
        FUZZ_EXPECT(clock_monotonic_ns() < until);
        ssize_t n = send(client->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n > 0)
            bytes = str_slice(bytes, (size_t)n, bytes.len);
        else if (errno != EAGAIN && errno != EINTR)
            break; /* the server has ended it, and may have answered */
        client_read(client, n > 0 ? 0 : 1);
    }
}

/* All answers, up to the connection's end, which must come. */
static struct str client_finish(struct client *client) {
    int64_t until = clock_monotonic_ns() + PATIENCE_MS * CLOCK_NS_PER_MS;
    /* An end that comes together with bytes is not heard by libmicrohttpd: only the listener's deadline would end that connection. */
    client_wait_read(client);
    shutdown(client->fd, SHUT_WR);
    while (!client->is_ended) {
        FUZZ_EXPECT(clock_monotonic_ns() < until);
        client_read(client, 100);
    }
    close(client->fd);
    return strbuf_str(&client->got);
}

/* --- what must hold --------------------------------------------------------------------------- */

static void judge(struct fuzz *fuzz, const struct http_question *question,
                  struct admission_outcome *outcome) {
    admission_answer(&fuzz->arena, &rooms.webhook.admission, fuzz->strict, question->profile,
                     question->body, clock_unix_ms() / 1000, outcome);
}

static bool is_judged_so(struct fuzz *fuzz, const struct http_question *question, struct str body) {
    struct admission_outcome outcome;
    judge(fuzz, question, &outcome);
    return outcome.http_status == 200 && str_equals(outcome.body, body);
}

/* Behind a blank line, however its lines end. libmicrohttpd takes a line that begins with a colon for one. */
static bool may_begin_body(struct str sent, size_t at) {
    if (at < 2 || sent.at[at - 1] != '\n') return false;
    struct str before = str_slice(sent, 0, at - 1);
    size_t start = str_find_last_char(before, '\n');
    struct str line = str_trim(str_slice(before, start == before.len ? 0 : start + 1, before.len));
    return line.len == 0 || line.at[0] == ':';
}

/* The next number behind a colon, before `end`. */
static bool next_length(struct str sent, size_t end, size_t *at, size_t *length) {
    for (; *at < end; (*at)++) {
        int64_t number;
        size_t start = *at + 1, stop;
        if (sent.at[*at] != ':') continue;
        while (start < end && (sent.at[start] == ' ' || sent.at[start] == '\t'))
            start++;
        for (stop = start; stop < end && sent.at[stop] >= '0' && sent.at[stop] <= '9';)
            stop++;
        if (!str_to_int64(str_slice(sent, start, stop - start), &number) || number > MAX_BODY)
            continue;
        *length = (size_t)number;
        *at = stop;
        return true;
    }
    return false;
}

/* Whether a verdict is that of bytes which stand behind a blank line and are as many as some number before them says. */
static bool is_verdict_of_some_body(struct fuzz *fuzz, struct str sent, struct str body) {
    static const char *const profiles[] = {"", "default", "baseline", "restricted"};
    for (size_t start = 0; start < sent.len; start++) {
        if (!may_begin_body(sent, start)) continue;
        for (size_t at = 0, length; next_length(sent, start, &at, &length);) {
            struct http_question question = {.body = str_slice(sent, start, length)};
            if (length > sent.len - start) continue;
            for (size_t p = 0; p < sizeof profiles / sizeof *profiles; p++) {
                question.profile = str_from(profiles[p]);
                if (is_judged_so(fuzz, &question, body)) return true;
            }
        }
    }
    return false;
}

static bool is_kind(struct fuzz *fuzz, struct str body, struct str kind) {
    struct document document;
    struct error err;
    return json_read(&fuzz->arena, body, &scan_limits_default, &document, &err) &&
           str_equals(tree_string(tree_find(document.root, STR("kind"))), kind);
}

/* Of a request that was not read beside the server: at least a verdict is no invention. */
static void expect_some_answer(struct fuzz *fuzz, struct str sent, const struct http_answer *a) {
    bool is_json = str_equals(a->content_type, STR("application/json"));
    if (a->status == 200 && is_json)
        FUZZ_EXPECT(is_verdict_of_some_body(fuzz, sent, a->body));
    else if (is_json && a->body.len > 0)
        FUZZ_EXPECT(is_kind(fuzz, a->body, STR("Status")));
    else if (a->status == 200)
        FUZZ_EXPECT(str_starts_with(a->content_type, STR("text/plain")) ||
                    str_starts_with(a->content_type, STR("application/openmetrics-text")));
}

/* Of some answers that libmicrohttpd gives by itself, without a Content-Type, it sends the head twice. */
static struct str without_twin(struct str got) {
    struct str head = http_find_head(got), rest = str_slice(got, head.len, got.len);
    return !str_contains(head, STR("Content-Type")) && str_starts_with(rest, head) ? rest : got;
}

/* The answer to a HEAD has no body: another answer is behind it, or nothing. */
static bool take_any_answer(struct str sent, struct str *got, struct http_answer *answer) {
    *got = without_twin(*got);
    struct str rest = *got;
    if (str_contains(sent, STR("HEAD ")) && http_take_answer(&rest, false, answer) &&
        (rest.len == 0 || str_starts_with(rest, STR("HTTP/1.")))) {
        *got = rest;
        return true;
    }
    return http_take_answer(got, true, answer);
}

/* The requests at the front that are plain have exactly their answers; what follows has some, or none. */
static void expect_answers(struct fuzz *fuzz, struct str sent, struct str got) {
    struct str rest = sent;
    struct http_question question;
    struct http_answer answer;
    bool is_ended = false;
    while (http_take_question(&rest, &question) && question.body.len <= MAX_BODY) {
        struct admission_outcome outcome;
        judge(fuzz, &question, &outcome);
        FUZZ_EXPECT(http_take_answer(&got, true, &answer));
        FUZZ_EXPECT(answer.status == outcome.http_status);
        FUZZ_EXPECT(str_equals(answer.body, outcome.body));
        FUZZ_EXPECT(str_equals(answer.content_type, STR("application/json")) && !answer.ends);
    }
    while (got.len > 0) {
        FUZZ_EXPECT(!is_ended);
        FUZZ_EXPECT(take_any_answer(sent, &got, &answer));
        expect_some_answer(fuzz, sent, &answer);
        is_ended = answer.ends;
    }
}

static void expect_service(struct fuzz *fuzz) {
    struct client client;
    struct http_answer answer;
    client_connect(&client, fuzz);
    client_send(&client, str_format(&fuzz->arena,
                                    "POST /validate HTTP/1.1\r\nHost: podgate\r\n"
                                    "Content-Type: application/json\r\n"
                                    "Content-Length: %zu\r\n\r\n%s",
                                    strlen(good_review), good_review));
    struct str got = client_finish(&client);
    FUZZ_EXPECT(http_take_answer(&got, true, &answer) && answer.status == 200 && got.len == 0);
    FUZZ_EXPECT(str_contains(answer.body, STR("\"allowed\":true")));
    int64_t until = clock_monotonic_ns() + PATIENCE_MS * CLOCK_NS_PER_MS;
    while (server_in_flight(rooms.server) > 0) {
        FUZZ_EXPECT(clock_monotonic_ns() < until);
        sched_yield();
    }
}

/* Sends the input in its pieces. False when the client went away. */
static bool send_pieces(struct client *client, struct str input, struct strbuf *sent) {
    while (input.len > 0) {
        size_t end = 0;
        while (end < input.len && input.at[end] != HTTP_CUT && input.at[end] != HTTP_GONE)
            end++;
        struct str piece = str_slice(input, 0, end);
        strbuf_add(sent, piece);
        client_send(client, piece);
        if (end < input.len && input.at[end] == HTTP_GONE) return false;
        if (end < input.len) client_wait_read(client);
        input = str_slice(input, end + 1, input.len);
    }
    return true;
}

void fuzz_http(struct fuzz *fuzz, struct str input) {
    struct client client;
    struct strbuf sent;
    if (!rooms.server) {
        set_up_rooms();
        store_replace(rooms.webhook.store, fuzz_compile_strict(&fuzz->arena));
        start_server();
    }
    strbuf_init(&sent, &fuzz->arena, input.len + 1);
    client_connect(&client, fuzz);
    if (send_pieces(&client, input, &sent))
        expect_answers(fuzz, strbuf_str(&sent), client_finish(&client));
    else
        close(client.fd);
    expect_service(fuzz);
}
