#include "edge/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "edge/clock.h"
#include "edge/queue.h"

/* A tenth of a second of nothing but denials. Memory that no burst has filled is never touched. */
#define QUEUE_BYTES ((size_t)1024 * 1024)
#define WINDOW_NS (10 * CLOCK_NS_PER_S)
#define STOP_MS 1000
/* More, and what is written would no longer be in the core's cache. */
#define GATHER_NS CLOCK_NS_PER_MS
#define VALUE_BYTES 1024 /* of one string in the text format */
#define STACK_BYTES (256 * 1024)

struct log {
    int fd;
    bool owns_fd;
    size_t write_bytes; /* after poll says yes, a write of so many does not wait for the reader */
    enum log_level level;
    enum log_format format;
    pthread_t writer;
    bool started;
    struct queue queue;
    _Atomic int64_t give_up_ns; /* after this the writer abandons what is left; 0: never */
    _Atomic uint64_t dropped;
    uint64_t dropped_told; /* the writer's */
    struct arena arena;    /* owns this struct and the queues */
};

static const char *level_name(enum log_level level) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}

bool log_wants(const struct log *log, enum log_level level) { return log && level >= log->level; }

uint64_t log_dropped(const struct log *log) {
    return log ? atomic_load_explicit(&log->dropped, memory_order_relaxed) : 0;
}

/* Waits until the descriptor takes a piece; false when it is broken or the time is over. */
static bool wait_writable(struct log *log) {
    for (;;) {
        struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
        int n = poll(&ready, 1, 100);
        if (n > 0) return (ready.revents & POLLOUT) != 0;
        if (n < 0 && errno != EINTR) return false;
        int64_t give_up = atomic_load(&log->give_up_ns);
        if (give_up != 0 && clock_monotonic_ns() > give_up) return false;
    }
}

static void count_lost(struct log *log, const char *at, size_t len) {
    uint64_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += at[i] == '\n';
    atomic_fetch_add_explicit(&log->dropped, lines, memory_order_relaxed);
}

/* False when it could not be written, for a full disk say: its lines are lost and counted. */
static bool write_out(struct log *log, const char *at, size_t len) {
    while (len > 0 && wait_writable(log)) {
        ssize_t n = write(log->fd, at, len < log->write_bytes ? len : log->write_bytes);
        if (n < 0 && errno != EINTR && errno != EAGAIN) break;
        if (n <= 0) continue;
        at += n;
        len -= (size_t)n;
    }
    count_lost(log, at, len);
    return len == 0;
}

static void *writer_main(void *arg) {
    struct log *log = arg;
    struct str lines;
    while (queue_take(&log->queue, GATHER_NS, &lines)) {
        bool written = write_out(log, lines.at, lines.len);
        uint64_t dropped = log_dropped(log);
        /* A line about lines that cannot be written could not be written either, for ever. */
        if (!written || dropped == log->dropped_told) continue;
        log_message(log, LOG_LEVEL_WARN,
                    "%llu log lines were dropped: the reader is too slow, or the disk is full",
                    (unsigned long long)(dropped - log->dropped_told));
        log->dropped_told = dropped;
    }
    return NULL;
}

/* A pipe's room is known only to who writes into it without waiting. Setting that on the caller's end would set it for all who
 * share it, so the writer opens one of its own. Room for a whole queue lets the reader be woken once for hundreds of lines. */
static bool open_own_end(struct log *log, int fd) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (own < 0) return false;
    fcntl(own, F_SETPIPE_SZ, QUEUE_BYTES);
    log->fd = own;
    log->owns_fd = true;
    return true;
}

static void choose_end(struct log *log, int fd) {
    struct stat file = {0};
    log->fd = fd;
    bool takes_all = fstat(fd, &file) == 0 &&
                     (S_ISREG(file.st_mode) || (S_ISFIFO(file.st_mode) && open_own_end(log, fd)));
    log->write_bytes = takes_all ? QUEUE_BYTES : PIPE_BUF;
}

bool log_new(int fd, enum log_level level, enum log_format format, struct log **out,
             struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct log *log = ARENA_NEW(&arena, struct log, 1);
    if (!log || !queue_init(&log->queue, &arena, QUEUE_BYTES)) {
        arena_fini(&arena);
        return error_set(err, ERR_MEMORY, "out of memory for the log's queue");
    }
    choose_end(log, fd);
    log->level = level;
    log->format = format;
    log->arena = arena;
    *out = log;
    return true;
}

bool log_start(struct log *log, struct error *err) {
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) == 0) {
        pthread_attr_setstacksize(&attr, STACK_BYTES);
        log->started = pthread_create(&log->writer, &attr, writer_main, log) == 0;
        pthread_attr_destroy(&attr);
    }
    return log->started || error_set(err, ERR_IO, "the log's thread does not start");
}

void log_stop(struct log *log) {
    if (!log) return;
    atomic_store(&log->give_up_ns, clock_monotonic_ns() + STOP_MS * CLOCK_NS_PER_MS);
    queue_stop(&log->queue);
    if (log->started)
        pthread_join(log->writer, NULL);
    else
        writer_main(log);
    queue_fini(&log->queue);
    if (log->owns_fd) close(log->fd);
    /* The arena holds the struct that holds it. */
    struct arena arena = log->arena;
    arena_fini(&arena);
}

