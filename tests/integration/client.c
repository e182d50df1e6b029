#include "integration/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_S 30
#define HEAD_MAX 65536

struct client {
    int fd;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
};

static unsigned wait_of(const struct client_options *options) {
    return options->wait_s ? options->wait_s : WAIT_S;
}

static int connect_to(const struct client_options *options) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)options->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct timeval wait = {.tv_sec = wait_of(options)};
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static ssize_t pull_nothing(gnutls_transport_ptr_t context, void *into, size_t room) {
    (void)context, (void)into, (void)room;
    errno = EAGAIN;
    return -1;
}

static int wait_for_nothing(gnutls_transport_ptr_t context, unsigned ms) {
    (void)context, (void)ms;
    return 1;
}

static bool say_hello(struct client *client) {
    gnutls_transport_set_pull_function(client->session, pull_nothing);
    gnutls_transport_set_pull_timeout_function(client->session, wait_for_nothing);
    return gnutls_handshake(client->session) == GNUTLS_E_AGAIN;
}

static bool start_tls(struct client *client, const struct client_options *options) {
    static const gnutls_datum_t protocols[] = {{(unsigned char *)(size_t) "h2", 2},
                                               {(unsigned char *)(size_t) "http/1.1", 8}};
    const char *priorities =
        options->priorities ? options->priorities : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    if (gnutls_certificate_allocate_credentials(&client->credentials) < 0 ||
        gnutls_init(&client->session, GNUTLS_CLIENT) < 0 ||
        gnutls_priority_set_direct(client->session, priorities, NULL) < 0)
        return false;
    if (options->ca && gnutls_certificate_set_x509_trust_file(client->credentials, options->ca,
                                                              GNUTLS_X509_FMT_PEM) <= 0)
        return false;
    if (options->certificate &&
        gnutls_certificate_set_x509_key_file(client->credentials, options->certificate,
                                             options->key, GNUTLS_X509_FMT_PEM) < 0)
        return false;
    gnutls_credentials_set(client->session, GNUTLS_CRD_CERTIFICATE, client->credentials);
    gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, "localhost", 9);
    if (options->ca) gnutls_session_set_verify_cert(client->session, "localhost", 0);
    if (options->offers_h2) gnutls_alpn_set_protocols(client->session, protocols, 2, 0);
    gnutls_transport_set_int(client->session, client->fd);
    if (options->only_says_hello) return say_hello(client);
    gnutls_handshake_set_timeout(client->session, wait_of(options) * 1000);
    int code;
    do
        code = gnutls_handshake(client->session);
    while (code < 0 && !gnutls_error_is_fatal(code));
    return code >= 0;
}

struct client *client_open(const struct client_options *options) {
    struct client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->fd = connect_to(options);
    if (client->fd >= 0 && (options->plain || start_tls(client, options))) return client;
    client_close(client);
    return NULL;
}

void client_close(struct client *client) {
    if (!client) return;
    if (client->session) gnutls_deinit(client->session);
    if (client->credentials) gnutls_certificate_free_credentials(client->credentials);
    if (client->fd >= 0) close(client->fd);
    free(client);
}

const char *client_tls_version(struct client *client) {
    return client->session ? gnutls_protocol_get_name(gnutls_protocol_get_version(client->session))
                           : "";
}

const char *client_alpn(struct client *client, char buffer[static 32]) {
    gnutls_datum_t chosen;
    buffer[0] = '\0';
    if (gnutls_alpn_get_selected_protocol(client->session, &chosen) == 0 && chosen.size < 32) {
        memcpy(buffer, chosen.data, chosen.size);
        buffer[chosen.size] = '\0';
    }
    return buffer;
}

bool client_send(struct client *client, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t n = client->session ? gnutls_record_send(client->session, bytes, len)
                                    : send(client->fd, bytes, len, MSG_NOSIGNAL);
        if (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_AGAIN) continue;
        if (n <= 0) return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Bytes, 0 at the end, negative on an error or when the time is over. */
static ssize_t receive(struct client *client, char *buffer, size_t size) {
    ssize_t n;
    do
        n = client->session ? gnutls_record_recv(client->session, buffer, size)
                            : recv(client->fd, buffer, size, 0);
    while (client->session && n == GNUTLS_E_INTERRUPTED);
    return n;
}

static size_t content_length(const char *head) {
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + 17, NULL, 10) : 0;
}

struct response client_receive(struct client *client) {
    struct response response = {.memory = malloc(HEAD_MAX + 1)};
    size_t len = 0, size = HEAD_MAX, whole = 0;
    char *end = NULL;
    while (response.memory && len < size) {
        ssize_t n = receive(client, response.memory + len, size - len);
        if (n <= 0) break;
        len += (size_t)n;
        response.memory[len] = '\0';
        if (!end && (end = strstr(response.memory, "\r\n\r\n"))) {
            size_t head = (size_t)(end + 4 - response.memory);
            whole = head + content_length(response.memory);
            if (whole > size) {
                size = whole;
                response.memory = realloc(response.memory, size + 1);
                end = response.memory + head - 4;
            }
        }
        if (end && len >= whole) break;
    }
    if (!end || len < whole) return response;
    *end = '\0';
    response.head = response.memory;
    response.body = end + 4;
    response.body_len = len - (size_t)(response.body - response.memory);
    response.status = (int)strtol(response.head + 9, NULL, 10);
    return response;
}

void response_release(struct response *response) {
    free(response->memory);
    *response = (struct response){0};
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

bool client_is_ended(struct client *client, int within_ms) {
    long long until = now_ms() + within_ms;
    char buffer[4096];
    while (now_ms() < until) {
        struct pollfd ready = {.fd = client->fd, .events = POLLIN};
        if (poll(&ready, 1, (int)(until - now_ms())) <= 0) continue;
        ssize_t n = recv(client->fd, buffer, sizeof buffer, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET)) return true;
    }
    return false;
}

struct response client_post(struct client *client, const char *path, const char *body, size_t len) {
    char head[512];
    int n = snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: podgate.podgate.svc:443\r\nUser-Agent: kube-apiserver-admission\r\n"
        "Content-Length: %zu\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n"
        "Accept-Encoding: gzip\r\n\r\n",
        path, len);
    if (!client_send(client, head, (size_t)n) || !client_send(client, body, len))
        return (struct response){0};
    return client_receive(client);
}

struct response client_get(struct client *client, const char *path) {
    char head[256];
    int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    if (!client_send(client, head, (size_t)n)) return (struct response){0};
    return client_receive(client);
}

bool response_has_header(const struct response *response, const char *line_start) {
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\r\n%s", line_start);
    return response->head && strcasestr(response->head, wanted) != NULL;
}
