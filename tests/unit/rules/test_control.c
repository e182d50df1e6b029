#include "rules/standard.h"
#include "unit/expect.h"
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

/* Breaks every control of every version. */
#define WORST                                                                                      \
    "{'metadata':{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'unconfined',"         \
    "'container.seccomp.security.alpha.kubernetes.io/a':'unconfined',"                             \
    "'container.apparmor.security.beta.kubernetes.io/a':'unconfined'}},"                           \
    "'spec':{'hostNetwork':true,'volumes':[{'name':'v','hostPath':{'path':'/'}}],"                 \
    "'securityContext':{'runAsUser':0,'seccompProfile':{'type':'Unconfined'},"                     \
    "'sysctls':[{'name':'kernel.msgmax','value':'1'}]},"                                           \
    "'containers':[{'name':'a','ports':[{'hostPort':80}],"                                         \
    "'livenessProbe':{'httpGet':{'host':'x'}},'securityContext':{'privileged':true,"               \
    "'capabilities':{'add':['X']},'procMount':'Unmasked','seLinuxOptions':{'type':'spc_t'},"       \
    "'windowsOptions':{'hostProcess':true}}}]}}"

static struct workload *decode(const char *quoted) {
    const struct document *document = tree_from(&arena, quoted);
    struct workload *workload = ARENA_NEW(&arena, struct workload, 1);
    struct error err = {0};
    if (!workload_decode(&arena, workload_find(STR(""), STR("Pod")), document, document->root,
                         workload, &err))
        fail_msg("%s: %s", err.where, err.text);
    return workload;
}

static struct standard *prepare(enum control_level level, const char *version,
                                struct str_list except) {
    struct standard *standard = ARENA_NEW(&arena, struct standard, 1);
    *standard =
        (struct standard){.level = level, .version_text = str_from(version), .except = except};
    struct error err = {0};
    if (!standard_prepare(standard, &arena, &err)) fail_msg("%s", err.text);
    return standard;
}

#define EXCEPT(...)                                                                                \
    ((struct str_list){(struct str[]){__VA_ARGS__},                                                \
                       sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str)})
#define NO_EXCEPT ((struct str_list){0})

static bool is_active(const struct standard *standard, const char *id) {
    for (size_t i = 0; i < standard->active_count; i++) {
        if (strcmp(standard->active[i]->id, id) == 0) return true;
    }
    return false;
}

static void judge_all(const struct control *control, unsigned version, const struct pod *pod,
                      struct findings *findings) {
    control_judge(control, version, pod, NULL, findings);
    for (size_t i = 0; i < pod->container_count; i++)
        control_judge(control, version, pod, &pod->containers[i], findings);
}

/* --- rows --- */

static void rows_are_in_the_order_of_upstream(void **state) {
    (void)state;
    for (size_t i = 1; i < standard_control_count; i++) {
        const struct control *before = standard_controls[i - 1], *control = standard_controls[i];
        if (before->level != control->level) {
            assert_true(before->level < control->level);
            continue;
        }
        int order = strcmp(before->id, control->id);
        assert_true(order < 0 || (order == 0 && before->until == control->since));
    }
}

static void rows_are_complete(void **state) {
    (void)state;
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        assert_non_null(control->id);
        assert_true(control->reason && control->demands);
        assert_true(control->judge_pod || control->judge_container);
        assert_true(control->since <= STANDARD_NEWEST && control->until <= STANDARD_NEWEST);
        bool shows_values = strstr(control->demands, "{allowed}") != NULL;
        assert_int_equal(shows_values, control->allowed_count > 0);
    }
}

static void what_is_replaced_is_there_in_every_version(void **state) {
    (void)state;
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        if (!control->replaces) continue;
        assert_int_equal(control->level, CONTROL_RESTRICTED);
        for (unsigned version = control->since; version <= STANDARD_NEWEST; version++) {
            const struct control *replaced = standard_find(str_from(control->replaces), version);
            assert_non_null(replaced);
            assert_int_equal(replaced->level, CONTROL_BASELINE);
        }
    }
}

