/*
 *   apiVersion: podgate.io/v1alpha1
 *   kind: PolicyTest
 *   metadata: {name: LABEL}
 *   spec: by the rows below
 */
#include "base/date.h"
#include "desk/source.h"
#include "desk/trial_parts.h"

#define API_VERSION STR("podgate.io/v1alpha1")

/* --- rows -------------------------------------------------------------------------------------- */

enum shape {
    SHAPE_TEXT,
    SHAPE_TEXTS,
    SHAPE_DATE,
    SHAPE_MODE,
    SHAPE_ACTION,
    SHAPE_OPERATION,
    SHAPE_OBJECT,
    SHAPE_CASES,
    SHAPE_EXPECTATIONS,
};

struct row {
    const char *name;
    enum shape shape;
    bool is_required;
    size_t offset;
    const char *doc;
};

#define ROW(struct_, member, name_, shape_, required_, doc_)                                       \
    {                                                                                              \
        .name = (name_), .shape = (shape_), .is_required = (required_),                            \
        .offset = offsetof(struct struct_, member), .doc = (doc_)                                  \
    }

static const struct row spec_rows[] = {
    ROW(trial_spec, policies, "policies", SHAPE_TEXTS, false,
        "policy files and folders, seen from this file, or builtin:NAME; without it builtin:default"),
    ROW(trial_spec, profile, "profile", SHAPE_TEXT, false,
        "judge as the webhook does at /validate/NAME; default: default"),
    ROW(trial_spec, mode, "mode", SHAPE_MODE, false, "a ceiling on every action; default: enforce"),
    ROW(trial_spec, day, "now", SHAPE_DATE, false, "judge as on that day (UTC); default: today"),
    ROW(trial_spec, cases_node, "cases", SHAPE_CASES, true,
        "what is judged, and what it must give"),
};
static const struct row case_rows[] = {
    ROW(trial_case, name, "name", SHAPE_TEXT, true, "what the case shows, in a sentence"),
    ROW(trial_case, file, "file", SHAPE_TEXT, false,
        "manifests, seen from this file; each object in it is judged"),
    ROW(trial_case, manifest, "manifest", SHAPE_OBJECT, false, "one object, instead of a file"),
    ROW(trial_case, old_file, "oldFile", SHAPE_TEXT, false,
        "the object before an update: the first one of that file"),
    ROW(trial_case, old_manifest, "oldManifest", SHAPE_OBJECT, false,
        "the object before an update, instead of a file"),
    ROW(trial_case, name_space, "namespace", SHAPE_TEXT, false,
        "of objects that name none; default: default"),
    ROW(trial_case, operation, "operation", SHAPE_OPERATION, false,
        "default: CREATE, with an object before it UPDATE"),
    ROW(trial_case, user, "user", SHAPE_TEXT, false, "who asks"),
    ROW(trial_case, groups, "groups", SHAPE_TEXTS, false, "the groups of who asks"),
    ROW(trial_case, expect_node, "expect", SHAPE_EXPECTATIONS, true,
        "what must be found, no more and no less; [] is nothing"),
};
static const struct row expect_rows[] = {
    ROW(trial_expectation, rule, "rule", SHAPE_TEXT, true, "RULE or POLICY/RULE"),
    ROW(trial_expectation, action, "action", SHAPE_ACTION, true, "deny, warn or audit"),
    ROW(trial_expectation, object, "object", SHAPE_TEXT, false, "KIND/NAME; default: any object"),
    ROW(trial_expectation, container, "container", SHAPE_TEXT, false,
        "its name; default: any container, or none"),
    ROW(trial_expectation, path, "path", SHAPE_TEXT, false,
        "the field's path in the object; default: any field"),
};
#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

static const struct str mode_words[] = {STR_INIT("audit"), STR_INIT("warn"), STR_INIT("enforce")};
static const struct str action_words[] = {STR_INIT("audit"), STR_INIT("warn"), STR_INIT("deny")};
static const struct str operation_words[] = {STR_INIT("CREATE"), STR_INIT("UPDATE")};

/* --- errors ------------------------------------------------------------------------------------ */

static struct place place_of(const struct trial *trial, const struct cJSON *node) {
    struct place place;
    if (!tree_place(trial->document, node, &place)) place = (struct place){.line = 1, .column = 1};
    return place;
}

void trial_error(struct trial *trial, const struct cJSON *node, const char *format, ...) {
    struct place place = place_of(trial, node);
    struct strbuf text;
    va_list args;
    strbuf_init(&text, trial->arena, 128);
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    diagnostics_add(trial->diagnostics, DIAGNOSTIC_ERROR, trial->path, place.line, place.column,
                    "%.*s", STR_ARGS(strbuf_str(&text)));
}

