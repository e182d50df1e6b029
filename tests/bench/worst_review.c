/*
 * The reviews that cost podgate most, made to measure.
 *   worst_review CASE COUNT [update]       a review on standard output; `update` has the object twice, changed
 *   worst_review                           the cases
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void repeat(const char *text, long count) {
    for (long i = 0; i < count; i++)
        fputs(text, stdout);
}

static void numbers(long count) {
    printf("\"securityContext\":{\"supplementalGroups\":[");
    repeat("0,", count);
    printf("0]},\"containers\":[{\"name\":\"a\",\"image\":\"a:1\"}]");
}

static void containers_of(const char *list, long count) {
    printf("\"%s\":[", list);
    for (long i = 0; i < count; i++)
        printf("%s{\"name\":\"c%ld\",\"image\":\"registry.example.com/a:%ld\"}", i ? "," : "", i,
               i);
    printf("]");
}

static void containers(long count) { containers_of("containers", count); }

static void ephemeral(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\"}],");
    containers_of("ephemeralContainers", count);
}

/* Each container breaks all that a container can, and has a volume and a port of its own. */
static void findings(long count) {
    printf("\"hostNetwork\":true,\"hostPID\":true,\"containers\":[");
    for (long i = 0; i < count; i++)
        printf("%s{\"name\":\"c%ld\",\"image\":\"a\",\"securityContext\":{\"privileged\":true,"
               "\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}}}",
               i ? "," : "", i);
    printf("]");
}

static void environment(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"env\":[");
    for (long i = 0; i < count; i++)
        printf("%s{\"name\":\"DB_PASSWORD_%ld\",\"value\":\"x%ld\"}", i ? "," : "", i, i);
    printf("]}]");
}

static bool is_old; /* what is written is the object before the update */

/* Of an update each of the variables stands elsewhere than before, in a container with a long name. */
static void reversed(long count) {
    printf("\"containers\":[{\"name\":\"");
    repeat("n", 1000000);
    printf("\",\"image\":\"a:1\",\"env\":[");
    for (long i = 0; i < count; i++)
        printf("%s{\"name\":\"DB_PASSWORD_%ld\",\"value\":\"x\"}", i ? "," : "",
               is_old ? count - 1 - i : i);
    printf("]}]");
}

/* Names of as many words as podgate looks at, each of which could be part of a secret's name. */
static void names(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"env\":[");
    for (long i = 0; i < count; i++) {
        printf("%s{\"name\":\"", i ? "," : "");
        repeat("KEY_PASS_", 12);
        printf("%ld\",\"value\":\"x\"}", i);
    }
    printf("]}]");
}

/* Scripts, none of which holds a secret, but many times nearly. */
static void scripts(const char *text, long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"args\":[\"\"");
    for (int i = 0; i < 8; i++) {
        printf(",\"");
        repeat(text, count / 8);
        printf("\"");
    }
    printf("]}]");
}

/* Short names of secrets, each with a value that is none. */
static void assignments(long count) { scripts("A_PW=$ ", count); }

/* The same with what says on or off. */
static void switches(long count) { scripts("A_PW=0 ", count); }

/* With the address of a secret, which holds the next one. */
static void addresses(long count) { scripts("vault:A_PW=", count); }

/* Within references, which are values of each other. */
static void references(long count) { scripts("%A_PW=%", count); }

/* What begins as a token, a login, a line of .netrc, and goes on to the end of the text. */
static void signatures(long count) { scripts("sig=", count); }
static void logins(long count) { scripts("@tcp(", count); }
static void machines(long count) { scripts("machine ", count); }
static void oracles(long count) { scripts("oracle:thin:", count); }
/* Short beginnings of tokens that have much to be looked at. */
static void dots(long count) { scripts("SG.", count); }

/* Assignments in assignments, as long as a value is looked at; what ends them is a reference. */
static void chains(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"args\":[\"\"");
    for (int i = 0; i < 8; i++) {
        printf(",\"");
        for (long chain = 0; chain < count / 8; chain++) {
            repeat("A_PW=", 100);
            printf("${ ");
        }
        printf("\"");
    }
    printf("]}]");
}

/* Names of flags whose words begin or end as those of secrets do. */
static void flags(long count) { scripts("--p-s-p-s-p-s-pw $ ", count); }

