/*
 * The real binary, whose calls fail: memory in it and in its libraries, files, threads, inotify, descriptors, sockets. At its start it
 * serves or says why not; a request is answered right, with an error, or its connection ends; a reload leaves one of the two policies in
 * force. It never allows what it would have denied, never dies, and is whole again as soon as calls succeed.
 *
 * By default each kind fails at up to SHARE calls, evenly spread; with FAULTS=all at every one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/preload.h"
#include "faults/rows.h"
#include "integration/podgate.h"

#define SHARE 12
#define DESCRIPTORS_MS 20000

static struct podgate podgate;
static struct fault_control *control;
static char control_path[] = "/tmp/podgate-faults-XXXXXX";

static const char *const kind_names[FAULT_KINDS] = {
    [FAULT_MALLOC] = "malloc",   [FAULT_OPEN] = "open, opendir",
    [FAULT_READ] = "read",       [FAULT_STAT] = "stat",
    [FAULT_READDIR] = "readdir", [FAULT_WRITE] = "write",
    [FAULT_RENAME] = "rename",   [FAULT_THREAD] = "pthread_create",
    [FAULT_INOTIFY] = "inotify", [FAULT_EVENTS] = "eventfd, signalfd, epoll",
    [FAULT_SOCKET] = "socket",   [FAULT_ACCEPT] = "accept",
    [FAULT_RECV] = "recv",       [FAULT_SEND] = "send",
};

/* --- faults ----------------------------------------------------------------------------------- */

static void disarm(void) { atomic_store(&control->kind, -1); }

static void arm(enum fault_kind kind, long n, bool goes_on) {
    disarm();
    atomic_store(&control->left, n);
    atomic_store(&control->goes_on, goes_on);
    atomic_store(&control->seen, 0);
    atomic_store(&control->failed, 0);
    atomic_store(&control->kind, (int)kind);
}

static int make_control(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* podgate ends connections at any byte */
    int fd = mkstemp(control_path);
    if (fd < 0 || ftruncate(fd, sizeof *control) != 0) return 1;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (control == MAP_FAILED) return 1;
    disarm();
    return setenv("FAULT_CONTROL", control_path, 1);
}

static int remove_control(void **state) {
    (void)state;
    unlink(control_path);
    certificates_remove();
    return 0;
}

static int release(void **state) {
    (void)state;
    disarm();
    unsetenv("LD_PRELOAD");
    podgate_release(&podgate);
    return 0;
}

static void preload(void) {
    const char *path = getenv("FAULT_PRELOAD");
    setenv("LD_PRELOAD", path ? path : "build/release/tests/faults/preload_faults.so", 1);
}

/* Every how many-th call fails, so that SHARE of `all` do. */
static long stride(long all) {
    const char *which = getenv("FAULTS");
    if (which && strcmp(which, "all") == 0) return 1;
    return all <= SHARE ? 1 : (all + SHARE - 1) / SHARE;
}

static void assert_runs(const char *when, enum fault_kind kind, long n, bool goes_on) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)podgate.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == 0)
        return;
    fail_msg("podgate died %s: %s call %ld fails%s: code %d status %d", when, kind_names[kind], n,
             goes_on ? ", and all after it" : "", info.si_code, info.si_status);
}

static char *errors_of(void) {
    char path[128];
    snprintf(path, sizeof path, "%s/err", podgate.dir);
    return read_whole(path, NULL);
}

static void errors_forget(void) {
    char path[128];
    snprintf(path, sizeof path, "%s/err", podgate.dir);
    write_whole(path, "");
}

/* --- asking ----------------------------------------------------------------------------------- */

struct answers {
    size_t right, refused, none;
};

static void count_answer(struct answers *answers, const struct response *response) {
    if (response->status == 0) {
        answers->none++;
    } else if (response->status == 200) {
        if (!strstr(response->body, "\"allowed\":false"))
            fail_msg("a denial became %s", response->body);
        answers->right++;
    } else {
        assert_in_range(response->status, 400, 599);
        answers->refused++;
    }
}

/* A review that must be denied, over a connection of its own. */
static void ask(struct answers *answers) {
    size_t len;
    struct client_options options = {.port = podgate.webhook, .ca = certificate_file("ca.crt")};
    struct client *client = client_open(&options);
    if (!client) {
        answers->none++;
        return;
    }
    char *review = read_review("create-pod-bad-everything", &len);
    struct response response = client_post(client, "/validate?timeout=10s", review, len);
    count_answer(answers, &response);
    response_release(&response);
    client_close(client);
    free(review);
}

static void assert_denies(void) {
    struct answers answers = {0};
    ask(&answers);
    assert_int_equal(answers.right, 1);
}

