#include "desk/report/model.h"

#define SEPARATOR '\x1f' /* in no name that an API server takes */
#define NAME_BYTES 256

const struct str report_decision_names[REPORT_DECISIONS] = {
    STR_INIT("deny"),  STR_INIT("would_deny"), STR_INIT("warn"),
    STR_INIT("audit"), STR_INIT("error"),      STR_INIT("allow")};
const struct str report_wanted_names[3] = {STR_INIT("audit"), STR_INIT("warn"), STR_INIT("deny")};

/* Two generations: when the younger is full the older is forgotten. */
struct report_uids {
    uint64_t *young, *old;
    uint32_t count;
    uint32_t slots;
};

#define UID_FIRST_SLOTS 1024

void report_init(struct report *report) {
    *report = (struct report){.lines = 0};
    arena_init(&report->arena, (size_t)256 << 10, 0);
    table_init(&report->owners, sizeof(struct report_owner), REPORT_OWNERS);
    table_init(&report->rules, sizeof(struct report_rule), REPORT_RULES);
    table_init(&report->pairs, sizeof(struct report_pair), REPORT_PAIRS);
    table_init(&report->namespaces, sizeof(struct report_namespace), REPORT_NAMESPACES);
    table_init(&report->exceptions, sizeof(struct report_exception), REPORT_EXCEPTIONS);
    table_init(&report->hours, sizeof(struct report_hour), REPORT_HOURS);
    table_init(&report->texts, 0, REPORT_TEXTS);
    report->uids = ARENA_NEW(&report->arena, struct report_uids, 1);
}

void report_fini(struct report *report) { arena_fini(&report->arena); }

/* --- texts ----------------------------------------------------------------------------------- */

struct str model_text(const struct cJSON *object, const char *name) {
    return str_utf8_cut(tree_string(tree_find(object, str_from(name))), REPORT_TEXT_BYTES);
}

enum report_wanted model_wanted(struct str action) {
    if (str_equals(action, STR("deny"))) return REPORT_WANTS_DENY;
    return str_equals(action, STR("warn")) ? REPORT_WANTS_WARN : REPORT_WANTS_AUDIT;
}

/* The one copy of a text; what is over the limit is not kept. */
static struct str keep(struct report *report, struct str text) {
    if (str_is_empty(text)) return STR("");
    uint32_t number = table_take(&report->texts, &report->arena, text);
    return number == TABLE_NONE ? STR("") : report->texts.keys[number];
}

static struct str cut_name(struct str name) { return str_utf8_cut(name, NAME_BYTES); }

void report_owner_parts(const struct report *report, uint32_t owner, struct str *name_space,
                        struct str *kind, struct str *name) {
    struct str key = report->owners.keys[owner];
    size_t at = str_find_char(key, SEPARATOR);
    *name_space = str_slice(key, 0, at);
    key = str_slice(key, at + 1, key.len);
    at = str_find_char(key, SEPARATOR);
    *kind = str_slice(key, 0, at);
    *name = str_slice(key, at + 1, key.len);
}

/* --- counting -------------------------------------------------------------------------------- */

void model_begin_event(struct report *report) { report->event++; }

uint32_t model_namespace(struct report *report, struct str name) {
    uint32_t number = table_take(&report->namespaces, &report->arena, cut_name(name));
    if (number == TABLE_NONE) report->left_out.namespaces++;
    return number;
}

/* The key is made in a buffer: most owners are there already. */
static struct str owner_key(const struct model_subject *subject,
                            char buffer[static 3 * NAME_BYTES + 2]) {
    const struct str parts[] = {cut_name(subject->name_space), cut_name(subject->kind),
                                cut_name(subject->name)};
    size_t len = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i > 0) buffer[len++] = SEPARATOR;
        if (parts[i].len > 0) memcpy(buffer + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    return (struct str){buffer, len};
}

void model_take_owner(struct report *report, struct model_subject *subject) {
    char buffer[3 * NAME_BYTES + 2];
    uint32_t before = report->owners.count;
    struct str key = owner_key(subject, buffer);
    subject->owner_number = table_take(&report->owners, &report->arena, key);
    if (subject->owner_number == TABLE_NONE) {
        report->left_out.owners++;
        return;
    }
    struct report_owner *owner = table_row(&report->owners, subject->owner_number);
    if (report->owners.count > before) {
        owner->name_space = subject->space_number;
        if (subject->space_number != TABLE_NONE) {
            struct report_namespace *space = table_row(&report->namespaces, subject->space_number);
            space->workloads++;
        }
    }
    if (owner->last_event != report->event) owner->reviews++;
    owner->last_event = report->event;
    if (subject->at_ms > owner->last_ms) owner->last_ms = subject->at_ms;
}

static uint32_t take_rule(struct report *report, const struct model_violation *violation) {
    uint32_t number =
        table_take(&report->rules, &report->arena, str_utf8_cut(violation->rule, 2 * NAME_BYTES));
    if (number == TABLE_NONE) {
        report->left_out.rules++;
        return TABLE_NONE;
    }
    struct report_rule *rule = table_row(&report->rules, number);
    if (rule->last_event != report->event) rule->reviews++;
    rule->last_event = report->event;
    if (violation->wanted > rule->wanted) rule->wanted = violation->wanted;
    if (str_is_empty(rule->check)) rule->check = keep(report, violation->check);
    if (str_is_empty(rule->severity)) rule->severity = keep(report, violation->severity);
    if (str_is_empty(rule->message)) {
        rule->message = keep(report, violation->message);
        rule->fix = keep(report, violation->fix);
    }
    return number;
}

