#include "kube/review.h"
#include "unit/kube/tree_from.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 65536, 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

#define REVIEW(request)                                                                            \
    "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':" request "}"
#define BASICS "'uid':'u','kind':{'group':'','version':'v1','kind':'Pod'},'operation':'CREATE'"
#define WITH(members) REVIEW("{" BASICS "," members "}")

static bool try_read(struct str body, struct review *review, struct error *err) {
    *err = (struct error){0};
    return review_read(&arena, body, &scan_limits_default, review, err);
}

static const struct review *read_body(struct str body) {
    struct review *review = ARENA_NEW(&arena, struct review, 1);
    struct error err;
    if (!try_read(body, review, &err))
        fail_msg("%.*s: %s:%u:%u: %s", STR_ARGS(body), err.where, err.line, err.column, err.text);
    return review;
}

static const struct review *read_quoted(const char *quoted) {
    return read_body(json_from(&arena, quoted));
}

static void assert_refused(struct str body, enum error_code code, const char *where,
                           const char *says) {
    struct review review;
    struct error err;
    if (try_read(body, &review, &err)) fail_msg("%.*s must be refused", STR_ARGS(body));
    assert_int_equal(err.code, code);
    if (where) assert_string_equal(err.where, where);
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

/* --- the envelope --- */

static void every_field_of_the_envelope_is_read(void **state) {
    (void)state;
    const struct review *r = read_quoted(REVIEW(
        "{'uid':'fcd2','kind':{'group':'apps','version':'v1','kind':'Deployment'},"
        "'resource':{'group':'apps','version':'v1','resource':'deployments'},"
        "'subResource':'scale','requestKind':{'group':'extensions','version':'v1beta1','kind':'D'},"
        "'requestResource':{},'requestSubResource':'x','name':'n','namespace':'ns',"
        "'operation':'UPDATE','userInfo':{'username':'admin','uid':'1','groups':['a','b'],"
        "'extra':{'k':['v']}},'object':{'a':1},'oldObject':null,'dryRun':true,"
        "'options':{'x':[1]}}"));
    assert_false(r->is_v1beta1);
    expect_str(r->uid, "fcd2");
    expect_str(r->kind.group, "apps");
    expect_str(r->kind.version, "v1");
    expect_str(r->kind.kind, "Deployment");
    expect_str(r->resource.kind, "deployments");
    expect_str(r->request_kind.kind, "D");
    expect_str(r->sub_resource, "scale");
    expect_str(r->name, "n");
    expect_str(r->name_space, "ns");
    assert_int_equal(r->operation, OPERATION_UPDATE);
    expect_str(r->user, "admin");
    assert_int_equal(r->groups.count, 2);
    expect_str(r->groups.items[1], "b");
    assert_true(r->dry_run);
    assert_true(r->object.is_present && r->object.is_object);
    assert_false(r->old_object.is_present);
}

static void null_is_absent(void **state) {
    (void)state;
    const struct review *r = read_quoted(
        WITH("'resource':null,'subResource':null,'requestKind':null,'name':null,'userInfo':null,"
             "'object':null,'dryRun':null"));
    assert_true(str_is_empty(r->name));
    assert_true(str_is_empty(r->request_kind.kind));
    assert_false(r->object.is_present);
    assert_false(r->dry_run);
    assert_int_equal(read_quoted(WITH("'userInfo':{'groups':null}"))->groups.count, 0);
}

static void the_order_of_members_does_not_matter(void **state) {
    (void)state;
    const struct review *r = read_quoted(
        " { 'request' : { 'object' : { } , 'operation' : 'DELETE' , 'kind' : "
        "{ 'kind' : 'Pod' } , 'uid' : 'u' } , 'apiVersion' : "
        "'admission.k8s.io/v1beta1' , 'more' : [ { } ] , 'kind' : 'AdmissionReview' } ");
    assert_true(r->is_v1beta1);
    assert_int_equal(r->operation, OPERATION_DELETE);
    expect_str(r->object.bytes, "{ }");
}

static void operations_have_names(void **state) {
    (void)state;
    static const char *const names[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
    for (int i = 0; i < 4; i++) {
        enum operation operation;
        assert_true(operation_parse(str_from(names[i]), &operation));
        assert_int_equal(operation, i);
        assert_true(str_equals(operation_name(operation), str_from(names[i])));
    }
    enum operation operation;
    assert_false(operation_parse(STR("OTHER"), &operation));
    assert_false(operation_parse(STR("create"), &operation));
    const struct review *r =
        read_quoted(REVIEW("{'uid':'u','kind':{'kind':'Pod'},'operation':'PATCH'}"));
    assert_int_equal(r->operation, OPERATION_OTHER);
    expect_str(r->operation_text, "PATCH");
    expect_str(operation_name(r->operation), "OTHER");
}

static void escapes_are_resolved(void **state) {
    (void)state;
    const struct review *r = read_body(
        STR("{\"k\\u0069nd\":\"Admission\\u0052eview\",\"apiVersion\":\"admission.k8s.io\\/v1\","
            "\"request\":{\"uid\":\"\\\"\\u00e9\",\"k\\u0069nd\":{\"kind\":\"Pod\"},"
            "\"operation\":\"CREATE\",\"userInfo\":{\"username\":\"a\\\\b\"}}}"));
    expect_str(r->uid, "\"\xc3\xa9");
    expect_str(r->user, "a\\b");
}

static void malformed_envelopes_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        enum error_code code;
        const char *where, *says;
    } rows[] = {
        {"", ERR_SYNTAX, "", "the body is empty"},
        {" \n", ERR_SYNTAX, "", "the body is empty"},
        {"x", ERR_SYNTAX, "", "not JSON"},
        {"{", ERR_SYNTAX, "", "not JSON"},
        {"{'kind'", ERR_SYNTAX, "", "not JSON"},
        {WITH("'object':{'a':}"), ERR_SYNTAX, "", "not JSON"},
        {WITH("'object':{'spec':{'a':[}}"), ERR_SYNTAX, "", "not JSON"},
        {WITH("'options':{'a' 1}"), ERR_SYNTAX, "", "not JSON"},
        {WITH("'object':{'metadata':{'managedFields':[}}}"), ERR_SYNTAX, "", "not JSON"},
        {WITH("'object':{},"), ERR_SYNTAX, "", "not JSON"},
        {WITH("'object':{}") "x", ERR_SYNTAX, "", "something follows"},
        {WITH("'object':{}") "{}", ERR_SYNTAX, "", "something follows"},
        {"[]", ERR_SCHEMA, "the body", "must be an object, it is a list"},
        {"'x'", ERR_SCHEMA, "the body", "must be an object, it is a string"},
        {"null", ERR_SCHEMA, "the body", "must be an object, it is null"},
        {"{}", ERR_SCHEMA, "", "kind is missing"},
        {"{'kind':'Pod'}", ERR_SCHEMA, "", "kind must be AdmissionReview, it is \"Pod\""},
        {"{'kind':'AdmissionReview'}", ERR_SCHEMA, "", "apiVersion is missing"},
        {"{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v2'}", ERR_SCHEMA, "",
         "it is \"admission.k8s.io/v2\""},
        {"{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1'}", ERR_SCHEMA, "",
         "request is missing: this is no AdmissionReview that an API server sends"},
        {REVIEW("null"), ERR_SCHEMA, "", "request is missing"},
        {REVIEW("[]"), ERR_SCHEMA, "request", "must be an object, it is a list"},
        {REVIEW("{}"), ERR_SCHEMA, "", "request.uid is missing"},
        {REVIEW("{'uid':''}"), ERR_SCHEMA, "", "request.uid is missing"},
        {REVIEW("{'uid':'u'}"), ERR_SCHEMA, "", "request.kind.kind is missing"},
        {REVIEW("{'uid':'u','kind':{'kind':'Pod'}}"), ERR_SCHEMA, "",
         "request.operation is missing"},
        {REVIEW("{'uid':1}"), ERR_SCHEMA, "request.uid", "must be a string, it is a number"},
        {REVIEW("{'kind':'Pod'}"), ERR_SCHEMA, "request.kind", "must be an object, it is a string"},
        {REVIEW("{'kind':{'kind':[]}}"), ERR_SCHEMA, "request.kind.kind",
         "must be a string, it is a list"},
        {WITH("'dryRun':'true'"), ERR_SCHEMA, "request.dryRun",
         "must be true or false, it is a string"},
        {WITH("'userInfo':[]"), ERR_SCHEMA, "request.userInfo", "must be an object"},
        {WITH("'userInfo':{'groups':'a'}"), ERR_SCHEMA, "request.userInfo.groups",
         "must be a list of strings, it is a string"},
        {WITH("'userInfo':{'groups':['a',1]}"), ERR_SCHEMA, "request.userInfo.groups[1]",
         "must be a string, it is a number"},
        {WITH("'name':true"), ERR_SCHEMA, "request.name", "must be a string, it is true or false"},
        {WITH("'uid':'v'"), ERR_SCHEMA, "request", "\"uid\" stands twice"},
        {WITH("'u\\u0069d':'v'"), ERR_SCHEMA, "request", "\"uid\" stands twice"},
        {WITH("'uid':null"), ERR_SCHEMA, "request", "\"uid\" stands twice"},
        {WITH("'object':{},'object':{}"), ERR_SCHEMA, "request", "\"object\" stands twice"},
        {REVIEW("{'kind':{'kind':'A','kind':'B'}}"), ERR_SCHEMA, "request.kind",
         "\"kind\" stands twice"},
        {"{'kind':'AdmissionReview','kind':'AdmissionReview'}", ERR_SCHEMA, "",
         "\"kind\" stands twice"},
        {WITH("'name':'a\\u0000b'"), ERR_SCHEMA, "request.name", "contains U+0000"},
        {WITH("'name':'\\ud800'"), ERR_SCHEMA, "request.name", "surrogate"},
        {WITH("'userInfo':{'username':'\xff'}"), ERR_SCHEMA, "request.userInfo.username", "UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(json_from(&arena, rows[i].body), rows[i].code, rows[i].where, rows[i].says);
    struct str nul = {"{\"kind\":\"Admission\0Review\"}", 27};
    assert_refused(nul, ERR_SCHEMA, "kind", "U+0000");
}

static void places_of_bad_json_are_told(void **state) {
    (void)state;
    struct review review;
    struct error err;
    assert_false(try_read(STR("{\"kind\":1,\n  x}"), &review, &err));
    assert_false(try_read(STR("{\"a\":1,\n  x}"), &review, &err));
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 3);
}

static struct str review_with_long(const char *member, size_t length) {
    char *text = ARENA_NEW(&arena, char, length + 1);
    memset(text, 'x', length);
    struct str quoted =
        str_format(&arena,
                   "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1',"
                   "'request':{'%s':'%s','kind':{'kind':'Pod'},'operation':'CREATE'%s}}",
                   member, text, strcmp(member, "uid") ? ",'uid':'u'" : "");
    return json_from(&arena, quoted.at);
}

static void long_names_are_refused(void **state) {
    (void)state;
    assert_int_equal(read_body(review_with_long("uid", 256))->uid.len, 256);
    assert_refused(review_with_long("uid", 257), ERR_LIMIT, "request.uid", "longer than 256 bytes");
    assert_int_equal(read_body(review_with_long("namespace", 1024))->name_space.len, 1024);
    assert_refused(review_with_long("namespace", 1025), ERR_LIMIT, "request.namespace", "longer");
}

static struct str review_with_groups(size_t count) {
    struct strbuf text;
    strbuf_init(&text, &arena, 64);
    strbuf_add(&text,
               STR("{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{" BASICS
                   ",'userInfo':{'groups':["));
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&text, "%s'g%zu'", i ? "," : "", i);
    strbuf_add(&text, STR("]}}}"));
    return json_from(&arena, text.at);
}

