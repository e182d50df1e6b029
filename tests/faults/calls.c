#include "faults/calls.h"

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct fault_control *control;
static char control_path[] = "/tmp/podgate-faults-XXXXXX";

const char *fault_kind_name(enum fault_kind kind) {
    static const char *const names[FAULT_KINDS] = {
        [FAULT_MALLOC] = "malloc",   [FAULT_OPEN] = "open, opendir",
        [FAULT_READ] = "read",       [FAULT_STAT] = "stat",
        [FAULT_READDIR] = "readdir", [FAULT_WRITE] = "write",
        [FAULT_RENAME] = "rename",   [FAULT_THREAD] = "pthread_create",
        [FAULT_INOTIFY] = "inotify", [FAULT_EVENTS] = "eventfd, signalfd, epoll",
        [FAULT_SOCKET] = "socket",   [FAULT_ACCEPT] = "accept",
        [FAULT_RECV] = "recv",       [FAULT_SEND] = "send",
    };
    return names[kind];
}

int calls_setup(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* podgate ends connections at any byte */
    int fd = mkstemp(control_path);
    if (fd < 0 || ftruncate(fd, sizeof *control) != 0) return 1;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (control == MAP_FAILED) return 1;
    calls_succeed();
    return setenv("FAULT_CONTROL", control_path, 1);
}

int calls_teardown(void **state) {
    (void)state;
    unlink(control_path);
    return 0;
}

void calls_succeed(void) { atomic_store(&control->kind, -1); }

static void begin(enum fault_kind kind, enum fault_threads threads, uint64_t site, long n,
                  bool goes_on) {
    calls_succeed();
    memset(control->failed_in, 0, sizeof control->failed_in);
    memset(control->died_in, 0, sizeof control->died_in);
    atomic_store(&control->threads, (int)threads);
    atomic_store(&control->site, site);
    atomic_store(&control->left, n);
    atomic_store(&control->goes_on, goes_on);
    atomic_store(&control->seen, 0);
    atomic_store(&control->failed, 0);
    atomic_store(&control->kind, (int)kind);
}

void calls_count(struct faults *faults, enum fault_kind kind, enum fault_threads threads) {
    const char *which = getenv("FAULTS");
    faults->kind = kind;
    faults->threads = threads;
    faults->is_every_call = which && strcmp(which, "all") == 0;
    faults->count = 0;
    for (size_t i = 0; i < FAULT_SITES; i++)
        atomic_store(&control->sites[i], 0);
    atomic_store(&control->notes_sites, true);
    begin(kind, threads, 0, LONG_MAX, false);
}

void calls_counted(struct faults *faults) {
    calls_succeed();
    atomic_store(&control->notes_sites, false);
    for (size_t i = 0; i < FAULT_SITES; i++)
        if (atomic_load(&control->sites[i])) faults->sites[faults->count++] = control->sites[i];
    assert_in_range(faults->count, 0, FAULT_SITES / 4);
    if (faults->is_every_call) faults->count = (size_t)atomic_load(&control->seen);
}

void calls_fail(const struct faults *faults, size_t i, bool goes_on) {
    assert_true(i < faults->count);
    if (faults->is_every_call)
        begin(faults->kind, faults->threads, 0, (long)i + 1, goes_on);
    else
        begin(faults->kind, faults->threads, faults->sites[i], 1, goes_on);
}

bool calls_have_failed(void) { return atomic_load(&control->failed) > 0; }

const char *calls_failed_in(void) { return control->failed_in; }

const char *calls_died_in(void) { return control->died_in; }
