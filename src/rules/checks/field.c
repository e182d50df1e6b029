/* What no other check looks at: a path, where it begins, and what must be there. docs/field.md is its page. */
#include "rules/check.h"

#include "base/glob.h"
#include "kube/schema.h"
#include "rules/secret.h"
#include "text/path.h"

enum { ON_POD, ON_CONTAINER, ON_OBJECT };
static const char *const roots[] = {"pod", "container", "object", NULL};

/* In the order in which they are asked for. */
enum operation { EXISTS, ABSENT, EQUALS, IN, NOT_IN, MATCHES, BETWEEN, OPERATION_COUNT };

struct field_params {
    int on;
    struct param_values path_text, says, equals, in, not_in, min, max;
    bool exists, absent, required, any;
    struct str_list matches;
    /* compiled */
    struct path path; /* below the pod spec, the pod's metadata, the container or the object */
    size_t skipped;   /* steps of what was written that lead there */
    enum finding_root root;
    enum operation operation;
    bool is_quantity;
    const struct param_values *values; /* of EQUALS, IN, NOT_IN */
    struct quantity least, most;
};

#define PARAM_AT(field) offsetof(struct field_params, field)

static const struct param params[] = {
    {"on", PARAM_CHOICE, PARAM_AT(on), .fallback = "pod", .choices = roots,
     .doc = "Where the path begins: the Pod or pod template (its spec and metadata), every "
            "container of it, or the object that was sent."},
    {"path", PARAM_VALUE, PARAM_AT(path_text),
     .doc = "What is judged, such as spec.runtimeClassName, metadata.labels['example.com/team'] "
            "or spec.tolerations[*].key. Required."},
    {"exists", PARAM_BOOL, PARAM_AT(exists), .fallback = "false", .doc = "true: it must be there."},
    {"absent", PARAM_BOOL, PARAM_AT(absent), .fallback = "false",
     .doc = "true: it must not be there."},
    {"equals", PARAM_VALUE, PARAM_AT(equals), .doc = "The value that it must have."},
    {"in", PARAM_VALUES, PARAM_AT(in), .doc = "The values of which it must have one."},
    {"notIn", PARAM_VALUES, PARAM_AT(not_in), .doc = "The values that it must not have."},
    {"matches", PARAM_GLOBS, PARAM_AT(matches), .fallback = "[]",
     .doc = "Patterns of which one must match its text."},
    {"min", PARAM_VALUE, PARAM_AT(min), .doc = "The least number or quantity that it may be."},
    {"max", PARAM_VALUE, PARAM_AT(max), .doc = "The greatest number or quantity that it may be."},
    {"required", PARAM_BOOL, PARAM_AT(required), .fallback = "true",
     .doc = "false: it may be absent, and only a value that is there is judged."},
    {"any", PARAM_BOOL, PARAM_AT(any), .fallback = "false",
     .doc = "true: of all that [*] stands for one must hold; else each must."},
    {"says", PARAM_VALUE, PARAM_AT(says),
     .doc = "What is said of the pod, container or object instead of podgate's own words, such as "
            "\"must name its team\"."},
};

enum { MISSING, WRONG, FORBIDDEN, NONE_OF_ALL, PROBLEM_COUNT };

/* With podgate's words, and with those of the policy. */
static const struct problem problems[2][PROBLEM_COUNT] = {
    {
        [MISSING] = {.says = "{has|have} no {key}", .mend = "set it to {expected}"},
        [WRONG] = {.says = "{has|have} {key} with a value that is not allowed",
                   .mend = "set it to {expected}"},
        [FORBIDDEN] = {.says = "{has|have} {key}, which is not allowed", .mend = "remove it"},
        [NONE_OF_ALL] = {.says = "{has|have} no {key} as it must be",
                         .mend = "set one {key} to {expected}",
                         .hides_state = true},
    },
    {
        [MISSING] = {.says = "{detail}", .mend = "set it to {expected}"},
        [WRONG] = {.says = "{detail}", .mend = "set it to {expected}"},
        [FORBIDDEN] = {.says = "{detail}", .mend = "remove it"},
        [NONE_OF_ALL] = {.says = "{detail}",
                         .mend = "set one {key} to {expected}",
                         .hides_state = true},
    },
};

static bool is_given(const struct param_values *values) { return values->count > 0; }
static struct str text_of(const struct param_values *value) {
    return is_given(value) ? value->items[0].text : STR_NONE;
}

/* --- the path, when the policy is loaded ----------------------------------------------------- */