/* Names in which a word of secrets could begin at each letter, and none does. */
static void roots(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"env\":[");
    for (int i = 0; i < 8; i++) {
        printf("%s{\"name\":\"", i ? "," : "");
        repeat("P", count / 8);
        printf("%d\",\"value\":\"x\"}", i);
    }
    printf("]}]");
}

/* Lists in lists, as deep as podgate reads: beside the spec's other fields. */
static void nested(long count) {
    printf("\"x\":[");
    for (long i = 0; i < count; i++) {
        if (i > 0) putchar(',');
        repeat("[", 50);
        repeat("]", 50);
    }
    printf("],\"containers\":[{\"name\":\"a\",\"image\":\"a:1\"}]");
}

static void escapes(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"env\":[");
    for (int i = 0; i < 4; i++) {
        printf("%s{\"name\":\"A%d\",\"value\":\"", i ? "," : "", i);
        repeat("\\u0041", count);
        printf("\"}");
    }
    printf("]}]");
}

/* Keys that differ in their last letters only. */
static void keys(long count) {
    printf("\"nodeSelector\":{");
    for (long i = 0; i < count; i++)
        printf("%s\"example.com/a-label-that-is-rather-long-%05ld\":\"\"", i ? "," : "", i);
    printf("},\"containers\":[{\"name\":\"a\",\"image\":\"a:1\"}]");
}

static void volumes(long count) {
    printf("\"volumes\":[");
    for (long i = 0; i < count; i++)
        printf("%s{\"name\":\"v%ld\",\"hostPath\":{\"path\":\"/var/run/docker.sock\"}}",
               i ? "," : "", i);
    printf("],\"containers\":[{\"name\":\"a\",\"image\":\"a:1\"}]");
}

static void strings(long count) {
    printf("\"containers\":[{\"name\":\"a\",\"image\":\"a:1\",\"args\":[");
    for (long i = 0; i < count; i++)
        printf("%s\"%ld\"", i ? "," : "", i);
    printf("]}]");
}

static const struct worst {
    const char *name, *what;
    void (*write)(long count);
} cases[] = {
    {"numbers", "supplemental groups", numbers},
    {"containers", "containers", containers},
    {"ephemeral", "ephemeral containers", ephemeral},
    {"findings", "containers that break every rule", findings},
    {"environment", "variables named as secrets", environment},
    {"reversed", "variables of a container with a long name", reversed},
    {"names", "variables whose names have many words", names},
    {"roots", "letters of one variable's name", roots},
    {"assignments", "assignments in one script", assignments},
    {"switches", "assignments of switches", switches},
    {"addresses", "addresses of secrets in each other", addresses},
    {"references", "assignments within references", references},
    {"signatures", "beginnings of signatures", signatures},
    {"logins", "beginnings of a database's login", logins},
    {"machines", "beginnings of lines of .netrc", machines},
    {"oracles", "beginnings of an Oracle login", oracles},
    {"dots", "beginnings of a key with dots", dots},
    {"chains", "assignments that hold a hundred others each", chains},
    {"flags", "flags in one script", flags},
    {"nested", "lists, each nested fifty deep", nested},
    {"escapes", "escaped letters in each of four values", escapes},
    {"keys", "keys of one object", keys},
    {"volumes", "volumes of the container runtime's socket", volumes},
    {"strings", "arguments", strings},
};

static void write_object(const struct worst *worst, long count, const char *label) {
    printf("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"worst\",\"namespace\":"
           "\"default\"},\"spec\":{\"hostname\":\"%s\",",
           label);
    worst->write(count);
    printf("}}");
}

static void write_review(const struct worst *worst, long count, bool is_update) {
    printf(
        "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":"
        "\"23fc02b2-a95d-4c76-b53f-69b1a18a1804\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":"
        "\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"name\":"
        "\"worst\",\"namespace\":\"default\",\"operation\":\"%s\",\"userInfo\":{\"username\":"
        "\"admin\"},\"object\":",
        is_update ? "UPDATE" : "CREATE");
    write_object(worst, count, "new");
    if (is_update) {
        is_old = true;
        printf(",\"oldObject\":");
        write_object(worst, count, "old");
    }
    printf("}}\n");
}

int main(int argc, char **argv) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc < 3) printf("%-12s %s\n", cases[i].name, cases[i].what);
        if (argc < 3 || strcmp(argv[1], cases[i].name) != 0) continue;
        write_review(&cases[i], atol(argv[2]), argc > 3);
        return 0;
    }
    return argc < 3 ? 0 : 2;
}
