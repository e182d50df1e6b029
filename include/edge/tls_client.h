/*
 * tls_client: our end of a TLS connection to a server that must prove itself: its certificate leads to the CA, is in its
 * time, for servers, and has the name as a subject alternative name. There is no way around that.
 *
 * It never waits: a step that needs the socket says so, the caller waits (with its own deadline) and
 * takes the step again. A part of the room tls; one thread owns a tls_client.
 */
#ifndef PODGATE_EDGE_TLS_CLIENT_H
#define PODGATE_EDGE_TLS_CLIENT_H

#include "base/str.h"

struct tls_client;

struct tls_client_options {
    struct str ca_file;          /* PEM */
    struct str server_name;      /* a host name or an IP address */
    struct str certificate, key; /* files, shown to a server that asks; empty: none */
};

enum tls_step {
    TLS_DONE,
    TLS_WANTS_READ, /* again when the socket is readable */
    TLS_WANTS_WRITE,
    TLS_FAILED, /* the error is set, the connection is of no use any more */
};

/* Reads the files; the error names the one that is wrong. */
MUST_CHECK bool tls_client_new(const struct tls_client_options *options, struct tls_client **out,
                               struct error *err);
/* The socket stays the caller's. */
void tls_client_free(struct tls_client *client);
/* The handshake over a connected, non-blocking socket. */
enum tls_step tls_client_handshake(struct tls_client *client, int fd, struct error *err);
/* Takes what was sent off `bytes`; TLS_DONE when something was. */
enum tls_step tls_client_send(struct tls_client *client, struct str *bytes, struct error *err);
/* TLS_DONE: *got bytes came, 0 at the end of what the server sends. */
enum tls_step tls_client_receive(struct tls_client *client, char *buffer, size_t size, size_t *got,
                                 struct error *err);

#endif
