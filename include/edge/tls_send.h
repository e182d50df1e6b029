/*
 * tls_send: the last step of a session's bytes, from GnuTLS to the socket. libmicrohttpd makes two records of an
 * answer, its head and its body, and sends each by itself; that second packet is a fifth of what a review costs.
 * So the head waits for the body, and both go out at once.
 *
 * A sender belongs to one connection and its event thread. Whatever is sent next takes what waits with it, so nothing
 * can be overtaken; what waits for nothing is sent by tls_sender_flush.
 */
#ifndef PODGATE_EDGE_TLS_SEND_H
#define PODGATE_EDGE_TLS_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define TLS_HEAD_BYTES 512

struct tls_sender {
    int fd;
    size_t wait_most; /* the next record waits if it is no longer; 0: none waits */
    size_t waiting;
    unsigned char head[TLS_HEAD_BYTES];
};

/* Before the handshake: all that the session (a gnutls_session_t) sends goes through the sender, which must outlive it. */
void tls_sender_bind(struct tls_sender *sender, void *session, int fd);
/* An answer with a body of so many bytes comes next. */
void tls_sender_expect(struct tls_sender *sender, size_t body_bytes);
/* The answer is complete: nothing waits any more. What the socket does not take goes out with what is sent next. */
void tls_sender_flush(struct tls_sender *sender);
/* Sends what waits and then the parts, without blocking: how many bytes of the parts were taken, or -1 and errno. */
ssize_t tls_sender_push(struct tls_sender *sender, const struct iovec *parts, int count);

#endif
