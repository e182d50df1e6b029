#include "rules/check.h"

#include "base/glob.h"
#include "kube/image.h"

struct image_tag_params {
    struct str_list mutable_tags;
    bool require_digest;
};

static const struct param params[] = {
    {"mutableTags", PARAM_GLOBS, offsetof(struct image_tag_params, mutable_tags),
     .fallback = "[latest]",
     .doc = "Patterns of tags that somebody moves to other images, such as latest, main, "
            "nightly-*."},
    {"requireDigest", PARAM_BOOL, offsetof(struct image_tag_params, require_digest),
     .fallback = "false",
     .doc = "true: every image needs a digest; a tag is not enough, because any tag can be moved."},
};

enum { EMPTY, INVALID, UNTAGGED, MUTABLE, NO_DIGEST };

static const struct problem problems[] = {
    [EMPTY] = {.says = "{has|have} no image", .mend = "set {it|each}"},
    [INVALID] = {.says = "{has|have} an image that is no valid reference: it {detail}",
                 .mend = "write [registry/]path:tag, all in lower case but the tag"},
    [UNTAGGED] = {.says = "{uses|use} an image without a tag, which means \"latest\"",
                  .mend = "pin {expected}",
                  .hides_state = true},
    [MUTABLE] = {.says = "{uses|use} the mutable tag \"{detail}\"",
                 .mend = "pin {expected}",
                 .hides_state = true},
    [NO_DIGEST] = {.says = "{uses|use} an image without a digest",
                   .mend = "pin {expected}",
                   .hides_state = true},
};

/* `place` says where the image stands and belongs to the finding. */
static void judge_image(const struct check_ctx *ctx, struct findings *findings, struct str text,
                        struct finding place) {
    const struct image_tag_params *p = ctx->params;
    struct image image;
    struct error err;
    struct finding finding = place;
    finding.actual = text;
    if (str_is_empty(str_trim(text))) {
        finding.actual = STR_NONE;
        finding.problem = &problems[EMPTY];
        finding.expected = STR("an image reference");
    } else if (!image_parse(text, &image, &err)) {
        finding.problem = &problems[INVALID];
        finding.expected = STR("an image reference");
        finding.detail = str_copy(ctx->arena, str_from(err.text));
    } else if (!str_is_empty(image.digest)) { /* NOLINT(bugprone-branch-clone): a case of its own */
        return;                               /* it decides, whatever the tag says */
    } else if (p->require_digest) {
        finding.problem = &problems[NO_DIGEST];
        finding.expected = STR_CONCAT(ctx->arena, image.written, STR("@sha256:<digest>"));
    } else if (str_is_empty(image.tag) || glob_match_any(&p->mutable_tags, image.tag)) {
        finding.problem = &problems[str_is_empty(image.tag) ? UNTAGGED : MUTABLE];
        finding.detail = image.tag;
        finding.expected = STR_CONCAT(ctx->arena, image.name, STR(":<version>, better "),
                                      image.name, STR("@sha256:<digest>"));
    } else {
        return;
    }
    finding_add(findings, finding);
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    check_images(ctx, findings, judge_image);
}

const struct check check_image_tag = {
    .id = "image-tag",
    .title = "Images are pinned to a version",
    .rationale =
        "An image without a tag, or with one that moves such as latest, is another program "
        "tomorrow: a restart becomes an unreviewed release, nodes run different versions, and "
        "rolling back means nothing. A version tag says what runs; a digest guarantees it, and "
        "decides even beside a tag. registry:5000/app has a port and no tag. Image volumes are "
        "judged too.",
    .references = "Kubernetes documentation: Images; Configuration Best Practices",
    .theme = THEME_IMAGES,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct image_tag_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com:5000/web\n"
                      "  - name: proxy\n"
                      "    image: envoyproxy/envoy:latest\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com:5000/web:1.4.2\n",
    .evaluate = evaluate,
};
