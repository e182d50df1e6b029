/*
 * The real binary ($PODGATE, build/podgate) as a child process: started on ports of its own, awaited,
 * ended by its pid. Failures fail the running test. One thread.
 */
#ifndef PODGATE_TESTS_PODGATE_H
#define PODGATE_TESTS_PODGATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/types.h>

#include <cmocka.h>

#include "integration/client.h"

struct podgate {
    pid_t pid;
    unsigned webhook, health, metrics;
    char dir[64]; /* its log, errors and port file: removed by podgate_release */
};

/* A folder with ca.crt, tls.crt, tls.key, client-ca.crt, client.crt, client.key, made once for the program. */
const char *certificates(void);
/* "CERTIFICATES/NAME", of a few names at a time. */
const char *certificate_file(const char *name);
void certificates_remove(void);

/* Starts `podgate serve` with the test's certificates, short drain, ports of its own, and the arguments (ended by NULL); returns
 * when it listens. */
void podgate_start(struct podgate *podgate, ...) __attribute__((sentinel));
/* The same, where failing is no failure: -1 when it listens, else its exit status (128 and more: a signal). */
int podgate_try_start(struct podgate *podgate, ...) __attribute__((sentinel));
/* Runs `podgate` with exactly these arguments (ended by NULL); its texts may be cut. */
struct outcome {
    int status;
    char output[8192], errors[4096];
};
struct outcome podgate_run(const char *const *arguments);
void podgate_signal(const struct podgate *podgate, int signal);
/* Its exit status once it has ended by itself; fails the test when that takes too long. */
int podgate_wait(struct podgate *podgate);
/* SIGTERM, and the exit status; the folder stays until podgate_release. */
int podgate_stop(struct podgate *podgate);
/* Ends it if it runs (a failed test's teardown), removes its folder. */
void podgate_release(struct podgate *podgate);
/* Waits until its log holds the text; false after the deadline. */
bool podgate_logs(const struct podgate *podgate, const char *text);
/* How often the log holds the text now. */
unsigned podgate_count_log(const struct podgate *podgate, const char *text);

/* A TLS connection to its webhook port, or a failed test. */
struct client *podgate_connect(const struct podgate *podgate);
/* Posts a recorded review over a connection of its own, for its status and body. */
struct response podgate_review(const struct podgate *podgate, const char *name);
/* GET over plain HTTP on its health or metrics port. */
struct response podgate_fetch(unsigned port, const char *path);
/* Waits until a metric's line starts so and ends with the value: "podgate_connections" 3. */
bool podgate_metric_is(const struct podgate *podgate, const char *name, long long value);
/* The webhook still judges: a good pod is allowed. */
void assert_serves(const struct podgate *podgate);

/* A whole file, terminated; free it. NULL when it is not there. */
char *read_whole(const char *path, size_t *len);
/* The recorded review of this name; free it. */
char *read_review(const char *name, size_t *len);
void write_whole(const char *path, const char *text);

#endif
