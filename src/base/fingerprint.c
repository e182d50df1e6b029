#include "base/fingerprint.h"

#define PRIME UINT64_C(0x100000001b3)

/* A text ends with a byte that UTF-8 never has. */
uint64_t fingerprint_add(uint64_t fingerprint, struct str text) {
    for (size_t i = 0; i < text.len; i++)
        fingerprint = (fingerprint ^ (unsigned char)text.at[i]) * PRIME;
    return (fingerprint ^ 0xFF) * PRIME;
}
