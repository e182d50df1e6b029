#include "rules/check.h"

#include "base/glob.h"
#include "rules/controls/values.h"

struct volume_types_params {
    struct str_list allow, deny, csi_drivers, flex_volume_drivers;
    struct str allow_text, csi_text, flex_volume_text; /* as a sentence shows them */
};

static const struct param params[] = {
    {"allow", PARAM_GLOBS, offsetof(struct volume_types_params, allow),
     .fallback = VALUES_TEXT(RESTRICTED_VOLUME_TYPES),
     .doc = "Types of volumes, by the names of their fields: emptyDir, csi; \"*\" is all."},
    {"deny", PARAM_GLOBS, offsetof(struct volume_types_params, deny), .fallback = "[]",
     .doc = "Types that may not be used although they are allowed."},
    {"csiDrivers", PARAM_GLOBS, offsetof(struct volume_types_params, csi_drivers),
     .fallback = "[\"*\"]", .doc = "Drivers of inline csi volumes: secrets-store.csi.k8s.io."},
    {"flexVolumeDrivers", PARAM_GLOBS, offsetof(struct volume_types_params, flex_volume_drivers),
     .fallback = "[\"*\"]", .doc = "Drivers of flexVolumes, where that type is allowed."},
};

enum { TYPE, DENIED_TYPE, CSI_DRIVER, FLEX_VOLUME_DRIVER, SEVERAL };

static const struct problem problems[] = {
    [TYPE] = {.says = "uses a volume of the type {detail}, which is not allowed",
              .mend = "use {expected}",
              .hides_state = true},
    [DENIED_TYPE] = {.says = "uses a volume of the type {detail}, which is denied",
                     .mend = "use another type of volume",
                     .hides_state = true},
    [CSI_DRIVER] = {.says = "uses a CSI driver that is not allowed", .mend = "use {expected}"},
    [FLEX_VOLUME_DRIVER] = {.says = "uses a flexVolume driver that is not allowed",
                            .mend = "use {expected}"},
    [SEVERAL] = {.says = "has the volume \"{key}\" with several sources",
                 .mend = "keep one of them",
                 .hides_state = true},
};

/* Every type of k8s.io/api core/v1, so that a slip of the pen is found when the policy loads. */
static const struct str known_types[] = {
    STR_INIT("awsElasticBlockStore"),
    STR_INIT("azureDisk"),
    STR_INIT("azureFile"),
    STR_INIT("cephfs"),
    STR_INIT("cinder"),
    STR_INIT("configMap"),
    STR_INIT("csi"),
    STR_INIT("downwardAPI"),
    STR_INIT("emptyDir"),
    STR_INIT("ephemeral"),
    STR_INIT("fc"),
    STR_INIT("flexVolume"),
    STR_INIT("flocker"),
    STR_INIT("gcePersistentDisk"),
    STR_INIT("gitRepo"),
    STR_INIT("glusterfs"),
    STR_INIT("hostPath"),
    STR_INIT("image"),
    STR_INIT("iscsi"),
    STR_INIT("nfs"),
    STR_INIT("persistentVolumeClaim"),
    STR_INIT("photonPersistentDisk"),
    STR_INIT("portworxVolume"),
    STR_INIT("projected"),
    STR_INIT("quobyte"),
    STR_INIT("rbd"),
    STR_INIT("scaleIO"),
    STR_INIT("secret"),
    STR_INIT("storageos"),
    STR_INIT("vsphereVolume"),
};
#define KNOWN_TYPES (sizeof known_types / sizeof *known_types)

static bool is_known_type(struct str pattern) {
    for (size_t i = 0; i < KNOWN_TYPES; i++) {
        if (glob_match(pattern, known_types[i])) return true;
    }
    return false;
}

static bool check_types(const struct str_list *types, const char *param, struct error *err) {
    for (size_t i = 0; i < types->count; i++) {
        struct str type = types->items[i];
        if (is_known_type(type)) continue;
        struct str nearest = str_nearest(type, known_types, KNOWN_TYPES);
        if (str_is_empty(nearest))
            error_set(err, ERR_SCHEMA, "%s is no type of volume", str_quoted(type).text);
        else
            error_set(err, ERR_SCHEMA, "%s is no type of volume; did you mean \"%.*s\"?",
                      str_quoted(type).text, STR_ARGS(nearest));
        return param_error_in(err, param, i);
    }
    return true;
}

