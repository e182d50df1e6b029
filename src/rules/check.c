#include "rules/check.h"

static const char *const severity_names[] = {
    [SEVERITY_LOW] = "low",
    [SEVERITY_MEDIUM] = "medium",
    [SEVERITY_HIGH] = "high",
    [SEVERITY_CRITICAL] = "critical",
};

struct str severity_name(enum severity severity) {
    return str_from(severity_names[severity]);
}

bool severity_parse(struct str name, enum severity *out) {
    for (size_t i = 0; i < sizeof severity_names / sizeof severity_names[0]; i++) {
        if (!str_equals(name, str_from(severity_names[i]))) continue;
        *out = (enum severity)i;
        return true;
    }
    return false;
}
