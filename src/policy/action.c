#include "policy/action.h"

static const struct str action_words[] = {[ACTION_OFF] = STR_INIT("off"),
                                          [ACTION_AUDIT] = STR_INIT("audit"),
                                          [ACTION_WARN] = STR_INIT("warn"),
                                          [ACTION_DENY] = STR_INIT("deny")};
static const struct str mode_words[] = {[MODE_AUDIT] = STR_INIT("audit"),
                                        [MODE_WARN] = STR_INIT("warn"),
                                        [MODE_ENFORCE] = STR_INIT("enforce")};

struct str action_name(enum action action) {
    return action_words[action];
}
struct str mode_name(enum mode mode) {
    return mode_words[mode];
}

bool action_parse(struct str name, enum action *out) {
    for (size_t i = 0; i < sizeof action_words / sizeof *action_words; i++)
        if (str_equals(action_words[i], name)) {
            *out = (enum action)i;
            return true;
        }
    return false;
}

bool mode_parse(struct str name, enum mode *out) {
    for (size_t i = 0; i < sizeof mode_words / sizeof *mode_words; i++)
        if (str_equals(mode_words[i], name)) {
            *out = (enum mode)i;
            return true;
        }
    return false;
}

enum action action_under(enum action action, enum mode mode) {
    static const enum action ceiling[] = {
        [MODE_AUDIT] = ACTION_AUDIT, [MODE_WARN] = ACTION_WARN, [MODE_ENFORCE] = ACTION_DENY};
    return action < ceiling[mode] ? action : ceiling[mode];
}
