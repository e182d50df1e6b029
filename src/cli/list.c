#include "cli/list.h"

#include "base/json_out.h"
#include "cli/console.h"
#include "rules/registry.h"

struct list_options {
    int output;
};

enum { OUTPUT_TEXT, OUTPUT_JSON };
static const char *const output_names[] = {"text", "json", NULL};

static const struct option_row rows[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_CHOICE,
     .offset = offsetof(struct list_options, output),
     .choices = output_names,
     .fallback = "text",
     .help = "a table, or a list of objects"},
};

static void add_theme(struct strbuf *out, enum theme theme, int width) {
    strbuf_printf(out, "%s%.*s\n", out->len > 0 ? "\n" : "", STR_ARGS(theme_title(theme)));
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        if (check->theme != theme) continue;
        strbuf_printf(out, "  %-*s  %-8.*s  %s\n", width, check->id,
                      STR_ARGS(severity_name(check->severity)), check->title);
    }
}

static void add_table(struct strbuf *out) {
    size_t widest = 0;
    for (size_t i = 0; i < check_registry_count; i++)
        if (strlen(check_registry[i]->id) > widest) widest = strlen(check_registry[i]->id);
    for (int theme = THEME_NONE + 1; theme < THEME_COUNT; theme++)
        add_theme(out, (enum theme)theme, (int)widest);
}

static void add_json(struct strbuf *out) {
    struct json_out json;
    json_out_init(&json, out);
    json_out_begin_array(&json, NULL);
    for (size_t i = 0; i < check_registry_count; i++) {
        const struct check *check = check_registry[i];
        json_out_begin_object(&json, NULL);
        json_out_string(&json, "id", str_from(check->id));
        json_out_string(&json, "theme", theme_title(check->theme));
        json_out_string(&json, "severity", severity_name(check->severity));
        json_out_string(&json, "title", str_from(check->title));
        json_out_end_object(&json);
    }
    json_out_end_array(&json);
    strbuf_add_char(out, '\n');
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    struct list_options options = {.output = OUTPUT_TEXT};
    struct str_list operands;
    int status;
    if (console_read_options(verb, arena, argc, argv, &options, &operands, &status)) {
        struct strbuf out;
        strbuf_init(&out, arena, 4096);
        if (options.output == OUTPUT_JSON)
            add_json(&out);
        else
            add_table(&out);
        console_print(&out);
        status = console_finish(STATUS_FINE);
    }
    return status;
}

const struct verb verb_list = {
    .name = "list",
    .summary = "the checks that policies can use",
    .operands = "",
    .help = "podgate explain ID tells more about one.",
    .options = rows,
    .option_count = sizeof rows / sizeof *rows,
    .run = run,
};
