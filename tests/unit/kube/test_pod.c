#include "kube/pod.h"
#include "unit/kube/tree_from.h"

static struct arena arena;
static const struct meta no_meta;

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

static const struct pod *decode(const char *quoted) {
    const struct document *document = tree_from(&arena, quoted);
    struct pod *pod = ARENA_NEW(&arena, struct pod, 1);
    struct error err;
    if (!pod_decode(&arena, document, document->root, &no_meta, pod, &err))
        fail_msg("%s: %s: %s", quoted, err.where, err.text);
    return pod;
}

static const struct container *decode_container(const char *quoted) {
    struct str text = str_format(&arena, "{'containers':[%s]}", quoted);
    const struct pod *pod = decode(text.at);
    assert_int_equal(pod->container_count, 1);
    return &pod->containers[0];
}

static void assert_refused(const char *quoted, const char *where, const char *says) {
    const struct document *document = tree_from(&arena, quoted);
    struct pod pod;
    struct error err = {0};
    if (pod_decode(&arena, document, document->root, &no_meta, &pod, &err))
        fail_msg("%s must be refused", quoted);
    assert_int_equal(err.code, ERR_SCHEMA);
    assert_string_equal(err.where, where);
    if (says) assert_string_equal(err.text, says);
}

/* --- the pod --- */

static void nothing_is_an_empty_pod(void **state) {
    (void)state;
    struct pod pod;
    struct error err;
    assert_true(pod_decode(&arena, NULL, NULL, &no_meta, &pod, &err));
    assert_int_equal(pod.container_count, 0);
    assert_ptr_equal(pod.meta, &no_meta);
    assert_int_equal(decode("null")->volume_count, 0);
    assert_int_equal(decode("{}")->container_count, 0);
    assert_int_equal(decode("{'containers':[],'volumes':[]}")->container_count, 0);
}

static void pod_fields_are_read(void **state) {
    (void)state;
    const struct pod *pod = decode(
        "{'hostNetwork':true,'hostPID':false,'hostIPC':true,'hostUsers':false,"
        "'shareProcessNamespace':true,'automountServiceAccountToken':false,'enableServiceLinks':true,"
        "'serviceAccountName':'sa','runtimeClassName':'rc','priorityClassName':'pc',"
        "'restartPolicy':'Never','nodeName':'n','dnsPolicy':'Default',"
        "'resources':{'limits':{'cpu':'1'}},'securityContext':{'fsGroup':7,"
        "'supplementalGroups':[1,9007199254740993],'sysctls':[{'name':'a.b','value':'1'}]}}");
    assert_int_equal(pod->host_network, FLAG_TRUE);
    assert_int_equal(pod->host_pid, FLAG_FALSE);
    assert_int_equal(pod->host_ipc, FLAG_TRUE);
    assert_int_equal(pod->host_users, FLAG_FALSE);
    assert_int_equal(pod->share_process_namespace, FLAG_TRUE);
    assert_int_equal(pod->automount_service_account_token, FLAG_FALSE);
    assert_int_equal(pod->enable_service_links, FLAG_TRUE);
    expect_str(pod->service_account_name, "sa");
    expect_str(pod->runtime_class_name, "rc");
    expect_str(pod->priority_class_name, "pc");
    expect_str(pod->restart_policy, "Never");
    expect_str(pod->node_name, "n");
    expect_str(pod->dns_policy, "Default");
    assert_true(pod->resources.is_set);
    expect_str(resources_find_limit(&pod->resources, STR("cpu"))->quantity, "1");
    assert_true(pod->security.is_set);
    assert_int_equal(pod->security.fs_group.value, 7);
    assert_int_equal(pod->security.supplemental_groups.count, 2);
    assert_true(pod->security.supplemental_groups.items[1] == INT64_C(9007199254740993));
    expect_str(pod->security.sysctls[0].name, "a.b");
    assert_int_equal(decode("{}")->host_network, FLAG_UNSET);
}

static void the_old_service_account_counts_when_the_new_is_empty(void **state) {
    (void)state;
    expect_str(decode("{'serviceAccount':'old'}")->service_account_name, "old");
    expect_str(decode("{'serviceAccount':'old','serviceAccountName':''}")->service_account_name,
               "old");
    expect_str(decode("{'serviceAccountName':'new','serviceAccount':'old'}")->service_account_name,
               "new");
}

static void which_of_the_two_service_account_fields_counts_is_kept(void **state) {
    (void)state;
    assert_true(decode("{'serviceAccount':'old'}")->has_old_service_account);
    assert_true(
        decode("{'serviceAccount':'old','serviceAccountName':''}")->has_old_service_account);
    assert_false(
        decode("{'serviceAccountName':'new','serviceAccount':'old'}")->has_old_service_account);
    assert_false(decode("{'serviceAccount':''}")->has_old_service_account);
    assert_false(decode("{}")->has_old_service_account);
}

static void host_aliases_are_read(void **state) {
    (void)state;
    const struct pod *pod = decode("{'hostAliases':[{'ip':'10.0.0.1','hostnames':['a','b']},{}]}");
    assert_int_equal(pod->host_alias_count, 2);
    expect_str(pod->host_aliases[0].ip, "10.0.0.1");
    assert_int_equal(pod->host_aliases[0].hostnames.count, 2);
    expect_str(pod->host_aliases[0].hostnames.items[1], "b");
    assert_int_equal(pod->host_aliases[1].hostnames.count, 0);
}

