#include "desk/trial_parts.h"

/* Recursion is bounded by the depth that text/yaml and text/json allow. */
static void write_node(struct arena *arena, struct json_out *out, const struct document *document,
                       const struct cJSON *node) {
    bool is_object = tree_is_object(node);
    if (is_object || tree_is_array(node)) {
        strbuf_add_char(out->buf, is_object ? '{' : '[');
        for (const struct cJSON *child = node->child; child; child = child->next) {
            if (child != node->child) strbuf_add_char(out->buf, ',');
            if (is_object) {
                json_out_escape(out->buf, tree_key(child));
                strbuf_add_char(out->buf, ':');
            }
            write_node(arena, out, document, child);
        }
        strbuf_add_char(out->buf, is_object ? '}' : ']');
    } else if (tree_is_string(node)) {
        json_out_escape(out->buf, tree_string(node));
    } else if (tree_is_number(node)) {
        strbuf_add(out->buf, tree_number_text(document, node));
    } else if (tree_is_bool(node)) {
        strbuf_add(out->buf, tree_is_true(node) ? STR("true") : STR("false"));
    } else {
        strbuf_add(out->buf, STR("null"));
    }
}

static void add_object(struct arena *arena, struct json_out *out, const char *name,
                       const struct trial_object *object) {
    struct strbuf text;
    struct json_out inner;
    strbuf_init(&text, arena, 4096);
    json_out_init(&inner, &text);
    write_node(arena, &inner, object->document, object->node);
    json_out_raw(out, name, strbuf_str(&text));
}

static void add_kind(struct json_out *out, const char *name, struct str group, struct str version,
                     const char *last_name, struct str last) {
    json_out_begin_object(out, name);
    json_out_string(out, "group", group);
    json_out_string(out, "version", version);
    json_out_string(out, last_name, last);
    json_out_end_object(out);
}

static void add_requester(struct json_out *out, const struct trial_case *each) {
    json_out_begin_object(out, "userInfo");
    json_out_string(out, "username", each->user);
    json_out_begin_array(out, "groups");
    for (size_t i = 0; i < each->groups.count; i++)
        json_out_string(out, NULL, each->groups.items[i]);
    json_out_end_array(out);
    json_out_end_object(out);
}

struct str trial_write_review(struct arena *arena, const struct workload_kind *kind,
                              const struct trial_case *each, const struct trial_object *object,
                              const struct trial_object *old) {
    const struct cJSON *metadata = tree_find(object->node, STR("metadata"));
    struct str own = tree_string(tree_find(metadata, STR("namespace")));
    size_t slash = str_find_char(object->api_version, '/');
    struct str version = slash < object->api_version.len
                             ? str_slice(object->api_version, slash + 1, object->api_version.len)
                             : object->api_version;
    enum operation operation = each->operation;
    if (operation == OPERATION_OTHER) operation = old ? OPERATION_UPDATE : OPERATION_CREATE;
    struct strbuf text;
    struct json_out out;
    strbuf_init(&text, arena, 8192);
    json_out_init(&out, &text);
    json_out_begin_object(&out, NULL);
    json_out_string(&out, "apiVersion", STR("admission.k8s.io/v1"));
    json_out_string(&out, "kind", STR("AdmissionReview"));
    json_out_begin_object(&out, "request");
    json_out_string(&out, "uid", STR("policy-test"));
    add_kind(&out, "kind", kind->group, version, "kind", kind->kind);
    add_kind(&out, "resource", kind->group, version, "resource", kind->resource);
    json_out_string(&out, "name", tree_string(tree_find(metadata, STR("name"))));
    json_out_string(&out, "namespace", own.len ? own : each->name_space);
    json_out_string(&out, "operation", operation_name(operation));
    add_requester(&out, each);
    add_object(arena, &out, "object", object);
    if (old) add_object(arena, &out, "oldObject", old);
    json_out_end_object(&out);
    json_out_end_object(&out);
    return strbuf_str(&text);
}
