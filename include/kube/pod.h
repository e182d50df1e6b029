/*
 * pod: a pod spec decoded once into typed values; checks read fields.
 *
 * Names follow k8s.io/api core/v1. Effective values (a container's own, else the pod's) are computed
 * once, here. "Wrong type" is said once, here: a type that the API server would not store makes the whole pod
 * unjudgeable, never half-read. Unknown fields are ignored. null means absent. Everything lives in the
 * caller's arena and in the tree; the struct is immutable after pod_decode and any thread may read it.
 */
#ifndef PODGATE_KUBE_POD_H
#define PODGATE_KUBE_POD_H

#include "kube/meta.h"
#include "kube/placement.h"
#include "text/tree.h"

enum flag { FLAG_UNSET, FLAG_FALSE, FLAG_TRUE };

struct optional_int {
    bool is_set;
    int64_t value;
};

struct int_list {
    const int64_t *items;
    size_t count;
};

/* seccompProfile, appArmorProfile */
struct security_profile {
    bool is_set; /* the object is there, whatever it holds */
    struct str type, localhost_profile;
};

struct selinux_options {
    bool is_set;
    struct str user, role, type, level;
};

struct windows_options {
    bool is_set;
    enum flag host_process;
    struct str run_as_user_name;
};

struct sysctl {
    struct str name, value;
};

/* securityContext of a container or of the pod; fields that one of them lacks stay unset. */
struct security {
    bool is_set;
    enum flag run_as_non_root;
    struct optional_int run_as_user, run_as_group;
    struct security_profile seccomp, apparmor;
    struct selinux_options selinux;
    struct windows_options windows;
    /* containers only */
    enum flag privileged, allow_privilege_escalation, read_only_root_filesystem;
    bool has_capabilities;
    struct str_list capabilities_add, capabilities_drop;
    struct str proc_mount;
    /* pod only */
    struct optional_int fs_group;
    struct int_list supplemental_groups;
    const struct sysctl *sysctls;
    size_t sysctl_count;
};

enum env_source {
    ENV_LITERAL, /* value, or nothing at all (the empty string) */
    ENV_FIELD,
    ENV_RESOURCE,
    ENV_CONFIG_MAP,
    ENV_SECRET,
    ENV_FILE,
    ENV_OTHER, /* a valueFrom that we do not know */
};

struct env {
    struct str name, value;
    enum env_source source;
    struct str source_name, source_key; /* of the ConfigMap or Secret */
};

struct env_from {
    enum env_source source; /* ENV_CONFIG_MAP, ENV_SECRET or ENV_OTHER */
    struct str name, prefix;
};

struct port {
    struct str name, protocol, host_ip;
    struct optional_int container_port, host_port;
};

/* One line of requests or limits: resource name and quantity as written. */
struct resource_amount {
    struct str name, quantity;
};

struct resources {
    bool is_set;
    const struct resource_amount *requests, *limits;
    size_t request_count, limit_count;
};

enum handler_type {
    HANDLER_NONE,
    HANDLER_EXEC,
    HANDLER_HTTP_GET,
    HANDLER_TCP_SOCKET,
    HANDLER_GRPC,
    HANDLER_SLEEP
};

/* Of an httpGet. */
struct http_header {
    struct str name, value;
};

/* A probe or a lifecycle hook. More than one handler may be there (API validation refuses it; templates of
 * old may hold it): each host is kept. */
struct handler {
    bool is_set;
    enum handler_type type; /* the first there */
    struct str http_host, tcp_host;
    struct str_list command;
    struct str path,
        port; /* httpGet; port as written, number or name; tcpSocket and grpc fill port too */
    const struct http_header *headers;
    size_t header_count;
    const struct cJSON *action; /* the node of the first handler: all that it says */
    struct optional_int period, failure_threshold; /* of a probe, seconds and times */
};

struct volume_mount {
    struct str name, mount_path, sub_path;
    bool read_only;
};

enum container_type { CONTAINER_INIT, CONTAINER_SIDECAR, CONTAINER_REGULAR, CONTAINER_EPHEMERAL };
/* "init", "sidecar", "regular", "ephemeral" */
struct str container_type_name(enum container_type type);

/* Of a container, whose name follows the prefixes: what kube/profile reads. */
#define PROFILE_APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define PROFILE_SECCOMP_PREFIX "container.seccomp.security.alpha.kubernetes.io/"
struct profile_annotations {
    const struct cJSON *app_armor, *seccomp; /* members of the pod's annotations, or NULL */
};

