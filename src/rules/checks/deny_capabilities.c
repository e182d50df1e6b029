#include "rules/check.h"

#include "kube/capability.h"
#include "rules/controls/values.h"

struct deny_capabilities_params {
    struct str_list deny;
    struct str_list granted; /* those of `deny` that runtimes grant by default */
};

static const struct param params[] = {
    {"deny", PARAM_STRINGS, offsetof(struct deny_capabilities_params, deny),
     .fallback = "[BPF, DAC_READ_SEARCH, MAC_ADMIN, MAC_OVERRIDE, NET_ADMIN, PERFMON, SYS_ADMIN, "
                 "SYS_BOOT, SYS_MODULE, SYS_PTRACE, SYS_RAWIO, SYS_TIME, SYSLOG]",
     .doc = "Capabilities that no container may have, compared without case and without a leading "
            "CAP_. One that runtimes grant by default, such as NET_RAW, must be dropped."},
};

enum { ADDS, ADDS_ALL, KEEPS };

static const struct problem problems[] = {
    [ADDS] = {.says = "{adds|add} the capability {key}, which is denied",
              .mend = "remove {it|them}"},
    [ADDS_ALL] = {.says = "{adds|add} all capabilities, denied ones among them",
                  .mend = "remove {it|them}, and add the single capability that is needed"},
    [KEEPS] = {.says =
                   "{keeps|keep} the capability {detail}, which is denied and granted by default",
               .mend = "add {detail} to the list, or set {it|each} to [ALL]"},
};

/* Docker and containerd grant NET_RAW too, which the standards do not allow to be added. */
static const struct control_value granted[] = {VALUES_ROWS(DEFAULT_CAPABILITIES)
                                                   CONTROL_VALUE(0, "NET_RAW")};

static bool is_granted(struct str name) {
    for (size_t i = 0; i < sizeof granted / sizeof *granted; i++) {
        if (capability_equals(granted[i].text, name)) return true;
    }
    return false;
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct deny_capabilities_params *p = params_;
    size_t wrong = 0;
    if (!capability_check_names(&p->deny, &wrong, err)) return param_error_in(err, "deny", wrong);
    if (capability_list_has(&p->deny, STR("ALL"))) {
        error_set(err, ERR_SCHEMA, "to deny all is drop-capabilities, with allowAdd: []");
        return error_in(err, "deny");
    }
    struct str *items = ARENA_NEW(arena, struct str, p->deny.count);
    p->granted = (struct str_list){.items = items};
    for (size_t i = 0; items && i < p->deny.count; i++)
        if (is_granted(p->deny.items[i])) items[p->granted.count++] = p->deny.items[i];
    return true;
}

static void judge_added(const struct check_ctx *ctx, struct findings *findings) {
    const struct deny_capabilities_params *p = ctx->params;
    const struct str_list *added = &ctx->container->security.capabilities_add;
    for (size_t i = 0; p->deny.count > 0 && i < added->count; i++) {
        /* Some runtimes let a drop win over ALL, others do not. */
        bool is_all = capability_equals(added->items[i], STR("ALL"));
        if (!is_all && !capability_list_has(&p->deny, added->items[i])) continue;
        finding_add(findings, (struct finding){.problem = &problems[is_all ? ADDS_ALL : ADDS],
                                               .container = ctx->container,
                                               .list = STR("securityContext.capabilities.add"),
                                               .index = i,
                                               .key = added->items[i],
                                               .actual = added->items[i],
                                               .expected = STR("none that is denied")});
    }
}

static void judge_kept(const struct check_ctx *ctx, struct findings *findings) {
    const struct deny_capabilities_params *p = ctx->params;
    const struct security *security = &ctx->container->security;
    const struct str_list *dropped = &security->capabilities_drop;
    /* ALL in exactly this spelling, as drop-capabilities has it. */
    if (str_list_contains(dropped, STR("ALL"))) return;
    for (size_t i = 0; i < p->granted.count; i++) {
        struct str denied = p->granted.items[i];
        if (capability_list_has(dropped, denied) ||
            capability_list_has(&security->capabilities_add, denied))
            continue;
        finding_add(findings, (struct finding){
                                  .problem = &problems[KEEPS],
                                  .container = ctx->container,
                                  .field = STR("securityContext.capabilities.drop"),
                                  .actual = check_list_text(ctx->arena, dropped),
                                  .expected = denied,
                                  .detail = denied,
                              });
    }
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    /* Windows has no capabilities: the API server refuses the field there. */
    if (ctx->pod->is_windows) return;
    judge_added(ctx, findings);
    judge_kept(ctx, findings);
}

const struct check check_deny_capabilities = {
    .id = "deny-capabilities",
    .title = "Containers have no dangerous capabilities",
    .rationale =
        "Some capabilities are as good as root on the node: SYS_ADMIN mounts and much else, "
        "SYS_MODULE loads code into the kernel, SYS_PTRACE and DAC_READ_SEARCH read what "
        "belongs to others, NET_ADMIN rewrites the node's network. This check forbids a list "
        "and leaves the rest alone, where drop-capabilities would ask too much. A denied "
        "capability that runtimes grant by default (NET_RAW, with which a pod can answer in "
        "another's name) must be dropped; adding ALL is always refused. Privileged containers "
        "have every capability whatever they list: use the check privileged beside this one.",
    .references = "CIS Kubernetes Benchmark: Minimize the admission of containers with the "
                  "NET_RAW capability; with added capabilities\n"
                  "Pod Security Standards, baseline: Capabilities\n"
                  "Linux manual: capabilities(7)",
    .theme = THEME_PRIVILEGES,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct deny_capabilities_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    securityContext:\n"
                      "      capabilities: {add: [SYS_ADMIN]}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    securityContext:\n"
                       "      capabilities: {add: [CHOWN]}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
