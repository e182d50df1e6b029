#include "kube/capability.h"

#include "base/ascii.h"

#define LONGEST_BYTES 32

/* include/uapi/linux/capability.h of Linux 6.12, in its order, and what stands for all of them. */
static const struct str known_names[] = {
    STR_INIT("CHOWN"),
    STR_INIT("DAC_OVERRIDE"),
    STR_INIT("DAC_READ_SEARCH"),
    STR_INIT("FOWNER"),
    STR_INIT("FSETID"),
    STR_INIT("KILL"),
    STR_INIT("SETGID"),
    STR_INIT("SETUID"),
    STR_INIT("SETPCAP"),
    STR_INIT("LINUX_IMMUTABLE"),
    STR_INIT("NET_BIND_SERVICE"),
    STR_INIT("NET_BROADCAST"),
    STR_INIT("NET_ADMIN"),
    STR_INIT("NET_RAW"),
    STR_INIT("IPC_LOCK"),
    STR_INIT("IPC_OWNER"),
    STR_INIT("SYS_MODULE"),
    STR_INIT("SYS_RAWIO"),
    STR_INIT("SYS_CHROOT"),
    STR_INIT("SYS_PTRACE"),
    STR_INIT("SYS_PACCT"),
    STR_INIT("SYS_ADMIN"),
    STR_INIT("SYS_BOOT"),
    STR_INIT("SYS_NICE"),
    STR_INIT("SYS_RESOURCE"),
    STR_INIT("SYS_TIME"),
    STR_INIT("SYS_TTY_CONFIG"),
    STR_INIT("MKNOD"),
    STR_INIT("LEASE"),
    STR_INIT("AUDIT_WRITE"),
    STR_INIT("AUDIT_CONTROL"),
    STR_INIT("SETFCAP"),
    STR_INIT("MAC_OVERRIDE"),
    STR_INIT("MAC_ADMIN"),
    STR_INIT("SYSLOG"),
    STR_INIT("WAKE_ALARM"),
    STR_INIT("BLOCK_SUSPEND"),
    STR_INIT("AUDIT_READ"),
    STR_INIT("PERFMON"),
    STR_INIT("BPF"),
    STR_INIT("CHECKPOINT_RESTORE"),
    STR_INIT("ALL"),
};
static const size_t known_count = sizeof known_names / sizeof *known_names;

static struct str without_prefix(struct str name) {
    struct str prefix = STR("CAP_");
    bool has_prefix = str_equals_ignore_case(str_slice(name, 0, prefix.len), prefix);
    return has_prefix ? str_slice(name, prefix.len, name.len) : name;
}

/* Takes the next letter off, in upper case as Go's strings.ToUpper has it, which is what runtimes call: the long s
 * (U+017F) becomes S and the i without a dot (U+0131) I. */
static char take_upper(struct str *rest) {
    static const struct {
        struct str letter;
        char upper;
    } others[] = {{STR_INIT("\xc5\xbf"), 'S'}, {STR_INIT("\xc4\xb1"), 'I'}};
    char c = ascii_to_upper(rest->at[0]);
    size_t taken = 1;
    bool is_ascii = (unsigned char)c < 0x80;
    for (size_t i = 0; !is_ascii && i < sizeof others / sizeof *others; i++) {
        if (!str_starts_with(*rest, others[i].letter)) continue;
        c = others[i].upper;
        taken = others[i].letter.len;
    }
    *rest = str_slice(*rest, taken, rest->len);
    return c;
}

bool capability_equals(struct str a, struct str b) {
    if (str_equals(a, b)) return true;
    a = without_prefix(a);
    b = without_prefix(b);
    while (a.len > 0 && b.len > 0) {
        if (take_upper(&a) != take_upper(&b)) return false;
    }
    return a.len == b.len;
}

bool capability_list_has(const struct str_list *names, struct str name) {
    for (size_t i = 0; i < names->count; i++) {
        if (capability_equals(names->items[i], name)) return true;
    }
    return false;
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
        upper[i] = c == '-' ? '_' : ascii_to_upper(c);
    }
    return str_nearest((struct str){upper, bare.len}, known_names, known_count);
}

bool capability_check_names(const struct str_list *names, size_t *wrong, struct error *err) {
    for (size_t i = 0; i < names->count; i++) {
        struct str name = names->items[i];
        if (capability_is_known(name)) continue;
        *wrong = i;
        struct str nearest = capability_nearest(name);
        if (str_is_empty(nearest))
            return error_set(err, ERR_SCHEMA, "%s is no capability", str_quoted(name).text);
        return error_set(err, ERR_SCHEMA, "%s is no capability; did you mean \"%.*s\"?",
                         str_quoted(name).text, STR_ARGS(nearest));
    }
    return true;
}
