/*
 * tls_transport: how a session's bytes come and go between GnuTLS and the socket.
 * libmicrohttpd makes two records of an answer, its head and its body, and sends each by itself; that second packet is a
 * fifth of what a review costs. So the head waits for the body, and both go out at once. Whatever is sent next takes what waits
 * with it, so nothing can be overtaken; what waits for nothing is sent by tls_transport_flush.
 *
 * What came and went is counted, so that the event thread knows whether it got anything done.
 *
 * A transport belongs to one connection and its event thread.
 */
#ifndef PODGATE_EDGE_TLS_TRANSPORT_H
#define PODGATE_EDGE_TLS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define TLS_HEAD_BYTES 512

struct tls_transport {
    int fd;
    uint64_t *progress; /* its thread's */
    size_t wait_most;   /* the next record waits if it is no longer; 0: none waits */
    size_t waiting;
    unsigned char head[TLS_HEAD_BYTES];
};

/* Before the handshake: all that the session (a gnutls_session_t) sends and receives goes through the transport, which must
 * outlive it. */
void tls_transport_bind(struct tls_transport *transport, void *session, int fd, uint64_t *progress);
/* An answer with a body of so many bytes comes next. */
void tls_transport_expect(struct tls_transport *transport, size_t body_bytes);
/* The answer is complete: nothing waits any more. What the socket does not take goes out with what is sent next. */
void tls_transport_flush(struct tls_transport *transport);
/* Sends what waits and then the parts, without blocking: how many bytes of the parts were taken, or -1 and errno. */
ssize_t tls_transport_push(struct tls_transport *transport, const struct iovec *parts, int count);

#endif
