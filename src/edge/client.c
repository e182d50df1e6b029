/*
 *   url       := ("http" | "https") "://" authority [target]
 *   authority := (name | IPv4 | "[" IPv6 "]") [":" port]
 *   target    := "/" visible*
 */
#include "edge/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "edge/client_answer.h"
#include "edge/client_lookup.h"
#include "edge/clock.h"

#define HOST_BYTES 253
#define FIRST_BYTES ((size_t)16 << 10)

/* --- addresses -------------------------------------------------------------------------------- */

static bool is_host(struct str host, bool bracketed) {
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool fine =
            ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || (bracketed && c == ':');
        if (!fine) return false;
    }
    return host.len > 0 && host.len <= HOST_BYTES;
}

static bool is_port(struct str port) {
    int64_t number;
    return str_to_int64(port, &number) && port.at[0] != '-' && port.len <= 5 && number > 0 &&
           number <= 65535;
}

static bool is_visible(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '#') return false;
    return true;
}

static bool parse_authority(struct str text, struct client_url *out) {
    bool bracketed = text.len > 0 && text.at[0] == '[';
    size_t end = str_find_char(text, bracketed ? ']' : ':');
    if (bracketed && end == text.len) return false;
    out->authority = text;
    out->host = bracketed ? str_slice(text, 1, end - 1) : str_slice(text, 0, end);
    if (bracketed) end++;
    if (end < text.len) {
        if (text.at[end] != ':') return false;
        out->port = str_slice(text, end + 1, text.len);
    }
    return is_host(out->host, bracketed) && is_port(out->port);
}

bool client_parse_url(struct str text, struct client_url *out, struct error *err) {
    *out = (struct client_url){.is_https = str_starts_with(text, STR("https://"))};
    out->port = out->is_https ? STR("443") : STR("80");
    struct str scheme = out->is_https ? STR("https://") : STR("http://");
    struct str rest = str_slice(text, scheme.len, text.len);
    size_t slash = str_find_char(rest, '/');
    out->target = slash < rest.len ? str_slice(rest, slash, rest.len) : STR("/");
    if (str_starts_with(text, scheme) && parse_authority(str_slice(rest, 0, slash), out) &&
        is_visible(out->target))
        return true;
    struct arena arena;
    struct strbuf shown;
    arena_init(&arena, 1024, 0);
    strbuf_init(&shown, &arena, 256);
    strbuf_add_quoted(&shown, text, 128);
    error_set(err, ERR_USAGE,
              "%.*s is no URL: write http://HOST:PORT/readyz or "
              "https://HOST:PORT/validate",
              STR_ARGS(strbuf_str(&shown)));
    arena_fini(&arena);
    return false;
}

/* --- the connection --------------------------------------------------------------------------- */

struct link {
    int fd;
    struct tls_client *tls; /* NULL: plain */
    int64_t deadline_ns;
};

/* False when the time is over. */
static bool wait_for(const struct link *link, short events, int64_t deadline_ns) {
    struct pollfd ready = {.fd = link->fd, .events = events};
    for (;;) {
        int64_t left = deadline_ns - clock_monotonic_ns();
        if (left <= 0) return false;
        int n = poll(&ready, 1, (int)(left / CLOCK_NS_PER_MS) + 1);
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
    }
}

/* True when a step that is not done should be taken again. */
static bool go_on(const struct link *link, enum tls_step step, const char *doing,
                  struct error *err) {
    if (step == TLS_FAILED) return false;
    if (wait_for(link, step == TLS_WANTS_READ ? POLLIN : POLLOUT, link->deadline_ns)) return true;
    return error_set(err, ERR_IO, "the time is over while %s", doing);
}

