/*
 * log    = line* of JSON, each perhaps behind a prefix (a pod's name, a container runtime's time)
 * check  = '{"version":1,"results":[' , lines of results, ']' ... , errors, '"summary":{...}}'
 *          or all of that in one line
 * A line is of the log unless it is of a check's output that has begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "desk/report/model.h"
#include "text/json.h"

#define FIRST_BYTES ((size_t)1 << 20)
#define PREFIX_BYTES 512
#define CHECK_BEGIN STR("{\"version\":")
#define LOG_BEGIN STR("{\"v\":")

struct lines {
    int fd;
    struct arena arena; /* of the bytes */
    char *bytes;
    size_t room, start, end;
    bool is_ended, skips; /* the rest of a line that is too long */
};

struct reading {
    struct report *report;
    struct arena arena; /* of a line's tree */
    bool is_in_check;   /* between its begin and its end */
    bool lacks_memory;
};

static const struct scan_limits line_limits = {.depth = 64,
                                               .nodes = (size_t)16 << 20,
                                               .string_bytes = (size_t)1 << 20};

/* --- a line ---------------------------------------------------------------------------------- */

static bool parse(struct reading *reading, struct str text, struct document *document) {
    struct error err = {.code = ERR_NONE};
    arena_reset(&reading->arena, FIRST_BYTES);
    bool is_read = json_read(&reading->arena, text, &line_limits, document, &err);
    if (err.code == ERR_MEMORY) reading->lacks_memory = true;
    return is_read && tree_is_object(document->root);
}

static void take_log_line(struct reading *reading, struct str line) {
    struct report *report = reading->report;
    struct document document;
    size_t at = str_find_char(line, '{');
    if (at == line.len || at > PREFIX_BYTES) {
        report->skipped.foreign++;
        return;
    }
    struct str json = str_slice(line, at, line.len);
    if (parse(reading, json, &document))
        log_take_line(report, &document);
    else if (str_starts_with(json, LOG_BEGIN))
        report->skipped.cut++;
    else
        report->skipped.foreign++;
}

/* The last line of an output begins with what ends its results or its errors. */
static void take_check_end(struct reading *reading, struct str line) {
    struct document document;
    struct strbuf text;
    size_t at = 0;
    while (at < line.len &&
           !str_starts_with(str_slice(line, at, line.len), STR("\"namespaces\":")) &&
           !str_starts_with(str_slice(line, at, line.len), STR("\"summary\":")))
        at++;
    if (at == line.len) return; /* errors follow */
    reading->is_in_check = false;
    arena_reset(&reading->arena, FIRST_BYTES);
    struct arena own;
    arena_init(&own, 4096, 0);
    strbuf_init(&text, &own, line.len + 2);
    STRBUF_ADD(&text, STR("{"), str_slice(line, at, line.len));
    if (arena_is_exhausted(&own)) reading->lacks_memory = true;
    if (parse(reading, strbuf_str(&text), &document))
        check_take_end(reading->report, &document);
    else
        reading->report->skipped.cut++;
    arena_fini(&own);
}

static void take_check_line(struct reading *reading, struct str line) {
    struct document document;
    if (str_starts_with(line, STR("]"))) {
        take_check_end(reading, line);
        return;
    }
    if (str_ends_with(line, STR(","))) line.len--;
    if (parse(reading, line, &document))
        check_take_result(reading->report, document.root);
    else
        reading->report->skipped.cut++;
}

static void take_check_begin(struct reading *reading, struct str line) {
    struct report *report = reading->report;
    struct document document;
    int64_t version;
    /* Only its first line ends with an open list. */
    if (str_ends_with(line, STR("["))) {
        size_t at = CHECK_BEGIN.len, end = str_find_char(line, ',');
        bool is_known = str_to_int64(str_slice(line, at, end - at), &version) &&
                        version == REPORT_CHECK_VERSION;
        reading->is_in_check = is_known;
        report->dump.begun += is_known;
        report->skipped.newer += !is_known;
        return;
    }
    if (!parse(reading, line, &document))
        report->skipped.cut++;
    else if (!tree_is_array(tree_find(document.root, STR("results"))))
        report->skipped.foreign++;
    else if (!tree_int64(&document, tree_find(document.root, STR("version")), &version) ||
             version != REPORT_CHECK_VERSION)
        report->skipped.newer++;
    else
        check_take_whole(report, &document);
}