static void skip_step(struct field_params *p) {
    p->skipped++;
    p->path.count--;
    memmove(p->path.steps, p->path.steps + 1, p->path.count * sizeof p->path.steps[0]);
}

static struct str step_key(const struct field_params *p, size_t step) {
    return step < p->path.count ? p->path.steps[step].key : STR_NONE;
}

static bool check_metadata(struct str field, struct error *err) {
    if (str_equals(field, STR("managedFields")))
        return error_set(err, ERR_SCHEMA, "managedFields is not judged: podgate does not read it");
    return schema_check_field(SCHEMA_METADATA, field, err);
}

static bool check_pod_path(struct field_params *p, struct error *err) {
    bool is_spec = str_equals(step_key(p, 0), STR("spec"));
    if (!is_spec && !str_equals(step_key(p, 0), STR("metadata")))
        return error_set(err, ERR_SCHEMA, "must begin with spec or metadata: on is pod");
    if (p->path.count == 1) return error_set(err, ERR_SCHEMA, "must lead to a field below that");
    skip_step(p);
    p->root = is_spec ? FINDING_POD : FINDING_POD_METADATA;
    struct str field = step_key(p, 0);
    if (!is_spec) return check_metadata(field, err);
    bool is_container_list = str_equals(field, STR("containers")) ||
                             str_equals(field, STR("initContainers")) ||
                             str_equals(field, STR("ephemeralContainers"));
    if (is_container_list && p->path.count > 1)
        return error_set(err, ERR_SCHEMA,
                         "leads into containers: write on: container and the path below one; "
                         "then it holds for all of them, init and ephemeral ones too");
    return schema_check_field(SCHEMA_POD_SPEC, field, err);
}

static bool check_object_path(struct field_params *p, struct error *err) {
    static const char *const parts[] = {"apiVersion", "kind", "metadata", "spec", "template"};
    struct str first = step_key(p, 0);
    p->root = FINDING_OBJECT;
    if (str_equals(first, STR("status")))
        return error_set(err, ERR_SCHEMA, "status is not judged: podgate does not read it");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!str_equals(first, str_from(parts[i]))) continue;
        bool is_metadata = i == 2 && p->path.count > 1;
        return !is_metadata || check_metadata(step_key(p, 1), err);
    }
    return error_set(err, ERR_SCHEMA,
                     "must begin with apiVersion, kind, metadata, spec or template: on is object");
}

/* Where Kubernetes itself compares quantities: resources, sizeLimit, divisor, overhead. */
static bool leads_to_quantity(const struct path *path) {
    struct str last = path->steps[path->count - 1].key;
    if (str_equals(last, STR("sizeLimit")) || str_equals(last, STR("divisor"))) return true;
    if (path->count < 2) return false;
    struct str above = path->steps[path->count - 2].key;
    return str_equals(above, STR("limits")) || str_equals(above, STR("requests")) ||
           str_equals(above, STR("overhead"));
}

static bool compile_path(struct field_params *p, struct error *err) {
    if (!is_given(&p->path_text))
        return error_set(err, ERR_SCHEMA, "is missing: which field is judged");
    if (p->path_text.items[0].type != PARAM_VALUE_STRING)
        return error_set(err, ERR_SCHEMA, "must be a string");
    if (!path_parse(text_of(&p->path_text), &p->path, err)) return false;
    bool is_fine = p->on == ON_POD      ? check_pod_path(p, err)
                   : p->on == ON_OBJECT ? check_object_path(p, err)
                                        : schema_check_field(SCHEMA_CONTAINER, step_key(p, 0), err);
    p->is_quantity = is_fine && leads_to_quantity(&p->path);
    return is_fine;
}

/* --- the operator, when the policy is loaded ------------------------------------------------- */

/* "path: must be a string", at the parameter or at an item of it. */
static bool fails_at(struct error *err, const char *name) {
    error_context(err, "%s", name);
    return error_in(err, name);
}

static bool find_operator(struct field_params *p, struct error *err) {
    const bool given[OPERATION_COUNT] = {[EXISTS] = p->exists,
                                         [ABSENT] = p->absent,
                                         [EQUALS] = is_given(&p->equals),
                                         [IN] = is_given(&p->in),
                                         [NOT_IN] = is_given(&p->not_in),
                                         [MATCHES] = p->matches.count > 0,
                                         [BETWEEN] = is_given(&p->min) || is_given(&p->max)};
    unsigned count = 0;
    for (int i = 0; i < OPERATION_COUNT; i++) {
        count += given[i];
        if (given[i]) p->operation = (enum operation)i;
    }
    if (count == 1) return true;
    return error_set(err, ERR_SCHEMA,
                     "field needs %s of exists, absent, equals, in, notIn, matches, and min "
                     "with or without max",
                     count == 0 ? "one" : "only one");
}

