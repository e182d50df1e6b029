/*
 * http_text: a second reader of HTTP/1.1, with which the target `http` compares podgate's. It takes the plainest
 * requests alone, those that no two readers read differently, and it takes an answer only when it is whole.
 */
#ifndef PODGATE_TESTS_FUZZ_HTTP_TEXT_H
#define PODGATE_TESTS_FUZZ_HTTP_TEXT_H

#include "base/str.h"

struct http_question {
    struct str profile, body;
};
/* Takes a request for a review from the front of `rest`. False: it is not plain, or not whole. */
MUST_CHECK bool http_take_question(struct str *rest, struct http_question *out);

struct http_answer {
    int status;
    struct str content_type, body;
    bool ends; /* its connection */
};
/* Takes an answer from the front of `rest`. False: no answer stands there, or not all of it. Without `has_body` there is
 * none behind the head, whatever that says: so a HEAD is answered. */
MUST_CHECK bool http_take_answer(struct str *rest, bool has_body, struct http_answer *out);

/* The head at the front of `text` with its blank line, as whoever is careless finds it; `text` itself when it has no end. */
struct str http_find_head(struct str text);
/* The number behind the first "Content-Length:" of a head, with its place; STR_NONE when there is none. */
struct str http_find_length(struct str head);

#endif
