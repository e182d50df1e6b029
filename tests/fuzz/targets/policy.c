/* A policy file loads, or each of its errors has a place and words; loaded, it judges. */
#include "fuzz/fuzz.h"
#include "policy/admission.h"

static void judge_something(struct fuzz *fuzz, const struct snapshot *snapshot) {
    static const char review[] =
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"u\","
        "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\","
        "\"version\":\"v1\",\"resource\":\"pods\"},\"operation\":\"CREATE\",\"namespace\":\"web\","
        "\"userInfo\":{\"username\":\"ann\",\"groups\":[\"dev\"]},\"object\":{\"metadata\":{"
        "\"name\":\"web\",\"labels\":{\"app\":\"web\"}},\"spec\":{\"hostNetwork\":true,\"containers\":[{"
        "\"name\":\"web\",\"image\":\"nginx:latest\",\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":"
        "\"hunter22\"}],\"securityContext\":{\"privileged\":true}}]}}}}";
    struct admission_options options = {.limits = scan_limits_default, .mode = MODE_ENFORCE};
    struct admission_outcome outcome;
    admission_answer(&fuzz->arena, &options, snapshot, STR_NONE, str_from(review), 1800000000,
                     &outcome);
    FUZZ_EXPECT(outcome.http_status == 200);
    FUZZ_EXPECT(!str_contains(outcome.body, STR("hunter22")));
}

void fuzz_policy(struct fuzz *fuzz, struct str input) {
    struct policy_source source = {STR("fuzz.yaml"), input};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, &fuzz->arena);
    struct snapshot *snapshot = policy_compile(&source, 1, &diagnostics);
    FUZZ_EXPECT(!snapshot == (diagnostics.first != NULL));
    for (const struct diagnostic *d = diagnostics.first; d; d = d->next) {
        struct strbuf line;
        strbuf_init(&line, &fuzz->arena, 256);
        diagnostic_format(d, &line);
        FUZZ_EXPECT(line.len > 0 && str_find_char(strbuf_str(&line), '\n') == line.len);
    }
    if (snapshot) judge_something(fuzz, snapshot);
    snapshot_free(snapshot);
}
