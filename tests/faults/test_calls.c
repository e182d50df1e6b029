/*
 * The real binary, whose calls fail: memory in it and in its libraries, files, threads, inotify, descriptors, sockets. At its start it
 * serves or says why not; a request is answered right, with an error, or its connection ends; a reload leaves one of the two policies in
 * force. It never allows what it would have denied, never ends but in the libraries that end a process without memory, and is whole
 * again as soon as calls succeed.
 *
 * Each kind fails once at every site that calls it, with FAULTS=all at every call.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/calls.h"
#include "faults/rows.h"
#include "integration/podgate.h"

#define RETURN_MS 20000
#define READY_MS 40000
#define PATIENCE_S 5 /* where no connection is taken, none is answered */

static struct podgate podgate;
static struct faults faults;

/* --- the process ------------------------------------------------------------------------------ */

static int remove_all(void **state) {
    certificates_remove();
    return calls_teardown(state);
}

static int release(void **state) {
    (void)state;
    calls_succeed();
    unsetenv("LD_PRELOAD");
    podgate_release(&podgate);
    return 0;
}

static void preload(void) {
    const char *path = getenv("FAULT_PRELOAD");
    setenv("LD_PRELOAD", path ? path : "build/release/tests/faults/preload_faults.so", 1);
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

/* Libraries that end a process without memory, which no caller of theirs can help: libgmp has no way to say no in the arithmetic of a
 * handshake, libtasn1 (where a certificate is read) follows a null pointer, and so does libseccomp (at the start), or runs until an alarm. */
static const char *const enders[] = {"libgmp.", "libtasn1.", "libseccomp."};
#define ENDERS (sizeof enders / sizeof *enders)

/* What came of the faults of one kind. */
struct came {
    size_t tried;
    size_t right, refused, none; /* answers */
    size_t ended[ENDERS];        /* processes, by the library that did it */
};

/* libgmp's memory comes from an allocator of GnuTLS's, which aborts for it. */
static bool died_in(const char *library) {
    const char *at = calls_died_in(), *lender = "libgnutls.so.30 < ";
    if (strncmp(at, lender, strlen(lender)) == 0) at += strlen(lender);
    return strncmp(at, library, strlen(library)) == 0;
}

/* Whether one of those ended the process, which has died. */
static bool is_enders_work(struct came *came) {
    for (size_t e = 0; e < ENDERS && faults.kind == FAULT_MALLOC; e++) {
        if (!died_in(enders[e])) continue;
        came->ended[e]++;
        return true;
    }
    return false;
}

/* True when podgate has died, of one of those. What it did to its connections is seen before it is gone. */
static bool has_ended(const char *when, size_t i, bool goes_on, struct came *came) {
    siginfo_t info = {0};
    int patience = calls_died_in()[0] ? 0 : WNOHANG;
    if (waitid(P_PID, (id_t)podgate.pid, &info, WEXITED | patience | WNOWAIT) == 0 &&
        info.si_pid == 0)
        return false;
    if (is_enders_work(came)) return true;
    char *said = errors_of();
    fail_msg("podgate died %s, of %s failing in %s (%zu%s): code %d status %d in %s: %s", when,
             fault_kind_name(faults.kind), calls_failed_in(), i,
             goes_on ? ", and all after it" : "", info.si_code, info.si_status, calls_died_in(),
             said ? said : "");
    return true;
}

static void tell(const char *when, const struct came *came, const char *right, const char *refused,
                 const char *none) {
    char fault[128], text[320];
    if (came->tried == 0) return;
    snprintf(fault, sizeof fault, "%s fails %s", fault_kind_name(faults.kind), when);
    int len = snprintf(text, sizeof text, "%s %zu", right, came->right);
    if (refused)
        len += snprintf(text + len, sizeof text - (size_t)len, ", %s %zu", refused, came->refused);
    if (none) len += snprintf(text + len, sizeof text - (size_t)len, ", %s %zu", none, came->none);
    for (size_t e = 0; e < ENDERS; e++)
        if (came->ended[e])
            len += snprintf(text + len, sizeof text - (size_t)len,
                            "; %sso ended the process %zu times", enders[e], came->ended[e]);
    fault_row("calls", fault, came->tried, "faults", text, 0);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void count_answer(struct came *came, const struct response *response) {
    if (response->status == 0) {
        came->none++;
    } else if (response->status == 200) {
        if (!strstr(response->body, "\"allowed\":false"))
            fail_msg("a denial became %s", response->body);
        came->right++;
    } else {
        assert_in_range(response->status, 400, 599);
        came->refused++;
    }
}

static struct client *connect_to_it(void) {
    struct client_options options = {.port = podgate.webhook,
                                     .ca = certificate_file("ca.crt"),
                                     .wait_s = PATIENCE_S};
    return client_open(&options);
}

/* A review that must be denied, over this connection or, when it is NULL, a new one; it is closed. */
static void ask(struct client *client, struct came *came) {
    size_t len;
    if (!client) client = connect_to_it();
    if (!client) {
        came->none++;
        return;
    }
    char *review = read_review("create-pod-bad-everything", &len);
    struct response response = client_post(client, "/validate?timeout=10s", review, len);
    count_answer(came, &response);
    response_release(&response);
    client_close(client);
    free(review);
}

static void assert_denies(void) {
    struct came came = {0};
    ask(NULL, &came);
    assert_int_equal(came.right, 1);
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
    for (int waited = 0; now > before && waited < RETURN_MS; waited += 20) {
        usleep(20000);
        now = descriptors();
    }
    assert_in_range(now, 0, before);
}

static void start_preloaded(void) {
    preload();
    podgate_start(&podgate, "--first-request-timeout=5s", "--body-timeout=5s", "--idle-timeout=5s",
                  "--threads=2", NULL);
    unsetenv("LD_PRELOAD");
    assert_denies();
}

/* Of one that has died; what it said is as it should be. */
static void await_end(void) {
    podgate_wait(&podgate);
    errors_forget();
    podgate_release(&podgate);
}

/* A connection that has been asked once. */
static struct client *standing_connection(void) {
    size_t len;
    char *review = read_review("create-pod-bad-everything", &len);
    struct client *client = podgate_connect(&podgate);
    struct response response = client_post(client, "/validate?timeout=10s", review, len);
    assert_int_equal(response.status, 200);
    response_release(&response);
    free(review);
    return client;
}

/* Each fault meets a review that must be denied; the next one, without a fault, is denied. */
static void fail_requests(enum fault_kind kind, bool stands, const char *when) {
    struct came came = {0}, counting = {0};
    struct client *client = stands ? standing_connection() : NULL;
    calls_count(&faults, kind, FAULT_OTHER_THREADS);
    ask(client, &counting);
    calls_counted(&faults);
    assert_int_equal(counting.right, 1);
    for (size_t i = 0; i < faults.count; i++) {
        for (int on = 0; on < 2; on++, came.tried++) {
            client = stands ? standing_connection() : NULL;
            calls_fail(&faults, i, on);
            ask(client, &came);
            calls_succeed();
            if (has_ended(when, i, on, &came)) {
                await_end();
                start_preloaded();
            }
            assert_denies();
        }
    }
    tell(when, &came, "answered right", "with an error", "connection ended");
}

static void test_requests(const enum fault_kind *kinds, size_t count, bool stands,
                          const char *when) {
    start_preloaded();
    unsigned before = descriptors();
    for (size_t i = 0; i < count; i++)
        fail_requests(kinds[i], stands, when);
    assert_descriptors_return_to(before);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_handshake_and_its_request_are_answered_right_or_not_at_all(void **state) {
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_EVENTS, FAULT_ACCEPT, FAULT_RECV, FAULT_SEND,
                                            FAULT_WRITE,  FAULT_READ,   FAULT_OPEN, FAULT_MALLOC};
    test_requests(kinds, sizeof kinds / sizeof *kinds, false, "in a handshake and its request");
}

static void a_connection_that_stands_is_answered_right_or_ended(void **state) {
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_EVENTS, FAULT_RECV, FAULT_SEND, FAULT_WRITE,
                                            FAULT_MALLOC};
    test_requests(kinds, sizeof kinds / sizeof *kinds, true, "in a request behind the handshake");
}

/* --- the start -------------------------------------------------------------------------------- */

/* Until it is ready, or has ended, or never will be. */
static bool becomes_ready(void) {
    for (int waited = 0; waited < READY_MS; waited += 5) {
        siginfo_t info = {0};
        struct response response = podgate_fetch(podgate.health, "/readyz");
        int status = response.status;
        response_release(&response);
        if (status == 200) return true;
        if (waitid(P_PID, (id_t)podgate.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != 0)
            return false;
        usleep(5000);
    }
    return false;
}

/* With the fault that is set it starts, and then judges, or says why not. */
static void start_once(size_t i, bool goes_on, struct came *came) {
    preload();
    int status = podgate_try_start(&podgate, "--threads=2", NULL);
    unsetenv("LD_PRELOAD");
    /* Its ports are known before all of its threads run. */
    bool is_ready = status < 0 && becomes_ready();
    calls_succeed();
    if (is_ready) assert_denies();
    if (is_ready) podgate_signal(&podgate, SIGTERM);
    if (status < 0) status = podgate_wait(&podgate);
    char *said = errors_of();
    if (is_ready && status == 0) {
        came->right++;
    } else if (!is_ready && status == 2 && said && strstr(said, "podgate")) {
        came->refused++;
    } else if (!is_enders_work(came)) {
        fail_msg("%s fails at the start in %s (%zu%s): %sready, status %d in %s: %s",
                 fault_kind_name(faults.kind), calls_failed_in(), i,
                 goes_on ? ", and all after it" : "", is_ready ? "" : "never ", status,
                 calls_died_in(), said ? said : "");
    }
    free(said);
    /* What it said is as it should be: nothing for the test's own output. */
    errors_forget();
    podgate_release(&podgate);
}

static void fail_start(enum fault_kind kind) {
    struct came came = {0}, counting = {0};
    calls_count(&faults, kind, FAULT_MAIN_THREAD);
    start_once(0, false, &counting);
    calls_counted(&faults);
    assert_int_equal(counting.right, 1);
    for (size_t i = 0; i < faults.count; i++) {
        for (int on = 0; on < 2; on++, came.tried++) {
            calls_fail(&faults, i, on);
            start_once(i, on, &came);
        }
    }
    tell("at the start", &came, "served", "refused to start and said why", NULL);
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
    size_t len;
    snprintf(first, sizeof first, "(p0-%c)", version);
    snprintf(second, sizeof second, "(p1-%c)", version);
    struct client *client = connect_to_it();
    if (!client) return false;
    char *review = read_review("create-pod-bad-everything", &len);
    struct response response = client_post(client, "/validate?timeout=10s", review, len);
    client_close(client);
    free(review);
    if (response.status != 0 && !is_whole_denial(&response))
        fail_msg("half a policy is in force: %s", response.body);
    bool found =
        response.status != 0 && strstr(response.body, first) && strstr(response.body, second);
    response_release(&response);
    return found;
}

static void await_version(char version) {
    for (int waited = 0; waited < RETURN_MS; waited += 20) {
        if (denies_by(version)) return;
        usleep(20000);
    }
    fail_msg("the new policies do not come into force");
}

static void start_with_policies(void) {
    preload();
    podgate_start(&podgate, "--threads=2", "--reload-interval=50ms", "--policies", policy_folder,
                  NULL);
    unsetenv("LD_PRELOAD");
}

static void exchange(char *version) { write_policies(*version = *version == 'a' ? 'b' : 'a'); }

static void fail_reloads(enum fault_kind kind, char *version) {
    const char *when = "while policies are reloaded";
    struct came came = {0};
    calls_count(&faults, kind, FAULT_MAIN_THREAD);
    exchange(version);
    await_version(*version);
    calls_counted(&faults);
    for (size_t i = 0; i < faults.count; i++) {
        for (int on = 0; on < 2; on++, came.tried++) {
            calls_fail(&faults, i, on);
            exchange(version);
            for (int waited = 0; waited < 400 && !calls_have_failed(); waited += 10)
                usleep(10000);
            denies_by(*version);
            calls_succeed();
            if (has_ended(when, i, on, &came)) {
                await_end();
                start_with_policies();
            }
            await_version(*version);
        }
    }
    came.right = came.tried;
    tell(when, &came, "whole policies in force throughout, the new ones after it", NULL, NULL);
}

static void a_reload_leaves_whole_policies_in_force(void **state) {
    (void)state;
    char version = 'a', path[64];
    static const enum fault_kind kinds[] = {FAULT_OPEN,    FAULT_READ,  FAULT_STAT,
                                            FAULT_READDIR, FAULT_WRITE, FAULT_MALLOC};
    strcpy(policy_folder, "/tmp/podgate-policies-XXXXXX");
    assert_non_null(mkdtemp(policy_folder));
    write_policies(version);
    start_with_policies();
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
        cmocka_unit_test_teardown(a_handshake_and_its_request_are_answered_right_or_not_at_all,
                                  release),
        cmocka_unit_test_teardown(a_connection_that_stands_is_answered_right_or_ended, release),
        cmocka_unit_test_teardown(it_starts_and_serves_or_says_why_not, release),
        cmocka_unit_test_teardown(a_reload_leaves_whole_policies_in_force, release),
    };
    return cmocka_run_group_tests_name("calls", tests, calls_setup, remove_all);
}
