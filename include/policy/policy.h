/*
 * policy: policy files become an immutable snapshot, whole or not at all.
 *
 * A snapshot owns everything in its arena, is built by one thread and then only read, by any thread.
 * Every error names file:line:column and, where something near exists, "did you mean"; all errors of all files are
 * collected. `policy_compile` touches no disk: texts come from the caller and must outlive only the call.
 */
#ifndef PODGATE_POLICY_POLICY_H
#define PODGATE_POLICY_POLICY_H

#include "base/diagnostic.h"
#include "base/glob.h"
#include "base/json_out.h"
#include "policy/action.h"
#include "policy/match_index.h"
#include "rules/registry.h"
#include "rules/standard.h"

struct policy;
struct exception;

struct rule {
    const struct policy *policy;
    size_t number; /* of all rules of the snapshot, from 0 */
    struct str name;
    struct str id;            /* "policy/rule" */
    struct json_text json_id; /* the same */
    const struct check *check;
    const void *params;
    const struct standard *standard; /* `params` of a pod-security rule; NULL: another check's */
    bool judges_object;              /* struct check */
    enum severity severity;
    enum action action;          /* on Pods */
    enum action template_action; /* on workload templates */
    int64_t deny_from;  /* the day, since 1970 in UTC, before which it only warns; 0: none */
    struct str message; /* one more line for the reader, or empty */
    const struct exception **exceptions; /* whose `rules` name it: those that last longest first */
    size_t exception_count;
    uint32_t line, column;
};
/* What the rule does on that day, before any ceiling. */
enum action rule_action(const struct rule *rule, bool is_pod, int64_t today);

/* Those of a policy's rules that may concern a kind: not off, and the policy's match has the kind. */
struct kind_rules {
    const struct rule *const *items;
    size_t count;
};

struct policy {
    struct str name, file;
    bool is_builtin;
    bool is_strict;          /* updates: strict */
    bool allows_suppression; /* offline, by annotations of objects (desk/suppression) */
    struct match match;
    const struct match *excludes;
    size_t exclude_count;
    const struct rule *rules;
    size_t rule_count;
    const struct kind_rules *of_kind; /* by workload_index, of the snapshot's kinds */
    uint32_t line;
};

#define EXCEPTION_NEVER_ENDS INT64_MAX

/* What it matches may break its rules: a violation in its reach does not count, but is told. */
struct exception {
    struct str name, file, owner, reason;
    struct str_list rules; /* globs of policy/rule */
    /* Of pod-security rules, the only ones that it then concerns; empty: all that its rules find. */
    struct str_list controls;
    struct match match;
    int64_t expires; /* the last day on which it counts, since 1970 in UTC */
    uint32_t line, column;
};
static inline bool exception_has_expired(const struct exception *exception, int64_t today) {
    return today > exception->expires;
}
/* By its `rules` alone. */
bool exception_names_rule(const struct exception *exception, const struct rule *rule);
/* By its `controls` alone; `control` may be NULL. */
bool exception_has_control(const struct exception *exception, const struct control *control);

struct profile {
    struct str name;
    enum mode mode;
    const struct policy **policies;
    size_t policy_count;
    /* Sets of the snapshot's policies, by their numbers: those that have rules of the kind. */
    const uint64_t *of_kind[WORKLOAD_KINDS_MAX];
    bool judges_object[WORKLOAD_KINDS_MAX]; /* one of them reads more than the pod (struct check) */
};

struct snapshot {
    struct arena arena;
    /* Behind the last one of those that were loaded stand those that built-in Profiles keep to themselves. */
    const struct policy *policies;
    size_t policy_count, private_policy_count;
    struct match_index match_index; /* of all of them, by their numbers */
    size_t rule_count;              /* of all of them */
    const struct profile *profiles; /* "default", "baseline" and "restricted" are always there */
    size_t profile_count;
    const struct exception *exceptions;
    size_t exception_count;
    struct declared_kinds declared;
    size_t match_count;  /* distinct matches */
    uint64_t hash;       /* FNV-1a of names and texts: `config_hash` in logs and metrics */
    uint64_t generation; /* set by the store */
    unsigned references; /* the store's */
    struct snapshot *next_retired; /* the store's */
};

struct policy_source {
    struct str name; /* file name for messages; "builtin:NAME" for built-in ones */
    struct str text;
};

/*
 * Compiles all sources into one snapshot. NULL when there was any error (all in `diagnostics`, whose arena is the
 * caller's; it may be NULL). No source at all is the built-in `default` policy; sources without a Policy are an error.
 */
struct snapshot *policy_compile(const struct policy_source *sources, size_t count,
                                struct diagnostics *diagnostics);
void snapshot_free(struct snapshot *snapshot);
/* The profile of this name, or NULL. */
const struct profile *snapshot_find_profile(const struct snapshot *snapshot, struct str name);

/* A kind of policy file that rooms above know: `write` adds the schema of its spec as a member. */
struct policy_schema_kind {
    const char *name;
    void (*write)(struct json_out *out, const char *name);
};
/* The JSON Schema (draft 7) of policy files, from the tables that read them. `more` may be NULL. */
void policy_write_schema(struct json_out *out, const struct policy_schema_kind *more);

#endif