static void note_denied(struct report *report, uint32_t number) {
    struct report_owner *owner = table_row(&report->owners, number);
    if (owner->would_be_denied) return;
    owner->would_be_denied = true;
    if (owner->name_space == TABLE_NONE) return;
    struct report_namespace *space = table_row(&report->namespaces, owner->name_space);
    space->denied_workloads++;
}

static void take_pair(struct report *report, uint32_t owner, uint32_t rule,
                      const struct model_violation *violation) {
    uint32_t numbers[] = {owner, rule};
    uint32_t before = report->pairs.count;
    struct str key = {(const char *)numbers, sizeof numbers};
    uint32_t number = table_take(&report->pairs, &report->arena, key);
    if (number == TABLE_NONE) {
        report->left_out.pairs++;
        return;
    }
    struct report_pair *pair = table_row(&report->pairs, number);
    if (report->pairs.count > before) {
        pair->owner = owner;
        pair->rule = rule;
        ((struct report_owner *)table_row(&report->owners, owner))->rules++;
        ((struct report_rule *)table_row(&report->rules, rule))->workloads++;
    }
    if (pair->last_event != report->event) pair->reviews++;
    pair->last_event = report->event;
    if (violation->wanted > pair->wanted) pair->wanted = violation->wanted;
    if (!str_is_empty(pair->message) || str_is_empty(violation->message)) return;
    pair->path = keep(report, violation->path);
    pair->message = keep(report, violation->message);
    pair->fix = keep(report, violation->fix);
}

void model_take_violation(struct report *report, const struct model_subject *subject,
                          const struct model_violation *violation) {
    uint32_t rule = take_rule(report, violation);
    if (subject->owner_number == TABLE_NONE) return;
    if (violation->wanted == REPORT_WANTS_DENY) note_denied(report, subject->owner_number);
    if (rule != TABLE_NONE) take_pair(report, subject->owner_number, rule, violation);
}

/* The row of an exception, or NULL, counted, when there is no room for another. */
static struct report_exception *take_exception(struct report *report, struct str name) {
    uint32_t number = table_take(&report->exceptions, &report->arena, cut_name(name));
    if (number != TABLE_NONE) return table_row(&report->exceptions, number);
    report->left_out.exceptions++;
    return NULL;
}

void model_take_exception(struct report *report, struct str name, struct str owner, bool ends,
                          int64_t expires) {
    struct report_exception *exception = take_exception(report, name);
    if (!exception) return;
    exception->uses++;
    /* What the policies say is newer than any line. */
    if (exception->is_declared) return;
    exception->owner = keep(report, owner);
    exception->ends = ends;
    exception->expires = expires;
}

void report_declare_exception(struct report *report, struct str name, struct str owner,
                              int64_t expires) {
    struct report_exception *exception = take_exception(report, name);
    if (!exception) return;
    exception->is_declared = true;
    exception->owner = keep(report, str_utf8_cut(owner, REPORT_TEXT_BYTES));
    exception->ends = expires != INT64_MAX;
    exception->expires = exception->ends ? expires : 0;
}

void model_take_time(struct report *report, int64_t at_ms, enum report_decision decision,
                     uint64_t reviews) {
    report->decisions[decision] += reviews;
    if (at_ms <= 0) return;
    if (report->first_ms == 0 || at_ms < report->first_ms) report->first_ms = at_ms;
    if (at_ms > report->last_ms) report->last_ms = at_ms;
    int64_t hour = at_ms / 3600000;
    struct str key = {(const char *)&hour, sizeof hour};
    uint32_t number = table_take(&report->hours, &report->arena, key);
    if (number == TABLE_NONE) {
        report->left_out.hours += reviews;
        return;
    }
    struct report_hour *row = table_row(&report->hours, number);
    row->decisions[decision] += reviews;
}

/* --- uids ------------------------------------------------------------------------------------ */

static bool contains(const uint64_t *set, uint32_t slots, uint64_t hash) {
    uint32_t at = (uint32_t)(hash >> 32) & (slots - 1);
    for (; set && set[at] != 0; at = (at + 1) & (slots - 1))
        if (set[at] == hash) return true;
    return false;
}

static void insert(uint64_t *set, uint32_t slots, uint64_t hash) {
    uint32_t at = (uint32_t)(hash >> 32) & (slots - 1);
    while (set[at] != 0)
        at = (at + 1) & (slots - 1);
    set[at] = hash;
}

/* Doubles the younger set, or, at the limit, makes it the older one. */
static bool make_room(struct report *report) {
    struct report_uids *uids = report->uids;
    if (uids->count >= REPORT_UIDS) {
        uint64_t *oldest = uids->old ? uids->old : ARENA_NEW(&report->arena, uint64_t, uids->slots);
        if (!oldest) return false;
        memset(oldest, 0, uids->slots * sizeof *oldest);
        uids->old = uids->young;
        uids->young = oldest;
        uids->count = 0;
        return true;
    }
    if (uids->slots > 0 && uids->count < uids->slots / 2) return true;
    uint32_t slots = uids->slots == 0 ? UID_FIRST_SLOTS : uids->slots * 2;
    uint64_t *larger = ARENA_NEW(&report->arena, uint64_t, slots);
    if (!larger) return false;
    for (uint32_t i = 0; i < uids->slots; i++)
        if (uids->young[i] != 0) insert(larger, slots, uids->young[i]);
    uids->young = larger;
    uids->slots = slots;
    return true;
}

bool model_is_known_uid(struct report *report, struct str uid) {
    struct report_uids *uids = report->uids;
    if (!uids || str_is_empty(uid)) return false;
    uint64_t hash = table_hash(uid) | 1; /* 0 is an empty slot */
    if (contains(uids->young, uids->slots, hash) || contains(uids->old, uids->slots, hash))
        return true;
    if (make_room(report)) {
        insert(uids->young, uids->slots, hash);
        uids->count++;
    }
    return false;
}
