/* What an earlier report says is read from its JSON, alone or within its page. */
#include "desk/report/model.h"
#include "desk/source.h"
#include "text/json.h"

#define FILE_BYTES ((size_t)512 << 20)
#define NO_REPORT "is neither a page nor JSON that podgate report wrote"
#define PAGE_DATA STR("<script type=\"application/json\" id=\"data\">")

static const struct scan_limits limits = {.depth = 16,
                                          .nodes = (size_t)32 << 20,
                                          .string_bytes = (size_t)1 << 20};

/* Of a page what stands between its tags: JSON there has no "<". */
static struct str find_json(struct str text) {
    size_t at = 0;
    if (!str_starts_with(text, STR("<!"))) return text;
    while (at < text.len && !str_starts_with(str_slice(text, at, text.len), PAGE_DATA))
        at += 1 + str_find_char(str_slice(text, at + 1, text.len), '<');
    text = str_slice(text, at + PAGE_DATA.len, text.len);
    return str_slice(text, 0, str_find_char(text, '<'));
}

static uint64_t count_of(const struct document *document, const struct cJSON *object,
                         const char *name) {
    int64_t value;
    bool is_count = tree_int64(document, tree_find(object, str_from(name)), &value) && value > 0;
    return is_count ? (uint64_t)value : 0;
}

static void take_rules(struct report *report, const struct document *document) {
    const struct cJSON *rules = tree_find(document->root, STR("rules"));
    for (const struct cJSON *each = rules->child; each; each = each->next) {
        struct str name = tree_string(tree_find(each, STR("rule")));
        uint32_t number = table_take(&report->previous.rules, &report->arena, name);
        if (number == TABLE_NONE) continue;
        uint32_t *workloads = table_row(&report->previous.rules, number);
        *workloads = (uint32_t)count_of(document, each, "workloads");
    }
}

static void take_owners(struct report *report, struct arena *arena, const struct cJSON *owners) {
    for (const struct cJSON *each = owners->child; each; each = each->next) {
        struct str key =
            STR_CONCAT(arena, model_text(each, "namespace"), STR("\x1f"), model_text(each, "kind"),
                       STR("\x1f"), model_text(each, "name"));
        if (key.at) (void)table_take(&report->previous.owners, &report->arena, key);
    }
}

static bool take(struct report *report, struct arena *arena, const struct document *document,
                 struct error *err) {
    const struct cJSON *root = document->root;
    struct report_previous *previous = &report->previous;
    const struct cJSON *owners = tree_find(root, STR("owners"));
    const struct cJSON *left_out = tree_find(root, STR("leftOut"));
    if (!str_equals(tree_string(tree_find(root, STR("report"))), STR("podgate")) ||
        !tree_is_array(tree_find(root, STR("rules"))) || !tree_is_array(owners))
        return error_set(err, ERR_SCHEMA, NO_REPORT);
    if (count_of(document, root, "version") != 1)
        return error_set(err, ERR_SCHEMA, "is a report of another version of podgate");
    table_init(&previous->rules, sizeof(uint32_t), REPORT_RULES);
    table_init(&previous->owners, 0, REPORT_OWNERS);
    take_rules(report, document);
    take_owners(report, arena, owners);
    previous->is_complete =
        count_of(document, left_out, "owners") == 0 && count_of(document, left_out, "pairs") == 0;
    previous->from = str_copy(&report->arena, model_text(root, "from"));
    previous->to = str_copy(&report->arena, model_text(root, "to"));
    previous->reviews = count_of(document, root, "reviews");
    previous->was_read = true;
    return !arena_is_exhausted(&report->arena) || error_set(err, ERR_MEMORY, "out of memory");
}

bool report_read_previous(struct report *report, struct str path, struct error *err) {
    struct arena arena;
    struct document document;
    struct str text;
    arena_init(&arena, (size_t)1 << 20, 0);
    bool is_read = source_read_file(&arena, path, FILE_BYTES, &text, err);
    if (is_read) {
        bool is_json = json_read(&arena, find_json(text), &limits, &document, err);
        if (!is_json && err->code != ERR_MEMORY) error_set(err, ERR_SCHEMA, NO_REPORT);
        is_read = is_json && take(report, &arena, &document, err);
        struct str name = str_copy(&arena, path);
        if (!is_read && name.at) error_in(err, name.at);
    }
    arena_fini(&arena);
    return is_read;
}
