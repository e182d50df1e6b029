#include "text/yaml.h"

#include "base/json_out.h"
#include "unit/expect.h"

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

static struct yaml_reader reader_of(struct str text, enum yaml_dialect dialect) {
    struct yaml_reader reader;
    yaml_reader_init(&reader, text, dialect,
                     dialect == YAML_POLICY ? &yaml_limits_policy : &yaml_limits_manifest);
    return reader;
}

/* A key of the data, as json_out takes names: without anything to escape. */
static const char *as_name(const char *key) {
    struct strbuf text;
    strbuf_init(&text, &arena, 64);
    json_out_escape(&text, str_from(key));
    strbuf_truncate(&text, text.len - 1);
    return text.at + 1;
}

static void write_json(struct json_out *out, const char *name, const struct cJSON *node) {
    if (tree_is_object(node)) {
        json_out_begin_object(out, name);
        for (const struct cJSON *child = node->child; child; child = child->next)
            write_json(out, as_name(child->string), child);
        json_out_end_object(out);
    } else if (tree_is_array(node)) {
        json_out_begin_array(out, name);
        for (const struct cJSON *child = node->child; child; child = child->next)
            write_json(out, NULL, child);
        json_out_end_array(out);
    } else if (tree_is_string(node)) {
        json_out_string(out, name, tree_string(node));
    } else if (tree_is_number(node)) {
        json_out_raw(out, name, tree_number_text(NULL, node));
    } else if (tree_is_bool(node)) {
        json_out_bool(out, name, tree_is_true(node));
    } else {
        json_out_null(out, name);
    }
}

/* The first document as JSON, or "LINE:COLUMN: error", or "nothing". */
static const char *read_as_json(struct str text, enum yaml_dialect dialect) {
    struct str copy = exact_copy(text);
    struct yaml_reader reader = reader_of(copy, dialect);
    struct document document;
    struct error err;
    struct strbuf buf;
    struct json_out out;
    strbuf_init(&buf, &arena, 0);
    json_out_init(&out, &buf);
    switch (yaml_read(&reader, &arena, &document, &err)) {
    case YAML_DOCUMENT: write_json(&out, NULL, document.root); break;
    case YAML_ERROR: strbuf_printf(&buf, "%u:%u: %s", err.line, err.column, err.text); break;
    case YAML_END: strbuf_add(&buf, STR("nothing")); break;
    }
    free_copy(copy);
    return buf.at;
}

struct reading {
    const char *text, *result;
};

static void expect_readings(const struct reading *rows, size_t count, enum yaml_dialect dialect) {
    for (size_t i = 0; i < count; i++) {
        const char *result = read_as_json(str_from(rows[i].text), dialect);
        if (strcmp(result, rows[i].result) != 0)
            fail_msg("%s\n is %s\n not %s", rows[i].text, result, rows[i].result);
    }
}

#define EXPECT_READINGS(rows, dialect)                                                             \
    expect_readings((rows), sizeof(rows) / sizeof((rows)[0]), (dialect))

