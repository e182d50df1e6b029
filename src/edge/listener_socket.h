/*
 * Sockets of one address, private to the listener: parsing, binding, and the word to a client that
 * forgot its TLS. Stateless.
 */
#ifndef PODGATE_EDGE_LISTENER_SOCKET_H
#define PODGATE_EDGE_LISTENER_SOCKET_H

#include "base/str.h"

#define TLS_HANDSHAKE 0x16 /* the first byte of every TLS connection: RFC 8446 section 5.1 */

/* A socket that listens at the address. The error names the address. */
MUST_CHECK bool socket_listen(struct str address, int *socket, unsigned *port, struct error *err);
/* A plain HTTP answer that says what to do; best effort, does not block. */
void socket_say_https(int fd);

#endif
