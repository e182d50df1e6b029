/*
 * pair: certificates and keys made by the test, so that they can be old, young, nameless; in a folder of
 * their own, from pair_begin to pair_end.
 */
#ifndef PODGATE_TESTS_PAIR_H
#define PODGATE_TESTS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <gnutls/x509.h>
#include <unistd.h>

static char pair_dir[64];

static inline void pair_begin(void) {
    snprintf(pair_dir, sizeof pair_dir, "/tmp/podgate-pair-XXXXXX");
    assert_non_null(mkdtemp(pair_dir));
}

/* Of a few names at a time. */
static inline const char *pair_path(const char *name) {
    static char paths[8][384];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", pair_dir, name);
    return path;
}

static inline void pair_write(const char *name, const void *bytes, size_t len) {
    FILE *file = fopen(pair_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static inline gnutls_datum_t pair_read(const char *name, const char *end) {
    gnutls_datum_t pem;
    char file[64];
    snprintf(file, sizeof file, "%s%s", name, end);
    assert_true(gnutls_load_file(pair_path(file), &pem) >= 0);
    return pem;
}

/* NAME.crt and NAME.key; with `signer`, whose files are there, its name is "CN=NAME", else it signs itself. */
static inline void pair_make_under(const char *name, const char *signer, int64_t from,
                                   int64_t until, bool with_name) {
    gnutls_x509_privkey_t key, signer_key;
    gnutls_x509_crt_t crt, signer_crt;
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
    snprintf(file, sizeof file, "CN=%s", signer ? name : "test");
    gnutls_x509_crt_set_dn(crt, file, NULL);
    if (with_name)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                             GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key(crt, key);
    gnutls_x509_privkey_init(&signer_key);
    gnutls_x509_crt_init(&signer_crt);
    if (signer) {
        gnutls_datum_t of_key = pair_read(signer, ".key"), of_crt = pair_read(signer, ".crt");
        assert_true(
            gnutls_x509_privkey_import2(signer_key, &of_key, GNUTLS_X509_FMT_PEM, NULL, 0) >= 0);
        assert_true(gnutls_x509_crt_import(signer_crt, &of_crt, GNUTLS_X509_FMT_PEM) >= 0);
        gnutls_free(of_key.data);
        gnutls_free(of_crt.data);
    }
    assert_true(gnutls_x509_crt_sign2(crt, signer ? signer_crt : crt, signer ? signer_key : key,
                                      GNUTLS_DIG_SHA256, 0) >= 0);
    gnutls_x509_privkey_deinit(signer_key);
    gnutls_x509_crt_deinit(signer_crt);
    assert_true(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) >= 0);
    snprintf(file, sizeof file, "%s.crt", name);
    pair_write(file, pem.data, pem.size);
    gnutls_free(pem.data);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                                  &pem) >= 0);
    snprintf(file, sizeof file, "%s.key", name);
    pair_write(file, pem.data, pem.size);
    gnutls_free(pem.data);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, "secret",
                                                  GNUTLS_PKCS_PBES2_AES_256, &pem) >= 0);
    snprintf(file, sizeof file, "%s-encrypted.key", name);
    pair_write(file, pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

/* Signed by itself. */
static inline void pair_make(const char *name, int64_t from, int64_t until, bool with_name) {
    pair_make_under(name, NULL, from, until, with_name);
}

/* The certificates of NAMES (divided by blanks), one behind the other. */
static inline void pair_chain(const char *file, const char *names) {
    char text[16384] = "", list[256];
    snprintf(list, sizeof list, "%s", names);
    for (char *rest = list, *name; (name = strtok_r(rest, " ", &rest));) {
        gnutls_datum_t pem = pair_read(name, ".crt");
        strncat(text, (const char *)pem.data, sizeof text - strlen(text) - 1);
        gnutls_free(pem.data);
    }
    pair_write(file, text, strlen(text));
}

static inline int pair_end(void) {
    DIR *dir = opendir(pair_dir);
    if (!dir) return -1;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') unlink(pair_path(entry->d_name));
    closedir(dir);
    return rmdir(pair_dir);
}

#endif