/* Made with sigs.k8s.io/yaml 1.6.0's YAMLToJSON. */
static void manifests_are_typed_as_kubectl_types_them(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"k: y", "{\"k\":true}"},
        {"k: Y", "{\"k\":true}"},
        {"k: n", "{\"k\":false}"},
        {"k: N", "{\"k\":false}"},
        {"k: yes", "{\"k\":true}"},
        {"k: Yes", "{\"k\":true}"},
        {"k: YES", "{\"k\":true}"},
        {"k: yEs", "{\"k\":\"yEs\"}"},
        {"k: on", "{\"k\":true}"},
        {"k: On", "{\"k\":true}"},
        {"k: ON", "{\"k\":true}"},
        {"k: off", "{\"k\":false}"},
        {"k: Off", "{\"k\":false}"},
        {"k: OFF", "{\"k\":false}"},
        {"k: no", "{\"k\":false}"},
        {"k: No", "{\"k\":false}"},
        {"k: NO", "{\"k\":false}"},
        {"k: true", "{\"k\":true}"},
        {"k: True", "{\"k\":true}"},
        {"k: TRUE", "{\"k\":true}"},
        {"k: tRUE", "{\"k\":\"tRUE\"}"},
        {"k: false", "{\"k\":false}"},
        {"k: False", "{\"k\":false}"},
        {"k: FALSE", "{\"k\":false}"},
        {"k: ~", "{\"k\":null}"},
        {"k: null", "{\"k\":null}"},
        {"k: Null", "{\"k\":null}"},
        {"k: NULL", "{\"k\":null}"},
        {"k: nULL", "{\"k\":\"nULL\"}"},
        {"k:", "{\"k\":null}"},
        {"k: \"\"", "{\"k\":\"\"}"},
        {"k: 0777", "{\"k\":511}"},
        {"k: 0o17", "{\"k\":15}"},
        {"k: 0o8", "{\"k\":\"0o8\"}"},
        {"k: 08", "{\"k\":8}"},
        {"k: 0888", "{\"k\":888}"},
        {"k: 0b11", "{\"k\":3}"},
        {"k: 0b12", "{\"k\":\"0b12\"}"},
        {"k: -0b11", "{\"k\":-3}"},
        {"k: +0b11", "{\"k\":3}"},
        {"k: 0B11", "{\"k\":3}"},
        {"k: 0x1F", "{\"k\":31}"},
        {"k: 0X1f", "{\"k\":31}"},
        {"k: -0x1F", "{\"k\":-31}"},
        {"k: +0x1F", "{\"k\":31}"},
        {"k: 0xg", "{\"k\":\"0xg\"}"},
        {"k: 1_000", "{\"k\":1000}"},
        {"k: 1__0", "{\"k\":10}"},
        {"k: _1", "{\"k\":\"_1\"}"},
        {"k: 1_", "{\"k\":1}"},
        {"k: 0x_1", "{\"k\":1}"},
        {"k: 0x1_F", "{\"k\":31}"},
        {"k: 1e3", "{\"k\":1000}"},
        {"k: 1E3", "{\"k\":1000}"},
        {"k: 1.5e3", "{\"k\":1500}"},
        {"k: 1e+3", "{\"k\":1000}"},
        {"k: 1e", "{\"k\":\"1e\"}"},
        {"k: .5", "{\"k\":0.5}"},
        {"k: -.5", "{\"k\":-0.5}"},
        {"k: +.5", "{\"k\":0.5}"},
        {"k: 1.", "{\"k\":1}"},
        {"k: +1", "{\"k\":1}"},
        {"k: -1", "{\"k\":-1}"},
        {"k: --1", "{\"k\":\"--1\"}"},
        {"k: +-1", "{\"k\":\"+-1\"}"},
        {"k: -0", "{\"k\":0}"},
        {"k: 0", "{\"k\":0}"},
        {"k: 00", "{\"k\":0}"},
        {"k: 007", "{\"k\":7}"},
        {"k: -07", "{\"k\":-7}"},
        {"k: +07", "{\"k\":7}"},
        {"k: 0.5", "{\"k\":0.5}"},
        {"k: 00.5", "{\"k\":0.5}"},
        {"k: 1_0.5", "{\"k\":10.5}"},
        {"k: inf", "{\"k\":\"inf\"}"},
        {"k: nan", "{\"k\":\"nan\"}"},
        {"k: 12:30:45", "{\"k\":\"12:30:45\"}"},
        {"k: 1:30", "{\"k\":\"1:30\"}"},
        {"k: 2001-01-01", "{\"k\":\"2001-01-01\"}"},
        {"k: 2001-1-1", "{\"k\":\"2001-1-1\"}"},
        {"k: 2001-12-14t21:59:43.10-05:00", "{\"k\":\"2001-12-14t21:59:43.10-05:00\"}"},
        {"k: 2001-01-01 10:00:00", "{\"k\":\"2001-01-01 10:00:00\"}"},
        {"k: 1e400", "{\"k\":\"1e400\"}"},
        {"k: -1e400", "{\"k\":\"-1e400\"}"},
        {"k: 9223372036854775807", "{\"k\":9223372036854775807}"},
        {"k: 9223372036854775808", "{\"k\":9223372036854775808}"},
        {"k: -9223372036854775808", "{\"k\":-9223372036854775808}"},
        {"k: 18446744073709551615", "{\"k\":18446744073709551615}"},
        {"k: 0xffffffffffffffff", "{\"k\":18446744073709551615}"},
        {"k: 0xfffffffffffffffff", "{\"k\":\"0xfffffffffffffffff\"}"},
        {"k: 0x8000000000000000", "{\"k\":9223372036854775808}"},
        {"k: -0x8000000000000000", "{\"k\":-9223372036854775808}"},
        {"k: 9007199254740993", "{\"k\":9007199254740993}"},
        {"k: 123456789.0", "{\"k\":123456789}"},
        {"k: 1.0", "{\"k\":1}"},
        {"k: 100Mi", "{\"k\":\"100Mi\"}"},
        {"k: 100m", "{\"k\":\"100m\"}"},
        {"k: 1.2.3", "{\"k\":\"1.2.3\"}"},
        {"k: .", "{\"k\":\".\"}"},
        {"k: ...x", "{\"k\":\"...x\"}"},
        {"k: ._5", "{\"k\":\"._5\"}"},
        {"k: 1e1_0", "{\"k\":10000000000}"},
        {"k: 0.", "{\"k\":0}"},
        {"k: .e1", "{\"k\":\".e1\"}"},
        {"k: 1.e1", "{\"k\":10}"},
        {"k: \"yes\"", "{\"k\":\"yes\"}"},
        {"k: 'yes'", "{\"k\":\"yes\"}"},
        {"k: !!str 1", "{\"k\":\"1\"}"},
        {"k: !!str yes", "{\"k\":\"yes\"}"},
        {"k: !!str", "{\"k\":\"\"}"},
        {"k: !!int 1", "{\"k\":1}"},
        {"k: !!int \"1\"", "{\"k\":1}"},
        {"k: !!float 1", "{\"k\":1}"},
        {"k: !!float \"1\"", "{\"k\":1}"},
        {"k: !!float 1.5", "{\"k\":1.5}"},
        {"k: !!bool no", "{\"k\":false}"},
        {"false: a\n1.5: b\n!!str 2: c", "{\"false\":\"a\",\"1.5\":\"b\",\"2\":\"c\"}"},
        {"k: !!bool yes", "{\"k\":true}"},
        {"k: !!bool \"yes\"", "{\"k\":true}"},
        {"k: !!null \"\"", "{\"k\":null}"},
        {"k: !!null", "{\"k\":null}"},
        {"k: !!timestamp 2001-01-01", "{\"k\":\"2001-01-01\"}"},
        {"k: !!map {a: 1}", "{\"k\":{\"a\":1}}"},
        {"k: !!seq [a]", "{\"k\":[\"a\"]}"},
        {"k: ! 1", "{\"k\":\"1\"}"},
        {"k: !<tag:yaml.org,2002:str> 1", "{\"k\":\"1\"}"},
        {"k: |\n  yes", "{\"k\":\"yes\"}"},
        {"k: >\n  1", "{\"k\":\"1\"}"},
        {"k: =", "{\"k\":\"=\"}"},
        {"k: 1e3x", "{\"k\":\"1e3x\"}"},
        {"k: 0b", "{\"k\":\"0b\"}"},
        {"k: 0x", "{\"k\":\"0x\"}"},
        {"k: 0o", "{\"k\":\"0o\"}"},
        {"k: 0b_1", "{\"k\":1}"},
        {"k: -0o17", "{\"k\":-15}"},
        {"k: 0o_17", "{\"k\":15}"},
        {"k: +12_3", "{\"k\":123}"},
        {"k: 1,000", "{\"k\":\"1,000\"}"},
        {"k: 190:20:30", "{\"k\":\"190:20:30\"}"},
        {"k: 0.1e1", "{\"k\":1}"},
        {"k: 1e5_", "{\"k\":100000}"},
        {"k: 12e03", "{\"k\":12000}"},
        {"k: -1_000.5", "{\"k\":-1000.5}"},
        {"k: 0e0", "{\"k\":0}"},
        {"k: +0", "{\"k\":0}"},
        {"k: -_1", "{\"k\":-1}"},
        {"k: 0_7", "{\"k\":7}"},
        {"k: 0_8", "{\"k\":8}"},
        {"k: 08.5", "{\"k\":8.5}"},
        {"k: 0x1p3", "{\"k\":\"0x1p3\"}"},
        {"k: 1p3", "{\"k\":\"1p3\"}"},
        {"k: Infinity", "{\"k\":\"Infinity\"}"},
        {"k: 0.5e", "{\"k\":\"0.5e\"}"},
        {"1: x", "{\"1\":\"x\"}"},
        {"true: x", "{\"true\":\"x\"}"},
        {"yes: x", "{\"true\":\"x\"}"},
        {"y: x", "{\"true\":\"x\"}"},
        {"1.5: x", "{\"1.5\":\"x\"}"},
        {"0x1F: x", "{\"31\":\"x\"}"},
        {"1e3: a", "{\"1000\":\"a\"}"},
        {"1.0: a", "{\"1\":\"a\"}"},
        {"123456.0: a", "{\"123456\":\"a\"}"},
        {"0.0001: a", "{\"0.0001\":\"a\"}"},
        {"1234567: a", "{\"1234567\":\"a\"}"},
        {"2001-01-01: a", "{\"2001-01-01\":\"a\"}"},
        {"? a", "{\"a\":null}"},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

