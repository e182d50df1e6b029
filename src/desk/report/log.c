/* A line of podgate's log (docs/logs.md) is counted. Fields that are missing or of another type count as empty. */
#include "base/date.h"
#include "desk/report/model.h"

#define DROPPED STR(" log lines were dropped")
#define REVIEWS_MAX ((int64_t)1 << 48) /* of a line */
#define CONTAINER_NAME_BYTES 100       /* as in a message of podgate's */

static bool read_two(struct str text, size_t at, int64_t below, int64_t *value) {
    return str_to_int64(str_slice(text, at, 2), value) && *value >= 0 && *value < below;
}

/* "2027-01-15T09:12:44.031Z" to Unix milliseconds; 0 for anything else. */
static int64_t read_time(struct str text) {
    int64_t day, hour, minute, second;
    struct error err = {.code = ERR_NONE};
    bool is_time = text.len >= 20 && text.at[10] == 'T' && text.at[13] == ':' &&
                   text.at[16] == ':' && date_parse(str_slice(text, 0, 10), &day, &err) &&
                   read_two(text, 11, 24, &hour) && read_two(text, 14, 60, &minute) &&
                   read_two(text, 17, 61, &second);
    return is_time ? (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000 : 0;
}

static enum report_decision read_decision(struct str name) {
    for (size_t i = 0; i < REPORT_DECISIONS; i++)
        if (str_equals(name, report_decision_names[i])) return (enum report_decision)i;
    return REPORT_ERROR;
}

static const struct cJSON *first_of(const struct cJSON *object, const char *list) {
    const struct cJSON *node = tree_find(object, str_from(list));
    return tree_is_array(node) ? node->child : NULL;
}

/* Of a container the line says only what is wrong with it: container "web" may run as root */
static struct str message_of(struct arena *arena, const struct cJSON *problem) {
    struct str message = model_text(problem, "message");
    const struct cJSON *container = first_of(problem, "containers");
    if (!tree_is_string(container) || str_is_empty(message)) return message;
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    strbuf_add(&text, STR("container "));
    strbuf_add_quoted(&text, tree_string(container), CONTAINER_NAME_BYTES);
    STRBUF_ADD(&text, STR(" "), message);
    return str_utf8_cut(strbuf_str(&text), REPORT_TEXT_BYTES);
}

/* Of each rule its first problem, and of that its first place, is the example. */
static void take_violations(struct report *report, struct arena *arena, const struct cJSON *root,
                            const struct model_subject *subject) {
    char rule[2 * REPORT_TEXT_BYTES + 1];
    for (const struct cJSON *each = first_of(root, "violations"); each; each = each->next) {
        struct str policy = model_text(each, "policy"), name = model_text(each, "rule");
        if (str_is_empty(policy) || str_is_empty(name)) continue;
        memcpy(rule, policy.at, policy.len);
        rule[policy.len] = '/';
        memcpy(rule + policy.len + 1, name.at, name.len);
        const struct cJSON *problem = first_of(each, "problems");
        struct str path = tree_string(first_of(problem, "paths"));
        model_take_violation(
            report, subject,
            &(struct model_violation){.rule = {rule, policy.len + 1 + name.len},
                                      .check = model_text(each, "check"),
                                      .severity = model_text(each, "severity"),
                                      .path = str_utf8_cut(path, REPORT_TEXT_BYTES),
                                      .message = message_of(arena, problem),
                                      .fix = model_text(problem, "fix"),
                                      .wanted = model_wanted(model_text(each, "wanted"))});
    }
}

/* `rules` is complete also where `violations` is not. */
static void take_rules(struct report *report, const struct cJSON *rules,
                       const struct model_subject *subject) {
    for (const struct cJSON *each = rules->child; each; each = each->next) {
        struct str rule = str_utf8_cut(tree_string(each), REPORT_TEXT_BYTES);
        if (str_is_empty(rule)) continue;
        model_take_violation(report, subject, &(struct model_violation){.rule = rule});
    }
}

static void take_exceptions(struct report *report, const struct cJSON *root) {
    const struct cJSON *list = tree_find(root, STR("exceptions"));
    if (!tree_is_array(list)) return;
    for (const struct cJSON *each = list->child; each; each = each->next) {
        struct error err = {.code = ERR_NONE};
        int64_t expires = 0;
        struct str name = model_text(each, "name");
        bool ends = date_parse(model_text(each, "expires"), &expires, &err);
        if (name.len > 0)
            model_take_exception(report, name, model_text(each, "owner"), ends, ends ? expires : 0);
    }
}

/* A line of another program may have both words: podgate's has a decision. */
static void take_review(struct report *report, struct arena *arena,
                        const struct document *document) {
    const struct cJSON *root = document->root;
    struct str decision = model_text(root, "decision");
    if (str_is_empty(decision)) {
        report->skipped.foreign++;
        return;
    }
    if (model_is_known_uid(report, model_text(root, "uid"))) {
        report->duplicates++;
        return;
    }
    struct model_subject subject = {.name_space = model_text(root, "namespace"),
                                    .kind = model_text(root, "owner_kind"),
                                    .name = model_text(root, "owner"),
                                    .at_ms = read_time(model_text(root, "ts"))};
    report->reviews++;
    if (tree_is_true(tree_find(root, STR("dry_run")))) report->dry_runs++;
    if (str_equals(model_text(root, "level"), STR("debug"))) report->clean++;
    int64_t kept;
    if (tree_int64(document, tree_find(root, STR("kept")), &kept) && kept > 0)
        report->kept += (uint64_t)kept;
    model_begin_event(report);
    model_take_time(report, subject.at_ms, read_decision(decision), 1);
    take_exceptions(report, root);
    /* A malformed review has no namespace to count in. */
    if (!tree_find(root, STR("uid"))) return;
    subject.space_number = model_namespace(report, subject.name_space);
    const struct cJSON *rules = tree_find(root, STR("rules"));
    bool is_broken = tree_is_array(rules) && rules->child;
    if (subject.space_number != TABLE_NONE) {
        struct report_namespace *space = table_row(&report->namespaces, subject.space_number);
        space->reviews++;
        space->broken += is_broken;
    }
    if (!is_broken) return;
    model_take_owner(report, &subject);
    take_violations(report, arena, root, &subject);
    take_rules(report, rules, &subject);
}

/* Reviews of a namespace; false when the number is none. */
static bool read_reviews(const struct document *document, const struct cJSON *object,
                         const char *name, uint64_t *reviews) {
    int64_t number;
    if (!tree_int64(document, tree_find(object, str_from(name)), &number) || number <= 0 ||
        number > REVIEWS_MAX)
        return false;
    *reviews = (uint64_t)number;
    return true;
}

/* Reviews that broke nothing, counted by podgate and not told one by one. */
static void take_clean(struct report *report, const struct document *document) {
    const struct cJSON *root = document->root;
    uint64_t reviews, all = 0;
    if (model_is_known_uid(report, model_text(root, "uid"))) {
        report->duplicates++;
        return;
    }
    for (const struct cJSON *each = first_of(root, "namespaces"); each; each = each->next) {
        if (!read_reviews(document, each, "reviews", &reviews)) continue;
        all += reviews;
        uint32_t space = model_namespace(report, model_text(each, "namespace"));
        if (space != TABLE_NONE)
            ((struct report_namespace *)table_row(&report->namespaces, space))->reviews += reviews;
        else
            report->left_out.namespaces += reviews - 1; /* one is counted there already */
    }
    if (read_reviews(document, root, "others", &reviews)) {
        all += reviews;
        report->left_out.namespaces += reviews;
    }
    report->reviews += all;
    report->clean += all;
    model_take_time(report, read_time(model_text(root, "ts")), REPORT_ALLOW, all);
}

static void take_message(struct report *report, struct str message) {
    int64_t dropped;
    report->skipped.messages++;
    size_t digits = str_find_char(message, ' ');
    if (!str_starts_with(str_slice(message, digits, message.len), DROPPED)) return;
    if (str_to_int64(str_slice(message, 0, digits), &dropped) && dropped > 0)
        report->dropped += (uint64_t)dropped;
}

void log_take_line(struct report *report, struct arena *arena, const struct document *document) {
    const struct cJSON *root = document->root;
    struct str message = model_text(root, "msg");
    int64_t version;
    if (!tree_int64(document, tree_find(root, STR("v")), &version) || str_is_empty(message))
        report->skipped.foreign++;
    else if (version > REPORT_LOG_VERSION)
        report->skipped.newer++;
    else if (str_equals(message, STR("admission")))
        take_review(report, arena, document);
    else if (str_equals(message, STR("clean")))
        take_clean(report, document);
    else
        take_message(report, message);
}