static void drivers_of_volumes_are_read(void **state) {
    (void)state;
    const struct pod *pod = decode("{'volumes':[{'name':'a','csi':{'driver':'c.example.com'}},"
                                   "{'name':'b','flexVolume':{'driver':'v/f'}}]}");
    expect_str(pod->volumes[0].driver, "c.example.com");
    expect_str(pod->volumes[1].driver, "v/f");
}

static void only_windows_is_windows(void **state) {
    (void)state;
    assert_true(decode("{'os':{'name':'windows'}}")->is_windows);
    assert_false(decode("{'os':{'name':'Windows'}}")->is_windows);
    assert_false(decode("{'os':{'name':'linux'}}")->is_windows);
    assert_false(decode("{'os':{}}")->is_windows);
    assert_false(decode("{}")->is_windows);
}

static void keys_are_case_sensitive(void **state) {
    (void)state;
    const struct container *c =
        decode_container("{'securityContext':{'Privileged':true,'PRIVILEGED':1,'privileged':false},"
                         "'Image':7,'image':'nginx'}");
    assert_int_equal(c->security.privileged, FLAG_FALSE);
    expect_str(c->image, "nginx");
    assert_int_equal(decode("{'HostNetwork':true,'hostnetwork':true}")->host_network, FLAG_UNSET);
}

/* --- containers --- */

static void all_kinds_of_containers_stand_in_one_list(void **state) {
    (void)state;
    const struct pod *pod =
        decode("{'ephemeralContainers':[{'name':'e'}],'containers':[{'name':'r0'},{'name':'r1'}],"
               "'initContainers':[{'name':'i'},{'name':'s','restartPolicy':'Always'},"
               "{'name':'n','restartPolicy':'Never'}]}");
    static const struct {
        const char *name, *list, *type;
        size_t index;
    } rows[] = {
        {"i", "initContainers", "init", 0}, {"s", "initContainers", "sidecar", 1},
        {"n", "initContainers", "init", 2}, {"r0", "containers", "regular", 0},
        {"r1", "containers", "regular", 1}, {"e", "ephemeralContainers", "ephemeral", 0},
    };
    assert_int_equal(pod->container_count, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct container *c = &pod->containers[i];
        assert_true(str_equals(c->name, str_from(rows[i].name)));
        assert_true(str_equals(c->list, str_from(rows[i].list)));
        assert_true(str_equals(container_type_name(c->type), str_from(rows[i].type)));
        assert_int_equal(c->index, rows[i].index);
    }
}

static void only_an_init_container_becomes_a_sidecar(void **state) {
    (void)state;
    const struct container *c = decode_container("{'restartPolicy':'Always'}");
    assert_int_equal(c->type, CONTAINER_REGULAR);
    assert_int_equal(decode("{'initContainers':[{'restartPolicy':'always'}]}")->containers[0].type,
                     CONTAINER_INIT);
}

static void container_fields_are_read(void **state) {
    (void)state;
    const struct container *c = decode_container(
        "{'name':'app','image':'nginx:1','imagePullPolicy':'Always','workingDir':'/w',"
        "'command':['a','b'],'args':[],'stdin':true,'tty':false,"
        "'ports':[{'containerPort':80,'hostPort':8080,'hostIP':'::','protocol':'TCP','name':'p'}],"
        "'volumeMounts':[{'name':'v','mountPath':'/m','subPath':'s','readOnly':true},"
        "{'name':'w'}]}");
    expect_str(c->name, "app");
    expect_str(c->image, "nginx:1");
    expect_str(c->image_pull_policy, "Always");
    expect_str(c->working_dir, "/w");
    assert_int_equal(c->command.count, 2);
    expect_str(c->command.items[1], "b");
    assert_int_equal(c->args.count, 0);
    assert_int_equal(c->is_stdin, FLAG_TRUE);
    assert_int_equal(c->tty, FLAG_FALSE);
    assert_int_equal(c->ports[0].container_port.value, 80);
    assert_int_equal(c->ports[0].host_port.value, 8080);
    expect_str(c->ports[0].host_ip, "::");
    expect_str(c->ports[0].protocol, "TCP");
    assert_int_equal(c->mount_count, 2);
    assert_true(c->mounts[0].read_only);
    assert_false(c->mounts[1].read_only);
    expect_str(c->mounts[0].sub_path, "s");
}

