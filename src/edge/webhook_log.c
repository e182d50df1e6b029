#include "edge/webhook_log.h"

#include "base/date.h"
#include "base/table.h"

/* Container runtimes cut lines at 16 KiB: what would make a line longer than this is only counted. */
#define LINE_BYTES (15 * 1024)
#define TEXT_BYTES 512    /* of a path, a message, a fix or a name */
#define PLACES_SHOWN 16   /* of one problem */
#define LIKELY_BYTES 8192 /* of the violations of an object that breaks most rules */
#define NAMESPACES_A_LINE 100

static enum log_level level_of(const struct admission_outcome *outcome) {
    bool is_ours = outcome->http_status >= 500;
    if (outcome->decision == DECISION_ERROR) return is_ours ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
    if (outcome->error_reason) return LOG_LEVEL_WARN;
    bool tells = outcome->judged && !judgement_is_clean(&outcome->judgement);
    return tells ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

static void add_review(struct log_line *line, const struct review *review, bool names_user) {
    log_string(line, "uid", review->uid);
    log_string(line, "operation", review->operation_text);
    log_string(line, "kind", review->kind.kind);
    if (review->request_kind.kind.len > 0 &&
        !str_equals(review->request_kind.kind, review->kind.kind))
        log_string(line, "request_kind", review->request_kind.kind);
    if (review->sub_resource.len > 0) log_string(line, "subresource", review->sub_resource);
    log_string(line, "namespace", review->name_space);
    log_string(line, "name", review->name);
    if (names_user) log_string(line, "user", review->user);
    log_bool(line, "dry_run", review->dry_run);
}

/* Whom a person would ask to mend it: the Deployment of a Pod, the object itself. */
static void add_owner(struct log_line *line, const struct admission_outcome *outcome) {
    struct workload_name owner = workload_display_name(&outcome->workload);
    /* Only the request knows a name that the object itself lacks. */
    bool is_nameless = str_is_empty(owner.name);
    log_string(line, "owner_kind", owner.kind);
    log_string(line, "owner", is_nameless ? outcome->review.name : owner.name);
}

/* "policy/rule" of each rule that found something which counts, once: violations come in the order of the rules. */
static void add_rules(struct log_line *line, struct arena *arena,
                      const struct judgement *judgement) {
    struct str *names = ARENA_NEW(arena, struct str, judgement->count);
    const struct rule *last = NULL;
    size_t count = 0;
    if (!names) return;
    for (const struct violation *v = judgement->first; v && count < judgement->count; v = v->next) {
        if (v->rule == last) continue;
        last = v->rule;
        names[count++] = last->id;
    }
    log_list(line, "rules", names, count);
}

/* --- violations ------------------------------------------------------------------------------ */

/* Their lists are most of a long line and have one shape: texts stand between fixed ones, without a writer that keeps
 * count of them. Inline, because the compiler then knows how long those are. */
static inline void add_text(struct strbuf *out, struct str before, struct str text) {
    strbuf_add(out, before);
    json_out_escape(out, text.len > TEXT_BYTES ? str_utf8_cut(text, TEXT_BYTES) : text);
}

/* The same of one that the answer has too. */
static inline void add_words(struct strbuf *out, struct str before, struct str text,
                             struct json_text json) {
    if (text.len > TEXT_BYTES) {
        add_text(out, before, text);
        return;
    }
    strbuf_add(out, before);
    json_out_text(out, json);
}

/* A word of ours, which needs no escape; `before` ends with its first quote. */
static inline void add_word(struct strbuf *out, struct str before, struct str word) {
    strbuf_add(out, before);
    strbuf_add(out, word);
    strbuf_add_char(out, '"');
}

static bool is_of_same_rule(const struct violation *a, const struct violation *b) {
    return a->rule == b->rule && a->exception == b->exception;
}

/* What is said of several places is mostly one text. */
static bool is_same_text(struct str a, struct str b) {
    return (a.at == b.at && a.len == b.len) || str_equals(a, b);
}

/* Whether one message and one fix say what is wrong at both places. */
static inline bool is_same_problem(const struct violation *a, const struct violation *b) {
    return a->finding->problem == b->finding->problem &&
           a->finding->control == b->finding->control &&
           !a->finding->container == !b->finding->container &&
           is_same_text(a->words.says, b->words.says) && is_same_text(a->words.mend, b->words.mend);
}

/* The first places of a problem; there is one at least. */
struct places {
    const struct violation *items[PLACES_SHOWN];
    size_t count;
};

static void find_places(struct places *places, const struct violation *first,
                        const struct violation *end) {
    places->items[0] = first;
    places->count = 1;
    for (const struct violation *v = first->next; v != end && places->count < PLACES_SHOWN;
         v = v->next)
        if (is_same_problem(first, v)) places->items[places->count++] = v;
}

/* Each name once: a container's violations follow each other. */
static void add_containers(struct strbuf *out, const struct places *places) {
    const struct container *last = NULL;
    for (size_t i = 0; i < places->count; i++) {
        const struct container *container = places->items[i]->finding->container;
        if (container != last)
            add_text(out, last ? STR(",") : STR(",\"containers\":["), container->name);
        last = container;
    }
    strbuf_add_char(out, ']');
}

static void add_problem(struct strbuf *out, struct arena *arena, const struct places *places) {
    const struct violation *first = places->items[0];
    const struct words *words = &first->words;
    const struct control *control = first->finding->control;
    bool is_of_containers = first->finding->container != NULL;
    if (control) add_word(out, STR("{\"control\":\""), control_id(control));
    struct str before = control ? STR(",\"message\":") : STR("{\"message\":");
    /* Where there are containers they are who it is about. */
    if (is_of_containers)
        add_words(out, before, words->says, words->json.says);
    else
        add_text(out, before, STR_CONCAT(arena, words->subject, STR(" "), words->says));
    add_text(out, STR(",\"fix\":"), words->mend);
    if (is_of_containers) add_containers(out, places);
    for (size_t i = 0; i < places->count; i++)
        add_words(out, i > 0 ? STR(",") : STR(",\"paths\":["), places->items[i]->words.path,
                  places->items[i]->words.json.path);
    strbuf_add(out, STR("]}"));
}

/* Whether a problem like this one was begun by an earlier violation of the rule. */
static bool is_told(const struct violation *first, const struct violation *violation) {
    for (const struct violation *v = first; v != violation; v = v->next)
        if (is_same_problem(v, violation)) return true;
    return false;
}

static void add_rule_fields(struct strbuf *out, const struct violation *violation) {
    const struct rule *rule = violation->rule;
    add_text(out, STR("{\"policy\":"), rule->policy->name);
    add_text(out, STR(",\"rule\":"), rule->name);
    add_word(out, STR(",\"check\":\""), str_from(rule->check->id));
    add_word(out, STR(",\"severity\":\""), severity_name(rule->severity));
    add_word(out, STR(",\"action\":\""), action_name(violation->action));
    add_word(out, STR(",\"wanted\":\""), action_name(violation->wanted));
    if (violation->exception) add_text(out, STR(",\"exception\":"), violation->exception->name);
}

/* What one rule found, of the violations from `first` to `end`, as much as the line may hold. Returns how many
 * violations that is; 0 leaves the line as it was. */
static size_t add_rule(struct strbuf *out, struct arena *arena, const struct violation *first,
                       const struct violation *end, bool follows) {
    const size_t before = out->len;
    size_t told = 0;
    if (follows) strbuf_add_char(out, ',');
    add_rule_fields(out, first);
    strbuf_add(out, STR(",\"problems\":["));
    for (const struct violation *v = first; v != end; v = v->next) {
        if (is_told(first, v)) continue;
        const size_t before_problem = out->len;
        struct places places;
        find_places(&places, v, end);
        if (told > 0) strbuf_add_char(out, ',');
        add_problem(out, arena, &places);
        if (out->len > LINE_BYTES) {
            strbuf_truncate(out, before_problem);
            break;
        }
        told += places.count;
    }
    strbuf_add(out, STR("]}"));
    if (told == 0) strbuf_truncate(out, before);
    return told;
}

/* As much of a list as the line may hold. Returns how many violations that is. */
static size_t add_violations(struct log_line *line, struct arena *arena, const char *name,
                             const struct violation *list) {
    struct json_out *out = log_json(line);
    if (!out || !list || !strbuf_reserve(out->buf, LIKELY_BYTES)) return 0;
    const struct json_out before = *out;
    const size_t before_len = out->buf->len;
    size_t told = 0;
    json_out_begin_array(out, name);
    for (const struct violation *first = list, *end; first; first = end) {
        end = first->next;
        while (end && is_of_same_rule(first, end))
            end = end->next;
        told += add_rule(out->buf, arena, first, end, told > 0);
    }
    json_out_end_array(out);
    if (told == 0) {
        *out = before;
        strbuf_truncate(out->buf, before_len);
    }
    return told;
}

/* --- exceptions ------------------------------------------------------------------------------ */

struct exception_list {
    const struct exception **items;
    size_t count, room;
};

/* Each once. What counts and has an exception all the same has one that is over. */
static void collect_exceptions(struct exception_list *all, const struct violation *list) {
    for (const struct violation *v = list; v && all->count < all->room; v = v->next) {
        bool is_new = v->exception != NULL;
        for (size_t i = 0; is_new && i < all->count; i++)
            is_new = all->items[i] != v->exception;
        if (is_new) all->items[all->count++] = v->exception;
    }
}

static void add_exception(struct json_out *out, const struct exception *exception, int64_t today) {
    json_out_begin_object(out, NULL);
    json_out_string(out, "name", exception->name);
    json_out_string(out, "owner", exception->owner);
    if (exception->expires != EXCEPTION_NEVER_ENDS) {
        char day[16];
        date_format(exception->expires, day);
        json_out_string(out, "expires", str_from(day));
        json_out_int(out, "days_left", exception->expires - today);
    }
    json_out_end_object(out);
}

static void add_exceptions(struct log_line *line, struct arena *arena,
                           const struct judgement *judgement) {
    struct exception_list all = {.room = judgement->excused_count + judgement->count};
    all.items = ARENA_NEW(arena, const struct exception *, all.room);
    if (!all.items) return;
    collect_exceptions(&all, judgement->excused);
    collect_exceptions(&all, judgement->first);
    if (all.count == 0) return;
    struct json_out *out = log_json(line);
    if (!out) {
        struct str *names = ARENA_NEW(arena, struct str, all.count);
        for (size_t i = 0; names && i < all.count; i++)
            names[i] = all.items[i]->name;
        if (names) log_list(line, "exceptions", names, all.count);
        return;
    }
    json_out_begin_array(out, "exceptions");
    for (size_t i = 0; i < all.count; i++)
        add_exception(out, all.items[i], judgement->today);
    json_out_end_array(out);
}

/* --- the line -------------------------------------------------------------------------------- */

static void add_judgement(struct log_line *line, struct arena *arena,
                          const struct judgement *judgement) {
    add_rules(line, arena, judgement);
    if (judgement->kept_count > 0) log_int(line, "kept", (int64_t)judgement->kept_count);
    add_exceptions(line, arena, judgement);
    size_t count = judgement->count + judgement->omitted + judgement->excused_count;
    size_t told = add_violations(line, arena, "violations", judgement->first);
    told += add_violations(line, arena, "excused", judgement->excused);
    if (told < count) log_int(line, "violations_left_out", (int64_t)(count - told));
}

void webhook_log_review(struct log *log, bool names_user, struct arena *arena,
                        const struct admission_outcome *outcome, const struct snapshot *snapshot,
                        int64_t took_ns) {
    enum log_level level = level_of(outcome);
    if (!log_wants(log, level)) return;
    struct log_line line;
    log_begin(&line, log, arena, level, STR("admission"));
    if (outcome->has_review) add_review(&line, &outcome->review, names_user);
    if (outcome->judged) add_owner(&line, outcome);
    log_string(&line, "decision", decision_name(outcome->decision));
    log_string(&line, "profile", str_utf8_cut(outcome->profile, TEXT_BYTES));
    if (outcome->has_review) log_string(&line, "mode", mode_name(outcome->mode));
    if (snapshot) {
        struct strbuf hash;
        strbuf_init(&hash, arena, 17);
        strbuf_add_hex(&hash, snapshot->hash, 16);
        log_string(&line, "config_hash", strbuf_str(&hash));
    }
    log_int(&line, "latency_us", took_ns / 1000);
    if (outcome->skip != SKIP_NONE) log_string(&line, "skip", admission_skip_name(outcome->skip));
    if (outcome->error_reason) {
        log_string(&line, "reason", str_from(outcome->error_reason));
        log_string(&line, "error", str_utf8_cut(outcome->error_text, TEXT_BYTES));
    }
    if (outcome->http_status != 200) log_int(&line, "status", outcome->http_status);
    if (outcome->judged) add_judgement(&line, arena, &outcome->judgement);
    log_end(&line);
}

/* --- what left no line ------------------------------------------------------------------------ */

/* So that a reader who has a line twice counts it once. The hash is of this process alone: its key is random. */
static struct str clean_uid(struct arena *arena) {
    static uint64_t number; /* the control thread's */
    struct strbuf uid;
    strbuf_init(&uid, arena, 17);
    strbuf_add_hex(&uid, table_hash(str_format(arena, "clean %llu", (unsigned long long)++number)),
                   16);
    return strbuf_str(&uid);
}

static void log_clean(struct log *log, struct arena *arena, const struct metrics_clean *rows,
                      size_t count) {
    struct log_line line;
    struct json_out *out;
    uint64_t reviews = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        reviews += rows[i].reviews;
        if (!rows[i].name_space.at) others += rows[i].reviews;
    }
    log_begin(&line, log, arena, LOG_LEVEL_INFO, STR("clean"));
    log_string(&line, "uid", clean_uid(arena));
    log_int(&line, "reviews", (int64_t)reviews);
    if (others > 0) log_int(&line, "others", (int64_t)others);
    if ((out = log_json(&line))) {
        json_out_begin_array(out, "namespaces");
        for (size_t i = 0; i < count; i++) {
            if (!rows[i].name_space.at) continue;
            json_out_begin_object(out, NULL);
            json_out_string(out, "namespace", rows[i].name_space);
            json_out_int(out, "reviews", (int64_t)rows[i].reviews);
            json_out_end_object(out);
        }
        json_out_end_array(out);
    }
    log_end(&line);
}

void webhook_log_clean(struct log *log, struct arena *arena, const struct metrics_clean *rows,
                       size_t count) {
    for (size_t at = 0; at < count; at += NAMESPACES_A_LINE)
        log_clean(log, arena, rows + at,
                  count - at < NAMESPACES_A_LINE ? count - at : NAMESPACES_A_LINE);
}
