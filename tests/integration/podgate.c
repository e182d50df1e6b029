#include "integration/podgate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 60000 /* under a sanitizer beside a compiler */
#define END_MS 60000
#define POLL_NS 5000000
#define ARGUMENTS_MAX 48

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void rest(void) { nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL); }

static const char *binary(void) {
    const char *path = getenv("PODGATE");
    return path ? path : "build/podgate";
}

char *read_whole(const char *path, size_t *len) {
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    char *text = calloc(1, (size_t)ftell(file) + 65537);
    rewind(file);
    size_t n;
    while (text && (n = fread(text + size, 1, 65536, file)) > 0) {
        size += n;
        text = realloc(text, size + 65537);
    }
    fclose(file);
    if (text) text[size] = '\0';
    if (len) *len = size;
    return text;
}

void write_whole(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

char *read_review(const char *name, size_t *len) {
    char path[256];
    snprintf(path, sizeof path, "tests/reviews/%s/request.json", name);
    char *text = read_whole(path, len);
    if (!text) fail_msg("%s is missing", path);
    return text;
}

/* --- certificates ----------------------------------------------------------------------------- */

static char certificate_dir[64];

/* A child that ran to its end; its status. */
static int run_program(char *const *argv, int output) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void remove_dir(const char *dir) {
    if (!dir[0]) return;
    char *const argv[] = {(char *)"/bin/rm", (char *)"-rf", (char *)(size_t)dir, NULL};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    run_program(argv, null);
    close(null);
}

const char *certificates(void) {
    if (certificate_dir[0]) return certificate_dir;
    strcpy(certificate_dir, "/tmp/podgate-certs-XXXXXX");
    assert_non_null(mkdtemp(certificate_dir));
    char *const argv[] = {(char *)"/bin/sh", (char *)"certs/make-dev-certs.sh", certificate_dir,
                          NULL};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(run_program(argv, null), 0);
    close(null);
    return certificate_dir;
}

const char *certificate_file(const char *name) {
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", certificates(), name);
    return path;
}

void certificates_remove(void) {
    remove_dir(certificate_dir);
    certificate_dir[0] = '\0';
}

/* --- the process ------------------------------------------------------------------------------ */

static void path_in(const struct podgate *podgate, const char *name, char path[static 128]) {
    snprintf(path, 128, "%s/%s", podgate->dir, name);
}

static pid_t spawn(const char *const *arguments, const char *out, const char *err) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    int null = open("/dev/null", O_RDONLY), o = open(out, O_WRONLY | O_CREAT | O_APPEND, 0644),
        e = open(err, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(null, STDIN_FILENO);
    dup2(o, STDOUT_FILENO);
    dup2(e, STDERR_FILENO);
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(size_t)binary()};
    for (int i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
        argv[i + 1] = (char *)(size_t)arguments[i];
    execv(argv[0], argv);
    _exit(127);
}

/* The exit status, or -1 while it runs. */
static int poll_end(struct podgate *podgate) {
    int status;
    if (podgate->pid <= 0 || waitpid(podgate->pid, &status, WNOHANG) != podgate->pid) return -1;
    podgate->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static unsigned find_port(const char *ports, const char *name) {
    const char *at = strstr(ports, name);
    return at ? (unsigned)strtoul(at + strlen(name), NULL, 10) : 0;
}

/* -1 when it listens, else its exit status; 128 + SIGKILL when neither came to pass in time. */
static int await_ports(struct podgate *podgate) {
    char path[128];
    path_in(podgate, "ports", path);
    long long until = now_ms() + START_MS;
    char *ports;
    while (!(ports = read_whole(path, NULL))) {
        int status = poll_end(podgate);
        if (status >= 0) return status;
        if (now_ms() > until) return 128 + SIGKILL;
        rest();
    }
    podgate->webhook = find_port(ports, "webhook ");
    podgate->health = find_port(ports, "health ");
    podgate->metrics = find_port(ports, "metrics ");
    free(ports);
    return -1;
}

static int start(struct podgate *podgate, va_list more) {
    char ports[128], out[128], err[128];
    *podgate = (struct podgate){.dir = "/tmp/podgate-test-XXXXXX"};
    assert_non_null(mkdtemp(podgate->dir));
    path_in(podgate, "ports", ports);
    path_in(podgate, "log", out);
    path_in(podgate, "err", err);
    const char *arguments[ARGUMENTS_MAX + 1] = {"serve",
                                                "--listen=127.0.0.1:0",
                                                "--health-listen=127.0.0.1:0",
                                                "--metrics-listen=127.0.0.1:0",
                                                "--drain-quiet=20ms",
                                                "--port-file",
                                                ports,
                                                "--tls-cert",
                                                certificate_file("tls.crt"),
                                                "--tls-key",
                                                certificate_file("tls.key")};
    int n = 11;
    while (n < ARGUMENTS_MAX && (arguments[n] = va_arg(more, const char *)))
        n++;
    podgate->pid = spawn(arguments, out, err);
    return await_ports(podgate);
}

int podgate_try_start(struct podgate *podgate, ...) {
    va_list more;
    va_start(more, podgate);
    int status = start(podgate, more);
    va_end(more);
    return status;
}

/* Its ports are known before it has locked itself in. */
static void await_end_of_start(const struct podgate *podgate) {
    bool is_starting = true;
    while (is_starting) {
        struct response response = podgate_fetch(podgate->health, "/readyz");
        is_starting = response.status == 503 && strstr(response.body, "starting");
        response_release(&response);
        if (is_starting) usleep(1000);
    }
}

void podgate_start(struct podgate *podgate, ...) {
    char errors[128];
    va_list more;
    va_start(more, podgate);
    int status = start(podgate, more);
    va_end(more);
    if (status < 0) {
        await_end_of_start(podgate);
        return;
    }
    path_in(podgate, "err", errors);
    char *why = read_whole(errors, NULL);
    fail_msg("podgate does not start (%d): %s", status, why ? why : "");
}

static void copy_file(const char *path, char *to, size_t size) {
    char *text = read_whole(path, NULL);
    snprintf(to, size, "%s", text ? text : "");
    free(text);
}

struct outcome podgate_run(const char *const *arguments) {
    struct podgate podgate = {.dir = "/tmp/podgate-run-XXXXXX"};
    struct outcome outcome;
    char out[128], err[128];
    assert_non_null(mkdtemp(podgate.dir));
    path_in(&podgate, "out", out);
    path_in(&podgate, "err", err);
    podgate.pid = spawn(arguments, out, err);
    outcome.status = podgate_wait(&podgate);
    copy_file(out, outcome.output, sizeof outcome.output);
    copy_file(err, outcome.errors, sizeof outcome.errors);
    remove_dir(podgate.dir);
    return outcome;
}

void podgate_signal(const struct podgate *podgate, int signal) { kill(podgate->pid, signal); }

int podgate_wait(struct podgate *podgate) {
    long long until = now_ms() + END_MS;
    int status;
    while ((status = poll_end(podgate)) < 0) {
        if (now_ms() > until) {
            kill(podgate->pid, SIGKILL);
            fail_msg("podgate does not end");
        }
        rest();
    }
    return status;
}

int podgate_stop(struct podgate *podgate) {
    podgate_signal(podgate, SIGTERM);
    return podgate_wait(podgate);
}

void podgate_release(struct podgate *podgate) {
    char path[128];
    if (podgate->pid > 0) {
        kill(podgate->pid, SIGKILL);
        waitpid(podgate->pid, NULL, 0);
        podgate->pid = 0;
    }
    /* What a sanitizer found is on its standard error. */
    path_in(podgate, "err", path);
    char *errors = podgate->dir[0] ? read_whole(path, NULL) : NULL;
    if (errors && errors[0]) fprintf(stderr, "podgate said: %s\n", errors);
    free(errors);
    remove_dir(podgate->dir);
    podgate->dir[0] = '\0';
}

unsigned podgate_count_log(const struct podgate *podgate, const char *text) {
    char path[128];
    path_in(podgate, "log", path);
    char *log = read_whole(path, NULL);
    unsigned count = 0;
    for (const char *at = log; at && (at = strstr(at, text)); at += strlen(text))
        count++;
    free(log);
    return count;
}

bool podgate_logs(const struct podgate *podgate, const char *text) {
    long long until = now_ms() + START_MS;
    while (podgate_count_log(podgate, text) == 0) {
        if (now_ms() > until) return false;
        rest();
    }
    return true;
}

/* --- talking to it ---------------------------------------------------------------------------- */

struct client *podgate_connect(const struct podgate *podgate) {
    struct client_options options = {.port = podgate->webhook, .ca = certificate_file("ca.crt")};
    struct client *client = client_open(&options);
    assert_non_null(client);
    return client;
}

struct response podgate_review(const struct podgate *podgate, const char *name) {
    size_t len;
    char *review = read_review(name, &len);
    struct client *client = podgate_connect(podgate);
    struct response response = client_post(client, "/validate?timeout=10s", review, len);
    client_close(client);
    free(review);
    return response;
}

struct response podgate_fetch(unsigned port, const char *path) {
    struct client_options options = {.port = port, .plain = true};
    struct client *client = client_open(&options);
    if (!client) return (struct response){0};
    struct response response = client_get(client, path);
    client_close(client);
    return response;
}

static long long metric(const struct podgate *podgate, const char *name) {
    char line[256];
    struct response response = podgate_fetch(podgate->metrics, "/metrics");
    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = response.body ? strstr(response.body, line) : NULL;
    long long value = at ? strtoll(at + strlen(line), NULL, 10) : -1;
    response_release(&response);
    return value;
}

bool podgate_metric_is(const struct podgate *podgate, const char *name, long long value) {
    long long until = now_ms() + START_MS;
    while (metric(podgate, name) != value) {
        if (now_ms() > until) return false;
        rest();
    }
    return true;
}

void assert_serves(const struct podgate *podgate) {
    struct response response = podgate_review(podgate, "create-pod-web-good");
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"allowed\":true"));
    response_release(&response);
}
