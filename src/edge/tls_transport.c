#include "edge/tls_transport.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define PARTS_MAX 32
/* A head with its record is longer than this, so head and body in one record are never taken for a head. */
#define HEAD_LEAST 64

/* --- sending ---------------------------------------------------------------------------------- */

static ssize_t send_parts(const struct tls_transport *transport, struct iovec *parts,
                          size_t count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(transport->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool keep(struct tls_transport *transport, const struct iovec *parts, int count,
                 size_t bytes) {
    bool may_wait = transport->wait_most > 0 && bytes <= transport->wait_most &&
                    bytes <= sizeof transport->head - transport->waiting;
    transport->wait_most = 0;
    if (!may_wait) return false;
    for (int i = 0; i < count; i++) {
        memcpy(transport->head + transport->waiting, parts[i].iov_base, parts[i].iov_len);
        transport->waiting += parts[i].iov_len;
    }
    return true;
}

/* Takes `sent` bytes off what waits; returns how many were of what came behind it. */
static size_t take_off(struct tls_transport *transport, size_t sent) {
    size_t taken = sent < transport->waiting ? sent : transport->waiting;
    transport->waiting -= taken;
    memmove(transport->head, transport->head + taken, transport->waiting);
    return sent - taken;
}

ssize_t tls_transport_push(struct tls_transport *transport, const struct iovec *parts, int count) {
    struct iovec all[1 + PARTS_MAX] = {{transport->head, transport->waiting}};
    size_t bytes = 0;
    if (count > PARTS_MAX) count = PARTS_MAX;
    for (int i = 0; i < count; i++) {
        all[1 + i] = parts[i];
        bytes += parts[i].iov_len;
    }
    if (keep(transport, parts, count, bytes)) return (ssize_t)bytes;
    ssize_t sent = send_parts(transport, all, 1 + (size_t)count);
    if (sent < 0) return -1;
    size_t of_parts = take_off(transport, (size_t)sent);
    if (of_parts > 0 || bytes == 0) return (ssize_t)of_parts;
    errno = EAGAIN;
    return -1;
}

void tls_transport_flush(struct tls_transport *transport) {
    transport->wait_most = 0;
    if (transport->waiting > 0) (void)tls_transport_push(transport, NULL, 0);
}

void tls_transport_expect(struct tls_transport *transport, size_t body_bytes) {
    transport->wait_most = body_bytes + HEAD_LEAST;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *parts, int count) {
    struct tls_transport *transport = context;
    struct iovec same[PARTS_MAX];
    if (count > PARTS_MAX) count = PARTS_MAX;
    for (int i = 0; i < count; i++)
        same[i] = (struct iovec){parts[i].iov_base, parts[i].iov_len};
    ssize_t sent = tls_transport_push(transport, same, count);
    if (sent >= 0) ++*transport->progress;
    return sent;
}

/* --- receiving -------------------------------------------------------------------------------- */

static ssize_t pull(gnutls_transport_ptr_t context, void *into, size_t room) {
    const struct tls_transport *transport = context;
    ssize_t received = recv(transport->fd, into, room, MSG_DONTWAIT);
    if (received >= 0 || errno != EAGAIN) ++*transport->progress;
    return received;
}

/* Only asked by sessions with a timeout of their own, which ours have not. */
static int wait_readable(gnutls_transport_ptr_t context, unsigned ms) {
    const struct tls_transport *transport = context;
    struct pollfd socket = {.fd = transport->fd, .events = POLLIN};
    return poll(&socket, 1, (int)ms);
}

void tls_transport_bind(struct tls_transport *transport, void *session, int fd,
                        uint64_t *progress) {
    *transport = (struct tls_transport){.fd = fd, .progress = progress};
    gnutls_transport_set_ptr2(session, transport, transport);
    gnutls_transport_set_vec_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, wait_readable);
}
