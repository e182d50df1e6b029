#include "cli/serve_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* The first line of a small file; false when there is none. */
static bool read_line(const char *path, char *buffer, size_t size, struct str *line) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, buffer, size);
    close(fd);
    if (n <= 0) return false;
    struct str all = {buffer, (size_t)n};
    *line = str_slice(all, 0, str_find_char(all, '\n'));
    return true;
}

/* Version 2: "MAX PERIOD" or "max PERIOD" in cpu.max; version 1: two files. 0: no quota. */
static unsigned quota_cores(void) {
    char first[64], second[64];
    struct str quota, period;
    if (read_line("/sys/fs/cgroup/cpu.max", first, sizeof first, &quota)) {
        size_t space = str_find_char(quota, ' ');
        period = str_slice(quota, space + 1, quota.len);
        quota = str_slice(quota, 0, space);
    } else if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", first, sizeof first, &quota) ||
               !read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", second, sizeof second, &period)) {
        return 0;
    }
    int64_t most, every;
    if (!str_to_int64(quota, &most) || !str_to_int64(period, &every) || most <= 0 || every <= 0)
        return 0;
    int64_t cores = most / every + (most % every != 0);
    return cores > INT_MAX ? 0 : (unsigned)cores;
}

unsigned process_cores(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    /* With more than 1024 cores the call fails; then the quota alone decides. */
    int allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    unsigned cores = allowed < 1 ? 1 : (unsigned)allowed, quota = quota_cores();
    return quota > 0 && quota < cores ? quota : cores;
}

unsigned process_raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = limit.rlim_max;
    }
    return limit.rlim_cur > INT_MAX ? INT_MAX : (unsigned)limit.rlim_cur;
}

static bool write_all(int fd, struct str text) {
    while (text.len > 0) {
        ssize_t n = write(fd, text.at, text.len);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) text = str_slice(text, (size_t)n, text.len);
    }
    return true;
}

bool process_write_file(struct arena *arena, struct str path, struct str text, struct error *err) {
    struct str whole = str_copy(arena, path), part = str_format(arena, "%.*s.new", STR_ARGS(path));
    if (!whole.at || !part.at) return error_set(err, ERR_MEMORY, "out of memory");
    int fd = open(part.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = fd >= 0 && write_all(fd, text);
    int why = errno;
    if (fd >= 0) close(fd);
    if (written && rename(part.at, whole.at) == 0) return true;
    if (written) why = errno;
    error_set(err, ERR_IO, "cannot be written: %s", strerror(why));
    return error_in(err, whole.at);
}
