#include "desk/source_window.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)64 << 10)

void source_window_init(struct source_window *window, size_t limit, size_t chunk) {
    *window = (struct source_window){.fd = -1, .limit = limit, .chunk = chunk};
    arena_init(&window->arena, FIRST_ROOM, 0);
}

void source_window_close(struct source_window *window) {
    if (window->fd > STDIN_FILENO) close(window->fd);
    window->fd = -1;
}

void source_window_fini(struct source_window *window) {
    source_window_close(window);
    arena_fini(&window->arena);
}

static bool fail(struct source_window *window) { return !(window->has_failed = true); }

static bool fail_to_read(struct source_window *window) {
    error_set(&window->failure, ERR_IO, "cannot be read: %s", strerror(errno));
    return fail(window);
}

bool source_window_open(struct source_window *window, struct str path) {
    struct stat status;
    source_window_close(window);
    window->start = window->end = window->bytes_read = 0;
    window->is_ended = window->has_failed = false;
    window->failure = (struct error){.code = ERR_NONE};
    window->line = window->column = 1;
    window->fd =
        str_equals(path, STR("-")) ? STDIN_FILENO : open(path.at, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (window->fd < 0 || fstat(window->fd, &status) != 0) return fail_to_read(window);
    if (!S_ISDIR(status.st_mode)) return true;
    error_set(&window->failure, ERR_IO, "a folder that cannot be listed");
    return fail(window);
}

/* Room behind the bytes that are held. */
static bool make_room(struct source_window *window) {
    size_t held = window->end - window->start;
    if (window->end < window->room) return true;
    if (window->start > window->room / 2) {
        memmove(window->bytes, window->bytes + window->start, held);
    } else {
        size_t room = window->room ? 2 * window->room : FIRST_ROOM;
        struct arena larger;
        if (held > window->limit) {
            error_set(&window->failure, ERR_LIMIT,
                      "larger than %zu MiB, the most that is held of it", window->limit >> 20);
            error_at(&window->failure, window->line, window->column);
            return fail(window);
        }
        arena_init(&larger, FIRST_ROOM, 0);
        char *bytes = ARENA_NEW(&larger, char, room);
        if (!bytes) {
            arena_fini(&larger);
            error_set(&window->failure, ERR_MEMORY, "out of memory");
            return fail(window);
        }
        if (held > 0) memcpy(bytes, window->bytes + window->start, held);
        arena_fini(&window->arena);
        window->arena = larger;
        window->bytes = bytes;
        window->room = room;
    }
    window->start = 0;
    window->end = held;
    return true;
}

bool source_window_more(struct source_window *window) {
    if (window->is_ended || window->has_failed || !make_room(window)) return false;
    size_t wanted = window->room - window->end;
    if (window->chunk > 0 && wanted > window->chunk) wanted = window->chunk;
    ssize_t got;
    do
        got = read(window->fd, window->bytes + window->end, wanted);
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail_to_read(window);
    window->is_ended = got == 0;
    window->end += (size_t)got;
    window->bytes_read += (size_t)got;
    return got > 0;
}

bool source_window_need(struct source_window *window, size_t count) {
    while (window->end - window->start < count)
        if (!source_window_more(window)) return false;
    return true;
}

void source_window_consume(struct source_window *window, size_t count) {
    struct str gone = str_slice(source_window_text(window), 0, count);
    const char *newline;
    if (gone.len == 0) return;
    while ((newline = memchr(gone.at, '\n', gone.len)) != NULL) {
        window->line++;
        window->column = 1;
        gone = str_slice(gone, (size_t)(newline - gone.at) + 1, gone.len);
    }
    window->column += (uint32_t)str_utf8_count(gone);
    window->start += count;
}
