/* Which controls of the Pod Security Standards a rule found broken: what one greps for, and may except. */
#include "policy/verdict_told.h"

#define MORE_BYTES 12 /* " and 20 more" */

/* Rules of several versions may have it, each as another row. */
static bool is_among(const struct broken_controls *controls, const struct control *control) {
    for (size_t i = 0; i < controls->count; i++)
        if (controls->items[i] == control) return true;
    for (size_t i = 0; i < controls->count; i++)
        if (strcmp(controls->items[i]->id, control->id) == 0) return true;
    return false;
}

void controls_add(struct broken_controls *controls, const struct control *control) {
    if (!control || is_among(controls, control) || controls->count == STANDARD_ACTIVE_MAX) return;
    size_t at = controls->count++;
    for (; at > 0 && controls->items[at - 1]->severity < control->severity; at--)
        controls->items[at] = controls->items[at - 1];
    controls->items[at] = control;
}

struct broken_controls told_controls(const struct told_list *list, struct str rule_name) {
    struct broken_controls controls = {0};
    for (size_t i = 0; i < list->count; i++)
        for (const struct rule_link *link = &list->items[i]->rules; link; link = link->next)
            if (link->control && str_equals(link->rule->name, rule_name))
                controls_add(&controls, link->control);
    return controls;
}

struct str words_controls(struct arena *arena, const struct broken_controls *controls,
                          size_t most) {
    struct strbuf text;
    size_t shown = 0;
    if (controls->count == 0) return STR_NONE;
    strbuf_init(&text, arena, 128);
    for (; shown < controls->count; shown++) {
        struct str id = str_from(controls->items[shown]->id);
        bool is_last = shown + 1 == controls->count;
        if (text.len + 2 + id.len + (is_last ? 0 : MORE_BYTES) > most) break;
        words_separate(&text, shown);
        strbuf_add(&text, id);
    }
    if (shown == 0) return STR_NONE;
    if (shown < controls->count) words_add_more(&text, " and ", controls->count - shown, " more");
    return strbuf_str(&text);
}
