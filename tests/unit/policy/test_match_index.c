/* The index beside the evaluation of every policy in full, over random policies and subjects of a fixed seed. */
#include "unit/policy/judged.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))
#define MANIFEST                                                                                   \
    POD("  hostNetwork: true\n  containers:\n  - {name: a, image: a}\n  - {name: b, image: b}\n")
#define POLICIES 70 /* more than a word of a set holds */

static unsigned choose(uint32_t *state, unsigned count) {
    *state = *state * 1664525 + 1013904223;
    return (*state >> 16) % count;
}

#define CHOOSE(state, rows) ((rows)[choose((state), COUNT_OF(rows))])

/* --- policies ----------------------------------------------------------------------------------- */

static const char *choose_glob(uint32_t *state) {
    static const char *const globs[] = {"web",
                                        "web-1",
                                        "web-*",
                                        "we?",
                                        "w[ae]b",
                                        "*",
                                        "a\\*b",
                                        "team-a",
                                        "team-*",
                                        "team-a-*",
                                        "*-1",
                                        "default",
                                        "system:serviceaccount:team-a:web",
                                        "system:serviceaccount:*:web"};
    return CHOOSE(state, globs);
}

static const char *choose_image_pattern(uint32_t *state) {
    static const char *const patterns[] = {"nginx",
                                           "nginx:1.*",
                                           "**",
                                           "registry.example.com/**",
                                           "registry.example.com/team-a/*",
                                           "registry.example.com/team-a/web:1",
                                           "*/team-a/*",
                                           "REGISTRY.example.com:443/team-b/**"};
    return CHOOSE(state, patterns);
}

static void add_list(struct strbuf *out, uint32_t *state, const char *key,
                     const char *(*choose_item)(uint32_t *)) {
    strbuf_printf(out, "%s: ['%s'", key, choose_item(state));
    for (unsigned more = choose(state, 3); more > 0; more--)
        strbuf_printf(out, ", '%s'", choose_item(state));
    strbuf_add(out, STR("], "));
}

static void add_labels(struct strbuf *out, uint32_t *state) {
    static const char *const keys[] = {"app", "tier", "a", "a=b", "od[d]"};
    unsigned first = choose(state, 5);
    strbuf_printf(out, "labels: {");
    for (unsigned i = 0; i <= choose(state, 5); i++)
        strbuf_printf(out, "%s'%s': '%s'", i ? ", " : "", keys[(first + i) % 5],
                      choose(state, 3) ? choose_glob(state) : "b=web");
    strbuf_add(out, STR("}, "));
}

static void add_key(struct strbuf *out, uint32_t *state, unsigned key) {
    switch (key) {
    case 0: strbuf_printf(out, "kinds: [%s], ", choose(state, 2) ? "Pod" : "Job"); break;
    case 1: strbuf_printf(out, "operations: [%s], ", choose(state, 2) ? "CREATE" : "UPDATE"); break;
    case 2: add_list(out, state, "namespaces", choose_glob); break;
    case 3: add_list(out, state, "names", choose_glob); break;
    case 4: add_labels(out, state); break;
    case 5: add_list(out, state, "users", choose_glob); break;
    case 6: add_list(out, state, "groups", choose_glob); break;
    case 7: add_list(out, state, "serviceAccountNames", choose_glob); break;
    case 8: add_list(out, state, "runtimeClasses", choose_glob); break;
    case 9: add_list(out, state, "containers", choose_glob); break;
    case 10: strbuf_printf(out, "containerTypes: [regular], "); break;
    default: add_list(out, state, "images", choose_image_pattern); break;
    }
}
#define KEYS 12

/* At most three keys, one after the other from any on. */
static void add_keys(struct strbuf *out, uint32_t *state, unsigned count) {
    unsigned first = choose(state, KEYS), step = choose(state, 3) + 1;
    for (unsigned i = 0; i < count; i++)
        add_key(out, state, (first + i * step) % KEYS);
}

static const char *choose_policies(struct arena *arena, uint32_t *state) {
    struct strbuf out;
    strbuf_init(&out, arena, 65536);
    for (int i = 0; i < POLICIES; i++) {
        strbuf_printf(&out,
                      "---\napiVersion: podgate.io/v1alpha1\nkind: Policy\n"
                      "metadata: {name: p%d}\nspec:\n  match: {",
                      i);
        add_keys(&out, state, choose(state, 4));
        strbuf_add(&out, STR("}\n"));
        unsigned excludes = choose(state, 3);
        if (excludes > 0) strbuf_add(&out, STR("  exclude:\n"));
        for (; excludes > 0; excludes--) {
            strbuf_add(&out, STR("  - {acknowledgeBroadRequesters: true, "));
            add_keys(&out, state, choose(state, 3) / 2 + 1);
            strbuf_add(&out, STR("}\n"));
        }
        strbuf_add(&out, STR("  rules: [{check: host-namespaces}]\n"));
    }
    return out.at;
}

/* --- subjects ----------------------------------------------------------------------------------- */

