#include "kube/image.h"

#include "unit/expect.h"

#include <ctype.h>
#include <stdio.h>

#define HEX16 "0123456789abcdef"
#define HEX32 HEX16 HEX16
#define HEX64 HEX32 HEX32
#define HEX96 HEX64 HEX32
#define HEX128 HEX64 HEX64
#define HEX63 HEX32 HEX16 "0123456789abcde"
#define HEX64_UPPER "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define SHA256 "sha256:" HEX64
#define T16 "tttttttttttttttt"
#define T112 T16 T16 T16 T16 T16 T16 T16
#define T119 T112 "ttttttt"
#define T125 T112 "ttttttttttttt"
#define T128 T112 T16

struct row {
    const char *text, *domain, *path, *tag, *digest;
};

/* What github.com/distribution/reference v0.6.0 (ParseNormalizedNamed) says of each text, blanks trimmed. The
 * one exception: it gives foo_bar.com/app no domain at all. */
static const struct row valid[] = {
    {"nginx", "docker.io", "library/nginx", "", ""},
    {"nginx:latest", "docker.io", "library/nginx", "latest", ""},
    {"nginx:1.27.3", "docker.io", "library/nginx", "1.27.3", ""},
    {"nginx:1", "docker.io", "library/nginx", "1", ""},
    {"nginx:V1", "docker.io", "library/nginx", "V1", ""},
    {"nginx:_internal", "docker.io", "library/nginx", "_internal", ""},
    {"nginx:1.27.3-alpine_slim", "docker.io", "library/nginx", "1.27.3-alpine_slim", ""},
    {"library/nginx", "docker.io", "library/nginx", "", ""},
    {"library/nginx:1", "docker.io", "library/nginx", "1", ""},
    {"library/library/nginx", "docker.io", "library/library/nginx", "", ""},
    {"library/a/b", "docker.io", "library/a/b", "", ""},
    {"docker.io/nginx", "docker.io", "library/nginx", "", ""},
    {"docker.io/library/nginx", "docker.io", "library/nginx", "", ""},
    {"docker.io/library/a/b", "docker.io", "library/a/b", "", ""},
    {"docker.io/team/app", "docker.io", "team/app", "", ""},
    {"docker.io/team/app:2", "docker.io", "team/app", "2", ""},
    {"index.docker.io/nginx", "docker.io", "library/nginx", "", ""},
    {"index.docker.io/library/nginx", "docker.io", "library/nginx", "", ""},
    {"index.docker.io/team/app", "docker.io", "team/app", "", ""},
    {"team/app", "docker.io", "team/app", "", ""},
    {"team/app:1.0", "docker.io", "team/app", "1.0", ""},
    {"team/sub/app", "docker.io", "team/sub/app", "", ""},
    {"gcr.io/app", "gcr.io", "app", "", ""},
    {"gcr.io/project/app", "gcr.io", "project/app", "", ""},
    {"gcr.io/project/app:v1", "gcr.io", "project/app", "v1", ""},
    {"gcr.io.evil.com/project/app", "gcr.io.evil.com", "project/app", "", ""},
    {"evil.com/gcr.io/project/app", "evil.com", "gcr.io/project/app", "", ""},
    {"gcr.io/gcr.io/app", "gcr.io", "gcr.io/app", "", ""},
    {"us-docker.pkg.dev/p/r/i", "us-docker.pkg.dev", "p/r/i", "", ""},
    {"registry.k8s.io/pause:3.10", "registry.k8s.io", "pause", "3.10", ""},
    {"quay.io/prometheus/node-exporter:v1.8.2", "quay.io", "prometheus/node-exporter", "v1.8.2",
     ""},
    {"ghcr.io/org/app", "ghcr.io", "org/app", "", ""},
    {"public.ecr.aws/docker/library/nginx", "public.ecr.aws", "docker/library/nginx", "", ""},
    {"123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1",
     "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "app", "1", ""},
    {"mcr.microsoft.com/dotnet/sdk:8.0", "mcr.microsoft.com", "dotnet/sdk", "8.0", ""},
    {"reg:5000", "docker.io", "library/reg", "5000", ""},
    {"reg:5000/app", "reg:5000", "app", "", ""},
    {"reg:5000/app:1", "reg:5000", "app", "1", ""},
    {"reg:5000/team/app:1", "reg:5000", "team/app", "1", ""},
    {"reg:0/app", "reg:0", "app", "", ""},
    {"reg:99999999/app", "reg:99999999", "app", "", ""},
    {"reg.example.com:5000/team/app", "reg.example.com:5000", "team/app", "", ""},
    {"registry.example.com:5000/a/b/c/d/e:tag", "registry.example.com:5000", "a/b/c/d/e", "tag",
     ""},
    {"localhost", "docker.io", "library/localhost", "", ""},
    {"localhost:5000", "docker.io", "library/localhost", "5000", ""},
    {"localhost/app", "localhost", "app", "", ""},
    {"localhost/team/app:1", "localhost", "team/app", "1", ""},
    {"localhost:5000/app", "localhost:5000", "app", "", ""},
    {"localhost:5000/team/app:1", "localhost:5000", "team/app", "1", ""},
    {"localhostt/app", "docker.io", "localhostt/app", "", ""},
    {"my-localhost/app", "docker.io", "my-localhost/app", "", ""},
    {"127.0.0.1/app", "127.0.0.1", "app", "", ""},
    {"127.0.0.1:5000/app:1", "127.0.0.1:5000", "app", "1", ""},
    {"10.0.0.1/team/app", "10.0.0.1", "team/app", "", ""},
    {"1.2.3.4.5/app", "1.2.3.4.5", "app", "", ""},
    {"[::1]/app", "[::1]", "app", "", ""},
    {"[::1]:5000/app", "[::1]:5000", "app", "", ""},
    {"[::1]:5000/team/app:1", "[::1]:5000", "team/app", "1", ""},
    {"[2001:db8::1]/app", "[2001:db8::1]", "app", "", ""},
    {"[fe80:0:0:0:0:0:0:1]:5000/app", "[fe80:0:0:0:0:0:0:1]:5000", "app", "", ""},
    {"Foo/app", "Foo", "app", "", ""},
    {"FOO/team/app", "FOO", "team/app", "", ""},
    {"Foo.example.com/app", "Foo.example.com", "app", "", ""},
    {"Registry:5000/app", "Registry:5000", "app", "", ""},
    {"xn--n3h.com/app", "xn--n3h.com", "app", "", ""},
    {"a.b/c", "a.b", "c", "", ""},
    {"a-b.c-d/e", "a-b.c-d", "e", "", ""},
    {"a--b.com/e", "a--b.com", "e", "", ""},
    {"0/app", "docker.io", "0/app", "", ""},
    {"0.0/app", "0.0", "app", "", ""},
    {"a/b", "docker.io", "a/b", "", ""},
    {"a/b/c", "docker.io", "a/b/c", "", ""},
    {"foo/foo_bar", "docker.io", "foo/foo_bar", "", ""},
    {"foo/foo__bar", "docker.io", "foo/foo__bar", "", ""},
    {"foo_bar/app", "docker.io", "foo_bar/app", "", ""},
    {"foo__bar/app", "docker.io", "foo__bar/app", "", ""},
    {"foo.bar/app", "foo.bar", "app", "", ""},
    {"foo-bar/app", "docker.io", "foo-bar/app", "", ""},
    {"foo--bar/app", "docker.io", "foo--bar/app", "", ""},
    {"foo---bar", "docker.io", "library/foo---bar", "", ""},
    {"foo.bar", "docker.io", "library/foo.bar", "", ""},
    {"foo_bar", "docker.io", "library/foo_bar", "", ""},
    {"foo__bar", "docker.io", "library/foo__bar", "", ""},
    {"a.b.c", "docker.io", "library/a.b.c", "", ""},
    {"a_b-c.d", "docker.io", "library/a_b-c.d", "", ""},
    {"0", "docker.io", "library/0", "", ""},
    {"00", "docker.io", "library/00", "", ""},
    {"1/2/3", "docker.io", "1/2/3", "", ""},
    {"0a/b0", "docker.io", "0a/b0", "", ""},
    {"xn--app", "docker.io", "library/xn--app", "", ""},
    {"foo_bar.com/app", "foo_bar.com", "app", "", ""},
    {"a_b.c:1", "docker.io", "library/a_b.c", "1", ""},
    {"app:0", "docker.io", "library/app", "0", ""},
    {"app:A", "docker.io", "library/app", "A", ""},
    {"app:a-b_c.d", "docker.io", "library/app", "a-b_c.d", ""},
    {"nginx@" SHA256, "docker.io", "library/nginx", "", SHA256},
    {"nginx:1@" SHA256, "docker.io", "library/nginx", "1", SHA256},
    {"docker.io/library/nginx@" SHA256, "docker.io", "library/nginx", "", SHA256},
    {"gcr.io/project/app@" SHA256, "gcr.io", "project/app", "", SHA256},
    {"gcr.io/project/app:v1@" SHA256, "gcr.io", "project/app", "v1", SHA256},
    {"reg:5000/app@" SHA256, "reg:5000", "app", "", SHA256},
    {"reg:5000/app:1@" SHA256, "reg:5000", "app", "1", SHA256},
    {"[::1]:5000/app:1@" SHA256, "[::1]:5000", "app", "1", SHA256},
    {"nginx@"
     "sha384:" HEX96,
     "docker.io", "library/nginx", "", "sha384:" HEX96},
    {"nginx@"
     "sha512:" HEX128,
     "docker.io", "library/nginx", "", "sha512:" HEX128},
    {"nginx:1@"
     "sha512:" HEX128,
     "docker.io", "library/nginx", "1", "sha512:" HEX128},
    {"nginx:" T128, "docker.io", "library/nginx", T128, ""},
    {"a/" T128 T125, "docker.io", "a/" T128 T125, "", ""},
    {T128 T119, "docker.io", "library/" T128 T119, "", ""},
    {"gcr.io/" T128 T125 "tt", "gcr.io", T128 T125 "tt", "", ""},
    {HEX63, "docker.io", "library/" HEX63, "", ""},
    {HEX64 "a", "docker.io", "library/" HEX64 "a", "", ""},
    {" nginx", "docker.io", "library/nginx", "", ""},
    {"nginx ", "docker.io", "library/nginx", "", ""},
    {" nginx:1 ", "docker.io", "library/nginx", "1", ""},
    {"\tnginx", "docker.io", "library/nginx", "", ""},
    {"nginx\n", "docker.io", "library/nginx", "", ""},
    {" gcr.io/a/b ", "gcr.io", "a/b", "", ""},
};

static const char *const invalid[] = {
    "app:-@",
    "",
    ":",
    "/",
    "@",
    "nginx:",
    ":1",
    "/nginx",
    "nginx/",
    "nginx/:1",
    "a//b",
    "//a",
    "gcr.io/",
    "gcr.io//app",
    "gcr.io/app/",
    "Nginx",
    "NGINX:1",
    "library/Nginx",
    "gcr.io/App",
    "gcr.io/team/aPP",
    "Foo/Bar",
    "docker.io/Nginx",
    "-nginx",
    "nginx-",
    "_nginx",
    "nginx_",
    ".nginx",
    "nginx.",
    "foo..bar",
    "foo___bar",
    "foo.-bar",
    "foo-.bar",
    "foo_.bar",
    "foo/-bar",
    "foo/bar-",
    "foo/.bar",
    "foo/..",
    "../foo",
    "./foo",
    "foo/./bar",
    "nginx:.1",
    "nginx:-1",
    "nginx:1:2",
    "nginx:a b",
    "nginx:a/b/C",
    "nginx:1+2",
    "nginx:1@",
    "nginx:$(TAG)",
    "nginx:tag!",
    "ngi nx",
    "ng\tinx",
    "a/ b",
    "nginx@sha256",
    "nginx@sha256:",
    "nginx@sha256:abc",
    "nginx@" SHA256 "x",
    "nginx@"
    "sha256:" HEX63,
    "nginx@"
    "sha256:" HEX64_UPPER,
    "nginx@" SHA256 "@" SHA256,
    "nginx@sha384:" HEX64,
    "nginx@sha512:" HEX64,
    "nginx@md5:0123456789abcdef0123456789abcdef",
    "nginx@sha1:0123456789abcdef0123456789abcdef01234567",
    "nginx@blake3:" HEX64,
    "nginx@SHA256:" HEX64,
    "nginx@" HEX64,
    "nginx@" SHA256 ":1",
    "@" SHA256,
    HEX64,
    "reg:/app",
    "reg:port/app",
    "reg:50a0/app",
    "reg:5000:1/app",
    "reg:5000/",
    "-reg.io/app",
    "reg-.io/app",
    "reg..io/app",
    ".reg.io/app",
    "reg.io./app",
    ".io/app",
    "[::1/app",
    "::1/app",
    "[]/app",
    "[::1]5000/app",
    "[::1]:/app",
    "[::1]:port/app",
    "[fe80::1%25eth0]/app",
    "[::ffff:1.2.3.4]/app",
    "[::g]/app",
    "[::1]",
    "FOO_bar/app",
    "my_reg:5000/app",
    "https://gcr.io/app",
    "http://localhost:5000/app",
    "docker://nginx",
    "oci:nginx/app",
    "gcr.io/app?x",
    "gcr.io/app#x",
    "gcr.io/äpp",
    "nginx:ä",
    "ünginx",
    "gcr.io/*",
    "*",
    "gcr.io/app:" T128 "t",
    "nginx:" T128 "t",
    "a/" T128 T125 "t",
    T128 T119 "t",
    "gcr.io/" T128 T125 "ttt",
    "$(IMAGE)",
    "{{ .Values.image }}",
    "<image>",
    "\"nginx\"",
    "nginx,redis",
    "nginx;1",
    "nginx\\app",
    "C:\\app",
    "   ",
};

static struct image parse(const char *text) {
    struct image image;
    struct error err;
    if (!image_parse(str_from(text), &image, &err)) fail_msg("\"%s\" %s", text, err.text);
    return image;
}

static struct arena arena;

static int begin_arena(void **state) {
    (void)state;
    arena_init(&arena, 4096, 0);
    return 0;
}

static int end_arena(void **state) {
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void assert_part(const char *text, const char *part, struct str is, const char *wanted) {
    if (!str_equals(is, str_from(wanted)))
        fail_msg("\"%s\": %s is \"%.*s\", not \"%s\"", text, part, STR_ARGS(is), wanted);
}

static void references_are_divided_as_upstream_does(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        const struct row *row = &valid[i];
        struct image image = parse(row->text);
        assert_part(row->text, "domain", image.domain, row->domain);
        assert_part(row->text, "tag", image.tag, row->tag);
        assert_part(row->text, "digest", image.digest, row->digest);
        struct str path = image.is_library
                              ? str_format(&arena, "library/%.*s", STR_ARGS(image.path))
                              : image.path;
        assert_part(row->text, "path", path, row->path);
        char full[1024];
        snprintf(full, sizeof full, "%s/%s", row->domain, row->path);
        for (char *c = full; *c != '/'; c++)
            *c = (char)tolower((unsigned char)*c);
        assert_part(row->text, "full name", image_full_name(&arena, &image), full);
    }
}

/* Upstream keeps these apart; whoever denies a registry means all its names. */
static void one_registry_has_one_name(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"registry-1.docker.io/nginx", "docker.io/library/nginx"},
        {"registry-1.docker.io/library/nginx", "docker.io/library/nginx"},
        {"Registry.Hub.Docker.com/team/app:1", "docker.io/team/app"},
        {"DOCKER.IO/nginx", "docker.io/library/nginx"},
        {"docker.io:443/nginx", "docker.io/library/nginx"},
        {"docker.io:4430/nginx", "docker.io:4430/nginx"},
        {"GHCR.io:443/team/app", "ghcr.io/team/app"},
        {"ghcr.io:00443/team/app", "ghcr.io/team/app"},
        {"ghcr.io:4430/team/app", "ghcr.io:4430/team/app"},
        {"ghcr.io:05000/team/app", "ghcr.io:5000/team/app"},
        {"ghcr.io:000/team/app", "ghcr.io:0/team/app"},
        {"[::1]:05000/app", "[::1]:5000/app"},
        {"Foo:5000/app", "foo:5000/app"},
        {"[2001:DB8::1]:443/team/app", "[2001:db8::1]/team/app"},
        {"[2001:db8::443]/app", "[2001:db8::443]/app"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct image image = parse(rows[i][0]);
        assert_part(rows[i][0], "full name", image_full_name(&arena, &image), rows[i][1]);
    }
}