static void security_fields_are_read(void **state) {
    (void)state;
    const struct security *s =
        &decode_container("{'securityContext':{'privileged':true,'allowPrivilegeEscalation':false,"
                          "'readOnlyRootFilesystem':true,'runAsNonRoot':false,'runAsUser':-1,"
                          "'runAsGroup':9223372036854775807,'procMount':'Unmasked',"
                          "'capabilities':{'add':['A','B'],'drop':['ALL']},"
                          "'seccompProfile':{'type':'Localhost','localhostProfile':'p'},"
                          "'appArmorProfile':{'type':'Unconfined'},"
                          "'seLinuxOptions':{'user':'u','role':'r','type':'t','level':'l'},"
                          "'windowsOptions':{'hostProcess':true,'runAsUserName':'w'},'fsGroup':5}}")
             ->security;
    assert_true(s->is_set);
    assert_int_equal(s->privileged, FLAG_TRUE);
    assert_int_equal(s->allow_privilege_escalation, FLAG_FALSE);
    assert_int_equal(s->read_only_root_filesystem, FLAG_TRUE);
    assert_int_equal(s->run_as_non_root, FLAG_FALSE);
    assert_true(s->run_as_user.is_set && s->run_as_user.value == -1);
    assert_true(s->run_as_group.value == INT64_MAX);
    expect_str(s->proc_mount, "Unmasked");
    assert_true(s->has_capabilities);
    expect_str(s->capabilities_add.items[1], "B");
    expect_str(s->capabilities_drop.items[0], "ALL");
    expect_str(s->seccomp.localhost_profile, "p");
    expect_str(s->apparmor.type, "Unconfined");
    expect_str(s->selinux.level, "l");
    assert_int_equal(s->windows.host_process, FLAG_TRUE);
    assert_false(s->fs_group.is_set); /* a field that containers do not have */
    const struct security *none = &decode_container("{'securityContext':{}}")->security;
    assert_true(none->is_set);
    assert_false(none->has_capabilities || none->seccomp.is_set || none->run_as_user.is_set);
}

static void containers_inherit_what_they_do_not_set(void **state) {
    (void)state;
    const struct pod *pod = decode(
        "{'securityContext':{'runAsNonRoot':true,'runAsUser':0,'runAsGroup':5,"
        "'seccompProfile':{'type':'RuntimeDefault'},'seLinuxOptions':{'type':'t','user':'u'},"
        "'appArmorProfile':{'type':'RuntimeDefault'}},"
        "'containers':[{},{'securityContext':{'runAsNonRoot':false,'runAsUser':7,"
        "'seccompProfile':{'type':'Unconfined'},'seLinuxOptions':{'type':'x'}}}]}");
    const struct effective *plain = &pod->containers[0].effective;
    const struct effective *own = &pod->containers[1].effective;
    assert_int_equal(plain->run_as_non_root, FLAG_TRUE);
    assert_true(plain->run_as_user.is_set && plain->run_as_user.value == 0);
    assert_ptr_equal(plain->seccomp, &pod->security.seccomp);
    assert_ptr_equal(plain->apparmor, &pod->security.apparmor);
    assert_int_equal(own->run_as_non_root, FLAG_FALSE);
    assert_int_equal(own->run_as_user.value, 7);
    assert_int_equal(own->run_as_group.value, 5);
    expect_str(own->seccomp->type, "Unconfined");
    expect_str(own->selinux->type, "x");
    assert_null(own->selinux->user.at); /* replaced as a whole */
    const struct pod *bare = decode("{'containers':[{}]}");
    assert_false(bare->containers[0].effective.seccomp->is_set);
    assert_false(bare->containers[0].effective.selinux->is_set);
    assert_false(bare->containers[0].effective.windows->is_set);
}

static void windows_options_are_merged(void **state) {
    (void)state;
    const struct pod *pod =
        decode("{'containers':[{'securityContext':{'windowsOptions':{'runAsUserName':'c'}}},"
               "{'securityContext':{'windowsOptions':{'hostProcess':false}}},{}],"
               "'securityContext':{'windowsOptions':{'hostProcess':true,'runAsUserName':'p'}}}");
    assert_int_equal(pod->containers[0].effective.windows->host_process, FLAG_TRUE);
    expect_str(pod->containers[0].effective.windows->run_as_user_name, "c");
    assert_int_equal(pod->containers[1].effective.windows->host_process, FLAG_FALSE);
    expect_str(pod->containers[1].effective.windows->run_as_user_name, "p");
    assert_int_equal(pod->containers[2].effective.windows->host_process, FLAG_TRUE);
}

static void env_knows_its_sources(void **state) {
    (void)state;
    const struct container *c = decode_container(
        "{'env':[{'name':'A','value':'x'},{'name':'B'},"
        "{'name':'C','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}},"
        "{'name':'D','valueFrom':{'configMapKeyRef':{'key':'k','name':'m'}}},"
        "{'name':'E','valueFrom':{'fieldRef':{'fieldPath':'p'}}},"
        "{'name':'F','valueFrom':{'resourceFieldRef':{}}},"
        "{'name':'G','valueFrom':{'fileKeyRef':{}}},"
        "{'name':'H','valueFrom':{'futureRef':{}}},{'name':'I','valueFrom':{}},"
        "{'name':'J','valueFrom':null,'value':'y'},"
        "{'name':'K','valueFrom':{'secretKeyRef':null,'fieldRef':{}}}],"
        "'envFrom':[{'secretRef':{'name':'s'}},{'prefix':'P','configMapRef':{'name':'m'}},{},"
        "{'futureRef':{}}]}");
    static const enum env_source sources[] = {
        ENV_LITERAL, ENV_LITERAL, ENV_SECRET, ENV_CONFIG_MAP, ENV_FIELD, ENV_RESOURCE,
        ENV_FILE,    ENV_OTHER,   ENV_OTHER,  ENV_LITERAL,    ENV_FIELD,
    };
    assert_int_equal(c->env_count, 11);
    for (size_t i = 0; i < 11; i++)
        assert_int_equal(c->env[i].source, sources[i]);
    expect_str(c->env[0].value, "x");
    expect_str(c->env[2].source_name, "s");
    expect_str(c->env[2].source_key, "k");
    expect_str(c->env[3].source_name, "m");
    assert_int_equal(c->env_from_count, 4);
    assert_int_equal(c->env_from[0].source, ENV_SECRET);
    expect_str(c->env_from[0].name, "s");
    assert_int_equal(c->env_from[1].source, ENV_CONFIG_MAP);
    expect_str(c->env_from[1].prefix, "P");
    assert_int_equal(c->env_from[2].source, ENV_OTHER);
    assert_int_equal(c->env_from[3].source, ENV_OTHER);
}

