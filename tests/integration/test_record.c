/* Reviews kept on the server, and judged again: the real binary, real TLS, real files. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "integration/podgate.h"

#define REVIEW "create-pod-bad-everything"
#define SECRET "not-a-real-password"

static struct podgate podgate;
static char folder[64], option[96];

static int begin(void **state) {
    (void)state;
    strcpy(folder, "/tmp/podgate-record-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(option, sizeof option, "--record=%s", folder);
    return 0;
}

/* Of the files of the folder: how many, their bytes, their lines, and whether one holds a text. */
struct files {
    unsigned count, lines;
    long long bytes;
    bool has_text;
};

static struct files look_at_files(const char *text, bool removes) {
    struct files files = {0};
    DIR *dir = opendir(folder);
    if (!dir) return files;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        size_t len = 0;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        char *all = entry->d_name[0] == '.' ? NULL : read_whole(path, &len);
        if (!all) continue;
        files.count++;
        files.bytes += (long long)len;
        for (size_t i = 0; i < len; i++)
            files.lines += all[i] == '\n';
        files.has_text = files.has_text || (text && strstr(all, text));
        free(all);
        if (removes) unlink(path);
    }
    closedir(dir);
    return files;
}

static int end(void **state) {
    (void)state;
    podgate_release(&podgate);
    look_at_files(NULL, true);
    rmdir(folder);
    return 0;
}

static int end_group(void **state) {
    (void)state;
    certificates_remove();
    return 0;
}

static void post_many(const char *name, int times) {
    size_t len;
    char *review = read_review(name, &len);
    struct client *client = podgate_connect(&podgate);
    for (int i = 0; i < times; i++) {
        struct response response = client_post(client, "/validate", review, len);
        assert_int_equal(response.status, 200);
        response_release(&response);
    }
    client_close(client);
    free(review);
}

static void post_all(void) {
    DIR *dir = opendir("tests/reviews");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "tests/reviews/%s/request.json", entry->d_name);
        if (access(path, R_OK) != 0) continue;
        struct response response = podgate_review(&podgate, entry->d_name);
        response_release(&response);
    }
    closedir(dir);
}

static struct outcome replay(const char *const *more) {
    const char *arguments[8] = {"replay", folder};
    for (size_t i = 0; more && more[i]; i++)
        arguments[2 + i] = more[i];
    return podgate_run(arguments);
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("\"%s\" is not in: %s", part, text);
}

/* --- what is recorded -------------------------------------------------------------------------- */

static void what_was_recorded_is_judged_as_it_was(void **state) {
    (void)state;
    podgate_start(&podgate, option, "--record-users", "--record-per-workload=0", NULL);
    post_all();
    assert_int_equal(podgate_stop(&podgate), 0);
    unsigned denied = podgate_count_log(&podgate, "\"decision\":\"deny\"");
    unsigned unjudgeable = podgate_count_log(&podgate, "\"reason\":\"unjudgeable\"");
    struct files files = look_at_files(SECRET, false);
    assert_true(files.lines > 40);
    assert_false(files.has_text);
    struct outcome outcome = replay(NULL);
    assert_int_equal(outcome.status, 0);
    char says[128];
    snprintf(says, sizeof says, "judged: %u reviews\n  %u denied as before\n", files.lines,
             denied - unjudgeable);
    assert_says(outcome.output, says);
    assert_null(strstr(outcome.output, "newly"));
    assert_null(strstr(outcome.output, "otherwise"));
}

static void what_audit_let_pass_is_newly_denied(void **state) {
    (void)state;
    podgate_start(&podgate, option, "--mode=audit", NULL);
    post_many(REVIEW, 1);
    post_many("create-pod-web-good", 1);
    assert_int_equal(podgate_stop(&podgate), 0);
    struct outcome outcome = replay(NULL);
    assert_int_equal(outcome.status, 1);
    assert_says(outcome.output, "newly denied: 1 review of 1 owner\n");
    assert_says(outcome.output, "holds a secret in clear in env");
    outcome = replay((const char *const[]){"-o", "json", NULL});
    assert_says(outcome.output, "\"withStandIns\":2,\"inexactStandIns\":0,\"withoutUser\":2");
}

static void a_ratchet_is_replayed_with_its_old_object(void **state) {
    (void)state;
    podgate_start(&podgate, option, NULL);
    post_many("ratchet-secret-changed", 1);
    assert_int_equal(podgate_stop(&podgate), 0);
    struct outcome outcome = replay(NULL);
    assert_int_equal(outcome.status, 0);
    assert_null(strstr(outcome.output, "judged whole"));
    assert_true(look_at_files("\"oldObject\":{", false).has_text);
}

static void a_profile_that_the_candidates_lack_is_told(void **state) {
    (void)state;
    size_t len;
    char *review = read_review(REVIEW, &len);
    podgate_start(&podgate, option, NULL);
    struct client *client = podgate_connect(&podgate);
    struct response response = client_post(client, "/validate/restricted", review, len);
    assert_int_equal(response.status, 200);
    response_release(&response);
    client_close(client);
    free(review);
    assert_int_equal(podgate_stop(&podgate), 0);
    char policy[96];
    snprintf(policy, sizeof policy, "%s/p.yaml", folder);
    write_whole(policy,
                "apiVersion: podgate.io/v1alpha1\nkind: Policy\nmetadata: {name: p}\n"
                "spec: {rules: [{check: image-tag}]}\n---\napiVersion: podgate.io/v1alpha1\n"
                "kind: Profile\nmetadata: {name: baseline}\nspec: {policies: [p]}\n");
    struct outcome outcome = replay(NULL);
    assert_int_equal(outcome.status, 0);
    outcome = replay((const char *const[]){"--profile=baseline", "--policies", policy, NULL});
    assert_int_equal(outcome.status, 0);
    assert_says(outcome.output, "1 denied as before");
}

