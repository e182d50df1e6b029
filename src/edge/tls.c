#include "edge/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/tls_file.h"
#include "edge/tls_peer.h"

#define CHAIN_MAX 8
#define KEY_ID_BYTES 64

/* No session tickets: the API server's client never resumes. */
const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

struct tls_generation {
    atomic_uint references;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned chain_length;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t clients;    /* NULL: none are asked for a certificate */
    const struct str_list *client_names; /* empty: any that `clients` trusts */
    int64_t not_after_s, chain_not_after_s;
};

struct tls {
    struct str_list client_names;
    pthread_mutex_t mutex; /* guards `current` */
    struct tls_generation *current;
    uint64_t current_hash; /* of the files that `current` was made of; the control thread's */
};

struct tls *tls_new(struct str_list client_names) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) return NULL;
    tls->client_names = client_names;
    pthread_mutex_init(&tls->mutex, NULL);
    return tls;
}

static void generation_free(struct tls_generation *generation) {
    for (unsigned i = 0; i < generation->chain_length; i++)
        gnutls_pcert_deinit(&generation->chain[i]);
    if (generation->key) gnutls_privkey_deinit(generation->key);
    if (generation->clients) gnutls_x509_trust_list_deinit(generation->clients, 1);
    free(generation);
}

void tls_end_session(struct tls_generation *generation) {
    if (generation && atomic_fetch_sub(&generation->references, 1) == 1)
        generation_free(generation);
}

void tls_free(struct tls *tls) {
    if (!tls) return;
    tls_end_session(tls->current);
    pthread_mutex_destroy(&tls->mutex);
    free(tls);
}

int64_t tls_not_after(struct tls *tls) {
    pthread_mutex_lock(&tls->mutex);
    int64_t not_after_s = tls->current ? tls->current->not_after_s : 0;
    pthread_mutex_unlock(&tls->mutex);
    return not_after_s;
}

int64_t tls_chain_not_after(struct tls *tls) {
    pthread_mutex_lock(&tls->mutex);
    int64_t not_after_s = tls->current ? tls->current->chain_not_after_s : 0;
    pthread_mutex_unlock(&tls->mutex);
    return not_after_s;
}

/* --- sessions --------------------------------------------------------------------------------- */

/* Chain and key stay ours: the session's reference keeps them alive. */
static int retrieve_certificate(gnutls_session_t session, const gnutls_datum_t *names,
                                int name_count, const gnutls_pk_algorithm_t *algorithms,
                                int algorithm_count, gnutls_pcert_st **chain,
                                unsigned *chain_length, gnutls_privkey_t *key) {
    (void)names, (void)name_count, (void)algorithms, (void)algorithm_count;
    struct tls_generation *generation = gnutls_session_get_ptr(session);
    if (!generation) return -1;
    *chain = generation->chain;
    *chain_length = generation->chain_length;
    *key = generation->key;
    return 0;
}

tls_function tls_certificate_callback(void) { return (tls_function)retrieve_certificate; }

/* Why this thread's handshake was refused by us; "" when it was not. */
static _Thread_local char refusal[TLS_REASON_BYTES];

struct str tls_take_refusal(char reason[static TLS_REASON_BYTES]) {
    memcpy(reason, refusal, sizeof refusal);
    refusal[0] = '\0';
    return str_from(reason);
}

static int verify_client(gnutls_session_t session) {
    struct tls_generation *generation = gnutls_session_get_ptr(session);
    if (generation &&
        tls_peer_is_client(session, generation->clients, generation->client_names, refusal))
        return 0;
    /* The HTTP library would only hang up, and the client's log would tell nobody why. */
    gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
    return GNUTLS_E_CERTIFICATE_ERROR;
}

/* Without a certificate the library refuses before it asks `verify_client`. */
static int notice_empty_certificate(gnutls_session_t session, unsigned type, unsigned when,
                                    unsigned incoming, const gnutls_datum_t *message) {
    (void)session, (void)type, (void)when;
    /* An empty list's length, behind TLS 1.3's empty request context: RFC 5246 7.4.6, RFC 8446 4.4.2. */
    if (!incoming || message->size > 4) return 0;
    snprintf(refusal, sizeof refusal, "the client showed no certificate");
    gnutls_alert_send(session, GNUTLS_AL_FATAL,
                      gnutls_protocol_get_version(session) == GNUTLS_TLS1_3
                          ? GNUTLS_A_CERTIFICATE_REQUIRED
                          : GNUTLS_A_BAD_CERTIFICATE);
    return 0;
}

