/* A container and what hangs on it. Rows stand in the order of k8s.io/api core/v1 types.go. */
#include "kube/pod_parts.h"

/* --- env, envFrom --- */

static const struct decode_row env_key_rows[] = {
    DECODE_FIELD("name", struct env, source_name, decode_string),
    DECODE_FIELD("key", struct env, source_key, decode_string),
};
static const struct decode_table env_key_table = DECODE_TABLE(struct env, env_key_rows);
/* A source of which only the kind matters. */
static const struct decode_table env_bare_table = {.size = sizeof(struct env)};

static bool decode_env_source(const struct decoder *decoder, const struct cJSON *node,
                              const struct decode_row *row, void *target) {
    struct env *env = target;
    env->source = (enum env_source)row->detail;
    return decode_object(decoder, node, row->table, env);
}

static const struct decode_row value_from_rows[] = {
    DECODE_WITHIN("fieldRef", decode_env_source, &env_bare_table, ENV_FIELD),
    DECODE_WITHIN("resourceFieldRef", decode_env_source, &env_bare_table, ENV_RESOURCE),
    DECODE_WITHIN("configMapKeyRef", decode_env_source, &env_key_table, ENV_CONFIG_MAP),
    DECODE_WITHIN("secretKeyRef", decode_env_source, &env_key_table, ENV_SECRET),
    DECODE_WITHIN("fileKeyRef", decode_env_source, &env_bare_table, ENV_FILE),
};
static const struct decode_table value_from_table = DECODE_TABLE(struct env, value_from_rows);

static const struct decode_row env_rows[] = {
    DECODE_FIELD("name", struct env, name, decode_string),
    DECODE_FIELD("value", struct env, value, decode_string),
    /* A source that no row of value_from_rows knows stays ENV_OTHER. */
    DECODE_WITHIN("valueFrom", decode_env_source, &value_from_table, ENV_OTHER),
};
static const struct decode_table env_table = DECODE_TABLE(struct env, env_rows);

static const struct decode_row env_from_name_rows[] = {
    DECODE_FIELD("name", struct env_from, name, decode_string),
};
static const struct decode_table env_from_name_table =
    DECODE_TABLE(struct env_from, env_from_name_rows);

static bool decode_env_from_source(const struct decoder *decoder, const struct cJSON *node,
                                   const struct decode_row *row, void *target) {
    struct env_from *env_from = target;
    env_from->source = (enum env_source)row->detail;
    return decode_object(decoder, node, row->table, env_from);
}

static void finish_env_from(const struct cJSON *node, void *target) {
    (void)node;
    struct env_from *env_from = target;
    if (env_from->source == ENV_LITERAL) env_from->source = ENV_OTHER;
}

static const struct decode_row env_from_rows[] = {
    DECODE_FIELD("prefix", struct env_from, prefix, decode_string),
    DECODE_WITHIN("configMapRef", decode_env_from_source, &env_from_name_table, ENV_CONFIG_MAP),
    DECODE_WITHIN("secretRef", decode_env_from_source, &env_from_name_table, ENV_SECRET),
};
static const struct decode_table env_from_table = {
    .rows = env_from_rows,
    .count = sizeof env_from_rows / sizeof *env_from_rows,
    .size = sizeof(struct env_from),
    .finish = finish_env_from,
};

/* --- ports, mounts, resources --- */

static const struct decode_row port_rows[] = {
    DECODE_FIELD("name", struct port, name, decode_string),
    DECODE_FIELD("hostPort", struct port, host_port, pod_decode_int),
    DECODE_FIELD("containerPort", struct port, container_port, pod_decode_int),
    DECODE_FIELD("protocol", struct port, protocol, decode_string),
    DECODE_FIELD("hostIP", struct port, host_ip, decode_string),
};
static const struct decode_table port_table = DECODE_TABLE(struct port, port_rows);

static const struct decode_row mount_rows[] = {
    DECODE_FIELD("name", struct volume_mount, name, decode_string),
    DECODE_FIELD("readOnly", struct volume_mount, read_only, decode_bool),
    DECODE_FIELD("mountPath", struct volume_mount, mount_path, decode_string),
    DECODE_FIELD("subPath", struct volume_mount, sub_path, decode_string),
};
static const struct decode_table mount_table = DECODE_TABLE(struct volume_mount, mount_rows);

