#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/log.h"

static int ends[2];
static char text[1 << 20];

static struct log *start(enum log_level level, enum log_format format) {
    struct log *log = NULL;
    struct error err;
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    assert_true(log_new(ends[1], level, format, &log, &err) && log_start(log, &err));
    return log;
}

/* Ends the log and reads all that it wrote. */
static const char *finish(struct log *log) {
    size_t len = 0;
    ssize_t n;
    log_stop(log);
    close(ends[1]);
    while (len < sizeof text - 1 && (n = read(ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    close(ends[0]);
    text[len] = '\0';
    return text;
}

static size_t count_lines(const char *all) {
    size_t n = 0;
    for (; *all; all++)
        n += *all == '\n';
    return n;
}

static void a_line_is_json_with_its_fields(void **state) {
    (void)state;
    struct arena arena;
    struct log_line line;
    const struct str rules[] = {STR("a/b"), STR("c/d")};
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    arena_init(&arena, 1024, 0);
    log_begin(&line, log, &arena, LOG_LEVEL_WARN, STR("admission"));
    log_string(&line, "name", STR("x\n\"y\"\x1b[31m"));
    log_int(&line, "latency_us", -5);
    log_bool(&line, "dry_run", true);
    log_list(&line, "rules", rules, 2);
    log_end(&line);
    arena_fini(&arena);
    const char *written = finish(log);
    assert_non_null(strstr(written, "{\"v\":1,\"ts\":\"20"));
    assert_non_null(
        strstr(written,
               "\"level\":\"warn\",\"msg\":\"admission\",\"name\":\"x\\n\\\"y\\\"\\u001b[31m\","
               "\"latency_us\":-5,\"dry_run\":true,\"rules\":[\"a/b\",\"c/d\"]}\n"));
    assert_int_equal(count_lines(written), 1);
}

static void text_stays_on_one_line(void **state) {
    (void)state;
    struct arena arena;
    struct log_line line;
    const struct str rules[] = {STR("a/b"), STR("c\nd")};
    struct log *log = start(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    arena_init(&arena, 1024, 0);
    log_begin(&line, log, &arena, LOG_LEVEL_INFO, STR("two\nlines"));
    log_string(&line, "name", STR("x\ny"));
    log_int(&line, "n", 3);
    log_bool(&line, "b", false);
    log_list(&line, "rules", rules, 2);
    log_end(&line);
    arena_fini(&arena);
    const char *written = finish(log);
    assert_non_null(
        strstr(written, " info  two\\nlines name=\"x\\ny\" n=3 b=false rules=a/b,c\\nd\n"));
    assert_int_equal(count_lines(written), 1);
}

static void lower_levels_are_left_out(void **state) {
    (void)state;
    struct log *log = start(LOG_LEVEL_WARN, LOG_FORMAT_JSON);
    assert_false(log_wants(log, LOG_LEVEL_INFO));
    assert_true(log_wants(log, LOG_LEVEL_WARN));
    log_message(log, LOG_LEVEL_INFO, "quiet");
    log_message(log, LOG_LEVEL_ERROR, "loud %d", 7);
    const char *written = finish(log);
    assert_null(strstr(written, "quiet"));
    assert_non_null(strstr(written, "loud 7"));
}

static void repeated_lines_are_limited_and_counted(void **state) {
    (void)state;
    struct log_limit limit = {0}, other = {0};
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < 100; i++)
        log_limited(log, &limit, LOG_LEVEL_WARN, "again");
    log_limited(log, &other, LOG_LEVEL_WARN, "something else");
    /* As if the window were over: the next line tells of those left out. */
    atomic_store(&limit.window_start_ns, 1);
    log_limited(log, &limit, LOG_LEVEL_WARN, "and again");
    const char *written = finish(log);
    assert_int_equal(count_lines(written), LOG_BURST + 2);
    assert_non_null(strstr(written, "\"and again\",\"left_out\":95"));
}

static void a_reader_that_does_not_read_costs_lines_not_time(void **state) {
    (void)state;
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    char filler[2048];
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    /* A small pipe and two queues of 1 MiB hold less than this. */
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    for (int i = 0; i < 2000; i++)
        log_message(log, LOG_LEVEL_INFO, "%s", filler);
    assert_true(log_dropped(log) > 0);
    log_stop(log); /* gives up within a second or so */
    close(ends[0]);
    close(ends[1]);
}

static void a_reader_that_takes_little_at_a_time_gets_whole_lines_in_order(void **state) {
    (void)state;
    enum { LINES = 300 };
    char piece[1000];
    size_t len = 0;
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    for (int i = 0; i < LINES; i++)
        log_message(log, LOG_LEVEL_INFO, "line %d %0*d.", i, 1500, 0);
    for (size_t lines = 0; lines < LINES;) {
        ssize_t n = read(ends[0], piece, sizeof piece);
        assert_true(n > 0 && len + (size_t)n < sizeof text);
        memcpy(text + len, piece, (size_t)n);
        len += (size_t)n;
        text[len] = '\0';
        lines = count_lines(text);
    }
    assert_int_equal(log_dropped(log), 0);
    const char *at = text;
    for (int i = 0; i < LINES; i++, at = strchr(at, '\n') + 1) {
        int number = -1, end = 0;
        sscanf(strstr(at, "line "), "line %d %*[0].%n", &number, &end);
        assert_int_equal(number, i);
        assert_true(end > 1500);
    }
    assert_string_equal(finish(log), "");
}

static void a_pipe_waits_for_its_other_writers_as_before(void **state) {
    (void)state;
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_message(log, LOG_LEVEL_INFO, "here");
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(count_lines(finish(log)), 1);
}

static void a_file_is_written_from_where_it_stands(void **state) {
    (void)state;
    struct error err;
    struct log *log = NULL;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(write(fileno(file), "before\n", 7), 7);
    assert_true(log_new(fileno(file), LOG_LEVEL_INFO, LOG_FORMAT_TEXT, &log, &err));
    log_message(log, LOG_LEVEL_INFO, "behind");
    log_stop(log);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(strncmp(text, "before\n", 7), 0);
    assert_non_null(strstr(text, "behind\n"));
}

static void a_full_disk_costs_lines_and_they_are_counted(void **state) {
    (void)state;
    struct error err;
    struct log *log = NULL;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_true(log_new(full, LOG_LEVEL_INFO, LOG_FORMAT_JSON, &log, &err));
    assert_true(log_start(log, &err));
    for (uint64_t i = 1; i <= 3; i++) {
        log_message(log, LOG_LEVEL_INFO, "nobody will read this");
        for (int tries = 0; tries < 5000 && log_dropped(log) < i; tries++)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        assert_int_equal(log_dropped(log), i);
    }
    log_stop(log);
    close(full);
}

static void *write_many(void *log) {
    for (int i = 0; i < 200; i++)
        log_message(log, LOG_LEVEL_INFO, "from a thread");
    return NULL;
}

static void threads_write_whole_lines(void **state) {
    (void)state;
    pthread_t threads[4];
    struct log *log = start(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, log), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(log_dropped(log), 0);
    const char *written = finish(log);
    assert_int_equal(count_lines(written), 800);
    for (const char *at = written; *at; at = strchr(at, '\n') + 1)
        assert_int_equal(*at, '{');
}

static void no_log_swallows_everything(void **state) {
    (void)state;
    struct log_limit limit = {0};
    struct log_line line;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    log_message(NULL, LOG_LEVEL_ERROR, "x");
    log_limited(NULL, &limit, LOG_LEVEL_ERROR, "x");
    log_begin(&line, NULL, &arena, LOG_LEVEL_ERROR, STR("x"));
    log_int(&line, "n", 1);
    log_end(&line);
    log_stop(NULL);
    assert_int_equal(log_dropped(NULL), 0);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_json_with_its_fields),
        cmocka_unit_test(text_stays_on_one_line),
        cmocka_unit_test(lower_levels_are_left_out),
        cmocka_unit_test(repeated_lines_are_limited_and_counted),
        cmocka_unit_test(a_reader_that_does_not_read_costs_lines_not_time),
        cmocka_unit_test(a_reader_that_takes_little_at_a_time_gets_whole_lines_in_order),
        cmocka_unit_test(a_pipe_waits_for_its_other_writers_as_before),
        cmocka_unit_test(a_file_is_written_from_where_it_stands),
        cmocka_unit_test(a_full_disk_costs_lines_and_they_are_counted),
        cmocka_unit_test(threads_write_whole_lines),
        cmocka_unit_test(no_log_swallows_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
