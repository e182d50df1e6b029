#include "rules/check.h"

#include "kube/image.h"

enum { ALWAYS, IF_NOT_PRESENT, NEVER };

struct image_pull_policy_params {
    unsigned allow;
    bool accept_digest;
};

static const char *const policy_names[] = {
    [ALWAYS] = "Always", [IF_NOT_PRESENT] = "IfNotPresent", [NEVER] = "Never", NULL};

static const struct param params[] = {
    {"allow", PARAM_CHOICES, offsetof(struct image_pull_policy_params, allow),
     .fallback = "[Always]", .choices = policy_names,
     .doc = "The policies that an image may have."},
    {"acceptDigest", PARAM_BOOL, offsetof(struct image_pull_policy_params, accept_digest),
     .fallback = "true", .doc = "true: an image with a digest may be pulled in any way."},
};

enum { SET, UNSET, VOLUME };

static const struct problem problems[] = {
    [SET] = {.says = "{pulls|pull} {its image|their images} with {detail}",
             .mend = "set {it|each} to {expected}"},
    [UNSET] = {.says = "{pulls|pull} {its image|their images} with {detail}, by default",
               .mend = "set {it|each} to {expected}"},
    [VOLUME] = {.says = "mounts the image of volume \"{key}\" pulled with {detail}",
                .mend = "set {it|each} to {expected}"},
};

/* SetDefaults_Container of k8s.io/kubernetes pkg/apis/core/v1: by the tag, whether there is a digest or not. */
static struct str default_policy(const struct image *image) {
    bool is_latest = str_is_empty(image->tag) ? str_is_empty(image->digest)
                                              : str_equals(image->tag, STR("latest"));
    return str_from(policy_names[is_latest ? ALWAYS : IF_NOT_PRESENT]);
}

/* `place` says where the policy stands; a reference that is none is a matter of image-tag. */
static void judge(const struct check_ctx *ctx, struct findings *findings, struct str reference,
                  struct str policy, struct finding place) {
    const struct image_pull_policy_params *p = ctx->params;
    struct image image;
    struct error err;
    if (!image_parse(reference, &image, &err)) return;
    if (p->accept_digest && !str_is_empty(image.digest)) return;
    bool is_set = !str_is_empty(policy);
    struct str effective = is_set ? policy : default_policy(&image);
    if (param_choices_have(policy_names, p->allow, effective)) return;
    place.problem = &problems[!place.container ? VOLUME : is_set ? SET : UNSET];
    place.actual = policy;
    place.expected = param_choices_text(ctx->arena, policy_names, p->allow);
    place.detail = effective;
    finding_add(findings, place);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct container *container = ctx->container;
    if (container) {
        judge(ctx, findings, container->image, container->image_pull_policy,
              (struct finding){.container = container, .field = STR("imagePullPolicy")});
        return;
    }
    for (size_t i = 0; i < ctx->pod->volume_count; i++) {
        const struct volume *volume = &ctx->pod->volumes[i];
        judge(ctx, findings, volume->image_reference, volume->image_pull_policy,
              (struct finding){.list = STR("volumes"),
                               .index = i,
                               .key = volume->name,
                               .field = STR("image.pullPolicy")});
    }
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    const struct image_pull_policy_params *p = params_;
    (void)arena;
    if (p->allow) return true;
    error_set(err, ERR_SCHEMA, "allow is empty: no image could ever be used");
    return error_in(err, "allow");
}

const struct check check_image_pull_policy = {
    .id = "image-pull-policy",
    .title = "Images are pulled as the policy says",
    .rationale =
        "With IfNotPresent or Never a Pod runs an image that another Pod's credentials once "
        "brought to the node, and a tag that moved is another program on each node. Always asks "
        "the registry each time, which costs little where the layers are there. Where the field "
        "is unset, what the API server would fill in is judged: Always for the tag latest and for "
        "none, else IfNotPresent. A digest names one image wherever it comes from, so by default "
        "it may be pulled in any way.",
    .references = "Kubernetes documentation: Images; Image pull policy\n"
                  "CIS Kubernetes Benchmark: AlwaysPullImages",
    .theme = THEME_IMAGES,
    .severity = SEVERITY_LOW,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct image_pull_policy_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "    imagePullPolicy: IfNotPresent\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "    imagePullPolicy: Always\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
