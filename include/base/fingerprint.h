/*
 * fingerprint: a number for texts, the same everywhere and always (FNV-1a, 64 bits): it tells what is the same in
 * two outputs, or two configurations. Who chooses the texts can make two collide: tables have base/table's hash.
 */
#ifndef PODGATE_BASE_FINGERPRINT_H
#define PODGATE_BASE_FINGERPRINT_H

#include "base/str.h"

#define FINGERPRINT_START UINT64_C(0xcbf29ce484222325)
/* That of the texts before and one more; where one ends and the next begins counts. */
uint64_t fingerprint_add(uint64_t fingerprint, struct str text);

#endif
