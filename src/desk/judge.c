#include "desk/judge.h"

#include <stdlib.h>

#include "desk/suppression.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define KEEP_BYTES ((size_t)1 << 20)

void judge_init(struct judge *judge) {
    arena_init(&judge->arena, BLOCK_BYTES, 0);
    judge->summary = (struct desk_summary){.objects = 0};
}

void judge_fini(struct judge *judge) { arena_fini(&judge->arena); }

/* --- errors ----------------------------------------------------------------------------------- */

static void announce(struct judge *judge, enum judge_event event) {
    if (judge->on_event) judge->on_event(judge->event_context, event, judge);
}

static void tell_error(struct judge *judge, const struct desk_error *error) {
    announce(judge, JUDGE_OUTPUT);
    judge->summary.errors++;
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->error(&judge->outputs[i], error);
}

static void tell_unread(struct judge *judge, const struct source_object *object,
                        const struct error *err) {
    struct desk_error told = {.file = object->file,
                              .text = object->text,
                              .file_number = object->file_number,
                              .text_line = object->text_line,
                              .text_column = object->text_column,
                              .place = {.line = err->line, .column = err->column},
                              .message = str_from(err->text)};
    tell_error(judge, &told);
}

/* The object is at fault, at the node of this path or the deepest that exists. */
static void tell_fault(struct judge *judge, const struct source_object *object, struct str path,
                       struct str message) {
    bool whole;
    struct desk_error told = {.file = object->file,
                              .text = object->text,
                              .file_number = object->file_number,
                              .text_line = object->text_line,
                              .text_column = object->text_column,
                              .message = message};
    const struct cJSON *node = tree_resolve(object->node, path, &whole);
    if (!source_place(judge->source, node, &told.place)) told.place = (struct place){.line = 0};
    tell_error(judge, &told);
}

/* An object that was read but has what the API server would not store; err->where is its path. */
static void tell_unjudgeable(struct judge *judge, const struct source_object *object,
                             const struct error *err) {
    struct str message = str_format(&judge->arena, "podgate cannot judge this: %s%s%s", err->where,
                                    err->where[0] ? " " : "", err->text);
    tell_fault(judge, object, str_from(err->where), message);
}

/* --- suppression by annotations ----------------------------------------------------------------- */

/* What a violation's annotation says; in the order of the judgement's violations. */
struct suppressed {
    const struct violation *violation;
    struct str reason;
};

/* What the object and its template say, in one list. False: it is malformed, which has been told. */
static bool read_suppressions(struct judge *judge, const struct source_object *object,
                              const struct workload *workload, struct suppression_list *out) {
    const struct meta *metas[] = {&workload->meta, &workload->pod_meta};
    const struct str paths[] = {STR("metadata"), workload->kind->metadata_path};
    *out = (struct suppression_list){.count = 0};
    for (size_t i = 0; i < (workload->kind->is_pod ? 1 : 2); i++) {
        struct str value = tree_string(tree_find(metas[i]->annotations, SUPPRESSION_ANNOTATION));
        struct suppression_list own;
        struct error err;
        if (!value.at) continue;
        if (!suppression_parse(&judge->arena, value, &own, &err)) {
            struct str path = str_format(&judge->arena, "%.*s.annotations['%.*s']",
                                         STR_ARGS(paths[i]), STR_ARGS(SUPPRESSION_ANNOTATION));
            tell_fault(judge, object, path,
                       str_format(&judge->arena, "the annotation %.*s is not understood: %s",
                                  STR_ARGS(SUPPRESSION_ANNOTATION), err.text));
            return false;
        }
        struct suppression *both =
            ARENA_NEW(&judge->arena, struct suppression, out->count + own.count);
        if (!both) return true;
        if (out->count) memcpy(both, out->items, out->count * sizeof *both);
        memcpy(both + out->count, own.items, own.count * sizeof *both);
        *out = (struct suppression_list){both, out->count + own.count};
    }
    return true;
}

/* Moves what is suppressed out of the judgement; the rest is summed up again. */
static size_t suppress(struct judge *judge, const struct suppression_list *list,
                       struct judgement *judgement, struct suppressed *out) {
    size_t count = 0;
    for (struct violation **at = &judgement->first; *at;) {
        struct violation *violation = *at;
        const struct suppression *by = suppression_find(list, violation->rule);
        if (!by || !violation->rule->policy->allows_suppression) {
            at = &violation->next;
            continue;
        }
        *at = violation->next;
        judgement->count--;
        out[count++] = (struct suppressed){violation, by->reason};
    }
    judge->summary.suppressed += count;
    if (count > 0) judgement_sum_up(judgement);
    return count;
}

/* --- results ---------------------------------------------------------------------------------- */

/* What a denial's line names: the pod-level field where the check says that it is the one to
 * edit. */
