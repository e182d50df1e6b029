#include "desk/judge.h"

#include <stdlib.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define KEEP_BYTES ((size_t)1 << 20)

void judge_init(struct judge *judge) {
    arena_init(&judge->arena, BLOCK_BYTES, 0);
    judge->summary = (struct desk_summary){.objects = 0};
}

void judge_fini(struct judge *judge) { arena_fini(&judge->arena); }

/* --- errors ----------------------------------------------------------------------------------- */

static void tell_error(struct judge *judge, const struct desk_error *error) {
    judge->summary.errors++;
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->error(&judge->outputs[i], error);
}

static void tell_unread(struct judge *judge, const struct source_object *object,
                        const struct error *err) {
    struct desk_error told = {.file = object->file,
                              .text = object->text,
                              .file_number = object->file_number,
                              .place = {.line = err->line, .column = err->column},
                              .message = str_from(err->text)};
    tell_error(judge, &told);
}

/* An object that was read but has what the API server would not store; err->where is its path. */
static void tell_unjudgeable(struct judge *judge, const struct source *source,
                             const struct source_object *object, const struct error *err) {
    bool whole;
    struct desk_error told = {.file = object->file,
                              .text = object->text,
                              .file_number = object->file_number};
    struct strbuf message;
    strbuf_init(&message, &judge->arena, 0);
    strbuf_printf(&message, "podgate cannot judge this: %s%s%s", err->where,
                  err->where[0] ? " " : "", err->text);
    told.message = strbuf_str(&message);
    const struct cJSON *node = tree_resolve(object->node, str_from(err->where), &whole);
    if (!source_place(source, node, &told.place)) told.place = (struct place){.line = 0};
    tell_error(judge, &told);
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

static struct place find_place(struct judge *judge, const struct source *source,
                               const struct source_object *object, const struct workload *workload,
                               const struct finding *finding) {
    bool whole;
    struct place place;
    struct str path = verdict_own_path(&judge->arena, workload, finding);
    const struct cJSON *node = tree_resolve(object->node, path, &whole);
    if (!source_place(source, node, &place)) return (struct place){.line = 0};
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

static struct desk_result make_result(struct judge *judge, const struct source *source,
                                      const struct source_object *object,
                                      const struct subject *subject,
                                      const struct judgement *judgement,
                                      const struct violation *violation) {
    const struct workload *workload = subject->workload;
    const struct finding *finding = violation->finding;
    return (struct desk_result){
        .file = object->file,
        .text = object->text,
        .file_number = object->file_number,
        .place = find_place(judge, source, object, workload, finding),
        .workload = workload,
        .name_space = subject->name_space,
        .violation = violation,
        .path = verdict_path(&judge->arena, workload, finding),
        .message = verdict_message(&judge->arena, workload, finding),
        .fix = verdict_fix(&judge->arena, finding),
        .note = verdict_note(&judge->arena, workload, judgement, violation),
        .proposed = proposed_path(&judge->arena, workload, finding),
    };
}

static void tell_results(struct judge *judge, const struct source *source,
                         const struct source_object *object, const struct subject *subject,
                         const struct judgement *judgement) {
    struct placed *placed = ARENA_NEW(&judge->arena, struct placed, judgement->count);
    size_t count = 0;
    if (!placed) return;
    for (const struct violation *each = judgement->first; each && count < judgement->count;
         each = each->next) {
        placed[count].result = make_result(judge, source, object, subject, judgement, each);
        placed[count].order = count;
        count++;
    }
    if (count > 1) qsort(placed, count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < judge->output_count; i++)
        for (size_t j = 0; j < count; j++)
            judge->outputs[i].format->result(&judge->outputs[i], &placed[j].result);
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

static void judge_object(struct judge *judge, const struct source *source,
                         const struct source_object *object) {
    const struct workload_kind *kind = workload_find_manifest(object->api_version, object->kind);
    if (!kind) {
        judge->summary.skipped++;
        return;
    }
    struct workload workload;
    struct error err = {.code = ERR_NONE};
    if (!workload_decode(&judge->arena, kind, object->document, object->node, &workload, &err)) {
        tell_unjudgeable(judge, source, object, &err);
        return;
    }
    workload.api_version = object->api_version; /* a typed List's items may have none */
    struct terms terms = {.snapshot = judge->snapshot,
                          .profile = judge->profile,
                          .mode = mode_min(judge->mode, judge->profile->mode),
                          .now = judge->now};
    struct subject subject = {.is_from_review = false};
    struct judgement judgement;
    subject_init(&subject, &workload);
    subject.name_space = name_space_of(judge, &workload);
    engine_judge(&judge->arena, &terms, &subject, &judgement);
    if (!arena_is_exhausted(&judge->arena)) {
        count_judged(&judge->summary, &judgement);
        tell_results(judge, source, object, &subject, &judgement);
    }
    if (arena_is_exhausted(&judge->arena)) {
        error_set(&err, ERR_MEMORY, "out of memory while judging this");
        tell_unjudgeable(judge, source, object, &err);
    }
}

void judge_source(struct judge *judge, struct source *source) {
    struct source_object object;
    struct error err;
    enum source_next next;
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->begin(&judge->outputs[i]);
    while ((next = source_next(source, &object, &err)) != SOURCE_END) {
        arena_reset(&judge->arena, KEEP_BYTES);
        if (next == SOURCE_OBJECT)
            judge_object(judge, source, &object);
        else
            tell_unread(judge, &object, &err);
    }
    for (size_t i = 0; i < judge->output_count; i++)
        judge->outputs[i].format->end(&judge->outputs[i], &judge->summary);
}
