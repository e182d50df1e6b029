/* A test of policies is run or refused with a place. Those that name files are passed over. */
#include "desk/trial.h"

#include "fuzz/fuzz.h"

void fuzz_trial(struct fuzz *fuzz, struct str input) {
    struct strbuf out;
    struct diagnostics diagnostics;
    struct trial_results results = {.cases = 0};
    if (str_contains(input, STR("ile")) || str_contains(input, STR("policies"))) return;
    strbuf_init(&out, &fuzz->arena, 0);
    diagnostics_init(&diagnostics, &fuzz->arena);
    trial_run(&fuzz->arena, STR("test.yaml"), input, 0, &diagnostics, &results);
    FUZZ_EXPECT(results.failed <= results.cases);
    trial_write_text(&out, &results);
    FUZZ_EXPECT(results.failed == 0 || str_contains(strbuf_str(&out), STR("failed: ")));
    trial_write_junit(&out, &results, &diagnostics);
}
