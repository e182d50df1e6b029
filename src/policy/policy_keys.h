/*
 * policy_keys (private to the room policy): a key of a policy file is one row: its name, who decodes it, and
 * what the JSON Schema says of it.
 */
#ifndef PODGATE_POLICY_POLICY_KEYS_H
#define PODGATE_POLICY_POLICY_KEYS_H

#include "text/tree.h"

struct loading; /* policy_loading.h */

typedef void (*key_decoder)(struct loading *loading, const struct cJSON *node, void *out);

/* What a key takes, for the JSON Schema. */
enum key_shape {
    KEY_LABEL,
    KEY_LINE,
    KEY_DATE,
    KEY_BOOL,
    KEY_TEXTS,
    KEY_TEXT_MAP,
    KEY_ACTION,
    KEY_MODE,
    KEY_SEVERITY,
    KEY_UPDATES,
    KEY_CHECK,
    KEY_KINDS,
    KEY_OPERATIONS,
    KEY_CONTAINER_TYPES,
    KEY_CONTROLS,
    KEY_MATCH,
    KEY_EXCEPTION_MATCH,
    KEY_EXCLUDES,
    KEY_RULES,
    KEY_PARAMS,
    KEY_GROUP,
    KEY_KIND,
    KEY_PATH,
};

struct key_row {
    const char *name;
    key_decoder decode;
    bool is_required;
    enum key_shape shape;
    const char *doc;
};

struct key_table {
    const struct key_row *rows;
    size_t count;
};
struct key_table loading_policy_keys(void);
struct key_table loading_rule_keys(void);
struct key_table loading_exception_keys(void);
struct key_table loading_profile_keys(void);
struct key_table loading_workload_kind_keys(void);
struct key_table loading_metadata_keys(void);
/* Of `match`, or of what takes objects out. */
struct key_table loading_match_keys(bool takes_out);

#endif
