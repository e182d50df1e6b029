/*
 * client: one HTTP/1.1 request and its whole answer, plain or by TLS: what `podgate probe` asks with.
 *
 * One deadline covers all of it: the name's lookup, the connection, the handshake, the answer. An answer is read as strictly
 * as an attacker deserves: one Content-Length, no other framing, bounded head and body. Any thread may enter.
 */
#ifndef PODGATE_EDGE_CLIENT_H
#define PODGATE_EDGE_CLIENT_H

#include "edge/tls_client.h"

/* Slices of the text that was parsed. */
struct client_url {
    bool is_https;
    struct str authority; /* "podgate.podgate.svc:443" as written */
    struct str host;      /* without brackets */
    struct str port;      /* digits; the scheme's own when none is written */
    struct str target;    /* path and query, at least "/" */
};
/* http://HOST[:PORT][/PATH[?QUERY]] or https://...; no user, no fragment. ERR_USAGE. */
MUST_CHECK bool client_parse_url(struct str text, struct client_url *out, struct error *err);

struct client_request {
    struct client_url url;
    struct tls_client *tls; /* fresh, of an https URL; NULL: plain */
    struct str json;        /* what is posted; none: a GET */
    int64_t timeout_ms;
};

struct client_answer {
    int status;
    struct str content_type, body;
};

/* The answer lives in the arena. The error's place is the URL's host and port. */
MUST_CHECK bool client_ask(struct arena *arena, const struct client_request *request,
                           struct client_answer *out, struct error *err);

#endif
