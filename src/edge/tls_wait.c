#include "edge/tls_wait.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

/* Should the library have more to do than its events tell, it is held up for no longer. */
#define WAIT_MS 10

/* What this thread got done, and how much of that there was when a session last found nothing to read. */
static _Thread_local uint64_t progress, progress_when_idle;

void tls_waiter_note_progress(void) { progress++; }

static void rest(const struct tls_waiter *waiter) {
    struct pollfd events = {.fd = waiter->events, .events = POLLIN};
    if (progress == progress_when_idle) (void)poll(&events, 1, WAIT_MS);
    progress_when_idle = progress;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *into, size_t room) {
    const struct tls_waiter *waiter = context;
    ssize_t received = recv(waiter->fd, into, room, MSG_DONTWAIT);
    int why = errno;
    if (received < 0 && why == EAGAIN)
        rest(waiter);
    else
        tls_waiter_note_progress();
    errno = why;
    return received;
}

/* Only asked by sessions with a timeout of their own, which ours have not. */
static int wait_readable(gnutls_transport_ptr_t context, unsigned ms) {
    const struct tls_waiter *waiter = context;
    struct pollfd socket = {.fd = waiter->fd, .events = POLLIN};
    return poll(&socket, 1, (int)ms);
}

void tls_waiter_bind(struct tls_waiter *waiter, void *session, int fd, int events) {
    gnutls_transport_ptr_t receives, sends;
    *waiter = (struct tls_waiter){.fd = fd, .events = events};
    gnutls_transport_get_ptr2(session, &receives, &sends);
    gnutls_transport_set_ptr2(session, waiter, sends);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, wait_readable);
}