static void quantities_may_be_numbers(void **state) {
    (void)state;
    const struct resources *r =
        &decode_container("{'resources':{'limits':{'memory':1073741824,'cpu':0.5,'x.y/z':'1',"
                          "'n':null},'requests':{'cpu':1e3},'claims':[{}]}}")
             ->resources;
    assert_true(r->is_set);
    assert_int_equal(r->limit_count, 3);
    expect_str(resources_find_limit(r, STR("memory"))->quantity, "1073741824");
    expect_str(resources_find_limit(r, STR("cpu"))->quantity, "0.5");
    expect_str(resources_find_limit(r, STR("x.y/z"))->quantity, "1");
    expect_str(resources_find_request(r, STR("cpu"))->quantity, "1e3");
    assert_null(resources_find_limit(r, STR("n")));
    assert_null(resources_find_request(r, STR("memory")));
    assert_true(decode_container("{'resources':{}}")->resources.is_set);
    assert_false(decode_container("{}")->resources.is_set);
}

static void all_handlers_of_a_container_are_named(void **state) {
    (void)state;
    static const char *const fields_[CONTAINER_HANDLERS] = {"livenessProbe", "readinessProbe",
                                                            "startupProbe", "lifecycle.postStart",
                                                            "lifecycle.preStop"};
    for (size_t i = 0; i < CONTAINER_HANDLERS; i++) {
        struct str name = str_from(fields_[i]);
        size_t dot = str_find_char(name, '.');
        bool is_hook = dot < name.len;
        struct str text = str_format(&arena, "{'%.*s':%s%s%s{'httpGet':{'host':'h'}}%s}", (int)dot,
                                     name.at, is_hook ? "{'" : "", is_hook ? name.at + dot + 1 : "",
                                     is_hook ? "':" : "", is_hook ? "}" : "");
        struct named_handler handlers[CONTAINER_HANDLERS];
        assert_int_equal(container_handlers(decode_container(text.at), handlers), 1);
        assert_true(str_equals(handlers[0].field, name));
        expect_str(handlers[0].handler->http_host, "h");
    }
    struct named_handler none[CONTAINER_HANDLERS];
    assert_int_equal(container_handlers(decode_container("{'lifecycle':{}}"), none), 0);
}

static void handlers_keep_the_first_type_and_every_host(void **state) {
    (void)state;
    const struct container *c = decode_container(
        "{'livenessProbe':{'httpGet':{'path':'/h','port':'http','host':'a'},"
        "'tcpSocket':{'port':1,'host':'b'}},"
        "'readinessProbe':{'tcpSocket':{'port':8080},'periodSeconds':5,'failureThreshold':2,"
        "'successThreshold':'ignored'},"
        "'startupProbe':{'grpc':{'port':9}},"
        "'lifecycle':{'postStart':{'exec':{'command':['sh','-c']}},'preStop':{'sleep':{'seconds':1}},"
        "'stopSignal':'SIGTERM'}}");
    assert_int_equal(c->liveness->type, HANDLER_HTTP_GET);
    expect_str(c->liveness->path, "/h");
    expect_str(c->liveness->port, "http");
    expect_str(c->liveness->http_host, "a");
    expect_str(c->liveness->tcp_host, "b");
    assert_int_equal(c->readiness->type, HANDLER_TCP_SOCKET);
    expect_str(c->readiness->port, "8080");
    assert_int_equal(c->readiness->period.value, 5);
    assert_int_equal(c->readiness->failure_threshold.value, 2);
    assert_false(c->liveness->period.is_set);
    expect_str(tree_string(tree_find(c->liveness->action, STR("path"))), "/h");
    assert_int_equal(c->startup->type, HANDLER_GRPC);
    expect_str(c->startup->port, "9");
    assert_int_equal(c->post_start->type, HANDLER_EXEC);
    expect_str(c->post_start->command.items[1], "-c");
    assert_int_equal(c->pre_stop->type, HANDLER_SLEEP);
    const struct container *none = decode_container("{'livenessProbe':{},'readinessProbe':null}");
    assert_true(none->liveness->is_set);
    assert_int_equal(none->liveness->type, HANDLER_NONE);
    assert_false(none->readiness->is_set);
}