static bool parse_limit(const struct param_values *value, const char *name, struct quantity *out,
                        struct error *err) {
    struct error ignored = {0};
    if (!is_given(value) || quantity_parse(text_of(value), out, &ignored)) return true;
    error_set(err, ERR_SCHEMA, "must be a number or a quantity such as 500m or 2Gi");
    return fails_at(err, name);
}

static bool check_quantities(const struct field_params *p, const char *name, bool is_list,
                             struct error *err) {
    struct error ignored = {0};
    struct quantity quantity;
    for (size_t i = 0; p->is_quantity && i < p->values->count; i++) {
        if (quantity_parse(p->values->items[i].text, &quantity, &ignored)) continue;
        error_set(err, ERR_SCHEMA, "must be a quantity such as 500m or 2Gi: the path leads to one");
        error_context(err, "%s", name);
        return is_list ? param_error_in(err, name, i) : error_in(err, name);
    }
    return true;
}

static bool compile_values(struct field_params *p, struct error *err) {
    switch (p->operation) {
    case EQUALS: p->values = &p->equals; return check_quantities(p, "equals", false, err);
    case IN: p->values = &p->in; return check_quantities(p, "in", true, err);
    case NOT_IN: p->values = &p->not_in; return check_quantities(p, "notIn", true, err);
    case BETWEEN:
        if (!parse_limit(&p->min, "min", &p->least, err)) return false;
        if (!parse_limit(&p->max, "max", &p->most, err)) return false;
        if (!is_given(&p->min) || !is_given(&p->max) || quantity_compare(&p->least, &p->most) <= 0)
            return true;
        error_set(err, ERR_SCHEMA, "is less than min");
        return fails_at(err, "max");
    case EXISTS:
    case ABSENT:
    case MATCHES:
    case OPERATION_COUNT: break;
    }
    return true;
}

static bool check_modifiers(const struct field_params *p, struct error *err) {
    bool may_be_absent = p->operation != EXISTS && p->operation != ABSENT && p->operation != NOT_IN;
    if (!p->required && !may_be_absent) {
        error_set(err, ERR_SCHEMA, "says nothing beside exists, absent or notIn");
        return fails_at(err, "required");
    }
    if (p->any && (p->path.each_count == 0 || p->operation == ABSENT)) {
        error_set(err, ERR_SCHEMA, "needs a path with [*]%s",
                  p->operation == ABSENT ? ", and no absent" : "");
        return fails_at(err, "any");
    }
    return true;
}

static bool prepare(void *params_, struct arena *arena, struct error *err) {
    struct field_params *p = params_;
    (void)arena;
    if (!compile_path(p, err)) return fails_at(err, "path");
    return find_operator(p, err) && compile_values(p, err) && check_modifiers(p, err);
}

static bool judges_object_with(const void *params_) {
    const struct field_params *p = params_;
    return p->on == ON_OBJECT || p->root == FINDING_POD_METADATA;
}

/* --- what is there --------------------------------------------------------------------------- */

struct judging {
    const struct check_ctx *ctx;
    const struct field_params *p;
    struct findings *findings;
    size_t held; /* places where it holds */
};

/* Of a string or a number; false for anything else. */
static bool read_quantity(const struct judging *j, const struct cJSON *node, struct quantity *out) {
    struct error ignored;
    struct str text = tree_is_number(node) ? tree_number_text(j->ctx->workload->document, node)
                                           : tree_string(node);
    return !str_is_empty(text) && quantity_parse(text, out, &ignored);
}

static bool is_same_quantity(const struct judging *j, const struct cJSON *node, struct str wanted) {
    struct quantity a, b;
    struct error ignored;
    return read_quantity(j, node, &a) && quantity_parse(wanted, &b, &ignored) &&
           quantity_compare(&a, &b) == 0;
}

/* Types are exact: "1" is not 1. Numbers compare by value, and quantities where the path leads to one. */
static bool is_value(const struct judging *j, const struct cJSON *node,
                     const struct param_value *wanted) {
    if (j->p->is_quantity) return is_same_quantity(j, node, wanted->text);
    switch (wanted->type) {
    case PARAM_VALUE_STRING:
        return tree_is_string(node) && str_equals(tree_string(node), wanted->text);
    case PARAM_VALUE_NUMBER: return tree_is_number(node) && is_same_quantity(j, node, wanted->text);
    case PARAM_VALUE_BOOL:
        return tree_is_bool(node) && tree_is_true(node) == str_equals(wanted->text, STR("true"));
    }
    return false;
}

