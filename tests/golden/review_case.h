/*
 * review_case: how a recorded review, tests/reviews/NAME, is to be judged: its file `options`.
 */
#ifndef PODGATE_TESTS_REVIEW_CASE_H
#define PODGATE_TESTS_REVIEW_CASE_H

#include "golden/fixture.h"
#include "policy/policy.h"

#define REVIEW_FOLDER "tests/reviews"

struct review_setting {
    enum mode mode;
    int64_t now;
    char profile[128], policies[256];
};

/* Enforced, at the beginning of time, by the built-in default policy, unless NAME/options says otherwise. */
void review_setting_read(const char *name, struct review_setting *setting);
/* The policies of a setting, compiled; NULL when they have errors. */
struct snapshot *review_setting_load(const struct review_setting *setting);
/* The folders of tests/reviews that hold a request.json. */
struct fixture_names review_names(void);

#endif