/* What to use, after "use". */
static struct str listed(struct arena *arena, const struct str_list *list) {
    if (list->count == 0) return STR("another type of volume");
    return str_format(arena, "%s%.*s", list->count > 1 ? "one of " : "",
                      STR_ARGS(str_join(arena, list, STR(", "))));
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct volume_types_params *p = params_;
    if (!check_types(&p->allow, "allow", err) || !check_types(&p->deny, "deny", err)) return false;
    p->allow_text = p->allow.count > 0 ? listed(arena, &p->allow) : STR("no volume");
    p->csi_text = listed(arena, &p->csi_drivers);
    p->flex_volume_text = listed(arena, &p->flex_volume_drivers);
    return true;
}

static void judge_driver(const struct check_ctx *ctx, struct findings *findings,
                         struct finding finding, const struct volume *volume) {
    const struct volume_types_params *p = ctx->params;
    bool is_csi = str_equals(volume->source, STR("csi"));
    if (!is_csi && !str_equals(volume->source, STR("flexVolume"))) return;
    if (glob_match_any(is_csi ? &p->csi_drivers : &p->flex_volume_drivers, volume->driver)) return;
    finding.problem = &problems[is_csi ? CSI_DRIVER : FLEX_VOLUME_DRIVER];
    finding.field = is_csi ? STR("csi.driver") : STR("flexVolume.driver");
    finding.actual = volume->driver;
    finding.expected = is_csi ? p->csi_text : p->flex_volume_text;
    finding_add(findings, finding);
}

static void judge_volume(const struct check_ctx *ctx, struct findings *findings, size_t index) {
    const struct volume_types_params *p = ctx->params;
    const struct volume *volume = &ctx->pod->volumes[index];
    /* As the API server stores it: a volume without a source is an emptyDir. */
    struct str type = volume->source_count > 0 ? volume->source : STR("emptyDir");
    bool is_denied = glob_match_any(&p->deny, type);
    struct finding finding = {.list = STR("volumes"), .index = index, .key = volume->name};
    if (volume->source_count > 1) {
        finding.problem = &problems[SEVERAL];
        finding.expected = STR("one source");
        finding_add(findings, finding);
    } else if (is_denied || !glob_match_any(&p->allow, type)) {
        finding.problem = &problems[is_denied ? DENIED_TYPE : TYPE];
        finding.field = volume->source;
        finding.actual = type;
        finding.detail = type;
        /* Another path of the node, or another driver, is another volume. */
        finding.compared = volume->host_path.at ? volume->host_path : volume->driver;
        finding.expected = is_denied ? STR("another type") : p->allow_text;
        finding_add(findings, finding);
    } else {
        judge_driver(ctx, findings, finding, volume);
    }
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    for (size_t i = 0; i < ctx->pod->volume_count; i++)
        judge_volume(ctx, findings, i);
}

const struct check check_volume_types = {
    .id = "volume-types",
    .title = "Volumes are of allowed types",
    .rationale =
        "Each type of volume is a way to something outside the pod: hostPath to the node's "
        "files, nfs or iscsi to a server past all storage classes, flexVolume to a program "
        "that runs as root on the node. By default the types of the restricted Pod Security "
        "Standards may be used, where persistentVolumeClaim leaves the choice of storage to "
        "administrators. A type that podgate does not know is judged by its name; a volume "
        "without a source is an emptyDir.",
    .references = "Pod Security Standards, restricted: Volume Types\n"
                  "Kubernetes documentation: Volumes",
    .theme = THEME_NODE,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD,
    .problems = problems,
    .problem_count = sizeof problems / sizeof problems[0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct volume_types_params),
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n"
                      "  volumes:\n"
                      "  - name: data\n"
                      "    nfs: {server: nfs.example.com, path: /}\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n"
                       "  volumes:\n"
                       "  - name: data\n"
                       "    persistentVolumeClaim: {claimName: data}\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