struct tls_generation *tls_begin_session(struct tls *tls, void *session) {
    pthread_mutex_lock(&tls->mutex);
    struct tls_generation *generation = tls->current;
    if (generation) atomic_fetch_add(&generation->references, 1);
    pthread_mutex_unlock(&tls->mutex);
    /* The library keeps its own pointer there, but reads it only for pre-shared keys. */
    gnutls_session_set_ptr(session, generation);
    if (generation && generation->clients) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_function(session, verify_client);
        gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CERTIFICATE_PKT,
                                           GNUTLS_HOOK_POST, notice_empty_certificate);
    }
    return generation;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool refuse(struct error *err, const char *what, const char *path, const char *text,
                   int code) {
    if (code == 0)
        error_set(err, ERR_TLS, "%s", text);
    else
        error_set(err, ERR_TLS, "%s (%s)", text, gnutls_strerror(code));
    return tls_file_error(err, what, path);
}

static bool check_dates(gnutls_x509_crt_t leaf, int64_t now_s, const char *path,
                        struct error *err) {
    if (gnutls_x509_crt_get_expiration_time(leaf) <= now_s)
        return refuse(err, "certificate", path, "has expired", 0);
    if (gnutls_x509_crt_get_activation_time(leaf) > now_s)
        return refuse(err, "certificate", path, "is not valid yet: is the clock right?", 0);
    return true;
}

static bool load_chain(struct tls_generation *generation, struct str pem, const char *path,
                       int64_t now_s, gnutls_x509_crt_t chain[static CHAIN_MAX], unsigned *count,
                       struct error *err) {
    gnutls_datum_t data = tls_datum(pem);
    *count = CHAIN_MAX;
    int code = gnutls_x509_crt_list_import(chain, count, &data, GNUTLS_X509_FMT_PEM,
                                           GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (code < 0) {
        *count = 0;
        return refuse(err, "certificate", path,
                      code == GNUTLS_E_SHORT_MEMORY_BUFFER ? "holds more than 8 certificates"
                                                           : "holds no certificate in PEM form",
                      code == GNUTLS_E_SHORT_MEMORY_BUFFER ? 0 : code);
    }
    unsigned length = *count;
    code = gnutls_pcert_import_x509_list(generation->chain, chain, &length, 0);
    if (code < 0) return refuse(err, "certificate", path, "cannot be used", code);
    generation->chain_length = length;
    generation->not_after_s = gnutls_x509_crt_get_expiration_time(chain[0]);
    generation->chain_not_after_s = generation->not_after_s;
    for (unsigned i = 1; i < length; i++) {
        int64_t end_s = gnutls_x509_crt_get_expiration_time(chain[i]);
        if (end_s < generation->chain_not_after_s) generation->chain_not_after_s = end_s;
    }
    return check_dates(chain[0], now_s, path, err);
}

static bool key_fits(gnutls_privkey_t key, gnutls_x509_crt_t leaf) {
    unsigned char of_key[KEY_ID_BYTES], of_leaf[KEY_ID_BYTES];
    size_t key_size = sizeof of_key, leaf_size = sizeof of_leaf;
    gnutls_pubkey_t public_key;
    if (gnutls_pubkey_init(&public_key) < 0) return false;
    bool same =
        gnutls_pubkey_import_privkey(public_key, key, 0, 0) >= 0 &&
        gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, of_key, &key_size) >= 0 &&
        gnutls_x509_crt_get_key_id(leaf, GNUTLS_KEYID_USE_SHA256, of_leaf, &leaf_size) >= 0 &&
        key_size == leaf_size && memcmp(of_key, of_leaf, key_size) == 0;
    gnutls_pubkey_deinit(public_key);
    return same;
}

static bool load_key(struct tls_generation *generation, struct str pem, const char *path,
                     const gnutls_x509_crt_t *chain, unsigned count, struct error *err) {
    gnutls_datum_t data = tls_datum(pem);
    if (gnutls_privkey_init(&generation->key) < 0)
        return error_set(err, ERR_MEMORY, "out of memory for the key");
    int code = gnutls_privkey_import_x509_raw(generation->key, &data, GNUTLS_X509_FMT_PEM, NULL,
                                              GNUTLS_PKCS_PLAIN);
    if (code == GNUTLS_E_DECRYPTION_FAILED || str_contains(pem, STR("ENCRYPTED")))
        return refuse(err, "key", path, "is encrypted: podgate reads plain keys only", 0);
    if (code < 0) return refuse(err, "key", path, "holds no private key in PEM form", code);
    if (key_fits(generation->key, chain[0])) return true;
    for (unsigned i = 1; i < count; i++)
        if (key_fits(generation->key, chain[i]))
            return refuse(err, "key", path,
                          "is the key of a later certificate in the file: the server's own must "
                          "stand first, and who signed it behind it",
                          0);
    return refuse(err, "key", path, "is not the key of the certificate", 0);
}

