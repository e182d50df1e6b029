#include "desk/suppression.h"

#include "base/glob.h"

#define SHOWN_BYTES 64

static bool fail(struct arena *arena, struct error *err, struct str text, const char *says) {
    struct strbuf shown;
    strbuf_init(&shown, arena, 128);
    strbuf_add_quoted(&shown, text, SHOWN_BYTES);
    return error_set(err, ERR_SYNTAX, "%.*s %s", STR_ARGS(strbuf_str(&shown)), says);
}

static bool parse_rules(struct arena *arena, struct str text, struct str_list *out,
                        struct error *err) {
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.at[i] == ',';
    if (most > SUPPRESSION_LINES_MAX)
        return error_set(err, ERR_LIMIT, "it names more than %d rules in one line",
                         SUPPRESSION_LINES_MAX);
    *out = (struct str_list){ARENA_NEW(arena, struct str, most), 0};
    if (!out->items) return error_set(err, ERR_MEMORY, "out of memory");
    for (struct str rest = text; out->count < most;) {
        size_t comma = str_find_char(rest, ',');
        struct str glob = str_trim(str_slice(rest, 0, comma));
        rest = str_slice(rest, comma + 1, rest.len);
        struct error wrong;
        if (str_is_empty(glob)) return fail(arena, err, text, "has an empty name among its rules");
        if (!glob_check(glob, &wrong)) return fail(arena, err, glob, wrong.text);
        out->items[out->count++] = glob;
    }
    return true;
}

static bool parse_line(struct arena *arena, struct str line, struct suppression *out,
                       struct error *err) {
    size_t semicolon = str_find_char(line, ';');
    out->reason = str_trim(str_slice(line, semicolon + 1, line.len));
    if (str_is_empty(out->reason))
        return fail(arena, err, line, "has no reason: write RULES; REASON");
    return parse_rules(arena, str_slice(line, 0, semicolon), &out->rules, err);
}

bool suppression_parse(struct arena *arena, struct str value, struct suppression_list *out,
                       struct error *err) {
    size_t most = 1;
    for (size_t i = 0; i < value.len; i++)
        most += value.at[i] == '\n';
    if (most > SUPPRESSION_LINES_MAX)
        return error_set(err, ERR_LIMIT, "it has more than %d lines", SUPPRESSION_LINES_MAX);
    *out = (struct suppression_list){ARENA_NEW(arena, struct suppression, most), 0};
    if (!out->items) return error_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < most; i++) {
        size_t end = str_find_char(value, '\n');
        struct str line = str_trim(str_slice(value, 0, end));
        value = str_slice(value, end + 1, value.len);
        if (str_is_empty(line)) continue;
        if (!parse_line(arena, line, &out->items[out->count], err)) return false;
        out->count++;
    }
    if (out->count > 0) return true;
    return error_set(err, ERR_SYNTAX, "it is empty: write RULES; REASON");
}

/* RULE names it in every policy. */
static bool names(struct str glob, const struct rule *rule) {
    size_t slash = str_find_char(glob, '/');
    if (slash == glob.len) return glob_match(glob, rule->name);
    return glob_match(str_slice(glob, 0, slash), rule->policy->name) &&
           glob_match(str_slice(glob, slash + 1, glob.len), rule->name);
}

const struct suppression *suppression_find(const struct suppression_list *list,
                                           const struct rule *rule) {
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->items[i].rules.count; j++)
            if (names(list->items[i].rules.items[j], rule)) return &list->items[i];
    return NULL;
}
