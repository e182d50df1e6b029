#include "rules/check.h"

struct ephemeral_containers_params {
    struct image_pattern_list allow_images;
    struct str allow_text; /* as a sentence shows it */
};

static const struct param params[] = {
    {"allowImages", PARAM_IMAGES, offsetof(struct ephemeral_containers_params, allow_images),
     .fallback = "[]",
     .doc = "Images that debug containers may use: registry.example.com/debug/**. None: no debug "
            "containers."},
};

enum { FORBIDDEN, IMAGE };

static const struct problem problems[] = {
    [FORBIDDEN] = {.says = "{is|are} added to a running pod, which is not allowed",
                   .mend = "debug a copy of the pod: kubectl debug POD --copy-to=NAME"},
    [IMAGE] = {.says = "{debugs|debug} with an image that is not allowed for it",
               .mend = "use one of {expected}"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    (void)err;
    struct ephemeral_containers_params *p = params_;
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    for (size_t i = 0; i < p->allow_images.count; i++) {
        if (i > 0) strbuf_add(&text, STR(", "));
        strbuf_add(&text, p->allow_images.items[i].written);
    }
    p->allow_text = p->allow_images.count > 0 ? strbuf_str(&text) : STR("no debug container");
    return true;
}

/* What cannot be read cannot be known to be allowed. */
static bool is_allowed(const struct ephemeral_containers_params *p, struct str reference) {
    struct image image;
    struct error err;
    if (!image_parse(reference, &image, &err)) return false;
    for (size_t i = 0; i < p->allow_images.count; i++) {
        if (image_pattern_match(&p->allow_images.items[i], &image)) return true;
    }
    return false;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct ephemeral_containers_params *p = ctx->params;
    const struct container *container = ctx->container;
    if (container->type != CONTAINER_EPHEMERAL || is_allowed(p, container->image)) return;
    int problem = p->allow_images.count > 0 ? IMAGE : FORBIDDEN;
    finding_add(findings, (struct finding){.problem = &problems[problem],
                                           .container = container,
                                           .field = STR("image"),
                                           .actual = container->image,
                                           .expected = p->allow_text});
}

const struct check check_ephemeral_containers = {
    .id = "ephemeral-containers",
    .title = "Running pods are debugged with known images, or not at all",
    .rationale =
        "kubectl debug puts a container of anybody's choice into a running pod, beside its "
        "memory, network and volumes, and past every review of that pod. Production "
        "namespaces can forbid it, or allow images that were made for it. Debug containers "
        "are judged by all other checks as well: this one asks whether there may be one.",
    .references = "Kubernetes documentation: Ephemeral Containers; Debug Running Pods",
    .theme = THEME_IMAGES,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct ephemeral_containers_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "  ephemeralContainers:\n"
                      "  - name: debugger\n"
                      "    image: busybox:1.37\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
