/*
 * The least that a webhook over libmicrohttpd and GnuTLS can do: it reads the body, looks at nothing and
 * answers a fixed text. What podgate costs is measured beside it.
 *   bare_server CERTIFICATE KEY PORT_FILE THREADS        ends at SIGTERM
 */
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char answer[] =
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":"
    "{\"uid\":\"fcd2e8d8-6df3-4047-bf64-98d1888827cf\",\"allowed\":true}}";

struct body {
    char *bytes;
    size_t len;
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context) {
    struct body *body = *context;
    (void)cls, (void)url, (void)method, (void)version;
    if (!body) {
        *context = calloc(1, sizeof *body);
        return *context ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        char *larger = realloc(body->bytes, body->len + *size);
        if (!larger) return MHD_NO;
        body->bytes = larger;
        memcpy(body->bytes + body->len, data, *size);
        body->len += *size;
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof answer - 1, (void *)(size_t)answer,
                                        MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how) {
    struct body *body = *context;
    (void)cls, (void)connection, (void)how;
    if (body) free(body->bytes);
    free(body);
}

static char *read_file(const char *path) {
    struct stat info;
    int fd = open(path, O_RDONLY);
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &info) == 0) text = calloc(1, (size_t)info.st_size + 1);
    if (text && read(fd, text, (size_t)info.st_size) != info.st_size) {
        free(text);
        text = NULL;
    }
    if (fd >= 0) close(fd);
    return text;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    char *certificate = read_file(argv[1]), *key = read_file(argv[2]);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_TLS, 0, NULL,
                         NULL, on_request, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                         MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_HTTPS_MEM_KEY, key,
                         MHD_OPTION_HTTPS_PRIORITIES,
                         "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE",
                         MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[4]), MHD_OPTION_END);
    FILE *ports = daemon ? fopen(argv[3], "w") : NULL;
    if (!ports) return 1;
    fprintf(ports, "webhook %u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fclose(ports);
    int got;
    sigwait(&ends, &got);
    MHD_stop_daemon(daemon);
    free(certificate);
    free(key);
    return 0;
}