/* --- placement and DNS --- */

static void placement_is_read(void **state) {
    (void)state;
    const struct pod *pod = decode(
        "{'nodeSelector':{'a':'b'},'tolerations':[{'operator':'Exists'},{'key':'k','value':'v',"
        "'effect':'NoSchedule'}],'affinity':{'nodeAffinity':{"
        "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{}]}},"
        "'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'z',"
        "'labelSelector':{}}],'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':1,"
        "'podAffinityTerm':{'topologyKey':'h'}}]}},'topologySpreadConstraints':[{'maxSkew':1,"
        "'topologyKey':'t','whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchExpressions':"
        "[{'key':'k','operator':'Exists'}]}}]}");
    const struct placement *placement = &pod->placement;
    assert_non_null(placement->node_selector);
    assert_true(placement->has_node_affinity);
    assert_int_equal(placement->toleration_count, 2);
    expect_str(placement->tolerations[0].operator, "Exists");
    expect_str(placement->tolerations[1].key, "k");
    expect_str(placement->tolerations[1].value, "v");
    expect_str(placement->tolerations[1].effect, "NoSchedule");
    assert_int_equal(placement->required_anti_affinity_count, 1);
    expect_str(placement->required_anti_affinity[0].topology_key, "z");
    assert_true(placement->required_anti_affinity[0].selector.is_set);
    assert_int_equal(placement->preferred_anti_affinity_count, 1);
    expect_str(placement->preferred_anti_affinity[0].topology_key, "h");
    assert_false(placement->preferred_anti_affinity[0].selector.is_set);
    assert_int_equal(placement->spread_count, 1);
    expect_str(placement->spreads[0].topology_key, "t");
    expect_str(placement->spreads[0].when_unsatisfiable, "DoNotSchedule");
    assert_int_equal(placement->spreads[0].selector.requirement_count, 1);
}

static void dns_is_read(void **state) {
    (void)state;
    const struct pod *pod = decode("{'dnsPolicy':'None','dnsConfig':{'nameservers':['1.1.1.1'],"
                                   "'options':[{'name':'ndots','value':'2'}]}}");
    assert_int_equal(pod->dns.nameservers.count, 1);
    expect_str(pod->dns.nameservers.items[0], "1.1.1.1");
    assert_int_equal(pod->dns.option_count, 1);
    expect_str(pod->dns.options[0].name, "ndots");
    expect_str(pod->dns.options[0].value, "2");
}

/* --- volumes --- */

static void volumes_name_their_source(void **state) {
    (void)state;
    const struct pod *pod = decode(
        "{'volumes':[{'name':'a','hostPath':{'path':'/p','type':'Socket'}},"
        "{'emptyDir':{'medium':'Memory','sizeLimit':1.5},'name':'b'},{'name':'c'},{'name':'d','emptyDir':null,'secret':{}},"
        "{'name':'e','futureSource':{'x':1}},{'name':'f','configMap':{},'hostPath':{'path':'/q'}},"
        "{'name':'g','image':{'reference':'img','pullPolicy':'Never'}},{'name':'h','odd':true}]}");
    static const struct {
        const char *name, *source;
        size_t count;
    } rows[] = {
        {"a", "hostPath", 1},     {"b", "emptyDir", 1},  {"c", "", 0},      {"d", "secret", 1},
        {"e", "futureSource", 1}, {"f", "configMap", 2}, {"g", "image", 1}, {"h", "odd", 1},
    };
    assert_int_equal(pod->volume_count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_true(str_equals(pod->volumes[i].name, str_from(rows[i].name)));
        assert_true(str_equals(pod->volumes[i].source, str_from(rows[i].source)));
        assert_int_equal(pod->volumes[i].source_count, rows[i].count);
        assert_non_null(pod->volumes[i].node);
    }
    expect_str(pod->volumes[0].host_path, "/p");
    expect_str(pod->volumes[0].host_path_type, "Socket");
    expect_str(pod->volumes[5].host_path, "/q");
    expect_str(pod->volumes[1].empty_dir_medium, "Memory");
    expect_str(pod->volumes[1].empty_dir_size, "1.5");
    expect_str(pod->volumes[6].image_reference, "img");
    expect_str(pod->volumes[6].image_pull_policy, "Never");
    assert_ptr_equal(pod_find_volume(pod, STR("g")), &pod->volumes[6]);
    assert_null(pod_find_volume(pod, STR("nope")));
}

/* --- wrong types --- */

enum accepts {
    BOOL = 1,
    STRING = 2,
    INT = 4,
    FRACTION = 8,
    LIST = 16,
    OBJECT = 32,
    NUMBER = INT | FRACTION,
};

struct field {
    const char *path;
    int accepts;
};