static void what_upstream_refuses_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        struct image image;
        struct error err = {0};
        if (image_parse(str_from(invalid[i]), &image, &err))
            fail_msg("\"%s\" is no image", invalid[i]);
        assert_int_equal(err.code, ERR_SYNTAX);
        assert_true(err.text[0] != '\0');
    }
}

static void the_name_is_kept_as_written(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"nginx", "nginx"},
        {"nginx:1", "nginx"},
        {" docker.io/nginx:1@" SHA256 " ", "docker.io/nginx"},
        {"registry:5000/app@" SHA256, "registry:5000/app"},
        {"[::1]:5000/a/b:c", "[::1]:5000/a/b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_part(rows[i][0], "name", parse(rows[i][0]).name, rows[i][1]);
}

static void only_one_segment_on_docker_hub_is_a_library_image(void **state) {
    (void)state;
    assert_true(parse("nginx").is_library);
    assert_true(parse("docker.io/nginx").is_library);
    assert_true(parse("docker.io/library/nginx").is_library);
    assert_part("library/nginx", "path", parse("library/nginx").path, "nginx");
    assert_false(parse("team/nginx").is_library);
    assert_false(parse("library/a/b").is_library);
    assert_false(parse("gcr.io/library/nginx").is_library);
}

static void a_nul_byte_is_part_of_no_image(void **state) {
    (void)state;
    struct image image;
    struct error err;
    assert_false(image_parse((struct str){"nginx\0", 6}, &image, &err));
    assert_false(image_parse((struct str){"nginx\0:latest", 13}, &image, &err));
    assert_false(image_parse(STR_NONE, &image, &err));
}

