#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/policy.h"
#include "rules/registry.h"

const struct fuzz_target fuzz_targets[] = {
#define TARGET(target, seeds, suffix, dictionary, mutate, sources)                                 \
    {#target, fuzz_##target, seeds, suffix, mutate},
#include "fuzz/targets.def"
#undef TARGET
};
const size_t fuzz_target_count = sizeof fuzz_targets / sizeof fuzz_targets[0];

const struct fuzz_target *fuzz_target_find(const char *name) {
    for (size_t i = 0; i < fuzz_target_count; i++)
        if (strcmp(fuzz_targets[i].name, name) == 0) return &fuzz_targets[i];
    return NULL;
}

void fuzz_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* One policy with a rule for each check, with the parameters of its example. */
struct snapshot *fuzz_compile_strict(struct arena *arena) {
    struct diagnostics diagnostics;
    struct strbuf text;
    strbuf_init(&text, arena, 16384);
    strbuf_add(&text,
               STR("apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: strict}\n"
                   "spec:\n  allowInlineSuppression: true\n  rules:\n"));
    for (size_t i = 0; i < check_registry_count; i++) {
        strbuf_printf(&text, "  - check: %s\n", check_registry[i]->id);
        if (check_registry[i]->example_params)
            strbuf_printf(&text, "    params: %s\n", check_registry[i]->example_params);
    }
    struct policy_source source = {STR("strict.yaml"), strbuf_str(&text)};
    diagnostics_init(&diagnostics, arena);
    struct snapshot *snapshot = policy_compile(&source, 1, &diagnostics);
    FUZZ_EXPECT(snapshot != NULL);
    arena_reset(arena, 0);
    return snapshot;
}

void fuzz_init(struct fuzz *fuzz) {
    arena_init(&fuzz->arena, (size_t)64 << 10, (size_t)512 << 20);
    fuzz->strict = fuzz_compile_strict(&fuzz->arena);
}

void fuzz_fini(struct fuzz *fuzz) {
    snapshot_free((struct snapshot *)(uintptr_t)fuzz->strict);
    arena_fini(&fuzz->arena);
}

void fuzz_run(struct fuzz *fuzz, const struct fuzz_target *target, struct str input) {
    char *exact = malloc(input.len + (input.len == 0));
    FUZZ_EXPECT(exact != NULL);
    if (input.len > 0) memcpy(exact, input.at, input.len);
    arena_reset(&fuzz->arena, (size_t)1 << 20);
    target->run(fuzz, (struct str){exact, input.len});
    free(exact);
}
