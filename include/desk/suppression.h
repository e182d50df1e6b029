/*
 * suppression: the annotation podgate.io/ignore, with which whoever writes a manifest takes rules'
 * violations out of what `podgate check` counts, saying why.
 *
 *   value = line { newline line }          empty lines are passed over
 *   line  = rules ";" reason               the reason is what follows the first semicolon
 *   rules = glob { "," glob }              RULE or POLICY/RULE
 *
 * It counts offline alone and only for rules of policies that say allowInlineSuppression: at admission
 * it would be self-exemption, and nothing above the floor desk knows it. Everything lives in the
 * caller's arena; any thread may enter.
 */
#ifndef PODGATE_DESK_SUPPRESSION_H
#define PODGATE_DESK_SUPPRESSION_H

#include "policy/policy.h"

#define SUPPRESSION_ANNOTATION STR("podgate.io/ignore")
#define SUPPRESSION_LINES_MAX 64 /* of one annotation; globs of a line */

struct suppression {
    struct str_list rules;
    struct str reason;
};

struct suppression_list {
    struct suppression *items;
    size_t count;
};

/* Reads one annotation's value; the texts point into it. False: ERR_SYNTAX without rules, without reason,
 * or for a malformed glob; ERR_LIMIT; ERR_MEMORY. */
MUST_CHECK bool suppression_parse(struct arena *arena, struct str value,
                                  struct suppression_list *out, struct error *err);
/* The first one that names the rule, or NULL. Whether its policy allows that is not asked. */
const struct suppression *suppression_find(const struct suppression_list *list,
                                           const struct rule *rule);

#endif
