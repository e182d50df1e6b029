#include "edge/tls_peer.h"

#include <stdio.h>

#include "edge/tls_file.h"

#define CHAIN_MAX 8
#define NAME_BYTES 256
#define NAMES_SHOWN 120 /* bytes of a certificate's names in a reason */

/* What is wrong with a certificate, the clearest first. */
static const struct {
    unsigned bit;
    const char *text;
} problems[] = {
    {GNUTLS_CERT_SIGNER_NOT_FOUND, "is not signed by the CA"},
    {GNUTLS_CERT_SIGNER_NOT_CA, "is signed by a certificate that is no CA"},
    {GNUTLS_CERT_EXPIRED, "has expired"},
    {GNUTLS_CERT_NOT_ACTIVATED, "is not valid yet: is the clock right?"},
    {GNUTLS_CERT_PURPOSE_MISMATCH, "is not meant for that (extended key usage)"},
    {GNUTLS_CERT_UNEXPECTED_OWNER, "has another name"},
};

static const char *problem_of(unsigned status) {
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        if (status & problems[i].bit) return problems[i].text;
    return "is not to be trusted";
}

/* --- names ------------------------------------------------------------------------------------ */

/* A walk over a certificate's names; one that is too long is passed over. */
struct names {
    gnutls_x509_crt_t certificate;
    unsigned next;
    char buffer[NAME_BYTES];
    struct str name;
};

static bool next_dns_name(struct names *names) {
    for (;;) {
        size_t size = sizeof names->buffer;
        int type = gnutls_x509_crt_get_subject_alt_name(names->certificate, names->next++,
                                                        names->buffer, &size, NULL);
        if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER) return false;
        if (type != GNUTLS_SAN_DNSNAME) continue;
        names->name = (struct str){names->buffer, size};
        return true;
    }
}

/* The one common name. Of several, readers of certificates take different ones, so none counts. */
static bool common_name(struct names *names) {
    char other[NAME_BYTES];
    size_t size = sizeof names->buffer, other_size = sizeof other;
    if (gnutls_x509_crt_get_dn_by_oid(names->certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
                                      names->buffer, &size) < 0 ||
        gnutls_x509_crt_get_dn_by_oid(names->certificate, GNUTLS_OID_X520_COMMON_NAME, 1, 0, other,
                                      &other_size) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return false;
    names->name = (struct str){names->buffer, size};
    return true;
}

static bool has_one_of(gnutls_x509_crt_t certificate, const struct str_list *wanted) {
    struct names names = {.certificate = certificate};
    if (common_name(&names) && str_list_contains(wanted, names.name)) return true;
    while (next_dns_name(&names))
        if (str_list_contains(wanted, names.name)) return true;
    return false;
}

/* "system:apiserver, apiserver.example": what is there instead, shortened. */
static struct str show_names(struct arena *arena, gnutls_x509_crt_t certificate,
                             bool with_common_name) {
    struct names names = {.certificate = certificate};
    struct strbuf all;
    strbuf_init(&all, arena, NAME_BYTES);
    if (with_common_name && common_name(&names)) strbuf_add(&all, names.name);
    while (next_dns_name(&names)) {
        if (all.len > 0) strbuf_add(&all, STR(", "));
        strbuf_add(&all, names.name);
    }
    struct strbuf shown;
    strbuf_init(&shown, arena, NAME_BYTES);
    strbuf_add_escaped(&shown, strbuf_str(&all), NAMES_SHOWN);
    return shown.len > 0 ? strbuf_str(&shown) : STR("none");
}

static void tell_names(char reason[static TLS_REASON_BYTES], const char *what,
                       gnutls_x509_crt_t certificate, bool with_common_name) {
    struct arena arena;
    arena_init(&arena, 2048, 0);
    struct str names = show_names(&arena, certificate, with_common_name);
    snprintf(reason, TLS_REASON_BYTES, "%s: it has %.*s", what, STR_ARGS(names));
    arena_fini(&arena);
}

/* --- chains ----------------------------------------------------------------------------------- */

static unsigned import_chain(gnutls_session_t session, gnutls_x509_crt_t chain[static CHAIN_MAX]) {
    unsigned count = 0, imported = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    if (!shown || count > CHAIN_MAX) return 0;
    for (; imported < count; imported++) {
        if (gnutls_x509_crt_init(&chain[imported]) < 0) break;
        if (gnutls_x509_crt_import(chain[imported], &shown[imported], GNUTLS_X509_FMT_DER) >= 0)
            continue;
        gnutls_x509_crt_deinit(chain[imported]);
        break;
    }
    if (imported == count) return count;
    while (imported > 0)
        gnutls_x509_crt_deinit(chain[--imported]);
    return 0;
}

static bool is_client(gnutls_x509_crt_t *chain, unsigned count, gnutls_x509_trust_list_t trusted,
                      const struct str_list *names, char reason[static TLS_REASON_BYTES]) {
    static char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st for_clients = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                         .data = (unsigned char *)purpose};
    unsigned status = 0;
    if (gnutls_x509_trust_list_verify_crt2(trusted, chain, count, &for_clients, 1, 0, &status,
                                           NULL) < 0 ||
        status != 0) {
        snprintf(reason, TLS_REASON_BYTES, "the client's certificate %s", problem_of(status));
        return false;
    }
    if (names->count == 0 || has_one_of(chain[0], names)) return true;
    tell_names(reason, "the client's certificate has none of the names that are served", chain[0],
               true);
    return false;
}

bool tls_peer_is_client(gnutls_session_t session, gnutls_x509_trust_list_t trusted,
                        const struct str_list *names, char reason[static TLS_REASON_BYTES]) {
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned count = import_chain(session, chain);
    if (count == 0) {
        snprintf(reason, TLS_REASON_BYTES, "the client's certificate cannot be read");
        return false;
    }
    bool fine = is_client(chain, count, trusted, names, reason);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    return fine;
}

/* Go, and so the API server, knows no server by its common name. */
static bool is_server(gnutls_x509_crt_t leaf, unsigned status,
                      char reason[static TLS_REASON_BYTES]) {
    unsigned others = status & ~(unsigned)(GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER);
    if (status == 0 && tls_has_name(leaf)) return true;
    if (others != 0)
        snprintf(reason, TLS_REASON_BYTES, "the server's certificate %s", problem_of(others));
    else if (!tls_has_name(leaf))
        snprintf(reason, TLS_REASON_BYTES,
                 "the server's certificate has no subject alternative name");
    else if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
        tell_names(reason, "the server's certificate has not that name", leaf, false);
    else
        snprintf(reason, TLS_REASON_BYTES, "the server's certificate %s", problem_of(0));
    return false;
}

bool tls_peer_is_server(gnutls_session_t session, const char *name,
                        char reason[static TLS_REASON_BYTES]) {
    static char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st wanted[] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                       .data = (unsigned char *)purpose},
                                      {.type = GNUTLS_DT_DNS_HOSTNAME,
                                       .data = tls_datum(str_from(name)).data}};
    unsigned status = 0;
    gnutls_x509_crt_t chain[CHAIN_MAX];
    int code = gnutls_certificate_verify_peers(session, wanted, 2, &status);
    unsigned count = code < 0 ? 0 : import_chain(session, chain);
    if (count == 0) {
        snprintf(reason, TLS_REASON_BYTES, "the server's certificate cannot be read");
        return false;
    }
    bool fine = is_server(chain[0], status, reason);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    return fine;
}
