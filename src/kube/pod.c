/* The pod spec as a whole: its own fields, its volumes, its containers and what they inherit. */
#include "kube/pod.h"

#include "kube/pod_parts.h"

struct str container_type_name(enum container_type type) {
    switch (type) {
    case CONTAINER_INIT: return STR("init");
    case CONTAINER_SIDECAR: return STR("sidecar");
    case CONTAINER_REGULAR: return STR("regular");
    case CONTAINER_EPHEMERAL: return STR("ephemeral");
    }
    return STR_NONE;
}

/* --- volumes --- */

static const struct decode_row host_path_rows[] = {
    DECODE_FIELD("path", struct volume, host_path, decode_string),
    DECODE_FIELD("type", struct volume, host_path_type, decode_string),
};
static const struct decode_table host_path_table = DECODE_TABLE(struct volume, host_path_rows);

static const struct decode_row image_volume_rows[] = {
    DECODE_FIELD("reference", struct volume, image_reference, decode_string),
    DECODE_FIELD("pullPolicy", struct volume, image_pull_policy, decode_string),
};
static const struct decode_table image_volume_table =
    DECODE_TABLE(struct volume, image_volume_rows);

static const struct decode_row driver_rows[] = {
    DECODE_FIELD("driver", struct volume, driver, decode_string),
};
static const struct decode_table driver_table = DECODE_TABLE(struct volume, driver_rows);

static const struct decode_row empty_dir_rows[] = {
    DECODE_FIELD("medium", struct volume, empty_dir_medium, decode_string),
    DECODE_FIELD("sizeLimit", struct volume, empty_dir_size, pod_decode_quantity),
};
static const struct decode_table empty_dir_table = DECODE_TABLE(struct volume, empty_dir_rows);

/* Whatever is not the name is a source: one that we do not know must not look like none. */
static void finish_volume(const struct cJSON *node, void *target) {
    struct volume *volume = target;
    volume->node = node;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        struct str key = tree_key(member);
        if (tree_is_null(member) || str_equals(key, STR("name"))) continue;
        if (volume->source_count++ == 0) volume->source = key;
    }
}

static const struct decode_row volume_rows[] = {
    DECODE_FIELD("name", struct volume, name, decode_string),
    DECODE_WITHIN("hostPath", decode_nested, &host_path_table, 0),
    DECODE_WITHIN("flexVolume", decode_nested, &driver_table, 0),
    DECODE_WITHIN("csi", decode_nested, &driver_table, 0),
    DECODE_WITHIN("emptyDir", decode_nested, &empty_dir_table, 0),
    DECODE_WITHIN("image", decode_nested, &image_volume_table, 0),
};
static const struct decode_table volume_table = {
    .rows = volume_rows,
    .count = sizeof volume_rows / sizeof *volume_rows,
    .size = sizeof(struct volume),
    .finish = finish_volume,
};

bool volume_token_next(const struct volume *volume, struct volume_token *at) {
    if (!str_equals(volume->source, STR("projected"))) return false;
    const struct cJSON *sources =
        tree_find(tree_find(volume->node, STR("projected")), STR("sources"));
    const struct cJSON *next = at->node ? at->node->next : sources ? sources->child : NULL;
    for (at->source += at->node != NULL; next; next = next->next, at->source++) {
        const struct cJSON *token = tree_find(next, STR("serviceAccountToken"));
        if (tree_is_null(token)) continue;
        at->node = next;
        at->audience = tree_string(tree_find(token, STR("audience")));
        return true;
    }
    return false;
}

/* --- hostAliases --- */

static const struct decode_row host_alias_rows[] = {
    DECODE_FIELD("ip", struct host_alias, ip, decode_string),
    DECODE_FIELD("hostnames", struct host_alias, hostnames, decode_strings),
};
static const struct decode_table host_alias_table =
    DECODE_TABLE(struct host_alias, host_alias_rows);

/* --- the spec --- */

enum { LIST_INIT, LIST_REGULAR, LIST_EPHEMERAL, LIST_COUNT };

/* The members may come in any order, so what depends on others waits here. */
struct draft {
    struct pod pod;
    struct str os_name, old_service_account;
    const struct cJSON *lists[LIST_COUNT];
};

static bool keep_list(const struct decoder *decoder, const struct cJSON *node,
                      const struct decode_row *row, void *target) {
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list");
    struct draft *draft = target;
    draft->lists[row->detail] = node;
    return true;
}

static const struct decode_row os_rows[] = {
    DECODE_FIELD("name", struct draft, os_name, decode_string),
};
static const struct decode_table os_table = DECODE_TABLE(struct draft, os_rows);

static const struct decode_row dns_option_rows[] = {
    DECODE_FIELD("name", struct dns_option, name, decode_string),
    DECODE_FIELD("value", struct dns_option, value, decode_string),
};
static const struct decode_table dns_option_table =
    DECODE_TABLE(struct dns_option, dns_option_rows);