/* Every field that is decoded. */
static const struct field fields[] = {
    {"hostNetwork", BOOL},
    {"hostPID", BOOL},
    {"hostIPC", BOOL},
    {"hostUsers", BOOL},
    {"shareProcessNamespace", BOOL},
    {"automountServiceAccountToken", BOOL},
    {"enableServiceLinks", BOOL},
    {"serviceAccountName", STRING},
    {"serviceAccount", STRING},
    {"runtimeClassName", STRING},
    {"priorityClassName", STRING},
    {"restartPolicy", STRING},
    {"nodeName", STRING},
    {"dnsPolicy", STRING},
    {"os", OBJECT},
    {"os.name", STRING},
    {"resources", OBJECT},
    {"resources.limits", OBJECT},
    {"resources.requests", OBJECT},
    {"resources.limits.cpu", STRING | NUMBER},
    {"volumes", LIST},
    {"volumes[0]", OBJECT},
    {"volumes[0].name", STRING},
    {"volumes[0].hostPath", OBJECT},
    {"volumes[0].hostPath.path", STRING},
    {"volumes[0].hostPath.type", STRING},
    {"volumes[0].flexVolume", OBJECT},
    {"volumes[0].flexVolume.driver", STRING},
    {"volumes[0].csi", OBJECT},
    {"volumes[0].csi.driver", STRING},
    {"volumes[0].image", OBJECT},
    {"volumes[0].image.reference", STRING},
    {"hostAliases", LIST},
    {"hostAliases[0]", OBJECT},
    {"hostAliases[0].ip", STRING},
    {"hostAliases[0].hostnames", LIST},
    {"hostAliases[0].hostnames[0]", STRING},
    {"securityContext", OBJECT},
    {"securityContext.runAsNonRoot", BOOL},
    {"securityContext.runAsUser", INT},
    {"securityContext.runAsGroup", INT},
    {"securityContext.fsGroup", INT},
    {"securityContext.supplementalGroups", LIST},
    {"securityContext.supplementalGroups[0]", INT},
    {"securityContext.sysctls", LIST},
    {"securityContext.sysctls[0]", OBJECT},
    {"securityContext.sysctls[0].name", STRING},
    {"securityContext.sysctls[0].value", STRING},
    {"securityContext.seccompProfile", OBJECT},
    {"securityContext.seccompProfile.type", STRING},
    {"securityContext.appArmorProfile", OBJECT},
    {"securityContext.appArmorProfile.type", STRING},
    {"securityContext.seLinuxOptions", OBJECT},
    {"securityContext.seLinuxOptions.type", STRING},
    {"securityContext.windowsOptions", OBJECT},
    {"securityContext.windowsOptions.hostProcess", BOOL},
    {"securityContext.windowsOptions.runAsUserName", STRING},
    {"containers", LIST},
    {"containers[0]", OBJECT},
    {"initContainers", LIST},
    {"initContainers[0]", OBJECT},
    {"initContainers[0].image", STRING},
    {"initContainers[0].restartPolicy", STRING},
    {"ephemeralContainers", LIST},
    {"ephemeralContainers[0]", OBJECT},
    {"ephemeralContainers[0].securityContext.privileged", BOOL},
    {"containers[0].name", STRING},
    {"containers[0].image", STRING},
    {"containers[0].imagePullPolicy", STRING},
    {"containers[0].restartPolicy", STRING},
    {"containers[0].workingDir", STRING},
    {"containers[0].command", LIST},
    {"containers[0].command[0]", STRING},
    {"containers[0].args", LIST},
    {"containers[0].args[0]", STRING},
    {"containers[0].stdin", BOOL},
    {"containers[0].tty", BOOL},
    {"containers[0].env", LIST},
    {"containers[0].env[0]", OBJECT},
    {"containers[0].env[0].name", STRING},
    {"containers[0].env[0].value", STRING},
    {"containers[0].env[0].valueFrom", OBJECT},
    {"containers[0].env[0].valueFrom.fieldRef", OBJECT},
    {"containers[0].env[0].valueFrom.resourceFieldRef", OBJECT},
    {"containers[0].env[0].valueFrom.fileKeyRef", OBJECT},
    {"containers[0].env[0].valueFrom.configMapKeyRef", OBJECT},
    {"containers[0].env[0].valueFrom.secretKeyRef", OBJECT},
    {"containers[0].env[0].valueFrom.secretKeyRef.name", STRING},
    {"containers[0].env[0].valueFrom.secretKeyRef.key", STRING},
    {"containers[0].envFrom", LIST},
    {"containers[0].envFrom[0]", OBJECT},
    {"containers[0].envFrom[0].prefix", STRING},
    {"containers[0].envFrom[0].secretRef", OBJECT},
    {"containers[0].envFrom[0].secretRef.name", STRING},
    {"containers[0].envFrom[0].configMapRef", OBJECT},
    {"containers[0].ports", LIST},
    {"containers[0].ports[0]", OBJECT},
    {"containers[0].ports[0].name", STRING},
    {"containers[0].ports[0].containerPort", INT},
    {"containers[0].ports[0].hostPort", INT},
    {"containers[0].ports[0].hostIP", STRING},
    {"containers[0].ports[0].protocol", STRING},
    {"containers[0].resources", OBJECT},
    {"containers[0].resources.limits", OBJECT},
    {"containers[0].resources.limits.memory", STRING | NUMBER},
    {"containers[0].resources.requests.memory", STRING | NUMBER},
    {"containers[0].volumeMounts", LIST},
    {"containers[0].volumeMounts[0]", OBJECT},
    {"containers[0].volumeMounts[0].name", STRING},
    {"containers[0].volumeMounts[0].mountPath", STRING},
    {"containers[0].volumeMounts[0].subPath", STRING},
    {"containers[0].volumeMounts[0].readOnly", BOOL},
    {"containers[0].livenessProbe", OBJECT},
    {"containers[0].livenessProbe.exec", OBJECT},
    {"containers[0].livenessProbe.exec.command", LIST},
    {"containers[0].livenessProbe.exec.command[0]", STRING},
    {"containers[0].livenessProbe.httpGet", OBJECT},
    {"containers[0].livenessProbe.httpGet.host", STRING},
    {"containers[0].livenessProbe.httpGet.path", STRING},
    {"containers[0].livenessProbe.httpGet.port", STRING | INT},
    {"containers[0].readinessProbe", OBJECT},
    {"containers[0].readinessProbe.tcpSocket", OBJECT},
    {"containers[0].readinessProbe.tcpSocket.host", STRING},
    {"containers[0].readinessProbe.tcpSocket.port", STRING | INT},
    {"containers[0].startupProbe", OBJECT},
    {"containers[0].startupProbe.grpc", OBJECT},
    {"containers[0].startupProbe.grpc.port", INT},
    {"containers[0].lifecycle", OBJECT},
    {"containers[0].livenessProbe.periodSeconds", INT},
    {"containers[0].livenessProbe.failureThreshold", INT},
    {"volumes[0].emptyDir.medium", STRING},
    {"volumes[0].emptyDir.sizeLimit", STRING | NUMBER},
    {"volumes[0].image.pullPolicy", STRING},
    {"nodeSelector", OBJECT},
    {"tolerations", LIST},
    {"tolerations[0].key", STRING},
    {"tolerations[0].operator", STRING},
    {"tolerations[0].value", STRING},
    {"tolerations[0].effect", STRING},
    {"affinity", OBJECT},
    {"affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution", OBJECT},
    {"affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
     LIST},
    {"affinity.podAntiAffinity", OBJECT},
    {"affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
     STRING},
    {"affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm",
     OBJECT},
    {"topologySpreadConstraints", LIST},
    {"topologySpreadConstraints[0].topologyKey", STRING},
    {"topologySpreadConstraints[0].whenUnsatisfiable", STRING},
    {"topologySpreadConstraints[0].labelSelector", OBJECT},
    {"topologySpreadConstraints[0].labelSelector.matchLabels", OBJECT},
    {"topologySpreadConstraints[0].labelSelector.matchExpressions[0].key", STRING},
    {"topologySpreadConstraints[0].labelSelector.matchExpressions[0].operator", STRING},
    {"topologySpreadConstraints[0].labelSelector.matchExpressions[0].values[0]", STRING},
    {"dnsConfig", OBJECT},
    {"dnsConfig.nameservers[0]", STRING},
    {"dnsConfig.options[0].name", STRING},
    {"dnsConfig.options[0].value", STRING},
    {"containers[0].lifecycle.postStart", OBJECT},
    {"containers[0].lifecycle.postStart.httpGet.host", STRING},
    {"containers[0].lifecycle.preStop", OBJECT},
    {"containers[0].lifecycle.preStop.sleep", OBJECT},
    {"containers[0].securityContext", OBJECT},
    {"containers[0].securityContext.privileged", BOOL},
    {"containers[0].securityContext.allowPrivilegeEscalation", BOOL},
    {"containers[0].securityContext.readOnlyRootFilesystem", BOOL},
    {"containers[0].securityContext.runAsNonRoot", BOOL},
    {"containers[0].securityContext.runAsUser", INT},
    {"containers[0].securityContext.runAsGroup", INT},
    {"containers[0].securityContext.procMount", STRING},
    {"containers[0].securityContext.capabilities", OBJECT},
    {"containers[0].securityContext.capabilities.add", LIST},
    {"containers[0].securityContext.capabilities.add[0]", STRING},
    {"containers[0].securityContext.capabilities.drop", LIST},
    {"containers[0].securityContext.capabilities.drop[0]", STRING},
    {"containers[0].securityContext.seccompProfile", OBJECT},
    {"containers[0].securityContext.seccompProfile.type", STRING},
    {"containers[0].securityContext.seccompProfile.localhostProfile", STRING},
    {"containers[0].securityContext.appArmorProfile", OBJECT},
    {"containers[0].securityContext.appArmorProfile.type", STRING},
    {"containers[0].securityContext.seLinuxOptions", OBJECT},
    {"containers[0].securityContext.seLinuxOptions.user", STRING},
    {"containers[0].securityContext.seLinuxOptions.role", STRING},
    {"containers[0].securityContext.seLinuxOptions.type", STRING},
    {"containers[0].securityContext.seLinuxOptions.level", STRING},
    {"containers[0].securityContext.windowsOptions", OBJECT},
    {"containers[0].securityContext.windowsOptions.hostProcess", BOOL},
    {"containers[0].securityContext.windowsOptions.runAsUserName", STRING},
};

