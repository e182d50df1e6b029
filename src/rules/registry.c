#include "rules/registry.h"

#define CHECK(id) extern const struct check check_##id;
#include "rules/checks.def"
#undef CHECK

const struct check *const check_registry[] = {
#define CHECK(id) &check_##id,
#include "rules/checks.def"
#undef CHECK
};

enum { REGISTERED = sizeof check_registry / sizeof check_registry[0] };
const size_t check_registry_count = REGISTERED;

const struct check *check_find(struct str id) {
    for (size_t i = 0; i < REGISTERED; i++) {
        if (str_equals(id, str_from(check_registry[i]->id))) return check_registry[i];
    }
    return NULL;
}

struct str check_nearest(struct str wrong) {
    struct str ids[REGISTERED];
    for (size_t i = 0; i < REGISTERED; i++)
        ids[i] = str_from(check_registry[i]->id);
    return str_nearest(wrong, ids, REGISTERED);
}