static struct str choose_text(uint32_t *state) {
    static const char *const texts[] = {"",
                                        "web",
                                        "web-1",
                                        "wab",
                                        "a*b",
                                        "team-a",
                                        "team-a-1",
                                        "default",
                                        "b=web",
                                        "system:serviceaccount:team-a:web",
                                        "system:serviceaccount:team-a:web2"};
    return str_from(CHOOSE(state, texts));
}

static struct str choose_image(uint32_t *state) {
    static const char *const images[] = {"nginx",
                                         "nginx:1.27",
                                         "docker.io/library/nginx",
                                         "NOT AN IMAGE",
                                         "registry.example.com/team-a/web:1",
                                         "Registry.Example.com:0443/team-b/x/y",
                                         "ghcr.io/team-a/web"};
    return str_from(CHOOSE(state, images));
}

static const struct cJSON *choose_labels(uint32_t *state, struct cJSON nodes[6]) {
    static char keys[][8] = {"app", "tier", "a", "a=b", "od[d]"};
    static char values[][16] = {"", "web", "web-1", "b=web", "default", "team-a"};
    if (choose(state, 8) == 0) return NULL;
    nodes[0] = (struct cJSON){.type = cJSON_Object};
    struct cJSON **last = &nodes[0].child;
    for (size_t i = 1; i < 6; i++) {
        if (choose(state, 2) == 0) continue;
        nodes[i] = (struct cJSON){.type = choose(state, 8) == 0 ? cJSON_NULL : cJSON_String,
                                  .string = keys[i - 1],
                                  .valuestring = CHOOSE(state, values)};
        *last = &nodes[i];
        last = &nodes[i].next;
    }
    return nodes;
}

struct random_subject {
    struct str groups[2];
    struct cJSON labels[6];
    struct container containers[2];
};

/* In place of what was read from MANIFEST. */
static void choose_subject(uint32_t *state, struct judged *judged, struct random_subject *room) {
    struct subject *subject = &judged->subject;
    struct pod *pod = &judged->workload.pod;
    subject->is_from_review = choose(state, 4) > 0;
    subject->operation = choose(state, 2) ? OPERATION_CREATE : OPERATION_UPDATE;
    subject->name_space = choose_text(state);
    subject->user = choose_text(state);
    subject->groups = (struct str_list){room->groups, choose(state, 3)};
    for (size_t i = 0; i < 2; i++)
        room->groups[i] = choose_text(state);
    subject->match_name_count = choose(state, 3);
    for (size_t i = 0; i < subject->match_name_count; i++)
        subject->match_names[i] = choose_text(state);
    judged->workload.pod_meta.labels = choose_labels(state, room->labels);
    pod->service_account_name = choose_text(state);
    pod->runtime_class_name = choose_text(state);
    memcpy(room->containers, pod->containers, sizeof room->containers);
    for (size_t i = 0; i < 2; i++) {
        room->containers[i].name = choose_text(state);
        room->containers[i].image = choose_image(state);
    }
    pod->containers = room->containers;
    pod->container_count = choose(state, 3);
}

/* --- every policy in full ----------------------------------------------------------------------- */

static bool selects_a_container(const struct match *match, struct judged *judged) {
    const struct pod *pod = &judged->workload.pod;
    struct match_images images = {.arena = &judged->arena, .pod = pod};
    for (size_t i = 0; i < pod->container_count; i++)
        if (match_container(match, &pod->containers[i], &images)) return true;
    return !match->narrows_containers;
}

static bool applies(const struct policy *policy, struct judged *judged) {
    if (!match_object(&policy->match, &judged->subject, MATCH_SELECT)) return false;
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (!policy->excludes[i].narrows_containers &&
            match_object(&policy->excludes[i], &judged->subject, MATCH_EXCLUDE))
            return false;
    return selects_a_container(&policy->match, judged);
}

static bool may_apply(const struct policy *policy, const struct review *review,
                      const struct workload_kind *kind) {
    if (!match_envelope(&policy->match, review, kind)) return false;
    for (size_t i = 0; i < policy->exclude_count; i++)
        if (policy->excludes[i].is_of_envelope &&
            match_envelope(&policy->excludes[i], review, kind))
            return false;
    return true;
}

static void assert_same_policies(struct judged *judged, size_t *applied) {
    judged_judge(judged, MODE_ENFORCE);
    const struct violation *next = judged->judgement.first;
    for (size_t i = 0; i < judged->snapshot->policy_count; i++) {
        const struct policy *policy = &judged->snapshot->policies[i];
        bool is_judged = next && next->rule->policy == policy;
        if (is_judged != applies(policy, judged))
            fail_msg("%.*s %s", STR_ARGS(policy->name), is_judged ? "was judged" : "was left out");
        if (is_judged) next = next->next;
        *applied += is_judged;
    }
    assert_null(next);
}

