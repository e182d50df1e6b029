/*
 *   newly denied: 2 reviews of 1 owner
 *     shop: Deployment "cart", 2 reviews (first: audit.log:12)
 *       image-tag (workload-basics): container "cart" uses the mutable tag "latest"
 *         spec.template.spec.containers[0].image: pin registry.example.com/cart:<version>
 *
 * and as JSON {"version": 1, "newlyDenied": TALLY, "newlyAllowed": TALLY, "notJudged": [...],
 * "summary": {...}}. Keys never change their meaning within a version; new ones may come.
 */
#include "base/json_out.h"
#include "desk/replay/tally.h"

#define NAME_BYTES 256
#define TEXT_BYTES 512
#define OWNERS_SHOWN 200 /* to a person; JSON has them all */

static void add_count(struct strbuf *out, uint64_t count, const char *what) {
    strbuf_add_number(out, count);
    strbuf_printf(out, " %s%s", what, str_plural(count));
}

/* --- for a person ----------------------------------------------------------------------------- */

/* The sentences are policy/verdict's. */
static void add_rule(struct strbuf *out, const struct replay_rule *rule) {
    strbuf_add(out, STR("    "));
    if (rule->rule.len > 0) {
        strbuf_add(out, rule->rule);
        STRBUF_ADD(out, STR(" ("), rule->policy, STR(")"));
    }
    if (rule->rule.len > 0 && rule->message.len > 0) strbuf_add(out, STR(": "));
    strbuf_add(out, rule->message);
    strbuf_add_char(out, '\n');
    if (rule->fix.len == 0) return;
    strbuf_add(out, STR("      "));
    strbuf_add(out, rule->path);
    strbuf_add(out, rule->path.len > 0 ? STR(": ") : STR_NONE);
    strbuf_add(out, rule->fix);
    strbuf_add_char(out, '\n');
}

static void add_owner(struct strbuf *out, const struct replay_owner *owner) {
    strbuf_add(out, STR("  "));
    if (owner->name_space.len > 0) {
        strbuf_add_escaped(out, owner->name_space, NAME_BYTES);
        strbuf_add(out, STR(": "));
    }
    strbuf_add_escaped(out, owner->kind, NAME_BYTES);
    strbuf_add_char(out, ' ');
    strbuf_add_quoted(out, owner->name, NAME_BYTES);
    strbuf_add(out, STR(", "));
    add_count(out, owner->reviews, "review");
    strbuf_add(out, STR(" (first: "));
    strbuf_add_escaped(out, owner->file, TEXT_BYTES);
    strbuf_printf(out, ":%u", owner->line);
    if (owner->without_old > 0) {
        strbuf_add(out, STR("; "));
        add_count(out, owner->without_old, "update");
        strbuf_add(out, STR(" judged whole"));
    }
    strbuf_add(out, STR(")\n"));
    for (const struct replay_rule *rule = owner->rules; rule; rule = rule->next)
        add_rule(out, rule);
}

/* Tables only where they tell more than the list. */
static void add_sums(struct strbuf *out, const struct replay_tally *tally) {
    size_t rules, name_spaces;
    struct tally_sum *by_rule = tally_by_rule(out->arena, tally, &rules);
    struct tally_sum *by_namespace = tally_by_namespace(out->arena, tally, &name_spaces);
    if (tally->count < 2) return;
    if (rules > 0) strbuf_add(out, STR("  by rule:\n"));
    for (size_t i = 0; i < rules; i++) {
        const struct tally_sum *sum = &by_rule[i];
        STRBUF_ADD(out, STR("    "), sum->rule.len ? sum->policy : STR("cannot be judged"),
                   sum->rule.len ? STR("/") : STR_NONE, sum->rule, STR(": "));
        add_count(out, sum->owners, "owner");
        strbuf_add(out, STR(", "));
        add_count(out, sum->reviews, "review");
        strbuf_add_char(out, '\n');
    }
    strbuf_add(out, STR("  by namespace:\n"));
    for (size_t i = 0; i < name_spaces; i++) {
        strbuf_add(out, STR("    "));
        strbuf_add_escaped(out, by_namespace[i].name_space, NAME_BYTES);
        strbuf_add(out, STR(": "));
        add_count(out, by_namespace[i].owners, "owner");
        strbuf_add(out, STR(", "));
        add_count(out, by_namespace[i].reviews, "review");
        strbuf_add_char(out, '\n');
    }
}

