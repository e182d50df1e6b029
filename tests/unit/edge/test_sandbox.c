#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/sandbox.h"
#include "edge/sandbox_calls.h"

/*
 * A sandbox cannot be left, so each test is a child that enters it and tells by its exit status the first line that was not as
 * expected.
 */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) _exit(__LINE__ % 250 + 1);                                               \
    } while (0)
#define EXPECT_REFUSED(call, with) EXPECT(((errno = 0), (call) < 0 && errno == (with)))

static char folder[64], policies[96], file[128];

static int made(void **state) {
    (void)state;
    strcpy(folder, "/tmp/podgate-sandbox-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(policies, sizeof policies, "%s/policies", folder);
    snprintf(file, sizeof file, "%s/policies/a.yaml", folder);
    if (mkdir(policies, 0755) != 0) return -1;
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd < 0 ? -1 : close(fd);
}

static int removed(void **state) {
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Its status as waitpid gives it. */
static int in_child(void (*body)(void)) {
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_holds(void (*body)(void)) {
    int status = in_child(body);
    if (!WIFEXITED(status)) fail_msg("the child was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        fail_msg("see a line n with n %% 250 = %d", WEXITSTATUS(status) - 1);
}

static struct arena arena;
static struct sandbox sandbox;

static bool confine(enum sandbox_mode mode, struct log *log, struct error *err) {
    const struct str paths[] = {str_from(policies), STR("builtin:default"), STR_NONE};
    arena_init(&arena, 4096, 0);
    sandbox_init(&sandbox, mode, log, &arena);
    return sandbox_confine(&sandbox, paths, 3, STR_NONE, err);
}

static void enter(void) {
    struct error err;
    EXPECT(confine(SANDBOX_AUTO, NULL, &err));
    EXPECT(sandbox_seal(&sandbox, &err));
}

static bool has_landlock(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */) >
           0;
}
#define NEEDS_LANDLOCK()                                                                           \
    do {                                                                                           \
        if (!has_landlock()) {                                                                     \
            print_message("this kernel has no Landlock\n");                                        \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* --- seccomp ------------------------------------------------------------------------------------ */

static void try_programs(void) {
    char *const argv[] = {(char *)"true", NULL};
    enter();
    EXPECT_REFUSED(execve("/bin/true", argv, NULL), EPERM);
    EXPECT_REFUSED(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0), EPERM);
    EXPECT_REFUSED(fork(), EPERM);
}
static void no_program_is_started(void **state) {
    (void)state;
    if (!SANITIZED) assert_holds(try_programs);
}

static void try_sockets(void) {
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    enter();
    EXPECT_REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
    EXPECT_REFUSED(socket(AF_INET6, SOCK_DGRAM, 0), EPERM);
    EXPECT_REFUSED(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
    EXPECT_REFUSED(socket(AF_NETLINK, SOCK_RAW, 0), EPERM);
    EXPECT_REFUSED(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0xffff};
    EXPECT_REFUSED(connect(listening, (struct sockaddr *)&address, sizeof address), EPERM);
    EXPECT_REFUSED(bind(listening, (struct sockaddr *)&address, sizeof address), EPERM);
    EXPECT_REFUSED(listen(listening, 1), EPERM);
}
static void no_connection_is_made(void **state) {
    (void)state;
    assert_holds(try_sockets);
}

static void try_memory(void) {
    enter();
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(page != MAP_FAILED);
    EXPECT_REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM);
    EXPECT_REFUSED(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), EPERM);
    errno = 0;
    EXPECT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED &&
           errno == EPERM);
    EXPECT(mprotect(page, 4096, PROT_READ) == 0 && munmap(page, 4096) == 0);
}
static void no_memory_becomes_executable(void **state) {
    (void)state;
    assert_holds(try_memory);
}

static void try_writing(void) {
    char other[128];
    enter();
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    EXPECT(fd >= 0 && close(fd) == 0);
    EXPECT_REFUSED(open(file, O_WRONLY | O_CLOEXEC), EPERM);
    EXPECT_REFUSED(open(file, O_RDWR | O_CLOEXEC), EPERM);
    EXPECT_REFUSED(open(file, O_RDONLY | O_TRUNC | O_CLOEXEC), EPERM);
    snprintf(other, sizeof other, "%s/b.yaml", policies);
    EXPECT_REFUSED(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), EPERM);
    EXPECT_REFUSED(rename(file, other), EPERM);
    EXPECT_REFUSED(unlink(file), EPERM);
    EXPECT_REFUSED(chmod(file, 0777), EPERM);
    EXPECT_REFUSED(mkdir(other, 0755), EPERM);
    EXPECT_REFUSED(symlink(file, other), EPERM);
}
static void no_file_is_written(void **state) {
    (void)state;
    assert_holds(try_writing);
}

static void try_others(void) {
    enter();
    EXPECT_REFUSED(kill(getppid(), 0), EPERM);
    EXPECT_REFUSED(syscall(SYS_tgkill, 1, 1, 0), EPERM);
    EXPECT_REFUSED(setuid(0), EPERM);
    EXPECT_REFUSED(syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */), EPERM);
    EXPECT_REFUSED(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL), EPERM);
    EXPECT_REFUSED(syscall(SYS_bpf, 0, NULL, 0), EPERM);
    EXPECT_REFUSED(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
    EXPECT_REFUSED(syscall(425 /* io_uring_setup */, 1, NULL), EPERM);
    EXPECT_REFUSED(syscall(SYS_userfaultfd, 0), EPERM);
    EXPECT_REFUSED(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0), EPERM);
    EXPECT_REFUSED(syscall(SYS_open_by_handle_at, 0, NULL, 0), EPERM);
    EXPECT_REFUSED(syscall(SYS_memfd_create, "x", 0), EPERM);
    struct rlimit limit = {0, 0};
    if (SANITIZED) return;
    EXPECT_REFUSED(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL), EPERM);
    EXPECT_REFUSED(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0), EPERM);
    EXPECT_REFUSED(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
    EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0);
    EXPECT_REFUSED(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}
