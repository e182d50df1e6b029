/*
 * tls_peer: whether the other end's certificate is one that we serve or ask, and why not. Private to the room tls.
 * Any thread may enter with its own session.
 */
#ifndef PODGATE_EDGE_TLS_PEER_H
#define PODGATE_EDGE_TLS_PEER_H

#include <gnutls/x509.h>

#include "edge/tls.h"

/* The client showed a certificate that leads to `trusted`, is in its time and for clients, and has one
 * of the names (empty: any). Else false, and why in `reason`. */
bool tls_peer_is_client(gnutls_session_t session, gnutls_x509_trust_list_t trusted,
                        const struct str_list *names, char reason[static TLS_REASON_BYTES]);
/* The server showed a certificate that the session's credentials trust, is in its time, for servers, and has this name
 * (or IP address) as a subject alternative name. Else false, and why in `reason`. */
bool tls_peer_is_server(gnutls_session_t session, const char *name,
                        char reason[static TLS_REASON_BYTES]);

#endif
