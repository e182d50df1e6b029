#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/podgate.h"

static struct podgate podgate;

static int release(void **state) {
    (void)state;
    podgate_release(&podgate);
    return 0;
}

static int end(void **state) {
    (void)state;
    certificates_remove();
    return 0;
}

/* The line of /proc/PID/FILE that begins with `name`, behind it; "" when there is none. */
static const char *line_of(const char *of, const char *name) {
    static char line[512];
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)podgate.pid, of);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    bool found = false;
    while (!found && fgets(line, sizeof line, file))
        found = strncmp(line, name, strlen(name)) == 0;
    fclose(file);
    if (!found) return "";
    line[strcspn(line, "\n")] = '\0';
    return line + strlen(name) + strspn(line + strlen(name), " \t");
}

static void every_thread_is_sealed(void **state) {
    (void)state;
    char folder[64], of[320];
    unsigned threads = 0;
    podgate_start(&podgate, NULL);
    assert_true(podgate_logs(&podgate, "serves on port"));
    assert_int_equal(podgate_count_log(&podgate, "\"msg\":\"sandbox: no core dumps, no capabilit"),
                     1);
    assert_int_equal(podgate_count_log(&podgate, "no new privileges"), 1);
    assert_int_equal(podgate_count_log(&podgate, "seccomp ("), 1);
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)podgate.pid);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *task; (task = readdir(dir));) {
        if (task->d_name[0] == '.') continue;
        threads++;
        snprintf(of, sizeof of, "task/%s/status", task->d_name);
        assert_string_equal(line_of(of, "NoNewPrivs:"), "1");
        assert_string_equal(line_of(of, "Seccomp:"), "2");
        /* Root keeps the right to read (bit 2), nobody else has any. */
        assert_int_equal(strtoull(line_of(of, "CapEff:"), NULL, 16) & ~4ULL, 0);
        assert_int_equal(strtoull(line_of(of, "CapPrm:"), NULL, 16) & ~4ULL, 0);
    }
    closedir(dir);
    assert_true(threads >= 5); /* control, log, listener, health, metrics, events */
    assert_string_equal(line_of("limits", "Max core file size"),
                        "0                    0                    bytes     ");
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* Only root may look into a process that cannot be dumped; what is mapped is the same with the sandbox off. */
static void no_memory_is_writable_and_executable(void **state) {
    (void)state;
    char path[64], line[512];
    unsigned executable = 0, both = 0;
    podgate_start(&podgate, geteuid() == 0 ? "--sandbox=auto" : "--sandbox=off", NULL);
    assert_serves(&podgate);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)podgate.pid);
    FILE *maps = fopen(path, "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        const char *rights = strchr(line, ' ');
        executable += rights && rights[3] == 'x';
        both += rights && rights[2] == 'w' && rights[3] == 'x';
    }
    fclose(maps);
    assert_true(executable > 5);
    assert_int_equal(both, 0);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void keys_are_in_no_core_dump(void **state) {
    (void)state;
    struct rlimit before, most;
    assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
    most = (struct rlimit){before.rlim_max, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_CORE, &most), 0);
    podgate_start(&podgate, NULL);
    assert_serves(&podgate);
    podgate_signal(&podgate, SIGQUIT);
    int status;
    assert_int_equal(waitpid(podgate.pid, &status, 0), podgate.pid);
    podgate.pid = 0;
    setrlimit(RLIMIT_CORE, &before);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGQUIT);
    assert_false(WCOREDUMP(status));
}

static void off_is_said_and_leaves_all_open(void **state) {
    (void)state;
    podgate_start(&podgate, "--sandbox=off", NULL);
    assert_true(podgate_logs(&podgate, "\"level\":\"warn\",\"msg\":\"the sandbox is off\""));
    assert_string_equal(line_of("status", "Seccomp:"), line_of("../self/status", "Seccomp:"));
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void metrics_see_the_process_from_within(void **state) {
    (void)state;
    podgate_start(&podgate, NULL);
    assert_serves(&podgate);
    for (int round = 0; round < 3; round++) {
        struct response response = podgate_fetch(podgate.metrics, "/metrics");
        assert_int_equal(response.status, 200);
        const char *resident = strstr(response.body, "\nprocess_resident_memory_bytes ");
        const char *files = strstr(response.body, "\nprocess_open_fds ");
        assert_non_null(resident);
        assert_non_null(files);
        assert_true(strtoll(strchr(resident, ' '), NULL, 10) > 1000000);
        assert_true(strtoll(strchr(files, ' '), NULL, 10) > 10);
        response_release(&response);
    }
    assert_int_equal(podgate_stop(&podgate), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_thread_is_sealed, release),
        cmocka_unit_test_teardown(no_memory_is_writable_and_executable, release),
        cmocka_unit_test_teardown(keys_are_in_no_core_dump, release),
        cmocka_unit_test_teardown(off_is_said_and_leaves_all_open, release),
        cmocka_unit_test_teardown(metrics_see_the_process_from_within, release),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