/* Where kubectl sends another spelling of the same number, or takes what cannot be meant. */
static void manifests_differ_from_kubectl_knowingly(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"k: 1.50", "{\"k\":1.50}"},
        {"k: 1e21", "{\"k\":1e21}"},
        {"k: 18446744073709551616", "{\"k\":18446744073709551616}"},
        {"k: 1e-400", "{\"k\":1e-400}"},
        {"k: .inf", "1:4: JSON, and so Kubernetes, has no number .inf"},
        {"k: -.Inf", "1:4: JSON, and so Kubernetes, has no number -.Inf"},
        {"k: .NaN", "1:4: JSON, and so Kubernetes, has no number .NaN"},
        {"k: !!int x", "1:4: the tag !!int does not fit this value"},
        {"k: !!int 1.5", "1:4: the tag !!int does not fit this value"},
        {"k: !!float x", "1:4: the tag !!float does not fit this value"},
        {"k: !!float true", "1:4: the tag !!float does not fit this value"},
        {"k: !!null x", "1:4: the tag !!null does not fit this value"},
        {"!!int x: 1", "1:1: the tag !!int does not fit this value"},
        {".inf: x", "1:1: a key must be text: put it in quotes"},
        {"k: !!bool 1", "1:4: the tag !!bool does not fit this value"},
        {"k: !!binary aGVsbG8=", "1:4: the tag !!binary means nothing to Kubernetes"},
        {"k: !foo 1", "1:4: the tag !foo means nothing to Kubernetes"},
        {"k: {a: !, b}", "1:8: the tag ! has no value: a comma follows"},
        {"k: [!!str, b]", "1:5: the tag !!str has no value: a comma follows"},
        {"k: !!map [a]", "1:4: the tag !!map does not fit here"},
        {"~: x", "1:1: a key must be text: put it in quotes"},
        {"a: 1\na: 2", "2:1: the key \"a\" stands twice: first at line 1 column 1"},
        {"\"1\": a\n1: b", "2:1: the key \"1\" stands twice: first at line 1 column 1"},
        {"true: a\nyes: b", "2:1: the key \"true\" stands twice: first at line 1 column 1"},
        {"03775809: a", "1:1: kubectl would write this number anew as a key: put it in quotes"},
        {"1e6: a", "1:1: kubectl would write this number anew as a key: put it in quotes"},
        {"1.50: a", "1:1: kubectl would write this number anew as a key: put it in quotes"},
        {"0.00001: a", "1:1: kubectl would write this number anew as a key: put it in quotes"},
        {"1.234567: a", "1:1: kubectl would write this number anew as a key: put it in quotes"},
        {"k: &x 1e6\n*x : a",
         "2:1: kubectl would write this number anew as a key: put it in quotes"},
        {"[a]: b", "1:1: a list or a mapping cannot be a key"},
        {"? {a: b}\n: c", "1:3: a list or a mapping cannot be a key"},
        {"k: \"a\\0b\"", "1:4: contains U+0000"},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

