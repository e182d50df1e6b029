/* Annotations that name a container. Both may be thousands, so they are brought together by a table. */
#include "base/table.h"
#include "kube/pod_parts.h"

#define NAMES_MAX (1 << 24) /* more than there are values in an object */

enum profile { OTHER, APP_ARMOR, SECCOMP };

/* Which profile the annotation of this key sets, and whose. */
static enum profile profile_of(struct str key, struct str *container) {
    struct str app_armor = STR(PROFILE_APP_ARMOR_PREFIX), seccomp = STR(PROFILE_SECCOMP_PREFIX);
    bool is_app_armor = str_starts_with(key, app_armor);
    if (!is_app_armor && !str_starts_with(key, seccomp)) return OTHER;
    *container = str_slice(key, is_app_armor ? app_armor.len : seccomp.len, key.len);
    return is_app_armor ? APP_ARMOR : SECCOMP;
}

static bool read_annotations(struct arena *arena, const struct meta *meta, struct table *by_name) {
    for (struct meta_annotation at = {0}; meta_annotation_next(meta, &at);) {
        struct str container;
        enum profile profile = profile_of(at.key, &container);
        if (profile == OTHER) continue;
        uint32_t number = table_take(by_name, arena, container);
        if (number == TABLE_NONE) return false;
        struct profile_annotations *row = table_row(by_name, number);
        *(profile == APP_ARMOR ? &row->app_armor : &row->seccomp) = at.node;
    }
    return true;
}

bool pod_find_annotations(struct arena *arena, const struct meta *meta,
                          struct container *containers, size_t count) {
    struct table by_name;
    table_init(&by_name, sizeof(struct profile_annotations), NAMES_MAX);
    if (!read_annotations(arena, meta, &by_name)) return false;
    for (size_t i = 0; by_name.count > 0 && i < count; i++) {
        uint32_t number = table_find(&by_name, containers[i].name);
        if (number == TABLE_NONE) continue;
        const struct profile_annotations *found = table_row(&by_name, number);
        containers[i].profiles = *found;
    }
    return true;
}
