#include "cli/probe_verdict.h"

#include "text/json.h"

static bool refuse(struct error *err, const char *field, const char *what) {
    error_set(err, ERR_SCHEMA, "%s", what);
    return error_in(err, field);
}

static bool has_text(const struct cJSON *object, struct str name, struct str wanted) {
    const struct cJSON *found = tree_find(object, name);
    return tree_is_string(found) && str_equals(tree_string(found), wanted);
}

static bool are_strings(const struct cJSON *collection) {
    for (const struct cJSON *one = collection->child; one; one = one->next)
        if (!tree_is_string(one)) return false;
    return true;
}

/* What Go's decoder would refuse, and what a validating webhook may not answer. */
static bool check_extras(const struct cJSON *response, struct error *err) {
    const struct cJSON *warnings = tree_find(response, STR("warnings")),
                       *annotations = tree_find(response, STR("auditAnnotations"));
    if (warnings && !(tree_is_array(warnings) && are_strings(warnings)))
        return refuse(err, "response.warnings", "is no list of strings");
    if (annotations && !(tree_is_object(annotations) && are_strings(annotations)))
        return refuse(err, "response.auditAnnotations", "holds something else than strings");
    if (tree_find(response, STR("patch")) || tree_find(response, STR("patchType")))
        return refuse(err, "response.patch", "is not for validating webhooks");
    return true;
}

static bool check(const struct cJSON *root, struct str uid, bool is_v1beta1, struct error *err) {
    const struct cJSON *response = tree_find(root, STR("response"));
    const struct cJSON *status = tree_find(response, STR("status"));
    if (!has_text(root, STR("kind"), STR("AdmissionReview")))
        return refuse(err, "kind", "is not AdmissionReview");
    if (!has_text(root, STR("apiVersion"),
                  is_v1beta1 ? STR("admission.k8s.io/v1beta1") : STR("admission.k8s.io/v1")))
        return refuse(err, "apiVersion", "is not the one that was asked with");
    if (!tree_is_object(response)) return refuse(err, "response", "is missing");
    if (!has_text(response, STR("uid"), uid))
        return refuse(err, "response.uid", "is not the one that was asked with");
    if (!tree_is_bool(tree_find(response, STR("allowed"))))
        return refuse(err, "response.allowed", "is neither true nor false");
    if (status && !tree_is_object(status)) return refuse(err, "response.status", "is no object");
    return check_extras(response, err);
}

bool probe_verdict_read(struct arena *arena, struct str body, struct str uid, bool is_v1beta1,
                        struct probe_verdict *out, struct error *err) {
    struct document document;
    if (!json_read(arena, body, &scan_limits_default, &document, err) ||
        !check(document.root, uid, is_v1beta1, err))
        return false;
    const struct cJSON *response = tree_find(document.root, STR("response"));
    *out = (struct probe_verdict){
        .allowed = tree_is_true(tree_find(response, STR("allowed"))),
        .message = tree_string(tree_find(tree_find(response, STR("status")), STR("message"))),
        .violations =
            tree_string(tree_find(tree_find(response, STR("auditAnnotations")), STR("violations"))),
        .warnings = tree_find(response, STR("warnings"))};
    return true;
}

struct str probe_status_message(struct arena *arena, struct str body) {
    struct document document;
    struct error ignored;
    if (!json_read(arena, body, &scan_limits_default, &document, &ignored) ||
        !has_text(document.root, STR("kind"), STR("Status")))
        return STR_NONE;
    return tree_string(tree_find(document.root, STR("message")));
}
