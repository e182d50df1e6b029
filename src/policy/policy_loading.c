#include "policy/policy_loading.h"

#include "base/ascii.h"
#include "base/date.h"
#include "base/glob.h"

#define LABEL_MAX 63
#define LINE_MAX_BYTES 512

struct origin loading_origin(const struct loading *loading, const struct cJSON *node) {
    struct place place = {0};
    if (!tree_place(loading->document, node, &place))
        place = (struct place){.line = 1, .column = 1};
    return (struct origin){loading->file, place.line, place.column};
}

PRINTF_LIKE(3, 0)
static void add_error(struct loading *loading, const struct origin *origin, const char *format,
                      va_list args) {
    struct strbuf text;
    strbuf_init(&text, loading->arena, 0);
    strbuf_vprintf(&text, format, args);
    loading->failed = true;
    diagnostics_add(loading->diagnostics, DIAGNOSTIC_ERROR, origin->file, origin->line,
                    origin->column, "%.*s", STR_ARGS(strbuf_str(&text)));
}

void loading_error_at(struct loading *loading, const struct origin *origin, const char *format,
                      ...) {
    va_list args;
    va_start(args, format);
    add_error(loading, origin, format, args);
    va_end(args);
}

void loading_error(struct loading *loading, const struct cJSON *node, const char *format, ...) {
    struct origin origin = loading_origin(loading, node);
    va_list args;
    va_start(args, format);
    add_error(loading, &origin, format, args);
    va_end(args);
}

void loading_error_key(struct loading *loading, const struct cJSON *node, const char *format, ...) {
    struct origin origin = loading_origin(loading, node);
    struct place place;
    if (tree_key_place(loading->document, node, &place)) {
        origin.line = place.line;
        origin.column = place.column;
    }
    va_list args;
    va_start(args, format);
    add_error(loading, &origin, format, args);
    va_end(args);
}

void loading_hint(struct loading *loading, const char *format, ...) {
    struct strbuf text;
    strbuf_init(&text, loading->arena, 0);
    va_list args;
    va_start(args, format);
    strbuf_vprintf(&text, format, args);
    va_end(args);
    diagnostics_hint(loading->diagnostics, "%.*s", STR_ARGS(strbuf_str(&text)));
}

void loading_hint_words(struct loading *loading, struct str wrong, const struct str *words,
                        size_t count) {
    struct str near = str_nearest(wrong, words, count);
    if (!str_is_empty(near)) {
        loading_hint(loading, "did you mean %s?", str_quoted(near).text);
        return;
    }
    struct strbuf list;
    strbuf_init(&list, loading->arena, 0);
    for (size_t i = 0; i < count; i++)
        STRBUF_ADD(&list, str_or(i, count), words[i]);
    loading_hint(loading, "write %.*s", STR_ARGS(strbuf_str(&list)));
}

static void hint_key(struct loading *loading, struct str wrong, const struct key_row *rows,
                     size_t count) {
    struct str *names = ARENA_NEW(loading->arena, struct str, count);
    if (!names) return;
    for (size_t i = 0; i < count; i++)
        names[i] = str_from(rows[i].name);
    loading_hint_words(loading, wrong, names, count);
}

static const struct key_row *find_row(const struct key_row *rows, size_t count, struct str key) {
    for (size_t i = 0; i < count; i++)
        if (str_equals(str_from(rows[i].name), key)) return &rows[i];
    return NULL;
}

static bool has_member(const struct cJSON *object, const char *name) {
    for (const struct cJSON *member = object->child; member; member = member->next)
        if (str_equals(tree_key(member), str_from(name))) return true;
    return false;
}

