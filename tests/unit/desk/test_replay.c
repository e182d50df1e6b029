#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "desk/replay.h"

/* A file without a name. */
struct text_file {
    int fd;
    char name[64];
};

static struct text_file file_of(struct str text) {
    struct text_file file = {.fd = memfd_create("test", MFD_CLOEXEC)};
    assert_true(file.fd >= 0);
    assert_int_equal(write(file.fd, text.at, text.len), (ssize_t)text.len);
    snprintf(file.name, sizeof file.name, "/proc/self/fd/%d", file.fd);
    return file;
}

static struct replay replay_with(const struct snapshot *candidate) {
    struct replay replay = {.candidate = candidate,
                            .admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE}};
    replay_init(&replay);
    return replay;
}

/* False: reading ended in an error. */
static bool take_all(struct replay *replay, const char *name, size_t record_bytes) {
    struct arena arena;
    struct str path = str_from(name);
    const struct str_list operands = {&path, 1};
    struct replay_record record;
    struct error err;
    enum replay_next next;
    bool is_whole = true;
    arena_init(&arena, 4096, 0);
    struct replay_reader *reader = replay_reader_new(&arena, &operands, record_bytes);
    if (reader) {
        while ((next = replay_reader_next(reader, &record, &err)) != REPLAY_END) {
            if (next == REPLAY_RECORD)
                replay_take(replay, &record);
            else
                is_whole = false;
        }
        replay_reader_free(reader);
    }
    replay_sort(replay);
    arena_fini(&arena);
    return is_whole && reader;
}

static void add_review(struct strbuf *out, unsigned number, size_t padding) {
    strbuf_printf(
        out,
        "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{"
        "\"uid\":\"%u\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
        "\"namespace\":\"n\",\"operation\":\"CREATE\",\"object\":{\"kind\":\"Pod\","
        "\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p%u\",\"annotations\":{\"pad\":\"",
        number, number);
    for (size_t i = 0; i < padding; i++)
        strbuf_add_char(out, 'x');
    strbuf_add(
        out, STR("\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:latest\"}]}}}}\n"));
}

static void owners_beyond_the_bound_are_counted(void **state) {
    struct arena arena;
    struct strbuf text;
    (void)state;
    arena_init(&arena, 4096, 0);
    strbuf_init(&text, &arena, (size_t)8 << 20);
    for (unsigned i = 0; i < REPLAY_OWNERS_MAX + 7; i++)
        add_review(&text, i, 0);
    add_review(&text, 0, 0);
    struct text_file file = file_of(strbuf_str(&text));
    struct snapshot *candidate = policy_compile(NULL, 0, NULL);
    struct replay replay = replay_with(candidate);
    assert_true(take_all(&replay, file.name, (size_t)1 << 20));
    assert_int_equal(replay.newly_denied.count, REPLAY_OWNERS_MAX);
    assert_int_equal(replay.newly_denied.reviews, REPLAY_OWNERS_MAX + 8);
    assert_int_equal(replay.newly_denied.omitted, 7);
    assert_int_equal(replay.newly_denied.owners[0]->reviews, 2);
    replay_fini(&replay);
    snapshot_free(candidate);
    close(file.fd);
    arena_fini(&arena);
}

/* Records of many sizes lie over the borders of what is read at once; lines are counted right. */
static void records_are_found_wherever_reading_stops(void **state) {
    struct arena arena;
    struct strbuf text;
    unsigned count = 0;
    (void)state;
    arena_init(&arena, 4096, 0);
    strbuf_init(&text, &arena, (size_t)8 << 20);
    for (; text.len < ((size_t)5 << 20); count++)
        add_review(&text, count, (count * 7919) % 60000);
    struct text_file file = file_of(strbuf_str(&text));
    struct snapshot *candidate = policy_compile(NULL, 0, NULL);
    struct replay replay = replay_with(candidate);
    assert_true(take_all(&replay, file.name, (size_t)64 << 10));
    assert_int_equal(replay.counts[REPLAY_JUDGED], count);
    assert_int_equal(replay.newly_denied.count, count);
    for (size_t i = 0; i < count; i++) {
        unsigned number = (unsigned)atoi(replay.newly_denied.owners[i]->name.at + 1);
        assert_int_equal(replay.newly_denied.owners[i]->line, number + 1);
    }
    replay_fini(&replay);
    snapshot_free(candidate);
    close(file.fd);
    arena_fini(&arena);
}

static long left;
static bool refuse_one(size_t bytes) {
    (void)bytes;
    return left-- == 0;
}

/* Memory that runs out anywhere is a failure that is counted, or changes nothing. */
static void a_record_is_judged_or_counted_as_failed(void **state) {
    struct arena arena;
    struct strbuf text;
    (void)state;
    arena_init(&arena, 4096, 0);
    strbuf_init(&text, &arena, 4096);
    for (unsigned i = 0; i < 3; i++)
        add_review(&text, i, 100);
    struct text_file file = file_of(strbuf_str(&text));
    struct snapshot *candidate = policy_compile(NULL, 0, NULL);
    unsigned failed = 0;
    for (long at = 0;; at++) {
        struct replay replay = replay_with(candidate);
        left = at;
        arena_refuse = refuse_one;
        bool is_whole = take_all(&replay, file.name, 8192);
        arena_refuse = NULL;
        bool is_right = is_whole && replay.failures == 0;
        if (is_right) {
            assert_int_equal(replay.newly_denied.count, 3);
            assert_int_equal(replay.newly_denied.reviews, 3);
            for (size_t i = 0; i < 3; i++)
                assert_int_equal(replay.newly_denied.owners[i]->rule_count, 4);
        } else {
            failed++;
        }
        bool was_refused = left < 0;
        replay_fini(&replay);
        if (!was_refused) break;
    }
    assert_true(failed > 10);
    snapshot_free(candidate);
    close(file.fd);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owners_beyond_the_bound_are_counted),
        cmocka_unit_test(records_are_found_wherever_reading_stops),
        cmocka_unit_test(a_record_is_judged_or_counted_as_failed),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
