/*
 * verdict: findings become sentences, in one voice and a stable order: worst first (action, severity), then
 * rules in the policies' order, then containers. No uids, no times (events are folded by text).
 */
#ifndef PODGATE_POLICY_VERDICT_H
#define PODGATE_POLICY_VERDICT_H

#include "policy/engine.h"

#define VERDICT_MESSAGE_MAX 4096   /* bytes of a denial's message */
#define VERDICT_FIRST_LINE_MAX 200 /* characters of its first line */
#define VERDICT_WARNING_MAX 256    /* characters of one warning */

/* Makes the words of what counts and of what is excused. The answer, its annotations and the log line share them, so
 * this comes before all that takes a judgement. */
void verdict_tell(struct arena *arena, const struct workload *workload,
                  struct judgement *judgement);

/* The finding's own field, as in the file that person edits: "spec.template.spec.containers[0].image"; for a Pod
 * that a controller of a known kind owns, in that controller's template. Messages, causes and annotations all use it,
 * but a message's line names the pod-level field instead where the check says that it is the one to edit. */
struct str verdict_path(struct arena *arena, const struct workload *workload,
                        const struct finding *finding);
/* The same in this very object, as tree_resolve reads it. */
struct str verdict_own_path(struct arena *arena, const struct workload *workload,
                            const struct finding *finding);
/* container "web" may run as root */
struct str verdict_message(struct arena *arena, const struct workload *workload,
                           const struct finding *finding);
/* What to write instead, without the path. */
struct str verdict_fix(struct arena *arena, const struct finding *finding);
/* What time has brought or will bring, or empty: `exception "agent" ended on 2027-06-30; owner: platform-team`,
 * `will be denied from 2027-03-01`. */
struct str verdict_note(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct violation *violation);
/* Pod of Deployment "web", Pod "worker-*", Deployment "web" */
struct str verdict_subject(struct arena *arena, const struct workload *workload);

struct denial {
    /* One entry a rule; rules that find the same field with the same mend are one entry. At most
     * VERDICT_MESSAGE_MAX bytes, then "and N more: run podgate check". */
    struct str message;
    /* One a field (merged by field and mend), at most 64: the reason is "policy/rule", the message who it is about and
     * what is wrong. What to write instead stands in the denial's message alone. */
    const struct review_cause *causes;
    size_t cause_count;
};
/* Of the violations that deny. */
struct denial verdict_denial(struct arena *arena, const struct workload *workload,
                             const struct judgement *judgement);
/* One line a rule that warns, one when new Pods of a template that was kept will be refused, one for each exception
 * that ends within 14 days. Without control characters, at most VERDICT_WARNING_MAX each, 1024 characters in all. None
 * in mode audit. */
size_t verdict_warnings(struct arena *arena, const struct workload *workload,
                        const struct judgement *judgement, const struct str **out);
/* `uid`, `policies`, `violations`, `exceptions`: only where there is a violation or an exception. */
size_t verdict_annotations(struct arena *arena, const struct review *review,
                           const struct judgement *judgement, const struct review_annotation **out);

#endif