static void hosts_longer_than_any_host_are_refused(void **state) {
    (void)state;
    struct image image;
    struct error err;
    assert_true(image_parse(str_from(T128 "." T125 "/app"), &image, &err));
    assert_false(image_parse(str_from(T128 "." T128 "." T128 "/app"), &image, &err));
}

/* --- patterns --- */

struct pattern_row {
    const char *pattern, *image;
    bool is_match;
};

static const struct pattern_row matches[] = {
    {"**", "nginx", true},
    {"**", "gcr.io/a/b/c:1@" SHA256, true},
    {"nginx", "nginx", true},
    {"nginx", "nginx:1.27", true},
    {"nginx", "docker.io/library/nginx@" SHA256, true},
    {"nginx", "index.docker.io/nginx", true},
    {"nginx", "nginxx", false},
    {"nginx", "team/nginx", false},
    {"nginx", "gcr.io/nginx", false},
    {"nginx", "gcr.io/library/nginx", false},
    {"docker.io/nginx", "nginx", true},
    {"docker.io/library/nginx", "nginx", true},
    {"index.docker.io/library/nginx", "nginx", true},
    {"library/nginx", "nginx", true},
    {"library/*", "nginx", true},
    {"docker.io/*", "nginx", true},
    {"docker.io/*", "team/app", false},
    {"docker.io/**", "nginx", true},
    {"docker.io/**", "team/app", true},
    {"docker.io/**", "gcr.io/team/app", false},
    {"docker.io/*/*", "team/app", true},
    {"nginx*", "nginx-unprivileged", true},
    {"nginx*", "nginxinc/nginx", false},
    {"team/*", "team/app", true},
    {"team/*", "team/sub/app", false},
    {"team/**", "team/sub/app", true},
    {"team/**", "gcr.io/team/app", false},
    {"gcr.io/**", "gcr.io/a", true},
    {"gcr.io/**", "gcr.io/a/b/c", true},
    {"gcr.io/**", "gcr.io.evil.com/a", false},
    {"gcr.io/**", "evil.com/gcr.io/a", false},
    {"gcr.io/**", "xgcr.io/a", false},
    {"gcr.io/**", "gcr.io:443/a", true},
    {"gcr.io:443/**", "gcr.io/a", true},
    {"gcr.io/**", "gcr.io:8443/a", false},
    {"gcr.io/**", "GCR.io/a", true},
    {"GCR.io/**", "gcr.io/a", true},
    {"*.EXAMPLE.com/**", "Registry.Example.Com/a", true},
    {"*.example.com:443/**", "registry.example.com/a", true},
    {"docker.io/**", "Registry-1.Docker.IO/library/nginx", true},
    {"nginx", "registry.hub.docker.com/library/nginx", true},
    {"[2001:db8::1]:443/**", "[2001:DB8::1]/a", true},
    {"[2001:DB8::1]/**", "[2001:db8::1]:443/a", true},
    {"gcr.io/**", "eu.gcr.io/a", false},
    {"gcr.io/foo/*", "gcr.io/foo/app", true},
    {"gcr.io/foo/*", "gcr.io/foobar/app", false},
    {"gcr.io/foo/*", "gcr.io/foo/a/b", false},
    {"gcr.io/foo", "gcr.io/foo", true},
    {"gcr.io/foo", "gcr.io/foobar", false},
    {"gcr.io/foo", "gcr.io/foo/bar", false},
    {"gcr.io/foo?", "gcr.io/foo1", true},
    {"gcr.io/foo?", "gcr.io/foo", false},
    {"gcr.io/[a-c]/*", "gcr.io/b/app", true},
    {"gcr.io/[a-c]/*", "gcr.io/d/app", false},
    {"gcr.io/[!a-c]/*", "gcr.io/d/app", true},
    {"*.example.com/**", "registry.example.com/a/b", true},
    {"*.example.com/**", "example.com/a", false},
    {"*.example.com/**", "evil.com/registry.example.com/a", false},
    {"*.example.com/**", "a.b.example.com/x", true},
    {"*.example.com/**", "registry.example.com:5000/a", false},
    {"*.example.com:*/**", "registry.example.com:5000/a", true},
    {"*/foo", "gcr.io/foo", true},
    {"*/foo", "gcr.io/a/foo", false},
    {"*/foo", "foo", false},
    {"*/library/nginx", "nginx", true},
    {"**/nginx", "nginx", true},
    {"**/nginx", "gcr.io/a/b/nginx", true},
    {"**/nginx", "gcr.io/a/nginxx", false},
    {"registry.example.com/mesh/**", "registry.example.com/mesh/proxy:1", true},
    {"registry.example.com/mesh/**", "registry.example.com/meshy/proxy", false},
    {"registry.example.com/mesh/**", "registry.example.com/mesh", false},
    {"registry:5000/**", "registry:5000/app", true},
    {"registry:5000/**", "registry/app", false},
    {"localhost/**", "localhost/app", true},
    {"localhost:5000/*", "localhost:5000/app:1", true},
    {"\\[::1\\]:5000/*", "[::1]:5000/app", true},
    {"nginx:1.*", "nginx:1.27", true},
    {"nginx:1.*", "nginx:2.0", false},
    {"nginx:1.*", "nginx", false},
    {"nginx:1.*", "nginx@" SHA256, false},
    {"nginx:1.*", "nginx:1.27@" SHA256, true},
    {"nginx:latest", "nginx:latest", true},
    {"nginx:latest", "nginx", true},
    {"nginx:latest", "nginx@" SHA256, false},
    {"amazonlinux:2023", "amazonlinux:2023", true},
    {"**:latest", "gcr.io/a/b", true},
    {"**:latest", "gcr.io/a/b:latest", true},
    {"**:latest", "gcr.io/a/b:1", false},
    {"**/*:dev-*", "gcr.io/a/b:dev-7", true},
    {"**@sha256:*", "nginx@" SHA256, true},
    {"**@sha256:*", "reg:5000/a:1@" SHA256, true},
    {"**@sha256:*", "nginx:1", false},
    {"**@sha512:*", "nginx@" SHA256, false},
    {"nginx@" SHA256, "nginx:1@" SHA256, true},
    {"nginx:1@" SHA256, "nginx:2@" SHA256, false},
    {"gcr.io/a:[0-9]*", "gcr.io/a:7", true},
    {"gcr.io/a:[:x]*", "gcr.io/a:x1", true},
};