static const struct {
    const char *text;
    int type;
} values[] = {
    {"true", BOOL},
    {"false", BOOL},
    {"'x'", STRING},
    {"'true'", STRING},
    {"''", STRING},
    {"1", INT},
    {"-9223372036854775808", INT},
    {"1.5", FRACTION},
    {"1.0", FRACTION},
    {"1e2", FRACTION},
    {"9223372036854775808", FRACTION},
    {"[]", LIST},
    {"{}", OBJECT},
};

/* "a[0].b" and 1 give {"a":[{"b":1}]} */
static const char *nest(const char *path, const char *value) {
    struct strbuf text, closing;
    strbuf_init(&text, &arena, 256);
    strbuf_init(&closing, &arena, 64);
    for (struct str rest = str_from(path); rest.len > 0;) {
        if (rest.at[0] == '[') {
            strbuf_add_char(&text, '[');
            strbuf_add_char(&closing, ']');
            rest = str_slice(rest, 3, rest.len);
            continue;
        }
        if (rest.at[0] == '.') rest = str_slice(rest, 1, rest.len);
        size_t length = strcspn(rest.at, ".[");
        strbuf_printf(&text, "{'%.*s':", (int)length, rest.at);
        strbuf_add_char(&closing, '}');
        rest = str_slice(rest, length, rest.len);
    }
    strbuf_add(&text, str_from(value));
    for (size_t i = closing.len; i > 0; i--)
        strbuf_add_char(&text, closing.at[i - 1]);
    return text.at;
}

