#include "edge/tls_send.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>

#define PARTS_MAX 32
/* A head with its record is longer than this, so head and body in one record are never taken for a head. */
#define HEAD_LEAST 64

static ssize_t send_parts(const struct tls_sender *sender, struct iovec *parts, size_t count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(sender->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool keep(struct tls_sender *sender, const struct iovec *parts, int count, size_t bytes) {
    bool may_wait = sender->wait_most > 0 && bytes <= sender->wait_most &&
                    bytes <= sizeof sender->head - sender->waiting;
    sender->wait_most = 0;
    if (!may_wait) return false;
    for (int i = 0; i < count; i++) {
        memcpy(sender->head + sender->waiting, parts[i].iov_base, parts[i].iov_len);
        sender->waiting += parts[i].iov_len;
    }
    return true;
}

/* Takes `sent` bytes off what waits; returns how many were of what came behind it. */
static size_t take_off(struct tls_sender *sender, size_t sent) {
    size_t taken = sent < sender->waiting ? sent : sender->waiting;
    sender->waiting -= taken;
    memmove(sender->head, sender->head + taken, sender->waiting);
    return sent - taken;
}

ssize_t tls_sender_push(struct tls_sender *sender, const struct iovec *parts, int count) {
    struct iovec all[1 + PARTS_MAX] = {{sender->head, sender->waiting}};
    size_t bytes = 0;
    if (count > PARTS_MAX) count = PARTS_MAX;
    for (int i = 0; i < count; i++) {
        all[1 + i] = parts[i];
        bytes += parts[i].iov_len;
    }
    if (keep(sender, parts, count, bytes)) return (ssize_t)bytes;
    ssize_t sent = send_parts(sender, all, 1 + (size_t)count);
    if (sent < 0) return -1;
    size_t of_parts = take_off(sender, (size_t)sent);
    if (of_parts > 0 || bytes == 0) return (ssize_t)of_parts;
    errno = EAGAIN;
    return -1;
}

void tls_sender_flush(struct tls_sender *sender) {
    sender->wait_most = 0;
    if (sender->waiting > 0) (void)tls_sender_push(sender, NULL, 0);
}

void tls_sender_expect(struct tls_sender *sender, size_t body_bytes) {
    sender->wait_most = body_bytes + HEAD_LEAST;
}

static ssize_t push(gnutls_transport_ptr_t context, const giovec_t *parts, int count) {
    struct iovec same[PARTS_MAX];
    if (count > PARTS_MAX) count = PARTS_MAX;
    for (int i = 0; i < count; i++)
        same[i] = (struct iovec){parts[i].iov_base, parts[i].iov_len};
    return tls_sender_push(context, same, count);
}

void tls_sender_bind(struct tls_sender *sender, void *session, int fd) {
    gnutls_transport_ptr_t receives, sends;
    *sender = (struct tls_sender){.fd = fd};
    gnutls_transport_get_ptr2(session, &receives, &sends);
    gnutls_transport_set_ptr2(session, receives, sender);
    gnutls_transport_set_vec_push_function(session, push);
}
