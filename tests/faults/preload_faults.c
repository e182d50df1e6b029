#include "faults/preload.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The C library's own names for what is replaced here; no header has them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);
int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
                      void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack);

static struct fault_control *control;
static pthread_t main_thread;

/* --- who calls ---------------------------------------------------------------------------------- */

#define MODULES_MAX 64
#define CALLERS 7 /* some of them this library's own */

/* The program and its libraries, as they were before main. */
static struct module {
    uintptr_t begin, end;
    const char *name; /* without its folder */
} modules[MODULES_MAX];
static size_t module_count;

static int add_module(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size, (void)context;
    if (module_count == MODULES_MAX) return 1;
    const char *slash = strrchr(info->dlpi_name, '/');
    struct module *module = &modules[module_count++];
    *module = (struct module){UINTPTR_MAX, 0, slash ? slash + 1 : "podgate"};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD) continue;
        uintptr_t at = info->dlpi_addr + part->p_vaddr;
        if (at < module->begin) module->begin = at;
        if (at + part->p_memsz > module->end) module->end = at + part->p_memsz;
    }
    return 0;
}

static const struct module *module_of(const void *address) {
    uintptr_t at = (uintptr_t)address;
    for (size_t i = 0; i < module_count; i++)
        if (at >= modules[i].begin && at < modules[i].end) return &modules[i];
    return NULL;
}

static bool is_own(const struct module *module) {
    return module && strstr(module->name, "preload_faults");
}

/* The same in every process of the program, wherever its libraries are. Never 0. */
static uint64_t site_of(void *const *callers, int count) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int i = 0; i < count; i++) {
        const struct module *module = module_of(callers[i]);
        if (is_own(module)) continue;
        uint64_t parts[] = {module ? (uint64_t)(module - modules) : MODULES_MAX,
                            module ? (uintptr_t)callers[i] - module->begin : 0};
        for (int p = 0; p < 2; p++)
            hash = (hash ^ parts[p]) * UINT64_C(1099511628211);
    }
    return hash | 1;
}

static void note_site(uint64_t site) {
    for (size_t at = site >> 1, tried = 0; tried < FAULT_SITES; at++, tried++) {
        uint64_t none = 0;
        if (atomic_compare_exchange_strong(&control->sites[at % FAULT_SITES], &none, site)) return;
        if (none == site) return;
    }
}

/* Through which modules a call came, innermost first, without this library and the C library: "libgmp.so.10 < podgate". */
static void name_modules(char to[static FAULT_NAMES], void *const *callers, int count) {
    const struct module *last = NULL;
    size_t len = 0;
    for (int i = 0; i < count; i++) {
        const struct module *module = module_of(callers[i]);
        if (!module || module == last || is_own(module) || strstr(module->name, "libc.so") ||
            strstr(module->name, "vdso") || strstr(module->name, "ld-linux"))
            continue;
        int more = snprintf(to + len, FAULT_NAMES - len, "%s%s", last ? " < " : "", module->name);
        if (more < 0 || (size_t)more >= FAULT_NAMES - len) break;
        len += (size_t)more;
        last = module;
    }
}

static void note_death(int number) {
    void *callers[32];
    int count = backtrace(callers, 32);
    name_modules(control->died_in, callers, count);
    backtrace_symbols_fd(callers, count, STDERR_FILENO);
    signal(number, SIG_DFL);
    raise(number);
}

/* --- what fails --------------------------------------------------------------------------------- */

static bool is_meant(enum fault_kind kind) {
    if (!control || atomic_load(&control->kind) != (int)kind) return false;
    int threads = atomic_load(&control->threads);
    return threads == FAULT_ALL_THREADS ||
           (threads == FAULT_MAIN_THREAD) == (pthread_self() == main_thread);
}

static bool fails(enum fault_kind kind) {
    static __thread bool is_inside; /* what is done here calls too */
    void *callers[CALLERS];
    if (is_inside || !is_meant(kind)) return false;
    is_inside = true;
    int count = backtrace(callers, CALLERS);
    uint64_t site = site_of(callers, count);
    atomic_fetch_add(&control->seen, 1);
    if (atomic_load(&control->notes_sites)) note_site(site);
    uint64_t wanted = atomic_load(&control->site);
    bool is_counted = wanted == 0 || wanted == site || atomic_load(&control->left) < 1;
    long left = is_counted ? atomic_fetch_sub(&control->left, 1) : 2;
    bool is_failed = left == 1 || (left < 1 && atomic_load(&control->goes_on));
    if (is_failed) {
        atomic_fetch_add(&control->failed, 1);
        name_modules(control->failed_in, callers, count);
    }
    is_inside = false;
    return is_failed;
}

static bool fails_with(enum fault_kind kind, int code) {
    if (!fails(kind)) return false;
    errno = code;
    return true;
}

/* The function that this library stands before. */
#define REAL(name) ((__typeof__(&name))(size_t)dlsym(RTLD_NEXT, #name))
#define CALL(result, name, ...)                                                                    \
    do {                                                                                           \
        static __typeof__(&name) real;                                                             \
        if (!real) real = REAL(name);                                                              \
        result real(__VA_ARGS__);                                                                  \
    } while (0)

static void map_control(void) {
    const char *path = getenv("FAULT_CONTROL");
    void *first[1];
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return;
    main_thread = pthread_self();
    dl_iterate_phdr(add_module, NULL);
    backtrace(first, 1); /* loads what it needs */
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], note_death);
    control = mapped;
}

int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
                      void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
                      void *stack) {
    map_control();
    CALL(return, __libc_start_main, program, argc, argv, init, fini, rtld_fini, stack);
}