static struct image_pattern parse_pattern(const char *text) {
    struct image_pattern pattern;
    struct error err;
    if (!image_pattern_parse(&arena, str_from(text), &pattern, &err))
        fail_msg("pattern \"%s\" %s", text, err.text);
    return pattern;
}

static void patterns_match_by_component(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        const struct pattern_row *row = &matches[i];
        struct image_pattern pattern = parse_pattern(row->pattern);
        struct image image = parse(row->image);
        if (image_pattern_match(&pattern, &image) != row->is_match)
            fail_msg("pattern \"%s\" must %smatch \"%s\"", row->pattern,
                     row->is_match ? "" : "not ", row->image);
    }
}

static void patterns_are_normalised(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"nginx", "docker.io/library/nginx"},
        {"team/*", "docker.io/team/*"},
        {"*.example.com/team/**", "*.example.com/team/**"},
        {"Foo/app", "foo/app"},
        {"Registry.example.com:443/app", "registry.example.com/app"},
        {"registry.example.com:05000/app*", "registry.example.com:5000/app*"},
        {"*:0443/app", "*/app"},
        {"localhost/app:1", "localhost/app"},
        {"**@sha256:*", "**"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_part(rows[i][0], "full name", parse_pattern(rows[i][0]).full_name, rows[i][1]);
}

