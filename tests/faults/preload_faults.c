#include "faults/preload.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
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

static bool fails(enum fault_kind kind) {
    if (!control || atomic_load(&control->kind) != (int)kind) return false;
    atomic_fetch_add(&control->seen, 1);
    long left = atomic_fetch_sub(&control->left, 1);
    bool is_failed = left == 1 || (left < 1 && atomic_load(&control->goes_on));
    if (is_failed) atomic_fetch_add(&control->failed, 1);
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
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED) control = mapped;
}

int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
                      void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
                      void *stack) {
    map_control();
    CALL(return, __libc_start_main, program, argc, argv, init, fini, rtld_fini, stack);
}

/* Two libraries under GnuTLS end the process when they get no memory, by abort or by a null pointer: what else fails is looked for. */
static bool is_theirs(const void *caller) {
    Dl_info info;
    if (!dladdr(caller, &info) || !info.dli_fname) return false;
    return strstr(info.dli_fname, "/libgmp.") || strstr(info.dli_fname, "/libtasn1.");
}
#define NO_MEMORY()                                                                                \
    (control && atomic_load(&control->kind) == FAULT_MALLOC &&                                     \
     !is_theirs(__builtin_return_address(0)) && fails_with(FAULT_MALLOC, ENOMEM))

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