static const struct decode_row dns_rows[] = {
    DECODE_FIELD("nameservers", struct dns_config, nameservers, decode_strings),
    DECODE_LIST("options", struct dns_config, options, option_count, dns_option_table),
};
static const struct decode_table dns_table = DECODE_TABLE(struct dns_config, dns_rows);

static const struct decode_row spec_rows[] = {
    DECODE_LIST("volumes", struct draft, pod.volumes, pod.volume_count, volume_table),
    DECODE_WITHIN("initContainers", keep_list, NULL, LIST_INIT),
    DECODE_WITHIN("containers", keep_list, NULL, LIST_REGULAR),
    DECODE_WITHIN("ephemeralContainers", keep_list, NULL, LIST_EPHEMERAL),
    DECODE_FIELD("restartPolicy", struct draft, pod.restart_policy, decode_string),
    DECODE_UNREAD("terminationGracePeriodSeconds"),
    DECODE_FIELD("dnsPolicy", struct draft, pod.dns_policy, decode_string),
    DECODE_FIELD("nodeSelector", struct draft, pod.placement.node_selector,
                 placement_decode_node_selector),
    DECODE_FIELD("serviceAccountName", struct draft, pod.service_account_name, decode_string),
    DECODE_FIELD("serviceAccount", struct draft, old_service_account, decode_string),
    DECODE_FIELD("automountServiceAccountToken", struct draft, pod.automount_service_account_token,
                 pod_decode_flag),
    DECODE_FIELD("nodeName", struct draft, pod.node_name, decode_string),
    DECODE_FIELD("hostNetwork", struct draft, pod.host_network, pod_decode_flag),
    DECODE_FIELD("hostPID", struct draft, pod.host_pid, pod_decode_flag),
    DECODE_FIELD("hostIPC", struct draft, pod.host_ipc, pod_decode_flag),
    DECODE_FIELD("shareProcessNamespace", struct draft, pod.share_process_namespace,
                 pod_decode_flag),
    DECODE_NESTED("securityContext", struct draft, pod.security, decode_optional,
                  pod_security_table),
    DECODE_NESTED("affinity", struct draft, pod.placement, decode_nested, placement_affinity_table),
    DECODE_UNREAD("schedulerName"),
    DECODE_LIST("tolerations", struct draft, pod.placement.tolerations,
                pod.placement.toleration_count, placement_toleration_table),
    DECODE_LIST("hostAliases", struct draft, pod.host_aliases, pod.host_alias_count,
                host_alias_table),
    DECODE_FIELD("priorityClassName", struct draft, pod.priority_class_name, decode_string),
    DECODE_UNREAD("priority"),
    DECODE_NESTED("dnsConfig", struct draft, pod.dns, decode_nested, dns_table),
    DECODE_FIELD("runtimeClassName", struct draft, pod.runtime_class_name, decode_string),
    DECODE_FIELD("enableServiceLinks", struct draft, pod.enable_service_links, pod_decode_flag),
    DECODE_UNREAD("preemptionPolicy"),
    DECODE_LIST("topologySpreadConstraints", struct draft, pod.placement.spreads,
                pod.placement.spread_count, placement_spread_table),
    DECODE_WITHIN("os", decode_nested, &os_table, 0),
    DECODE_FIELD("hostUsers", struct draft, pod.host_users, pod_decode_flag),
    DECODE_NESTED("resources", struct draft, pod.resources, decode_optional, resources_table),
};
static const struct decode_table spec_table = DECODE_TABLE(struct draft, spec_rows);

/* --- containers --- */

struct container_list {
    struct str key;
    enum container_type type;
};
static const struct container_list container_lists[LIST_COUNT] = {
    [LIST_INIT] = {STR_INIT("initContainers"), CONTAINER_INIT},
    [LIST_REGULAR] = {STR_INIT("containers"), CONTAINER_REGULAR},
    [LIST_EPHEMERAL] = {STR_INIT("ephemeralContainers"), CONTAINER_EPHEMERAL},
};

/* runtimes merge windowsOptions field by field, unlike the other objects, which replace the pod's
 * (k8s.io/kubernetes pkg/securitycontext DetermineEffectiveSecurityContext). */
static bool merge_windows(const struct decoder *decoder, const struct security *pod,
                          struct container *container) {
    const struct windows_options *own = &container->security.windows;
    container->effective.windows = own->is_set ? own : &pod->windows;
    if (!own->is_set || !pod->windows.is_set) return true;
    struct windows_options *merged = decode_allocate(decoder, sizeof *merged, 1);
    if (!merged) return false;
    *merged = *own;
    if (merged->host_process == FLAG_UNSET) merged->host_process = pod->windows.host_process;
    if (!merged->run_as_user_name.at) merged->run_as_user_name = pod->windows.run_as_user_name;
    container->effective.windows = merged;
    return true;
}

