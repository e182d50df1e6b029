#include "edge/sandbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's headers of the build may be older than the kernel that runs. A longer struct is fine with an older
 * kernel as long as what it does not know is zero. */
struct ruleset {
    uint64_t files, tcp, scopes;
};

#define FILES_1                                                                                    \
    ((UINT64_C(1) << 13) - 1)       /* execute, write, read, list, remove and make of all kinds */
#define FILES_2 (UINT64_C(1) << 13) /* rename across folders */
#define FILES_3 (UINT64_C(1) << 14) /* truncate */
#define FILES_5 (UINT64_C(1) << 15) /* ioctl on devices */
#define TCP_4 UINT64_C(3)           /* bind, connect */
#define SCOPES_6 UINT64_C(3)        /* abstract UNIX sockets, signals */

static struct ruleset ruleset_of(int version) {
    struct ruleset rules = {.files = FILES_1};
    if (version >= 2) rules.files |= FILES_2;
    if (version >= 3) rules.files |= FILES_3;
    if (version >= 4) rules.tcp = TCP_4;
    if (version >= 5) rules.files |= FILES_5;
    if (version >= 6) rules.scopes = SCOPES_6;
    return rules;
}

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RECORDING                                                                                  \
    (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |   \
     LANDLOCK_ACCESS_FS_REMOVE_FILE)

static bool allow(int ruleset, const char *folder, uint64_t access) {
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    beneath.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (beneath.parent_fd < 0) return true;
    long failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
    return failed == 0;
}

int files_confine(const char *const *folders, size_t count, const char *writable) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version <= 0) return 0;
    struct ruleset rules = ruleset_of((int)version);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) return 0;
    bool fine = true;
    for (size_t i = 0; fine && i < count; i++)
        fine = allow(ruleset, folders[i], READING);
    if (fine && writable) fine = allow(ruleset, writable, RECORDING);
    fine = fine && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    int why = errno;
    close(ruleset);
    errno = why;
    return fine ? (int)version : 0;
}