/* A socket that is connected, or -1 and why in errno. */
static int connect_to(const struct lookup_address *to, int64_t deadline_ns) {
    struct link link = {
        .fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    int why = 0, on = 1;
    socklen_t size = sizeof why;
    if (link.fd < 0) return -1;
    /* TLS 1.3 ends its handshake with a small packet of ours: without this the request would wait
     * until the server acknowledges that, up to 40 ms. */
    setsockopt(link.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(link.fd, (const struct sockaddr *)&to->address, to->len) != 0) {
        why = errno;
        if (why == EINPROGRESS && !wait_for(&link, POLLOUT, deadline_ns))
            why = ETIMEDOUT;
        else if (why == EINPROGRESS && getsockopt(link.fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0)
            why = errno;
    }
    if (why == 0) return link.fd;
    close(link.fd);
    errno = why;
    return -1;
}

static bool open_link(struct link *link, const struct client_url *url, struct error *err) {
    struct lookup_address found[LOOKUP_MOST];
    size_t count = 0;
    if (!client_lookup(url->host, url->port, link->deadline_ns, found, &count, err)) return false;
    for (size_t i = 0; i < count && link->fd < 0; i++) {
        /* An address that does not answer may not use up the others' time. */
        int64_t now = clock_monotonic_ns();
        int64_t share = (link->deadline_ns - now) / (int64_t)(count - i);
        link->fd = connect_to(&found[i], now + share);
    }
    return link->fd >= 0 || error_set(err, ERR_IO, "no connection: %s", strerror(errno));
}

static bool shake_hands(struct link *link, struct error *err) {
    for (;;) {
        enum tls_step step = tls_client_handshake(link->tls, link->fd, err);
        if (step == TLS_DONE) return true;
        if (!go_on(link, step, "TLS is set up", err)) return false;
    }
}

static enum tls_step step_of(ssize_t n, enum tls_step wanted, struct error *err) {
    if (n >= 0) return TLS_DONE;
    if (errno == EAGAIN || errno == EINTR) return wanted;
    error_set(err, ERR_IO, "the connection broke: %s", strerror(errno));
    return TLS_FAILED;
}

static enum tls_step send_some(struct link *link, struct str *bytes, struct error *err) {
    if (link->tls) return tls_client_send(link->tls, bytes, err);
    ssize_t n = send(link->fd, bytes->at, bytes->len, MSG_NOSIGNAL);
    if (n >= 0) *bytes = str_slice(*bytes, (size_t)n, bytes->len);
    return step_of(n, TLS_WANTS_WRITE, err);
}

static enum tls_step receive_some(struct link *link, char *buffer, size_t size, size_t *got,
                                  struct error *err) {
    if (link->tls) return tls_client_receive(link->tls, buffer, size, got, err);
    ssize_t n = recv(link->fd, buffer, size, 0);
    *got = n >= 0 ? (size_t)n : 0;
    return step_of(n, TLS_WANTS_READ, err);
}

/* --- request and answer ----------------------------------------------------------------------- */

static bool send_all(struct link *link, struct str bytes, struct error *err) {
    while (bytes.len > 0) {
        enum tls_step step = send_some(link, &bytes, err);
        if (step != TLS_DONE && !go_on(link, step, "the request is sent", err)) return false;
    }
    return true;
}

static bool send_request(struct link *link, struct arena *arena,
                         const struct client_request *request, struct error *err) {
    struct strbuf text;
    bool posts = request->json.len > 0;
    strbuf_init(&text, arena, 512 + request->json.len);
    strbuf_printf(&text,
                  "%s %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: podgate-probe\r\n"
                  "Accept: %s\r\nConnection: close\r\n",
                  posts ? "POST" : "GET", STR_ARGS(request->url.target),
                  STR_ARGS(request->url.authority), posts ? "application/json" : "*/*");
    if (posts)
        strbuf_printf(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                      request->json.len);
    strbuf_add(&text, STR("\r\n"));
    strbuf_add(&text, request->json);
    if (arena_is_exhausted(arena)) return error_set(err, ERR_MEMORY, "out of memory");
    return send_all(link, strbuf_str(&text), err);
}

/* One more piece of the answer behind the others. */
static bool receive_piece(struct link *link, struct strbuf *text, struct error *err) {
    char buffer[FIRST_BYTES];
    for (;;) {
        size_t got = 0;
        enum tls_step step = receive_some(link, buffer, sizeof buffer, &got, err);
        if (step == TLS_DONE && got == 0)
            return error_set(err, ERR_IO, "the server ended the connection %s",
                             text->len > 0 ? "in the middle of its answer" : "without an answer");
        if (step == TLS_DONE) {
            strbuf_add(text, (struct str){buffer, got});
            return !arena_is_exhausted(text->arena) || error_set(err, ERR_MEMORY, "out of memory");
        }
        if (!go_on(link, step, "the answer is waited for", err)) return false;
    }
}

static bool receive_answer(struct link *link, struct arena *arena, struct client_answer *out,
                           struct error *err) {
    struct strbuf text;
    struct answer_head head;
    enum answer_state state = ANSWER_MORE;
    strbuf_init(&text, arena, FIRST_BYTES);
    while (state == ANSWER_MORE) {
        if (!receive_piece(link, &text, err)) return false;
        state = answer_read_head(strbuf_str(&text), &head, err);
    }
    if (state == ANSWER_BAD) return false;
    size_t whole = head.head_bytes + head.body_bytes;
    while (text.len < whole)
        if (!receive_piece(link, &text, err)) return false;
    if (text.len > whole)
        return error_set(err, ERR_SYNTAX, "the answer is longer than its Content-Length");
    /* The text may have moved since its head was read. */
    answer_read_head(strbuf_str(&text), &head, err);
    *out = (struct client_answer){head.status, head.content_type,
                                  str_slice(strbuf_str(&text), head.head_bytes, head.body_bytes)};
    return true;
}

bool client_ask(struct arena *arena, const struct client_request *request,
                struct client_answer *out, struct error *err) {
    struct link link = {.fd = -1,
                        .tls = request->tls,
                        .deadline_ns =
                            clock_monotonic_ns() + request->timeout_ms * CLOCK_NS_PER_MS};
    bool fine = open_link(&link, &request->url, err) && (!link.tls || shake_hands(&link, err)) &&
                send_request(&link, arena, request, err) && receive_answer(&link, arena, out, err);
    if (link.fd >= 0) close(link.fd);
    if (fine) return true;
    struct str place =
        str_format(arena, "%.*s:%.*s", STR_ARGS(request->url.host), STR_ARGS(request->url.port));
    return error_in(err, place.at ? place.at : "");
}
