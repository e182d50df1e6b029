/* After the first reviews none takes memory from the system, whether it is allowed or denied with a log line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "edge/clock.h"
#include "edge/webhook.h"

#if defined(__GLIBC__) && !ARENA_EACH_ALLOCATION && !defined(__SANITIZE_THREAD__)
#define CAN_COUNT true
static _Atomic size_t calls;
extern void *__libc_malloc(size_t bytes);
void *malloc(size_t bytes) {
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(bytes);
}
#else
#define CAN_COUNT false
static size_t calls;
#endif

static char text[1 << 20];

static struct str read_review(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "tests/reviews/%s/request.json", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    return (struct str){text, len};
}

static void judge(struct webhook *webhook, struct http_thread *thread, struct str body,
                  const char *verdict) {
    struct http_reply reply;
    const struct http_request request = {.path = STR("/validate"),
                                         .body = body,
                                         .arrived_ns = clock_monotonic_ns()};
    webhook_validate(webhook, thread, &request, &reply);
    assert_true(str_contains(reply.body, str_from(verdict)));
    arena_reset(&thread->arena, (size_t)256 << 10);
}

static void assert_takes_nothing(const char *review, const char *verdict) {
    struct error err;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct metrics *metrics =
        metrics_new(&(struct metrics_options){"1.2.3", "abc", MODE_ENFORCE, 2});
    struct webhook webhook = {.admission = {.limits = scan_limits_default, .mode = MODE_ENFORCE},
                              .store = store_new(NULL, NULL),
                              .big_limit = 1};
    struct http_thread thread = {.metrics = metrics_shard(metrics, 0)};
    struct str body = read_review(review);
    store_replace(webhook.store, policy_compile(NULL, 0, NULL));
    arena_init(&thread.arena, 65536, 0);
    assert_true(log_new(null, LOG_LEVEL_DEBUG, LOG_FORMAT_JSON, &webhook.log, &err));
    assert_true(log_start(webhook.log, &err));
    judge(&webhook, &thread, body, verdict);
    size_t before = calls;
    for (int i = 0; i < 100; i++)
        judge(&webhook, &thread, body, verdict);
    assert_int_equal(calls - before, 0);
    log_stop(webhook.log);
    store_free(webhook.store);
    metrics_free(metrics);
    arena_fini(&thread.arena);
    close(null);
}

static void judging_takes_no_memory_after_the_first_time(void **state) {
    (void)state;
    /* A sanitizer has a malloc of its own: then it looks at the same reviews and nothing is counted. */
    assert_true(calls > 0 || !CAN_COUNT);
    assert_takes_nothing("create-pod-web-good", "\"allowed\":true");
    assert_takes_nothing("create-pod-bad-everything", "\"allowed\":false");
    assert_takes_nothing("update-pod-bad-everything", "\"allowed\":");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judging_takes_no_memory_after_the_first_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