#define NO_MEMORY() fails_with(FAULT_MALLOC, ENOMEM)

/* --- memory ------------------------------------------------------------------------------------- */

void *malloc(size_t size) { return NO_MEMORY() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return NO_MEMORY() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return NO_MEMORY() ? NULL : __libc_realloc(old, size); }
void *memalign(size_t align, size_t size) {
    return NO_MEMORY() ? NULL : __libc_memalign(align, size);
}
void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }
int posix_memalign(void **out, size_t align, size_t size) {
    void *found = memalign(align, size);
    if (!found) return ENOMEM;
    *out = found;
    return 0;
}

/* --- files -------------------------------------------------------------------------------------- */

/* What the disk or a reader can fail, unlike the descriptors that the kernel makes for events. */
static bool is_file(int fd) {
    struct stat info;
    static int (*real)(int, struct stat *);
    if (!real) real = (int (*)(int, struct stat *))(size_t)dlsym(RTLD_NEXT, "fstat");
    return real(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode));
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (fails_with(FAULT_OPEN, EMFILE)) return -1;
    CALL(return, open, path, flags, mode);
}
FILE *fopen(const char *path, const char *mode) {
    if (fails_with(FAULT_OPEN, EMFILE)) return NULL;
    CALL(return, fopen, path, mode);
}
DIR *opendir(const char *path) {
    if (fails_with(FAULT_OPEN, EMFILE)) return NULL;
    CALL(return, opendir, path);
}
struct dirent *readdir(DIR *dir) {
    if (fails_with(FAULT_READDIR, EIO)) return NULL;
    CALL(return, readdir, dir);
}
ssize_t read(int fd, void *buffer, size_t size) {
    if (is_file(fd) && fails_with(FAULT_READ, EIO)) return -1;
    CALL(return, read, fd, buffer, size);
}
ssize_t write(int fd, const void *buffer, size_t size) {
    if (is_file(fd) && fails_with(FAULT_WRITE, ENOSPC)) return -1;
    CALL(return, write, fd, buffer, size);
}
int rename(const char *from, const char *to) {
    if (fails_with(FAULT_RENAME, EIO)) return -1;
    CALL(return, rename, from, to);
}
int stat(const char *restrict path, struct stat *restrict info) {
    if (fails_with(FAULT_STAT, EIO)) return -1;
    CALL(return, stat, path, info);
}
int fstat(int fd, struct stat *info) {
    if (fails_with(FAULT_STAT, EIO)) return -1;
    CALL(return, fstat, fd, info);
}
int fstatat(int folder, const char *restrict path, struct stat *restrict info, int flags) {
    if (fails_with(FAULT_STAT, EIO)) return -1;
    CALL(return, fstatat, folder, path, info, flags);
}

/* --- threads and events ------------------------------------------------------------------------- */

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*run)(void *), void *restrict argument) {
    if (fails(FAULT_THREAD)) return EAGAIN;
    CALL(return, pthread_create, thread, attributes, run, argument);
}
int inotify_init1(int flags) {
    if (fails_with(FAULT_INOTIFY, EMFILE)) return -1;
    CALL(return, inotify_init1, flags);
}
int inotify_add_watch(int fd, const char *path, uint32_t mask) {
    if (fails_with(FAULT_INOTIFY, ENOSPC)) return -1;
    CALL(return, inotify_add_watch, fd, path, mask);
}
int eventfd(unsigned count, int flags) {
    if (fails_with(FAULT_EVENTS, EMFILE)) return -1;
    CALL(return, eventfd, count, flags);
}
int signalfd(int fd, const sigset_t *mask, int flags) {
    if (fails_with(FAULT_EVENTS, EMFILE)) return -1;
    CALL(return, signalfd, fd, mask, flags);
}
int epoll_create1(int flags) {
    if (fails_with(FAULT_EVENTS, EMFILE)) return -1;
    CALL(return, epoll_create1, flags);
}
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    if (operation == EPOLL_CTL_ADD && fails_with(FAULT_EVENTS, ENOMEM)) return -1;
    CALL(return, epoll_ctl, epoll, operation, fd, event);
}

/* --- sockets ------------------------------------------------------------------------------------ */

int socket(int domain, int type, int protocol) {
    if (fails_with(FAULT_SOCKET, ENOBUFS)) return -1;
    CALL(return, socket, domain, type, protocol);
}
int bind(int fd, const struct sockaddr *address, socklen_t size) {
    if (fails_with(FAULT_SOCKET, ENOBUFS)) return -1;
    CALL(return, bind, fd, address, size);
}
int listen(int fd, int backlog) {
    if (fails_with(FAULT_SOCKET, ENOBUFS)) return -1;
    CALL(return, listen, fd, backlog);
}
int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags) {
    if (fails_with(FAULT_ACCEPT, EMFILE)) return -1;
    CALL(return, accept4, fd, address, size, flags);
}
ssize_t recv(int fd, void *buffer, size_t size, int flags) {
    if (fails_with(FAULT_RECV, ECONNRESET)) return -1;
    CALL(return, recv, fd, buffer, size, flags);
}
ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags,
                 struct sockaddr *restrict address, socklen_t *restrict address_size) {
    if (fails_with(FAULT_RECV, ECONNRESET)) return -1;
    CALL(return, recvfrom, fd, buffer, size, flags, address, address_size);
}
ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    if (fails_with(FAULT_SEND, ENOBUFS)) return -1;
    CALL(return, send, fd, bytes, size, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (fails_with(FAULT_SEND, ENOBUFS)) return -1;
    CALL(return, sendmsg, fd, message, flags);
}