static struct str proposed_path(struct arena *arena, const struct workload *workload,
                                const struct finding *finding) {
    const char *pod_field = finding->problem->pod_field;
    bool is_ephemeral = finding->container && finding->container->type == CONTAINER_EPHEMERAL;
    if (!pod_field || is_ephemeral) return verdict_path(arena, workload, finding);
    struct finding of_pod = {.problem = finding->problem, .field = str_from(pod_field)};
    return verdict_path(arena, workload, &of_pod);
}

/* A block mapping in a list has no bracket and no key to mark: its first line stands for it. */
static void mark_first_line(struct str text, const struct cJSON *node, struct place *place) {
    if (!tree_is_object(node) || place->length > 1 || place->offset >= text.len) return;
    if (text.at[place->offset] == '{') return;
    struct str line = str_slice(text, place->offset, text.len);
    line = str_slice(line, 0, str_find_char(line, '\n'));
    for (size_t i = 1; i < line.len; i++)
        if (line.at[i] == '#' && line.at[i - 1] == ' ') line.len = i;
    place->length = str_trim(line).len;
}

static struct place find_place(struct judge *judge, const struct source_object *object,
                               const struct workload *workload, const struct finding *finding) {
    bool whole;
    struct place place;
    struct str path = verdict_own_path(&judge->arena, workload, finding);
    const struct cJSON *node = tree_resolve(object->node, path, &whole);
    if (!source_place(judge->source, node, &place)) return (struct place){.line = 0};
    mark_first_line(object->text, node, &place);
    return place;
}

struct placed {
    struct desk_result result;
    size_t order;
};