static void add_tally(struct strbuf *out, const char *title, const struct replay_tally *tally) {
    if (tally->reviews == 0) return;
    strbuf_printf(out, "%s: ", title);
    add_count(out, tally->reviews, "review");
    strbuf_add(out, STR(" of "));
    add_count(out, tally->count, "owner");
    strbuf_add_char(out, '\n');
    size_t shown = tally->count < OWNERS_SHOWN ? tally->count : OWNERS_SHOWN;
    for (size_t i = 0; i < shown; i++)
        add_owner(out, tally->owners[i]);
    if (tally->count > shown) {
        strbuf_add(out, STR("  and "));
        add_count(out, tally->count - shown, "owner");
        strbuf_add(out, STR(" more: -o json has them\n"));
    }
    if (tally->omitted > 0) {
        strbuf_add(out, STR("  and "));
        add_count(out, tally->omitted, "review");
        strbuf_add(out, STR(" of further owners, who are too many to be listed\n"));
    }
    add_sums(out, tally);
    strbuf_add_char(out, '\n');
}

static void add_note(struct strbuf *out, uint64_t count, const char *text) {
    if (count == 0) return;
    strbuf_add(out, STR("  "));
    strbuf_add_number(out, count);
    strbuf_printf(out, " %s\n", text);
}

static void add_reasons(struct strbuf *out, const struct replay *replay, bool is_loss,
                        const char *title) {
    uint64_t sum = 0;
    for (int i = REPLAY_JUDGED + 1; i < REPLAY_REASONS; i++)
        if (replay_reason_is_loss((enum replay_reason)i) == is_loss) sum += replay->counts[i];
    if (sum == 0) return;
    strbuf_printf(out, "%s: ", title);
    add_count(out, sum, "record");
    strbuf_add_char(out, '\n');
    for (int i = REPLAY_JUDGED + 1; i < REPLAY_REASONS; i++)
        if (replay_reason_is_loss((enum replay_reason)i) == is_loss)
            add_note(out, replay->counts[i], replay_reason_text((enum replay_reason)i).at);
}

/* Such a rule may compare a value itself, and stand-ins are other values. */
static bool compares_values(const struct snapshot *snapshot) {
    for (size_t p = 0; p < snapshot->policy_count; p++)
        for (size_t r = 0; r < snapshot->policies[p].rule_count; r++)
            if (strcmp(snapshot->policies[p].rules[r].check->id, "field") == 0) return true;
    return false;
}

static bool names_users(const struct match *match) {
    return match->users.count > 0 || match->groups.count > 0;
}

static bool goes_by_users(const struct snapshot *snapshot) {
    for (size_t p = 0; p < snapshot->policy_count; p++) {
        const struct policy *policy = &snapshot->policies[p];
        if (names_users(&policy->match)) return true;
        for (size_t e = 0; e < policy->exclude_count; e++)
            if (names_users(&policy->excludes[e])) return true;
    }
    for (size_t e = 0; e < snapshot->exception_count; e++)
        if (names_users(&snapshot->exceptions[e].match)) return true;
    return false;
}

/* What recording took out, where these policies may miss it. */
static void add_stand_ins(struct strbuf *out, const struct replay *replay) {
    if (compares_values(replay->candidate))
        add_note(out, replay->with_stand_ins,
                 "judged with stand-ins for values that recording took out: rules of the check "
                 "field cannot tell what these were");
    add_note(out, replay->inexact,
             "judged with a stand-in that may be judged otherwise than the value was");
    if (goes_by_users(replay->candidate))
        add_note(out, replay->without_user,
                 "judged without the name of who asked: policies that match users or groups may "
                 "judge otherwise");
}

void replay_write_text(struct strbuf *out, const struct replay *replay) {
    add_tally(out, "newly denied", &replay->newly_denied);
    add_tally(out, "newly allowed", &replay->newly_allowed);
    add_reasons(out, replay, true, "could not be replayed");
    add_reasons(out, replay, false, "not for podgate");
    strbuf_add(out, STR("judged: "));
    add_count(out, replay->counts[REPLAY_JUDGED], "review");
    strbuf_add_char(out, '\n');
    add_note(out, replay->newly_denied.reviews, "newly denied");
    add_note(out, replay->newly_allowed.reviews, "newly allowed");
    add_note(out, replay->still_denied, "denied as before");
    add_note(out, replay->would_deny, "denied but for the mode");
    add_note(out, replay->unknown_before,
             "of the newly denied: the record does not say whether it was allowed (--against)");
    add_note(out, replay->without_old,
             "judged whole: an update, and what was there before it is not in the record");
    add_note(out, replay->as_asked, "judged as it was asked for, before mutation and defaults");
    add_stand_ins(out, replay);
    add_note(out, replay->failures, "not judged: podgate ran out of memory or failed");
}

/* --- for a program ---------------------------------------------------------------------------- */

static void json_rules(struct json_out *json, const struct replay_owner *owner) {
    json_out_begin_array(json, "rules");
    for (const struct replay_rule *rule = owner->rules; rule; rule = rule->next) {
        json_out_begin_object(json, NULL);
        json_out_string(json, "policy", rule->policy);
        json_out_string(json, "rule", rule->rule);
        json_out_string(json, "severity", severity_name(rule->severity));
        json_out_int(json, "reviews", (int64_t)rule->reviews);
        json_out_string(json, "message", rule->message);
        json_out_string(json, "path", rule->path);
        json_out_string(json, "fix", rule->fix);
        json_out_end_object(json);
    }
    json_out_end_array(json);
}

