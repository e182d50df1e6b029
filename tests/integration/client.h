/*
 * A small HTTP/1.1 client over TLS (or plain TCP) that does just what a test says, right or wrong.
 * Every wait has a deadline. One thread.
 */
#ifndef PODGATE_TESTS_CLIENT_H
#define PODGATE_TESTS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct client;

struct client_options {
    unsigned port;
    bool plain;
    const char *priorities;        /* GnuTLS; NULL: TLS 1.2 and 1.3 */
    const char *ca;                /* file; NULL: the server is not verified */
    const char *certificate, *key; /* files shown to the server, or NULL */
    bool offers_h2;                /* ALPN: h2 and http/1.1 */
    bool only_says_hello;          /* sends the handshake's first message and reads nothing */
    unsigned wait_s;               /* the most that anything is waited for; 0: 30 s */
};

struct response {
    int status; /* 0: the connection ended without an answer */
    char *head; /* terminated, from the status line on */
    char *body; /* terminated */
    size_t body_len;
    char *memory;
};

/* NULL when there was no connection or no handshake. */
struct client *client_open(const struct client_options *options);
void client_close(struct client *client);
/* "TLS1.3", or "" */
const char *client_tls_version(struct client *client);
/* The protocol that ALPN chose, or "". */
const char *client_alpn(struct client *client, char buffer[static 32]);
bool client_send(struct client *client, const char *bytes, size_t len);
/* Reads one answer (by its Content-Length); release it. */
struct response client_receive(struct client *client);
void response_release(struct response *response);
/* True when the server ends the connection within the time. */
bool client_is_ended(struct client *client, int within_ms);

/* A whole POST of a review, and its answer. `path` such as "/validate?timeout=10s". */
struct response client_post(struct client *client, const char *path, const char *body, size_t len);
struct response client_get(struct client *client, const char *path);
bool response_has_header(const struct response *response, const char *line_start);

#endif