static void hint_near(struct trial *trial, struct str wrong, const struct str *words,
                      size_t count) {
    struct str near = str_nearest(wrong, words, count);
    if (near.len) diagnostics_hint(trial->diagnostics, "did you mean %s?", str_quoted(near).text);
}

/* --- decoding ---------------------------------------------------------------------------------- */

static bool read_text(struct trial *trial, const struct cJSON *node, const char *name,
                      struct str *out) {
    *out = tree_string(node);
    if (!str_is_empty(*out)) return true;
    trial_error(trial, node, "\"%s\" takes a string that is not empty, this is %s", name,
                tree_is_string(node) ? "an empty one" : tree_type_name(node));
    return false;
}

static void read_texts(struct trial *trial, const struct cJSON *node, const char *name,
                       struct str_list *out) {
    if (!tree_is_array(node)) {
        trial_error(trial, node, "\"%s\" takes a list, this is %s", name, tree_type_name(node));
        return;
    }
    *out = (struct str_list){ARENA_NEW(trial->arena, struct str, tree_count(node)), 0};
    for (const struct cJSON *item = node->child; out->items && item; item = item->next)
        out->count += read_text(trial, item, name, &out->items[out->count]);
}

/* The index of the word, or `count`, which has been told. */
static size_t read_word(struct trial *trial, const struct cJSON *node, const char *name,
                        const struct str *words, size_t count) {
    struct str word;
    if (!read_text(trial, node, name, &word)) return count;
    for (size_t i = 0; i < count; i++)
        if (str_equals(words[i], word)) return i;
    trial_error(trial, node, "unknown %s %s", name, str_quoted(word).text);
    hint_near(trial, word, words, count);
    return count;
}

static void read_date(struct trial *trial, const struct cJSON *node, const char *name,
                      int64_t *out) {
    struct str text;
    struct error err;
    if (read_text(trial, node, name, &text) && !date_parse(text, out, &err))
        trial_error(trial, node, "\"%s\": %s", name, err.text);
}

static void read_value(struct trial *trial, const struct row *row, const struct cJSON *node,
                       void *out) {
    size_t word;
    switch (row->shape) {
    case SHAPE_TEXT: (void)!read_text(trial, node, row->name, out); return;
    case SHAPE_TEXTS: read_texts(trial, node, row->name, out); return;
    case SHAPE_DATE: read_date(trial, node, row->name, out); return;
    case SHAPE_MODE:
        word = read_word(trial, node, row->name, mode_words, COUNT_OF(mode_words));
        if (word < COUNT_OF(mode_words)) *(enum mode *)out = (enum mode)(MODE_AUDIT + word);
        return;
    case SHAPE_ACTION:
        word = read_word(trial, node, row->name, action_words, COUNT_OF(action_words));
        if (word < COUNT_OF(action_words)) *(enum action *)out = (enum action)(ACTION_AUDIT + word);
        return;
    case SHAPE_OPERATION:
        word = read_word(trial, node, row->name, operation_words, COUNT_OF(operation_words));
        if (word < COUNT_OF(operation_words))
            *(enum operation *)out = (enum operation)(OPERATION_CREATE + word);
        return;
    case SHAPE_OBJECT:
        if (!tree_is_object(node))
            trial_error(trial, node, "\"%s\" takes an object, this is %s", row->name,
                        tree_type_name(node));
        *(const struct cJSON **)out = node;
        return;
    case SHAPE_CASES:
    case SHAPE_EXPECTATIONS: break;
    }
    if (!tree_is_array(node))
        trial_error(trial, node, "\"%s\" takes a list, this is %s", row->name,
                    tree_type_name(node));
    *(const struct cJSON **)out = node;
}

/* Whether the object is without fault. */
static bool read_rows(struct trial *trial, const struct cJSON *node, const char *what,
                      const struct row *rows, size_t count, void *out) {
    size_t before = trial->diagnostics->errors;
    struct str names[16];
    if (!tree_is_object(node)) {
        trial_error(trial, node, "%s must be an object, it is %s", what, tree_type_name(node));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = str_from(rows[i].name);
        if (rows[i].is_required && !tree_find(node, names[i]))
            trial_error(trial, node, "%s has no \"%s\"", what, rows[i].name);
    }
    for (const struct cJSON *member = node->child; member; member = member->next) {
        size_t at = 0;
        while (at < count && !str_equals(names[at], tree_key(member)))
            at++;
        if (at < count) {
            read_value(trial, &rows[at], member, (char *)out + rows[at].offset);
            continue;
        }
        struct place place = place_of(trial, member);
        (void)!tree_key_place(trial->document, member, &place);
        diagnostics_add(trial->diagnostics, DIAGNOSTIC_ERROR, trial->path, place.line, place.column,
                        "unknown key %s in %s", str_quoted(tree_key(member)).text, what);
        hint_near(trial, tree_key(member), names, count);
    }
    return trial->diagnostics->errors == before;
}

