/*
 * client_answer: the head of an HTTP/1.1 answer, private to the room client. Strict: what two readers could understand
 * in two ways is refused. Stateless.
 */
#ifndef PODGATE_EDGE_CLIENT_ANSWER_H
#define PODGATE_EDGE_CLIENT_ANSWER_H

#include "base/str.h"

#define ANSWER_HEAD_BYTES ((size_t)16 << 10)
#define ANSWER_BODY_BYTES ((size_t)8 << 20)

struct answer_head {
    int status;
    struct str content_type; /* as written, or none */
    size_t head_bytes;       /* with the empty line */
    size_t body_bytes;       /* its Content-Length */
};

enum answer_state { ANSWER_MORE, ANSWER_WHOLE, ANSWER_BAD };

/* Whether the bytes so far hold the whole head; ANSWER_BAD: ERR_SYNTAX or ERR_LIMIT. */
enum answer_state answer_read_head(struct str bytes, struct answer_head *out, struct error *err);

#endif