/* In manifests a quantity may be a number. */
bool pod_decode_quantity(const struct decoder *decoder, const struct cJSON *node,
                         const struct decode_row *row, void *target) {
    struct str *field = decode_target(row, target);
    if (!tree_is_string(node) && !tree_is_number(node))
        return decode_wrong_type(decoder, node, "a quantity (a string or a number)");
    *field = tree_is_string(node) ? tree_string(node) : tree_number_text(decoder->document, node);
    return true;
}

static const struct decode_row amount_row = {.decode = pod_decode_quantity,
                                             .offset = offsetof(struct resource_amount, quantity)};

/* {"cpu": "100m", "memory": 1073741824} */
static bool decode_amounts(const struct decoder *decoder, const struct cJSON *node,
                           const struct decode_row *row, void *target) {
    if (!tree_is_object(node)) return decode_wrong_type(decoder, node, "an object");
    struct resource_amount *amounts = decode_allocate(decoder, sizeof *amounts, tree_count(node));
    if (!amounts) return false;
    size_t count = 0;
    for (const struct cJSON *member = node->child; member; member = member->next) {
        if (tree_is_null(member)) continue;
        amounts[count].name = tree_key(member);
        if (!pod_decode_quantity(decoder, member, &amount_row, &amounts[count]))
            return decode_error_below_key(decoder->err, tree_key(member));
        count++;
    }
    const struct resource_amount **field = decode_target(row, target);
    *field = amounts;
    memcpy((char *)target + row->count_offset, &count, sizeof count);
    return true;
}

static const struct decode_row resources_rows[] = {
    {DECODE_KEY("limits"), .decode = decode_amounts, .offset = offsetof(struct resources, limits),
     .count_offset = offsetof(struct resources, limit_count)},
    {DECODE_KEY("requests"), .decode = decode_amounts,
     .offset = offsetof(struct resources, requests),
     .count_offset = offsetof(struct resources, request_count)},
};
const struct decode_table resources_table = DECODE_TABLE(struct resources, resources_rows);

/* --- probes and lifecycle hooks --- */

/* What one handler of whatever type says. */
struct action {
    struct str host, path, port;
    struct str_list command;
    const struct http_header *headers;
    size_t header_count;
};

/* httpGet and tcpSocket: a number or the name of a port of the container (IntOrString). */
static bool decode_port(const struct decoder *decoder, const struct cJSON *node,
                        const struct decode_row *row, void *target) {
    if (tree_is_string(node)) return decode_string(decoder, node, row, target);
    if (!tree_is_number(node)) return decode_wrong_type(decoder, node, "a port's number or name");
    int64_t number;
    if (!decode_integer(decoder, node, &number)) return false;
    struct str *field = decode_target(row, target);
    *field = tree_number_text(decoder->document, node);
    return true;
}

static bool decode_port_number(const struct decoder *decoder, const struct cJSON *node,
                               const struct decode_row *row, void *target) {
    if (!tree_is_number(node)) return decode_wrong_type(decoder, node, "a port's number");
    return decode_port(decoder, node, row, target);
}

static const struct decode_row exec_rows[] = {
    DECODE_FIELD("command", struct action, command, decode_strings),
};
static const struct decode_table exec_table = DECODE_TABLE(struct action, exec_rows);

static const struct decode_row header_rows[] = {
    DECODE_FIELD("name", struct http_header, name, decode_string),
    DECODE_FIELD("value", struct http_header, value, decode_string),
};
static const struct decode_table header_table = DECODE_TABLE(struct http_header, header_rows);

static const struct decode_row http_get_rows[] = {
    DECODE_FIELD("path", struct action, path, decode_string),
    DECODE_FIELD("port", struct action, port, decode_port),
    DECODE_FIELD("host", struct action, host, decode_string),
    DECODE_UNREAD("scheme"),
    DECODE_LIST("httpHeaders", struct action, headers, header_count, header_table),
};
static const struct decode_table http_get_table = DECODE_TABLE(struct action, http_get_rows);

static const struct decode_row tcp_socket_rows[] = {
    DECODE_FIELD("port", struct action, port, decode_port),
    DECODE_FIELD("host", struct action, host, decode_string),
};
static const struct decode_table tcp_socket_table = DECODE_TABLE(struct action, tcp_socket_rows);

static const struct decode_row grpc_rows[] = {
    DECODE_FIELD("port", struct action, port, decode_port_number),
};
static const struct decode_table grpc_table = DECODE_TABLE(struct action, grpc_rows);

