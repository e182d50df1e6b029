/*
 * policy_loading (private to the room): policy files while they are read. A key table {key, decoder} per
 * object is the only home of a key; what is wrong is collected with its place and reading goes on.
 * Everything decoded lives in the snapshot's arena, the trees too, so texts are never copied.
 */
#ifndef PODGATE_POLICY_POLICY_LOADING_H
#define PODGATE_POLICY_POLICY_LOADING_H

#include "base/table.h"
#include "policy/policy.h"
#include "policy/policy_keys.h"

/* Where something stands in the files, for errors that are found later. */
struct origin {
    struct str file;
    uint32_t line, column;
};

struct loaded_policy {
    struct policy policy; /* rules and excludes are the arrays below */
    struct rule *rules;
    struct match *excludes;
    struct origin origin; /* of its name */
    struct loaded_policy *next;
};

struct named_glob {
    struct str glob;
    struct origin origin;
};

struct loaded_profile {
    struct str name;
    enum mode mode;
    const struct named_glob *policies;
    size_t policy_count;
    struct origin origin;
    struct loaded_profile *next;
};

struct loaded_exception {
    struct exception exception;
    struct origin origin; /* of its name */
    /* Of keys that are judged once all rules are known; line 0: not given. */
    struct origin controls_origin, match_origin;
    struct loaded_exception *next;
};

struct loaded_kind {
    struct str name;
    struct origin origin; /* of its name */
};

struct loading {
    struct arena *arena;             /* the snapshot's */
    struct diagnostics *diagnostics; /* may be NULL */
    bool failed;
    /* the document at hand */
    struct str file;
    bool is_builtin;
    const struct document *document;
    /* what was read, in order */
    struct loaded_policy *policies, **policies_end;
    struct loaded_profile *profiles, **profiles_end;
    struct loaded_exception *exceptions, **exceptions_end;
    size_t policy_count, profile_count, exception_count;
    /* Declared before anything else is read: a match may name them, whichever file it stands in. */
    bool is_declaring;
    struct declared_kinds declared; /* its items are declared_items */
    struct workload_kind *declared_items;
    struct loaded_kind *declarations; /* the same, in the same order */
    size_t private_policy_count;      /* of the last policies: those of built-in Profiles */
};

/* Reads all documents of one source; what is wrong is collected. */
void loading_read_source(struct loading *loading, const struct policy_source *source);
/* Reads only the documents of kind WorkloadKind, which the other pass then leaves out. */
void loading_declare_kinds(struct loading *loading, const struct policy_source *sources,
                           size_t count);
bool loading_is_declaration(const struct cJSON *root);
/* "FILE:LINE:COLUMN", terminated, never NULL. */
const char *loading_origin_text(struct loading *loading, const struct origin *origin);
/* Builds the snapshot of what was read. NULL when it contradicts itself or memory ran out. */
struct snapshot *loading_compile(struct loading *loading);
/* Refuses a name that was taken before by one of that kind, a word for the message. The table's rows point to origins. */
void loading_take_name(struct loading *loading, struct table *taken, const char *kind,
                       struct str name, const struct origin *origin);
void loading_refuse_same_exceptions(struct loading *loading);
/* Makes the snapshot's exceptions and gives each rule its own; refuses those that could excuse nothing. */
struct exception *loading_compile_exceptions(struct loading *loading, struct policy *policies,
                                             size_t policy_count);

/* What a policy says for those of its rules that are silent. */
struct inherited {
    enum action action;
    int64_t deny_from;
};
/* One of `rules`; false when it is unusable. */
bool loading_rule(struct loading *loading, const struct cJSON *node,
                  const struct inherited *inherited, struct rule *out);

/* `match` (or one item of `exclude`, or an Exception's `match`: both may acknowledge broad requesters). */
void loading_match(struct loading *loading, const struct cJSON *node, struct match *out);
void loading_exclude(struct loading *loading, const struct cJSON *node, struct match *out);
void loading_exception_match(struct loading *loading, const struct cJSON *node, struct match *out);
/* A match that no key narrows. */
struct match match_everything(void);

/* What is wrong, at a value, at a key, or at a place that was kept. */
void loading_error(struct loading *loading, const struct cJSON *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
void loading_error_key(struct loading *loading, const struct cJSON *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
void loading_error_at(struct loading *loading, const struct origin *origin, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* What to do about the last error. */
void loading_hint(struct loading *loading, const char *format, ...) PRINTF_LIKE(2, 3);
/* "did you mean ...?" when one of the words is near, else "write a, b or c" when they are few. */
void loading_hint_words(struct loading *loading, struct str wrong, const struct str *words,
                        size_t count);
struct origin loading_origin(const struct loading *loading, const struct cJSON *node);

/* Decodes an object by its key table; `what` names it in messages ("spec", "the rule"). */
void loading_object(struct loading *loading, const struct cJSON *node, const char *what,
                    const struct key_row *rows, size_t count, void *out);
/* False, and an error, for another type or the empty string. `what` is the key's name. */
bool loading_string(struct loading *loading, const struct cJSON *node, const char *what,
                    struct str *out);
/* A list that is not empty; `what` is the key's name. */
bool loading_list(struct loading *loading, const struct cJSON *node, const char *what);
bool loading_bool(struct loading *loading, const struct cJSON *node, const char *what, bool *out);
/* One line without control characters, trimmed: a block scalar's last newline is no second line. */
bool loading_line(struct loading *loading, const struct cJSON *node, const char *what,
                  struct str *out);
/* YYYY-MM-DD as days since 1970. */
bool loading_date(struct loading *loading, const struct cJSON *node, const char *what,
                  int64_t *days);
/* A DNS label. */
bool loading_label(struct loading *loading, const struct cJSON *node, const char *what,
                   struct str *out);
/* "unknown KEY WORD", and what it may be. */
void loading_unknown_word(struct loading *loading, const struct cJSON *node, struct str word,
                          const struct str *words, size_t count);
bool loading_action(struct loading *loading, const struct cJSON *node, enum action *out);
/* A list of globs. */
void loading_globs(struct loading *loading, const struct cJSON *node, struct str_list *out);

#endif
