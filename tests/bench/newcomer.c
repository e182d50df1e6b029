/*
 * A client that makes a new TLS connection for each review.
 *   newcomer PORT_FILE CA REVIEW.json RATE COUNT       microseconds of each, a line each: COUNT connections, RATE a second
 *   newcomer PORT_FILE CA REVIEW.json -- COMMAND...    milliseconds from a server's start to its first verdict; the server
 *                                                      is ended again
 * Connections are due at a constant rate, and each one's time counts from when it was due: one that had to wait
 * for the one before it took longer.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "desk/source.h"
#include "edge/client.h"

#define TIMEOUT_MS 10000

struct newcomer {
    struct str port_file, ca, review;
    struct arena arena; /* of one connection */
    char url[64];
};

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_until(int64_t ns) {
    struct timespec at = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {}
}

/* The line "webhook PORT" of a port file that is written. */
static bool find_port(struct newcomer *newcomer) {
    struct error err;
    struct str text;
    if (!source_read_file(&newcomer->arena, newcomer->port_file, 4096, &text, &err)) return false;
    const char *line = strstr(text.at, "webhook ");
    if (!line || !strchr(line, '\n')) return false;
    snprintf(newcomer->url, sizeof newcomer->url, "https://127.0.0.1:%d/validate", atoi(line + 8));
    return true;
}

/* One connection, one review, one verdict. */
static bool ask(struct newcomer *newcomer, struct error *err) {
    struct client_request request = {.json = newcomer->review, .timeout_ms = TIMEOUT_MS};
    struct tls_client_options tls = {.ca_file = newcomer->ca, .server_name = STR("127.0.0.1")};
    struct client_answer answer;
    arena_reset(&newcomer->arena, SIZE_MAX);
    if (!client_parse_url(str_from(newcomer->url), &request.url, err)) return false;
    if (!tls_client_new(&tls, &request.tls, err)) return false;
    bool asked = client_ask(&newcomer->arena, &request, &answer, err);
    tls_client_free(request.tls);
    if (asked && answer.status != 200) return error_set(err, ERR_IO, "status %d", answer.status);
    return asked;
}

static bool visit(struct newcomer *newcomer, double rate, long count, struct error *err) {
    if (!find_port(newcomer)) return error_set(err, ERR_IO, "the port file has no port");
    int64_t began = now_ns();
    for (long i = 0; i < count; i++) {
        int64_t due = began + (int64_t)((double)i * 1e9 / rate);
        sleep_until(due);
        if (!ask(newcomer, err)) return false;
        printf("%lld\n", (long long)(now_ns() - due) / 1000);
    }
    return true;
}

static bool start(struct newcomer *newcomer, char **command, struct error *err) {
    unlink(newcomer->port_file.at);
    int64_t began = now_ns(), deadline = began + (int64_t)TIMEOUT_MS * 1000000;
    pid_t server = fork();
    if (server == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    if (server < 0) return error_set(err, ERR_IO, "fork");
    bool asked = false;
    while (!asked && now_ns() < deadline) {
        asked = find_port(newcomer) && ask(newcomer, err);
        if (!asked) poll(NULL, 0, 1);
        arena_reset(&newcomer->arena, SIZE_MAX);
    }
    if (asked) printf("%.2f\n", (double)(now_ns() - began) / 1e6);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return asked;
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "newcomer: what it takes is said at the head of newcomer.c\n");
        return 2;
    }
    struct newcomer newcomer = {.port_file = str_from(argv[1]), .ca = str_from(argv[2])};
    struct arena arena;
    struct error err = {.code = ERR_NONE};
    arena_init(&arena, (size_t)64 << 10, 0);
    arena_init(&newcomer.arena, (size_t)64 << 10, 0);
    bool done =
        source_read_file(&arena, str_from(argv[3]), (size_t)16 << 20, &newcomer.review, &err) &&
        (strcmp(argv[4], "--") == 0 ? start(&newcomer, argv + 5, &err)
                                    : visit(&newcomer, atof(argv[4]), atol(argv[5]), &err));
    if (!done) fprintf(stderr, "newcomer: %s: %s\n", err.where, err.text);
    arena_fini(&newcomer.arena);
    arena_fini(&arena);
    return done ? 0 : 1;
}
