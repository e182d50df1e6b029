#!/bin/sh
# Where and of what results are: the head of a results file.    machine.sh PODGATE
export LC_ALL=C
row() { printf '# %s\t%s\n' "$1" "$2"; }
echo '# podgate bench 1'
row date "$(date -u '+%Y-%m-%d %H:%M UTC')"
row machine "$(lscpu 2>/dev/null | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) cores$(lscpu 2>/dev/null | sed -n 's/^Hypervisor vendor: */, virtual (/p' | sed 's/$/)/')"
row load "$(cut -d ' ' -f 1 /proc/loadavg) before the run"
row kernel "$(uname -sr)"
row system "$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME"), $(getconf GNU_LIBC_VERSION 2>/dev/null || echo "another C library")"
row compiler "$(${CC:-cc} --version | head -n 1)"
row podgate "$("$1" version | head -n 1)"
row generator "$(h2load --version 2>/dev/null)"