static const struct decode_table sleep_table = {.size = sizeof(struct action)};

static bool decode_action(const struct decoder *decoder, const struct cJSON *node,
                          const struct decode_row *row, void *target) {
    struct handler *handler = target;
    enum handler_type type = (enum handler_type)row->detail;
    struct action action = {0};
    if (!decode_object(decoder, node, row->table, &action)) return false;
    if (type == HANDLER_HTTP_GET) handler->http_host = action.host;
    if (type == HANDLER_TCP_SOCKET) handler->tcp_host = action.host;
    if (handler->type != HANDLER_NONE) return true;
    handler->type = type;
    handler->action = node;
    handler->command = action.command;
    handler->path = action.path;
    handler->port = action.port;
    handler->headers = action.headers;
    handler->header_count = action.header_count;
    return true;
}

static const struct decode_row handler_rows[] = {
    DECODE_WITHIN("exec", decode_action, &exec_table, HANDLER_EXEC),
    DECODE_WITHIN("httpGet", decode_action, &http_get_table, HANDLER_HTTP_GET),
    DECODE_WITHIN("tcpSocket", decode_action, &tcp_socket_table, HANDLER_TCP_SOCKET),
    DECODE_WITHIN("grpc", decode_action, &grpc_table, HANDLER_GRPC),
    DECODE_WITHIN("sleep", decode_action, &sleep_table, HANDLER_SLEEP),
    DECODE_UNREAD("timeoutSeconds"),
    DECODE_FIELD("periodSeconds", struct handler, period, pod_decode_int),
    DECODE_UNREAD("successThreshold"),
    DECODE_FIELD("failureThreshold", struct handler, failure_threshold, pod_decode_int),
};
static const struct decode_table handler_table = DECODE_TABLE(struct handler, handler_rows);

static bool decode_handler(const struct decoder *decoder, const struct cJSON *node,
                           const struct decode_row *row, void *target) {
    struct handler *handler = decode_allocate(decoder, sizeof *handler, 1);
    if (!handler) return false;
    handler->is_set = true;
    const struct handler **field = decode_target(row, target);
    *field = handler;
    return decode_object(decoder, node, &handler_table, handler);
}

static const struct decode_row lifecycle_rows[] = {
    DECODE_FIELD("postStart", struct container, post_start, decode_handler),
    DECODE_FIELD("preStop", struct container, pre_stop, decode_handler),
};
static const struct decode_table lifecycle_table = DECODE_TABLE(struct container, lifecycle_rows);

/* --- the container --- */

static const struct decode_row container_rows[] = {
    DECODE_FIELD("name", struct container, name, decode_string),
    DECODE_FIELD("image", struct container, image, decode_string),
    DECODE_FIELD("command", struct container, command, decode_strings),
    DECODE_FIELD("args", struct container, args, decode_strings),
    DECODE_FIELD("workingDir", struct container, working_dir, decode_string),
    DECODE_LIST("ports", struct container, ports, port_count, port_table),
    DECODE_LIST("envFrom", struct container, env_from, env_from_count, env_from_table),
    DECODE_LIST("env", struct container, env, env_count, env_table),
    DECODE_NESTED("resources", struct container, resources, decode_optional, resources_table),
    DECODE_FIELD("restartPolicy", struct container, restart_policy, decode_string),
    DECODE_LIST("volumeMounts", struct container, mounts, mount_count, mount_table),
    DECODE_FIELD("livenessProbe", struct container, liveness, decode_handler),
    DECODE_FIELD("readinessProbe", struct container, readiness, decode_handler),
    DECODE_FIELD("startupProbe", struct container, startup, decode_handler),
    DECODE_WITHIN("lifecycle", decode_nested, &lifecycle_table, 0),
    DECODE_UNREAD("terminationMessagePath"),
    DECODE_UNREAD("terminationMessagePolicy"),
    DECODE_FIELD("imagePullPolicy", struct container, image_pull_policy, decode_string),
    DECODE_NESTED("securityContext", struct container, security, decode_optional,
                  container_security_table),
    DECODE_FIELD("stdin", struct container, is_stdin, pod_decode_flag),
    DECODE_FIELD("tty", struct container, tty, pod_decode_flag),
};
const struct decode_table container_table = DECODE_TABLE(struct container, container_rows);
