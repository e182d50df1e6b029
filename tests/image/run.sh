#!/bin/bash
# The container image, from nothing and without a registry: builds it twice and for another architecture, looks into it,
# runs it as a cluster would. What it needs from Debian it installs (root). Containers and images live in a folder of
# its own, so nobody's are touched.
#   VERSION=0.1.0 COMMIT=abc tests/image/run.sh
set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
cd "$(dirname "$0")/../.." || exit 1
: "${VERSION:?}" "${COMMIT:?}"
NAME=localhost/podgate/podgate:$VERSION
MAX_BYTES=20000000
passed=0 failed=0 container=
work=$(mktemp -d)
# shellcheck source=tests/report.bash
. tests/report.bash

podman=(podman --root "$work/storage" --runroot "$work/run" --runtime runc --cgroup-manager cgroupfs)
buildah=(buildah --root "$work/storage" --runroot "$work/run")
export IMAGE_BUILD_ARGS="--isolation chroot --network host --pull=never"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 1)
export SOURCE_DATE_EPOCH

cleanup() {
    if [ -n "$container" ]; then "${podman[@]}" rm -f -t 0 "$container" >/dev/null 2>&1; fi
    "${podman[@]}" system reset -f >/dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# --- tools ----------------------------------------------------------------------------------------
install_tools() {
    local need='' tool
    for tool in podman:podman buildah:buildah runc:runc mmdebstrap:mmdebstrap qemu-aarch64-static:qemu-user-static \
        curl:curl openssl:openssl python3:python3-minimal readelf:binutils; do
        command -v "${tool%:*}" >/dev/null || need="$need ${tool#*:}"
    done
    [ -n "$need" ] || return 0
    echo "installing$need"
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $need >"$work/apt" 2>&1 ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends $need; } >"$work/apt" 2>&1
}
[ "$(id -u)" = 0 ] || give_up "root is needed: Debian's root folder and a build without a daemon are made by chroot"
install_tools || give_up "packages could not be installed" "$work/apt"

# --- building -------------------------------------------------------------------------------------
# Files as they are now, tracked or new, with a time of their own.
copy_tree() { # FOLDER TIME
    mkdir -p "$1"
    find Makefile LICENSE Dockerfile .dockerignore tools include policies src -type f -print0 | xargs -0 cp -P --parents -t "$1"
    find "$1" -exec touch -h -d "$2" {} +
}
# FOLDER TOOL VERB ARGUMENT...: image.sh there
image_sh() {
    local folder=$1 tool=$2
    shift 2
    (cd "$folder" && IMAGE_TOOL=$tool tools/image/image.sh "$@")
}
id_of() { "${podman[@]}" image inspect --format '{{.Id}} {{.Digest}}' "$1" 2>&1; }
file_sum() { sha256sum <"$1" | cut -c 1-64; }
timed() { printf 'note  %s: %d s\n' "$1" $((SECONDS - began)); }

began=$SECONDS
mmdebstrap -q --variant=minbase bookworm "$work/base.tar" >"$work/out" 2>&1 || give_up "mmdebstrap makes Debian's root folder" "$work/out"
"${podman[@]}" import -q "$work/base.tar" docker.io/library/debian:bookworm-slim >"$work/out" 2>&1 || give_up "podman imports it" "$work/out"
rm "$work/base.tar"
timed "a root folder of Debian 12"

began=$SECONDS
copy_tree "$work/one" '2020-02-02 02:02:02'
image_sh "$work/one" "${buildah[*]}" build "$NAME" >"$work/out" 2>&1 || give_up "buildah builds the image" "$work/out"
ok "buildah builds the image"
timed "the image"
image_sh "$work/one" "${buildah[*]}" root "$NAME" "$work/root" >"$work/out" 2>&1 || give_up "its files can be unpacked" "$work/out"

