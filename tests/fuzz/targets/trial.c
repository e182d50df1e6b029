/* A test of policies is run or refused with a place. Those that name files are passed over. */
#include "desk/trial.h"

#include "fuzz/fuzz.h"

void fuzz_trial(struct fuzz *fuzz, struct str input) {
    struct strbuf out;
    struct diagnostics diagnostics;
    struct trial_counts counts = {.cases = 0};
    if (str_contains(input, STR("ile")) || str_contains(input, STR("policies"))) return;
    strbuf_init(&out, &fuzz->arena, 0);
    diagnostics_init(&diagnostics, &fuzz->arena);
    trial_run(&fuzz->arena, STR("test.yaml"), input, 0, &out, &diagnostics, &counts);
    FUZZ_EXPECT(counts.failed <= counts.cases);
    FUZZ_EXPECT(counts.failed == 0 || out.len > 0);
}
