/* Files in, generations out; certificates are made here, so that they can be old, young, nameless. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "edge/tls.h"
#include "unit/edge/pair.h"

#define NOW INT64_C(1800000000)
#define DAY 86400

static struct tls *tls;
static struct error err;
static struct str advice;

static int make_files(void **state) {
    (void)state;
    pair_begin();
    pair_make("good", NOW - DAY, NOW + DAY, true);
    pair_make("other", NOW - DAY, NOW + 2 * DAY, true);
    pair_make("old", NOW - 2 * DAY, NOW - DAY, true);
    pair_make("young", NOW + DAY, NOW + 2 * DAY, true);
    pair_make("nameless", NOW - DAY, NOW + DAY, false);
    pair_make("root", NOW - DAY, NOW + 9 * DAY, false);
    pair_make_under("signer", "root", NOW - DAY, NOW + 8 * DAY, false);
    pair_make_under("leaf", "signer", NOW - DAY, NOW + 2 * DAY, true);
    pair_make_under("old-signer", "root", NOW - 2 * DAY, NOW - DAY, false);
    pair_make_under("leaf-of-old", "old-signer", NOW - DAY, NOW + DAY, true);
    pair_make_under("short-signer", "root", NOW - DAY, NOW + DAY, false);
    pair_make_under("leaf-of-short", "short-signer", NOW - DAY, NOW + 2 * DAY, true);
    pair_chain("in-order.crt", "leaf signer root");
    pair_chain("out-of-order.crt", "leaf root signer");
    pair_chain("upside-down.crt", "root signer leaf");
    pair_chain("of-old.crt", "leaf-of-old old-signer");
    pair_chain("of-short.crt", "leaf-of-short short-signer root");
    pair_write("empty", "", 0);
    pair_write("noise", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 60);
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    return pair_end();
}

static int set_up(void **state) {
    (void)state;
    tls = tls_new((struct str_list){NULL, 0});
    return tls ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    tls_free(tls);
    return 0;
}

static enum tls_load load_at(int64_t now, const char *certificate, const char *key,
                             const char *client_ca) {
    struct tls_files files = {str_from(pair_path(certificate)), str_from(pair_path(key)),
                              client_ca ? str_from(pair_path(client_ca)) : STR_NONE};
    err = (struct error){.code = ERR_NONE};
    return tls_load(tls, &files, now, &advice, &err);
}

static enum tls_load load(const char *certificate, const char *key, const char *client_ca) {
    return load_at(NOW, certificate, key, client_ca);
}

static void assert_refused(enum tls_load result, const char *file, const char *says) {
    assert_int_equal(result, TLS_REFUSED);
    if (!strstr(err.text, says) || !strstr(err.where, file))
        fail_msg("\"%s: %s\" does not name %s and say \"%s\"", err.where, err.text, file, says);
}

static void a_good_pair_is_loaded_once(void **state) {
    (void)state;
    assert_int_equal(tls_not_after(tls), 0);
    assert_int_equal(tls_chain_not_after(tls), 0);
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_LOADED);
    assert_int_equal(tls_not_after(tls), NOW + DAY);
    assert_int_equal(advice.len, 0);
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_UNCHANGED);
    assert_int_equal(load("other.crt", "other.key", "good.crt"), TLS_LOADED);
    assert_int_equal(tls_not_after(tls), NOW + 2 * DAY);
}

static void what_is_wrong_is_told_with_its_file(void **state) {
    (void)state;
    assert_refused(load("missing.crt", "good.key", NULL), "missing.crt",
                   "certificate: cannot be read: No such file");
    assert_refused(load("good.crt", "missing.key", NULL), "missing.key", "key: cannot be read");
    assert_refused(load("empty", "good.key", NULL), "empty", "no certificate in PEM form");
    assert_refused(load("noise", "good.key", NULL), "noise", "certificate");
    assert_refused(load("good.key", "good.key", NULL), "good.key", "no certificate in PEM form");
    assert_refused(load("good.crt", "good.crt", NULL), "good.crt", "no private key in PEM form");
    assert_refused(load("good.crt", "other.key", NULL), "other.key",
                   "is not the key of the certificate");
    assert_refused(load("good.crt", "good-encrypted.key", NULL), "good-encrypted.key",
                   "is encrypted");
    assert_refused(load("old.crt", "old.key", NULL), "old.crt", "has expired");
    assert_refused(load("young.crt", "young.key", NULL), "young.crt", "not valid yet");
    assert_refused(load("good.crt", "good.key", "empty"), "empty",
                   "client CA: holds no certificate");
    assert_int_equal(tls_not_after(tls), 0);
}

static void a_refused_pair_leaves_the_old_one(void **state) {
    (void)state;
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_LOADED);
    assert_int_equal(load("old.crt", "old.key", NULL), TLS_REFUSED);
    assert_int_equal(tls_not_after(tls), NOW + DAY);
    assert_int_equal(load("old.crt", "old.key", NULL), TLS_REFUSED);
    assert_int_equal(load("other.crt", "other.key", NULL), TLS_LOADED);
}

static void what_is_in_force_is_not_loaded_again_after_a_failure(void **state) {
    (void)state;
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_LOADED);
    assert_refused(load("missing.crt", "good.key", NULL), "missing.crt", "cannot be read");
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_UNCHANGED);
    assert_refused(load("good.crt", "other.key", NULL), "other.key", "is not the key");
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_UNCHANGED);
}

/* Refused files are looked at anew each time, the clock as well. */
static void what_is_too_early_today_is_in_force_tomorrow(void **state) {
    (void)state;
    assert_refused(load("young.crt", "young.key", NULL), "young.crt", "not valid yet");
    assert_int_equal(load_at(NOW + DAY + 1, "young.crt", "young.key", NULL), TLS_LOADED);
}

static void a_certificate_without_a_name_is_loaded_with_advice(void **state) {
    (void)state;
    assert_int_equal(load("nameless.crt", "nameless.key", NULL), TLS_LOADED);
    assert_true(str_contains(advice, STR("subject alternative name")));
}

static void a_chain_is_looked_at_to_its_end(void **state) {
    (void)state;
    static const struct {
        const char *certificate, *key, *advice;
        int64_t leaf_ends, first_ends; /* days from now */
    } rows[] = {
        {"in-order.crt", "leaf.key", "", 2, 2},
        {"out-of-order.crt", "leaf.key", "do not follow each other", 2, 2},
        {"of-old.crt", "leaf-of-old.key", "behind it has expired", 1, -1},
        {"of-short.crt", "leaf-of-short.key", "ends before it does", 2, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(load(rows[i].certificate, rows[i].key, NULL), TLS_LOADED);
        if (!str_contains(advice, str_from(rows[i].advice)) ||
            str_is_empty(advice) != (rows[i].advice[0] == '\0'))
            fail_msg("%s: \"%.*s\"", rows[i].certificate, STR_ARGS(advice));
        assert_int_equal(tls_not_after(tls), NOW + rows[i].leaf_ends * DAY);
        assert_int_equal(tls_chain_not_after(tls), NOW + rows[i].first_ends * DAY);
    }
}

static void a_chain_that_stands_upside_down_is_told(void **state) {
    (void)state;
    assert_refused(load("upside-down.crt", "leaf.key", NULL), "leaf.key",
                   "is the key of a later certificate in the file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_pair_is_loaded_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_with_its_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_pair_leaves_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_in_force_is_not_loaded_again_after_a_failure,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_early_today_is_in_force_tomorrow, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_chain_is_looked_at_to_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chain_that_stands_upside_down_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_without_a_name_is_loaded_with_advice, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
