/* What checks ask of lists of ranges. */
#include "rules/param.h"

bool range_list_has(const struct range_list *ranges, int64_t number) {
    for (size_t i = 0; i < ranges->count; i++) {
        if (number >= ranges->items[i].first && number <= ranges->items[i].last) return true;
    }
    return false;
}

struct str range_list_text(struct arena *arena, const struct range_list *ranges, int64_t max) {
    if (ranges->count == 0) return STR_NONE;
    struct strbuf text;
    strbuf_init(&text, arena, 0);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->items[i];
        strbuf_printf(&text, "%s%lld", i == 0 ? "" : ", ", (long long)range->first);
        if (range->first == range->last) continue;
        if (range->last == max)
            strbuf_add(&text, STR(" or above"));
        else
            strbuf_printf(&text, "-%lld", (long long)range->last);
    }
    return strbuf_str(&text);
}
