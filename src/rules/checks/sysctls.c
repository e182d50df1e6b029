#include "rules/check.h"

#include "base/glob.h"
#include "rules/controls/values.h"

struct sysctls_params {
    struct str_list allow, deny;
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct sysctls_params, allow),
     .fallback = VALUES_TEXT(SAFE_SYSCTLS),
     .doc = "Sysctls that pods may set: net.core.somaxconn, net.*."},
    {"deny", PARAM_GLOBS, offsetof(struct sysctls_params, deny), .fallback = "[]",
     .doc = "Sysctls that they may not set although they are allowed."},
};

static const struct problem problems[] = {
    {.says = "sets the sysctl \"{detail}\", which is not allowed",
     .mend = "remove {this entry|these entries}"},
};

/*
 * With a slash for the first separator the two change places: net/ipv4/conf/eth0.1/x is net.ipv4.conf.eth0/1.x to the
 * kubelet (sysctl.d(5)). Else a name spelled with slashes would pass by a pattern.
 */
static struct str with_dots(struct arena *arena, struct str name) {
    size_t slash = str_find_char(name, '/');
    if (slash == name.len || str_find_char(name, '.') < slash) return name;
    struct strbuf text;
    strbuf_init(&text, arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        strbuf_add_char(&text, c == '/' ? '.' : c == '.' ? '/' : c);
    }
    return strbuf_str(&text);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct sysctls_params *p = ctx->params;
    const struct security *security = &ctx->pod->security;
    for (size_t i = 0; i < security->sysctl_count; i++) {
        const struct sysctl *sysctl = &security->sysctls[i];
        struct str name = with_dots(ctx->arena, sysctl->name);
        if (glob_match_any(&p->allow, name) && !glob_match_any(&p->deny, name)) continue;
        finding_add(findings, (struct finding){.problem = &problems[0],
                                               .list = STR("securityContext.sysctls"),
                                               .index = i,
                                               .key = sysctl->name,
                                               .field = STR("name"),
                                               .actual = sysctl->name,
                                               .compared = sysctl->value,
                                               .expected = STR("one that is allowed"),
                                               .detail = name});
    }
}

const struct check check_sysctls = {
    .id = "sysctls",
    .title = "Pods set only known sysctls",
    .rationale =
        "A sysctl changes the kernel that all pods of a node share; those with a namespace of "
        "their own change only the pod, and not all of them are harmless. By default the ones "
        "that the newest Pod Security Standards call safe may be set; a policy with a list of "
        "its own says which others the nodes' kubelets allow. A name spelled with slashes is "
        "the same name.",
    .references = "Pod Security Standards, baseline: Sysctls\n"
                  "Kubernetes documentation: Using sysctls in a Kubernetes Cluster",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct sysctls_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  securityContext:\n"
                      "    sysctls:\n"
                      "    - {name: kernel.msgmax, value: \"65536\"}\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  securityContext:\n"
                       "    sysctls:\n"
                       "    - {name: net.ipv4.tcp_syncookies, value: \"1\"}\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
