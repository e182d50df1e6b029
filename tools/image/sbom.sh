#!/bin/sh
# Lists what is in the image, in SPDX (JSON), from the package database that the image carries:
#   sbom.sh FOLDER FILE      FOLDER: the image's files (image.sh root)
# Environment: VERSION. syft is built from its Go module into the user's cache folder (Go 1.26).
set -eu
syft=$(tests/tools/build.sh syft)/syft
SYFT_CHECK_FOR_APP_UPDATE=false "$syft" scan -q "dir:$1" --source-name podgate --source-version "${VERSION:-unknown}" \
    -o "spdx-json=$2"
echo "$2"
