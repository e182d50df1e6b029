/* Results of `podgate check -o json` are counted. The results of an object stand together. */
#include "desk/report/model.h"

static struct str rule_name(const struct cJSON *result,
                            char buffer[static 2 * REPORT_TEXT_BYTES + 1]) {
    struct str policy = model_text(result, "policy"), rule = model_text(result, "rule");
    if (str_is_empty(policy) || str_is_empty(rule)) return STR_NONE;
    memcpy(buffer, policy.at, policy.len);
    buffer[policy.len] = '/';
    memcpy(buffer + policy.len + 1, rule.at, rule.len);
    return (struct str){buffer, policy.len + 1 + rule.len};
}

/* Whether it is of the same object as the one before. */
static bool is_same_object(struct report *report, const struct cJSON *result) {
    struct str file = tree_string(tree_find(result, STR("file")));
    struct str kind = tree_string(tree_find(result, STR("kind")));
    struct str name = tree_string(tree_find(result, STR("name")));
    struct str space = tree_string(tree_find(result, STR("namespace")));
    uint64_t hash = table_hash(file);
    hash = hash * 31 + table_hash(kind);
    hash = hash * 31 + table_hash(name);
    hash = hash * 31 + table_hash(space);
    bool is_same = hash == report->last_object;
    report->last_object = hash;
    return is_same;
}

/* The owner where the output names one (podgate 0.1 and later), else the object. */
static struct model_subject subject_of(const struct cJSON *result) {
    struct model_subject subject = {.name_space = model_text(result, "namespace"),
                                    .kind = model_text(result, "ownerKind"),
                                    .name = model_text(result, "owner")};
    if (str_is_empty(subject.kind)) {
        subject.kind = model_text(result, "kind");
        subject.name = model_text(result, "name");
    }
    return subject;
}

void check_take_result(struct report *report, const struct cJSON *result) {
    char buffer[2 * REPORT_TEXT_BYTES + 1];
    struct str rule = rule_name(result, buffer);
    if (str_is_empty(rule)) return; /* one of `errors`, which the summary counts */
    struct model_subject subject = subject_of(result);
    if (!is_same_object(report, result)) model_begin_event(report);
    subject.space_number = model_namespace(report, subject.name_space);
    model_take_owner(report, &subject);
    model_take_violation(report, &subject,
                         &(struct model_violation){.rule = rule,
                                                   .check = model_text(result, "check"),
                                                   .severity = model_text(result, "severity"),
                                                   .path = model_text(result, "path"),
                                                   .message = model_text(result, "message"),
                                                   .fix = model_text(result, "fix"),
                                                   .wanted =
                                                       model_wanted(model_text(result, "action"))});
}

static uint64_t count_of(const struct document *document, const struct cJSON *object,
                         const char *name) {
    int64_t value;
    bool is_count = tree_int64(document, tree_find(object, str_from(name)), &value) && value > 0;
    return is_count ? (uint64_t)value : 0;
}

static void take_namespaces(struct report *report, const struct document *document,
                            const struct cJSON *list) {
    for (const struct cJSON *each = list->child; each; each = each->next) {
        uint32_t number = model_namespace(report, model_text(each, "namespace"));
        if (number == TABLE_NONE) continue;
        struct report_namespace *space = table_row(&report->namespaces, number);
        uint64_t broken = count_of(document, each, "denied") + count_of(document, each, "warned") +
                          count_of(document, each, "audited");
        space->objects += count_of(document, each, "objects");
        space->objects_broken += broken;
    }
}

void check_take_end(struct report *report, const struct document *document) {
    struct report_dump *dump = &report->dump;
    const struct cJSON *summary = tree_find(document->root, STR("summary"));
    const struct cJSON *namespaces = tree_find(document->root, STR("namespaces"));
    if (tree_is_object(summary)) dump->ends++;
    if (tree_is_array(namespaces)) dump->with_namespaces++;
    if (tree_is_array(namespaces)) take_namespaces(report, document, namespaces);
    dump->objects += count_of(document, summary, "objects");
    dump->skipped += count_of(document, summary, "skipped");
    dump->denied += count_of(document, summary, "denied");
    dump->warned += count_of(document, summary, "warned");
    dump->audited += count_of(document, summary, "audited");
    dump->excepted += count_of(document, summary, "excepted");
    dump->errors += count_of(document, summary, "errors");
    report->last_object = 0;
}

void check_take_whole(struct report *report, const struct document *document) {
    const struct cJSON *results = tree_find(document->root, STR("results"));
    report->dump.begun++;
    for (const struct cJSON *each = tree_is_array(results) ? results->child : NULL; each;
         each = each->next)
        check_take_result(report, each);
    check_take_end(report, document);
}
