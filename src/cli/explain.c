#include "cli/explain.h"

#include "cli/console.h"
#include "rules/registry.h"

#define WIDTH 92

/* Words of `text` in lines of WIDTH; its own newlines stay. */
static void add_wrapped(struct strbuf *out, struct str text) {
    size_t column = 0;
    while (text.len > 0) {
        size_t end = 0;
        while (end < text.len && text.at[end] != ' ' && text.at[end] != '\n')
            end++;
        struct str word = str_slice(text, 0, end);
        size_t width = str_utf8_count(word);
        if (column > 0 && column + 1 + width > WIDTH) {
            strbuf_add_char(out, '\n');
            column = 0;
        } else if (column > 0 && width > 0) {
            strbuf_add_char(out, ' ');
            column++;
        }
        strbuf_add(out, word);
        column += width;
        if (end < text.len && text.at[end] == '\n') {
            strbuf_add_char(out, '\n');
            column = 0;
        }
        text = str_slice(text, end + 1, text.len);
    }
    strbuf_add_char(out, '\n');
}

/* Each line two blanks to the right. */
static void add_indented(struct strbuf *out, struct str text) {
    while (text.len > 0) {
        size_t end = str_find_char(text, '\n');
        if (end > 0) strbuf_add(out, STR("  "));
        strbuf_add(out, str_slice(text, 0, end));
        strbuf_add_char(out, '\n');
        text = str_slice(text, end + 1, text.len);
    }
}

static void add_params(struct strbuf *out, const struct check *check) {
    if (check->param_count == 0) {
        strbuf_add(out, STR("\nIt has no parameters.\n"));
        return;
    }
    struct strbuf rows;
    strbuf_init(&rows, out->arena, 1024);
    params_describe(check->params, check->param_count, &rows);
    strbuf_add(out, STR("\nParameters:\n"));
    add_indented(out, strbuf_str(&rows));
}

static void add_example(struct strbuf *out, const char *title, const char *example,
                        const char *params) {
    if (!example) return;
    if (params)
        strbuf_printf(out, "\n%s, with params: %s\n", title, params);
    else
        strbuf_printf(out, "\n%s:\n", title);
    add_indented(out, str_from(example));
}

static void explain(struct strbuf *out, const struct check *check) {
    strbuf_printf(out, "%s: %s\nseverity %.*s, judges %.*s\n\n", check->id, check->title,
                  STR_ARGS(severity_name(check->severity)), STR_ARGS(check_subject(check)));
    add_wrapped(out, str_from(check->rationale));
    add_params(out, check);
    add_example(out, "Fails", check->example_denied, check->example_params);
    add_example(out, "Passes", check->example_allowed, check->example_params);
    if (!check->references || !check->references[0]) return;
    strbuf_add(out, STR("\nReferences:\n"));
    add_indented(out, str_from(check->references));
}

static int refuse_unknown(struct arena *arena, struct str id) {
    struct strbuf shown;
    strbuf_init(&shown, arena, 128);
    strbuf_add_quoted(&shown, id, 64);
    struct str near = check_nearest(id);
    if (near.len)
        console_say("there is no check %.*s (did you mean %.*s?)", STR_ARGS(strbuf_str(&shown)),
                    STR_ARGS(near));
    else
        console_say("there is no check %.*s (see podgate list)", STR_ARGS(strbuf_str(&shown)));
    return STATUS_TROUBLE;
}

static int explain_all(struct arena *arena, const struct str_list *ids) {
    struct strbuf out;
    strbuf_init(&out, arena, 8192);
    for (size_t i = 0; i < ids->count; i++) {
        const struct check *check = check_find(ids->items[i]);
        if (!check) return refuse_unknown(arena, ids->items[i]);
        if (i > 0) strbuf_add(&out, STR("\n\n"));
        explain(&out, check);
    }
    console_print(&out);
    return console_finish(STATUS_FINE);
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct str_list operands;
    char no_options;
    int status;
    if (console_read_options(verb, arena, argc, argv, &no_options, &operands, &status)) {
        if (operands.count > 0) {
            status = explain_all(arena, &operands);
        } else {
            console_say("name a check (podgate list shows them)");
            status = STATUS_TROUBLE;
        }
    }
    return status;
}

const struct verb verb_explain = {
    .name = "explain",
    .summary = "what a check wants and why, its parameters, examples",
    .operands = "ID...",
    .help = "example:\n  podgate explain run-as-non-root\n\nexit status: 0; 2 for an unknown id.",
    .run = run,
};