static void assert_same_by_envelope(struct judged *judged, size_t *unconcerned) {
    const struct workload_kind *kind = judged->workload.kind;
    const struct snapshot *snapshot = judged->snapshot;
    const struct subject *subject = &judged->subject;
    struct review review = {.name_space = subject->name_space,
                            .operation = subject->operation,
                            .user = subject->user,
                            .groups = subject->groups};
    /* One policy at a time: of all of them there is nearly always one that may. */
    for (size_t i = 0; i < snapshot->policy_count; i++) {
        struct profile alone = {.name = STR("alone")};
        uint64_t *set = bitset_new(&judged->arena, snapshot->match_index.limit);
        if (snapshot->policies[i].of_kind[workload_index(kind)].count > 0) bitset_add(set, i);
        alone.of_kind[workload_index(kind)] = set;
        bool may = engine_may_concern(&judged->arena, snapshot, &alone, &review, kind);
        assert_int_equal(may, may_apply(&snapshot->policies[i], &review, kind));
        *unconcerned += !may;
    }
}

static void the_policies_judged_are_those_that_match_in_full(void **state) {
    (void)state;
    uint32_t random = 1;
    size_t applied = 0, unconcerned = 0;
    enum { ROUNDS = 100, SUBJECTS = 20 };
    for (size_t round = 0; round < ROUNDS; round++) {
        struct arena texts;
        arena_init(&texts, 65536, 0);
        const char *policies = choose_policies(&texts, &random);
        struct judged judged;
        judged_begin(&judged, policies, MANIFEST);
        assert_int_equal(judged.snapshot->policy_count, POLICIES);
        struct random_subject room;
        const struct pod pod = judged.workload.pod;
        for (size_t i = 0; i < SUBJECTS; i++) {
            judged.workload.pod = pod;
            choose_subject(&random, &judged, &room);
            assert_same_policies(&judged, &applied);
            assert_same_by_envelope(&judged, &unconcerned);
        }
        judged_end(&judged);
        arena_fini(&texts);
    }
    /* Neither all nor none. */
    assert_true(applied > ROUNDS * SUBJECTS && unconcerned > ROUNDS * SUBJECTS);
}

/* --- what is left to be asked -------------------------------------------------------------------- */

/* How many of the policies the index leaves for a Pod in team-a of nginx, labelled app: web. */
static size_t left(const char *policies) {
    struct judged judged;
    judged_begin(&judged, policies,
                 "apiVersion: v1\nkind: Pod\n"
                 "metadata: {name: web, namespace: team-a, labels: {app: web}}\n"
                 "spec: {containers: [{name: web, image: nginx}]}\n");
    struct match_images images = {.arena = &judged.arena, .pod = &judged.workload.pod};
    size_t limit = judged.snapshot->match_index.limit, count = 0;
    uint64_t *set = bitset_new(&judged.arena, limit);
    for (size_t i = 0; i < judged.snapshot->policy_count; i++)
        bitset_add(set, i);
    judged.subject.is_from_review = true;
    judged.subject.user = STR("alice");
    match_index_narrow(&judged.snapshot->match_index, &judged.subject, &images, set);
    for (size_t i = bitset_next(set, limit, 0); i < limit; i = bitset_next(set, limit, i + 1))
        count++;
    judged_end(&judged);
    return count;
}

#define WITH(spec) POLICY("p", spec "  rules: [{check: privileged}]\n")

static void a_policy_for_others_is_not_asked(void **state) {
    (void)state;
    static const char *const for_others[] = {
        WITH("  match: {namespaces: [team-b, 'kube-*']}\n"),
        WITH("  match: {namespaces: ['team-*'], users: [bob]}\n"),
        WITH("  match: {groups: [ops]}\n"),
        WITH("  match: {names: [db]}\n"),
        WITH("  match: {serviceAccountNames: [robot]}\n"),
        WITH("  match: {runtimeClasses: ['*']}\n"),
        WITH("  match: {labels: {app: db}}\n"),
        WITH("  match: {labels: {app: web, tier: front}}\n"),
        WITH("  match: {containers: [proxy]}\n"),
        WITH("  match: {images: ['registry.example.com/**', redis]}\n"),
        WITH("  exclude: [{namespaces: [kube-system]}, {namespaces: ['team-*']}]\n"),
        WITH("  exclude: [{users: [alice]}]\n"),
        WITH("  exclude: [{serviceAccountNames: [default]}]\n"),
    };
    static const char *const for_this[] = {
        WITH(""),
        WITH("  match: {namespaces: [team-b, 'team-*'], users: [alice], images: [nginx]}\n"),
        WITH("  match: {labels: {app: 'w*'}}\n"),
        WITH("  exclude: [{namespaces: [team-b]}]\n"),
        /* These do not take out all that their namespaces say. */
        WITH("  exclude: [{namespaces: [team-a], users: [bob]}]\n"),
        WITH("  exclude: [{namespaces: [team-a], kinds: [Job]}]\n"),
        WITH("  exclude: [{namespaces: [team-a], images: [redis]}]\n"),
    };
    for (size_t i = 0; i < COUNT_OF(for_others); i++)
        if (left(for_others[i]) != 0) fail_msg("asked: %s", for_others[i]);
    for (size_t i = 0; i < COUNT_OF(for_this); i++)
        if (left(for_this[i]) != 1) fail_msg("not asked: %s", for_this[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policies_judged_are_those_that_match_in_full),
        cmocka_unit_test(a_policy_for_others_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
