/* securityContext, of a container and of the pod: they share most fields, and each has its own. */
#include "kube/pod_parts.h"

bool pod_decode_flag(const struct decoder *decoder, const struct cJSON *node,
                     const struct decode_row *row, void *target) {
    if (!tree_is_bool(node)) return decode_wrong_type(decoder, node, "true or false");
    enum flag *field = decode_target(row, target);
    *field = tree_is_true(node) ? FLAG_TRUE : FLAG_FALSE;
    return true;
}

bool pod_decode_int(const struct decoder *decoder, const struct cJSON *node,
                    const struct decode_row *row, void *target) {
    struct optional_int *field = decode_target(row, target);
    if (!decode_integer(decoder, node, &field->value)) return false;
    field->is_set = true;
    return true;
}

static const struct decode_row profile_rows[] = {
    DECODE_FIELD("type", struct security_profile, type, decode_string),
    DECODE_FIELD("localhostProfile", struct security_profile, localhost_profile, decode_string),
};
static const struct decode_table profile_table =
    DECODE_TABLE(struct security_profile, profile_rows);

static const struct decode_row selinux_rows[] = {
    DECODE_FIELD("user", struct selinux_options, user, decode_string),
    DECODE_FIELD("role", struct selinux_options, role, decode_string),
    DECODE_FIELD("type", struct selinux_options, type, decode_string),
    DECODE_FIELD("level", struct selinux_options, level, decode_string),
};
static const struct decode_table selinux_table = DECODE_TABLE(struct selinux_options, selinux_rows);

static const struct decode_row windows_rows[] = {
    DECODE_FIELD("runAsUserName", struct windows_options, run_as_user_name, decode_string),
    DECODE_FIELD("hostProcess", struct windows_options, host_process, pod_decode_flag),
};
static const struct decode_table windows_table = DECODE_TABLE(struct windows_options, windows_rows);

static const struct decode_row capabilities_rows[] = {
    DECODE_FIELD("add", struct security, capabilities_add, decode_strings),
    DECODE_FIELD("drop", struct security, capabilities_drop, decode_strings),
};
static const struct decode_table capabilities_table =
    DECODE_TABLE(struct security, capabilities_rows);

static bool decode_capabilities(const struct decoder *decoder, const struct cJSON *node,
                                const struct decode_row *row, void *target) {
    struct security *security = target;
    security->has_capabilities = true;
    return decode_object(decoder, node, row->table, security);
}

static const struct decode_row sysctl_rows[] = {
    DECODE_FIELD("name", struct sysctl, name, decode_string),
    DECODE_FIELD("value", struct sysctl, value, decode_string),
};
static const struct decode_table sysctl_table = DECODE_TABLE(struct sysctl, sysctl_rows);

static bool decode_int_list(const struct decoder *decoder, const struct cJSON *node,
                            const struct decode_row *row, void *target) {
    if (!tree_is_array(node)) return decode_wrong_type(decoder, node, "a list of whole numbers");
    int64_t *items = decode_allocate(decoder, sizeof *items, tree_count(node));
    if (!items) return false;
    size_t count = 0;
    for (const struct cJSON *item = node->child; item; item = item->next, count++) {
        if (!decode_integer(decoder, item, &items[count]))
            return decode_error_below_item(decoder->err, count);
    }
    struct int_list *field = decode_target(row, target);
    *field = (struct int_list){items, count};
    return true;
}

static const struct decode_row container_security_rows[] = {
    DECODE_WITHIN("capabilities", decode_capabilities, &capabilities_table, 0),
    DECODE_FIELD("privileged", struct security, privileged, pod_decode_flag),
    DECODE_NESTED("seLinuxOptions", struct security, selinux, decode_optional, selinux_table),
    DECODE_NESTED("windowsOptions", struct security, windows, decode_optional, windows_table),
    DECODE_FIELD("runAsUser", struct security, run_as_user, pod_decode_int),
    DECODE_FIELD("runAsGroup", struct security, run_as_group, pod_decode_int),
    DECODE_FIELD("runAsNonRoot", struct security, run_as_non_root, pod_decode_flag),
    DECODE_FIELD("readOnlyRootFilesystem", struct security, read_only_root_filesystem,
                 pod_decode_flag),
    DECODE_FIELD("allowPrivilegeEscalation", struct security, allow_privilege_escalation,
                 pod_decode_flag),
    DECODE_FIELD("procMount", struct security, proc_mount, decode_string),
    DECODE_NESTED("seccompProfile", struct security, seccomp, decode_optional, profile_table),
    DECODE_NESTED("appArmorProfile", struct security, apparmor, decode_optional, profile_table),
};
const struct decode_table container_security_table =
    DECODE_TABLE(struct security, container_security_rows);

static const struct decode_row pod_security_rows[] = {
    DECODE_NESTED("seLinuxOptions", struct security, selinux, decode_optional, selinux_table),
    DECODE_NESTED("windowsOptions", struct security, windows, decode_optional, windows_table),
    DECODE_FIELD("runAsUser", struct security, run_as_user, pod_decode_int),
    DECODE_FIELD("runAsGroup", struct security, run_as_group, pod_decode_int),
    DECODE_FIELD("runAsNonRoot", struct security, run_as_non_root, pod_decode_flag),
    DECODE_FIELD("supplementalGroups", struct security, supplemental_groups, decode_int_list),
    DECODE_FIELD("fsGroup", struct security, fs_group, pod_decode_int),
    DECODE_LIST("sysctls", struct security, sysctls, sysctl_count, sysctl_table),
    DECODE_NESTED("seccompProfile", struct security, seccomp, decode_optional, profile_table),
    DECODE_NESTED("appArmorProfile", struct security, apparmor, decode_optional, profile_table),
};
const struct decode_table pod_security_table = DECODE_TABLE(struct security, pod_security_rows);
