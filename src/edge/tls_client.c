#include "edge/tls_client.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "edge/tls_file.h"
#include "edge/tls_peer.h"

struct tls_client {
    struct arena arena; /* owns this struct */
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    struct str server_name;        /* terminated */
    char reason[TLS_REASON_BYTES]; /* why the server was not believed; "" when it was */
    bool has_socket, shows_certificate, was_asked; /* for a certificate */
};

void tls_client_free(struct tls_client *client) {
    if (!client) return;
    if (client->session) gnutls_deinit(client->session);
    if (client->credentials) gnutls_certificate_free_credentials(client->credentials);
    struct arena arena = client->arena;
    arena_fini(&arena);
}

static bool library_failed(struct error *err, const char *what, int code) {
    return error_set(err, ERR_TLS, "%s: %s", what, gnutls_strerror(code));
}

/* --- files ------------------------------------------------------------------------------------ */

static bool load_ca(struct tls_client *client, struct str path, struct error *err) {
    struct str pem;
    if (!tls_file_read(&client->arena, "CA", path.at, &pem, err)) return false;
    gnutls_datum_t data = tls_datum(pem);
    if (gnutls_certificate_set_x509_trust_mem(client->credentials, &data, GNUTLS_X509_FMT_PEM) > 0)
        return true;
    error_set(err, ERR_TLS, "holds no certificate in PEM form");
    return tls_file_error(err, "CA", path.at);
}

static bool load_pair(struct tls_client *client, struct str certificate_path, struct str key_path,
                      struct error *err) {
    struct str certificate, key;
    if (!tls_file_read(&client->arena, "client certificate", certificate_path.at, &certificate,
                       err) ||
        !tls_file_read(&client->arena, "client key", key_path.at, &key, err))
        return false;
    gnutls_datum_t certificate_data = tls_datum(certificate), key_data = tls_datum(key);
    int code = gnutls_certificate_set_x509_key_mem(client->credentials, &certificate_data,
                                                   &key_data, GNUTLS_X509_FMT_PEM);
    gnutls_memset(key_data.data, 0, key_data.size);
    client->shows_certificate = code >= 0;
    if (code >= 0) return true;
    library_failed(err, "cannot be used with its key", code);
    return tls_file_error(err, "client certificate", certificate_path.at);
}

static bool load_files(struct tls_client *client, const struct tls_client_options *options,
                       struct error *err) {
    struct str ca = str_copy(&client->arena, options->ca_file),
               certificate = str_copy(&client->arena, options->certificate),
               key = str_copy(&client->arena, options->key);
    if (arena_is_exhausted(&client->arena)) return error_set(err, ERR_MEMORY, "out of memory");
    return load_ca(client, ca, err) &&
           (certificate.len == 0 || load_pair(client, certificate, key, err));
}

/* --- the session ------------------------------------------------------------------------------ */

static int verify_server(gnutls_session_t session) {
    struct tls_client *client = gnutls_session_get_ptr(session);
    return tls_peer_is_server(session, client->server_name.at, client->reason)
               ? 0
               : GNUTLS_E_CERTIFICATE_ERROR;
}

/* RFC 6066 section 3 allows no addresses there. */
static bool is_address(const char *name) {
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static bool make_session(struct tls_client *client, struct error *err) {
    struct str name = client->server_name;
    int code = gnutls_init(&client->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    if (code >= 0) code = gnutls_priority_set_direct(client->session, tls_priorities, NULL);
    if (code >= 0)
        code = gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
    if (code >= 0 && !is_address(name.at))
        code = gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, name.at, name.len);
    if (code < 0) return library_failed(err, "TLS cannot be set up", code);
    gnutls_session_set_ptr(client->session, client);
    gnutls_session_set_verify_function(client->session, verify_server);
    /* The caller keeps the time. */
    gnutls_handshake_set_timeout(client->session, GNUTLS_INDEFINITE_TIMEOUT);
    return true;
}

bool tls_client_new(const struct tls_client_options *options, struct tls_client **out,
                    struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct tls_client *client = ARENA_NEW(&arena, struct tls_client, 1);
    if (!client) {
        arena_fini(&arena);
        return error_set(err, ERR_MEMORY, "out of memory");
    }
    client->arena = arena;
    client->server_name = str_copy(&client->arena, options->server_name);
    *out = client;
    err->code = ERR_NONE;
    if (client->server_name.at &&
        gnutls_certificate_allocate_credentials(&client->credentials) >= 0 &&
        load_files(client, options, err) && make_session(client, err))
        return true;
    if (err->code == ERR_NONE) error_set(err, ERR_MEMORY, "out of memory");
    tls_client_free(client);
    return false;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* What may be behind a server's hanging up. */
static const char *hint(const struct tls_client *client) {
    if (!client->was_asked) return "";
    return client->shows_certificate ? ": it seems not to accept our certificate"
                                     : ": it asks for a client certificate";
}

/* What a call's negative code means. */
static enum tls_step step_of(struct tls_client *client, int code, struct error *err) {
    if (!gnutls_error_is_fatal(code))
        return gnutls_record_get_direction(client->session) ? TLS_WANTS_WRITE : TLS_WANTS_READ;
    if (client->reason[0])
        error_set(err, ERR_TLS, "%s", client->reason);
    else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        error_set(err, ERR_TLS, "the server ended TLS with the alert \"%s\"%s",
                  gnutls_alert_get_name(gnutls_alert_get(client->session)), hint(client));
    else if (code == GNUTLS_E_PREMATURE_TERMINATION || code == GNUTLS_E_PULL_ERROR ||
             code == GNUTLS_E_PUSH_ERROR)
        error_set(err, ERR_TLS, "the server ended the connection%s", hint(client));
    else if (code == GNUTLS_E_UNEXPECTED_PACKET || code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH ||
             code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
        error_set(err, ERR_TLS,
                  "the server does not speak TLS there: is it http://, another port?");
    else
        library_failed(err, "TLS failed", code);
    return TLS_FAILED;
}

enum tls_step tls_client_handshake(struct tls_client *client, int fd, struct error *err) {
    if (!client->has_socket) gnutls_transport_set_int(client->session, fd);
    client->has_socket = true;
    int code = gnutls_handshake(client->session);
    if (gnutls_certificate_client_get_request_status(client->session)) client->was_asked = true;
    return code >= 0 ? TLS_DONE : step_of(client, code, err);
}

enum tls_step tls_client_send(struct tls_client *client, struct str *bytes, struct error *err) {
    ssize_t n = gnutls_record_send(client->session, bytes->at, bytes->len);
    if (n < 0) return step_of(client, (int)n, err);
    *bytes = str_slice(*bytes, (size_t)n, bytes->len);
    return TLS_DONE;
}

enum tls_step tls_client_receive(struct tls_client *client, char *buffer, size_t size, size_t *got,
                                 struct error *err) {
    ssize_t n = gnutls_record_recv(client->session, buffer, size);
    if (n < 0) return step_of(client, (int)n, err);
    *got = (size_t)n;
    return TLS_DONE;
}