/* Its brackets would be a set of characters. */
static void an_address_as_domain_is_meant_as_it_stands(void **state) {
    (void)state;
    static const char *const patterns[] = {"[2001:db8::1]:5000/**", "[2001:db8::1]:5000/team/app"};
    struct image image, other;
    struct error err = {0};
    assert_true(image_parse(STR("[2001:db8::1]:5000/team/app:1"), &image, &err));
    assert_true(image_parse(STR("2:5000/team/app:1"), &other, &err));
    for (size_t i = 0; i < 2; i++) {
        struct image_pattern pattern = parse_pattern(patterns[i]);
        assert_true(image_pattern_match(&pattern, &image));
        assert_false(image_pattern_match(&pattern, &other));
        assert_false(pattern.wildcard_domain);
    }
    assert_false(image_parse(STR("[ABC]/app"), &image, &err));
}

static void only_a_glob_in_the_first_segment_is_a_wildcard_domain(void **state) {
    (void)state;
    assert_true(parse_pattern("*.example.com/**").wildcard_domain);
    assert_true(parse_pattern("**/nginx").wildcard_domain);
    assert_false(parse_pattern("gcr.io/**").wildcard_domain);
    assert_false(parse_pattern("nginx*").wildcard_domain);
    assert_false(parse_pattern("**").wildcard_domain);
}

