#include "rules/check.h"

#include "kube/image.h"

struct image_registry_params {
    struct image_pattern_list allow, deny;
    bool allows_everything;
    struct str allow_text; /* as a sentence shows it */
};

static const struct param params[] = {
    {"allow", PARAM_IMAGES, offsetof(struct image_registry_params, allow), .fallback = "[\"**\"]",
     .doc = "Images that may be used: registry.example.com/** or ghcr.io/example/*; nginx means "
            "docker.io/library/nginx."},
    {"deny", PARAM_IMAGES, offsetof(struct image_registry_params, deny), .fallback = "[]",
     .doc = "Images that may not be used although they are allowed."},
};

enum { NOT_ALLOWED, DENIED, INVALID };

static const struct problem problems[] = {
    [NOT_ALLOWED] = {.says = "{uses|use} an image that is not on the list of allowed ones",
                     .mend = "use one of {expected}"},
    [DENIED] = {.says = "{uses|use} an image that is denied: {detail}",
                .mend = "use another image"},
    [INVALID] = {.says = "{has|have} an image that is no valid reference: it {detail}",
                 .mend = "write [registry/]path:tag, all in lower case but the tag"},
};

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct image_registry_params *p = params_;
    struct strbuf text;
    if (p->allow.count == 0) {
        error_set(err, ERR_SCHEMA, "allow is empty: no image could ever be used");
        return error_in(err, "allow");
    }
    strbuf_init(&text, arena, 0);
    for (size_t i = 0; i < p->allow.count; i++) {
        p->allows_everything = p->allows_everything || p->allow.items[i].everything;
        strbuf_add(&text, i == 0 ? STR("") : STR(", "));
        strbuf_add(&text, p->allow.items[i].written);
    }
    p->allow_text = strbuf_str(&text);
    return true;
}

static const struct image_pattern *find_pattern(const struct image_pattern_list *list,
                                                const struct image *image) {
    for (size_t i = 0; i < list->count; i++) {
        if (image_pattern_match(&list->items[i], image)) return &list->items[i];
    }
    return NULL;
}

/* `place` says where the image stands and belongs to the finding. */
static void judge_image(const struct check_ctx *ctx, struct findings *findings, struct str text,
                        struct finding place) {
    const struct image_registry_params *p = ctx->params;
    struct image image;
    struct error err;
    struct finding finding = place;
    finding.actual = text;
    finding.expected = p->allow_text;
    if (p->allows_everything && p->deny.count == 0) return;
    /* What cannot be read cannot be known to be allowed. */
    if (!image_parse(text, &image, &err)) {
        finding.problem = &problems[INVALID];
        finding.detail = str_copy(ctx->arena, str_from(err.text));
    } else {
        const struct image_pattern *denied = find_pattern(&p->deny, &image);
        if (!denied && (p->allows_everything || find_pattern(&p->allow, &image))) return;
        finding.problem = &problems[denied ? DENIED : NOT_ALLOWED];
        if (denied) finding.detail = denied->written;
    }
    finding_add(findings, finding);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    check_images(ctx, findings, judge_image);
}

const struct check check_image_registry = {
    .id = "image-registry",
    .title = "Images come from allowed registries",
    .rationale =
        "Whoever may publish to a registry that the cluster pulls from may run code in it. A list "
        "of allowed registries and paths keeps typing errors and unknown publishers out. Names "
        "are compared as the runtime resolves them, at the borders of domain and path: gcr.io/foo "
        "matches neither gcr.io.evil.com/foo nor gcr.io/foobar, but GCR.io:443/foo, which is the same "
        "registry. Prefer allow: deny keeps out the names that you think of, and a registry may have "
        "others, its address or a mirror. Image volumes are judged too. Without parameters everything "
        "is allowed.",
    .references = "CIS Kubernetes Benchmark: Configure Image Provenance using ImagePolicyWebhook "
                  "admission controller\n"
                  "Kubernetes documentation: Images",
    .theme = THEME_IMAGES,
    .severity = SEVERITY_HIGH,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct image_registry_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: nginx:1.27.3\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/shop/web:1.4.2\n",
    .example_params = "{allow: [\"registry.example.com/**\"]}",
    .prepare = prepare,
    .evaluate = evaluate,
};