static void groups_are_kept_up_to_a_limit(void **state) {
    (void)state;
    const struct review *r = read_body(review_with_groups(1024));
    assert_int_equal(r->groups.count, 1024);
    expect_str(r->groups.items[0], "g0");
    expect_str(r->groups.items[1023], "g1023");
    assert_refused(review_with_groups(1025), ERR_LIMIT, "request.userInfo.groups", "1024");
}

static void too_little_memory_is_an_error_of_ours(void **state) {
    (void)state;
    struct arena small;
    arena_init(&small, 64, 64);
    struct review review;
    struct error err;
    assert_false(review_read(&small, review_with_groups(100), &scan_limits_default, &review, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    arena_fini(&small);
}

/* --- objects --- */

static void parts_of_an_object_are_recorded(void **state) {
    (void)state;
    const struct review *r = read_quoted(WITH(
        "'object':{'metadata':{'name':'n','managedFields':[{'a':1}],'labels':{}},"
        "'spec':{'x':[1,2]},'template':{'y':1},'status':{'z':{}}},"
        "'oldObject': {'spec':null,'metadata':{'deletionTimestamp':'2026-11-22T09:30:00Z'}} "));
    const struct review_object *object = &r->object;
    expect_str(object->spec, "{\"x\":[1,2]}");
    expect_str(object->template_bytes, "{\"y\":1}");
    assert_int_equal(object->skip_count, 2);
    expect_str(object->skip[0], "[{\"a\":1}]");
    expect_str(object->skip[1], "{\"z\":{}}");
    assert_false(object->is_being_deleted);
    assert_int_equal(object->defect.kind, SCAN_FINE);
    /* object, metadata, name, labels, spec, x, 1, 2, template, y */
    assert_int_equal(object->nodes, 10);
    assert_true(r->old_object.is_being_deleted);
    expect_str(r->old_object.spec, "null");
    assert_int_equal(r->old_object.bytes.at[r->old_object.bytes.len - 1], '}');
}

static void no_deletion_timestamp_is_no_deletion(void **state) {
    (void)state;
    assert_false(read_quoted(WITH("'object':{'metadata':{'deletionTimestamp':null}}"))
                     ->object.is_being_deleted);
    assert_false(read_quoted(WITH("'object':{'deletionTimestamp':'x'}"))->object.is_being_deleted);
    assert_false(read_quoted(WITH("'object':{'metadata':[]}"))->object.is_being_deleted);
}

static void a_part_that_stands_twice_is_not_kept(void **state) {
    (void)state;
    const struct review *r =
        read_quoted(WITH("'object':{'spec':{'a':1},'spec':{'b':1},'sp\\u0065c':{'c':1}}"));
    assert_true(str_is_empty(r->object.spec));
    struct document document;
    struct error err;
    assert_false(review_object_parse(&arena, &r->object, &scan_limits_default, &document, &err));
    assert_int_equal(err.code, ERR_SCHEMA);
}

static void more_skipped_parts_than_room_are_read_like_others(void **state) {
    (void)state;
    const struct review *r =
        read_quoted(WITH("'object':{'status':1,'status':2,'status':3,'status':4,'status':5}"));
    assert_int_equal(r->object.skip_count, REVIEW_SKIP_MAX);
    struct document document;
    struct error err;
    assert_false(review_object_parse(&arena, &r->object, &scan_limits_default, &document, &err));
}

static void defects_belong_to_their_object(void **state) {
    (void)state;
    static const struct {
        const char *object;
        enum scan_defect_kind kind;
        enum error_code code;
    } rows[] = {
        {"{'spec':{'a':'\\u0000'}}", SCAN_NUL, ERR_SCHEMA},
        {"{'spec':{'\\u0000':1}}", SCAN_NUL, ERR_SCHEMA},
        {"{'a\\u0000':1}", SCAN_NUL, ERR_SCHEMA},
        {"{'metadata':{'name':'\xc3'}}", SCAN_BAD_UTF8, ERR_SCHEMA},
        {"{'metadata':{'\xc3':1}}", SCAN_BAD_UTF8, ERR_SCHEMA},
        {"{'spec':'\\udc00'}", SCAN_LONE_SURROGATE, ERR_SCHEMA},
        {"{'spec':'a\nb'}", SCAN_CONTROL_CHARACTER, ERR_SCHEMA},
        {"'\\u0000'", SCAN_NUL, ERR_SCHEMA},
        {"{'a':1111111111111111111111111111111111111111111111111111111111111111111}",
         SCAN_NUMBER_TOO_LONG, ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text =
            str_format(&arena,
                       "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{%s,"
                       "'oldObject':{'fine':1},'object':%s,'dryRun':false}}",
                       BASICS, rows[i].object);
        const struct review *r = read_quoted(text.at);
        if (r->object.defect.kind != rows[i].kind) fail_msg("%s", rows[i].object);
        assert_true(r->object.defect.offset < r->object.bytes.len);
        assert_int_equal(r->old_object.defect.kind, SCAN_FINE);
        struct document document;
        struct error err;
        assert_false(
            review_object_parse(&arena, &r->object, &scan_limits_default, &document, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_true(err.column > 0);
    }
}

static void defects_of_what_is_skipped_do_not_count(void **state) {
    (void)state;
    const struct review *r = read_quoted(
        WITH("'object':{'metadata':{'managedFields':['\\u0000',{'\xff':1}]},'status':'\\ud800',"
             "'spec':{}},'options':'\\u0000','other':'\xff'"));
    assert_int_equal(r->object.defect.kind, SCAN_FINE);
    assert_int_equal(r->object.nodes, 3);
    struct document document;
    struct error err;
    assert_true(review_object_parse(&arena, &r->object, &scan_limits_default, &document, &err));
    assert_true(tree_is_object(tree_find(document.root, STR("spec"))));
    assert_null(tree_find(document.root, STR("status")));
    assert_null(tree_find(tree_find(document.root, STR("metadata")), STR("managedFields")));
}

/* {"spec":[[...]]}: as many levels as `depth`, the object being the first */
static const struct review *read_nested_object(unsigned depth) {
    struct strbuf text;
    strbuf_init(&text, &arena, 512);
    strbuf_add(&text,
               STR("{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{" BASICS
                   ",'object':{'spec':"));
    for (unsigned i = 1; i < depth; i++)
        strbuf_add_char(&text, '[');
    for (unsigned i = 1; i < depth; i++)
        strbuf_add_char(&text, ']');
    strbuf_add(&text, STR("}}}"));
    return read_quoted(text.at);
}

static void depth_counts_from_the_object(void **state) {
    (void)state;
    struct document document;
    struct error err;
    const struct review *fits = read_nested_object(64), *deep = read_nested_object(65);
    assert_int_equal(fits->object.defect.kind, SCAN_FINE);
    assert_true(review_object_parse(&arena, &fits->object, &scan_limits_default, &document, &err));
    assert_int_equal(deep->object.defect.kind, SCAN_TOO_DEEP);
    assert_false(review_object_parse(&arena, &deep->object, &scan_limits_default, &document, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "is nested deeper than 64 levels");
}

static void nodes_count_without_what_is_skipped(void **state) {
    (void)state;
    const struct scan_limits limits = {.depth = 64, .nodes = 5, .string_bytes = 100};
    static const struct {
        const char *object;
        enum scan_defect_kind kind;
    } rows[] = {
        {"{'spec':[1,2,3]}", SCAN_FINE},
        {"{'spec':[1,2,3,4]}", SCAN_TOO_MANY_NODES},
        {"{'status':[1,2,3,4,5,6,7],'spec':[1,2,3]}", SCAN_FINE},
        {"{'spec':[1,2,3],'status':[1,2,3,4,5,6,7]}", SCAN_FINE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text =
            str_format(&arena,
                       "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{%s,"
                       "'userInfo':{'groups':['a','b','c','d','e','f','g']},'object':%s}}",
                       BASICS, rows[i].object);
        struct review review;
        struct error err;
        assert_true(review_read(&arena, json_from(&arena, text.at), &limits, &review, &err));
        if (review.object.defect.kind != rows[i].kind) fail_msg("%s", rows[i].object);
    }
}

static void an_object_that_is_none_cannot_be_parsed(void **state) {
    (void)state;
    const struct review *r = read_quoted(WITH("'object':'x'"));
    assert_true(r->object.is_present);
    assert_false(r->object.is_object);
    struct document document;
    struct error err;
    assert_false(review_object_parse(&arena, &r->object, &scan_limits_default, &document, &err));
    assert_int_equal(err.code, ERR_SCHEMA);
}

/* --- scope --- */

static void scope_decides_on_kind_operation_and_subresource(void **state) {
    (void)state;
    static const struct {
        const char *group, *kind, *sub_resource, *operation, *object;
        enum review_scope scope;
    } rows[] = {
        {"", "Pod", "", "CREATE", "{}", REVIEW_JUDGE},
        {"", "Pod", "", "UPDATE", "{}", REVIEW_JUDGE},
        {"", "Pod", "", "DELETE", "null", REVIEW_OPERATION},
        {"", "PodExecOptions", "exec", "CONNECT", "{}", REVIEW_OPERATION},
        {"", "Pod", "", "PATCH", "{}", REVIEW_OPERATION},
        {"", "Pod", "ephemeralcontainers", "UPDATE", "{}", REVIEW_JUDGE},
        {"", "Pod", "resize", "UPDATE", "{}", REVIEW_JUDGE},
        {"", "Pod", "tomorrow", "UPDATE", "{}", REVIEW_JUDGE},
        {"", "Pod", "exec", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "attach", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "log", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "portforward", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "proxy", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "status", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Pod", "scale", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"", "Binding", "binding", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"policy", "Eviction", "eviction", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"", "PodFuture", "tomorrow", "CREATE", "{}", REVIEW_SUBRESOURCE},
        {"autoscaling", "Scale", "scale", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"apps", "Deployment", "", "CREATE", "{}", REVIEW_JUDGE},
        {"apps", "Deployment", "scale", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"apps", "ReplicaSet", "status", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"apps", "Deployment", "tomorrow", "UPDATE", "{}", REVIEW_SUBRESOURCE},
        {"batch", "CronJob", "", "CREATE", "{}", REVIEW_JUDGE},
        {"", "Service", "", "CREATE", "{}", REVIEW_KIND},
        {"extensions", "Deployment", "", "CREATE", "{}", REVIEW_KIND},
        {"", "Pod", "", "CREATE", "null", REVIEW_NO_OBJECT},
        {"", "Pod", "", "CREATE", "'x'", REVIEW_JUDGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text =
            str_format(&arena,
                       "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1','request':{"
                       "'uid':'u','kind':{'group':'%s','version':'v7','kind':'%s'},"
                       "'requestKind':{'kind':'Service'},'subResource':'%s','operation':'%s',"
                       "'object':%s}}",
                       rows[i].group, rows[i].kind, rows[i].sub_resource, rows[i].operation,
                       rows[i].object);
        const struct workload_kind *kind = NULL;
        enum review_scope scope = review_scope(read_quoted(text.at), NULL, &kind);
        if (scope != rows[i].scope) fail_msg("%s gives %d", text.at, scope);
        if (scope == REVIEW_JUDGE) assert_true(str_equals(kind->kind, str_from(rows[i].kind)));
    }
}

/* --- answers --- */

static struct str answer(const char *body, const struct review_answer *given) {
    struct strbuf out;
    strbuf_init(&out, &arena, 256);
    review_write_answer(&out, read_quoted(body), given);
    return strbuf_str(&out);
}

static void an_allow_is_version_uid_and_allowed(void **state) {
    (void)state;
    const struct review_answer allow = {.allowed = true, .message = STR("ignored")};
    expect_str(answer(WITH("'object':{}"), &allow),
               "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
               "\"response\":{\"uid\":\"u\",\"allowed\":true}}");
    expect_str(
        answer("{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1beta1','request':{"
               "'uid':'\\u0022<','kind':{'kind':'Pod'},'operation':'CREATE'}}",
               &allow),
        "{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\","
        "\"response\":{\"uid\":\"\\\"\\u003c\",\"allowed\":true}}");
}

static void a_denial_is_403_forbidden(void **state) {
    (void)state;
    const struct review_answer deny = {.message = STR("Pod \"x\"\nbreaks")};
    expect_str(answer(WITH("'object':{}"), &deny),
               "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
               "\"response\":{\"uid\":\"u\",\"allowed\":false,\"status\":{\"status\":\"Failure\","
               "\"message\":\"Pod \\\"x\\\"\\nbreaks\",\"reason\":\"Forbidden\",\"code\":403}}}");
}

static void causes_warnings_and_annotations_are_written(void **state) {
    (void)state;
    struct strbuf page = {.arena = &arena};
    const struct review_cause causes[] = {{.reason = json_text_of(&page, STR("a/run-as-non-root")),
                                           .subject = json_text_of(&page, STR("container \"c\"")),
                                           .statement = json_text_of(&page, STR("is <wrong>")),
                                           .field = json_text_of(&page, STR("spec.x"))}};
    const struct review_annotation annotations[] = {{STR("violations"), STR("a,b")},
                                                    {STR("uid"), STR("u")}};
    const struct str warnings[] = {STR("w1"), STR("w2")};
    struct review_answer given = {.message = STR("no"),
                                  .causes = causes,
                                  .cause_count = 1,
                                  .annotations = annotations,
                                  .annotation_count = 2};
    expect_str(
        answer(WITH("'object':{}"), &given),
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
        "\"response\":{\"uid\":\"u\",\"allowed\":false,\"status\":{\"status\":\"Failure\","
        "\"message\":\"no\",\"reason\":\"Forbidden\",\"code\":403,\"details\":{\"causes\":"
        "[{\"reason\":\"a/run-as-non-root\",\"message\":\"container \\\"c\\\" is \\u003cwrong\\u003e\","
        "\"field\":\"spec.x\"}]}},"
        "\"auditAnnotations\":{\"violations\":\"a,b\",\"uid\":\"u\"}}}");
    given = (struct review_answer){.allowed = true, .warnings = warnings, .warning_count = 2};
    expect_str(answer(WITH("'object':{}"), &given),
               "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
               "\"response\":{\"uid\":\"u\",\"allowed\":true,\"warnings\":[\"w1\",\"w2\"]}}");
}

static void http_errors_are_a_v1_status(void **state) {
    (void)state;
    struct strbuf out;
    strbuf_init(&out, &arena, 256);
    review_write_status(&out, 400, STR("BadRequest"), STR("not \"JSON\""));
    expect_str(strbuf_str(&out),
               "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
               "\"message\":\"not \\\"JSON\\\"\",\"reason\":\"BadRequest\",\"code\":400}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_the_envelope_is_read),
        cmocka_unit_test(null_is_absent),
        cmocka_unit_test(the_order_of_members_does_not_matter),
        cmocka_unit_test(operations_have_names),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(malformed_envelopes_are_refused),
        cmocka_unit_test(places_of_bad_json_are_told),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(groups_are_kept_up_to_a_limit),
        cmocka_unit_test(too_little_memory_is_an_error_of_ours),
        cmocka_unit_test(parts_of_an_object_are_recorded),
        cmocka_unit_test(no_deletion_timestamp_is_no_deletion),
        cmocka_unit_test(a_part_that_stands_twice_is_not_kept),
        cmocka_unit_test(more_skipped_parts_than_room_are_read_like_others),
        cmocka_unit_test(defects_belong_to_their_object),
        cmocka_unit_test(defects_of_what_is_skipped_do_not_count),
        cmocka_unit_test(depth_counts_from_the_object),
        cmocka_unit_test(nodes_count_without_what_is_skipped),
        cmocka_unit_test(an_object_that_is_none_cannot_be_parsed),
        cmocka_unit_test(scope_decides_on_kind_operation_and_subresource),
        cmocka_unit_test(an_allow_is_version_uid_and_allowed),
        cmocka_unit_test(a_denial_is_403_forbidden),
        cmocka_unit_test(causes_warnings_and_annotations_are_written),
        cmocka_unit_test(http_errors_are_a_v1_status),
    };
    return cmocka_run_group_tests_name("review", tests, setup, teardown);
}
