#include "rules/check.h"

#include "base/glob.h"

struct runtime_class_params {
    struct str_list allow;
    bool is_required;
    struct str allow_text; /* as a sentence shows it */
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct runtime_class_params, allow), .fallback = "[\"*\"]",
     .doc = "Runtime classes that may be named: gvisor, kata-*."},
    {"required", PARAM_BOOL, offsetof(struct runtime_class_params, is_required), .fallback = "true",
     .doc = "false: a pod need not name one; it then has the runtime that nodes start without."},
};

enum { NOT_ALLOWED, NONE_ALLOWED, MISSING };

static const struct problem problems[] = {
    [NOT_ALLOWED] = {.says = "asks for a container runtime that is not allowed",
                     .mend = "set {it|each} to one of {expected}"},
    [NONE_ALLOWED] = {.says = "asks for a container runtime that is not allowed",
                      .mend = "remove {it|them}"},
    [MISSING] = {.says = "names no container runtime",
                 .mend = "set {it|each} to one of {expected}"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct runtime_class_params *p = params_;
    if (p->allow.count == 0 && p->is_required) {
        error_set(err, ERR_SCHEMA, "allow is empty: no pod could name a runtime class");
        return error_in(err, "allow");
    }
    bool is_any = str_list_contains(&p->allow, STR("*"));
    p->allow_text = is_any ? STR("the cluster's (kubectl get runtimeclasses)")
                           : str_join(arena, &p->allow, STR(", "));
    if (p->allow.count == 0) p->allow_text = STR("unset");
    return true;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct runtime_class_params *p = ctx->params;
    struct str name = ctx->pod->runtime_class_name;
    bool is_missing = str_is_empty(name);
    if (is_missing ? !p->is_required : glob_match_any(&p->allow, name)) return;
    int problem = is_missing ? MISSING : p->allow.count > 0 ? NOT_ALLOWED : NONE_ALLOWED;
    finding_add(findings, (struct finding){.problem = &problems[problem],
                                           .field = STR("runtimeClassName"),
                                           .actual = name,
                                           .expected = p->allow_text});
}

const struct check check_runtime_class = {
    .id = "runtime-class",
    .title = "Pods run in the container runtime that is meant for them",
    .rationale =
        "A runtime class chooses what stands between a container and the kernel: gVisor or "
        "Kata put a second kernel there, which untrusted code should have, and a class "
        "without a sandbox may be for a few only. Without a runtimeClassName a pod has what "
        "its node starts by default.",
    .references = "Kubernetes documentation: Runtime Class",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct runtime_class_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  runtimeClassName: nvidia\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  runtimeClassName: gvisor\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .example_params = "{allow: [gvisor, \"kata-*\"]}",
    .prepare = prepare,
    .evaluate = evaluate,
};
