/* What a pod may see and use of its node: namespaces, paths, ports, addresses. */
#include "rules/controls/rows.h"
#include "rules/controls/values.h"

/* --- hostNamespaces --- */

static const struct problem host_namespace = {
    .says = "uses host namespaces",
    .mend = "remove {it|them}",
};

static void judge_host_namespaces(const struct control_ctx *ctx) {
    const struct {
        enum flag flag;
        struct str field;
    } namespaces[] = {
        {ctx->pod->host_network, STR("hostNetwork")},
        {ctx->pod->host_pid, STR("hostPID")},
        {ctx->pod->host_ipc, STR("hostIPC")},
    };
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        if (namespaces[i].flag != FLAG_TRUE) continue;
        control_report(ctx, &host_namespace,
                       (struct finding){.field = namespaces[i].field,
                                        .actual = STR("true"),
                                        .expected = STR("false")});
    }
}

const struct control control_host_namespaces = {
    .id = "hostNamespaces",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_HIGH,
    .reason = "host namespaces",
    .demands = "`hostNetwork`, `hostPID` and `hostIPC` are unset or `false`",
    .judge_pod = judge_host_namespaces,
};

/* --- hostPathVolumes --- */

static const struct problem host_path_volume = {
    .says = "uses hostPath volumes",
    .mend = "use another kind of volume, such as emptyDir, configMap or persistentVolumeClaim",
};

static bool is_host_path(const struct volume *volume) {
    return volume->host_path.at || str_equals(volume->source, STR("hostPath"));
}

static void judge_host_path_volumes(const struct control_ctx *ctx) {
    for (size_t i = 0; i < ctx->pod->volume_count; i++) {
        const struct volume *volume = &ctx->pod->volumes[i];
        if (!is_host_path(volume)) continue;
        control_report(ctx, &host_path_volume,
                       (struct finding){.list = STR("volumes"),
                                        .index = i,
                                        .key = volume->name,
                                        .field = STR("hostPath.path"),
                                        .actual = volume->host_path,
                                        .expected = STR("no hostPath")});
    }
}

const struct control control_host_path_volumes = {
    .id = "hostPathVolumes",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_CRITICAL,
    .reason = "hostPath volumes",
    .demands = "no volume is a `hostPath`",
    .judge_pod = judge_host_path_volumes,
};

/* --- restrictedVolumes --- */

static const struct problem restricted_volume = {
    .says = "uses restricted volume types",
    .mend = "use {expected} instead",
    .hides_state = true,
};
static const struct problem several_sources = {
    .says = "uses restricted volume types",
    .mend = "keep one source: {expected}",
    .hides_state = true,
};

/* As the API server stores it: a volume without a source is an emptyDir. One of several sources is
 * refused there; here none of them can hide behind an allowed one. */
static bool is_allowed_volume(const struct control_ctx *ctx, const struct volume *volume) {
    return volume->source_count == 0 ||
           (volume->source_count == 1 && control_allows(ctx, volume->source));
}

static void judge_restricted_volumes(const struct control_ctx *ctx) {
    for (size_t i = 0; i < ctx->pod->volume_count; i++) {
        const struct volume *volume = &ctx->pod->volumes[i];
        if (is_allowed_volume(ctx, volume)) continue;
        bool is_one = volume->source_count == 1;
        control_report(ctx, is_one ? &restricted_volume : &several_sources,
                       (struct finding){.list = STR("volumes"),
                                        .index = i,
                                        .key = volume->name,
                                        .field = is_one ? volume->source : STR_NONE,
                                        .actual = volume->source,
                                        .expected = control_allowed_text(ctx)});
    }
}

static const struct control_value volume_types[] = {VALUES_ROWS(RESTRICTED_VOLUME_TYPES)};

const struct control control_restricted_volumes = {
    .id = "restrictedVolumes",
    .level = CONTROL_RESTRICTED,
    .severity = SEVERITY_HIGH,
    .replaces = "hostPathVolumes",
    .reason = "restricted volume types",
    .demands = "each volume is one of {allowed}",
    .judge_pod = judge_restricted_volumes,
    CONTROL_VALUES(volume_types),
};

/* --- hostPorts --- */

static const struct problem host_port = {
    .says = "{uses|use} a hostPort",
    .mend = "remove {it|them} and reach the pod through a Service",
};

static void judge_host_ports(const struct control_ctx *ctx) {
    for (size_t i = 0; i < ctx->container->port_count; i++) {
        const struct port *port = &ctx->container->ports[i];
        if (!port->host_port.is_set || port->host_port.value == 0) continue;
        struct str number =
            str_format(ctx->findings->arena, "%lld", (long long)port->host_port.value);
        control_report(ctx, &host_port,
                       (struct finding){.list = STR("ports"),
                                        .index = i,
                                        .key = str_is_empty(port->name) ? number : port->name,
                                        .field = STR("hostPort"),
                                        .actual = number,
                                        .expected = STR("unset")});
    }
}

const struct control control_host_ports = {
    .id = "hostPorts",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_MEDIUM,
    .reason = "hostPort",
    .demands = "each port's `hostPort` is unset or `0`",
    .judge_container = judge_host_ports,
};

/* --- hostProbesAndHostLifecycle --- */

static const struct problem probe_host = {
    .says = "{sets|set} a probe or lifecycle host",
    .mend = "remove {it|them}, then the kubelet asks the pod itself",
};

static void report_host(const struct control_ctx *ctx, struct str handler, const char *type,
                        struct str host) {
    if (str_is_empty(host)) return;
    struct str field = str_format(ctx->findings->arena, "%.*s.%s.host", STR_ARGS(handler), type);
    control_report(ctx, &probe_host,
                   (struct finding){.field = field, .actual = host, .expected = STR("unset")});
}

static void judge_probe_hosts(const struct control_ctx *ctx) {
    struct named_handler handlers[CONTAINER_HANDLERS];
    size_t count = container_handlers(ctx->container, handlers);
    for (size_t i = 0; i < count; i++) {
        report_host(ctx, handlers[i].field, "httpGet", handlers[i].handler->http_host);
        report_host(ctx, handlers[i].field, "tcpSocket", handlers[i].handler->tcp_host);
    }
}

const struct control control_host_probes = {
    .id = "hostProbesAndHostLifecycle",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_LOW,
    .since = 34,
    .reason = "probe or lifecycle host",
    .demands = "`host` of `httpGet` and `tcpSocket` is unset in probes and lifecycle hooks",
    .judge_container = judge_probe_hosts,
};

/* --- windowsHostProcess --- */

static const struct problem host_process = {
    .says = "{runs|run} as a Windows hostProcess",
    .mend = "remove {it|them}",
};

static void judge_host_process(const struct control_ctx *ctx) {
    if (control_security(ctx)->windows.host_process != FLAG_TRUE) return;
    control_report(ctx, &host_process,
                   (struct finding){.field = STR("securityContext.windowsOptions.hostProcess"),
                                    .actual = STR("true"),
                                    .expected = STR("false")});
}

const struct control control_windows_host_process = {
    .id = "windowsHostProcess",
    .level = CONTROL_BASELINE,
    .severity = SEVERITY_CRITICAL,
    .reason = "hostProcess",
    .demands = "`windowsOptions.hostProcess` is unset or `false`, in the pod and each container",
    .judge_pod = judge_host_process,
    .judge_container = judge_host_process,
};
