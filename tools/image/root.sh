#!/bin/sh
# Makes the image's file system (Debian, any architecture that is installed; nothing is run):
#   root.sh PROGRAM FOLDER [PREFIX]      PREFIX: of the names of readelf and strip
# The program stripped, the loader and libraries that it names, found as the loader finds them, at Debian's places. Of
# each package that a file came from: its entry in the package database, in the form for images without a package
# manager (/var/lib/dpkg/status.d: scanners and SBOM tools read it), with its sums of the files that are here, and its licence.
# SOURCE_DATE_EPOCH: the time of every file.
set -eu
program=$1 root=$2 tools=${3:-}
umask 022
export LC_ALL=C
mkdir -p "$root"
[ -z "$(ls -A "$root")" ] || { echo "root.sh: $root is not empty" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

interpreter=$("${tools}readelf" -lW "$program" | sed -n 's/.*program interpreter: \(.*\)]$/\1/p')
case $("${tools}readelf" -hW "$program" | sed -n 's/^ *Machine: *//p') in
*X86-64) triplet=x86_64-linux-gnu ;;
AArch64) triplet=aarch64-linux-gnu ;;
*) echo "root.sh: $program: an unknown machine" >&2; exit 1 ;;
esac

# PATH: the name under which dpkg knows it (a merged /usr has two for each), after the package's.
owner() {
    for name in "$1" "/usr$1" "${1#/usr}"; do
        if dpkg -S "$name" >"$work/owner" 2>/dev/null; then
            sed -n '/^diversion /!{s/: / /p;q}' "$work/owner"
            return
        fi
    done
    echo "root.sh: $1 is of no package" >&2
    return 1
}

# PATH: the file, and all that its links lead to.
add() {
    next=$1
    while [ -n "$next" ]; do
        owner "$next" >"$work/one"
        read -r package path <"$work/one"
        echo "$package $path" >>"$work/files"
        mkdir -p "$root${path%/*}"
        cp -P --preserve=mode "$path" "$root$path"
        if [ ! -L "$path" ]; then break; fi
        link=$(readlink "$path")
        case $link in
        /*) next=$link ;;
        *) next=$(cd "${path%/*}" && cd "$(dirname "$link")" && pwd)/${link##*/} ;;
        esac
    done
}

# FILE: what it needs, then what that needs.
add_needed() {
    for library in $("${tools}readelf" -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'); do
        if grep -qxF "$library" "$work/seen"; then continue; fi
        echo "$library" >>"$work/seen"
        for folder in /lib/$triplet /usr/lib/$triplet; do
            if [ -e "$folder/$library" ]; then
                add "$folder/$library"
                add_needed "$folder/$library"
                continue 2
            fi
        done
        echo "root.sh: $1 needs $library, which is not here" >&2
        return 1
    done
}

echo "${interpreter##*/}" >"$work/seen"
add "$interpreter"
add_needed "$program"
add /etc/os-release

mkdir -p "$root/usr/bin" "$root/usr/share/doc/podgate" "$root/var/lib/dpkg/status.d"
"${tools}strip" -o "$root/usr/bin/podgate" "$program"
cp LICENSE "$root/usr/share/doc/podgate/copyright"

sort -u "$work/files" >"$work/sorted"
cut -d ' ' -f 1 "$work/sorted" | uniq | while read -r package; do
    name=${package%:*}
    dpkg-query -s "$package" >"$root/var/lib/dpkg/status.d/$name"
    # The package's own sums, not ours: they are there to compare with.
    dpkg-query --control-show "$package" md5sums | while read -r sum path; do
        if [ -f "$root/$path" ] && [ ! -L "$root/$path" ]; then echo "$sum  $path"; fi
    done >"$root/var/lib/dpkg/status.d/$name.md5sums"
    mkdir -p "$root/usr/share/doc/$name"
    cp -L "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/copyright"
done
# The licences that those texts only name.
mkdir -p "$root/usr/share/common-licenses"
grep -rhoE '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$root/usr/share/doc" | sort -u | while read -r licence; do
    if [ -e "$licence" ]; then cp -L "$licence" "$root$licence"; fi
done
chmod -R a+rX,go-w "$root"
find "$root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