static bool compute_effective(const struct decoder *decoder, const struct security *pod,
                              struct container *container) {
    const struct security *own = &container->security;
    container->effective = (struct effective){
        .run_as_non_root =
            own->run_as_non_root != FLAG_UNSET ? own->run_as_non_root : pod->run_as_non_root,
        .run_as_user = own->run_as_user.is_set ? own->run_as_user : pod->run_as_user,
        .run_as_group = own->run_as_group.is_set ? own->run_as_group : pod->run_as_group,
        .seccomp = own->seccomp.is_set ? &own->seccomp : &pod->seccomp,
        .apparmor = own->apparmor.is_set ? &own->apparmor : &pod->apparmor,
        .selinux = own->selinux.is_set ? &own->selinux : &pod->selinux,
    };
    return merge_windows(decoder, pod, container);
}

static bool decode_container(const struct decoder *decoder, const struct cJSON *node,
                             const struct container_list *list, struct container *container) {
    static const struct handler none;
    container->liveness = container->readiness = container->startup = &none;
    container->post_start = container->pre_stop = &none;
    if (!decode_object(decoder, node, &container_table, container)) return false;
    container->node = node;
    container->list = list->key;
    container->type = list->type;
    if (list->type == CONTAINER_INIT && str_equals(container->restart_policy, STR("Always")))
        container->type = CONTAINER_SIDECAR;
    return true;
}

/* Inherited values point to the pod that the caller keeps, not to the draft. */
static bool decode_containers(const struct decoder *decoder, const struct cJSON *const *lists,
                              struct pod *pod) {
    size_t total = 0;
    for (int i = 0; i < LIST_COUNT; i++)
        total += tree_count(lists[i]);
    struct container *containers = decode_allocate(decoder, sizeof *containers, total);
    if (!containers) return false;
    pod->containers = containers;
    for (int i = 0; i < LIST_COUNT; i++) {
        size_t index = 0;
        for (const struct cJSON *item = lists[i] ? lists[i]->child : NULL; item;
             item = item->next, index++) {
            struct container *container = &containers[pod->container_count++];
            container->index = index;
            if (!decode_container(decoder, item, &container_lists[i], container)) {
                decode_error_below_item(decoder->err, index);
                return decode_error_below(decoder->err, container_lists[i].key.at);
            }
            if (!compute_effective(decoder, &pod->security, container)) return false;
        }
    }
    return pod_find_annotations(decoder->arena, pod->meta, containers, total) ||
           error_set(decoder->err, ERR_MEMORY, "out of memory");
}

bool pod_decode(struct arena *arena, const struct document *document, const struct cJSON *spec,
                const struct meta *meta, struct pod *out, struct error *err) {
    *out = (struct pod){.meta = meta};
    if (tree_is_null(spec)) return true;
    const struct decoder decoder = {.arena = arena, .document = document, .err = err};
    struct draft draft = {.pod = {.node = spec, .meta = meta}};
    if (!decode_object(&decoder, spec, &spec_table, &draft)) return false;
    *out = draft.pod;
    out->is_windows = str_equals(draft.os_name, STR("windows"));
    if (str_is_empty(out->service_account_name)) {
        out->service_account_name = draft.old_service_account;
        out->has_old_service_account = !str_is_empty(draft.old_service_account);
    }
    return decode_containers(&decoder, draft.lists, out);
}

/* --- finding --- */

static const struct resource_amount *find_amount(const struct resource_amount *amounts,
                                                 size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_equals(amounts[i].name, name)) return &amounts[i];
    }
    return NULL;
}

const struct resource_amount *resources_find_request(const struct resources *r, struct str name) {
    return find_amount(r->requests, r->request_count, name);
}

const struct resource_amount *resources_find_limit(const struct resources *r, struct str name) {
    return find_amount(r->limits, r->limit_count, name);
}

static inline struct named_handler *keep_handler(struct named_handler *end,
                                                 const struct handler *handler, struct str field) {
    if (!handler->is_set) return end;
    *end = (struct named_handler){handler, field};
    return end + 1;
}

size_t container_handlers(const struct container *container,
                          struct named_handler out[static CONTAINER_HANDLERS]) {
    struct named_handler *end = out;
    end = keep_handler(end, container->liveness, STR("livenessProbe"));
    end = keep_handler(end, container->readiness, STR("readinessProbe"));
    end = keep_handler(end, container->startup, STR("startupProbe"));
    end = keep_handler(end, container->post_start, STR("lifecycle.postStart"));
    end = keep_handler(end, container->pre_stop, STR("lifecycle.preStop"));
    return (size_t)(end - out);
}

const struct volume *pod_find_volume(const struct pod *pod, struct str name) {
    for (size_t i = 0; i < pod->volume_count; i++) {
        if (str_equals(pod->volumes[i].name, name)) return &pod->volumes[i];
    }
    return NULL;
}
