/*
 * policy_keys (private to the room policy): what policy files are made of. A kind of document is one row; a key is
 * one row: its name, who decodes it, and what the JSON Schema says of it.
 */
#ifndef PODGATE_POLICY_POLICY_KEYS_H
#define PODGATE_POLICY_POLICY_KEYS_H

#include "text/tree.h"

#define POLICY_API_VERSION "podgate.io/v1alpha1"

struct loading; /* policy_loading.h */
struct origin;

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
struct key_table loading_document_keys(void);
struct key_table loading_metadata_keys(void);
struct key_table loading_rule_keys(void);
struct key_table loading_exception_keys(void);
struct key_table loading_workload_kind_keys(void);
/* Of `match`, or of what takes objects out. */
struct key_table loading_match_keys(bool takes_out);

/* A kind of document: who reads its spec, and by which keys. */
struct policy_kind {
    const char *name;
    void (*read)(struct loading *loading, const struct cJSON *spec, struct str name,
                 const struct origin *origin);
    struct key_table (*keys)(void);
};
#define POLICY_KINDS 4
extern const struct policy_kind policy_kinds[POLICY_KINDS];
void loading_read_exception(struct loading *loading, const struct cJSON *spec, struct str name,
                            const struct origin *origin);
void loading_read_workload_kind(struct loading *loading, const struct cJSON *spec, struct str name,
                                const struct origin *origin);

#endif
