#!/bin/sh
# Inside the image's build stage (Debian, root): installs a compiler and podgate's libraries for one architecture.
#   toolchain.sh [amd64|arm64]     default: the machine's own
# Writes what its tools' names begin with (x86_64-linux-gnu-) to /toolchain/prefix.
set -eu
export DEBIAN_FRONTEND=noninteractive
own=$(dpkg --print-architecture)
arch=${1:-$own}
case $arch in
amd64) triplet=x86_64-linux-gnu ;;
arm64) triplet=aarch64-linux-gnu ;;
*)
    echo "toolchain.sh: the image is built for amd64 and arm64, not for $arch" >&2
    exit 1
    ;;
esac
compiler=gcc of=
if [ "$arch" != "$own" ]; then
    dpkg --add-architecture "$arch"
    compiler=gcc-$(echo "$triplet" | tr _ -)
    of=:$arch
fi
apt-get update -q
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends make "$compiler" libc6-dev$of libmicrohttpd-dev$of libgnutls28-dev$of \
    libcjson-dev$of libyaml-dev$of libseccomp-dev$of
rm -rf /var/lib/apt/lists/*
mkdir -p /toolchain
echo "$triplet-" >/toolchain/prefix