static bool is_among(const struct judging *j, const struct cJSON *node) {
    for (size_t i = 0; i < j->p->values->count; i++)
        if (is_value(j, node, &j->p->values->items[i])) return true;
    return false;
}

static bool does_match(const struct judging *j, const struct cJSON *node) {
    struct str text = tree_is_number(node) ? tree_number_text(j->ctx->workload->document, node)
                                           : tree_string(node);
    return (tree_is_string(node) || tree_is_number(node)) && glob_match_any(&j->p->matches, text);
}

static bool is_between(const struct judging *j, const struct cJSON *node) {
    struct quantity quantity;
    if (!read_quantity(j, node, &quantity)) return false;
    if (is_given(&j->p->min) && quantity_compare(&quantity, &j->p->least) < 0) return false;
    return !is_given(&j->p->max) || quantity_compare(&quantity, &j->p->most) <= 0;
}

static bool holds(const struct judging *j, const struct cJSON *node) {
    enum operation operation = j->p->operation;
    if (operation == EXISTS) return node != NULL;
    if (operation == ABSENT) return node == NULL;
    if (!node) return operation == NOT_IN || !j->p->required;
    switch (operation) {
    case EQUALS:
    case IN: return is_among(j, node);
    case NOT_IN: return !is_among(j, node);
    case MATCHES: return does_match(j, node);
    case BETWEEN: return is_between(j, node);
    case EXISTS:
    case ABSENT:
    case OPERATION_COUNT: break;
    }
    return true;
}

/* --- findings -------------------------------------------------------------------------------- */

/* A string that YAML would take for something else. */
static bool needs_quotes(const struct field_params *p, const struct param_value *value) {
    struct quantity ignored;
    struct error err;
    if (value->type != PARAM_VALUE_STRING || p->is_quantity) return false;
    return str_is_empty(value->text) || str_equals(value->text, STR("true")) ||
           str_equals(value->text, STR("false")) || quantity_parse(value->text, &ignored, &err);
}

static struct str list_values(struct arena *arena, const struct field_params *p) {
    const struct param_values *values = p->values;
    struct strbuf out;
    strbuf_init(&out, arena, 64);
    for (size_t i = 0; i < values->count; i++) {
        struct str text = values->items[i].text;
        strbuf_add(&out, str_or(i, values->count));
        const char *quote = needs_quotes(p, &values->items[i]) ? "\"" : "";
        strbuf_printf(&out, "%s%.*s%s", quote, STR_ARGS(text), quote);
    }
    return strbuf_str(&out);
}

/* "a or b", "a value like x-*", "2 or more" */
static struct str describe(struct arena *arena, const struct field_params *p) {
    struct str least = text_of(&p->min), most = text_of(&p->max);
    switch (p->operation) {
    case EXISTS: return STR("any value");
    case ABSENT: return STR("nothing");
    case EQUALS:
    case IN: return list_values(arena, p);
    case NOT_IN:
        return str_format(arena, "another value than %.*s", STR_ARGS(list_values(arena, p)));
    case MATCHES:
        return str_format(arena, "a value like %.*s",
                          STR_ARGS(param_strings_text(arena, &p->matches)));
    case BETWEEN:
        if (str_is_empty(most)) return str_format(arena, "%.*s or more", STR_ARGS(least));
        if (str_is_empty(least)) return str_format(arena, "%.*s or less", STR_ARGS(most));
        return str_format(arena, "%.*s to %.*s", STR_ARGS(least), STR_ARGS(most));
    case OPERATION_COUNT: break;
    }
    return STR_NONE;
}

/* Literal values of variables, and whatever looks like a secret, are shown by nobody. */
static bool is_secret(const struct field_params *p, struct str text) {
    struct str last = p->path.steps[p->path.count - 1].key;
    return str_equals(last, STR("value")) || secret_value_shape(text) != NULL;
}

static struct str show(const struct judging *j, const struct cJSON *node) {
    if (tree_is_string(node)) {
        struct str text = tree_string(node);
        if (is_secret(j->p, text)) return STR("***");
        return str_is_empty(text) ? STR("\"\"") : text;
    }
    if (tree_is_number(node)) return tree_number_text(j->ctx->workload->document, node);
    if (tree_is_bool(node)) return tree_is_true(node) ? STR("true") : STR("false");
    return str_from(tree_type_name(node));
}