static void the_machine_and_other_processes_are_out_of_reach(void **state) {
    (void)state;
    assert_holds(try_others);
}

static pthread_barrier_t sealed;
static void *try_in_thread(void *arg) {
    (void)arg;
    pthread_barrier_wait(&sealed);
    errno = 0;
    bool refused = socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM;
    return refused ? &sealed : NULL;
}
static void try_threads(void) {
    pthread_t thread;
    void *refused = NULL;
    struct error err;
    EXPECT(confine(SANDBOX_AUTO, NULL, &err));
    pthread_barrier_init(&sealed, NULL, 2);
    EXPECT(pthread_create(&thread, NULL, try_in_thread, NULL) == 0);
    EXPECT(sandbox_seal(&sandbox, &err));
    pthread_barrier_wait(&sealed);
    EXPECT(pthread_join(thread, &refused) == 0 && refused == &sealed);
    if (!SANITIZED) EXPECT(pthread_create(&thread, NULL, try_in_thread, NULL) == EPERM);
}
static void threads_that_run_already_are_sealed_too(void **state) {
    (void)state;
    assert_holds(try_threads);
}

static void fall(void) {
    signal(SIGABRT, SIG_DFL);
    enter();
    abort();
}
static void an_assertion_still_ends_the_process_without_a_core(void **state) {
    (void)state;
    int status = in_child(fall);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_false(WCOREDUMP(status));
}

/* --- privileges, memory ------------------------------------------------------------------------- */

static void try_privileges(void) {
    struct error err;
    struct rlimit core;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    EXPECT(confine(SANDBOX_AUTO, NULL, &err));
    EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    EXPECT(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    EXPECT(syscall(SYS_capget, &header, sets) == 0);
    EXPECT((sets[0].effective & ~(1U << CAP_DAC_READ_SEARCH)) == 0 && sets[1].effective == 0);
    EXPECT((sets[0].permitted & ~(1U << CAP_DAC_READ_SEARCH)) == 0 && sets[1].permitted == 0);
    EXPECT(sets[0].inheritable == 0 && sets[1].inheritable == 0);
    /* Whoever is not root never could take anything out of the bounding set. */
    if (geteuid() == 0) EXPECT(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0);
}
static void privileges_and_core_dumps_go_away(void **state) {
    (void)state;
    assert_holds(try_privileges);
}

/* --- Landlock, without seccomp ------------------------------------------------------------------ */

static void try_files(void) {
    char other[128];
    char *const argv[] = {(char *)"true", NULL};
    struct error err;
    EXPECT(confine(SANDBOX_AUTO, NULL, &err));
    EXPECT(open(file, O_RDONLY | O_CLOEXEC) >= 0);
    EXPECT_REFUSED(open("/etc/passwd", O_RDONLY | O_CLOEXEC), EACCES);
    EXPECT_REFUSED(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), EACCES);
    EXPECT_REFUSED(open("/dev/null", O_WRONLY | O_CLOEXEC), EACCES);
    EXPECT_REFUSED(open(file, O_WRONLY | O_CLOEXEC), EACCES);
    snprintf(other, sizeof other, "%s/b.yaml", policies);
    EXPECT_REFUSED(open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), EACCES);
    EXPECT_REFUSED(unlink(file), EACCES);
    EXPECT_REFUSED(execve("/bin/true", argv, NULL), EACCES);
}
static void other_files_are_hidden_and_none_is_written(void **state) {
    (void)state;
    NEEDS_LANDLOCK();
    assert_holds(try_files);
}

