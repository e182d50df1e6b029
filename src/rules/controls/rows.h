/*
 * The rows of the Pod Security Standards: baseline in the order of their ids (bytes, as upstream
 * sorts them), then restricted. A new control is a row in the file of its area and a line here.
 */
#ifndef PODGATE_RULES_CONTROLS_ROWS_H
#define PODGATE_RULES_CONTROLS_ROWS_H

#include "rules/control.h"

#define CONTROL_ROWS(ROW)                                                                          \
    ROW(app_armor_profile)                                                                         \
    ROW(capabilities_baseline)                                                                     \
    ROW(host_namespaces)                                                                           \
    ROW(host_path_volumes)                                                                         \
    ROW(host_ports)                                                                                \
    ROW(host_probes)                                                                               \
    ROW(privileged)                                                                                \
    ROW(proc_mount)                                                                                \
    ROW(selinux_options)                                                                           \
    ROW(seccomp_annotations)                                                                       \
    ROW(seccomp_baseline)                                                                          \
    ROW(sysctls)                                                                                   \
    ROW(windows_host_process)                                                                      \
    ROW(allow_privilege_escalation)                                                                \
    ROW(capabilities_restricted)                                                                   \
    ROW(proc_mount_restricted)                                                                     \
    ROW(restricted_volumes)                                                                        \
    ROW(run_as_non_root)                                                                           \
    ROW(run_as_user)                                                                               \
    ROW(seccomp_restricted)

#define CONTROL_DECLARE(name) extern const struct control control_##name;
CONTROL_ROWS(CONTROL_DECLARE)
#undef CONTROL_DECLARE

/* A text that is set: findings take an empty one for unset. */
static inline struct str control_shown(struct str value) {
    return str_is_empty(value) ? STR("empty") : value;
}

#endif
