#include "edge/metrics_text.h"

static void add(struct metrics_text *text, const char *part) {
    strbuf_add(text->out, str_from(part));
}

/* The last word of a name where that is a unit. */
static const char *unit_of(struct str name) {
    if (str_ends_with(name, STR("_seconds"))) return "seconds";
    return str_ends_with(name, STR("_bytes")) ? "bytes" : NULL;
}

static void add_head(struct metrics_text *text, const char *what, struct str name,
                     const char *value) {
    STRBUF_ADD(text->out, STR("# "), str_from(what), STR(" "), name, STR(" "), str_from(value),
               STR("\n"));
}

void text_family(struct metrics_text *text, enum family_type type, const char *name,
                 const char *help) {
    static const char *const types[] = {"counter", "gauge", "histogram"};
    struct str family = str_from(name);
    if (text->is_open_metrics && type == FAMILY_COUNTER)
        family = str_slice(family, 0, family.len - STR("_total").len);
    add_head(text, "HELP", family, help);
    add_head(text, "TYPE", family, types[type]);
    if (text->is_open_metrics && unit_of(family)) add_head(text, "UNIT", family, unit_of(family));
}

void text_sample(struct metrics_text *text, const char *name, const char *suffix) {
    text->labels = 0;
    add(text, name);
    add(text, suffix);
}

void text_label(struct metrics_text *text, const char *name, struct str value) {
    add(text, text->labels++ == 0 ? "{" : ",");
    add(text, name);
    add(text, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        switch (value.at[i]) {
        case '"': add(text, "\\\""); break;
        case '\\': add(text, "\\\\"); break;
        case '\n': add(text, "\\n"); break;
        default: strbuf_add_char(text->out, value.at[i]);
        }
    }
    add(text, "\"");
}

void text_count(struct metrics_text *text, uint64_t value) {
    add(text, text->labels > 0 ? "} " : " ");
    strbuf_add_number(text->out, value);
    add(text, "\n");
}

void text_value(struct metrics_text *text, int64_t value) {
    add(text, text->labels > 0 ? "} " : " ");
    if (value < 0) add(text, "-");
    strbuf_add_number(text->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    add(text, "\n");
}

void text_nanoseconds(struct metrics_text *text, uint64_t value) {
    add(text, text->labels > 0 ? "} " : " ");
    strbuf_printf(text->out, "%llu.%09llu\n", (unsigned long long)(value / 1000000000),
                  (unsigned long long)(value % 1000000000));
}

void text_end(struct metrics_text *text) {
    if (text->is_open_metrics) add(text, "# EOF\n");
}
