/*
 * log    = line* of JSON, each perhaps behind a prefix (a pod's name, a container runtime's time)
 * check  = '{"version":1,"results":[' , lines of results, ']' ... , errors, '"summary":{...}}'
 *          or all of that in one line
 * A line is of the log unless it is of a check's output that has begun.
 */
#include "desk/report/model.h"
#include "desk/source_files.h"
#include "desk/source_window.h"
#include "text/json.h"

#define FIRST_BYTES ((size_t)1 << 20)
#define PREFIX_BYTES 512
#define CHECK_BEGIN STR("{\"version\":")
#define LOG_BEGIN STR("{\"v\":")

struct reading {
    struct report *report;
    struct arena arena; /* of a line's tree */
    struct source_window window;
    bool skips;       /* the rest of a line that is too long */
    bool is_in_check; /* between its begin and its end */
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
        log_take_line(report, &reading->arena, &document);
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

/* A line counts once, however many pieces it comes in. */
static void count_too_long(struct reading *reading) {
    reading->report->skipped.too_long += !reading->skips;
    reading->report->lines += !reading->skips;
    reading->skips = true;
}

static void take_held(struct reading *reading, struct str line) {
    if (line.len > REPORT_LINE_BYTES) count_too_long(reading);
    if (!reading->skips) take_line(reading, line);
    reading->skips = false;
}

/* Takes the lines that are whole. What is left has no end yet: how long it is. */
static size_t take_lines(struct reading *reading, size_t looked) {
    struct source_window *window = &reading->window;
    for (;;) {
        struct str held = source_window_text(window);
        size_t end = looked + str_find_char(str_slice(held, looked, held.len), '\n');
        if (end == held.len) break;
        take_held(reading, str_slice(held, 0, end));
        source_window_consume(window, end + 1);
        looked = 0;
    }
    size_t left = source_window_text(window).len;
    if (left > REPORT_LINE_BYTES) count_too_long(reading);
    if (!reading->skips) return left;
    source_window_consume(window, left);
    return 0;
}

static bool has_memory(const struct reading *reading, struct error *err) {
    if (!reading->lacks_memory && !arena_is_exhausted(&reading->report->arena)) return true;
    return error_set(err, ERR_MEMORY, "out of memory");
}

static bool read_all(struct reading *reading, struct error *err) {
    struct source_window *window = &reading->window;
    size_t looked = 0;
    while (source_window_more(window)) {
        looked = take_lines(reading, looked);
        if (!has_memory(reading, err)) return false;
    }
    *err = window->failure;
    if (window->has_failed) return false;
    take_held(reading, source_window_text(window));
    return has_memory(reading, err);
}

/* `path` is terminated. */
static bool read_file(struct report *report, struct str path, struct error *err) {
    struct reading reading = {.report = report};
    bool is_read = false;
    arena_init(&reading.arena, FIRST_BYTES, 0);
    source_window_init(&reading.window, 2 * REPORT_LINE_BYTES, 0);
    if (source_window_open(&reading.window, path))
        is_read = read_all(&reading, err);
    else
        *err = reading.window.failure;
    if (!is_read) error_in(err, str_equals(path, STR("-")) ? "<stdin>" : path.at);
    source_window_fini(&reading.window);
    arena_fini(&reading.arena);
    return is_read;
}

static bool read_folder(struct report *report, struct arena *arena, struct str path,
                        struct error *err) {
    struct str_list files;
    if (!source_files_list(arena, path, SOURCE_RECURSIVE, &source_record_suffixes, &files, err))
        return error_in(err, path.at);
    bool is_read = true;
    struct error further; /* the first is told */
    for (size_t i = 0; i < files.count; i++)
        if (!read_file(report, files.items[i], is_read ? err : &further)) is_read = false;
    return is_read;
}

bool report_read(struct report *report, struct str path, struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct str name = str_copy(&arena, path);
    bool is_read;
    if (!name.at)
        is_read = error_set(err, ERR_MEMORY, "out of memory");
    else if (source_files_is_folder(name))
        is_read = read_folder(report, &arena, name, err);
    else
        is_read = read_file(report, name, err);
    arena_fini(&arena);
    return is_read;
}