static void take_line(struct reading *reading, struct str line) {
    line = str_trim(line);
    if (str_is_empty(line)) return;
    reading->report->lines++;
    /* An output that was cut short may be followed by another, or by a log. */
    bool begins = str_starts_with(line, CHECK_BEGIN) || str_starts_with(line, LOG_BEGIN);
    if (begins) reading->is_in_check = false;
    if (str_starts_with(line, CHECK_BEGIN))
        take_check_begin(reading, line);
    else if (reading->is_in_check)
        take_check_line(reading, line);
    else
        take_log_line(reading, line);
}

/* --- a file ---------------------------------------------------------------------------------- */

/* Room behind what is held, by moving it or by a larger buffer. */
static bool make_room(struct lines *lines, struct error *err) {
    size_t held = lines->end - lines->start;
    if (lines->end < lines->room) return true;
    if (lines->start == 0) {
        size_t room = lines->room ? lines->room * 2 : FIRST_BYTES;
        struct arena arena;
        arena_init(&arena, 4096, 0);
        char *bytes = arena_allocate_text(&arena, room);
        if (!bytes) {
            arena_fini(&arena);
            return error_set(err, ERR_MEMORY, "out of memory");
        }
        if (held > 0) memcpy(bytes, lines->bytes, held);
        arena_fini(&lines->arena);
        lines->arena = arena;
        lines->bytes = bytes;
        lines->room = room;
        return true;
    }
    if (held > 0) memmove(lines->bytes, lines->bytes + lines->start, held);
    lines->start = 0;
    lines->end = held;
    return true;
}

static bool read_more(struct lines *lines, struct error *err) {
    ssize_t got;
    if (!make_room(lines, err)) return false;
    do
        got = read(lines->fd, lines->bytes + lines->end, lines->room - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0) return error_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
    lines->is_ended = got == 0;
    lines->end += (size_t)got;
    return true;
}

/* A line counts once, however many pieces it comes in. */
static void count_too_long(struct reading *reading, struct lines *lines) {
    reading->report->skipped.too_long += !lines->skips;
    reading->report->lines += !lines->skips;
    lines->skips = true;
}

/* Hands on the lines that are whole, and at the end of the file the rest. */
static void take_lines(struct reading *reading, struct lines *lines, size_t searched) {
    for (;;) {
        struct str held = {lines->bytes + lines->start, lines->end - lines->start};
        size_t at = searched + str_find_char(str_slice(held, searched, held.len), '\n');
        if (at == held.len && !lines->is_ended) break;
        if (at > REPORT_LINE_BYTES) count_too_long(reading, lines);
        if (!lines->skips) take_line(reading, str_slice(held, 0, at));
        lines->skips = false;
        lines->start += at == held.len ? at : at + 1;
        searched = 0;
        if (at == held.len) return;
    }
    if (lines->end - lines->start > REPORT_LINE_BYTES) count_too_long(reading, lines);
    if (lines->skips) lines->start = lines->end;
}

static bool read_all(struct reading *reading, struct lines *lines, struct error *err) {
    while (!lines->is_ended) {
        size_t searched = lines->end - lines->start;
        if (!read_more(lines, err)) return false;
        take_lines(reading, lines, searched);
        if (reading->lacks_memory || arena_is_exhausted(&reading->report->arena))
            return error_set(err, ERR_MEMORY, "out of memory");
    }
    return true;
}

bool report_read(struct report *report, struct str path, struct error *err) {
    struct reading reading = {.report = report};
    struct lines lines = {.fd = STDIN_FILENO};
    char name[4096];
    bool is_stdin = str_equals(path, STR("-"));
    if (path.len >= sizeof name) return error_set(err, ERR_IO, "this name is too long");
    memcpy(name, path.at, path.len);
    name[path.len] = '\0';
    if (!is_stdin) lines.fd = open(name, O_RDONLY | O_CLOEXEC);
    if (lines.fd < 0) {
        error_set(err, ERR_IO, "cannot be opened: %s", strerror(errno));
        return error_in(err, name);
    }
    arena_init(&reading.arena, FIRST_BYTES, 0);
    arena_init(&lines.arena, 4096, 0);
    bool is_read = read_all(&reading, &lines, err);
    if (!is_read) error_in(err, is_stdin ? "<stdin>" : name);
    arena_fini(&lines.arena);
    arena_fini(&reading.arena);
    if (!is_stdin) close(lines.fd);
    return is_read;
}
