/*
 * tls: the serving certificate, its key and the client CA, exchanged while connections live.
 *
 * A *generation* is one pair (and client CA) that was read, checked and is immutable from then on. A session
 * takes a reference to the one in force before its handshake and gives it back when its connection is closed,
 * so an old generation dies with its last session. A pair that fails its checks never replaces a good one.
 * Refused: files that are missing, unreadable, no PEM, an encrypted key, a key of another certificate, an expired
 * certificate or one that is not valid yet, a client CA file without certificates.
 *
 * Lock: one mutex guards the pointer to the generation in force; counts are atomic. tls_load belongs to the
 * control thread, the rest may be called by any. This room is the only door to GnuTLS; the client's end of a connection is in
 * edge/tls_client.h.
 */
#ifndef PODGATE_EDGE_TLS_H
#define PODGATE_EDGE_TLS_H

#include "base/str.h"

struct tls;
struct tls_generation;

struct tls_files {
    struct str certificate, key; /* PEM; the certificate may be followed by its chain */
    struct str client_ca;        /* empty: clients show no certificate */
};

enum tls_load {
    TLS_LOADED,
    TLS_UNCHANGED, /* the files hold what the generation in force was made of */
    TLS_REFUSED,   /* err says which file and why; the generation in force stays */
};

/* `client_names` lives as long as the result; not empty: of the client CA's clients only those are served whose certificate has
 * one of them as its one common name or among its DNS names, byte for byte. NULL when out of memory. */
struct tls *tls_new(struct str_list client_names);
/* All sessions must have ended. */
void tls_free(struct tls *tls);
/* Reads and checks the files and puts them in force. `advice`: what is unwise, a literal, or empty. */
enum tls_load tls_load(struct tls *tls, const struct tls_files *files, int64_t now_s,
                       struct str *advice, struct error *err);
/* Unix seconds at which the server's certificate in force ends; 0 without one. */
int64_t tls_not_after(struct tls *tls);
/* The same of its whole chain: when the first of its certificates ends. */
int64_t tls_chain_not_after(struct tls *tls);

/* What the HTTP library must be told: versions and order of ciphers, and a gnutls_certificate_retrieve_function2. */
extern const char tls_priorities[];
typedef void (*tls_function)(void);
tls_function tls_certificate_callback(void);

/*
 * Before the handshake, in the session's thread: binds the session (a gnutls_session_t) to the generation in
 * force. The result, NULL without a certificate, is given back by tls_end_session after the session is gone.
 */
struct tls_generation *tls_begin_session(struct tls *tls, void *session);
void tls_end_session(struct tls_generation *generation);
#define TLS_REASON_BYTES 256
/* Why we refused the client of this thread's last failed handshake, terminated in `reason`; empty
 * when something else failed. To be asked at once, and once, for every handshake that failed. */
struct str tls_take_refusal(char reason[static TLS_REASON_BYTES]);
/* The version of GnuTLS that runs. */
const char *tls_library_version(void);

#endif