static void each_control_finds_the_worst_pod_and_says_what_upstream_says(void **state) {
    (void)state;
    const struct pod *pod = &decode(WORST)->pod;
    for (size_t i = 0; i < standard_control_count; i++) {
        const struct control *control = standard_controls[i];
        unsigned last = control->until ? control->until - 1 : STANDARD_NEWEST;
        for (unsigned version = control->since; version <= last; version++) {
            struct findings findings;
            findings_init(&findings, &arena, 100);
            judge_all(control, version, pod, &findings);
            if (!findings.first) fail_msg("%s finds nothing in v1.%u", control->id, version);
            for (const struct finding *f = findings.first; f; f = f->next) {
                assert_ptr_equal(f->control, control);
                if (!strstr(f->problem->says, control->reason))
                    fail_msg("\"%s\" lacks \"%s\"", f->problem->says, control->reason);
                assert_true(f->expected.len > 0);
            }
        }
    }
}

static void findings_belong_to_the_container_judged(void **state) {
    (void)state;
    const struct pod *pod = &decode(WORST)->pod;
    const struct standard *standard = prepare(CONTROL_RESTRICTED, "v1.18", NO_EXCEPT);
    struct findings of_pod, of_container;
    findings_init(&of_pod, &arena, 100);
    findings_init(&of_container, &arena, 100);
    standard_judge(standard, pod, NULL, &of_pod);
    standard_judge(standard, pod, &pod->containers[0], &of_container);
    for (const struct finding *f = of_pod.first; f; f = f->next)
        assert_null(f->container);
    for (const struct finding *f = of_container.first; f; f = f->next)
        assert_ptr_equal(f->container, &pod->containers[0]);
    assert_true(of_pod.count > 0 && of_container.count > 0);
}

static void full_findings_cost_no_more_texts(void **state) {
    (void)state;
    const struct pod *pod = &decode("{'spec':{'containers':[{'name':'a','securityContext':{"
                                    "'capabilities':{'add':['A','B','C']}}}]}}")
                                 ->pod;
    struct findings findings;
    findings_init(&findings, &arena, 1);
    judge_all(standard_find(STR("capabilities_baseline"), 37), 37, pod, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.omitted, 2);
}

static void allowed_values_are_listed_as_of_the_version(void **state) {
    (void)state;
    const struct control *selinux = standard_find(STR("seLinuxOptions"), 30);
    struct findings findings;
    findings_init(&findings, &arena, 1);
    struct control_ctx ctx = {.control = selinux, .version = 30, .findings = &findings};
    expect_str(control_allowed_text(&ctx), "container_t, container_init_t or container_kvm_t");
    assert_false(control_allows(&ctx, STR("container_engine_t")));
    ctx.version = 31;
    assert_true(control_allows(&ctx, STR("container_engine_t")));
    ctx.control = standard_find(STR("capabilities_restricted"), 31);
    expect_str(control_allowed_text(&ctx), "NET_BIND_SERVICE");
    ctx.control = standard_find(STR("hostNamespaces"), 31);
    assert_true(str_is_empty(control_allowed_text(&ctx)));
}

/* --- selection --- */

static void privileged_judges_nothing(void **state) {
    (void)state;
    assert_int_equal(prepare(CONTROL_PRIVILEGED, "latest", NO_EXCEPT)->active_count, 0);
}

static void baseline_has_no_restricted_controls(void **state) {
    (void)state;
    const struct standard *standard = prepare(CONTROL_BASELINE, "v1.37", NO_EXCEPT);
    assert_int_equal(standard->active_count, 12);
    assert_true(is_active(standard, "hostPathVolumes"));
    assert_false(is_active(standard, "restrictedVolumes"));
}

