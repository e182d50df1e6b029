/*
 * tls_file: certificates and keys as files, private to the room tls. Stateless.
 */
#ifndef PODGATE_EDGE_TLS_FILE_H
#define PODGATE_EDGE_TLS_FILE_H

#include <gnutls/x509.h>

#include "base/str.h"

/* The whole file (at most 1 MiB), terminated, in the arena. The error names `what` it should be. */
MUST_CHECK bool tls_file_read(struct arena *arena, const char *what, const char *path,
                              struct str *out, struct error *err);
/* Adds "WHAT: " and the path to an error; returns false. */
bool tls_file_error(struct error *err, const char *what, const char *path);
/* The same bytes for the library. */
gnutls_datum_t tls_datum(struct str text);
/* Whether there is a subject alternative name of any sort. */
bool tls_has_name(gnutls_x509_crt_t leaf);

#endif
