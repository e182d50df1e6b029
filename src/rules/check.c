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

static const char *const theme_titles[THEME_COUNT] = {
    [THEME_NONE] = "",
    [THEME_STANDARDS] = "Standards",
    [THEME_PRIVILEGES] = "Users and privileges",
    [THEME_CONFINEMENT] = "Confinement",
    [THEME_NODE] = "The node",
    [THEME_NETWORK] = "Network",
    [THEME_IMAGES] = "Images",
    [THEME_SECRETS] = "Secrets and identity",
    [THEME_RESOURCES] = "Resources",
    [THEME_AVAILABILITY] = "Availability",
    [THEME_OBJECTS] = "Objects, and anything else",
};

struct str theme_title(enum theme theme) {
    return str_from(theme_titles[theme]);
}

struct str check_subject(const struct check *check) {
    if (check->judges_object) return STR("the object as it was sent");
    if (check->scope == CHECK_CONTAINER)
        return STR("each container: init, sidecar, regular and ephemeral");
    return STR("the pod with all its containers");
}

struct str check_resource_field(struct arena *arena, bool is_limit, struct str resource) {
    struct str map = is_limit ? STR("resources.limits") : STR("resources.requests");
    bool is_plain = str_find_char(resource, '.') == resource.len &&
                    str_find_char(resource, '/') == resource.len;
    return is_plain ? STR_CONCAT(arena, map, STR("."), resource)
                    : STR_CONCAT(arena, map, STR("['"), resource, STR("']"));
}

struct str check_list_text(struct arena *arena, const struct str_list *list) {
    if (list->count == 0) return STR_NONE;
    return STR_CONCAT(arena, STR("["), str_join(arena, list, STR(", ")), STR("]"));
}

void check_images(const struct check_ctx *ctx, struct findings *findings, check_image_fn judge) {
    if (ctx->container) {
        judge(ctx, findings, ctx->container->image,
              (struct finding){.container = ctx->container, .field = STR("image")});
        return;
    }
    for (size_t i = 0; i < ctx->pod->volume_count; i++) {
        const struct volume *volume = &ctx->pod->volumes[i];
        if (str_is_empty(str_trim(volume->image_reference))) continue;
        judge(ctx, findings, volume->image_reference,
              (struct finding){.list = STR("volumes"),
                               .index = i,
                               .key = volume->name,
                               .field = STR("image.reference")});
    }
}
