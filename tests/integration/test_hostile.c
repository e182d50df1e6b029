/*
 * Reviews made to break a webhook, through the real server: each gets the answer that docs/ARCHITECTURE.md gives it,
 * the next good one is served on the same connection, and memory stays bounded.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/podgate.h"

#define RESIDENT_MAX_KIB (16 << 10)
#define BODY_MAX ((size_t)8 << 20)

static struct podgate podgate;
static struct client *client;
static char *good;
static size_t good_len;

static int start_server(void **state) {
    (void)state;
    podgate_start(&podgate, "--threads=2", NULL);
    client = podgate_connect(&podgate);
    good = read_review("create-pod-web-good", &good_len);
    return 0;
}

static int stop_server(void **state) {
    (void)state;
    client_close(client);
    free(good);
    int status = podgate_stop(&podgate);
    podgate_release(&podgate);
    certificates_remove();
    return status;
}

static void assert_memory_bounded(const char *what) {
    const char *config = getenv("CONFIG");
    char path[64];
    long resident = 0;
    if (config && strcmp(config, "release") != 0) return; /* sanitizers keep what was freed */
    snprintf(path, sizeof path, "/proc/%d/status", (int)podgate.pid);
    char *status = read_whole(path, NULL);
    const char *at = status ? strstr(status, "VmRSS:") : NULL;
    if (at) resident = strtol(at + strlen("VmRSS:"), NULL, 10);
    free(status);
    assert_true(resident > 0);
    if (resident > RESIDENT_MAX_KIB) fail_msg("after %s: %ld KiB are resident", what, resident);
}

/* One answer; then a good review on the same connection, or on a new one if the server ended it. */
static void assert_answer(const char *what, const char *body, size_t len, int status,
                          const char *says) {
    struct response response = client_post(client, "/validate?timeout=10s", body, len);
    if (response.status != status || !strstr(response.body, says))
        fail_msg("%s: %d and %.500s: not %d and \"%s\"", what, response.status,
                 response.body ? response.body : "", status, says);
    if (response_has_header(&response, "Connection: close")) {
        client_close(client);
        client = podgate_connect(&podgate);
    }
    response_release(&response);
    assert_memory_bounded(what);
    response = client_post(client, "/validate?timeout=10s", good, good_len);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "\"allowed\":true"));
    response_release(&response);
}

#define MALFORMED 400, "\"kind\":\"Status\""
#define UNJUDGEABLE 200, "podgate cannot judge this"

/* A review of a Pod whose spec begins with `members` and this padding, `count` times `unit`, then `end`. */
#define HEAD                                                                                                                \
    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"1\","                      \
    "\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\","        \
    "\"resource\":\"pods\"},\"name\":\"x\",\"namespace\":\"x\",\"operation\":\"CREATE\",\"userInfo\":{\"username\":\"a\"}," \
    "\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"containers\":[],"
#define TAIL "}},\"oldObject\":null,\"dryRun\":false}}"

struct hostile {
    char *text;
    size_t len;
};

static void add(struct hostile *hostile, const char *bytes, size_t len) {
    assert_true(hostile->len + len <= BODY_MAX);
    memcpy(hostile->text + hostile->len, bytes, len);
    hostile->len += len;
}

static void add_text(struct hostile *hostile, const char *text) {
    add(hostile, text, strlen(text));
}

static void add_times(struct hostile *hostile, const char *unit, size_t times) {
    for (size_t i = 0; i < times; i++)
        add_text(hostile, unit);
}

static struct hostile begin(void) {
    struct hostile hostile = {.text = malloc(BODY_MAX)};
    assert_non_null(hostile.text);
    return hostile;
}

static void end(struct hostile *hostile, const char *what, int status, const char *says) {
    assert_answer(what, hostile->text, hostile->len, status, says);
    free(hostile->text);
}

/* --- size and depth --------------------------------------------------------------------------- */

static void a_body_of_small_values_is_bounded(void **state) {
    (void)state;
    struct hostile bare = begin(), inside = begin(), ignored = begin();
    add_times(&bare, "0,", BODY_MAX / 2);
    end(&bare, "8 MiB of 0,", MALFORMED);

    add_text(&inside, HEAD "\"x\":[");
    add_times(&inside, "0,", (BODY_MAX - 1024) / 2);
    add_text(&inside, "0]" TAIL);
    end(&inside, "8 MiB of 0, in a spec", UNJUDGEABLE);

    /* Where no rule may look, nothing is made of it. */
    add_text(&ignored, HEAD "\"x\":0},\"status\":{\"x\":[");
    add_times(&ignored, "0,", (BODY_MAX - 1024) / 2);
    add_text(&ignored, "0]" TAIL);
    end(&ignored, "8 MiB of 0, in a status", 200, "\"allowed\":true");
}

static void a_body_of_long_strings_is_bounded(void **state) {
    (void)state;
    struct hostile one = begin(), keys = begin();
    add_text(&one, HEAD "\"x\":\"");
    add_times(&one, "\\u00e9", (BODY_MAX - 1024) / 6);
    add_text(&one, "\"" TAIL);
    end(&one, "a string of 8 MiB", UNJUDGEABLE);

    add_text(&keys, HEAD "\"x\":{\"0\":0");
    for (unsigned i = 1; i < 65000; i++) {
        char member[32];
        add(&keys, member, (size_t)snprintf(member, sizeof member, ",\"%u\":0", i));
    }
    add_text(&keys, "}" TAIL);
    end(&keys, "65,000 keys", 200, "\"allowed\":true");
}