void loading_object(struct loading *loading, const struct cJSON *node, const char *what,
                    const struct key_row *rows, size_t count, void *out) {
    if (!tree_is_object(node)) {
        loading_error(loading, node, "%s must be an object, it is %s", what, tree_type_name(node));
        return;
    }
    for (const struct cJSON *member = node->child; member; member = member->next) {
        const struct key_row *row = find_row(rows, count, tree_key(member));
        if (!row) {
            loading_error_key(loading, member, "unknown key %s in %s",
                              str_quoted(tree_key(member)).text, what);
            hint_key(loading, tree_key(member), rows, count);
        } else if (tree_is_null(member)) {
            loading_error_key(loading, member, "\"%s\" has no value", row->name);
            loading_hint(loading, "give it one or leave the key out");
        } else {
            row->decode(loading, member, out);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (rows[i].is_required && !has_member(node, rows[i].name))
            loading_error(loading, node, "%s has no \"%s\"", what, rows[i].name);
}

/* Plain scalars that YAML types: a person who wanted text forgot the quotes. */
static void hint_quotes(struct loading *loading, const struct cJSON *node) {
    if (tree_is_number(node) || tree_is_bool(node)) loading_hint(loading, "write it in quotes");
}

bool loading_string(struct loading *loading, const struct cJSON *node, const char *what,
                    struct str *out) {
    if (!tree_is_string(node)) {
        loading_error(loading, node, "\"%s\" takes a string, this is %s", what,
                      tree_type_name(node));
        hint_quotes(loading, node);
        return false;
    }
    *out = tree_string(node);
    if (!str_is_empty(*out)) return true;
    loading_error(loading, node, "\"%s\" takes a string that is not empty", what);
    return false;
}

bool loading_list(struct loading *loading, const struct cJSON *node, const char *what) {
    if (!tree_is_array(node)) {
        loading_error(loading, node, "\"%s\" takes a list, this is %s", what, tree_type_name(node));
        if (tree_is_string(node))
            loading_hint(loading, "write [%s]", str_quoted(tree_string(node)).text);
        else if (tree_is_object(node))
            loading_hint(loading, "begin each item with a dash");
        return false;
    }
    if (node->child) return true;
    loading_error(loading, node, "\"%s\" is an empty list", what);
    loading_hint(loading, "give it an item or leave the key out");
    return false;
}

bool loading_bool(struct loading *loading, const struct cJSON *node, const char *what, bool *out) {
    if (!tree_is_bool(node)) {
        loading_error(loading, node, "\"%s\" must be true or false, it is %s", what,
                      tree_type_name(node));
        return false;
    }
    *out = tree_is_true(node);
    return true;
}

bool loading_line(struct loading *loading, const struct cJSON *node, const char *what,
                  struct str *out) {
    if (!loading_string(loading, node, what, out)) return false;
    *out = str_trim(*out);
    bool has_control = false;
    for (size_t i = 0; i < out->len; i++)
        has_control = has_control || (unsigned char)out->at[i] < ' ' || out->at[i] == 0x7F;
    if (has_control)
        loading_error(loading, node, "\"%s\" takes one line without control characters", what);
    else if (out->len > LINE_MAX_BYTES)
        loading_error(loading, node, "\"%s\" is longer than %d bytes", what, LINE_MAX_BYTES);
    else if (out->len == 0)
        loading_error(loading, node, "\"%s\" takes a string that is not empty", what);
    else
        return true;
    return false;
}

bool loading_date(struct loading *loading, const struct cJSON *node, const char *what,
                  int64_t *days) {
    struct error err = {0};
    struct str text;
    if (!loading_string(loading, node, what, &text)) return false;
    if (date_parse(text, days, &err)) return true;
    loading_error(loading, node, "\"%s\" takes a date, this is %s", what, str_quoted(text).text);
    loading_hint(loading, "%s", err.text);
    return false;
}

static bool is_label(struct str text) {
    if (text.len == 0 || text.len > LABEL_MAX) return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool is_inner = i > 0 && i + 1 < text.len;
        if (!(ascii_is_lower(c) || ascii_is_digit(c) || (c == '-' && is_inner))) return false;
    }
    return true;
}

bool loading_label(struct loading *loading, const struct cJSON *node, const char *what,
                   struct str *out) {
    if (!loading_string(loading, node, what, out)) return false;
    if (is_label(*out)) return true;
    loading_error(loading, node,
                  "the name %s must be lower-case letters, digits and inner dashes, at most %d",
                  str_quoted(*out).text, LABEL_MAX);
    return false;
}

void loading_globs(struct loading *loading, const struct cJSON *node, struct str_list *out) {
    if (!loading_list(loading, node, node->string)) return;
    struct str *items = ARENA_NEW(loading->arena, struct str, tree_count(node));
    if (!items) return;
    *out = (struct str_list){items, 0};
    for (const struct cJSON *item = node->child; item; item = item->next) {
        struct error err = {0};
        struct str glob;
        if (!loading_string(loading, item, node->string, &glob)) continue;
        if (!glob_check(glob, &err))
            loading_error(loading, item, "%s: %s", str_quoted(glob).text, err.text);
        else
            items[out->count++] = glob;
    }
}

void loading_unknown_word(struct loading *loading, const struct cJSON *node, struct str word,
                          const struct str *words, size_t count) {
    loading_error(loading, node, "unknown %s %s", node->string, str_quoted(word).text);
    loading_hint_words(loading, word, words, count);
}

bool loading_action(struct loading *loading, const struct cJSON *node, enum action *out) {
    struct str word, words[ACTION_DENY + 1];
    if (!loading_string(loading, node, node->string, &word)) return false;
    if (action_parse(word, out)) return true;
    for (int i = ACTION_OFF; i <= ACTION_DENY; i++)
        words[i] = action_name((enum action)i);
    loading_unknown_word(loading, node, word, words, sizeof words / sizeof *words);
    return false;
}