static bool read_expectations(struct trial *trial, struct trial_case *each) {
    bool fine = true;
    size_t count = tree_count(each->expect_node);
    each->expected = ARENA_NEW(trial->arena, struct trial_expectation, count);
    if (!each->expected) return false;
    for (const struct cJSON *item = each->expect_node->child; item; item = item->next) {
        struct trial_expectation *expected = &each->expected[each->expected_count++];
        struct place place = place_of(trial, item);
        expected->line = place.line;
        expected->column = place.column;
        fine = read_rows(trial, item, "an expectation", expect_rows, COUNT_OF(expect_rows),
                         expected) &&
               fine;
    }
    return fine;
}

static bool read_case(struct trial *trial, const struct cJSON *node, struct trial_case *each) {
    struct place place = place_of(trial, node);
    *each = (struct trial_case){.operation = OPERATION_OTHER,
                                .name_space = STR("default"),
                                .line = place.line,
                                .column = place.column};
    if (!read_rows(trial, node, "a case", case_rows, COUNT_OF(case_rows), each)) return false;
    if ((each->manifest != NULL) == (each->file.len > 0)) {
        trial_error(trial, node, "a case has either \"file\" or \"manifest\"");
        return false;
    }
    if (each->old_manifest && each->old_file.len) {
        trial_error(trial, node, "a case has either \"oldFile\" or \"oldManifest\"");
        return false;
    }
    return read_expectations(trial, each);
}

/* --- running ----------------------------------------------------------------------------------- */

struct str trial_path(struct trial *trial, struct str path) {
    bool is_beside = trial->folder.len > 0 && !str_starts_with(path, STR("/")) &&
                     !str_starts_with(path, STR("builtin:"));
    return is_beside ? str_format(trial->arena, "%.*s%.*s", STR_ARGS(trial->folder), STR_ARGS(path))
                     : str_copy(trial->arena, path);
}

static struct snapshot *load_policies(struct trial *trial, const struct cJSON *spec) {
    struct str_list paths = {ARENA_NEW(trial->arena, struct str, trial->spec.policies.count), 0};
    struct policy_source *sources = NULL;
    size_t count = 0;
    struct error err = {.code = ERR_NONE};
    for (size_t i = 0; paths.items && i < trial->spec.policies.count; i++)
        paths.items[paths.count++] = trial_path(trial, trial->spec.policies.items[i]);
    if (!source_read_policies(trial->arena, &paths, &sources, &count, &err)) {
        const struct cJSON *node = tree_find(spec, STR("policies"));
        trial_error(trial, node ? node : spec, "%s: %s", err.where, err.text);
        return NULL;
    }
    return policy_compile(sources, count, trial->diagnostics);
}

static void run_test(struct trial *trial, const struct cJSON *root) {
    const struct cJSON *spec = tree_find(root, STR("spec"));
    size_t before = trial->diagnostics->errors;
    trial->name = tree_string(tree_find(tree_find(root, STR("metadata")), STR("name")));
    trial->spec = (struct trial_spec){.mode = MODE_ENFORCE, .day = TRIAL_NO_DAY};
    if (!spec) {
        trial_error(trial, root, "a PolicyTest has no \"spec\"");
        return;
    }
    if (!read_rows(trial, spec, "spec", spec_rows, COUNT_OF(spec_rows), &trial->spec)) return;
    struct snapshot *snapshot = load_policies(trial, spec);
    if (!snapshot) {
        if (trial->diagnostics->errors == before) trial_error(trial, spec, "out of memory");
        return;
    }
    trial->snapshot = snapshot;
    if (!snapshot_find_profile(snapshot,
                               trial->spec.profile.len ? trial->spec.profile : STR("default")))
        trial_error(trial, tree_find(spec, STR("profile")), "there is no profile %s",
                    str_quoted(trial->spec.profile).text);
    else
        for (const struct cJSON *item = trial->spec.cases_node->child; item; item = item->next) {
            struct trial_case each;
            if (read_case(trial, item, &each)) trial_run_case(trial, &each);
        }
    snapshot_free(snapshot);
}

