#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "fuzz/http_text.h"
#include "fuzz/mutate.h"

#define REQUESTS_MAX 16

static const char *const first_lines[] = {
    "POST /validate HTTP/1.1",
    "POST /validate/restricted HTTP/1.1",
    "POST /validate?timeout=10s HTTP/1.1",
    "POST /validate?timeout=1ns HTTP/1.1",
    "POST /validate?timeout=%00&timeout HTTP/1.1",
    "POST /validate/%72estricted HTTP/1.1",
    "POST /validate/../validate HTTP/1.1",
    "POST http://podgate/validate HTTP/1.1",
    "POST * HTTP/1.1",
    "GET /metrics HTTP/1.1",
    "GET /validate HTTP/1.0",
    "HEAD /metrics HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "PRI * HTTP/2.0",
    "CONNECT podgate:443 HTTP/1.1",
    "POST /validate",
    "POST  /validate  HTTP/1.1",
    "post /validate HTTP/1.1",
    "POST /validate HTTP/1.2",
    "\r\n",
};
static const char *const lines[] = {
    "Content-Length: 2\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Content-Length: 9223372036854775808\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 0x10\r\n",
    "Content-Length: 2, 2\r\n",
    "Content-Length : 2\r\n",
    "Content-Length:\r\n 2\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding:\tchunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    "Content-Type: application/json; charset=utf-8\r\n",
    "Content-Type: text/plain\r\n",
    "Accept: application/openmetrics-text\r\n",
    "Host: other\r\n",
    "Cookie: a=b; c=\"d\r\n",
    "Authorization: Basic Og==\r\n",
    ": empty\r\n",
    "X\r\n",
    " folded\r\n",
    "X:\x01\r\n",
    "\r\n",
};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

struct request {
    size_t start, body, end;
    size_t length, length_end; /* its digits; equal when there are none */
};

/* Requests as whoever is careless finds them. */
static size_t find_requests(struct str text, struct request requests[static REQUESTS_MAX]) {
    size_t at = 0, count = 0;
    while (at < text.len && count < REQUESTS_MAX) {
        struct request *request = &requests[count++];
        struct str head = http_find_head(str_slice(text, at, text.len));
        struct str digits = http_find_length(head);
        int64_t length = 0;
        if (digits.at && !str_to_int64(digits, &length)) length = 0;
        request->start = at;
        request->body = at + head.len;
        request->end = request->body + str_slice(text, request->body, text.len).len;
        if ((size_t)length < request->end - request->body)
            request->end = request->body + (size_t)length;
        request->length = digits.at ? (size_t)(digits.at - text.at) : at;
        request->length_end = request->length + digits.len;
        at = request->end;
    }
    return count;
}

static size_t set_length(char *text, size_t len, size_t room, const struct request *request,
                         size_t length) {
    char digits[24];
    if (len == 0 || request->length_end == request->length) return len;
    snprintf(digits, sizeof digits, "%zu", length);
    return mutate_replace(text, len, room, request->length, request->length_end, str_from(digits));
}

/* The body is another review, and as long as its head says. */
static size_t change_body(char *text, size_t len, size_t room, const struct request *request,
                          unsigned *seed) {
    size_t length = request->end - request->body, size = length + 4096;
    char *body = malloc(size);
    if (!body) return 0;
    memcpy(body, text + request->body, length);
    size_t changed = fuzz_mutate_json(body, length, size, *seed);
    size_t after = changed > 0 ? mutate_replace(text, len, room, request->body, request->end,
                                                (struct str){body, changed})
                               : 0;
    free(body);
    return set_length(text, after, room, request, changed);
}

/* The body in two chunks, without a length. */
static size_t make_chunks(char *text, size_t len, size_t room, const struct request *request,
                          unsigned *seed) {
    size_t length = request->end - request->body, first = mutate_pick(seed, length + 1);
    size_t size = length + 256;
    char *whole = malloc(size);
    if (!whole) return 0;
    int written =
        snprintf(whole, size,
                 "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%.*s\r\n%zx\r\n%.*s\r\n0\r\n\r\n", first,
                 (int)first, text + request->body, length - first, (int)(length - first),
                 text + request->body + first);
    size_t after = request->body > request->start + 2
                       ? mutate_replace(text, len, room, request->body - 2, request->end,
                                        (struct str){whole, (size_t)written})
                       : 0;
    free(whole);
    return after;
}

/* Where a line of the head begins: of the `n`th, or of the last. */
static size_t line_start(const char *text, const struct request *request, size_t n) {
    size_t at = request->start;
    for (size_t i = at; i + 2 < request->body && n > 0; i++)
        if (text[i] == '\n') {
            at = i + 1;
            n--;
        }
    return at;
}

static size_t change_head(char *text, size_t len, size_t room, const struct request *request,
                          unsigned *seed) {
    size_t at = line_start(text, request, 1 + mutate_pick(seed, 8));
    struct str head = {text, request->body};
    size_t end = at + str_find_char(str_slice(head, at, head.len), '\n') + 1;
    switch (mutate_pick(seed, 4)) {
    case 0: /* a line less */
        return end > request->body ? 0 : mutate_replace(text, len, room, at, end, STR(""));
    case 1: { /* another first line */
        size_t first =
            request->start + str_find_char(str_slice(head, request->start, head.len), '\r');
        struct str line = str_from(first_lines[mutate_pick(seed, COUNT_OF(first_lines))]);
        return mutate_replace(text, len, room, request->start, first, line);
    }
    case 2: /* another length */
        return set_length(text, len, room, request,
                          request->end - request->body + mutate_pick(seed, 5) - 2);
    default:
        return mutate_replace(text, len, room, at, at,
                              str_from(lines[mutate_pick(seed, COUNT_OF(lines))]));
    }
}

/* The request once more, behind itself. */
static size_t send_twice(char *text, size_t len, size_t room, const struct request *request) {
    size_t size = request->end - request->start;
    char *copy = malloc(size + 1);
    if (!copy) return 0;
    memcpy(copy, text + request->start, size);
    size_t after =
        mutate_replace(text, len, room, request->end, request->end, (struct str){copy, size});
    free(copy);
    return after;
}

size_t fuzz_mutate_http(char *text, size_t len, size_t room, unsigned seed) {
    static const char marks[] = {HTTP_CUT, HTTP_CUT, HTTP_CUT, HTTP_GONE};
    struct request requests[REQUESTS_MAX];
    size_t count = find_requests((struct str){text, len}, requests);
    if (count == 0) return 0;
    const struct request *request = &requests[mutate_pick(&seed, count)];
    size_t at = mutate_pick(&seed, len + 1);
    switch (mutate_pick(&seed, 8)) {
    case 0:
    case 1: return change_body(text, len, room, request, &seed);
    case 2: return make_chunks(text, len, room, request, &seed);
    case 3: return send_twice(text, len, room, request);
    case 4:
        return mutate_replace(text, len, room, at, at,
                              (struct str){&marks[mutate_pick(&seed, sizeof marks)], 1});
    default: return change_head(text, len, room, request, &seed);
    }
}
