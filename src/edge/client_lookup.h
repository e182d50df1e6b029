/*
 * client_lookup: a host's addresses, private to the room client. The system's resolver knows no deadline, so it works on a
 * thread of its own, which is left alone when the time is over.
 */
#ifndef PODGATE_EDGE_CLIENT_LOOKUP_H
#define PODGATE_EDGE_CLIENT_LOOKUP_H

#include <sys/socket.h>

#include "base/str.h"

#define LOOKUP_MOST 8

struct lookup_address {
    struct sockaddr_storage address;
    socklen_t len;
};

/* At least one, in the order in which they should be tried. `host` is a name or an address without brackets. */
MUST_CHECK bool client_lookup(struct str host, struct str port, int64_t deadline_ns,
                              struct lookup_address found[static LOOKUP_MOST], size_t *count,
                              struct error *err);

#endif
