#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "edge/queue.h"

static struct arena arena;
static struct queue queue;

static int begin(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return queue_init(&queue, &arena, 16) ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    queue_fini(&queue);
    arena_fini(&arena);
    return 0;
}

static bool add(const char *a, const char *b) {
    const struct str parts[] = {str_from(a), str_from(b)};
    return queue_add(&queue, parts, 2);
}

static void assert_taken(const char *text) {
    struct str taken;
    assert_true(queue_take(&queue, 0, &taken));
    assert_true(str_equals(taken, str_from(text)));
}

static void parts_come_out_behind_one_another(void **state) {
    (void)state;
    assert_true(add("one", " two"));
    assert_true(add("", "3"));
    assert_taken("one two3");
    assert_true(add("next", ""));
    assert_taken("next");
}

static void what_does_not_fit_is_refused_whole(void **state) {
    (void)state;
    assert_true(add("0123456789", ""));
    assert_false(add("abc", "defg"));
    assert_true(add("abcdef", ""));
    assert_false(add("x", ""));
    assert_taken("0123456789abcdef");
    assert_true(add("x", ""));
    assert_false(add("01234567890123456", ""));
}

static void when_it_is_stopped_what_is_left_still_comes(void **state) {
    (void)state;
    struct str taken;
    assert_true(add("last", ""));
    queue_stop(&queue);
    assert_taken("last");
    assert_false(queue_take(&queue, 0, &taken));
}

static void *taking(void *got) {
    assert_true(queue_take(&queue, 0, got));
    return NULL;
}

static void the_taker_waits_for_something(void **state) {
    (void)state;
    pthread_t thread;
    struct str got = STR_NONE;
    assert_int_equal(pthread_create(&thread, NULL, taking, &got), 0);
    assert_true(add("here", ""));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(str_equals(got, STR("here")));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(parts_come_out_behind_one_another),
        TEST(what_does_not_fit_is_refused_whole),
        TEST(when_it_is_stopped_what_is_left_still_comes),
        TEST(the_taker_waits_for_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
