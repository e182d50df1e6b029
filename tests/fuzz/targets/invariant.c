/*
 * A review means what it says, however it is written: with its members in another order, other white space, strings
 * escaped, and members beside them that mean nothing, the verdict and all its findings are the same.
 */
#include "fuzz/fuzz.h"
#include "policy/admission.h"

#define DEPTH_MAX 64
#define MEMBERS_MAX 512

struct writer {
    struct fuzz *fuzz;
    struct strbuf out;
    uint64_t random;
    bool may_add;
};

static size_t below(struct writer *writer, size_t bound) {
    writer->random ^= writer->random << 13;
    writer->random ^= writer->random >> 7;
    writer->random ^= writer->random << 17;
    return (size_t)(writer->random % bound);
}

static void write_blank(struct writer *writer) {
    static const char blanks[] = " \n\t\r";
    while (below(writer, 4) == 0)
        strbuf_add_char(&writer->out, blanks[below(writer, 4)]);
}

/* Plain letters are sometimes escaped. */
static void write_string(struct writer *writer, struct str string) {
    strbuf_add_char(&writer->out, '"');
    for (size_t i = 0; i < string.len; i++) {
        unsigned char c = (unsigned char)string.at[i];
        if (c < 0x20 || c == '"' || c == '\\' || (c < 0x80 && below(writer, 16) == 0))
            strbuf_printf(&writer->out, "\\u%04x", c);
        else
            strbuf_add_char(&writer->out, (char)c);
    }
    strbuf_add_char(&writer->out, '"');
}

static void write_value(struct writer *writer, const struct cJSON *node, struct str list,
                        int depth);

static void write_member(struct writer *writer, const struct cJSON *node, int depth) {
    write_blank(writer);
    write_string(writer, tree_key(node));
    write_blank(writer);
    strbuf_add_char(&writer->out, ':');
    write_value(writer, node, STR_NONE, depth);
}

/* Where any key means something, nothing is added: maps, and what tells its type by its key. */
static bool is_closed(const struct cJSON *object, struct str list) {
    static const char *const closed[] = {"annotations", "labels",  "limits",    "requests",
                                         "matchLabels", "options", "valueFrom", "nodeSelector"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (str_equals(tree_key(object), str_from(closed[i]))) return true;
    return str_equals(list, STR("volumes")) || str_equals(list, STR("envFrom"));
}

/* `list`: the key of the list that the object is an item of, or empty. */
static void write_object(struct writer *writer, const struct cJSON *node, struct str list,
                         int depth) {
    const struct cJSON *members[MEMBERS_MAX];
    size_t count = 0;
    for (const struct cJSON *m = node->child; m && count < MEMBERS_MAX; m = m->next)
        members[count++] = m;
    for (size_t i = count; i > 1; i--) {
        size_t j = below(writer, i);
        const struct cJSON *kept = members[i - 1];
        members[i - 1] = members[j];
        members[j] = kept;
    }
    strbuf_add_char(&writer->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) strbuf_add_char(&writer->out, ',');
        write_member(writer, members[i], depth);
    }
    if (writer->may_add && !is_closed(node, list) && below(writer, 4) == 0)
        strbuf_printf(&writer->out, "%s\"xUnrelated\":[{\"privileged\":%s}]", count > 0 ? "," : "",
                      below(writer, 2) == 0 ? "true" : "null");
    strbuf_add_char(&writer->out, '}');
}

static void write_value(struct writer *writer, const struct cJSON *node, struct str list,
                        int depth) {
    write_blank(writer);
    if (depth < DEPTH_MAX && tree_is_object(node)) {
        write_object(writer, node, list, depth + 1);
    } else if (depth < DEPTH_MAX && tree_is_array(node)) {
        strbuf_add_char(&writer->out, '[');
        for (const struct cJSON *item = node->child; item; item = item->next) {
            if (item != node->child) strbuf_add_char(&writer->out, ',');
            write_value(writer, item, tree_key(node), depth + 1);
        }
        strbuf_add_char(&writer->out, ']');
    } else if (tree_is_string(node)) {
        write_string(writer, tree_string(node));
    } else if (tree_is_number(node)) {
        strbuf_add(&writer->out, tree_number_text(NULL, node));
    } else {
        strbuf_add(&writer->out, tree_is_true(node)    ? STR("true")
                                 : tree_is_false(node) ? STR("false")
                                                       : STR("null"));
    }
    write_blank(writer);
}

static bool is_too_large(const struct cJSON *node, int depth) {
    if (depth > DEPTH_MAX - 4 || tree_count(node) > MEMBERS_MAX) return true;
    for (const struct cJSON *child = node->child; child; child = child->next)
        if (is_too_large(child, depth + 1)) return true;
    return false;
}

static void answer(struct fuzz *fuzz, struct str body, struct admission_outcome *outcome) {
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    admission_answer(&fuzz->arena, &options, fuzz->strict, STR_NONE, body, 1800000000, outcome);
}

/* Of a volume that has several sources one is named, the first as it is written. */
static bool may_name_another(const struct violation *violation) {
    const char *check = violation->rule->check->id;
    return strcmp(check, "volume-types") == 0 || strcmp(check, "pod-security") == 0;
}

/* Whether b has what a has: rule, container and field. */
static bool has_violation(const struct judgement *b, const struct violation *a) {
    for (const struct violation *v = b->first; v; v = v->next) {
        const struct finding *f = v->finding, *g = a->finding;
        if (v->rule == a->rule && f->problem == g->problem && f->index == g->index &&
            !f->container == !g->container &&
            ((str_equals(f->field, g->field) && str_equals(f->actual, g->actual)) ||
             may_name_another(v)))
            return true;
    }
    return false;
}

static void expect_same(const struct admission_outcome *a, const struct admission_outcome *b) {
    FUZZ_EXPECT(a->http_status == b->http_status && a->decision == b->decision);
    FUZZ_EXPECT(a->judged == b->judged);
    if (!a->judged) return;
    FUZZ_EXPECT(a->judgement.count == b->judgement.count);
    for (const struct violation *v = a->judgement.first; v; v = v->next)
        FUZZ_EXPECT(has_violation(&b->judgement, v));
}

void fuzz_invariant(struct fuzz *fuzz, struct str input) {
    struct document document;
    struct error err = {0};
    struct admission_outcome written, rewritten;
    if (!json_read(&fuzz->arena, input, &scan_limits_default, &document, &err)) return;
    if (is_too_large(document.root, 0)) return;
    answer(fuzz, input, &written);
    if (written.http_status != 200 || written.decision == DECISION_ERROR) return;
    struct writer writer = {.fuzz = fuzz, .random = 0x9E3779B97F4A7C15u ^ input.len};
    /* A member that only one of old and new object has is a change, so nothing is added to updates. */
    writer.may_add = written.review.operation != OPERATION_UPDATE;
    strbuf_init(&writer.out, &fuzz->arena, input.len * 2 + 64);
    write_value(&writer, document.root, STR_NONE, 0);
    answer(fuzz, strbuf_str(&writer.out), &rewritten);
    expect_same(&written, &rewritten);
}
