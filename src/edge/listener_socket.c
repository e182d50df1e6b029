/*
 *   address := [host] ":" port;  host := IPv4 | "[" IPv6 "]"
 *
 * Without a host one IPv6 socket takes both families; where the system has no IPv6, an IPv4 socket
 * takes its place.
 */
#include "edge/listener_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

struct address {
    bool is_any; /* no host: both families */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
};

static bool parse_host(struct str host, uint16_t port, struct address *out) {
    char text[INET6_ADDRSTRLEN];
    bool bracketed = host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (bracketed) host = str_slice(host, 1, host.len - 2);
    if (host.len >= sizeof text) return false;
    if (host.len > 0) memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    *out = (struct address){.is_any = host.len == 0 && !bracketed};
    if (bracketed || out->is_any) {
        out->socket.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                               .sin6_port = htons(port),
                                               .sin6_addr = in6addr_any};
        return out->is_any || inet_pton(AF_INET6, text, &out->socket.v6.sin6_addr) == 1;
    }
    out->socket.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    return inet_pton(AF_INET, text, &out->socket.v4.sin_addr) == 1;
}

static bool parse_address(struct str text, struct address *out, struct error *err) {
    size_t colon = str_find_last_char(text, ':');
    int64_t port;
    if (colon < text.len && str_to_int64(str_slice(text, colon + 1, text.len), &port) &&
        port >= 0 && port <= 65535 && parse_host(str_slice(text, 0, colon), (uint16_t)port, out))
        return true;
    return error_set(err, ERR_USAGE, "%s is no address: write :8443, 127.0.0.1:8443 or [::1]:8443",
                     str_quoted(text).text);
}

/* A listening socket, or -1 with errno. */
static int open_socket(const struct address *address, bool both_families) {
    const struct sockaddr *any = &address->socket.any;
    socklen_t len =
        any->sa_family == AF_INET6 ? sizeof address->socket.v6 : sizeof address->socket.v4;
    int fd = socket(any->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1, only = !both_families;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (any->sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) != 0)
        goto failed;
    /* Inherited by the accepted ones: a client that vanished is noticed, answers are not held back. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, any, len) != 0 || listen(fd, BACKLOG) != 0) goto failed;
    return fd;
failed:;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static unsigned bound_port(int fd) {
    struct address bound = {0};
    socklen_t len = sizeof bound.socket;
    if (getsockname(fd, &bound.socket.any, &len) != 0) return 0;
    return ntohs(bound.socket.any.sa_family == AF_INET6 ? bound.socket.v6.sin6_port
                                                        : bound.socket.v4.sin_port);
}

static bool no_ipv6(int why) {
    return why == EAFNOSUPPORT || why == EADDRNOTAVAIL || why == EPROTONOSUPPORT;
}

bool socket_listen(struct str text, int *fd, unsigned *port, struct error *err) {
    struct address address = {0};
    if (!parse_address(text, &address, err)) return false;
    *fd = open_socket(&address, address.is_any);
    if (*fd < 0 && address.is_any && no_ipv6(errno)) {
        uint16_t number = address.socket.v6.sin6_port;
        address.socket.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = number};
        *fd = open_socket(&address, false);
    }
    if (*fd < 0) {
        int why = errno;
        return error_set(err, ERR_IO, "cannot listen on %.*s: %s", STR_ARGS(text),
                         why == EADDRINUSE ? "the port is in use by another process"
                         : why == EACCES ? "ports below 1024 need a privilege; choose a higher one"
                         : why == EADDRNOTAVAIL ? "this machine has no such address"
                                                : strerror(why));
    }
    *port = bound_port(*fd);
    return true;
}

void socket_say_https(int fd) {
    static const char answer[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
        "Content-Length: 64\r\nConnection: close\r\n\r\n"
        "this port speaks TLS: use https:// and podgate's CA certificate\n";
    char unread[4096];
    send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(fd, SHUT_WR);
    /* Unread bytes would turn the close into a reset, which can overtake the answer. */
    for (int i = 0; i < 16 && recv(fd, unread, sizeof unread, MSG_DONTWAIT) > 0; i++)
        continue;
}
