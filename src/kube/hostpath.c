/*
 * path      := { "/" } { component { "/" } }
 * component := "." | ".." | any other run without "/"
 *
 * Lexical cleaning as Go's path.Clean; an empty path stays empty.
 */
#include "kube/hostpath.h"

/* Takes the next component off `rest`; false when there is none left. */
static bool take_component(struct str *rest, struct str *component) {
    while (rest->len > 0 && rest->at[0] == '/')
        *rest = str_slice(*rest, 1, rest->len);
    if (rest->len == 0) return false;
    *component = str_slice(*rest, 0, str_find_char(*rest, '/'));
    *rest = str_slice(*rest, component->len, rest->len);
    return true;
}

/* Takes the last component off again, unless there is none or it is a ".." that led out. */
static bool step_up(struct strbuf *clean, size_t root) {
    struct str done = strbuf_str(clean);
    struct str below = str_slice(done, root, done.len);
    if (str_is_empty(below)) return root > 0; /* "/.." is "/" */
    size_t slash = str_find_last_char(below, '/');
    size_t last = slash < below.len ? slash + 1 : 0;
    if (str_equals(str_slice(below, last, below.len), STR(".."))) return false;
    strbuf_truncate(clean, root + (last > 0 ? slash : 0));
    return true;
}

/* To a Windows node a backslash divides too, while the API server looks for ".." between slashes only. */
static bool climbs(struct str component) {
    for (;;) {
        size_t end = str_find_char(component, '\\');
        if (str_equals(str_slice(component, 0, end), STR(".."))) return true;
        if (end == component.len) return false;
        component = str_slice(component, end + 1, component.len);
    }
}

struct str hostpath_clean(struct arena *arena, struct str path, bool *has_dotdot) {
    *has_dotdot = false;
    if (str_is_empty(path)) return path;
    struct strbuf clean;
    strbuf_init(&clean, arena, path.len + 1);
    size_t root = path.at[0] == '/' ? 1 : 0;
    if (root) strbuf_add_char(&clean, '/');
    struct str component;
    while (take_component(&path, &component)) {
        if (str_equals(component, STR("."))) continue;
        *has_dotdot = *has_dotdot || climbs(component);
        if (str_equals(component, STR("..")) && step_up(&clean, root)) continue;
        if (clean.len > root) strbuf_add_char(&clean, '/');
        strbuf_add(&clean, component);
    }
    if (clean.len == 0) strbuf_add_char(&clean, '.');
    return strbuf_str(&clean);
}

bool hostpath_is_below(struct str path, struct str prefix) {
    if (!str_starts_with(path, prefix)) return false;
    return path.len == prefix.len || path.at[prefix.len] == '/' || str_equals(prefix, STR("/"));
}

/* Control sockets, each with every path that reaches it: /var/run is a link to /run nearly
 * everywhere, and lies in /var where it is none. A directory that holds several is named for the first. */
static const struct {
    struct str runtime, path;
} sockets[] = {
    {STR_INIT("containerd"), STR_INIT("/run/containerd/containerd.sock")},
    {STR_INIT("containerd"), STR_INIT("/run/k3s/containerd/containerd.sock")},
    {STR_INIT("containerd"), STR_INIT("/run/k0s/containerd.sock")},
    {STR_INIT("containerd"), STR_INIT("/run/docker/containerd/containerd.sock")},
    {STR_INIT("containerd"), STR_INIT("/var/snap/microk8s/common/run/containerd.sock")},
    {STR_INIT("CRI-O"), STR_INIT("/run/crio/crio.sock")},
    {STR_INIT("Docker"), STR_INIT("/run/docker.sock")},
    {STR_INIT("cri-dockerd"), STR_INIT("/run/cri-dockerd.sock")},
    {STR_INIT("dockershim"), STR_INIT("/run/dockershim.sock")},
    {STR_INIT("Podman"), STR_INIT("/run/podman/podman.sock")},
};

struct str hostpath_runtime_socket(struct str path) {
    if (str_is_empty(path) || path.at[0] != '/') return STR_NONE;
    /* "/var/run/x" is looked up as "/run/x". */
    if (hostpath_is_below(path, STR("/var/run"))) path = str_slice(path, STR("/var").len, path.len);
    /* Where /var/run is a directory of its own, mounting /var holds the sockets. */
    if (str_equals(path, STR("/var"))) path = STR("/run");
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        if (hostpath_is_below(sockets[i].path, path)) return sockets[i].runtime;
    }
    return STR_NONE;
}
