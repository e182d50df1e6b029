#include "kube/profile.h"

struct security_profile profile_from_annotation(struct str value) {
    const struct str localhost = STR("localhost/");
    struct security_profile profile = {.is_set = true};
    if (str_equals(value, STR("runtime/default"))) {
        profile.type = STR("RuntimeDefault");
    } else if (str_equals(value, STR("unconfined"))) {
        profile.type = STR("Unconfined");
    } else if (str_starts_with(value, localhost)) {
        profile.type = STR("Localhost");
        profile.localhost_profile = str_slice(value, localhost.len, value.len);
    }
    return profile;
}