static void aliases_and_merges_are_resolved(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"a: &x [1, {b: 2}]\nc: *x", "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}]}"},
        {"a: &x 1\nb: &x 2\nc: *x", "{\"a\":1,\"b\":2,\"c\":2}"},
        {"&x a: 1\nb: *x", "{\"a\":1,\"b\":\"a\"}"},
        {"k: &x 5\n*x : 1", "{\"k\":5,\"5\":1}"},
        {"k: &x yes\nl: &y off\n*x : 1\n*y : 2", "{\"k\":true,\"l\":false,\"true\":1,\"false\":2}"},
        {"k: &x\n*x : 1", "2:1: a list or a mapping cannot be a key"},
        {"!!merge <<: {a: 1}", "{\"a\":1}"},
        {"!!str <<: {a: 1}", "{\"\\u003c\\u003c\":{\"a\":1}}"},
        {"k: &x {m: 1}\nl: [*x, *x]", "{\"k\":{\"m\":1},\"l\":[{\"m\":1},{\"m\":1}]}"},
        {"<<: {a: 1}", "{\"a\":1}"},
        {"b: &b {x: 1, z: 2}\nc: {<<: *b, z: 3}",
         "{\"b\":{\"x\":1,\"z\":2},\"c\":{\"x\":1,\"z\":3}}"},
        /* kubectl reads from top to bottom: the later one wins, also when it is the merge key */
        {"a: 0\n<<: {a: 1}", "{\"a\":1}"},
        {"<<: {a: 1}\n<<: {a: 2, b: 1}", "{\"a\":2,\"b\":1}"},
        {"<<: [{a: 1},{b: 2, a: 3}]", "{\"b\":2,\"a\":1}"},
        {"\"<<\": {a: 1}", "{\"\\u003c\\u003c\":{\"a\":1}}"},
        {"k: <<", "{\"k\":\"\\u003c\\u003c\"}"},
        {"a: {<<: &m {x: 1}, x: 2}\nb: *m", "{\"a\":{\"x\":2},\"b\":{\"x\":1}}"},
        {"<<: &l [{x: 1}, {x: 2}]\nb: *l", "{\"x\":1,\"b\":[{\"x\":1},{\"x\":2}]}"},
        {"a: &a {x: &v 1}\nb: {<<: *a}\nc: {<<: *a, x: 2, z: *v}",
         "{\"a\":{\"x\":1},\"b\":{\"x\":1},\"c\":{\"x\":2,\"z\":1}}"},
        {"<<: {a: 1}\nb: 1\nb: 2", "3:1: the key \"b\" stands twice: first at line 2 column 1"},
        {"<<: {a: 1, a: 2}", "1:12: the key \"a\" stands twice: first at line 1 column 6"},
        {"<<: 1", "1:5: a merge key (<<) takes a mapping, or a list of mappings"},
        {"<<: [1]", "1:7: a merge key (<<) takes a mapping, or a list of mappings"},
        {"<<:", "1:4: a merge key (<<) takes a mapping, or a list of mappings"},
        {"a: *x", "1:4: no anchor &x stands before this alias"},
        {"a: &x {b: *x}", "1:11: the anchor &x would contain itself"},
        {"a: &x [1]\n*x : 1", "2:1: a list or a mapping cannot be a key"},
        {"--- &x\na: 1\n--- \nb: *x", "{\"a\":1}"},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

