#include "edge/metrics_process.h"

#include <fcntl.h>
#include <unistd.h>

#include "edge/clock.h"

struct process_files process_open(void) {
    return (struct process_files){.stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC),
                                  .descriptors = opendir("/proc/self/fd")};
}

void process_close(struct process_files *files) {
    if (files->stat >= 0) close(files->stat);
    if (files->descriptors) closedir(files->descriptors);
}

/* Of /proc/self/stat, as proc(5) numbers them. */
enum { USER_TICKS = 14, SYSTEM_TICKS = 15, THREADS = 20, VIRTUAL = 23, RESIDENT = 24 };

static bool read_stat(const struct process_files *files, int64_t fields[static RESIDENT + 1]) {
    char bytes[1024];
    ssize_t n = files->stat < 0 ? 0 : pread(files->stat, bytes, sizeof bytes, 0);
    struct str rest = {bytes, n > 0 ? (size_t)n : 0};
    /* The second field, the command's name, may hold anything, the third is a letter. */
    rest = str_slice(rest, str_find_last_char(rest, ')') + 4, rest.len);
    for (unsigned field = 4; field <= RESIDENT; field++) {
        size_t end = str_find_char(rest, ' ');
        if (!str_to_int64(str_slice(rest, 0, end), &fields[field])) return false;
        rest = str_slice(rest, end + 1, rest.len);
    }
    return true;
}

static void gauge(struct metrics_text *text, const char *name, const char *help, int64_t value) {
    text_family(text, FAMILY_GAUGE, name, help);
    text_sample(text, name, "");
    text_value(text, value);
}

static void render_stat(const struct process_files *files, struct metrics_text *text) {
    static const char cpu[] = "process_cpu_seconds_total";
    int64_t fields[RESIDENT + 1], tick_ns = CLOCK_NS_PER_S / sysconf(_SC_CLK_TCK);
    if (!read_stat(files, fields)) return;
    text_family(text, FAMILY_COUNTER, cpu, "CPU time of all threads, in user and system mode.");
    text_sample(text, cpu, "");
    text_nanoseconds(text, (uint64_t)((fields[USER_TICKS] + fields[SYSTEM_TICKS]) * tick_ns));
    gauge(text, "process_threads", "Threads.", fields[THREADS]);
    gauge(text, "process_virtual_memory_bytes", "Address space.", fields[VIRTUAL]);
    gauge(text, "process_resident_memory_bytes", "Resident memory.",
          fields[RESIDENT] * sysconf(_SC_PAGESIZE));
}

static void render_descriptors(const struct process_files *files, struct metrics_text *text) {
    if (!files->descriptors) return;
    int64_t n = -2; /* "." and ".." */
    rewinddir(files->descriptors);
    while (readdir(files->descriptors))
        n++;
    gauge(text, "process_open_fds", "Open file descriptors.", n);
}

void process_render(const struct process_files *files, struct metrics_text *text, int64_t start_s) {
    render_stat(files, text);
    render_descriptors(files, text);
    gauge(text, "process_start_time_seconds", "When the process started, in Unix time.", start_s);
}
