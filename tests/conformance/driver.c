//go:build ignore
// (The go tool would take this file for its own.)

/*
 * Judges pods against the Pod Security Standards in bulk: one JSON object a line in, one line out.
 *
 *   {"params": {"level": "restricted", "version": "v1.36", "except": ["hostPorts"]}, "pod": {...}}
 *
 * The parameters are those of a policy file's rule. Answer: the ids of the violated controls in the
 * order they were found, divided by commas, nothing when the pod is allowed, or "error: ..." when
 * it cannot be judged. Every line goes through the code that judges in production: text/json,
 * kube/workload, the check itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rules/check.h"
#include "text/json.h"

extern const struct check check_pod_security;

#define FINDINGS_MAX 100000
#define KEPT_BYTES ((size_t)4 << 20)

/* A pod is judged as the engine does it: once for itself, once for each container. */
static void judge_pod(const struct check *check, struct check_ctx *ctx, struct findings *findings) {
    check->evaluate(ctx, findings);
    for (size_t i = 0; i < ctx->pod->container_count; i++) {
        ctx->container = &ctx->pod->containers[i];
        check->evaluate(ctx, findings);
    }
}

static bool make_params(struct arena *arena, const struct check *check,
                        const struct document *document, void **params, struct error *err) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    *params = params_decode(arena, check->id, check->params, check->param_count, check->params_size,
                            document, tree_find(document->root, STR("params")), STR("line"),
                            &diagnostics);
    if (!*params) {
        return error_set(err, ERR_SCHEMA, "params: %.*s",
                         STR_ARGS(diagnostics.first ? diagnostics.first->text : STR_NONE));
    }
    return check->prepare(*params, arena, err);
}

static bool judge_line(struct arena *arena, struct str line, struct findings *findings,
                       struct error *err) {
    const struct check *check = &check_pod_security;
    struct document document;
    struct workload workload;
    void *params;
    if (!json_read(arena, line, &scan_limits_default, &document, err)) return false;
    if (!make_params(arena, check, &document, &params, err)) return false;
    if (!workload_decode(arena, workload_find(STR(""), STR("Pod")), &document,
                         tree_find(document.root, STR("pod")), &workload, err))
        return false;
    struct check_ctx ctx = {.workload = &workload,
                            .pod = &workload.pod,
                            .params = params,
                            .arena = arena};
    judge_pod(check, &ctx, findings);
    return findings->omitted == 0 || error_set(err, ERR_LIMIT, "too many findings");
}

static bool is_first_of_control(const struct findings *findings, const struct finding *finding) {
    for (const struct finding *f = findings->first; f != finding; f = f->next) {
        if (f->control == finding->control) return false;
    }
    return true;
}

static void print_controls(const struct findings *findings) {
    const char *before = "";
    for (const struct finding *f = findings->first; f; f = f->next) {
        if (!is_first_of_control(findings, f)) continue;
        printf("%s%s", before, f->control);
        before = ",";
    }
    putchar('\n');
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* whoever asks may wait for each answer */
    struct arena arena;
    arena_init(&arena, (size_t)64 << 10, 0);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n') length--;
        struct findings findings;
        struct error err = {0};
        findings_init(&findings, &arena, FINDINGS_MAX);
        if (judge_line(&arena, (struct str){line, (size_t)length}, &findings, &err))
            print_controls(&findings);
        else
            printf("error: %s: %s\n", err.where, err.text);
        arena_reset(&arena, KEPT_BYTES);
    }
    free(line);
    arena_fini(&arena);
    bool is_written = fflush(stdout) == 0;
    return is_written && !ferror(stdin) ? EXIT_SUCCESS : EXIT_FAILURE;
}