static void policies_are_read_strictly(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"a: true\nb: false\nc: null\nd: ~\ne:\nf: 12\ng: -3\nh: 1.30\ni: x",
         "{\"a\":true,\"b\":false,\"c\":null,\"d\":null,\"e\":null,\"f\":12,\"g\":-3,\"h\":1.30,\"i\":\"x\"}"},
        {"a: \"yes\"\nb: 'on'\nc: |\n  0777", "{\"a\":\"yes\",\"b\":\"on\",\"c\":\"0777\"}"},
        {"a: 2027-03-01\nb: v1.36\nc: 100Mi\nd: 1.2.3\ne: a:1",
         "{\"a\":\"2027-03-01\",\"b\":\"v1.36\",\"c\":\"100Mi\",\"d\":\"1.2.3\",\"e\":\"a:1\"}"},
        {"a: yes\nb: Off\nc: n\nd: ON\ny: no",
         "{\"a\":\"yes\",\"b\":\"Off\",\"c\":\"n\",\"d\":\"ON\",\"y\":\"no\"}"},
        {"a: FALSE",
         "1:4: YAML readers differ on FALSE: write false if that is meant, or \"FALSE\" in quotes"},
        {"a: True",
         "1:4: YAML readers differ on True: write true if that is meant, or \"True\" in quotes"},
        {"a: NULL",
         "1:4: YAML readers differ on NULL: write null if that is meant, or \"NULL\" in quotes"},
        {"a: 0777",
         "1:4: YAML readers differ on 0777: write 511 if that is meant, or \"0777\" in quotes"},
        {"a: 0x1F",
         "1:4: YAML readers differ on 0x1F: write 31 if that is meant, or \"0x1F\" in quotes"},
        {"a: 1e3",
         "1:4: YAML readers differ on 1e3: write 1000 if that is meant, or \"1e3\" in quotes"},
        {"a: 1_000",
         "1:4: YAML readers differ on 1_000: write 1000 if that is meant, or \"1_000\" in quotes"},
        {"a: +1", "1:4: YAML readers differ on +1: write 1 if that is meant, or \"+1\" in quotes"},
        {"a: .5",
         "1:4: YAML readers differ on .5: write 0.5 if that is meant, or \".5\" in quotes"},
        {"a: 1:30",
         "1:4: some YAML readers take 1:30 for a number to the base 60: put it in quotes"},
        {"a: .inf", "1:4: .inf is no number that can be used here; for the text, put it in quotes"},
        {"a: -.INF",
         "1:4: -.INF is no number that can be used here; for the text, put it in quotes"},
        {"a: .nan", "1:4: .nan is no number that can be used here; for the text, put it in quotes"},
        {"a: .NAN", "1:4: .NAN is no number that can be used here; for the text, put it in quotes"},
        {"a: -1_000",
         "1:4: YAML readers differ on -1_000: write -1000 if that is meant, or \"-1_000\" in quotes"},
        {"a: &x 1", "1:4: anchors (&x) are not used in policy files"},
        {"&x a: 1", "1:1: anchors (&x) are not used in policy files"},
        {"a: *x", "1:4: aliases (*x) are not used in policy files"},
        {"<<: {a: 1}", "1:1: merge keys (<<) are not used in policy files"},
        {"a: !!str 1", "1:4: tags (!) are not used in policy files"},
        {"a: !x {b: 1}", "1:4: tags (!) are not used in policy files"},
        {"%TAG ! tag:x,2000:\n---\na: 1", "1:1: %TAG is not used in policy files"},
        {"1: a", "1:1: this key is an integer: put it in quotes"},
        {"true: a", "1:1: this key is true or false: put it in quotes"},
        {"false: a", "1:1: this key is true or false: put it in quotes"},
        {"~: a", "1:1: this key is null: put it in quotes"},
        {"1.5: a", "1:1: this key is a number with a fraction or an exponent: put it in quotes"},
        {"\"1\": a", "{\"1\":\"a\"}"},
        {"a: 1\nb: {c: 1, d: 2, c: 3}",
         "2:17: the key \"c\" stands twice: first at line 2 column 5"},
        {"- [a]: b", "1:3: a list or a mapping cannot be a key"},
    };
    EXPECT_READINGS(rows, YAML_POLICY);
}

static void what_is_wrong_is_said_helpfully(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"a:\n\tb: 1", "2:1: a tab in the indentation: YAML is indented with spaces only"},
        {"a:\n  b: 1\n\t c: 2", "3:1: a tab in the indentation: YAML is indented with spaces only"},
        {"a: {{ .Values.image }}",
         "1:5: this looks like a template, not like YAML: render it first, for example with helm "
         "template"},
        {"{{- if .Values.x }}\na: 1\n{{- end }}",
         "1:2: this looks like a template, not like YAML: render it first, for example with helm "
         "template"},
        {"a: \"{{ x }}\"\nb: c: d",
         "2:5: a colon cannot stand here: check the indentation, or put a "
         "text that contains \": \" in quotes (there is {{ in this "
         "document: if it is a template, render it first)"},
        {"a: b: c", "1:5: a colon cannot stand here: check the indentation, or put a text that "
                    "contains \": \" in quotes"},
        {"a: @x", "1:4: a value cannot begin with @: put it in quotes"},
        {"a: %x", "1:4: a value cannot begin with %: put it in quotes"},
        {"a: `x`", "1:4: a value cannot begin with `: put it in quotes"},
        {"a: 1\nb: \"x\n", "2:4: the text in quotes that begins here has no end"},
        {"a: 'x\n---\nb: 1", "1:4: the text in quotes that begins here has no end"},
        {"a: \"\\q\"", "1:5: no such escape in double quotes; in single quotes a backslash is a "
                       "backslash"},
        {"a: [1, 2\nb: 3", "2:2: expected , or ] in a list that began with [ (while parsing a flow "
                           "sequence that begins at line 1)"},
        {"a:\n  b: 1\n c: 2",
         "3:2: expected a key here: check the indentation (while parsing a block "
         "mapping that begins at line 1)"},
        {"a:\n- b\nc\nd: 1", "3:1: expected \"key: value\", but there is no colon: check the "
                             "indentation, or the quotes before this line"},
        {"a: \x01", "1:4: the control character U+0001 may not stand in YAML"},
        {"a: 1\nb: \xFF", "2:4: not UTF-8: invalid leading UTF-8 octet"},
        {"\xFF\xFE"
         "a",
         "0:0: this file is UTF-16: save it as UTF-8"},
        {"\xFE\xFF"
         "a",
         "0:0: this file is UTF-16: save it as UTF-8"},
        {"%YAML 1.1\n", "1:10: this cannot follow what stands before: check the indentation; a new "
                        "document begins with ---"},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

