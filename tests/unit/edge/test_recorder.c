/* What of the recorder needs no server: tests/integration/test_record.c has the rest. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

#include "edge/recorder.h"
#include "edge/recorder_seen.h"

#define BODY                                                                                       \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":"   \
    "\"u\",\"kind\":{\"version\":\"v1\",\"kind\":\"Pod\"},\"operation\":\"CREATE\",\"namespace\":" \
    "\"a\",\"object\":{\"metadata\":{%s},\"spec\":{\"containers\":[]}}}}"

static char folder[64];
static struct metrics *metrics;
static struct metrics_shard *shard;
static struct recorder *recorder;

static int begin(void **state) {
    (void)state;
    strcpy(folder, "/tmp/podgate-recorder-XXXXXX");
    const struct metrics_options options = {.version = "test", .commit = "test"};
    metrics = metrics_new(&options);
    shard = metrics ? metrics_shard(metrics, 0) : NULL;
    return shard && mkdtemp(folder) ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    char command[96];
    metrics_free(metrics);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static bool try_make(int64_t most_bytes, int64_t per_workload, struct error *err) {
    const struct recorder_options options = {.folder = str_from(folder),
                                             .most_bytes = most_bytes,
                                             .per_workload = per_workload,
                                             .recording = {.limits = scan_limits_default},
                                             .shard = shard};
    return recorder_new(&options, &recorder, err);
}

static void make(int64_t most_bytes, int64_t per_workload) {
    struct error err;
    assert_true(try_make(most_bytes, per_workload, &err));
}

static void start(void) {
    struct error err;
    assert_true(recorder_start(recorder, &err));
}

static void offer(const char *metadata) {
    char body[1024];
    snprintf(body, sizeof body, BODY, metadata);
    const struct admission_outcome outcome = {.http_status = 200,
                                              .has_review = true,
                                              .profile = STR("default")};
    recorder_offer(recorder, shard, &outcome, str_from(body));
}

static void assert_counted(const char *result, unsigned count) {
    struct arena arena;
    struct strbuf text;
    char line[128];
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 65536);
    metrics_render(metrics, NULL, false, &text);
    snprintf(line, sizeof line, "podgate_recorded_reviews_total{result=\"%s\"} %u\n", result,
             count);
    bool is_there = str_contains(strbuf_str(&text), str_from(line));
    arena_fini(&arena);
    if (!is_there) fail_msg("not so: %s", line);
}

static void a_full_queue_costs_records_and_nobody_waits(void **state) {
    (void)state;
    make(1 << 20, 0);
    for (int i = 0; i < 20000; i++)
        offer("\"name\":\"web\"");
    start();
    recorder_stop(recorder);
    struct arena arena;
    struct strbuf text;
    arena_init(&arena, 65536, 0);
    strbuf_init(&text, &arena, 65536);
    metrics_render(metrics, NULL, false, &text);
    assert_false(str_contains(strbuf_str(&text), STR("result=\"queue_full\"} 0\n")));
    assert_false(str_contains(strbuf_str(&text), STR("result=\"written\"} 0\n")));
    arena_fini(&arena);
}

static void pods_of_one_deployment_are_one_workload(void **state) {
    (void)state;
    char metadata[256];
    make(1 << 20, 5);
    start();
    for (int i = 0; i < 1000; i++) {
        snprintf(
            metadata, sizeof metadata,
            "\"name\":\"web-5f6-%d\",\"labels\":{\"pod-template-hash\":\"5f6\"},"
            "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
            "\"web-5f6\",\"controller\":true}]",
            i);
        offer(metadata);
    }
    offer("\"generateName\":\"other-\"");
    recorder_stop(recorder);
    assert_counted("written", 6);
    assert_counted("surplus", 995);
}

static void a_review_larger_than_a_file_is_counted(void **state) {
    (void)state;
    make(1024, 0);
    start();
    offer("\"name\":\"web\"");
    recorder_stop(recorder);
    assert_counted("too_large", 1);
    assert_counted("written", 0);
}

static void what_is_queued_is_written_at_the_end(void **state) {
    (void)state;
    make(1 << 20, 0);
    start();
    for (int i = 0; i < 100; i++)
        offer("\"name\":\"web\"");
    recorder_stop(recorder);
    assert_counted("written", 100);
}

static void of_more_workloads_than_there_is_room_for_each_is_counted(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct seen *seen = seen_new(&arena);
    assert_non_null(seen);
    /* One place after another is taken; then all hashes lead to places that others have. */
    for (uint64_t hash = 1; hash <= 3 * (uint64_t)SEEN_WORKLOADS; hash++) {
        assert_int_equal(*seen_count(seen, hash), 0);
        for (int64_t times = 1; times <= 5; times++)
            assert_int_equal(++*seen_count(seen, hash), times);
    }
    arena_fini(&arena);
}

static void who_is_seen_least_gives_way(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, 65536, 0);
    struct seen *seen = seen_new(&arena);
    assert_non_null(seen);
    /* All begin at one place; the more often seen, the later they came. */
    for (uint64_t i = 1; i <= SEEN_PLACES; i++)
        *seen_count(seen, i * SEEN_WORKLOADS) = (int64_t)i;
    *seen_count(seen, (SEEN_PLACES + 1) * (uint64_t)SEEN_WORKLOADS) = 100;
    for (uint64_t i = 2; i <= SEEN_PLACES; i++)
        assert_int_equal(*seen_count(seen, i * SEEN_WORKLOADS), i);
    assert_int_equal(*seen_count(seen, SEEN_WORKLOADS), 0);
    seen_forget_all(seen);
    assert_int_equal(*seen_count(seen, (SEEN_PLACES + 1) * (uint64_t)SEEN_WORKLOADS), 0);
    arena_fini(&arena);
}

static size_t until_refusal;

static bool refuse_later(size_t bytes) {
    (void)bytes;
    return --until_refusal == 0;
}

/* Whichever allocation fails, what was taken before it is given back: builds with sanitizers look for what is not. */
static void running_out_of_memory_leaves_no_recorder_and_no_leak(void **state) {
    (void)state;
    struct error err;
    size_t refusals = 0;
    for (;;) {
        until_refusal = refusals + 1;
        arena_refuse = refuse_later;
        bool is_made = try_make(1 << 20, 1, &err);
        arena_refuse = NULL;
        if (is_made) break;
        assert_int_equal(err.code, ERR_MEMORY);
        refusals++;
    }
    assert_int_equal(refusals,
                     5); /* itself, workloads, the folder's name, the queue's two buffers */
    recorder_stop(recorder);
}

static void without_a_recorder_nothing_happens(void **state) {
    (void)state;
    recorder = NULL;
    offer("");
    recorder_stop(NULL);
    struct error err;
    assert_true(recorder_start(NULL, &err));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_full_queue_costs_records_and_nobody_waits),
        TEST(pods_of_one_deployment_are_one_workload),
        TEST(a_review_larger_than_a_file_is_counted),
        TEST(what_is_queued_is_written_at_the_end),
        TEST(of_more_workloads_than_there_is_room_for_each_is_counted),
        TEST(who_is_seen_least_gives_way),
        TEST(running_out_of_memory_leaves_no_recorder_and_no_leak),
        TEST(without_a_recorder_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
