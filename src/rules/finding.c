#include "rules/finding.h"

void findings_init(struct findings *findings, struct arena *arena, size_t limit) {
    *findings = (struct findings){.arena = arena, .limit = limit};
}

struct finding *finding_add(struct findings *findings, struct finding finding) {
    if (findings->count >= findings->limit) {
        findings->omitted++;
        return NULL;
    }
    struct finding *added = ARENA_NEW(findings->arena, struct finding, 1);
    if (!added) return NULL;
    *added = finding;
    added->next = NULL;
    if (findings->last)
        findings->last->next = added;
    else
        findings->first = added;
    findings->last = added;
    findings->count++;
    return added;
}