static void records_are_printed_to_get_them_out(void **state) {
    (void)state;
    podgate_start(&podgate, option, "--record-per-workload=1", NULL);
    post_many("create-pod-web-good", 8);
    assert_true(
        podgate_metric_is(&podgate, "podgate_recorded_reviews_total{result=\"surplus\"}", 7));
    struct outcome outcome = replay((const char *const[]){"--print", NULL});
    assert_int_equal(outcome.status, 0);
    unsigned lines = 0;
    for (const char *at = outcome.output; (at = strstr(at, "\"kind\":\"AdmissionReview\"")); at++)
        lines++;
    assert_int_equal(lines, 1);
    assert_int_equal(podgate_stop(&podgate), 0);
}

/* --- bounds ------------------------------------------------------------------------------------ */

static void the_files_stay_within_their_bound(void **state) {
    (void)state;
    podgate_start(&podgate, option, "--record-size=1MiB", "--record-per-workload=0", NULL);
    post_many("create-deployment-web", 1200);
    assert_true(
        podgate_metric_is(&podgate, "podgate_recorded_reviews_total{result=\"written\"}", 1200));
    struct files files = look_at_files(NULL, false);
    assert_true(files.bytes <= 1024 * 1024);
    assert_true(files.bytes > 1024 * 1024 / 2);
    assert_true(files.count <= 8);
    assert_int_equal(podgate_stop(&podgate), 0);
    assert_int_equal(replay(NULL).status & ~1, 0);
}

static void assert_not_written(int times) {
    assert_true(podgate_metric_is(&podgate,
                                  "podgate_recorded_reviews_total{result=\"not_written\"}", times));
    assert_serves(&podgate);
    assert_true(podgate_logs(&podgate, "reviews cannot be recorded in"));
    assert_int_equal(podgate_count_log(&podgate, "reviews cannot be recorded in"), 1);
    assert_int_equal(podgate_stop(&podgate), 0);
}

static void a_folder_that_is_not_there_hurts_nobody(void **state) {
    (void)state;
    assert_int_equal(rmdir(folder), 0);
    podgate_start(&podgate, option, NULL);
    assert_true(podgate_logs(&podgate, "No such file or directory"));
    post_many(REVIEW, 5);
    assert_not_written(5);
}

/* Starts podgate; its file is begun, and gone. */
static void record_one_and_remove_it(void) {
    podgate_start(&podgate, option, "--record-per-workload=0", NULL);
    post_many(REVIEW, 1);
    assert_true(
        podgate_metric_is(&podgate, "podgate_recorded_reviews_total{result=\"written\"}", 1));
    look_at_files(NULL, true);
}

static void a_folder_that_goes_away_hurts_nobody(void **state) {
    (void)state;
    record_one_and_remove_it();
    assert_int_equal(rmdir(folder), 0);
    post_many(REVIEW, 5);
    assert_not_written(5);
}

static void a_full_disk_hurts_nobody_and_cuts_no_other_record(void **state) {
    (void)state;
    if (mount("tmpfs", folder, "tmpfs", 0, "size=128k") != 0) {
        print_message("no right to mount a small disk\n");
        skip();
    }
    podgate_start(&podgate, option, "--record-per-workload=0", NULL);
    post_many(REVIEW, 100);
    bool is_told = podgate_logs(&podgate, "No space left on device");
    assert_serves(&podgate);
    assert_int_equal(podgate_stop(&podgate), 0);
    struct outcome outcome = replay(NULL);
    look_at_files(NULL, true);
    assert_int_equal(umount(folder), 0);
    assert_true(is_told);
    assert_int_equal(outcome.status, 0);
    assert_says(outcome.output, "  1 no JSON object, or cut off\n");
}

static void another_replica_may_remove_a_file(void **state) {
    (void)state;
    record_one_and_remove_it();
    post_many(REVIEW, 2);
    assert_int_equal(podgate_stop(&podgate), 0);
    assert_int_equal(look_at_files(NULL, false).lines, 2);
}

static void nothing_is_written_elsewhere(void **state) {
    (void)state;
    podgate_start(&podgate, option, "--sandbox=auto", NULL);
    assert_true(podgate_logs(&podgate, "writes where it records"));
    post_many(REVIEW, 1);
    assert_int_equal(podgate_stop(&podgate), 0);
    assert_int_equal(look_at_files(NULL, false).count, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_was_recorded_is_judged_as_it_was),
        TEST(what_audit_let_pass_is_newly_denied),
        TEST(a_ratchet_is_replayed_with_its_old_object),
        TEST(a_profile_that_the_candidates_lack_is_told),
        TEST(records_are_printed_to_get_them_out),
        TEST(the_files_stay_within_their_bound),
        TEST(a_folder_that_is_not_there_hurts_nobody),
        TEST(a_folder_that_goes_away_hurts_nobody),
        TEST(a_full_disk_hurts_nobody_and_cuts_no_other_record),
        TEST(another_replica_may_remove_a_file),
        TEST(nothing_is_written_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, end_group);
}
