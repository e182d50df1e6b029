/*
 * profile: seccomp and AppArmor profiles as annotations gave them before there were fields. The API server still fills
 * AppArmor fields of Pods from them (not those of templates); the seccomp ones have no effect since v1.27.
 */
#ifndef PODGATE_KUBE_PROFILE_H
#define PODGATE_KUBE_PROFILE_H

#include "kube/pod.h"

#define PROFILE_SECCOMP_POD_KEY "seccomp.security.alpha.kubernetes.io/pod"

/* What the value says in the words of the fields: "runtime/default", "localhost/NAME" or "unconfined"; of another value
 * the type is empty. Slices of the value or literals. */
struct security_profile profile_from_annotation(struct str value);

#endif
