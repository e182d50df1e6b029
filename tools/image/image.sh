#!/bin/sh
# Builds the container image with whatever is here, and looks into it:
#   image.sh build NAME            an image called NAME
#   image.sh root NAME FOLDER      its files, unpacked into an empty folder
# Environment: IMAGE_TOOL (docker, podman or buildah, with options if it needs some; default: the first that works),
# IMAGE_BUILD_ARGS (more for `build`), PLATFORM (linux/arm64; default: this machine's), VERSION, COMMIT, SOURCE_DATE_EPOCH.
set -eu

say() { echo "image.sh: $*" >&2; }

# The docker client is on many machines that run no docker daemon.
find_tool() {
    if [ -n "${IMAGE_TOOL:-}" ]; then
        echo "$IMAGE_TOOL"
    elif command -v docker >/dev/null 2>&1 && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then
        echo docker
    elif command -v podman >/dev/null 2>&1; then
        echo podman
    elif command -v buildah >/dev/null 2>&1; then
        echo buildah
    elif command -v docker >/dev/null 2>&1; then
        say "docker is here, but no docker daemon answers; podman and buildah work without one"
        return 1
    else
        say "none of docker, podman and buildah is here"
        return 1
    fi
}

epoch() {
    if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
        echo "$SOURCE_DATE_EPOCH"
    else
        git log -1 --format=%ct 2>/dev/null || echo 0
    fi
}

own_architecture() {
    case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) uname -m ;;
    esac
}

build() { # NAME
    epoch=$(epoch)
    created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
    set -- -t "$1" --build-arg "VERSION=${VERSION:-unknown}" --build-arg "COMMIT=${COMMIT:-unknown}" \
        --build-arg "CREATED=$created" --build-arg "SOURCE_DATE_EPOCH=$epoch"
    if [ -n "${PLATFORM:-}" ]; then set -- "$@" --platform "$PLATFORM"; fi
    case $tool in
    docker*) ;;
    # Only BuildKit and newer releases of these two know it by themselves.
    *) set -- "$@" --build-arg "BUILDPLATFORM=linux/$(own_architecture)" ;;
    esac
    # shellcheck disable=SC2086
    case $tool in
    # BuildKit takes the epoch from its build argument.
    docker*) DOCKER_BUILDKIT=1 $tool build ${IMAGE_BUILD_ARGS:-} "$@" . ;;
    podman*) $tool build --timestamp "$epoch" ${IMAGE_BUILD_ARGS:-} "$@" . ;;
    *) $tool bud --layers --timestamp "$epoch" ${IMAGE_BUILD_ARGS:-} "$@" . ;;
    esac
}

archive() { # NAME FILE: in the docker-archive format, which all three write
    case $tool in
    docker*) $tool save -o "$2" "$1" ;;
    podman*) $tool save -q --format docker-archive -o "$2" "$1" ;;
    *) $tool push -q "$1" "docker-archive:$2:$1" ;;
    esac
}

# The image is one layer on nothing, so there are no deletions to follow.
root() { # NAME FOLDER
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    archive "$1" "$work/image.tar"
    mkdir -p "$2" "$work/image"
    tar -xf "$work/image.tar" -C "$work/image"
    find "$work/image" -type f \( -name '*.tar' -o -name 'layer.tar' -o -path '*/blobs/sha256/*' \) | while read -r layer; do
        if tar -tf "$layer" usr/bin/podgate >/dev/null 2>&1; then tar -xf "$layer" -C "$2"; fi
    done
    [ -e "$2/usr/bin/podgate" ] || { say "$1 has no usr/bin/podgate"; return 1; }
}

verb=${1:-}
case $verb/$# in
build/2 | root/3) ;;
*)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
tool=$(find_tool)
shift
"$verb" "$@"