void log_begin(struct log_line *line, struct log *log, struct arena *arena, enum log_level level,
               struct str message) {
    line->log = log_wants(log, level) ? log : NULL;
    if (!line->log) return;
    char now[32];
    date_format_instant(clock_unix_ms(), now);
    strbuf_init(&line->text, arena, 512);
    if (log->format == LOG_FORMAT_TEXT) {
        strbuf_printf(&line->text, "%s %-5s ", now, level_name(level));
        strbuf_add_escaped(&line->text, message, 4 * VALUE_BYTES);
        return;
    }
    json_out_init(&line->json, &line->text);
    json_out_begin_object(&line->json, NULL);
    json_out_int(&line->json, "v", LOG_VERSION);
    json_out_string(&line->json, "ts", str_from(now));
    json_out_string(&line->json, "level", str_from(level_name(level)));
    json_out_string(&line->json, "msg", message);
}

void log_string(struct log_line *line, const char *name, struct str value) {
    if (!line->log) return;
    if (line->log->format == LOG_FORMAT_JSON) {
        json_out_string(&line->json, name, value);
        return;
    }
    strbuf_printf(&line->text, " %s=", name);
    strbuf_add_quoted(&line->text, value, VALUE_BYTES);
}

void log_int(struct log_line *line, const char *name, int64_t value) {
    if (!line->log) return;
    if (line->log->format == LOG_FORMAT_JSON)
        json_out_int(&line->json, name, value);
    else
        strbuf_printf(&line->text, " %s=%lld", name, (long long)value);
}

void log_bool(struct log_line *line, const char *name, bool value) {
    if (!line->log) return;
    if (line->log->format == LOG_FORMAT_JSON)
        json_out_bool(&line->json, name, value);
    else
        strbuf_printf(&line->text, " %s=%s", name, value ? "true" : "false");
}

void log_list(struct log_line *line, const char *name, const struct str *items, size_t count) {
    if (!line->log) return;
    if (line->log->format == LOG_FORMAT_JSON) {
        json_out_begin_array(&line->json, name);
        for (size_t i = 0; i < count; i++)
            json_out_string(&line->json, NULL, items[i]);
        json_out_end_array(&line->json);
        return;
    }
    strbuf_printf(&line->text, " %s=", name);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) strbuf_add_char(&line->text, ',');
        strbuf_add_escaped(&line->text, items[i], VALUE_BYTES);
    }
}

struct json_out *log_json(struct log_line *line) {
    return line->log && line->log->format == LOG_FORMAT_JSON ? &line->json : NULL;
}

void log_end(struct log_line *line) {
    if (!line->log) return;
    if (line->log->format == LOG_FORMAT_JSON) json_out_end_object(&line->json);
    strbuf_add_char(&line->text, '\n');
    /* Half a line would be worse than none. */
    struct str text = strbuf_str(&line->text);
    if (arena_is_exhausted(line->text.arena) || !queue_add(&line->log->queue, &text, 1))
        atomic_fetch_add_explicit(&line->log->dropped, 1, memory_order_relaxed);
    line->log = NULL;
}

PRINTF_LIKE(4, 0)
static void log_text(struct log *log, enum log_level level, unsigned left_out, const char *format,
                     va_list args) {
    struct arena arena;
    struct strbuf text;
    struct log_line line;
    arena_init(&arena, 4096, 0);
    strbuf_init(&text, &arena, 256);
    strbuf_vprintf(&text, format, args);
    log_begin(&line, log, &arena, level, strbuf_str(&text));
    if (left_out > 0) log_int(&line, "left_out", left_out);
    log_end(&line);
    arena_fini(&arena);
}

void log_message(struct log *log, enum log_level level, const char *format, ...) {
    if (!log_wants(log, level)) return;
    va_list args;
    va_start(args, format);
    log_text(log, level, 0, format, args);
    va_end(args);
}

/* Threads may race for a new window's start: then a line more or less passes, which is no harm. */
static bool limit_passes(struct log_limit *limit, unsigned *left_out) {
    int64_t now = clock_monotonic_ns(), start = atomic_load(&limit->window_start_ns);
    *left_out = 0;
    if (start == 0 || now - start > WINDOW_NS) {
        atomic_store(&limit->window_start_ns, now);
        atomic_store(&limit->lines, 0);
        *left_out = atomic_exchange(&limit->left_out, 0);
    }
    if (atomic_fetch_add(&limit->lines, 1) < LOG_BURST) return true;
    atomic_fetch_add(&limit->left_out, 1);
    return false;
}

void log_limited(struct log *log, struct log_limit *limit, enum log_level level, const char *format,
                 ...) {
    unsigned left_out;
    if (!log_wants(log, level) || !limit_passes(limit, &left_out)) return;
    va_list args;
    va_start(args, format);
    log_text(log, level, left_out, format, args);
    va_end(args);
}
