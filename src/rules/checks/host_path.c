#include "rules/check.h"

#include "kube/hostpath.h"

struct host_path_params {
    struct str_list allow, allow_read_only;
};

static const struct param params[] = {
    {"allow", PARAM_STRINGS, offsetof(struct host_path_params, allow), .fallback = "[]",
     .doc = "Absolute paths of the node that may be mounted, with everything below them."},
    {"allowReadOnly", PARAM_STRINGS, offsetof(struct host_path_params, allow_read_only),
     .fallback = "[]",
     .doc = "The same, as long as every container mounts the volume with readOnly: true."},
};

enum { MOUNTS, MOUNTS_SOCKET, MOUNTS_SOCKETS_FOLDER, MOUNTS_WRITABLE, CLIMBS, NO_PATH };

static const struct problem problems[] = {
    [MOUNTS] = {.says = "mounts {actual} of the node",
                .mend = "use another kind of volume, such as emptyDir, configMap or "
                        "persistentVolumeClaim"},
    [MOUNTS_SOCKET] = {.says = "mounts the {detail} socket: whoever reaches it is root on the node",
                       .mend = "remove the volume; images can be built without a daemon"},
    [MOUNTS_SOCKETS_FOLDER] = {.says = "mounts {actual} of the node, which holds the {detail} "
                                       "socket: whoever reaches that is root on the node",
                               .mend = "remove the volume, or mount only the folder that is "
                                       "needed"},
    [MOUNTS_WRITABLE] = {.says = "mounts {actual} of the node writable",
                         .mend = "set {expected} on the volumeMounts of \"{key}\""},
    [CLIMBS] = {.says = "mounts a path of the node that climbs with \"..\"",
                .mend = "write the path without \"..\""},
    [NO_PATH] = {.says = "has the hostPath volume \"{key}\" without a path",
                 .mend = "use another kind of volume, such as emptyDir"},
};

static const char *const expected[] = {
    [MOUNTS] = "no hostPath",
    [MOUNTS_SOCKET] = "no hostPath",
    [MOUNTS_SOCKETS_FOLDER] = "no hostPath",
    [MOUNTS_WRITABLE] = "readOnly: true",
    [CLIMBS] = "a path without ..",
    [NO_PATH] = "no hostPath",
};

static bool clean_list(struct str_list *list, const char *name, struct arena *arena,
                       struct error *err) {
    for (size_t i = 0; i < list->count; i++) {
        struct str written = list->items[i];
        bool has_dotdot = false;
        list->items[i] = hostpath_clean(arena, written, &has_dotdot);
        if (!has_dotdot && str_starts_with(written, STR("/"))) continue;
        error_set(err, ERR_SCHEMA, "%s must be an absolute path without \"..\"",
                  str_quoted(written).text);
        return param_error_in(err, name, i);
    }
    return true;
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct host_path_params *p = params_;
    return clean_list(&p->allow, "allow", arena, err) &&
           clean_list(&p->allow_read_only, "allowReadOnly", arena, err);
}

static bool is_below_one(const struct str_list *prefixes, struct str path) {
    for (size_t i = 0; i < prefixes->count; i++) {
        if (hostpath_is_below(path, prefixes->items[i])) return true;
    }
    return false;
}

static bool is_mounted_writable(const struct pod *pod, struct str volume) {
    for (size_t c = 0; c < pod->container_count; c++) {
        const struct container *container = &pod->containers[c];
        for (size_t m = 0; m < container->mount_count; m++) {
            if (str_equals(container->mounts[m].name, volume) && !container->mounts[m].read_only)
                return true;
        }
    }
    return false;
}

/* What is wrong with the volume: an index of problems, or -1. */
static int find_problem(const struct check_ctx *ctx, const struct volume *volume,
                        struct str *socket) {
    const struct host_path_params *p = ctx->params;
    bool has_dotdot = false;
    struct str path = hostpath_clean(ctx->arena, volume->host_path, &has_dotdot);
    bool is_allowed = is_below_one(&p->allow, path);
    bool is_readable = is_below_one(&p->allow_read_only, path);
    *socket = hostpath_runtime_socket(path);
    if (str_is_empty(volume->host_path)) return NO_PATH;
    if (is_allowed || is_readable) {
        if (has_dotdot) return CLIMBS;
        if (is_allowed || !is_mounted_writable(ctx->pod, volume->name)) return -1;
        return MOUNTS_WRITABLE;
    }
    if (str_is_empty(*socket)) return MOUNTS;
    return str_ends_with(path, STR("sock")) ? MOUNTS_SOCKET : MOUNTS_SOCKETS_FOLDER;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->pod->volume_count; i++) {
        const struct volume *volume = &ctx->pod->volumes[i];
        if (!str_equals(volume->source, STR("hostPath")) && str_is_empty(volume->host_path))
            continue;
        struct str socket;
        int problem = find_problem(ctx, volume, &socket);
        if (problem < 0) continue;
        finding_add(findings, (struct finding){.problem = &problems[problem],
                                               .list = STR("volumes"),
                                               .index = i,
                                               .key = volume->name,
                                               .field = STR("hostPath.path"),
                                               .actual = volume->host_path,
                                               .expected = str_from(expected[problem]),
                                               .detail = socket});
    }
}

const struct check check_host_path = {
    .id = "host-path",
    .title = "Pods do not mount the node's files",
    .rationale =
        "A hostPath volume reaches around every border of the container: it reads the kubelet's "
        "keys and other pods' secrets, and written to it plants programs on the node. The control "
        "socket of Docker, containerd or CRI-O is worse than any file: who reaches it starts "
        "privileged containers. A path is allowed with all that is below it.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of HostPath volumes\n"
                  "NSA/CISA Kubernetes Hardening Guide: Pod security enforcement\n"
                  "Pod Security Standards, baseline: HostPath Volumes",
    .theme = THEME_NODE,
    .severity = SEVERITY_CRITICAL,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct host_path_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    volumeMounts: [{name: docker, mountPath: /var/run/docker.sock}]\n"
                      "  volumes:\n"
                      "  - name: docker\n"
                      "    hostPath: {path: /var/run/docker.sock}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    volumeMounts: [{name: data, mountPath: /data}]\n"
                       "  volumes:\n"
                       "  - name: data\n"
                       "    emptyDir: {}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
