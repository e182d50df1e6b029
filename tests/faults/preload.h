/*
 * preload: calls of the C library that fail when a test says so, in another process.
 *
 * preload_faults.so (LD_PRELOAD) stands before malloc, open, read, pthread_create and the like. It maps the file that
 * $FAULT_CONTROL names, and fails the n-th call of a kind from when it is told to, once or from then on. Before main nothing
 * fails. What no kernel fails (an eventfd's read and write) is let through.
 */
#ifndef PODGATE_TESTS_PRELOAD_H
#define PODGATE_TESTS_PRELOAD_H

#include <stdatomic.h>
#include <stdbool.h>

enum fault_kind {
    FAULT_MALLOC,  /* malloc, calloc, realloc and their kin, of all but libgmp and libtasn1: NULL */
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

struct fault_control {
    atomic_int kind;  /* -1: none fails */
    atomic_long left; /* calls of the kind until the one that fails; 0: it has failed */
    atomic_bool goes_on;
    atomic_long seen; /* calls of the kind since it was set */
    atomic_long failed;
};

#endif