# Another tool, another folder inside and out, other times of the files, nothing kept from the first build.
second="$work/the second/somewhere deeper"
copy_tree "$second" '2024-04-04 04:04:04'
sed -i 's|^WORKDIR /src$|WORKDIR /another/place|' "$second/Dockerfile"
began=$SECONDS
IMAGE_BUILD_ARGS="$IMAGE_BUILD_ARGS --no-cache" check "podman builds it elsewhere" image_sh "$second" "${podman[*]}" build "$NAME-again"
timed "the same again"
image_sh "$second" "${podman[*]}" root "$NAME-again" "$work/again" >"$work/out" 2>&1
same "both binaries have the same digest" "$(file_sum "$work/root/usr/bin/podgate")" "$(file_sum "$work/again/usr/bin/podgate")"
check "both images hold the same files" diff -r --no-dereference "$work/root" "$work/again"
same "both images have the same id and digest" "$(id_of "$NAME")" "$(id_of "$NAME-again")"
printf 'note  sha256 of the binary: %s\n' "$(file_sum "$work/root/usr/bin/podgate")"

# --- what is in it --------------------------------------------------------------------------------
size=$("${podman[@]}" image inspect --format '{{.Size}}' "$NAME")
printf 'note  size of the image: %d.%d MB\n' $((size / 1000000)) $((size / 100000 % 10))
check "it is smaller than 20 MB" test "$size" -lt $MAX_BYTES
field() { "${podman[@]}" image inspect --format "{{$1}}" "$NAME"; }
label() { field "index .Config.Labels \"org.opencontainers.image.$1\""; }
same "its user is a number, and not root" 65532:65532 "$(field .Config.User)"
same "its label title" podgate "$(label title)"
same "its label version is the Makefile's" "$VERSION" "$(label version)"
same "its label revision is the commit" "$COMMIT" "$(label revision)"
same "its label created is the commit's time" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" "$(label created)"
same "its label licenses" Apache-2.0 "$(label licenses)"
same "the chart asks for this version" "$VERSION" "$(sed -n 's/^appVersion: "\(.*\)"/\1/p' charts/podgate/Chart.yaml)"

within() { (cd "$work/root" && "$@"); }
same "podgate is the only program in it" ./usr/bin/podgate "$(within find . -type f -perm /111 ! -name '*.so*')"
same "nothing in it is setuid, or writable by others" "" "$(within find . ! -type l -perm /7022)"
within sh -c 'cat var/lib/dpkg/status.d/*.md5sums' >"$work/sums"
check "every library is as its package made it" within md5sum --quiet -c "$work/sums"
same "every file but podgate belongs to a package" "$(cut -c 35- "$work/sums" | sort)" \
    "$(within find . -type f ! -path ./usr/bin/podgate ! -path './usr/share/*' ! -path './var/lib/dpkg/*' -printf '%P\n' | sort)"