static bool load_clients(struct tls_generation *generation, struct str pem, const char *path,
                         struct error *err) {
    gnutls_datum_t data = tls_datum(pem);
    if (gnutls_x509_trust_list_init(&generation->clients, 0) < 0)
        return error_set(err, ERR_MEMORY, "out of memory for the client CA");
    int count = gnutls_x509_trust_list_add_trust_mem(generation->clients, &data, NULL,
                                                     GNUTLS_X509_FMT_PEM, 0, 0);
    if (count > 0) return true;
    return refuse(err, "client CA", path, "holds no certificate in PEM form", count);
}

/* What is unwise about a chain that serves all the same: whoever connects may know another way to a CA. */
static struct str find_advice(const gnutls_x509_crt_t *chain, unsigned count, int64_t now_s) {
    if (!tls_has_name(chain[0]))
        return STR(
            "the certificate has no subject alternative name: the API server will refuse it");
    int64_t end_s = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 1; i < count; i++) {
        int64_t end_of_signer_s = gnutls_x509_crt_get_expiration_time(chain[i]);
        if (end_of_signer_s <= now_s)
            return STR("the certificate is fine, but one of those behind it has expired: the API "
                       "server may refuse it");
        if (end_of_signer_s < end_s)
            return STR("one of the certificates behind the server's own ends before it does");
        if (gnutls_x509_crt_check_issuer(chain[i - 1], chain[i]) != 1)
            return STR(
                "the certificates do not follow each other, each signed by the next one: the "
                "API server may refuse them");
    }
    return STR_NONE;
}

/* The bytes of all files, before anything is made of them. */
struct pem_texts {
    const char *certificate_path, *key_path, *clients_path;
    struct str certificate, key, clients;
};

static struct tls_generation *build(const struct pem_texts *pem, int64_t now_s, struct str *advice,
                                    struct error *err) {
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned count = 0;
    struct tls_generation *generation = calloc(1, sizeof *generation);
    if (!generation) {
        error_set(err, ERR_MEMORY, "out of memory for the certificate");
        return NULL;
    }
    generation->references = 1;
    bool fine =
        load_chain(generation, pem->certificate, pem->certificate_path, now_s, chain, &count,
                   err) &&
        load_key(generation, pem->key, pem->key_path, chain, count, err) &&
        (!pem->clients_path || load_clients(generation, pem->clients, pem->clients_path, err));
    if (fine) *advice = find_advice(chain, count, now_s);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    if (fine) return generation;
    generation_free(generation);
    return NULL;
}

static uint64_t hash_texts(const struct pem_texts *pem) {
    const struct str texts[] = {pem->certificate, pem->key, pem->clients};
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        for (size_t i = 0; i < texts[t].len; i++)
            hash = (hash ^ (unsigned char)texts[t].at[i]) * UINT64_C(1099511628211);
        hash = (hash ^ 0x100) * UINT64_C(1099511628211);
    }
    return hash;
}

static enum tls_load load(struct tls *tls, const struct pem_texts *pem, int64_t now_s,
                          struct str *advice, struct error *err) {
    uint64_t hash = hash_texts(pem);
    if (hash == tls->current_hash) return TLS_UNCHANGED;
    struct tls_generation *generation = build(pem, now_s, advice, err);
    if (!generation) return TLS_REFUSED;
    tls->current_hash = hash;
    generation->client_names = &tls->client_names;
    pthread_mutex_lock(&tls->mutex);
    struct tls_generation *old = tls->current;
    tls->current = generation;
    pthread_mutex_unlock(&tls->mutex);
    tls_end_session(old);
    return TLS_LOADED;
}

enum tls_load tls_load(struct tls *tls, const struct tls_files *files, int64_t now_s,
                       struct str *advice, struct error *err) {
    *advice = STR_NONE;
    struct arena scratch;
    arena_init(&scratch, 65536, 0);
    struct pem_texts pem = {.certificate_path = str_copy(&scratch, files->certificate).at,
                            .key_path = str_copy(&scratch, files->key).at,
                            .clients_path = str_is_empty(files->client_ca)
                                                ? NULL
                                                : str_copy(&scratch, files->client_ca).at};
    enum tls_load result = TLS_REFUSED;
    /* A client CA whose path was not kept must not become none. */
    if (arena_is_exhausted(&scratch))
        error_set(err, ERR_MEMORY, "out of memory for the certificate");
    else if (tls_file_read(&scratch, "certificate", pem.certificate_path, &pem.certificate, err) &&
             tls_file_read(&scratch, "key", pem.key_path, &pem.key, err) &&
             (!pem.clients_path ||
              tls_file_read(&scratch, "client CA", pem.clients_path, &pem.clients, err)))
        result = load(tls, &pem, now_s, advice, err);
    if (pem.key.at) {
        gnutls_datum_t key = tls_datum(pem.key);
        gnutls_memset(key.data, 0, key.size);
    }
    arena_fini(&scratch);
    return result;
}

const char *tls_library_version(void) { return gnutls_check_version(NULL); }