static int compare_placed(const void *a, const void *b) {
    const struct placed *left = a, *right = b;
    const struct place *l = &left->result.place, *r = &right->result.place;
    if (l->line != r->line) return l->line < r->line ? -1 : 1;
    if (l->column != r->column) return l->column < r->column ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

/* An object, judged. */
struct judged {
    const struct source_object *object;
    const struct subject *subject;
    const struct judgement *judgement;
    const struct suppression_list *suppressions;
    const struct suppressed *suppressed;
    size_t suppressed_count;
};

/* What time brings, and an annotation that has no effect. */
static struct str note_of(struct judge *judge, const struct judged *judged,
                          const struct violation *violation) {
    struct str note =
        verdict_note(&judge->arena, judged->subject->workload, judged->judgement, violation);
    const struct policy *policy = violation->rule->policy;
    if (policy->allows_suppression || !suppression_find(judged->suppressions, violation->rule))
        return note;
    return str_format(&judge->arena,
                      "%.*s%sthe annotation %.*s does not count: policy %.*s does not say"
                      " allowInlineSuppression",
                      STR_ARGS(note), note.len ? "; " : "", STR_ARGS(SUPPRESSION_ANNOTATION),
                      STR_ARGS(policy->name));
}

static struct desk_result make_result(struct judge *judge, const struct judged *judged,
                                      const struct violation *violation) {
    const struct workload *workload = judged->subject->workload;
    const struct source_object *object = judged->object;
    const struct finding *finding = violation->finding;
    return (struct desk_result){
        .file = object->file,
        .text = object->text,
        .file_number = object->file_number,
        .place = find_place(judge, object, workload, finding),
        .workload = workload,
        .name_space = judged->subject->name_space,
        .violation = violation,
        .path = verdict_path(&judge->arena, workload, finding),
        .message = verdict_message(&judge->arena, workload, finding),
        .fix = verdict_fix(&judge->arena, finding),
        .proposed = proposed_path(&judge->arena, workload, finding),
    };
}

/* Those that count, those that exceptions take out, those that annotations take out. */
static size_t make_results(struct judge *judge, const struct judged *judged,
                           struct placed *placed) {
    const struct judgement *judgement = judged->judgement;
    size_t count = 0;
    for (const struct violation *v = judgement->first; v; v = v->next) {
        placed[count].result = make_result(judge, judged, v);
        placed[count++].result.note = note_of(judge, judged, v);
    }
    for (const struct violation *v = judgement->excused; v; v = v->next) {
        placed[count].result = make_result(judge, judged, v);
        placed[count++].result.suppression = DESK_EXCEPTED;
    }
    for (size_t i = 0; i < judged->suppressed_count; i++) {
        placed[count].result = make_result(judge, judged, judged->suppressed[i].violation);
        placed[count].result.suppression = DESK_SUPPRESSED;
        placed[count++].result.reason = judged->suppressed[i].reason;
    }
    for (size_t i = 0; i < count; i++)
        placed[i].order = i;
    return count;
}

static void tell_object(struct judge *judge, const struct judged *judged) {
    struct place place;
    struct desk_object told = {.file = judged->object->file,
                               .workload = judged->subject->workload,
                               .name_space = judged->subject->name_space,
                               .strongest = judged->judgement->strongest};
    if (source_place(judge->source, judged->object->node, &place)) told.line = place.line;
    for (size_t i = 0; i < judge->output_count; i++)
        if (judge->outputs[i].format->object)
            judge->outputs[i].format->object(&judge->outputs[i], &told);
}

static void tell_results(struct judge *judge, const struct judged *judged) {
    const struct judgement *judgement = judged->judgement;
    size_t most = judgement->count + judgement->excused_count + judged->suppressed_count;
    struct placed *placed = ARENA_NEW(&judge->arena, struct placed, most);
    if (!placed) return;
    size_t count = make_results(judge, judged, placed);
    if (arena_is_exhausted(&judge->arena)) return;
    if (count > 0) announce(judge, JUDGE_OUTPUT);
    if (count > 1) qsort(placed, count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < judge->output_count; i++) {
        const struct format *format = judge->outputs[i].format;
        for (size_t j = 0; j < count; j++)
            if (placed[j].result.suppression == DESK_COUNTS || format->wants_suppressed)
                format->result(&judge->outputs[i], &placed[j].result);
    }
    tell_object(judge, judged);
}

/* --- judging ---------------------------------------------------------------------------------- */

static void count_judged(struct desk_summary *summary, const struct judgement *judgement) {
    summary->objects++;
    summary->omitted += judgement->omitted;
    if (judgement->request_rules > summary->request_rules)
        summary->request_rules = judgement->request_rules;
    switch (judgement->strongest) {
    case ACTION_DENY: summary->denied++; break;
    case ACTION_WARN: summary->warned++; break;
    case ACTION_AUDIT: summary->audited++; break;
    case ACTION_OFF: summary->excepted += judgement->excused_count > 0; break;
    }
}

static struct str name_space_of(const struct judge *judge, const struct workload *workload) {
    if (!str_is_empty(workload->meta.name_space)) return workload->meta.name_space;
    return str_is_empty(judge->name_space) ? STR("default") : judge->name_space;
}

static void judge_decoded(struct judge *judge, const struct source_object *object,
                          const struct workload *workload) {
    struct terms terms = {.snapshot = judge->snapshot,
                          .profile = judge->profile,
                          .mode = mode_min(judge->mode, judge->profile->mode),
                          .now = judge->now};
    struct subject subject = {.is_from_review = false};
    struct judgement judgement;
    struct suppression_list suppressions;
    subject_init(&subject, workload);
    subject.name_space = name_space_of(judge, workload);
    engine_judge(&judge->arena, &terms, &subject, &judgement);
    if (!read_suppressions(judge, object, workload, &suppressions))
        suppressions = (struct suppression_list){.count = 0};
    struct suppressed *out = ARENA_NEW(&judge->arena, struct suppressed, judgement.count);
    if (arena_is_exhausted(&judge->arena)) return;
    struct judged judged = {.object = object,
                            .subject = &subject,
                            .judgement = &judgement,
                            .suppressions = &suppressions,
                            .suppressed = out,
                            .suppressed_count = suppress(judge, &suppressions, &judgement, out)};
    count_judged(&judge->summary, &judgement);
    tell_results(judge, &judged);
}

static void judge_object(struct judge *judge, const struct source_object *object) {
    const struct declared_kinds *declared = &judge->snapshot->declared;
    const struct workload_kind *kind =
        workload_find_manifest_among(declared, object->api_version, object->kind);
    if (!kind) {
        judge->summary.skipped++;
        return;
    }
    struct workload workload;
    struct error err = {.code = ERR_NONE};
    if (!workload_decode(&judge->arena, kind, object->document, object->node, &workload, &err)) {
        tell_unjudgeable(judge, object, &err);
        return;
    }
    if (!workload.has_pod && kind->declared_as) {
        judge->summary
            .skipped++; /* as the webhook allows it: a Rollout that refers to a Deployment */
        return;
    }
    workload.declared = declared;
    workload.api_version = object->api_version; /* a typed List's items may have none */
    judge_decoded(judge, object, &workload);
    if (arena_is_exhausted(&judge->arena)) {
        error_set(&err, ERR_MEMORY, "out of memory while judging this");
        tell_unjudgeable(judge, object, &err);
    }
}

void judge_source(struct judge *judge, struct source *source) {
    struct source_object object;
    struct error err;
    enum source_next next;
    judge->source = source;
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->begin(&judge->outputs[i]);
    while ((next = source_next(source, &object, &err)) != SOURCE_END) {
        arena_reset(&judge->arena, KEEP_BYTES);
        if (next == SOURCE_OBJECT)
            judge_object(judge, &object);
        else
            tell_unread(judge, &object, &err);
        announce(judge, JUDGE_OBJECT);
    }
    announce(judge, JUDGE_OUTPUT);
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->end(&judge->outputs[i], &judge->summary);
    judge->source = NULL;
}
