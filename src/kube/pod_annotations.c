/* Annotations that name a container. Both may be thousands, so they are brought together by a table. */
#include "base/table.h"
#include "kube/pod_parts.h"

#define NAMES_MAX (1 << 24) /* more than there are values in an object */

/* Where the annotation of this key belongs; NULL: it names no container. */
static const struct cJSON **find_place(struct profile_annotations *profiles, struct str key,
                                       struct str *name) {
    struct str app_armor = STR(PROFILE_APP_ARMOR_PREFIX), seccomp = STR(PROFILE_SECCOMP_PREFIX);
    bool is_app_armor = str_starts_with(key, app_armor);
    if (!is_app_armor && !str_starts_with(key, seccomp)) return NULL;
    *name = str_slice(key, is_app_armor ? app_armor.len : seccomp.len, key.len);
    return is_app_armor ? &profiles->app_armor : &profiles->seccomp;
}

static bool read_annotations(struct arena *arena, const struct meta *meta, struct table *by_name) {
    for (struct meta_annotation at = {0}; meta_annotation_next(meta, &at);) {
        struct profile_annotations read = {0}, *row;
        struct str name;
        const struct cJSON **place = find_place(&read, at.key, &name);
        if (!place) continue;
        uint32_t number = table_take(by_name, arena, name);
        if (number == TABLE_NONE) return false;
        row = table_row(by_name, number);
        *find_place(row, at.key, &name) = at.node;
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