static void restricted_stands_in_for_what_it_contains(void **state) {
    (void)state;
    const struct standard *standard = prepare(CONTROL_RESTRICTED, "v1.37", NO_EXCEPT);
    assert_int_equal(standard->active_count, 12 - 4 + 7);
    assert_true(is_active(standard, "restrictedVolumes"));
    assert_false(is_active(standard, "hostPathVolumes"));
    assert_true(is_active(standard, "procMount_restricted"));
    assert_false(is_active(standard, "procMount"));

    const struct standard *old = prepare(CONTROL_RESTRICTED, "v1.18", NO_EXCEPT);
    assert_true(is_active(old, "seccompProfile_baseline"));
    assert_true(is_active(old, "capabilities_baseline"));
    assert_true(is_active(old, "procMount"));
    assert_false(is_active(old, "seccompProfile_restricted"));
}

static void an_excepted_control_gives_way_to_what_it_replaces(void **state) {
    (void)state;
    const struct standard *one =
        prepare(CONTROL_RESTRICTED, "v1.37", EXCEPT(STR("restrictedVolumes")));
    assert_false(is_active(one, "restrictedVolumes"));
    assert_true(is_active(one, "hostPathVolumes"));
    const struct standard *both = prepare(CONTROL_RESTRICTED, "v1.37",
                                          EXCEPT(STR("restrictedVolumes"), STR("hostPathVolumes")));
    assert_false(is_active(both, "restrictedVolumes"));
    assert_false(is_active(both, "hostPathVolumes"));
    const struct standard *contained =
        prepare(CONTROL_RESTRICTED, "v1.37", EXCEPT(STR("hostPathVolumes")));
    assert_true(is_active(contained, "restrictedVolumes"));
}

static void the_fallback_is_what_is_left_when_all_is_excused(void **state) {
    (void)state;
    const struct standard *standard =
        prepare(CONTROL_RESTRICTED, "v1.37", EXCEPT(STR("capabilities_baseline")));
    const struct control *fallback =
        standard_fallback(standard, standard_find(STR("seccompProfile_restricted"), 37));
    assert_non_null(fallback);
    assert_string_equal(fallback->id, "seccompProfile_baseline");
    assert_true(control_holds_at(fallback, 37));
    assert_null(standard_fallback(standard, standard_find(STR("capabilities_restricted"), 37)));
    assert_null(standard_fallback(standard, standard_find(STR("hostPorts"), 37)));
}

/* --- parameters --- */

static void versions_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned version;
    } good[] = {
        {"v1.0", 0}, {"v1.9", 9}, {"v1.37", 37}, {"latest", STANDARD_NEWEST}, {"v1.99", 99}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        unsigned version = 1000;
        struct error err = {0};
        assert_true(standard_parse_version(str_from(good[i].text), &version, &err));
        assert_int_equal(version, good[i].version);
    }
}

