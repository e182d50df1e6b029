#include "edge/server_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)
#define GIFTS 32
#define WAKE_ONLY (-1)
/* Should the library have more to do than its events tell, it is held up for no longer. */
#define IDLE_MS 10

struct gift {
    int fd;
    int64_t
        accepted_ns; /* of this connection: the descriptor's number alone may be another's by then */
};

bool server_thread_give(struct server_thread *thread, int fd) {
    struct gift gift = {fd, connection_accepted_ns(thread->listener, fd)};
    /* Shorter than PIPE_BUF: all of it or nothing. */
    if (write(thread->given[1], &gift, sizeof gift) != (ssize_t)sizeof gift) {
        close(fd);
        return false;
    }
    atomic_store(&thread->has_given, true); /* so that a busy thread need not ask the pipe */
    return true;
}

static void drop(struct server_thread *thread, const struct gift *gift) {
    connection_lost(thread->listener, gift->fd, gift->accepted_ns);
    close(gift->fd);
}

static void take(struct server_thread *thread, const struct gift *gift) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof address;
    if (getpeername(gift->fd, (struct sockaddr *)&address, &len) != 0)
        drop(thread, gift); /* its client is gone */
    else if (MHD_add_connection(thread->daemon, gift->fd, (struct sockaddr *)&address, len) !=
             MHD_YES)
        connection_lost(thread->listener, gift->fd, gift->accepted_ns);
    thread->progress++;
}

static void each_given(struct server_thread *thread,
                       void (*receive)(struct server_thread *, const struct gift *)) {
    struct gift gifts[GIFTS];
    ssize_t got;
    while ((got = read(thread->given[0], gifts, sizeof gifts)) > 0)
        for (size_t i = 0; i < (size_t)got / sizeof gifts[0]; i++)
            if (gifts[i].fd != WAKE_ONLY) receive(thread, &gifts[i]);
}

/* Milliseconds until the library wants its next round; -1: not before an event. */
static int time_to_wait(const struct server_thread *thread, bool got_something_done) {
    unsigned long long ms;
    if (MHD_get_timeout(thread->daemon, &ms) != MHD_YES) return -1;
    if (ms == 0) return got_something_done ? 0 : IDLE_MS;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void *run(void *arg) {
    struct server_thread *thread = arg;
    int epoll = MHD_get_daemon_info(thread->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd events[2] = {{.fd = epoll, .events = POLLIN},
                               {.fd = thread->given[0], .events = POLLIN}};
    uint64_t before = 0;
    while (!atomic_load_explicit(&thread->stopping, memory_order_relaxed)) {
        int ms = time_to_wait(thread, thread->progress != before);
        before = thread->progress;
        if (ms != 0) (void)poll(events, 2, ms);
        if (atomic_exchange(&thread->has_given, false)) each_given(thread, take);
        MHD_run(thread->daemon);
    }
    return NULL;
}

bool server_thread_start(struct server_thread *thread, struct MHD_Daemon *daemon,
                         struct listener *listener, struct error *err) {
    pthread_attr_t attr;
    thread->daemon = daemon;
    thread->listener = listener;
    if (pipe2(thread->given, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_set(err, ERR_IO, "no descriptors for an event thread: %s", strerror(errno));
    thread->has_pipe = true;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    int failed = pthread_create(&thread->thread, &attr, run, thread);
    pthread_attr_destroy(&attr);
    if (failed)
        return error_set(err, ERR_IO, "an event thread does not start: %s", strerror(failed));
    thread->is_running = true;
    return true;
}

void server_thread_stop(struct server_thread *thread) {
    if (thread->is_running) {
        const struct gift none = {.fd = WAKE_ONLY};
        atomic_store(&thread->stopping, true);
        (void)!write(thread->given[1], &none, sizeof none); /* a full pipe wakes it too */
        pthread_join(thread->thread, NULL);
    }
    if (thread->daemon) MHD_stop_daemon(thread->daemon);
    if (thread->has_pipe) {
        each_given(thread, drop);
        close(thread->given[0]);
        close(thread->given[1]);
    }
}