struct error_row {
    const char *pattern, *says;
};

static const struct error_row pattern_errors[] = {
    {"", "is empty"},
    {"*", "for every image write **"},
    {"*:latest", "for every image write **"},
    {"gcr.io", "for a whole registry write gcr.io/**"},
    {"*.example.com", "for a whole registry write *.example.com/**"},
    {"localhost", "for a whole registry write localhost/**"},
    {"localhost:5000", "for a whole registry write localhost:5000/**"},
    {"gcr.io:1.2", "for a whole registry write gcr.io/**"},
    {"registry:5000", "for a whole registry write registry:5000/**"},
    {"gcr.io/", "for everything below write /**"},
    {"gcr.io//a", "empty part"},
    {"/app", "empty part"},
    {"gcr.io/Team/*", "upper-case"},
    {"Nginx", "reads as an image name"},
    {"nginx:", "empty tag"},
    {"nginx@", "empty digest"},
    {":1", "has no name"},
    {"gcr.io/a b", "blank"},
    {" nginx", "blank"},
    {"gcr.io/[a", ""},
    {"gcr.io/a\\", ""},
    {"nginx@sha256:abc", "64 lower-case hex digits"},
    {"gcr.io/a_/b", "path"},
    {"reg:port/app", "no host name"},
};

static void patterns_that_mean_something_else_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof pattern_errors / sizeof *pattern_errors; i++) {
        const struct error_row *row = &pattern_errors[i];
        struct image_pattern pattern;
        struct error err = {0};
        if (image_pattern_parse(&arena, str_from(row->pattern), &pattern, &err))
            fail_msg("pattern \"%s\" must be refused", row->pattern);
        if (!strstr(err.text, row->says))
            fail_msg("pattern \"%s\": \"%s\" does not say \"%s\"", row->pattern, err.text,
                     row->says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_divided_as_upstream_does),
        cmocka_unit_test(one_registry_has_one_name),
        cmocka_unit_test(what_upstream_refuses_is_refused),
        cmocka_unit_test(the_name_is_kept_as_written),
        cmocka_unit_test(only_one_segment_on_docker_hub_is_a_library_image),
        cmocka_unit_test(a_nul_byte_is_part_of_no_image),
        cmocka_unit_test(hosts_longer_than_any_host_are_refused),
        cmocka_unit_test(patterns_match_by_component),
        cmocka_unit_test(patterns_are_normalised),
        cmocka_unit_test(an_address_as_domain_is_meant_as_it_stands),
        cmocka_unit_test(only_a_glob_in_the_first_segment_is_a_wildcard_domain),
        cmocka_unit_test(patterns_that_mean_something_else_are_refused),
    };
    return cmocka_run_group_tests_name("image", tests, begin_arena, end_arena);
}
