#include "rules/check.h"

struct windows_options_params {
    bool allows_host_process, requires_user_name;
    struct str_list deny_user_names;
};

static const struct param params[] = {
    {"allowHostProcess", PARAM_BOOL, offsetof(struct windows_options_params, allows_host_process),
     .fallback = "false", .doc = "true: containers may be processes of the node."},
    {"denyUserNames", PARAM_STRINGS, offsetof(struct windows_options_params, deny_user_names),
     .fallback = "[ContainerAdministrator]",
     .doc = "Users that containers may not run as, compared without case; one without a domain is "
            "that user in any domain."},
    {"requireUserName", PARAM_BOOL, offsetof(struct windows_options_params, requires_user_name),
     .fallback = "false",
     .doc = "true: containers of Windows pods must set runAsUserName; without it the image "
            "decides, often for ContainerAdministrator."},
};

enum { HOST_PROCESS, USER_NAME, NO_USER_NAME };

static const struct problem problems[] = {
    [HOST_PROCESS] = {.says = "{runs|run} as {a process|processes} of the Windows node itself",
                      .mend = "remove {it|them}"},
    [USER_NAME] = {.says = "{runs|run} as a Windows user who is not allowed",
                   .mend = "set {it|each} to ContainerUser"},
    [NO_USER_NAME] = {.says = "{leaves|leave} the Windows user to the image",
                      .mend = "set {it|each} to ContainerUser",
                      .pod_field = "securityContext.windowsOptions.runAsUserName"},
};

/* name := [ domain "\\" ] user */
static bool is_user(struct str name, struct str denied) {
    size_t backslash = str_find_char(denied, '\\');
    if (backslash == denied.len) {
        backslash = str_find_last_char(name, '\\');
        if (backslash < name.len) name = str_slice(name, backslash + 1, name.len);
    }
    return str_equals_ignore_case(name, denied);
}

static bool is_denied_user(const struct windows_options_params *p, struct str name) {
    for (size_t i = 0; i < p->deny_user_names.count; i++) {
        if (is_user(name, p->deny_user_names.items[i])) return true;
    }
    return false;
}

static void judge_user(const struct check_ctx *ctx, struct findings *findings, struct str name) {
    const struct windows_options_params *p = ctx->params;
    bool is_missing = p->requires_user_name && ctx->pod->is_windows && ctx->container &&
                      str_is_empty(ctx->container->effective.windows->run_as_user_name);
    if (!is_missing && (str_is_empty(name) || !is_denied_user(p, name))) return;
    finding_add(findings,
                (struct finding){.problem = &problems[is_missing ? NO_USER_NAME : USER_NAME],
                                 .container = ctx->container,
                                 .field = STR("securityContext.windowsOptions.runAsUserName"),
                                 .actual = name,
                                 .expected = STR("ContainerUser")});
}

/* Whatever os.name says: a pod that does not say it may still be scheduled to Windows. */
static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct windows_options_params *p = ctx->params;
    const struct windows_options *own =
        ctx->container ? &ctx->container->security.windows : &ctx->pod->security.windows;
    if (own->host_process == FLAG_TRUE && !p->allows_host_process)
        finding_add(findings,
                    (struct finding){.problem = &problems[HOST_PROCESS],
                                     .container = ctx->container,
                                     .field = STR("securityContext.windowsOptions.hostProcess"),
                                     .actual = STR("true"),
                                     .expected = STR("false")});
    judge_user(ctx, findings, own->run_as_user_name);
}

const struct check check_windows_options = {
    .id = "windows-options",
    .title = "Windows containers stay off the node",
    .rationale =
        "A HostProcess container is a process of the Windows node with the node's network, "
        "files and accounts: what privileged is on Linux. ContainerAdministrator is root "
        "inside the container, without need for most programs. Both are judged where they are "
        "written, at the pod and at each container, init containers too.",
    .references = "Pod Security Standards, baseline: HostProcess\n"
                  "Kubernetes documentation: Create a Windows HostProcess Pod; Configure "
                  "RunAsUserName for Windows pods and containers",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct windows_options_params),
    .example_denied =
        "apiVersion: v1\n"
        "kind: Pod\n"
        "metadata: {name: web}\n"
        "spec:\n"
        "  os: {name: windows}\n"
        "  hostNetwork: true\n"
        "  securityContext:\n"
        "    windowsOptions: {hostProcess: true, runAsUserName: \"NT AUTHORITY\\\\SYSTEM\"}\n"
        "  containers:\n"
        "  - name: web\n"
        "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  os: {name: windows}\n"
                       "  securityContext:\n"
                       "    windowsOptions: {runAsUserName: ContainerUser}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
