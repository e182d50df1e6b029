/* Files in, generations out; certificates are made here, so that they can be old, young, nameless. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/tls.h"

#define NOW INT64_C(1800000000)
#define DAY 86400

static char dir[64];
static struct tls *tls;
static struct error err;
static struct str advice;

static const char *path_of(const char *name) {
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t len) {
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* NAME.crt and NAME.key, signed by themselves. */
static void make_pair(const char *name, int64_t from, int64_t until, bool with_name) {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_datum_t pem;
    char file[64];
    gnutls_x509_privkey_init(&key);
    gnutls_x509_crt_init(&crt);
    assert_true(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                             0) >= 0);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, "\x01", 1);
    gnutls_x509_crt_set_activation_time(crt, from);
    gnutls_x509_crt_set_expiration_time(crt, until);
    gnutls_x509_crt_set_dn(crt, "CN=test", NULL);
    if (with_name)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                             GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key(crt, key);
    assert_true(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) >= 0);
    assert_true(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) >= 0);
    snprintf(file, sizeof file, "%s.crt", name);
    write_file(file, pem.data, pem.size);
    gnutls_free(pem.data);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                                  &pem) >= 0);
    snprintf(file, sizeof file, "%s.key", name);
    write_file(file, pem.data, pem.size);
    gnutls_free(pem.data);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, "secret",
                                                  GNUTLS_PKCS_PBES2_AES_256, &pem) >= 0);
    snprintf(file, sizeof file, "%s-encrypted.key", name);
    write_file(file, pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

static int make_files(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/podgate-tls-XXXXXX");
    if (!mkdtemp(dir)) return -1;
    make_pair("good", NOW - DAY, NOW + DAY, true);
    make_pair("other", NOW - DAY, NOW + 2 * DAY, true);
    make_pair("old", NOW - 2 * DAY, NOW - DAY, true);
    make_pair("young", NOW + DAY, NOW + 2 * DAY, true);
    make_pair("nameless", NOW - DAY, NOW + DAY, false);
    write_file("empty", "", 0);
    write_file("noise", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 60);
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    static const char *const names[] = {"good", "other", "old", "young", "nameless"};
    static const char *const ends[] = {".crt", ".key", "-encrypted.key"};
    char name[64];
    for (size_t i = 0; i < 15; i++) {
        snprintf(name, sizeof name, "%s%s", names[i / 3], ends[i % 3]);
        unlink(path_of(name));
    }
    unlink(path_of("empty"));
    unlink(path_of("noise"));
    return rmdir(dir);
}

static int set_up(void **state) {
    (void)state;
    tls = tls_new();
    return tls ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    tls_free(tls);
    return 0;
}

static enum tls_load load(const char *certificate, const char *key, const char *client_ca) {
    struct tls_files files = {str_from(path_of(certificate)), str_from(path_of(key)),
                              client_ca ? str_from(path_of(client_ca)) : STR_NONE};
    err = (struct error){.code = ERR_NONE};
    return tls_load(tls, &files, NOW, &advice, &err);
}

static void assert_refused(enum tls_load result, const char *file, const char *says) {
    assert_int_equal(result, TLS_REFUSED);
    if (!strstr(err.text, says) || !strstr(err.where, file))
        fail_msg("\"%s: %s\" does not name %s and say \"%s\"", err.where, err.text, file, says);
}

static void a_good_pair_is_loaded_once(void **state) {
    (void)state;
    assert_int_equal(tls_not_after(tls), 0);
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
    /* The same bad files are not read as news again. */
    assert_int_equal(load("old.crt", "old.key", NULL), TLS_UNCHANGED);
    assert_int_equal(load("good.crt", "good.key", NULL), TLS_LOADED);
}

static void a_certificate_without_a_name_is_loaded_with_advice(void **state) {
    (void)state;
    assert_int_equal(load("nameless.crt", "nameless.key", NULL), TLS_LOADED);
    assert_true(str_contains(advice, STR("subject alternative name")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_pair_is_loaded_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_with_its_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_pair_leaves_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_without_a_name_is_loaded_with_advice, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
