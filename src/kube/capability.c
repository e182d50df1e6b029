#include "kube/capability.h"

#define LITERAL(text)                                                                              \
    { (text), sizeof(text) - 1 }
#define LONGEST_BYTES 32

/* include/uapi/linux/capability.h of Linux 6.12, in its order, and what stands for all of them. */
static const struct str known_names[] = {
    LITERAL("CHOWN"),
    LITERAL("DAC_OVERRIDE"),
    LITERAL("DAC_READ_SEARCH"),
    LITERAL("FOWNER"),
    LITERAL("FSETID"),
    LITERAL("KILL"),
    LITERAL("SETGID"),
    LITERAL("SETUID"),
    LITERAL("SETPCAP"),
    LITERAL("LINUX_IMMUTABLE"),
    LITERAL("NET_BIND_SERVICE"),
    LITERAL("NET_BROADCAST"),
    LITERAL("NET_ADMIN"),
    LITERAL("NET_RAW"),
    LITERAL("IPC_LOCK"),
    LITERAL("IPC_OWNER"),
    LITERAL("SYS_MODULE"),
    LITERAL("SYS_RAWIO"),
    LITERAL("SYS_CHROOT"),
    LITERAL("SYS_PTRACE"),
    LITERAL("SYS_PACCT"),
    LITERAL("SYS_ADMIN"),
    LITERAL("SYS_BOOT"),
    LITERAL("SYS_NICE"),
    LITERAL("SYS_RESOURCE"),
    LITERAL("SYS_TIME"),
    LITERAL("SYS_TTY_CONFIG"),
    LITERAL("MKNOD"),
    LITERAL("LEASE"),
    LITERAL("AUDIT_WRITE"),
    LITERAL("AUDIT_CONTROL"),
    LITERAL("SETFCAP"),
    LITERAL("MAC_OVERRIDE"),
    LITERAL("MAC_ADMIN"),
    LITERAL("SYSLOG"),
    LITERAL("WAKE_ALARM"),
    LITERAL("BLOCK_SUSPEND"),
    LITERAL("AUDIT_READ"),
    LITERAL("PERFMON"),
    LITERAL("BPF"),
    LITERAL("CHECKPOINT_RESTORE"),
    LITERAL("ALL"),
};
static const size_t known_count = sizeof known_names / sizeof *known_names;

static struct str without_prefix(struct str name) {
    struct str prefix = STR("CAP_");
    bool has_prefix = str_equals_ignore_case(str_slice(name, 0, prefix.len), prefix);
    return has_prefix ? str_slice(name, prefix.len, name.len) : name;
}

bool capability_equals(struct str a, struct str b) {
    return str_equals_ignore_case(without_prefix(a), without_prefix(b));
}

bool capability_is_known(struct str name) {
    struct str bare = without_prefix(name);
    for (size_t i = 0; i < known_count; i++) {
        if (str_equals_ignore_case(bare, known_names[i])) return true;
    }
    return false;
}

struct str capability_nearest(struct str wrong) {
    char upper[LONGEST_BYTES];
    struct str bare = without_prefix(wrong);
    if (bare.len > sizeof upper) return STR_NONE;
    for (size_t i = 0; i < bare.len; i++) {
        char c = bare.at[i];
        upper[i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return str_nearest((struct str){upper, bare.len}, known_names, known_count);
}
