/*
 * The values that the Pod Security Standards allow, each with the version that brought it: rows of the controls, and
 * defaults of the checks that judge the same field with a list of their own. A list is given what makes of its first
 * value, and of each further one.
 */
#ifndef PODGATE_RULES_CONTROLS_VALUES_H
#define PODGATE_RULES_CONTROLS_VALUES_H

#include "rules/control.h"

/* The list as rows of struct control_value, and as a parameter's default: "[a, b]". */
#define VALUES_ROWS(list) list(VALUE_ROW, VALUE_ROW)
#define VALUES_TEXT(list) "[" list(VALUE_FIRST_TEXT, VALUE_NEXT_TEXT) "]"
#define VALUE_ROW(since, literal) CONTROL_VALUE(since, literal),
#define VALUE_FIRST_TEXT(since, literal) literal
#define VALUE_NEXT_TEXT(since, literal) ", " literal

#define DEFAULT_CAPABILITIES(FIRST, NEXT)                                                          \
    FIRST(0, "AUDIT_WRITE")                                                                        \
    NEXT(0, "CHOWN")                                                                               \
    NEXT(0, "DAC_OVERRIDE")                                                                        \
    NEXT(0, "FOWNER")                                                                              \
    NEXT(0, "FSETID")                                                                              \
    NEXT(0, "KILL")                                                                                \
    NEXT(0, "MKNOD")                                                                               \
    NEXT(0, "NET_BIND_SERVICE")                                                                    \
    NEXT(0, "SETFCAP")                                                                             \
    NEXT(0, "SETGID")                                                                              \
    NEXT(0, "SETPCAP")                                                                             \
    NEXT(0, "SETUID")                                                                              \
    NEXT(0, "SYS_CHROOT")

#define SELINUX_TYPES(FIRST, NEXT)                                                                 \
    FIRST(0, "container_t")                                                                        \
    NEXT(0, "container_init_t")                                                                    \
    NEXT(0, "container_kvm_t")                                                                     \
    NEXT(31, "container_engine_t")

#define SAFE_SYSCTLS(FIRST, NEXT)                                                                  \
    FIRST(0, "kernel.shm_rmid_forced")                                                             \
    NEXT(0, "net.ipv4.ip_local_port_range")                                                        \
    NEXT(0, "net.ipv4.tcp_syncookies")                                                             \
    NEXT(0, "net.ipv4.ping_group_range")                                                           \
    NEXT(0, "net.ipv4.ip_unprivileged_port_start")                                                 \
    NEXT(27, "net.ipv4.ip_local_reserved_ports")                                                   \
    NEXT(29, "net.ipv4.tcp_keepalive_time")                                                        \
    NEXT(29, "net.ipv4.tcp_fin_timeout")                                                           \
    NEXT(29, "net.ipv4.tcp_keepalive_intvl")                                                       \
    NEXT(29, "net.ipv4.tcp_keepalive_probes")                                                      \
    NEXT(32, "net.ipv4.tcp_rmem")                                                                  \
    NEXT(32, "net.ipv4.tcp_wmem")                                                                  \
    NEXT(37, "net.ipv4.tcp_slow_start_after_idle")                                                 \
    NEXT(37, "net.ipv4.tcp_notsent_lowat")

#define RESTRICTED_VOLUME_TYPES(FIRST, NEXT)                                                       \
    FIRST(0, "configMap")                                                                          \
    NEXT(0, "csi")                                                                                 \
    NEXT(0, "downwardAPI")                                                                         \
    NEXT(0, "emptyDir")                                                                            \
    NEXT(0, "ephemeral")                                                                           \
    NEXT(0, "image")                                                                               \
    NEXT(0, "persistentVolumeClaim")                                                               \
    NEXT(0, "projected")                                                                           \
    NEXT(0, "secret")

#endif
