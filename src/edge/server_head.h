/*
 * What a request's head says, private to the server: whose route it is, and whether and how its body can be taken.
 * Stateless; libmicrohttpd's connection is only read.
 */
#ifndef PODGATE_EDGE_SERVER_HEAD_H
#define PODGATE_EDGE_SERVER_HEAD_H

#include "edge/server.h"

struct MHD_Connection;

/* Why a request does not reach its handler. */
enum refusal {
    REFUSED_NOT,
    REFUSED_PATH,
    REFUSED_METHOD,
    REFUSED_TYPE,
    REFUSED_ENCODING,
    REFUSED_BOTH_LENGTHS,
    REFUSED_NO_LENGTH,
    REFUSED_TWO_LENGTHS,
    REFUSED_BAD_LENGTH,
    REFUSED_TOO_LARGE,
    REFUSED_MEMORY, /* while its body came */
};

struct head {
    const struct http_route *route; /* NULL: REFUSED_PATH */
    struct str rest;
    size_t declared; /* bytes of the body, as far as it may have one */
    enum refusal refusal;
    bool ends_connection; /* refused, and what follows cannot be read to its end at little cost */
};

/* `url` must live as long as the result. */
void head_read(const struct server_options *options, struct MHD_Connection *connection,
               const char *url, const char *method, struct head *out);

int head_refusal_status(enum refusal refusal);
/* For the log, where it is one of a few. */
const char *head_refusal_text(enum refusal refusal);
/* For the client: with the sizes, or with what there is instead where something else is asked for. */
struct str head_refusal_message(struct arena *arena, const struct server_options *options,
                                const struct head *head);

#endif
