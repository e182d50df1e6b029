#include "unit/policy/judged.h"

#include <pthread.h>

#include "policy/store.h"

static struct snapshot *snapshot(void) { return policy_compile(NULL, 0, NULL); }

static void count(void *counter) { ++*(int *)counter; }

static void nothing_is_in_force_at_first(void **state) {
    (void)state;
    struct store *store = store_new(NULL, NULL);
    assert_non_null(store);
    assert_null(store_acquire(store));
    store_release(store, NULL);
    store_free(store);
    store_free(NULL);
}

static void generations_count_up(void **state) {
    (void)state;
    struct store *store = store_new(NULL, NULL);
    struct snapshot *first = snapshot(), *second = snapshot();
    store_replace(store, first);
    assert_int_equal(first->generation, 1);
    store_replace(store, second);
    assert_int_equal(second->generation, 2);
    struct snapshot *got = store_acquire(store);
    assert_ptr_equal(got, second);
    store_release(store, got);
    store_free(store);
}

/* The sanitizer sees it if a snapshot that is still held is freed. */
static void a_replaced_snapshot_lives_until_its_last_reader_is_done(void **state) {
    (void)state;
    int notified = 0;
    struct store *store = store_new(count, &notified);
    store_replace(store, snapshot());
    struct snapshot *mine = store_acquire(store), *also = store_acquire(store);
    assert_ptr_equal(mine, also);
    store_replace(store, snapshot());
    store_reclaim(store);
    assert_true(mine->policy_count > 0);
    store_release(store, also);
    assert_int_equal(notified, 0);
    store_reclaim(store);
    assert_true(mine->policy_count > 0);
    store_release(store, mine);
    assert_int_equal(notified, 1);
    store_reclaim(store);
    store_free(store);
}

static void what_waits_is_freed_with_the_store(void **state) {
    (void)state;
    struct store *store = store_new(NULL, NULL);
    store_replace(store, snapshot());
    struct snapshot *mine = store_acquire(store);
    store_replace(store, snapshot());
    store_release(store, mine);
    store_free(store);
}

#define TURNS 2000

static void *read_on(void *store) {
    size_t policies = 0;
    for (int i = 0; i < TURNS; i++) {
        struct snapshot *mine = store_acquire(store);
        policies += mine->policy_count;
        store_release(store, mine);
    }
    return (void *)policies;
}

static void readers_and_reloads_do_not_meet(void **state) {
    (void)state;
    struct store *store = store_new(NULL, NULL);
    pthread_t readers[3];
    store_replace(store, snapshot());
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, store), 0);
    for (int i = 0; i < 50; i++) {
        store_replace(store, snapshot());
        store_reclaim(store);
    }
    for (int i = 0; i < 3; i++) {
        void *policies;
        pthread_join(readers[i], &policies);
        assert_int_equal((size_t)policies, TURNS);
    }
    store_free(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_in_force_at_first),
        cmocka_unit_test(generations_count_up),
        cmocka_unit_test(a_replaced_snapshot_lives_until_its_last_reader_is_done),
        cmocka_unit_test(what_waits_is_freed_with_the_store),
        cmocka_unit_test(readers_and_reloads_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
