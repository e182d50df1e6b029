/*
 * tls_wait: how a session receives, and how a thread rests while a handshake waits for its client.
 *
 * libmicrohttpd forgets that a socket was readable only when reading behind the handshake finds it empty. Until then
 * it asks a session in its handshake again and again, so that one client that says hello and falls silent would keep a
 * core busy until its deadline. Here a session that finds nothing to read, in a thread that got nothing done
 * since it last found nothing, waits for the thread's next event, whosever that is.
 *
 * A waiter belongs to one connection and its event thread.
 */
#ifndef PODGATE_EDGE_TLS_WAIT_H
#define PODGATE_EDGE_TLS_WAIT_H

struct tls_waiter {
    int fd;
    int events; /* the thread's epoll file: readable when any of its connections, or a new one, has something */
};

/* Before the handshake: the session (a gnutls_session_t) receives through the waiter, which must outlive it. */
void tls_waiter_bind(struct tls_waiter *waiter, void *session, int fd, int events);
/* The calling thread got something done that no socket shows: a handshake at hand need not wait for an event. */
void tls_waiter_note_progress(void);

#endif