static int problem_of(const struct field_params *p, const struct cJSON *node) {
    if (p->operation == ABSENT) return FORBIDDEN;
    return node ? WRONG : MISSING;
}

static void report(const struct judging *j, int problem, struct finding finding) {
    const struct field_params *p = j->p;
    finding.problem = &problems[is_given(&p->says)][problem];
    finding.container = j->ctx->container;
    finding.root = p->root;
    finding.key = text_of(&p->path_text);
    finding.detail = text_of(&p->says);
    finding.expected = describe(j->ctx->arena, p);
    finding_add(j->findings, finding);
}

static void judge_place(void *context, const struct path_place *place) {
    struct judging *j = context;
    bool does_hold = holds(j, place->node);
    j->held += does_hold;
    if (does_hold || j->p->any) return;
    struct arena *arena = j->ctx->arena;
    struct finding finding = {.field = path_place_text(arena, place, 0),
                              .followed = path_place_identity(arena, place)};
    if (place->node) finding.actual = show(j, place->node);
    if (tree_is_string(place->node)) finding.compared = tree_string(place->node);
    report(j, problem_of(j->p, place->node), finding);
}

/* What stands before the first [*]: the list to which an entry must be added. */
static struct str path_before_each(struct arena *arena, const struct path *path) {
    struct path before = *path;
    before.count = 0;
    while (!str_is_empty(path->steps[before.count].key))
        before.count++;
    return path_place_text(arena, &(struct path_place){.path = &before}, 0);
}

static void judge_from(struct judging *j, const struct cJSON *root) {
    path_visit(&j->p->path, root, judge_place, j);
    if (!j->p->any || j->held > 0) return;
    report(j, NONE_OF_ALL, (struct finding){.field = path_before_each(j->ctx->arena, &j->p->path)});
}

/* The object that holds the pod's metadata and spec. */
static const struct cJSON *find_template(const struct workload *workload) {
    bool is_whole;
    const struct cJSON *node =
        tree_resolve(workload->node, workload->kind->template_path, &is_whole);
    return is_whole ? node : NULL;
}

static void evaluate(const struct check_ctx *ctx, struct findings *findings) {
    const struct field_params *p = ctx->params;
    const struct workload *workload = ctx->workload;
    struct judging j = {.ctx = ctx, .p = p, .findings = findings};
    if ((p->on == ON_CONTAINER) != (ctx->container != NULL)) return;
    if (p->on == ON_CONTAINER)
        judge_from(&j, ctx->container->node);
    else if (p->on == ON_OBJECT)
        judge_from(&j, workload->node);
    else if (p->root == FINDING_POD)
        judge_from(&j, ctx->pod->node);
    else
        judge_from(&j, tree_find(find_template(workload), STR("metadata")));
}

const struct check check_field = {
    .id = "field",
    .title = "A field as the policy wants it",
    .rationale =
        "For whatever has no check of its own: a label that every object needs, a runtime class, "
        "a toleration, a field that must not be used. A path names the field, an operator says "
        "what must be there. A mistake in either is found when the policy is loaded.",
    .references = "Kubernetes API reference: Pod, PodTemplate, ObjectMeta",
    .theme = THEME_OBJECTS,
    .severity = SEVERITY_MEDIUM,
    .scope = CHECK_POD_AND_CONTAINER,
    .judges_object_with = judges_object_with,
    .problems = problems[0],
    .problem_count = sizeof problems / sizeof problems[0][0],
    .params = params,
    .param_count = sizeof params / sizeof params[0],
    .params_size = sizeof(struct field_params),
    .example_params = "{path: spec.runtimeClassName, equals: gvisor}",
    .example_denied = "apiVersion: v1\n"
                      "kind: Pod\n"
                      "metadata: {name: web}\n"
                      "spec:\n"
                      "  runtimeClassName: runc\n"
                      "  containers:\n"
                      "  - name: web\n"
                      "    image: registry.example.com/web:1.4.2\n",
    .example_allowed = "apiVersion: v1\n"
                       "kind: Pod\n"
                       "metadata: {name: web}\n"
                       "spec:\n"
                       "  runtimeClassName: gvisor\n"
                       "  containers:\n"
                       "  - name: web\n"
                       "    image: registry.example.com/web:1.4.2\n",
    .prepare = prepare,
    .evaluate = evaluate,
};