static void documents_are_divided_at_their_markers(void **state) {
    (void)state;
    struct str text = STR("\xEF\xBB\xBF# only a comment\n"
                          "---\n"
                          "a: 1\n"
                          "---\r\n"
                          "---   # empty\n"
                          "~\n"
                          "--- {b: 2}\n"
                          "...\n"
                          "...\n"
                          "%YAML 1.1\n"
                          "# directive\n"
                          "---\n"
                          "c: |\n"
                          "  ---\n"
                          "  ...\n"
                          "--- >\n"
                          " text\n"
                          "---x: 1\n");
    static const char *const documents[] = {"{\"a\":1}", "{\"b\":2}", "{\"c\":\"---\\n...\\n\"}"};
    static const uint32_t lines[] = {3, 7, 13};
    struct yaml_reader reader = reader_of(text, YAML_MANIFEST);
    struct document document;
    struct error err;
    for (size_t i = 0; i < 3; i++) {
        struct strbuf buf;
        struct json_out out;
        struct place place;
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
        strbuf_init(&buf, &arena, 0);
        json_out_init(&out, &buf);
        write_json(&out, NULL, document.root);
        assert_string_equal(buf.at, documents[i]);
        assert_true(tree_place(&document, document.root, &place));
        assert_int_equal(place.line, lines[i]);
    }
    /* "---x" is no marker: it does not fit behind the text. */
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_ERROR);
    assert_int_equal(err.line, 18);
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_END);
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_END);
}

static void one_bad_document_does_not_hide_the_next(void **state) {
    (void)state;
    struct yaml_reader reader =
        reader_of(STR("a: 1\n---\nb: [\n---\nc: 3\n---\nd: \"\n...\ne: 5\n"), YAML_MANIFEST);
    static const enum yaml_next nexts[] = {YAML_DOCUMENT, YAML_ERROR,    YAML_DOCUMENT,
                                           YAML_ERROR,    YAML_DOCUMENT, YAML_END};
    static const uint32_t lines[] = {0, 3, 0, 7, 0, 0};
    for (size_t i = 0; i < 6; i++) {
        struct document document;
        struct error err = {.code = ERR_NONE};
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), nexts[i]);
        assert_int_equal(err.line, lines[i]);
    }
}

static void texts_without_a_document_have_none(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"", "nothing"},
        {"\n\n", "nothing"},
        {"# x\n", "nothing"},
        {"---\n", "nothing"},
        {"---\n---\n", "nothing"},
        {"...\n", "nothing"},
        {"null", "nothing"},
        {"\xEF\xBB\xBF", "nothing"},
        {"--- # x", "nothing"},
        {"{}", "{}"},
        {"[]", "[]"},
        {"\"\"", "\"\""},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

static void every_line_end_is_a_line_end(void **state) {
    (void)state;
    static const char *const ends[] = {"\n",       "\r\n",         "\r",
                                       "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct strbuf buf;
        strbuf_init(&buf, &arena, 0);
        strbuf_printf(&buf, "a: 1%s---%sb:%s  c: 2%s...%s---%s  - x: [", ends[i], ends[i], ends[i],
                      ends[i], ends[i], ends[i]);
        struct yaml_reader reader = reader_of(strbuf_str(&buf), YAML_MANIFEST);
        struct document document;
        struct error err;
        struct place place;
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
        bool whole;
        assert_true(tree_place(&document, tree_resolve(document.root, STR("b.c"), &whole), &place));
        assert_int_equal(place.line, 4);
        assert_int_equal(place.column, 6);
        expect_str(str_slice(document.text, place.offset, place.length), "2");
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_ERROR);
        /* Behind YAML's own three libyaml sees the end of the text still in the line before. */
        assert_int_equal(err.line, i < 3 ? 7 : 6);
    }
}