static void tell(const char *when, enum fault_kind kind, size_t tried, const struct answers *got) {
    char fault[128], came[160];
    snprintf(fault, sizeof fault, "%s fails %s", kind_names[kind], when);
    snprintf(came, sizeof came, "answered right %zu, with an error %zu, connection ended %zu",
             got->right, got->refused, got->none);
    fault_row("calls", fault, tried, "calls", came, 0);
}

/* --- requests --------------------------------------------------------------------------------- */

static unsigned descriptors(void) {
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)podgate.pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void assert_descriptors_return_to(unsigned before) {
    unsigned now = descriptors();
    for (int waited = 0; now > before && waited < DESCRIPTORS_MS; waited += 20) {
        usleep(20000);
        now = descriptors();
    }
    assert_in_range(now, 0, before);
}

static void start_preloaded(void) {
    preload();
    podgate_start(&podgate, "--first-request-timeout=1s", "--body-timeout=1s", "--idle-timeout=2s",
                  "--threads=2", NULL);
    unsetenv("LD_PRELOAD");
    assert_serves(&podgate);
    assert_denies();
}

static void fail_requests(enum fault_kind kind) {
    struct answers answers = {0};
    size_t tried = 0;
    arm(kind, LONG_MAX, false);
    assert_denies();
    disarm();
    long all = atomic_load(&control->seen), step = stride(all);
    for (long n = 1; n <= all; n += step) {
        for (int on = 0; on < 2; on++, tried++) {
            arm(kind, n, on);
            ask(&answers);
            disarm();
            assert_runs("in a request", kind, n, on);
        }
    }
    assert_serves(&podgate);
    assert_denies();
    if (tried > 0) tell("in a handshake and its request", kind, tried, &answers);
}

static void memory_fails_on_a_connection_that_stands(void **state) {
    (void)state;
    struct answers answers = {0};
    size_t tried = 0, len;
    char *review = read_review("create-pod-bad-everything", &len);
    start_preloaded();
    long all = 1;
    for (long n = 1; n <= all; n++) {
        for (int on = 0; on < 2; on++, tried++) {
            struct client *client = podgate_connect(&podgate);
            struct response response = client_post(client, "/validate?timeout=10s", review, len);
            assert_int_equal(response.status, 200);
            response_release(&response);
            arm(FAULT_MALLOC, n, on);
            response = client_post(client, "/validate?timeout=10s", review, len);
            if (atomic_load(&control->seen) > all) all = atomic_load(&control->seen);
            disarm();
            count_answer(&answers, &response);
            response_release(&response);
            client_close(client);
            assert_runs("on a connection", FAULT_MALLOC, n, on);
        }
    }
    free(review);
    assert_denies();
    tell("in a request behind the handshake", FAULT_MALLOC, tried, &answers);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_request_is_answered_right_or_not_at_all(void **state) {
    (void)state;
    start_preloaded();
    unsigned before = descriptors();
    static const enum fault_kind kinds[] = {FAULT_EVENTS, FAULT_ACCEPT, FAULT_RECV, FAULT_SEND,
                                            FAULT_WRITE,  FAULT_READ,   FAULT_OPEN};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fail_requests(kinds[i]);
    assert_descriptors_return_to(before);
    fail_requests(FAULT_MALLOC);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* --- the start -------------------------------------------------------------------------------- */

/* True when it started, and then it judges. */
static bool start_once(enum fault_kind kind, long n, bool goes_on) {
    arm(kind, n, goes_on);
    preload();
    int status = podgate_try_start(&podgate, "--threads=2", NULL);
    unsetenv("LD_PRELOAD");
    disarm();
    if (status < 0) {
        struct answers answers = {0};
        ask(&answers);
        /* Its ports are known a little before all of its threads run. */
        status = answers.right == 1 ? -1 : podgate_wait(&podgate);
    }
    if (status < 0) {
        assert_int_equal(podgate_stop(&podgate), 0);
    } else {
        char *errors = errors_of();
        if (status != 2 || !errors || !strstr(errors, "podgate"))
            fail_msg("%s call %ld fails at the start%s: status %d: %s", kind_names[kind], n,
                     goes_on ? ", and all after it" : "", status, errors);
        free(errors);
        /* What it said is as it should be: nothing for the test's own output. */
        errors_forget();
    }
    podgate_release(&podgate);
    return status < 0;
}

static void fail_start(enum fault_kind kind) {
    char fault[128], came[128];
    size_t tried = 0, started = 0;
    assert_true(start_once(kind, LONG_MAX, false));
    long all = atomic_load(&control->seen), step = stride(all);
    for (long n = 1; n <= all; n += step)
        for (int on = 0; on < 2; on++, tried++)
            started += start_once(kind, n, on);
    if (tried == 0) return;
    snprintf(fault, sizeof fault, "%s fails at the start", kind_names[kind]);
    snprintf(came, sizeof came, "served %zu times, refused to start and said why %zu times",
             started, tried - started);
    fault_row("calls", fault, tried, "calls", came, 0);
}

static void it_starts_and_serves_or_says_why_not(void **state) {
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_THREAD, FAULT_INOTIFY, FAULT_EVENTS, FAULT_SOCKET,
                                            FAULT_OPEN,   FAULT_READ,    FAULT_STAT,   FAULT_WRITE,
                                            FAULT_RENAME, FAULT_MALLOC};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fail_start(kinds[i]);
}

/* --- reloads ---------------------------------------------------------------------------------- */

static char policy_folder[] = "/tmp/podgate-policies-XXXXXX";

/* Two files, so that half a folder would be seen: both deny, and are named in the denial. */
static void write_policies(char version) {
    static const char *const checks[] = {"run-as-non-root", "image-tag"};
    char path[128], text[512];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/.%d", policy_folder, i);
        snprintf(text, sizeof text,
                 "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: p%d-%c}\n"
                 "spec:\n  rules:\n  - check: %s\n",
                 i, version, checks[i]);
        write_whole(path, text);
    }
    for (int i = 0; i < 2; i++) {
        char final[128];
        snprintf(path, sizeof path, "%s/.%d", policy_folder, i);
        snprintf(final, sizeof final, "%s/%d.yaml", policy_folder, i);
        assert_int_equal(rename(path, final), 0);
    }
}

