/* Parameters in sentences. */
#include "rules/param.h"

bool param_choices_have(const char *const *choices, unsigned chosen, struct str word) {
    for (size_t i = 0; choices[i]; i++)
        if (chosen & 1U << i && str_equals(word, str_from(choices[i]))) return true;
    return false;
}

/* How many are still to come decides between a comma and "or". */
static void add_item(struct strbuf *text, struct str item, size_t to_come) {
    if (text->len > 0) strbuf_add(text, to_come > 0 ? STR(", ") : STR(" or "));
    strbuf_add(text, item);
}

struct str param_choices_text(struct arena *arena, const char *const *choices, unsigned chosen) {
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; choices[i]; i++)
        if (chosen & 1U << i) add_item(&text, str_from(choices[i]), chosen >> i >> 1);
    return strbuf_str(&text);
}

struct str param_strings_text(struct arena *arena, const struct str_list *strings) {
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; i < strings->count; i++)
        add_item(&text, strings->items[i], strings->count - i - 1);
    return strbuf_str(&text);
}