static bool is_test(struct trial *trial, const struct cJSON *root) {
    const struct cJSON *version = tree_find(root, STR("apiVersion"));
    if (!str_equals(tree_string(tree_find(root, STR("kind"))), STR("PolicyTest"))) return false;
    if (str_equals(tree_string(version), API_VERSION)) return true;
    trial_error(trial, version ? version : root,
                "a PolicyTest has apiVersion: podgate.io/v1alpha1");
    return false;
}

static struct str folder_of(struct str path) {
    size_t slash = str_find_last_char(path, '/');
    return slash < path.len ? str_slice(path, 0, slash + 1) : STR_NONE;
}

void trial_run(struct arena *arena, struct str path, struct str text, int64_t now,
               struct diagnostics *diagnostics, struct trial_results *results) {
    struct trial trial = {.arena = arena,
                          .path = path,
                          .folder = folder_of(path),
                          .diagnostics = diagnostics,
                          .results = results,
                          .now = now};
    struct yaml_reader reader;
    struct document document;
    struct error err;
    enum yaml_next next;
    arena_init(&trial.case_arena, (size_t)64 << 10, 0);
    yaml_reader_init(&reader, text, YAML_POLICY, &yaml_limits_policy);
    while ((next = yaml_read(&reader, arena, &document, &err)) != YAML_END) {
        trial.document = &document;
        if (next == YAML_ERROR) {
            diagnostics_add_error(diagnostics, path, &err);
        } else if (is_test(&trial, document.root)) {
            results->tests++;
            run_test(&trial, document.root);
        }
    }
    arena_fini(&trial.case_arena);
}

/* --- the schema -------------------------------------------------------------------------------- */

static void write_words(struct json_out *out, const struct str *words, size_t count) {
    json_out_begin_array(out, "enum");
    for (size_t i = 0; i < count; i++)
        json_out_string(out, NULL, words[i]);
    json_out_end_array(out);
}

static void write_type(struct json_out *out, const char *type) {
    json_out_string(out, "type", str_from(type));
}

static void write_rows(struct json_out *out, const char *name, const struct row *rows, size_t count,
                       const char *doc);

static void write_row(struct json_out *out, const struct row *row) {
    json_out_begin_object(out, row->name);
    json_out_string(out, "description", str_from(row->doc));
    switch (row->shape) {
    case SHAPE_TEXT: write_type(out, "string"); break;
    case SHAPE_TEXTS:
        write_type(out, "array");
        json_out_begin_object(out, "items");
        write_type(out, "string");
        json_out_end_object(out);
        break;
    case SHAPE_DATE:
        write_type(out, "string");
        json_out_string(out, "pattern", STR("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));
        break;
    case SHAPE_MODE: write_words(out, mode_words, COUNT_OF(mode_words)); break;
    case SHAPE_ACTION: write_words(out, action_words, COUNT_OF(action_words)); break;
    case SHAPE_OPERATION: write_words(out, operation_words, COUNT_OF(operation_words)); break;
    case SHAPE_OBJECT: write_type(out, "object"); break;
    case SHAPE_CASES:
        write_type(out, "array");
        write_rows(out, "items", case_rows, COUNT_OF(case_rows), "an object, or a file of them");
        break;
    case SHAPE_EXPECTATIONS:
        write_type(out, "array");
        write_rows(out, "items", expect_rows, COUNT_OF(expect_rows), "what a rule must find");
        break;
    }
    json_out_end_object(out);
}

/* Cases hold expectations, and those nothing more: recursion ends there. */
static void write_rows(struct json_out *out, const char *name, const struct row *rows, size_t count,
                       const char *doc) {
    json_out_begin_object(out, name);
    json_out_string(out, "description", str_from(doc));
    write_type(out, "object");
    json_out_bool(out, "additionalProperties", false);
    json_out_begin_array(out, "required");
    for (size_t i = 0; i < count; i++)
        if (rows[i].is_required) json_out_string(out, NULL, str_from(rows[i].name));
    json_out_end_array(out);
    json_out_begin_object(out, "properties");
    for (size_t i = 0; i < count; i++)
        write_row(out, &rows[i]);
    json_out_end_object(out);
    json_out_end_object(out);
}

void trial_write_schema(struct json_out *out, const char *name) {
    write_rows(out, name, spec_rows, COUNT_OF(spec_rows), "a test of policies");
}