static void try_recording(void) {
    char records[128], made[160], linked[160];
    struct error err;
    const struct str paths[] = {str_from(policies)};
    EXPECT(snprintf(records, sizeof records, "%s/records", folder) > 0 &&
           mkdir(records, 0755) == 0);
    snprintf(made, sizeof made, "%s/r.jsonl", records);
    snprintf(linked, sizeof linked, "%s/l.jsonl", records);
    arena_init(&arena, 4096, 0);
    sandbox_init(&sandbox, SANDBOX_AUTO, NULL, &arena);
    EXPECT(sandbox_confine(&sandbox, paths, 1, str_from(records), &err) &&
           sandbox_seal(&sandbox, &err));
    int fd = openat(AT_FDCWD, made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    EXPECT(fd >= 0 && write(fd, "x", 1) == 1);
    EXPECT_REFUSED(openat(AT_FDCWD, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0640), EACCES);
    EXPECT_REFUSED(openat(AT_FDCWD, made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), EPERM);
    EXPECT_REFUSED(openat(AT_FDCWD, made, O_RDWR | O_CLOEXEC), EPERM);
    EXPECT_REFUSED(unlinkat(AT_FDCWD, file, 0), EACCES);
    EXPECT_REFUSED(symlink("/etc/passwd", linked), EPERM);
    EXPECT_REFUSED(rename(made, linked), EPERM);
    EXPECT_REFUSED(mkdir(linked, 0755), EPERM);
    EXPECT_REFUSED(chmod(made, 0777), EPERM);
    EXPECT(unlinkat(AT_FDCWD, made, 0) == 0);
}
static void where_reviews_are_recorded_files_are_made_and_removed_and_nothing_else(void **state) {
    (void)state;
    NEEDS_LANDLOCK();
    assert_holds(try_recording);
}

static void swap_link(const char *to) {
    char link[128], part[128];
    snprintf(link, sizeof link, "%s/current", folder);
    snprintf(part, sizeof part, "%s/current.new", folder);
    EXPECT(symlink(to, part) == 0 && rename(part, link) == 0);
}

/* What others do to the folders while podgate runs is done by a child that is not confined. */
static void try_replaced(void) {
    char link[128], path[160];
    int go[2], gone[2];
    char byte = 0;
    struct error err;
    snprintf(link, sizeof link, "%s/current", folder);
    EXPECT(snprintf(path, sizeof path, "%s/releases/2", folder) > 0);
    EXPECT(pipe(go) == 0 && pipe(gone) == 0);
    char releases[128];
    snprintf(releases, sizeof releases, "%s/releases", folder);
    EXPECT(mkdir(releases, 0755) == 0);
    strcat(releases, "/1");
    EXPECT(mkdir(releases, 0755) == 0);
    swap_link("releases/1");
    pid_t other = fork();
    EXPECT(other >= 0);
    if (other == 0) {
        EXPECT(read(go[0], &byte, 1) == 1 && mkdir(path, 0755) == 0);
        swap_link("releases/2");
        strcat(path, "/a.yaml");
        EXPECT(close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == 0);
        _exit(write(gone[1], &byte, 1) == 1 ? 0 : 1);
    }
    const struct str paths[] = {str_from(link)};
    arena_init(&arena, 4096, 0);
    sandbox_init(&sandbox, SANDBOX_AUTO, NULL, &arena);
    EXPECT(sandbox_confine(&sandbox, paths, 1, STR_NONE, &err) && sandbox_seal(&sandbox, &err));
    EXPECT(write(go[1], &byte, 1) == 1 && read(gone[0], &byte, 1) == 1);
    strcat(link, "/a.yaml");
    EXPECT(open(link, O_RDONLY | O_CLOEXEC) >= 0);
    EXPECT_REFUSED(open("/etc/passwd", O_RDONLY | O_CLOEXEC), EACCES);
}
static void a_folder_that_replaces_another_is_read(void **state) {
    (void)state;
    NEEDS_LANDLOCK();
    assert_holds(try_replaced);
}

/* --- modes -------------------------------------------------------------------------------------- */

static void try_off(void) {
    struct error err;
    EXPECT(confine(SANDBOX_OFF, NULL, &err) && sandbox_seal(&sandbox, &err));
    EXPECT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
    EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    EXPECT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}
static void off_gives_up_nothing(void **state) {
    (void)state;
    assert_holds(try_off);
}

/* A kernel without `call`, as far as this process can see. */
static void take_away(int call) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    EXPECT(filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0 &&
           seccomp_load(filter) == 0);
    seccomp_release(filter);
}

