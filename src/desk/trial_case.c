#include "base/date.h"
#include "desk/source.h"
#include "desk/trial_parts.h"

#define KEEP_BYTES ((size_t)1 << 20)

struct running {
    struct trial *trial;
    struct trial_case *each;
    struct trial_object old; /* node NULL: none */
    struct strbuf differences;
    bool has_trouble;
    size_t objects;
};

/* --- comparing --------------------------------------------------------------------------------- */

static bool is_rule(struct str wanted, const struct rule *rule) {
    size_t slash = str_find_char(wanted, '/');
    if (slash == wanted.len) return str_equals(wanted, rule->name);
    return str_equals(str_slice(wanted, 0, slash), rule->policy->name) &&
           str_equals(str_slice(wanted, slash + 1, wanted.len), rule->name);
}

static bool is_object(struct str wanted, const struct workload *workload) {
    size_t slash = str_find_char(wanted, '/');
    return str_is_empty(wanted) ||
           (str_equals(str_slice(wanted, 0, slash), workload->kind->kind) &&
            str_equals(str_slice(wanted, slash + 1, wanted.len), workload->meta.name));
}

static bool is_met_by(const struct trial_expectation *expected, const struct workload *workload,
                      const struct violation *violation, struct str path) {
    const struct container *container = violation->finding->container;
    return is_rule(expected->rule, violation->rule) && expected->action == violation->action &&
           is_object(expected->object, workload) &&
           (str_is_empty(expected->container) ||
            (container && str_equals(expected->container, container->name))) &&
           (str_is_empty(expected->path) || str_equals(expected->path, path));
}

static void tell_unexpected(struct running *running, const struct workload *workload,
                            const struct violation *violation, struct str path) {
    struct arena *arena = &running->trial->case_arena;
    struct strbuf *out = &running->differences;
    strbuf_printf(out, "  found, not expected: {rule: %.*s/%.*s, action: %.*s}\n",
                  STR_ARGS(violation->rule->policy->name), STR_ARGS(violation->rule->name),
                  STR_ARGS(action_name(violation->action)));
    strbuf_printf(out, "    %.*s: %.*s: %.*s\n", STR_ARGS(verdict_subject(arena, workload)),
                  STR_ARGS(path), STR_ARGS(verdict_message(arena, workload, violation->finding)));
}

static void compare(struct running *running, const struct admission_outcome *outcome) {
    struct trial_case *each = running->each;
    for (const struct violation *v = outcome->judgement.first; v; v = v->next) {
        struct str path =
            verdict_own_path(&running->trial->case_arena, &outcome->workload, v->finding);
        bool is_expected = false;
        for (size_t i = 0; i < each->expected_count; i++) {
            if (!is_met_by(&each->expected[i], &outcome->workload, v, path)) continue;
            each->expected[i].is_met = is_expected = true;
        }
        if (!is_expected) tell_unexpected(running, &outcome->workload, v, path);
    }
}

static void add_member(struct strbuf *out, const char *name, struct str value) {
    if (!value.len) return;
    strbuf_printf(out, ", %s: ", name);
    strbuf_add_escaped(out, value, 200);
}

static void tell_missing(struct running *running) {
    struct strbuf *out = &running->differences;
    for (size_t i = 0; i < running->each->expected_count; i++) {
        const struct trial_expectation *expected = &running->each->expected[i];
        if (expected->is_met) continue;
        strbuf_add(out, STR("  expected, not found: {rule: "));
        strbuf_add_escaped(out, expected->rule, 200);
        add_member(out, "action", action_name(expected->action));
        add_member(out, "object", expected->object);
        add_member(out, "container", expected->container);
        add_member(out, "path", expected->path);
        strbuf_printf(out, "} (line %u)\n", expected->line);
    }
}

/* --- judging ----------------------------------------------------------------------------------- */