static void letters_that_begin_like_line_ends_are_letters(void **state) {
    (void)state;
    static const struct reading rows[] = {
        {"a: \xC2\xA7 1\nb: c: d",
         "2:5: a colon cannot stand here: check the indentation, or put a "
         "text that contains \": \" in quotes"},
        {"a: \xE2\x82\xAC 1\nb: c: d",
         "2:5: a colon cannot stand here: check the indentation, or put "
         "a text that contains \": \" in quotes"},
        {"--- a: 1", "1:6: a colon cannot stand here: check the indentation, or put a text that "
                     "contains \": \" in quotes"},
        {"---a: 1", "{\"---a\":1}"},
        {"---\ta", "\"a\""},
    };
    EXPECT_READINGS(rows, YAML_MANIFEST);
}

static void expect_place(const struct document *document, const char *path, uint32_t line,
                         uint32_t column, const char *underlined, bool of_key) {
    bool whole;
    struct place place;
    const struct cJSON *node = tree_resolve(document->root, str_from(path), &whole);
    assert_true(whole);
    assert_true(of_key ? tree_key_place(document, node, &place)
                       : tree_place(document, node, &place));
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    struct str part = str_slice(document->text, place.offset, place.length);
    if (!str_equals(part, str_from(underlined))) fail_msg("%s is at %.*s", path, STR_ARGS(part));
}

static void places_are_where_a_person_looks(void **state) {
    (void)state;
    struct str text = STR("# gr\xC3\xBC\xC3\x9F\n"
                          "---\n"
                          "spec:\n"
                          "  containers:\n"
                          "  - name: \xF0\x9F\x90\xB3 whale\n"
                          "    \"gr\xC3\xBC\xC3\x9F\": 8080   # port\n"
                          "  - image: 'b:1'\n"
                          "    empty:\n"
                          "    args: [x, \"y\"]\n"
                          "    note: |\n"
                          "      two\n"
                          "      lines\n"
                          "\n"
                          "  last: &l {z: 1}\n"
                          "  again: *l\n");
    struct yaml_reader reader = reader_of(text, YAML_MANIFEST);
    struct document document;
    struct error err;
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
    expect_place(&document, "", 3, 1, "s", false);
    expect_place(&document, "spec", 3, 1, "spec", false);
    expect_place(&document, "spec.containers[0]", 5, 5, "n", false);
    expect_place(&document, "spec.containers[0].name", 5, 11, "\xF0\x9F\x90\xB3 whale", false);
    expect_place(&document, "spec.containers[0].gr\xC3\xBC\xC3\x9F", 6, 13, "8080", false);
    expect_place(&document, "spec.containers[0].gr\xC3\xBC\xC3\x9F", 6, 5, "\"gr\xC3\xBC\xC3\x9F\"",
                 true);
    expect_place(&document, "spec.containers[1].image", 7, 12, "'b:1'", false);
    expect_place(&document, "spec.containers[1].empty", 8, 5, "empty", false);
    expect_place(&document, "spec.containers[1].args", 9, 5, "args", false);
    expect_place(&document, "spec.containers[1].args[1]", 9, 15, "\"y\"", false);
    expect_place(&document, "spec.containers[1].note", 10, 11, "|\n      two\n      lines", false);
    expect_place(&document, "spec.again", 15, 3, "again", false);
    expect_place(&document, "spec.again.z", 14, 16, "1", false);
}

static void numbers_are_exact_and_words_keep_their_spelling(void **state) {
    (void)state;
    static const char text[] = "a: 0x1F\nb: 9007199254740993\nc: 0.50\nd: yes\ne: \"1\"\nf: 1e3";
    struct yaml_reader reader = reader_of(str_from(text), YAML_MANIFEST);
    struct document document;
    struct error err;
    int64_t value;
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
    const struct cJSON *node = document.root->child;
    assert_true(tree_int64(&document, node, &value));
    assert_int_equal(value, 31);
    assert_true(node->valuedouble > 30.9 && node->valuedouble < 31.1);
    node = node->next;
    assert_true(tree_int64(&document, node, &value));
    assert_int_equal(value, INT64_C(9007199254740993));
    node = node->next;
    assert_false(tree_int64(&document, node, &value));
    expect_str(tree_number_text(&document, node), "0.50");
    assert_true(node->valuedouble > 0.49 && node->valuedouble < 0.51);
    node = node->next;
    assert_string_equal(((const struct tree_yaml_node *)node)->scalar, "yes");
    node = node->next;
    assert_null(((const struct tree_yaml_node *)node)->scalar);
    node = node->next;
    assert_true(tree_int64(&document, node, &value));
    assert_int_equal(value, 1000);
}

static void coarse_values_are_near(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double low, high;
    } rows[] = {
        {"1.5e300", 1.4e300, 1.6e300},
        {"1.5e-300", 1.4e-300, 1.6e-300},
        {"-2.5", -2.6, -2.4},
        {"123456789012345678901234567890", 1.2e29, 1.3e29},
        {"0.000000000000000000000000000001", 0.9e-30, 1.1e-30},
        {"1e-99999999999", -1e-300, 1e-300},
        {"0.00000000000000000001e20", 0.9, 1.1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yaml_reader reader = reader_of(str_from(rows[i].text), YAML_MANIFEST);
        struct document document;
        struct error err;
        assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_DOCUMENT);
        assert_true(tree_is_number(document.root));
        assert_true(document.root->valuedouble > rows[i].low);
        assert_true(document.root->valuedouble < rows[i].high);
    }
}