unlicensed() {
    local sums name
    for sums in "$work"/root/var/lib/dpkg/status.d/*.md5sums; do
        name=$(basename "$sums" .md5sums)
        [ -s "$work/root/usr/share/doc/$name/copyright" ] || echo "$name"
    done
}
same "every package has its licence" "" "$(unlicensed)"

# --- the list of what is in it --------------------------------------------------------------------
check "the SBOM is made" tools/image/sbom.sh "$work/root" "$work/sbom.json"
check "the SBOM lists podgate, and each package in its version, and nothing else" \
    python3 tests/image/sbom.py "$work/sbom.json" "$work/root/var/lib/dpkg/status.d" "$VERSION"

# --- running it -----------------------------------------------------------------------------------
certs/make-dev-certs.sh "$work/certs" >/dev/null 2>&1
chmod 755 "$work" "$work/certs"
chmod 444 "$work"/certs/*
run=(run --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network host --read-only --cap-drop ALL
    --security-opt no-new-privileges -v "$work/certs:/etc/podgate/tls:ro")
once() { "${podman[@]}" "${run[@]}" --rm "$@"; }
allowed() { grep -o '"allowed":[a-z]*'; }

same "podgate version names version and commit" "podgate $VERSION, commit $COMMIT" "$(once "$NAME" version 2>&1 | head -n 1)"
for shell in /bin/sh /bin/bash /busybox/sh; do
    fails "there is no $shell" once --entrypoint "$shell" "$NAME" -c true
done
container=$("${podman[@]}" "${run[@]}" --tmpfs /record:size=2m,mode=1777 -d "$NAME" serve --record /record --record-size 1MiB --listen 127.0.0.1:0 --health-listen 127.0.0.1:0 \
    --metrics-listen 127.0.0.1:0 --sandbox require --tls-cert /etc/podgate/tls/tls.crt --tls-key /etc/podgate/tls/tls.key 2>"$work/out")
port='' turns=0
while [ -z "$port" ] && [ $turns -lt 100 ]; do
    turns=$((turns + 1))
    sleep 0.1
    port=$("${podman[@]}" logs "$container" 2>&1 | sed -n 's/.*serves on port \([0-9]*\).*/\1/p')
done
"${podman[@]}" logs "$container" >>"$work/out" 2>&1
[ -n "$port" ] || give_up "the container serves" "$work/out"
ok "the container serves"
verdict() { # REVIEW
    curl -sS --max-time 10 --cacert "$work/certs/ca.crt" -H 'Content-Type: application/json' \
        --data-binary "@tests/reviews/$1/request.json" "https://localhost:$port/validate" 2>&1 | allowed
}
same "a bad Pod is denied through it, over TLS" '"allowed":false' "$(verdict create-pod-bad-everything)"
same "a good Pod is allowed through it, over TLS" '"allowed":true' "$(verdict good-pod)"
check "podgate probe works inside it" "${podman[@]}" exec "$container" /usr/bin/podgate probe --ca-file /etc/podgate/tls/ca.crt \
    --sample bad --expect denied "https://localhost:$port/validate"
printed() { "${podman[@]}" exec "$container" podgate replay --print /record; }
turns=0
while [ "$(printed 2>&1 | wc -l)" -lt 3 ] && [ $turns -lt 50 ]; do
    turns=$((turns + 1))
    sleep 0.1
done
same "what it recorded is got out of it" 3 "$(printed 2>"$work/out" | grep -c '^{"kind":"AdmissionReview"')"
fails "without the secrets" sh -c "\"\$@\" | grep not-a-real-password" - "${podman[@]}" exec "$container" podgate replay --print /record
pid=$("${podman[@]}" inspect --format '{{.State.Pid}}' "$container")
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"; }
same "it runs as 65532" "$(printf '65532\t65532\t65532\t65532')" "$(status Uid)"
same "it has no capability" 0000000000000000 "$(status CapEff)"
same "it gets no new privileges" 1 "$(status NoNewPrivs)"
same "its own sandbox is in force beside the container's" 1 \
    "$("${podman[@]}" logs "$container" 2>&1 | grep -c 'sandbox: no core dumps, no capabilities, no new privileges, Landlock .*, seccomp (')"
fails "its root folder is read-only" touch "/proc/$pid/root/usr/bin/new"
printf 'note  resident: %s\n' "$(status VmRSS)"
# A second signal cuts the draining short.
"${podman[@]}" kill -s TERM "$container" >/dev/null 2>&1
sleep 0.3
"${podman[@]}" kill -s TERM "$container" >/dev/null 2>&1
same "SIGTERM ends it cleanly" 0 "$(timeout 20 "${podman[@]}" wait "$container" 2>&1)"

# --- another architecture -------------------------------------------------------------------------
began=$SECONDS
PLATFORM=linux/arm64 image_sh "$work/one" "${buildah[*]}" build "$NAME-arm64" >"$work/out" 2>&1 ||
    give_up "the image for arm64 is cross-compiled" "$work/out"
ok "the image for arm64 is cross-compiled"
timed "the image for arm64"
image_sh "$work/one" "${buildah[*]}" root "$NAME-arm64" "$work/arm64" >"$work/out" 2>&1
same "it says that it is for arm64" arm64 "$("${podman[@]}" image inspect --format '{{.Architecture}}' "$NAME-arm64")"
same "so is its program" AArch64 "$(readelf -hW "$work/arm64/usr/bin/podgate" | sed -n 's/^ *Machine: *//p')"
arm64() { qemu-aarch64-static -L "$work/arm64" "$work/arm64/usr/bin/podgate" "$@"; }
same "the arm64 program runs (qemu)" "podgate $VERSION, commit $COMMIT" "$(arm64 version 2>&1 | head -n 1)"
cat tests/reviews/create-*/request.json tests/reviews/update-*/request.json >"$work/reviews"
once -i "$NAME" review <"$work/reviews" >"$work/amd64.answers" 2>&1
arm64 review <"$work/reviews" >"$work/arm64.answers" 2>&1
printf 'note  reviews judged by both: %d\n' "$(wc -l <"$work/amd64.answers")"
check "both judge the same reviews, some denied" grep -q '"allowed":false' "$work/amd64.answers"
check "and give the same answers (qemu)" cmp "$work/amd64.answers" "$work/arm64.answers"
finish