static void judge(struct running *running, const struct trial_object *object) {
    struct trial *trial = running->trial;
    const struct trial_spec *spec = &trial->spec;
    struct admission_options options = {.limits = scan_limits_default, .mode = spec->mode};
    struct admission_outcome outcome;
    int64_t now = spec->day == TRIAL_NO_DAY ? trial->now : date_to_unix(spec->day);
    const struct workload_kind *kind =
        workload_find_manifest_among(&trial->snapshot->declared, object->api_version, object->kind);
    if (!kind) return;
    running->objects++;
    arena_reset(&trial->case_arena, KEEP_BYTES);
    struct str body = trial_write_review(&trial->case_arena, kind, running->each, object,
                                         running->old.node ? &running->old : NULL);
    admission_answer(&trial->case_arena, &options, trial->snapshot,
                     spec->profile.len ? spec->profile : STR("default"), body, now, &outcome);
    if (outcome.decision == DECISION_ERROR || outcome.error_reason) {
        strbuf_add(&running->differences, STR("  could not be judged: "));
        strbuf_add_escaped(&running->differences, outcome.error_text, 400);
        strbuf_add_char(&running->differences, '\n');
    } else if (outcome.judged) {
        compare(running, &outcome);
    }
}

static struct trial_object object_of(const struct document *document, const struct cJSON *node) {
    return (struct trial_object){.document = document,
                                 .node = node,
                                 .api_version = tree_string(tree_find(node, STR("apiVersion"))),
                                 .kind = tree_string(tree_find(node, STR("kind")))};
}

static struct trial_object object_from(const struct source_object *from) {
    return (struct trial_object){from->document, from->node, from->api_version, from->kind};
}

/* The first object, or (`is_each`) every one is judged. False: the trouble is told. */
static bool read_objects(struct running *running, struct source *source, bool is_each) {
    struct source_object object;
    struct error err;
    enum source_next next;
    while ((next = source_next(source, &object, &err)) == SOURCE_OBJECT) {
        struct trial_object read = object_from(&object);
        if (is_each) {
            judge(running, &read);
            continue;
        }
        running->old = read;
        return true;
    }
    if (next == SOURCE_END && (is_each || running->old.node)) return true;
    if (next == SOURCE_END) error_set(&err, ERR_SCHEMA, "holds no object");
    diagnostics_add(running->trial->diagnostics, DIAGNOSTIC_ERROR,
                    object.file.len ? object.file : source->name, err.line, err.column,
                    "%s (named in %.*s:%u)", err.text, STR_ARGS(running->trial->path),
                    running->each->line);
    running->has_trouble = true;
    return false;
}

static void run_objects(struct running *running) {
    struct trial *trial = running->trial;
    const struct trial_case *each = running->each;
    struct source source;
    struct str path = trial_path(trial, each->file);
    const struct str_list operands = {&path, 1};
    if (each->manifest) {
        struct trial_object object = object_of(trial->document, each->manifest);
        judge(running, &object);
        return;
    }
    source_init(&source, &operands, SOURCE_DOCUMENT_BYTES);
    (void)!read_objects(running, &source, true);
    source_fini(&source);
}

static void add_result(struct running *running) {
    struct trial *trial = running->trial;
    struct trial_results *results = trial->results;
    struct trial_result *result = ARENA_NEW(trial->arena, struct trial_result, 1);
    results->cases++;
    results->failed += running->differences.len > 0;
    if (!result) return; /* the arena's mark tells */
    *result = (struct trial_result){.file = trial->path,
                                    .test = trial->name,
                                    .name = running->each->name,
                                    .line = running->each->line,
                                    .column = running->each->column,
                                    .differences = strbuf_str(&running->differences)};
    if (results->last)
        results->last->next = result;
    else
        results->first = result;
    results->last = result;
}

void trial_run_case(struct trial *trial, struct trial_case *each) {
    struct running running = {.trial = trial, .each = each};
    struct source source;
    struct str path = trial_path(trial, each->old_file);
    const struct str_list operands = {&path, each->old_file.len ? 1 : 0};
    bool is_readable = true;
    strbuf_init(&running.differences, trial->arena, 0);
    source_init(&source, &operands, SOURCE_DOCUMENT_BYTES);
    if (each->old_manifest) running.old = object_of(trial->document, each->old_manifest);
    if (each->old_file.len) is_readable = read_objects(&running, &source, false);
    if (is_readable) run_objects(&running);
    source_fini(&source);
    if (running.has_trouble) return;
    if (running.objects == 0)
        strbuf_add(&running.differences,
                   STR("  nothing was judged: no object here carries a pod spec\n"));
    tell_missing(&running);
    add_result(&running);
}
