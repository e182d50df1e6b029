#include "rules/control.h"

const char *const control_level_names[] = {
    [CONTROL_PRIVILEGED] = "privileged",
    [CONTROL_BASELINE] = "baseline",
    [CONTROL_RESTRICTED] = "restricted",
    NULL,
};

bool control_holds_at(const struct control *control, unsigned version) {
    return control->since <= version && (control->until == 0 || version < control->until);
}

static bool has_begun(unsigned since, unsigned version) { return since != 0 && since <= version; }

static bool is_spared(const struct control *control, unsigned version, const struct pod *pod) {
    if (pod->is_windows && has_begun(control->spares_windows_since, version)) return true;
    return pod->host_users == FLAG_FALSE &&
           has_begun(control->spares_user_namespaces_since, version);
}

void control_judge(const struct control *control, unsigned version, const struct pod *pod,
                   const struct container *container, struct findings *findings) {
    control_judge_fn judge = container ? control->judge_container : control->judge_pod;
    if (!judge || is_spared(control, version, pod)) return;
    judge(&(struct control_ctx){.control = control,
                                .version = version,
                                .pod = pod,
                                .container = container,
                                .findings = findings});
}

bool control_allows(const struct control_ctx *ctx, struct str value) {
    const struct control *control = ctx->control;
    for (size_t i = 0; i < control->allowed_count; i++) {
        const struct control_value *allowed = &control->allowed[i];
        if (allowed->since <= ctx->version && str_equals(allowed->text, value)) return true;
    }
    return false;
}

struct str control_allowed_text(const struct control_ctx *ctx) {
    const struct control *control = ctx->control;
    if (ctx->findings->omitted) return STR_NONE;
    struct strbuf text;
    strbuf_init(&text, ctx->findings->arena, 128);
    const struct control_value *waiting = NULL;
    for (size_t i = 0; i < control->allowed_count; i++) {
        const struct control_value *value = &control->allowed[i];
        if (value->since > ctx->version) continue;
        if (waiting) {
            if (text.len) strbuf_add(&text, STR(", "));
            strbuf_add(&text, waiting->text);
        }
        waiting = value;
    }
    if (!waiting) return STR_NONE;
    if (text.len) strbuf_add(&text, STR(" or "));
    strbuf_add(&text, waiting->text);
    return strbuf_str(&text);
}

void control_report(const struct control_ctx *ctx, const struct problem *problem,
                    struct finding finding) {
    finding.problem = problem;
    finding.container = ctx->container;
    finding.control = ctx->control;
    finding_add(ctx->findings, finding);
}
