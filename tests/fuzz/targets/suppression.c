/* What is taken has rules and a reason. */
#include "desk/suppression.h"

#include "fuzz/fuzz.h"

void fuzz_suppression(struct fuzz *fuzz, struct str input) {
    struct suppression_list list;
    struct error err = {0};
    if (!suppression_parse(&fuzz->arena, input, &list, &err)) {
        FUZZ_EXPECT(err.text[0] != '\0');
        return;
    }
    FUZZ_EXPECT(list.count > 0 && list.count <= SUPPRESSION_LINES_MAX);
    for (size_t i = 0; i < list.count; i++)
        FUZZ_EXPECT(list.items[i].rules.count > 0 && !str_is_empty(list.items[i].reason));
    for (size_t i = 0; i < fuzz->strict->policy_count; i++)
        for (size_t j = 0; j < fuzz->strict->policies[i].rule_count; j++)
            (void)suppression_find(&list, &fuzz->strict->policies[i].rules[j]);
}