/* What holds for a container after inheritance from the pod. */
struct effective {
    enum flag run_as_non_root;
    struct optional_int run_as_user, run_as_group;
    const struct security_profile *seccomp,
        *apparmor; /* never NULL, is_set false when neither sets it */
    const struct selinux_options *selinux;
    const struct windows_options *windows;
};

struct container {
    const struct cJSON *node;
    enum container_type type; /* a sidecar is an init container with restartPolicy Always */
    size_t index;             /* in its own list of the file */
    struct str list;          /* "initContainers", "containers", "ephemeralContainers" */
    struct str name, image, image_pull_policy, restart_policy, working_dir;
    struct str_list command, args;
    struct security security;
    struct effective effective;
    struct profile_annotations profiles;
    const struct env *env;
    size_t env_count;
    const struct env_from *env_from;
    size_t env_from_count;
    const struct port *ports;
    size_t port_count;
    struct resources resources;
    /* never NULL, is_set false when there is none: few containers have all, and each is large */
    const struct handler *liveness, *readiness, *startup, *post_start, *pre_stop;
    const struct volume_mount *mounts;
    size_t mount_count;
    enum flag is_stdin, tty;
};

struct volume {
    struct str name;
    struct str
        source; /* key of its source: "hostPath", "emptyDir", ...; an unknown key as written; empty: none */
    size_t source_count; /* sources present; more than one is refused by the API server */
    struct str host_path, host_path_type;
    struct str image_reference, image_pull_policy;
    struct str driver;                           /* of a flexVolume or csi */
    struct str empty_dir_medium, empty_dir_size; /* the size as written */
    const struct cJSON *node;
};

/* Lines of the containers' /etc/hosts. */
struct host_alias {
    struct str ip;
    struct str_list hostnames;
};

struct dns_option {
    struct str name, value;
};

struct dns_config {
    struct str_list nameservers;
    const struct dns_option *options;
    size_t option_count;
};

struct pod {
    const struct cJSON *node; /* the pod spec */
    const struct meta *meta;  /* the pod's or the template's own metadata */
    bool is_windows;          /* os.name == "windows", exactly */
    enum flag host_network, host_pid, host_ipc, host_users;
    enum flag share_process_namespace, automount_service_account_token, enable_service_links;
    struct str service_account_name; /* serviceAccountName, else serviceAccount; as written */
    bool has_old_service_account;    /* the name stands in the deprecated serviceAccount only */
    struct str runtime_class_name, priority_class_name, restart_policy, node_name, dns_policy;
    struct security security;
    struct resources resources; /* pod-level */
    struct placement placement;
    struct dns_config dns;
    /* init (with sidecars), regular, ephemeral: in that order, all in one list */
    const struct container *containers;
    size_t container_count;
    const struct volume *volumes;
    size_t volume_count;
    const struct host_alias *host_aliases;
    size_t host_alias_count;
};

/*
 * Decodes a pod spec. `spec` NULL or null is an empty pod. `meta` is kept by pointer. `document` gives exact numbers.
 * False: ERR_SCHEMA, err->where = the field's path below the pod spec ("containers[0].securityContext.privileged"),
 * text such as "must be true or false, it is a string"; or ERR_MEMORY.
 */
MUST_CHECK bool pod_decode(struct arena *arena, const struct document *document,
                           const struct cJSON *spec, const struct meta *meta, struct pod *out,
                           struct error *err);

/* The requests or limits line of this resource, or NULL. */
const struct resource_amount *resources_find_request(const struct resources *r, struct str name);
const struct resource_amount *resources_find_limit(const struct resources *r, struct str name);
/* The probes and hooks that a container has, each with its field below the container; returns how many. */
#define CONTAINER_HANDLERS 5
struct named_handler {
    const struct handler *handler;
    struct str field; /* "livenessProbe", "lifecycle.preStop" */
};
size_t container_handlers(const struct container *container,
                          struct named_handler out[static CONTAINER_HANDLERS]);
/* A serviceAccountToken of a projected volume. */
struct volume_token {
    size_t source;       /* projected.sources[source] */
    struct str audience; /* empty: the Kubernetes API's own */
    const struct cJSON *node;
};
/* The next one, from {0} on; false after the last. */
bool volume_token_next(const struct volume *volume, struct volume_token *at);
/* The volume of this name, or NULL. */
const struct volume *pod_find_volume(const struct pod *pod, struct str name);

#endif
