#include "kube/hostpath.h"

#include "unit/expect.h"

static struct arena arena;

static int begin_arena(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int end_arena(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void paths_are_cleaned_lexically(void **state) {
    (void)state;
    static const struct {
        const char *path, *clean;
        bool has_dotdot;
    } rows[] = {
        {"/", "/", false},
        {"//", "/", false},
        {"/var//run/./docker.sock/", "/var/run/docker.sock", false},
        {"/a/b/c", "/a/b/c", false},
        {"/a/b/c/", "/a/b/c", false},
        {"/./", "/", false},
        {"/a/..", "/", true},
        {"/a/../b", "/b", true},
        {"/a/b/../../c", "/c", true},
        {"/..", "/", true},
        {"/../../etc", "/etc", true},
        {"/a/../../..//etc", "/etc", true},
        {"/a/...", "/a/...", false},
        {"/a/..b", "/a/..b", false},
        {"/a/.b/c.", "/a/.b/c.", false},
        {"/var/log/../run/docker.sock", "/var/run/docker.sock", true},
        {"a", "a", false},
        {"a/./b/", "a/b", false},
        {"a/..", ".", true},
        {".", ".", false},
        {"..", "..", true},
        {"../..", "../..", true},
        {"../a/../b", "../b", true},
        {"a/../../b", "../b", true},
        {"/a/b\\..\\..\\c", "/a/b\\..\\..\\c", true},
        {"/a/..\\b", "/a/..\\b", true},
        {"/a/b\\..", "/a/b\\..", true},
        {"C:\\a\\..b\\c..", "C:\\a\\..b\\c..", false},
        {"", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool has_dotdot;
        struct str clean = hostpath_clean(&arena, str_from(rows[i].path), &has_dotdot);
        if (!str_equals(clean, str_from(rows[i].clean)) || has_dotdot != rows[i].has_dotdot)
            fail_msg("\"%s\" gives \"%.*s\"", rows[i].path, STR_ARGS(clean));
    }
}

static void below_respects_component_borders(void **state) {
    (void)state;
    assert_true(hostpath_is_below(STR("/var/log"), STR("/var/log")));
    assert_true(hostpath_is_below(STR("/var/log/pods"), STR("/var/log")));
    assert_true(hostpath_is_below(STR("/etc"), STR("/")));
    assert_true(hostpath_is_below(STR("/"), STR("/")));
    assert_false(hostpath_is_below(STR("/var/logs"), STR("/var/log")));
    assert_false(hostpath_is_below(STR("/var"), STR("/var/log")));
    assert_false(hostpath_is_below(STR("var/log"), STR("/")));
}

static void sockets_and_what_holds_them_are_found(void **state) {
    (void)state;
    static const struct {
        const char *path, *runtime;
    } rows[] = {
        {"/var/run/docker.sock", "Docker"},
        {"/run/docker.sock", "Docker"},
        {"/run/containerd/containerd.sock", "containerd"},
        {"/var/run/containerd/containerd.sock", "containerd"},
        {"/run/containerd", "containerd"},
        {"/run/k3s/containerd/containerd.sock", "containerd"},
        {"/run/k3s", "containerd"},
        {"/run/crio/crio.sock", "CRI-O"},
        {"/var/run/crio", "CRI-O"},
        {"/run/cri-dockerd.sock", "cri-dockerd"},
        {"/run/podman/podman.sock", "Podman"},
        {"/run/podman", "Podman"},
        {"/", "containerd"},
        {"/run", "containerd"},
        {"/var/run", "containerd"},
        {"/var", "containerd"},
        {"/run/docker.sock.d", ""},
        {"/run/docker.soc", ""},
        {"/run/user", ""},
        {"/var/runner", ""},
        {"/var/log", ""},
        {"/tmp/run/docker.sock", ""},
        {"run/docker.sock", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str runtime = hostpath_runtime_socket(str_from(rows[i].path));
        if (!str_equals(runtime, str_from(rows[i].runtime)))
            fail_msg("\"%s\" gives \"%.*s\"", rows[i].path, STR_ARGS(runtime));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_cleaned_lexically),
        cmocka_unit_test(below_respects_component_borders),
        cmocka_unit_test(sockets_and_what_holds_them_are_found),
    };
    return cmocka_run_group_tests_name("hostpath", tests, begin_arena, end_arena);
}