static void limits_hold(void **state) {
    (void)state;
    const struct yaml_limits limits = {.depth = 3, .nodes = 6, .text_bytes = 60};
    static const struct reading rows[] = {
        {"[[[]]]", "[[[]]]"},
        {"[[[[]]]]", "1:4: nested deeper than 3 levels"},
        {"[1,2,3,4,5]", "[1,2,3,4,5]"},
        {"[1,2,3,4,5,6]", "1:12: this document has more than 6 values"},
        {"[&a [1],*a,*a]", "1:12: this document has more than 6 values, aliases (*) resolved"},
        {"- &a [1]\n- [[*a]]", "2:5: nested deeper than 3 levels"},
        {"--- x\n--- '0123456789012345678901234567890123456789012345678901234567890'", "\"x\""},
        {"# \n--- '0123456789012345678901234567890123456789012345678901234567890'",
         "1:1: this document is longer than 60 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct yaml_reader reader;
        struct document document;
        struct error err;
        struct strbuf buf;
        struct json_out out;
        yaml_reader_init(&reader, str_from(rows[i].text), YAML_MANIFEST, &limits);
        strbuf_init(&buf, &arena, 0);
        json_out_init(&out, &buf);
        if (yaml_read(&reader, &arena, &document, &err) == YAML_DOCUMENT)
            write_json(&out, NULL, document.root);
        else
            strbuf_printf(&buf, "%u:%u: %s", err.line, err.column, err.text);
        assert_string_equal(buf.at, rows[i].result);
    }
}

static void a_few_lines_cannot_become_gigabytes(void **state) {
    (void)state;
    struct strbuf bomb;
    strbuf_init(&bomb, &arena, 0);
    strbuf_add(&bomb, STR("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"));
    for (int i = 1; i < 10; i++)
        strbuf_printf(&bomb, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    struct yaml_reader reader = reader_of(strbuf_str(&bomb), YAML_MANIFEST);
    struct document document;
    struct error err;
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_ERROR);
    assert_int_equal(err.code, ERR_LIMIT);
}

static void merging_cannot_take_long(void **state) {
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 0);
    strbuf_add(&text, STR("<<: {a: 1}\n"));
    for (int i = 0; i < 20000; i++)
        strbuf_printf(&text, "key%d: 1\n", i);
    struct yaml_reader reader = reader_of(strbuf_str(&text), YAML_MANIFEST);
    struct document document;
    struct error err;
    assert_int_equal(yaml_read(&reader, &arena, &document, &err), YAML_ERROR);
    assert_int_equal(err.code, ERR_LIMIT);
}

static size_t allocations_left;

static bool refuse_when_none_is_left(size_t bytes) {
    (void)bytes;
    if (allocations_left == 0) return true;
    allocations_left--;
    return false;
}

static void each_failing_allocation_is_an_error_of_ours(void **state) {
    (void)state;
    struct str text = STR("a: &x {b: 0x1_F, c: [1.5, yes, \"s\"]}\n<<: [*x, {k: 1}]\n*x : 1\n"
                          "d: !!int \"5\"\n");
    struct str good = str_slice(text, 0, str_find_char(text, '\n') + 1 + 17);
    size_t needed = 0;
    for (bool read = false; !read; needed++) {
        struct arena own;
        struct document document;
        struct error err = {.code = ERR_NONE};
        struct yaml_reader reader = reader_of(good, YAML_MANIFEST);
        arena_init(&own, 4096, 0);
        allocations_left = needed;
        arena_refuse = refuse_when_none_is_left;
        read = yaml_read(&reader, &own, &document, &err) == YAML_DOCUMENT;
        arena_refuse = NULL;
        if (!read) assert_int_equal(err.code, ERR_MEMORY);
        arena_fini(&own);
    }
    assert_true(needed > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(manifests_are_typed_as_kubectl_types_them, setup, teardown),
        cmocka_unit_test_setup_teardown(manifests_differ_from_kubectl_knowingly, setup, teardown),
        cmocka_unit_test_setup_teardown(aliases_and_merges_are_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(policies_are_read_strictly, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_helpfully, setup, teardown),
        cmocka_unit_test_setup_teardown(documents_are_divided_at_their_markers, setup, teardown),
        cmocka_unit_test_setup_teardown(one_bad_document_does_not_hide_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_without_a_document_have_none, setup, teardown),
        cmocka_unit_test_setup_teardown(every_line_end_is_a_line_end, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_that_begin_like_line_ends_are_letters, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(places_are_where_a_person_looks, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_exact_and_words_keep_their_spelling, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(coarse_values_are_near, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(a_few_lines_cannot_become_gigabytes, setup, teardown),
        cmocka_unit_test_setup_teardown(merging_cannot_take_long, setup, teardown),
        cmocka_unit_test_setup_teardown(each_failing_allocation_is_an_error_of_ours, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
