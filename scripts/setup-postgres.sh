#!/usr/bin/env bash
# Finds PostgreSQL's server programs, 15 or newer. Where there are none, Debian's packages are unpacked into target/tools/postgres
# and never installed: installing would make a cluster and start a service. target/tools/postgres/bin then has a starter for each.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/postgres-lib.sh
. scripts/postgres-lib.sh

# What the packages depend on and a server for tests never needs: the compiler for long queries, housekeeping, manuals.
unwanted='^(libllvm.*|libz3-.*|postgresql-(client-)?common|ssl-cert|perl.*|libperl.*|lib.*-perl|debconf.*|adduser|lsb-base|sysvinit-utils|locales.*|logrotate|cron.*)$'

# package: the newest server that apt knows, "postgresql-15" say.
package() {
    apt-cache search --names-only '^postgresql-[0-9]+$' | cut -d ' ' -f 1 | sort -V | tail -n 1
}

# fetch WORK: the server's package and what it would pull in here, downloaded but not installed; that needs no rights.
fetch() {
    local server list
    server="$(package)"
    [ -n "$server" ] || return 1
    list="$(apt-get install -s -q --no-install-recommends "$server" | awk '$1 == "Inst" { print $2 }')" || return 1
    mapfile -t list < <(printf '%s\n' "$server" "postgresql-client-${server##*-}" "$list" | sed '/^$/d' | sort -u | grep -Ev "$unwanted")
    (cd "$1" && apt-get download -q -o APT::Sandbox::User=root "${list[@]}" >apt.log 2>&1) || { tail -n 5 "$1/apt.log" >&2; return 1; }
}

# The starters know the way from themselves, so that the whole folder may be copied to where another user can read it.
write_starters() {
    local name version
    mkdir -p "$postgres_unpacked/bin"
    version="$(cd "$postgres_unpacked/root/usr/lib/postgresql" && printf '%s\n' * | sort -V | tail -n 1)"
    for name in initdb postgres pg_ctl psql; do
        cat >"$postgres_unpacked/bin/$name" <<END
#!/bin/sh
# Written by scripts/setup-postgres.sh.
usr="\$(cd "\$(dirname "\$0")/../root/usr" && pwd)"
LD_LIBRARY_PATH="\$(printf '%s:' "\$usr"/lib/*-linux-*)"
export LD_LIBRARY_PATH
exec "\$usr/lib/postgresql/$version/bin/$name" "\$@"
END
        chmod +x "$postgres_unpacked/bin/$name"
    done
}

bring() {
    local work deb
    have apt-get && have dpkg-deb || { warn "no apt-get here"; return 1; }
    work="$(mktemp -d)"
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$work'" EXIT
    # The lists at hand may be old or empty; asking for new ones needs rights.
    fetch "$work" 2>/dev/null || { as_root apt-get update -q >/dev/null 2>&1 || true; fetch "$work"; } || return 1
    rm -rf "$postgres_unpacked"
    mkdir -p "$postgres_unpacked/root"
    for deb in "$work"/*.deb; do
        dpkg-deb -x "$deb" "$postgres_unpacked/root"
    done
    write_starters
}

if found="$(postgres_bin)"; then
    say "PostgreSQL's server: already done, in $found"
    exit 0
fi
[ -z "${POSTERN_TEST_POSTGRES_BIN:-}" ] ||
    die "POSTERN_TEST_POSTGRES_BIN=$POSTERN_TEST_POSTGRES_BIN has no initdb, postgres and pg_ctl of PostgreSQL $postgres_oldest or newer"
say "PostgreSQL's server: unpacking Debian's into $postgres_unpacked"
if bring && postgres_bin >/dev/null; then
    exit 0
fi
die "PostgreSQL $postgres_oldest or newer is not here and cannot be had. On Debian: apt-get install postgresql (its service is not needed);
elsewhere: POSTERN_TEST_POSTGRES_BIN=FOLDER with initdb, postgres and pg_ctl"
