/*
 * hostpath: paths of hostPath volumes, compared with component borders after cleaning.
 */
#ifndef PODGATE_KUBE_HOSTPATH_H
#define PODGATE_KUBE_HOSTPATH_H

#include "base/str.h"

/* "/var//run/./docker.sock/" -> "/var/run/docker.sock"; ".." is resolved lexically and noted, also one
 * between backslashes, which is not resolved. In the arena. */
struct str hostpath_clean(struct arena *arena, struct str path, bool *has_dotdot);
/* Whether `path` is `prefix` or below it; both cleaned. "/" covers everything. */
bool hostpath_is_below(struct str path, struct str prefix);
/* The container runtime whose control socket this is ("Docker", "containerd", "CRI-O", ...) when the cleaned path is that socket or a
 * directory that holds it (/, /run, /var/run, /run/containerd ...); STR_NONE otherwise. */
struct str hostpath_runtime_socket(struct str path);

#endif
