#include "policy/builtin.h"

/*
 * The assembler writes the table, because only it knows how long the files are: a row is two
 * struct str, each an address and a length. Paths count from the repository's root, where the
 * compiler runs.
 */
#define BUILTIN(name)                                                                              \
    ".pushsection .rodata\n"                                                                       \
    "1: .ascii \"" name "\"\n"                                                                     \
    "2: .incbin \"policies/" name ".yaml\"\n"                                                      \
    "3:\n"                                                                                         \
    ".popsection\n"                                                                                \
    ".dc.a 1b, 2b - 1b, 2b, 3b - 2b\n"

#define TEXT_OF(tokens) #tokens
#define TEXT(macro) TEXT_OF(macro)
#define ROW_BYTES (4 * __SIZEOF_POINTER__)

_Static_assert(sizeof(struct builtin_policy) == ROW_BYTES &&
                   offsetof(struct builtin_policy, text) == 2 * sizeof(void *),
               "the rows below have this layout");

/* clang-format off */
__asm__(".pushsection .data.rel.ro, \"aw\"\n"
        ".balign 16\n"
        ".globl builtin_policies, builtin_policy_count\n"
        ".hidden builtin_policies, builtin_policy_count\n"
        "builtin_policies:\n"
        BUILTIN("availability")
        BUILTIN("default")
        BUILTIN("hardening")
        BUILTIN("images")
        BUILTIN("pod-security-baseline")
        BUILTIN("pod-security-restricted")
        BUILTIN("resources")
        BUILTIN("secrets")
        "4:\n"
        "builtin_policy_count:\n"
        ".dc.a (4b - builtin_policies) / (" TEXT(ROW_BYTES) ")\n"
        ".popsection\n");
/* clang-format on */

const struct builtin_policy *builtin_policy_find(struct str name) {
    for (size_t i = 0; i < builtin_policy_count; i++)
        if (str_equals(builtin_policies[i].name, name)) return &builtin_policies[i];
    return NULL;
}

const struct builtin_profile builtin_profiles[] = {
    {STR_INIT("baseline"), STR_INIT("pod-security-baseline")},
    {STR_INIT("restricted"), STR_INIT("pod-security-restricted")},
};
const size_t builtin_profile_count = sizeof builtin_profiles / sizeof *builtin_profiles;

const struct builtin_profile *builtin_profile_find(struct str name) {
    for (size_t i = 0; i < builtin_profile_count; i++)
        if (str_equals(builtin_profiles[i].name, name)) return &builtin_profiles[i];
    return NULL;
}