static void json_owners(struct json_out *json, const struct replay_tally *tally) {
    json_out_begin_array(json, "owners");
    for (size_t i = 0; i < tally->count; i++) {
        const struct replay_owner *owner = tally->owners[i];
        json_out_begin_object(json, NULL);
        json_out_string(json, "namespace", owner->name_space);
        json_out_string(json, "kind", owner->kind);
        json_out_string(json, "name", owner->name);
        json_out_int(json, "reviews", (int64_t)owner->reviews);
        json_out_int(json, "withoutOldObject", (int64_t)owner->without_old);
        json_out_string(json, "file", owner->file);
        json_out_int(json, "line", owner->line);
        json_rules(json, owner);
        json_out_end_object(json);
    }
    json_out_end_array(json);
}

static void json_counts(struct json_out *json, const struct tally_sum *sum) {
    json_out_int(json, "owners", (int64_t)sum->owners);
    json_out_int(json, "reviews", (int64_t)sum->reviews);
    json_out_end_object(json);
}

static void json_sums(struct json_out *json, const struct replay_tally *tally) {
    size_t count;
    struct tally_sum *sums = tally_by_rule(json->buf->arena, tally, &count);
    json_out_begin_array(json, "rules");
    for (size_t i = 0; i < count; i++) {
        json_out_begin_object(json, NULL);
        json_out_string(json, "policy", sums[i].policy);
        json_out_string(json, "rule", sums[i].rule);
        json_counts(json, &sums[i]);
    }
    json_out_end_array(json);
    sums = tally_by_namespace(json->buf->arena, tally, &count);
    json_out_begin_array(json, "namespaces");
    for (size_t i = 0; i < count; i++) {
        json_out_begin_object(json, NULL);
        json_out_string(json, "namespace", sums[i].name_space);
        json_counts(json, &sums[i]);
    }
    json_out_end_array(json);
}

static void json_tally(struct json_out *json, const char *name, const struct replay_tally *tally) {
    json_out_begin_object(json, name);
    json_out_int(json, "reviews", (int64_t)tally->reviews);
    json_out_int(json, "reviewsOfUnlistedOwners", (int64_t)tally->omitted);
    json_owners(json, tally);
    json_sums(json, tally);
    json_out_end_object(json);
}

static void json_reasons(struct json_out *json, const struct replay *replay) {
    json_out_begin_array(json, "notJudged");
    for (int i = REPLAY_JUDGED + 1; i < REPLAY_REASONS; i++) {
        enum replay_reason reason = (enum replay_reason)i;
        if (replay->counts[i] == 0) continue;
        json_out_begin_object(json, NULL);
        json_out_string(json, "reason", replay_reason_name(reason));
        json_out_string(json, "message", replay_reason_text(reason));
        json_out_bool(json, "lost", replay_reason_is_loss(reason));
        json_out_int(json, "records", (int64_t)replay->counts[i]);
        json_out_end_object(json);
    }
    json_out_end_array(json);
}

void replay_write_json(struct strbuf *out, const struct replay *replay) {
    struct json_out json;
    json_out_init(&json, out);
    json_out_begin_object(&json, NULL);
    json_out_int(&json, "version", 1);
    json_tally(&json, "newlyDenied", &replay->newly_denied);
    json_tally(&json, "newlyAllowed", &replay->newly_allowed);
    json_reasons(&json, replay);
    json_out_begin_object(&json, "summary");
    json_out_int(&json, "records", (int64_t)replay->records);
    json_out_int(&json, "judged", (int64_t)replay->counts[REPLAY_JUDGED]);
    json_out_int(&json, "newlyDenied", (int64_t)replay->newly_denied.reviews);
    json_out_int(&json, "newlyAllowed", (int64_t)replay->newly_allowed.reviews);
    json_out_int(&json, "stillDenied", (int64_t)replay->still_denied);
    json_out_int(&json, "wouldDeny", (int64_t)replay->would_deny);
    json_out_int(&json, "unknownBefore", (int64_t)replay->unknown_before);
    json_out_int(&json, "withoutOldObject", (int64_t)replay->without_old);
    json_out_int(&json, "asAsked", (int64_t)replay->as_asked);
    json_out_int(&json, "withStandIns", (int64_t)replay->with_stand_ins);
    json_out_int(&json, "inexactStandIns", (int64_t)replay->inexact);
    json_out_int(&json, "withoutUser", (int64_t)replay->without_user);
    json_out_int(&json, "failures", (int64_t)replay->failures);
    json_out_end_object(&json);
    json_out_end_object(&json);
    strbuf_add_char(out, '\n');
}
