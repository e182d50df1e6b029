/*
 * judged: a policy and a manifest, both as YAML text, brought together: what the tests of this floor
 * start from. End with judged_end.
 */
#ifndef PODGATE_TESTS_JUDGED_H
#define PODGATE_TESTS_JUDGED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/date.h"
#include "policy/engine.h"
#include "policy/verdict.h"
#include "text/yaml.h"

struct judged {
    struct arena arena;
    struct snapshot *snapshot;
    struct document document;
    struct workload workload;
    struct subject subject;
    const bool *rules; /* as in terms */
    struct judgement judgement;
};

#define POLICY(name, spec)                                                                         \
    "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: " name "}\nspec:\n" spec
#define POD(spec)                                                                                  \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: team-a}\nspec:\n" spec

/* Fails the test, saying why, unless the policy loads. */
static inline struct snapshot *judged_compile(struct arena *arena, const char *policy) {
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics, arena);
    struct policy_source source = {STR("policy.yaml"), str_from(policy)};
    struct snapshot *snapshot = policy_compile(&source, 1, &diagnostics);
    if (!snapshot) {
        struct strbuf text;
        strbuf_init(&text, arena, 256);
        diagnostic_format(diagnostics.first, &text);
        fail_msg("%s", text.at);
    }
    return snapshot;
}

static inline void judged_read(struct judged *judged, const char *manifest) {
    struct yaml_reader reader;
    struct error err = {0};
    yaml_reader_init(&reader, str_from(manifest), YAML_MANIFEST, &yaml_limits_manifest);
    if (yaml_read(&reader, &judged->arena, &judged->document, &err) != YAML_DOCUMENT)
        fail_msg("%s", err.text);
    const struct cJSON *root = judged->document.root;
    const struct workload_kind *kind =
        workload_find_manifest(tree_string(tree_find(root, STR("apiVersion"))),
                               tree_string(tree_find(root, STR("kind"))));
    assert_non_null(kind);
    if (!workload_decode(&judged->arena, kind, &judged->document, root, &judged->workload, &err))
        fail_msg("%s %s", err.where, err.text);
    subject_init(&judged->subject, &judged->workload);
}

/* Reads both; the test may then change the subject. */
static inline void judged_begin(struct judged *judged, const char *policy, const char *manifest) {
    *judged = (struct judged){0};
    arena_init(&judged->arena, 65536, 0);
    judged->snapshot = judged_compile(&judged->arena, policy);
    judged_read(judged, manifest);
}

/* Noon of a day "2027-03-01", in Unix seconds. */
static inline int64_t judged_noon(const char *day) {
    struct error err = {0};
    int64_t days;
    if (!date_parse(str_from(day), &days, &err)) fail_msg("%s", err.text);
    return days * 86400 + 43200;
}

static inline void judged_judge_on(struct judged *judged, enum mode mode, int64_t now) {
    struct terms terms = {.snapshot = judged->snapshot,
                          .profile = snapshot_find_profile(judged->snapshot, STR("default")),
                          .mode = mode,
                          .now = now,
                          .rules = judged->rules};
    assert_non_null(terms.profile);
    engine_judge(&judged->arena, &terms, &judged->subject, &judged->judgement);
    verdict_tell(&judged->arena, &judged->workload, &judged->judgement);
    assert_false(arena_is_exhausted(&judged->arena));
}

static inline void judged_judge(struct judged *judged, enum mode mode) {
    judged_judge_on(judged, mode, judged_noon("2027-01-15"));
}

static inline void judged_end(struct judged *judged) {
    snapshot_free(judged->snapshot);
    arena_fini(&judged->arena);
}

/* "rule:container rule:" in the order of the judgement. */
static inline const char *judged_text(struct judged *judged) {
    struct strbuf text;
    strbuf_init(&text, &judged->arena, 256);
    strbuf_add(&text, STR(""));
    for (const struct violation *v = judged->judgement.first; v; v = v->next) {
        struct str name = v->finding->container ? v->finding->container->name : STR("");
        strbuf_printf(&text, "%s%.*s:%.*s", text.len ? " " : "", STR_ARGS(v->rule->name),
                      STR_ARGS(name));
    }
    return text.at;
}

/* Judges under enforce and compares with judged_text. */
static inline void assert_judged(const char *policy, const char *manifest, const char *expected) {
    struct judged judged;
    judged_begin(&judged, policy, manifest);
    judged_judge(&judged, MODE_ENFORCE);
    assert_string_equal(judged_text(&judged), expected);
    judged_end(&judged);
}

#endif