static void every_field_refuses_every_wrong_type(void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            arena_reset(&arena, 65536);
            const char *text = nest(fields[f].path, values[v].text);
            if (fields[f].accepts & values[v].type)
                decode(text);
            else
                assert_refused(text, fields[f].path, NULL);
        }
    }
}

static void null_is_absent_but_not_in_lists(void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        const char *text = nest(fields[f].path, "null");
        bool is_item = str_ends_with(str_from(fields[f].path), STR("]"));
        if (is_item)
            assert_refused(text, fields[f].path, NULL);
        else
            decode(text);
    }
}

static void messages_say_what_must_be_and_what_is(void **state) {
    (void)state;
    assert_refused("{'containers':[{'securityContext':{'privileged':'true'}}]}",
                   "containers[0].securityContext.privileged",
                   "must be true or false, it is a string");
    assert_refused("{'containers':[{},{'image':null,'name':[]}]}", "containers[1].name",
                   "must be a string, it is a list");
    assert_refused("{'containers':[null]}", "containers[0]", "must be an object, it is null");
    assert_refused("{'securityContext':{'runAsUser':1.5}}", "securityContext.runAsUser",
                   "must be a whole number between -2^63 and 2^63-1, without fraction or exponent");
    assert_refused("{'containers':[{'resources':{'limits':{'nvidia.com/gpu':[]}}}]}",
                   "containers[0].resources.limits['nvidia.com/gpu']",
                   "must be a quantity (a string or a number), it is a list");
    assert_refused("'x'", "", "must be an object, it is a string");
}

static void too_little_memory_is_an_error_of_ours(void **state) {
    (void)state;
    const struct document *document =
        tree_from(&arena, "{'containers':[{'command':['a']},{},{}],'volumes':[{}]}");
    for (size_t limit = 64; limit <= 4096; limit *= 2) {
        struct arena small;
        arena_init(&small, 64, limit);
        struct pod pod;
        struct error err = {0};
        if (!pod_decode(&small, document, document->root, &no_meta, &pod, &err))
            assert_int_equal(err.code, ERR_MEMORY);
        arena_fini(&small);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_an_empty_pod),
        cmocka_unit_test(pod_fields_are_read),
        cmocka_unit_test(the_old_service_account_counts_when_the_new_is_empty),
        cmocka_unit_test(which_of_the_two_service_account_fields_counts_is_kept),
        cmocka_unit_test(host_aliases_are_read),
        cmocka_unit_test(drivers_of_volumes_are_read),
        cmocka_unit_test(all_handlers_of_a_container_are_named),
        cmocka_unit_test(only_windows_is_windows),
        cmocka_unit_test(keys_are_case_sensitive),
        cmocka_unit_test(all_kinds_of_containers_stand_in_one_list),
        cmocka_unit_test(only_an_init_container_becomes_a_sidecar),
        cmocka_unit_test(container_fields_are_read),
        cmocka_unit_test(security_fields_are_read),
        cmocka_unit_test(containers_inherit_what_they_do_not_set),
        cmocka_unit_test(windows_options_are_merged),
        cmocka_unit_test(env_knows_its_sources),
        cmocka_unit_test(quantities_may_be_numbers),
        cmocka_unit_test(handlers_keep_the_first_type_and_every_host),
        cmocka_unit_test(placement_is_read),
        cmocka_unit_test(dns_is_read),
        cmocka_unit_test(volumes_name_their_source),
        cmocka_unit_test(every_field_refuses_every_wrong_type),
        cmocka_unit_test(null_is_absent_but_not_in_lists),
        cmocka_unit_test(messages_say_what_must_be_and_what_is),
        cmocka_unit_test(too_little_memory_is_an_error_of_ours),
    };
    return cmocka_run_group_tests_name("pod", tests, setup, teardown);
}