/* Whether both rules deny, each by any of its two versions. Between the two renames a look may see one of each. */
static bool is_whole_denial(const struct response *response) {
    return response->status == 200 && strstr(response->body, "\"allowed\":false") &&
           strstr(response->body, "(p0-") && strstr(response->body, "(p1-");
}

static bool denies_by(char version) {
    char first[16], second[16];
    snprintf(first, sizeof first, "(p0-%c)", version);
    snprintf(second, sizeof second, "(p1-%c)", version);
    struct response response = podgate_review(&podgate, "create-pod-bad-everything");
    if (!is_whole_denial(&response)) fail_msg("half a policy is in force: %s", response.body);
    bool found = strstr(response.body, first) && strstr(response.body, second);
    response_release(&response);
    return found;
}

static void await_version(char version) {
    for (int waited = 0; waited < DESCRIPTORS_MS; waited += 20) {
        if (denies_by(version)) return;
        usleep(20000);
    }
    fail_msg("the new policies do not come into force");
}

/* Calls that succeed, until the reload has looked at the new files. */
static long count_reload(enum fault_kind kind, char *version) {
    arm(kind, LONG_MAX, false);
    write_policies(*version = *version == 'a' ? 'b' : 'a');
    await_version(*version);
    disarm();
    return atomic_load(&control->seen);
}

static void fail_reloads(enum fault_kind kind, char *version) {
    char fault[128], came[128];
    size_t tried = 0;
    long all = count_reload(kind, version), step = stride(all);
    for (long n = 1; n <= all; n += step) {
        for (int on = 0; on < 2; on++, tried++) {
            arm(kind, n, on);
            write_policies(*version = *version == 'a' ? 'b' : 'a');
            for (int waited = 0; waited < 200 && atomic_load(&control->failed) == 0; waited += 10)
                usleep(10000);
            /* While memory or descriptors lack, a request may fail too: that is the other test. */
            disarm();
            assert_runs("in a reload", kind, n, on);
            await_version(*version);
        }
    }
    if (tried == 0) return;
    snprintf(fault, sizeof fault, "%s fails while policies are reloaded", kind_names[kind]);
    snprintf(came, sizeof came, "old or new policies in force throughout, the new ones after it");
    fault_row("calls", fault, tried, "calls", came, 0);
}

static void a_reload_leaves_whole_policies_in_force(void **state) {
    (void)state;
    char version = 'a', path[64];
    static const enum fault_kind kinds[] = {FAULT_OPEN,    FAULT_READ,  FAULT_STAT,
                                            FAULT_READDIR, FAULT_WRITE, FAULT_MALLOC};
    strcpy(policy_folder, "/tmp/podgate-policies-XXXXXX");
    assert_non_null(mkdtemp(policy_folder));
    write_policies(version);
    preload();
    podgate_start(&podgate, "--threads=2", "--reload-interval=50ms", "--policies", policy_folder,
                  NULL);
    unsetenv("LD_PRELOAD");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fail_reloads(kinds[i], &version);
    assert_int_equal(podgate_stop(&podgate), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%d.yaml", policy_folder, i);
        unlink(path);
    }
    rmdir(policy_folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_request_is_answered_right_or_not_at_all, release),
        cmocka_unit_test_teardown(memory_fails_on_a_connection_that_stands, release),
        cmocka_unit_test_teardown(it_starts_and_serves_or_says_why_not, release),
        cmocka_unit_test_teardown(a_reload_leaves_whole_policies_in_force, release),
    };
    return cmocka_run_group_tests_name("calls", tests, make_control, remove_control);
}
