/*
 * preload: calls of the C library that fail when a test says so, in another process.
 *
 * preload_faults.so (LD_PRELOAD) stands before malloc, open, read, pthread_create and the like. It maps the file that
 * $FAULT_CONTROL names, and fails one call of a kind when it is told to, alone or with all that come after it: the n-th, or the first from
 * a site, which is a call with its callers. Before main nothing fails. What no kernel fails (an eventfd's read and write) is let
 * through. When the process dies it notes in which library.
 */
#ifndef PODGATE_TESTS_PRELOAD_H
#define PODGATE_TESTS_PRELOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_MALLOC,  /* malloc, calloc, realloc and their kin: NULL */
    FAULT_OPEN,    /* open, fopen, opendir: EMFILE */
    FAULT_READ,    /* read of a file: EIO */
    FAULT_STAT,    /* stat, fstat, fstatat: EIO */
    FAULT_READDIR, /* EIO */
    FAULT_WRITE,   /* write to a file: ENOSPC */
    FAULT_RENAME,  /* EIO */
    FAULT_THREAD,  /* pthread_create: EAGAIN */
    FAULT_INOTIFY, /* inotify_init1: EMFILE, inotify_add_watch: ENOSPC */
    FAULT_EVENTS,  /* eventfd, signalfd, epoll_create1: EMFILE; epoll_ctl: ENOMEM */
    FAULT_SOCKET,  /* socket, bind, listen: ENOBUFS */
    FAULT_ACCEPT,  /* EMFILE */
    FAULT_RECV,    /* recv of any form: ECONNRESET */
    FAULT_SEND,    /* send of any form: ENOBUFS */
    FAULT_KINDS
};

enum fault_threads { FAULT_ALL_THREADS, FAULT_MAIN_THREAD, FAULT_OTHER_THREADS };

#define FAULT_SITES 4096 /* a power of two; none of the runs has a quarter of it */

#define FAULT_NAMES 128

struct fault_control {
    atomic_int kind;       /* -1: none fails */
    atomic_int threads;    /* enum fault_threads: whose calls count and fail */
    _Atomic uint64_t site; /* fail the first call from here; 0: the n-th */
    atomic_long left;      /* calls until the one that fails; 0 and less: it has failed */
    atomic_bool goes_on;
    atomic_long seen; /* calls since it was set */
    atomic_long failed;
    atomic_bool notes_sites;
    _Atomic uint64_t sites[FAULT_SITES]; /* by hash; 0 is free */
    char failed_in
        [FAULT_NAMES]; /* through which libraries the call came that failed last, innermost first */
    char died_in[FAULT_NAMES]; /* the same of where the process met its end */
};

#endif
