#include "integration/identity.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "integration/podgate.h"

#define DAY 86400

static gnutls_datum_t pem_of(const char *file) {
    size_t len;
    char *text = read_whole(certificate_file(file), &len);
    assert_non_null(text);
    return (gnutls_datum_t){(unsigned char *)text, (unsigned)len};
}

static void write_pem(const char *name, const char *end, gnutls_datum_t *pem) {
    char file[64];
    snprintf(file, sizeof file, "%s%s", name, end);
    write_whole(certificate_file(file), (const char *)pem->data);
    gnutls_free(pem->data);
}

static void add_common_name(gnutls_x509_crt_t crt, const char *name) {
    if (name)
        gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                      (unsigned)strlen(name));
}

static void describe(gnutls_x509_crt_t crt, const struct identity *identity) {
    time_t now = time(NULL);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, "\x02", 1);
    gnutls_x509_crt_set_activation_time(crt, now - 2 * DAY);
    gnutls_x509_crt_set_expiration_time(crt, identity->has_expired ? now - DAY : now + DAY);
    add_common_name(crt, identity->common_name);
    add_common_name(crt, identity->second_common_name);
    if (identity->dns_name)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, identity->dns_name,
                                             (unsigned)strlen(identity->dns_name), GNUTLS_FSAN_SET);
    gnutls_x509_crt_set_key_purpose_oid(crt,
                                        identity->is_for_servers ? GNUTLS_KP_TLS_WWW_SERVER
                                                                 : GNUTLS_KP_TLS_WWW_CLIENT,
                                        0);
}

void identity_make(const char *name, const struct identity *identity) {
    gnutls_x509_crt_t ca, crt;
    gnutls_x509_privkey_t ca_key, key;
    gnutls_datum_t ca_pem = pem_of("client-ca.crt"), ca_key_pem = pem_of("client-ca.key"), pem;
    gnutls_x509_crt_init(&ca);
    gnutls_x509_crt_init(&crt);
    gnutls_x509_privkey_init(&ca_key);
    gnutls_x509_privkey_init(&key);
    assert_true(gnutls_x509_crt_import(ca, &ca_pem, GNUTLS_X509_FMT_PEM) >= 0);
    assert_true(gnutls_x509_privkey_import2(ca_key, &ca_key_pem, GNUTLS_X509_FMT_PEM, NULL, 0) >=
                0);
    assert_true(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                                             0) >= 0);
    describe(crt, identity);
    gnutls_x509_crt_set_key(crt, key);
    assert_true(gnutls_x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0) >= 0);
    assert_true(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem) >= 0);
    write_pem(name, ".crt", &pem);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                                  &pem) >= 0);
    write_pem(name, ".key", &pem);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(ca_key);
    gnutls_x509_privkey_deinit(key);
    free(ca_pem.data);
    free(ca_key_pem.data);
}