static void try_without_landlock(void) {
    struct error err;
    take_away(SCMP_SYS(landlock_create_ruleset));
    EXPECT(!confine(SANDBOX_REQUIRE, NULL, &err));
    EXPECT(strstr(err.text, "--sandbox=require") && strstr(err.text, "Landlock"));
    EXPECT(confine(SANDBOX_AUTO, NULL, &err) && sandbox_seal(&sandbox, &err));
    EXPECT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0);
    EXPECT_REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
}
static void try_without_seccomp(void) {
    struct error err;
    take_away(SCMP_SYS(seccomp));
    EXPECT(confine(SANDBOX_AUTO, NULL, &err));
    sandbox.mode = SANDBOX_REQUIRE;
    EXPECT(!sandbox_seal(&sandbox, &err));
    EXPECT(strstr(err.text, "--sandbox=require") && strstr(err.text, "seccomp"));
    sandbox.mode = SANDBOX_AUTO;
    EXPECT(sandbox_seal(&sandbox, &err));
    EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}
static void what_the_kernel_lacks_is_left_out_or_an_error(void **state) {
    (void)state;
    assert_holds(try_without_landlock);
    assert_holds(try_without_seccomp);
}

static void tell(void) {
    struct error err;
    struct log *log;
    take_away(SCMP_SYS(landlock_create_ruleset));
    EXPECT(log_new(STDOUT_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT, &log, &err));
    EXPECT(confine(SANDBOX_AUTO, log, &err) && sandbox_seal(&sandbox, &err));
    log_stop(log);
}
static void what_is_in_force_and_what_is_not_is_told(void **state) {
    (void)state;
    static char text[4096];
    int ends[2], kept = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    int status = in_child(tell);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_int_equal(status, 0);
    assert_non_null(
        strstr(text, "warn  the sandbox goes without Landlock: Function not implemented\n"));
    assert_non_null(strstr(text, "info  sandbox: no core dumps, no capabilit"));
    assert_non_null(strstr(text, ", no new privileges, seccomp ("));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_program_is_started),
        cmocka_unit_test(no_connection_is_made),
        cmocka_unit_test(no_memory_becomes_executable),
        cmocka_unit_test(no_file_is_written),
        cmocka_unit_test(the_machine_and_other_processes_are_out_of_reach),
        cmocka_unit_test(threads_that_run_already_are_sealed_too),
        cmocka_unit_test(an_assertion_still_ends_the_process_without_a_core),
        cmocka_unit_test(privileges_and_core_dumps_go_away),
        cmocka_unit_test(other_files_are_hidden_and_none_is_written),
        cmocka_unit_test(where_reviews_are_recorded_files_are_made_and_removed_and_nothing_else),
        cmocka_unit_test(a_folder_that_replaces_another_is_read),
        cmocka_unit_test(off_gives_up_nothing),
        cmocka_unit_test(what_the_kernel_lacks_is_left_out_or_an_error),
        cmocka_unit_test(what_is_in_force_and_what_is_not_is_told),
    };
    return cmocka_run_group_tests(tests, made, removed);
}
