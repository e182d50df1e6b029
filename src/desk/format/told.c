#include "desk/format/told.h"

#include "base/fingerprint.h"

#define ACTUAL_BYTES 128

void told_add_mend(struct strbuf *buf, const struct desk_result *result) {
    const struct finding *finding = result->violation->finding;
    strbuf_add(buf, result->proposed);
    if (!finding->problem->hides_state) {
        strbuf_add(buf, STR(" is "));
        if (str_is_empty(finding->actual))
            strbuf_add(buf, STR("unset"));
        else
            strbuf_add_escaped(buf, finding->actual, ACTUAL_BYTES);
    }
    strbuf_add(buf, STR(": "));
    strbuf_add(buf, result->fix);
}

struct str told_name(struct arena *arena, const struct workload *workload) {
    const struct meta *meta = &workload->meta;
    if (!str_is_empty(meta->name) || str_is_empty(meta->generate_name)) return meta->name;
    return str_format(arena, "%.*s*", STR_ARGS(meta->generate_name));
}

struct str told_object(struct arena *arena, const struct workload *workload,
                       struct str name_space) {
    struct str name = told_name(arena, workload);
    return str_format(arena, "%.*s %.*s/%.*s", STR_ARGS(workload->kind->kind), STR_ARGS(name_space),
                      STR_ARGS(name));
}

struct str told_rule(struct arena *arena, const struct rule *rule) {
    return str_format(arena, "%.*s/%.*s", STR_ARGS(rule->policy->name), STR_ARGS(rule->name));
}

struct place told_end(struct str text, const struct place *place) {
    struct place end = *place;
    struct str marked = str_slice(text, place->offset, place->length);
    for (size_t i = 0; i < marked.len;) {
        size_t length = str_utf8_length(str_slice(marked, i, marked.len));
        if (marked.at[i] == '\n') {
            end.line++;
            end.column = 0;
        }
        end.column++;
        i += length ? length : 1;
    }
    return end;
}

/* --- fingerprints ------------------------------------------------------------------------------ */

static struct str as_text(struct arena *arena, uint64_t hash) {
    return str_format(arena, "%016llx", (unsigned long long)hash);
}

struct str told_fingerprint(struct arena *arena, const struct desk_result *result) {
    const struct finding *finding = result->violation->finding;
    const struct rule *rule = result->violation->rule;
    const struct container *container = finding->container;
    bool has_key = !str_is_empty(finding->key);
    /* The words of a problem may change, its place among its check's does not. */
    char numbers[48];
    size_t problem = (size_t)(finding->problem - rule->check->problems);
    bool is_own = problem < rule->check->problem_count;
    snprintf(numbers, sizeof numbers, "%zu %zu", is_own ? problem : 0,
             has_key ? 0 : finding->index);
    const struct str parts[] = {
        result->file,
        result->workload->kind->kind,
        result->name_space,
        told_name(arena, result->workload),
        rule->policy->name,
        rule->name,
        control_id(finding->control),
        container ? container_type_name(container->type) : STR_NONE,
        container ? container->name : STR_NONE,
        finding->list,
        finding->key,
        finding->field,
        finding->detail,
        str_from(numbers),
    };
    uint64_t hash = FINGERPRINT_START;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        hash = fingerprint_add(hash, parts[i]);
    return as_text(arena, hash);
}

struct str told_error_fingerprint(struct arena *arena, const struct desk_error *error) {
    return as_text(arena, fingerprint_add(fingerprint_add(FINGERPRINT_START, error->file),
                                          error->message));
}

/* --- the last line ------------------------------------------------------------------------------ */

void told_add_summary(struct strbuf *buf, const struct desk_summary *summary) {
    strbuf_printf(buf, "%zu object%s judged, %zu skipped: %zu denied, %zu warned", summary->objects,
                  str_plural(summary->objects), summary->skipped, summary->denied, summary->warned);
    if (summary->audited) strbuf_printf(buf, ", %zu audited", summary->audited);
    if (summary->excepted) strbuf_printf(buf, ", %zu excepted", summary->excepted);
    if (summary->suppressed)
        strbuf_printf(buf, "; %zu violation%s suppressed by annotations", summary->suppressed,
                      str_plural(summary->suppressed));
    strbuf_printf(buf, "; %zu error%s\n", summary->errors, str_plural(summary->errors));
}
