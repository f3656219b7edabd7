#!/usr/bin/env bash
# Brings the programs that the tests talk with, written by other people: Postfix, Exim, aiosmtpd, unbound, dkimpy. Their Debian
# packages are unpacked into target/tools/peers and never installed: some conflict with each other, most would start a service.
# target/tools/peers/bin then has a starter for each; the tests look there first and on PATH after it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peers="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/peers"
other_packages=(libnss-wrapper libresolv-wrapper unbound python3-aiosmtpd python3-dkim python3-nacl)
packages=(postfix exim4-daemon-light "${other_packages[@]}")
# What they depend on and a test never needs: configuration, documentation's fonts, housekeeping.
unwanted='^(exim4-config|fonts-.*|sphinx-.*|mysql-common|mariadb-common|adduser|cron.*|logrotate|debconf.*|lsb-base|ssl-cert|cpio)$'

programs=(sbin/exim4 sbin/postconf sbin/smtp-sink sbin/unbound lib/postfix/sbin/master)

# The starters begin every program in the same way, with libraries, modules and users that only the unpacked tree has.
write_starters() {
    local root="$peers/root" libraries name path
    libraries="$(find "$root" -name '*.so*' -not -path '*/dist-packages/*' -printf '%h\n' | sort -u | paste -sd :)"
    mkdir -p "$peers/bin"
    write_users
    for name in "${programs[@]}"; do
        path="$root/usr/$name"
        # Rights come from whoever starts it; the loader would not preload a library into a set-user-ID program.
        chmod u-s,g-s "$path"
        starter "${name##*/}" <<END
export LD_LIBRARY_PATH="$libraries"
export LD_PRELOAD="libnss_wrapper.so\${RESOLV_WRAPPER_HOSTS:+ libresolv_wrapper.so}"
export NSS_WRAPPER_PASSWD="$peers/passwd" NSS_WRAPPER_GROUP="$peers/group"
exec "$path" "\$@"
END
    done
    ln -s "$root" "$peers/bin/root"
    starter peers-python <<END
export LD_LIBRARY_PATH="$libraries" PYTHONPATH="$root/usr/lib/python3/dist-packages\${PYTHONPATH:+:\$PYTHONPATH}"
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "\$@"
END
}

# Mail servers look their own users up by name, which nobody has made here: libnss_wrapper answers from these files. Started by
# root they give their rights up for these users', otherwise they stay who they are.
write_users() {
    local own="" name id=65529
    [ "$(id -u)" = 0 ] || own="$(id -u):$(id -g)"
    printf '%s\n' "root:x:0:0:root:/root:/bin/sh" "nobody:x:65534:65534:nobody:/nonexistent:/bin/false" >"$peers/passwd"
    printf '%s\n' "root:x:0:" "nogroup:x:65534:" "postdrop:x:65533:" >"$peers/group"
    for name in Debian-exim postfix; do
        echo "$name:x:${own:-$id:$id}:$name:/nonexistent:/bin/false" >>"$peers/passwd"
        echo "$name:x:$(cut -d : -f 2 <<<"${own:-$id}"):" >>"$peers/group"
        id=$((id + 1))
    done
}

# starter NAME: a script in bin/ with what comes on standard input.
starter() {
    { printf '#!/bin/sh\n# Written by scripts/setup-peers.sh.\n' && cat; } >"$peers/bin/$1"
    chmod +x "$peers/bin/$1"
}

# Present means: each of them runs.
present() {
    [ -f "$peers/packages" ] && [ "$(cat "$peers/packages")" = "${packages[*]}" ] || return 1
    "$peers/bin/unbound" -V && "$peers/bin/exim4" -C /dev/null -bV && "$peers/bin/postconf" -d -h mail_version &&
        "$peers/bin/peers-python" -c 'import aiosmtpd, dkim, nacl.signing'
} >/dev/null 2>&1

# with_dependencies: the packages and what they would pull in here, by apt's own reckoning; in two goes, because Postfix and Exim
# conflict.
with_dependencies() {
    printf '%s\n' "${packages[@]}"
    local go
    for go in "postfix ${other_packages[*]}" exim4-daemon-light; do
        # shellcheck disable=SC2086 # words are meant
        apt-get install -s -q --no-install-recommends $go | awk '$1 == "Inst" { print $2 }'
    done
}

# fetch WORK: all the packages, downloaded but not installed; that needs no rights.
fetch() {
    local list
    list="$(with_dependencies)" || return 1
    mapfile -t list < <(sort -u <<<"$list" | grep -Ev "$unwanted")
    (cd "$1" && apt-get download -q -o APT::Sandbox::User=root "${list[@]}" >apt.log 2>&1) || { tail -n 5 "$1/apt.log" >&2; return 1; }
}

bring() {
    local work deb
    have apt-get && have dpkg-deb || { warn "no apt-get here: the tests take these programs from PATH"; return 1; }
    work="$(mktemp -d)"
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    # The lists at hand may be old or empty; asking for new ones needs rights.
    fetch "$work" 2>/dev/null || { as_root apt-get update -q >/dev/null 2>&1 || true; fetch "$work"; } || return 1
    rm -rf "$peers"
    mkdir -p "$peers/root"
    for deb in "$work"/*.deb; do
        dpkg-deb -x "$deb" "$peers/root"
    done
    write_starters
    printf '%s\n' "${packages[*]}" >"$peers/packages"
}

# The modules with compiled parts are for the system's own Python, not for another one that comes first on PATH.
python=/usr/bin/python3
[ -x "$python" ] || python="$(command -v python3 || true)"

if present; then
    say "mail programs of other people: already done"
    exit 0
fi
say "mail programs of other people: unpacking ${packages[*]} into $peers"
if bring && present; then
    exit 0
fi
die "the programs that the tests talk with are not all here. On Debian: apt-get update, then this script again; it needs
${packages[*]}
and python3, and installs none of them."