static void malformed_versions_are_refused_with_a_suggestion(void **state) {
    (void)state;
    static const struct {
        const char *text, *meant;
    } bad[] = {
        {"", NULL},
        {"1.36", "\"v1.36\""},
        {"v1.36.2", "\"v1.36\""},
        {"V1.36", "\"v1.36\""},
        {" v1.36", "\"v1.36\""},
        {"v1.", NULL},
        {"v1", NULL},
        {"v2.0", NULL},
        {"v1.036", NULL},
        {"v1.-1", NULL},
        {"v1.99999", NULL},
        {"Latest", NULL},
        {"v1.4294967296", NULL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned version;
        struct error err = {0};
        if (standard_parse_version(str_from(bad[i].text), &version, &err))
            fail_msg("\"%s\" must be refused", bad[i].text);
        assert_int_equal(err.code, ERR_SCHEMA);
        const char *suggestion = strstr(err.text, "did you mean ");
        assert_int_equal(suggestion != NULL, bad[i].meant != NULL);
        if (suggestion) assert_non_null(strstr(suggestion, bad[i].meant));
    }
}

static void a_newer_version_is_the_newest_known(void **state) {
    (void)state;
    const struct standard *newer = prepare(CONTROL_BASELINE, "v1.38", NO_EXCEPT);
    assert_int_equal(newer->version, STANDARD_NEWEST);
    assert_true(newer->is_newer_than_known);
    assert_false(prepare(CONTROL_BASELINE, "latest", NO_EXCEPT)->is_newer_than_known);
}

static void unknown_controls_are_refused_with_a_suggestion(void **state) {
    (void)state;
    struct standard standard = {.level = CONTROL_BASELINE,
                                .version_text = STR("latest"),
                                .except = EXCEPT(STR("hostPorts"), STR("hostPort"))};
    struct error err = {0};
    assert_false(standard_prepare(&standard, &arena, &err));
    assert_int_equal(err.code, ERR_SCHEMA);
    assert_non_null(strstr(err.text, "\"hostPort\""));
    assert_non_null(strstr(err.text, "did you mean \"hostPorts\""));
    standard.except = EXCEPT(STR("nothing like it\n"));
    assert_false(standard_prepare(&standard, &arena, &err));
    assert_non_null(strstr(err.text, "\"nothing like it\\n\""));
    assert_null(strstr(err.text, "did you mean"));
}

static size_t allocations;

static bool count_allocation(size_t bytes) {
    (void)bytes;
    allocations++;
    return false;
}

static void a_pod_that_keeps_all_costs_no_memory(void **state) {
    (void)state;
    const struct standard *standard = prepare(CONTROL_RESTRICTED, "latest", NO_EXCEPT);
    const struct workload *workload = decode(
        "{'spec':{'volumes':[{'name':'v','configMap':{'name':'c'}}],'securityContext':"
        "{'runAsNonRoot':true,'sysctls':[{'name':'net.ipv4.tcp_rmem','value':'1'}],"
        "'seccompProfile':{'type':'Localhost','localhostProfile':'p'}},'containers':[{'name':'a',"
        "'ports':[{'containerPort':80}],'livenessProbe':{'httpGet':{'port':80}},'securityContext':"
        "{'allowPrivilegeEscalation':false,'seLinuxOptions':{'type':'container_t'},"
        "'capabilities':{'drop':['ALL'],'add':['NET_BIND_SERVICE']}}}]}}");
    struct findings findings;
    findings_init(&findings, &arena, 10);
    allocations = 0;
    arena_refuse = count_allocation;
    standard_judge(standard, &workload->pod, NULL, &findings);
    standard_judge(standard, &workload->pod, &workload->pod.containers[0], &findings);
    arena_refuse = NULL;
    assert_int_equal(findings.count, 0);
    assert_int_equal(allocations, 0);
}

static void an_error_says_where_in_the_parameters(void **state) {
    (void)state;
    struct error err = {0};
    struct standard standard = {.version_text = STR("1.36")};
    assert_false(standard_prepare(&standard, &arena, &err));
    assert_string_equal(err.where, "version");
    standard = (struct standard){.version_text = STR("latest"),
                                 .except = EXCEPT(STR("hostPorts"), STR("hostPort"))};
    assert_false(standard_prepare(&standard, &arena, &err));
    assert_string_equal(err.where, "except[1]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_in_the_order_of_upstream),
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(what_is_replaced_is_there_in_every_version),
        cmocka_unit_test(each_control_finds_the_worst_pod_and_says_what_upstream_says),
        cmocka_unit_test(findings_belong_to_the_container_judged),
        cmocka_unit_test(full_findings_cost_no_more_texts),
        cmocka_unit_test(allowed_values_are_listed_as_of_the_version),
        cmocka_unit_test(privileged_judges_nothing),
        cmocka_unit_test(baseline_has_no_restricted_controls),
        cmocka_unit_test(restricted_stands_in_for_what_it_contains),
        cmocka_unit_test(an_excepted_control_gives_way_to_what_it_replaces),
        cmocka_unit_test(the_fallback_is_what_is_left_when_all_is_excused),
        cmocka_unit_test(versions_are_read),
        cmocka_unit_test(malformed_versions_are_refused_with_a_suggestion),
        cmocka_unit_test(a_newer_version_is_the_newest_known),
        cmocka_unit_test(unknown_controls_are_refused_with_a_suggestion),
        cmocka_unit_test(an_error_says_where_in_the_parameters),
        cmocka_unit_test(a_pod_that_keeps_all_costs_no_memory),
    };
    return cmocka_run_group_tests_name("rules/control", tests, setup, teardown);
}