static void deep_nesting_is_bounded(void **state) {
    (void)state;
    static const struct {
        const char *open, *close;
        size_t depth;
        int status;
        const char *says;
    } rows[] = {{"[", "]", 10000, UNJUDGEABLE}, {"{\"a\":", "}", 10000, UNJUDGEABLE},
                {"[", "]", 65, UNJUDGEABLE},    {"[", "]", 60, 200, "\"allowed\":true"},
                {"[", "]", 1000000, MALFORMED}, {"[", "", 10000, MALFORMED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hostile hostile = begin();
        add_text(&hostile, HEAD "\"x\":");
        add_times(&hostile, rows[i].open, rows[i].depth);
        add_text(&hostile, rows[i].open[0] == '{' ? "0" : "");
        add_times(&hostile, rows[i].close, rows[i].depth);
        add_text(&hostile, TAIL);
        end(&hostile, rows[i].open, rows[i].status, rows[i].says);
    }
    struct hostile bare = begin();
    add_times(&bare, "[", BODY_MAX);
    end(&bare, "8 MiB of [", MALFORMED);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void bytes_that_readers_understand_differently_are_not_judged(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        int status;
        const char *says;
    } rows[] = {
#define ROW(literal, ...) {literal, sizeof literal - 1, __VA_ARGS__}
        ROW(HEAD "\"hostNetwork\":false,\"hostNetwork\":true" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"hostNetwork\":false,\"host\\u004eetwork\":true" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"hostNetwork\":false,\"\\u0068\\u006fstNetwork\":true" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"a\0b\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"a\\u0000b\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\\u0000\":1" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"a\xff\xfe\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"\xc0\xaf\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"\xed\xa0\x80\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"\\ud800\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":\"\n\"" TAIL, UNJUDGEABLE),
        ROW(HEAD "\"x\":0\0" TAIL, MALFORMED),
        ROW(HEAD "\"x\":01" TAIL, MALFORMED),
        ROW(HEAD "\"x\":NaN" TAIL, MALFORMED),
        ROW(HEAD "\"x\":0,}" TAIL, MALFORMED),
        ROW(HEAD "\"x\":0" TAIL "{}", MALFORMED),
        ROW(HEAD "\"x\":0" TAIL "\0", MALFORMED),
        ROW("\xef\xbb\xbf" HEAD "\"x\":0" TAIL, MALFORMED),
        ROW("\0\0\0\0", MALFORMED),
        ROW(HEAD "\"x\":0", MALFORMED),
        ROW(HEAD "\"x\":0" TAIL, 200, "\"allowed\":true"),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char what[16];
        snprintf(what, sizeof what, "row %zu", i);
        assert_answer(what, rows[i].text, rows[i].len, rows[i].status, rows[i].says);
    }
}

static void a_review_cut_anywhere_is_malformed(void **state) {
    (void)state;
    for (size_t len = 1; len < good_len; len += 97) {
        struct response response = client_post(client, "/validate", good, len);
        assert_int_equal(response.status, 400);
        response_release(&response);
    }
    assert_answer("all cuts", good, good_len, 200, "\"allowed\":true");
}

/* --- types ------------------------------------------------------------------------------------ */

/* Sends the review with this node replaced. The answer is a verdict or a Status, and comes. */
static void send_as(cJSON *review, cJSON *node, int type) {
    cJSON kept = *node;
    char text[] = "x";
    node->type = type;
    node->child = NULL;
    node->valuestring = text;
    node->valueint = 7;
    node->valuedouble = 7;
    char *body = cJSON_PrintUnformatted(review);
    struct cJSON *next = node->next, *prev = node->prev;
    *node = kept;
    node->next = next;
    node->prev = prev;
    struct response response = client_post(client, "/validate", body, strlen(body));
    if (response.status != 200 && response.status != 400)
        fail_msg("status %d for %s", response.status, body);
    assert_non_null(strstr(response.body, response.status == 200 ? "\"allowed\":" : "\"Status\""));
    response_release(&response);
    cJSON_free(body);
}

/* Every value of the review in turn; each as a value of every other type. */
static size_t send_with_wrong_types(cJSON *review, cJSON *node) {
    static const int types[] = {cJSON_True,   cJSON_NULL,  cJSON_Number,
                                cJSON_String, cJSON_Array, cJSON_Object};
    size_t sent = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (node->type != types[i]) {
            send_as(review, node, types[i]);
            sent++;
        }
    for (cJSON *child = node->child; child; child = child->next)
        sent += send_with_wrong_types(review, child);
    return sent;
}

static void every_field_of_a_wrong_type_is_answered(void **state) {
    (void)state;
    size_t len;
    char *text = read_review("create-pod-bad-everything", &len);
    cJSON *review = cJSON_ParseWithLength(text, len);
    assert_non_null(review);
    cJSON *request = cJSON_GetObjectItemCaseSensitive(review, "request");
    cJSON *metadata =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(request, "object"),
                                         "metadata");
    cJSON_DeleteItemFromObjectCaseSensitive(metadata, "managedFields"); /* never looked at */
    assert_true(send_with_wrong_types(review, request) > 500);
    cJSON_Delete(review);
    free(text);
    assert_answer("wrong types", good, good_len, 200, "\"allowed\":true");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_of_small_values_is_bounded),
        cmocka_unit_test(a_body_of_long_strings_is_bounded),
        cmocka_unit_test(deep_nesting_is_bounded),
        cmocka_unit_test(bytes_that_readers_understand_differently_are_not_judged),
        cmocka_unit_test(a_review_cut_anywhere_is_malformed),
        cmocka_unit_test(every_field_of_a_wrong_type_is_answered),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
