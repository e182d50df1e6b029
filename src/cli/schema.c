#include "cli/schema.h"

#include "cli/console.h"
#include "desk/trial.h"

#define INDENT 2

static void add_line(struct strbuf *out, size_t depth) {
    strbuf_printf(out, "\n%*s", (int)(INDENT * depth), "");
}

/* The bytes of the string that begins at `text`, with its quotes. */
static size_t string_length(struct str text) {
    size_t at = 1;
    while (at < text.len && text.at[at] != '"')
        at += text.at[at] == '\\' ? 2 : 1;
    return at + 1;
}

/* The same JSON for people who compare: a member or item a line. `text` has no white space outside
 * strings. */
static void add_pretty(struct strbuf *out, struct str text) {
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i], next = i + 1 < text.len ? text.at[i + 1] : '\0';
        bool is_open = c == '{' || c == '[', is_close = c == '}' || c == ']';
        bool is_empty = is_open && (next == '}' || next == ']');
        if (c == '"') {
            struct str string = str_slice(text, i, string_length(str_slice(text, i, text.len)));
            strbuf_add(out, string);
            i += string.len - 1;
            continue;
        }
        if (is_close) add_line(out, --depth);
        strbuf_add_char(out, c);
        if (is_empty) strbuf_add_char(out, text.at[++i]);
        if (is_open && !is_empty) add_line(out, ++depth);
        if (c == ',') add_line(out, depth);
        if (c == ':') strbuf_add_char(out, ' ');
    }
    strbuf_add_char(out, '\n');
}

static int run(const struct verb *verb, struct arena *arena, int argc, char **argv) {
    static const struct policy_schema_kind test = {"PolicyTest", trial_write_schema};
    struct str_list operands;
    char no_options;
    int status;
    if (!console_read_options(verb, arena, argc, argv, &no_options, &operands, &status))
        return status;
    struct strbuf schema, pretty;
    struct json_out out;
    strbuf_init(&schema, arena, (size_t)64 << 10);
    strbuf_init(&pretty, arena, (size_t)128 << 10);
    json_out_init(&out, &schema);
    policy_write_schema(&out, &test);
    add_pretty(&pretty, strbuf_str(&schema));
    console_print(&pretty);
    return console_finish(STATUS_FINE);
}

const struct verb verb_schema = {
    .name = "schema",
    .summary = "the JSON Schema of policy files, for editors",
    .operands = "",
    .help = "Editors with the YAML language server read it from a policy file's first line:\n"
            "  # yaml-language-server: $schema=policy.schema.json",
    .run = run,
};
