/*
 * tls_transport: how a session's bytes come and go between GnuTLS and the socket, in two ways other than its own.
 *
 * Sending. libmicrohttpd makes two records of an answer, its head and its body, and sends each by itself; that second packet is a
 * fifth of what a review costs. So the head waits for the body, and both go out at once. Whatever is sent next takes what waits
 * with it, so nothing can be overtaken; what waits for nothing is sent by tls_transport_flush.
 *
 * Receiving. libmicrohttpd forgets that a socket was readable only when reading behind the handshake finds it empty. Until then
 * it asks a session in its handshake again and again, so that one client that says hello and falls silent would keep a
 * core busy until its deadline. Here a session that finds nothing to read, in a thread that got nothing done
 * since it last found nothing, waits for the thread's next event, whosever that is.
 *
 * A transport belongs to one connection and its event thread.
 */
#ifndef PODGATE_EDGE_TLS_TRANSPORT_H
#define PODGATE_EDGE_TLS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#define TLS_HEAD_BYTES 512

struct tls_transport {
    int fd;
    int events; /* the thread's epoll file: readable when any of its connections, or a new one, has something */
    size_t wait_most; /* the next record waits if it is no longer; 0: none waits */
    size_t waiting;
    unsigned char head[TLS_HEAD_BYTES];
};

/* Before the handshake: all that the session (a gnutls_session_t) sends and receives goes through the transport, which must
 * outlive it. */
void tls_transport_bind(struct tls_transport *transport, void *session, int fd, int events);
/* An answer with a body of so many bytes comes next. */
void tls_transport_expect(struct tls_transport *transport, size_t body_bytes);
/* The answer is complete: nothing waits any more. What the socket does not take goes out with what is sent next. */
void tls_transport_flush(struct tls_transport *transport);
/* Sends what waits and then the parts, without blocking: how many bytes of the parts were taken, or -1 and errno. */
ssize_t tls_transport_push(struct tls_transport *transport, const struct iovec *parts, int count);
/* The calling thread got something done that no socket shows: a handshake at hand need not wait for an event. */
void tls_transport_note_progress(void);

#endif
