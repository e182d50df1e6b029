#include "rules/check.h"

struct stdin_tty_params {
    bool allows_stdin, allows_tty, allows_ephemeral;
};

static const struct param params[] = {
    {"allowStdin", PARAM_BOOL, offsetof(struct stdin_tty_params, allows_stdin), .fallback = "false",
     .doc = "true: containers may keep their standard input open."},
    {"allowTTY", PARAM_BOOL, offsetof(struct stdin_tty_params, allows_tty), .fallback = "false",
     .doc = "true: containers may have a terminal."},
    {"allowEphemeral", PARAM_BOOL, offsetof(struct stdin_tty_params, allows_ephemeral),
     .fallback = "true", .doc = "false: debug containers may have neither, like all others."},
};

enum { OPENS_STDIN, HAS_TTY };

static const struct problem problems[] = {
    [OPENS_STDIN] = {.says = "{keeps|keep} standard input open", .mend = "remove {it|them}"},
    [HAS_TTY] = {.says = "{has|have} a terminal", .mend = "remove {it|them}"},
};

static void judge(const struct check_ctx *ctx, struct findings *findings, int problem,
                  enum flag flag, bool is_allowed) {
    if (flag != FLAG_TRUE || is_allowed) return;
    finding_add(findings, (struct finding){.problem = &problems[problem],
                                           .container = ctx->container,
                                           .field = problem == HAS_TTY ? STR("tty") : STR("stdin"),
                                           .actual = STR("true"),
                                           .expected = STR("false")});
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct stdin_tty_params *p = ctx->params;
    const struct container *container = ctx->container;
    if (container->type == CONTAINER_EPHEMERAL && p->allows_ephemeral) return;
    judge(ctx, findings, OPENS_STDIN, container->is_stdin, p->allows_stdin);
    judge(ctx, findings, HAS_TTY, container->tty, p->allows_tty);
}

const struct check check_stdin_tty = {
    .id = "stdin-tty",
    .title = "Containers are not interactive",
    .rationale =
        "A container with stdin or tty waits for somebody to attach and type: what runs then "
        "is in no image and no review. Programs of a cluster need neither. Debug containers "
        "are interactive by nature and may be, unless a policy says otherwise.",
    .references = "Kubernetes documentation: Get a Shell to a Running Container",
    .theme = THEME_CONFINEMENT,
    .severity = SEVERITY_LOW,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct stdin_tty_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    stdin: true\n"
                      "    tty: true\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .evaluate = evaluate,
};
