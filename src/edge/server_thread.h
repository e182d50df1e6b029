/*
 * server_thread: one thread that runs one libmicrohttpd daemon, which has no thread of its own.
 *
 * Why not the library's: in its handshake a TLS session stays "ready" in the library's eyes even when its socket is empty, so one
 * client that says hello and falls silent has the library's own loop ask again and again and keep a core busy until the
 * deadline. Here a round in which nothing got done is followed by a wait for the next event, whosever it is. Only between
 * two rounds is that right: within one, events that the library has taken off the kernel's list may still be unserved.
 *
 * The listener gives connections through a pipe, which wakes the thread; the library is entered by this thread alone.
 */
#ifndef PODGATE_EDGE_SERVER_THREAD_H
#define PODGATE_EDGE_SERVER_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "edge/listener.h"

struct MHD_Daemon;

struct server_thread {
    struct MHD_Daemon *daemon;
    struct listener *listener;
    /* What was got done so far: bytes that came or went, requests, connections. Counted by who does it, in this thread. */
    uint64_t progress;
    pthread_t thread;
    int given[2]; /* the pipe */
    bool has_pipe, is_running;
    _Atomic bool has_given, stopping;
};

/* Takes the daemon, also when it fails: server_thread_stop ends it. */
MUST_CHECK bool server_thread_start(struct server_thread *thread, struct MHD_Daemon *daemon,
                                    struct listener *listener, struct error *err);
/* The listener's: takes the descriptor of a connection, also when it answers false. */
bool server_thread_give(struct server_thread *thread, int fd);
/* Ends the thread, all connections whatever they do, and the daemon. A thread that never started is none. */
void server_thread_stop(struct server_thread *thread);

#endif
