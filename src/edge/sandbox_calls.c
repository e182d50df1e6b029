#include "edge/sandbox_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/*
 * Found by tracing the integration tests (strace -f) and by reading what glibc, musl, libmicrohttpd and GnuTLS fall back to.
 * A name that this architecture or this libseccomp does not know is left out.
 */
static const char *const always[] = {
    /* connections that are there, and new ones of the listening sockets */
    "accept",
    "accept4",
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "write",
    "writev",
    "sendto",
    "sendmsg",
    "sendfile",
    "shutdown",
    "close",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    /* files that a reload reads; opening them is below */
    "access",
    "faccessat",
    "faccessat2",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "lseek",
    "pread64",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    /* memory; mmap and mprotect are below */
    "brk",
    "munmap",
    "mremap",
    "madvise",
    /* threads, time, randomness */
    "futex",
    "sched_yield",
    "sched_getaffinity",
    "membarrier",
    "rseq",
    "set_robust_list",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getrandom",
    "getpid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "times",
    "restart_syscall",
    /* the end, and an assertion's abort */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "exit",
    "exit_group",
#if SANITIZED
    /* LeakSanitizer stops the world from a thread of its own. */
    "clone",
    "clone3",
    "ptrace",
    "wait4",
    "prctl",
    "prlimit64",
    "rt_tgsigqueueinfo",
    "getppid",
    "pipe",
    "pipe2",
    "rt_sigpending",
    "personality",
    "process_vm_readv",
#endif
};

#define SEAL_S 20 /* a thousand times what it takes */

/* Calls whose argument decides: allowed when (argument & mask) == value. */
#define WRITES (O_ACCMODE | O_CREAT | O_TRUNC)
struct conditional {
    const char *name;
    unsigned argument;
    uint64_t mask, value;
};
#define WHOLE UINT64_MAX
static const struct conditional conditional[] = {
    {"open", 1, WRITES, O_RDONLY},    {"openat", 2, WRITES, O_RDONLY}, {"mmap", 2, PROT_EXEC, 0},
    {"mmap2", 2, PROT_EXEC, 0},       {"mprotect", 2, PROT_EXEC, 0},   {"fcntl", 1, WHOLE, F_GETFL},
    {"fcntl", 1, WHOLE, F_SETFL},     {"fcntl", 1, WHOLE, F_GETFD},    {"fcntl", 1, WHOLE, F_SETFD},
    {"ioctl", 1, WHOLE, FIONBIO},     {"ioctl", 1, WHOLE, FIONREAD},
#if !SANITIZED
    {"prctl", 0, WHOLE, PR_SET_NAME}, {"prctl", 0, WHOLE, PR_SET_VMA}, {"prlimit64", 2, WHOLE, 0},
#endif
};

/* For the folder of recorded reviews; Landlock says which one that is. */
static const struct conditional writing[] = {
    {"unlinkat", 2, WHOLE, 0},
    {"openat", 2, WRITES, O_WRONLY | O_CREAT},
};

/* 0, or a negative errno as libseccomp gives it. */
static int allow_always(scmp_filter_ctx filter, unsigned *calls) {
    int failed = 0;
    for (size_t i = 0; !failed && i < sizeof always / sizeof *always; i++) {
        int call = seccomp_syscall_resolve_name(always[i]);
        if (call < 0) continue;
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
        *calls += !failed;
    }
    return failed;
}

static int allow_conditional(scmp_filter_ctx filter, const struct conditional *rows, size_t count,
                             unsigned *calls) {
    int failed = 0;
    const char *last = "";
    for (size_t i = 0; !failed && i < count; i++) {
        const struct conditional *c = &rows[i];
        int call = seccomp_syscall_resolve_name(c->name);
        if (call < 0) continue;
        struct scmp_arg_cmp compare = {c->argument, SCMP_CMP_MASKED_EQ, c->mask, c->value};
        failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &compare);
        *calls += !failed && strcmp(c->name, last) != 0;
        last = c->name;
    }
    return failed;
}

/* abort() signals itself, and nobody else may be signalled. */
static int allow_abort(scmp_filter_ctx filter) {
    struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
}

/* Writes the filter's program to `fd`. libseccomp 2.5 forgets that memory ran out while it made one, and makes it without most of
 * the calls: errno still tells. */
static int export_program(scmp_filter_ctx filter, int fd) {
    errno = 0;
    int failed = seccomp_export_bpf(filter, fd);
    return !failed && errno == ENOMEM ? -ENOMEM : failed;
}

/* Puts it in force for all threads. */
static int load_program(int fd) {
    struct sock_filter code[BPF_MAXINSNS];
    ssize_t bytes = pread(fd, code, sizeof code, 0);
    if (bytes <= 0) return -EIO;
    struct sock_fprog program = {(unsigned short)((size_t)bytes / sizeof *code), code};
    long left_out =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (left_out < 0) return -errno;
    return left_out > 0 ? -ESRCH : 0;
}

/* Makes the filter and writes its program to `fd`. */
static int make_program(int fd, bool writes_files, unsigned *calls) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter) return -ENOMEM;
    /* A balanced tree instead of a list: fewer instructions for every call. */
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!failed) failed = allow_always(filter, calls);
    if (!failed)
        failed =
            allow_conditional(filter, conditional, sizeof conditional / sizeof *conditional, calls);
    if (!failed && writes_files)
        failed = allow_conditional(filter, writing, sizeof writing / sizeof *writing, calls);
    if (!failed) failed = allow_abort(filter);
    if (!failed) failed = export_program(filter, fd);
    seccomp_release(filter);
    return failed;
}

unsigned calls_seal(bool writes_files) {
    unsigned calls = 1;
    int fd = memfd_create("seccomp", MFD_CLOEXEC);
    if (fd < 0) return 0;
    /* Without memory the library may also run for ever, and beside this thread others serve already: then the process ends. */
    alarm(SEAL_S);
    int failed = make_program(fd, writes_files, &calls);
    alarm(0);
    if (!failed) failed = load_program(fd);
    close(fd);
    errno = -failed;
    return failed ? 0 : calls;
}
