#!/usr/bin/env bash
# with-postgres.sh COMMAND…: runs it beside a PostgreSQL of its own, and leaves nothing behind. The server lives in a temporary
# folder, belongs to an unprivileged user, listens on a free port of 127.0.0.1 and knows one password, made for this run.
#
# The command finds
#   POSTERN_TEST_POSTGRES       postgres://postern:PASSWORD@127.0.0.1:PORT/, whose user may create databases
#   POSTERN_TEST_POSTGRES_BIN   the folder with initdb, postgres and pg_ctl, for a test that starts, and kills, a server of its own
#   POSTERN_TEST_POSTGRES_USER  whom such a test has to start them as; not set where that is whoever runs it
# A server that POSTERN_TEST_POSTGRES names already is taken instead.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/postgres-lib.sh
. scripts/postgres-lib.sh

[ "$#" -gt 0 ] || die "usage: with-postgres.sh COMMAND…"
[ -z "${POSTERN_TEST_POSTGRES:-}" ] || exec "$@"
scripts/setup-postgres.sh >&2
bin="$(postgres_bin)"

# In an environment where no PG… variable of the caller's matters; and the server ends with the process that started it, however
# that ends.
as_server=(env -i PATH="$PATH" LC_ALL=C.UTF-8)
user=""
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL does not run as root. Debian's own user for it, else the one that has nothing.
    have setpriv || die "setpriv is missing (it gives up root's rights): apt-get install util-linux"
    for user in postgres nobody ""; do
        [ -n "$user" ] || die "neither a user postgres nor nobody is here, and PostgreSQL does not run as root"
        ! id "$user" >/dev/null 2>&1 || break
    done
    as_server+=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --pdeathsig QUIT)
elif have setpriv; then
    as_server+=(setpriv --pdeathsig QUIT)
fi

# Data that is gone in a minute need not survive a power cut.
settings="
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
logging_collector = off
jit = off
"

# The steps of the keeper, below. What goes wrong stands in $folder/log.
prepare() {
    local password="$1"
    chmod 711 "$folder"
    mkdir -m 700 "$folder/home"
    (umask 077 && echo "$1" >"$folder/home/password")
    [ -z "$user" ] || chown -R "$user" "$folder/home"
    # Root's own folders may be closed to the server's user.
    if ! "${as_server[@]}" "$bin/postgres" --version; then
        cp -a "$bin/.." "$folder/programs" && bin="$folder/programs/${bin##*/}"
    fi
    cd "$folder/home"
    "${as_server[@]}" "$bin/initdb" -D "$folder/home/data" --username=postern --pwfile="$folder/home/password" --auth=password \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions || return 1
    echo "$settings" >>"$folder/home/data/postgresql.conf"
}

# up PORT: whether the server came up on it. Its own file of state says when it takes connections.
up() {
    local alone=() tries
    # In a session of its own: Ctrl-C is for the tests, which need the server to their end.
    ! have setsid || alone=(setsid)
    "${alone[@]}" "${as_server[@]}" "$bin/postgres" -D "$folder/home/data" -p "$1" &
    server=$!
    for ((tries = 0; tries < 600; tries++)); do
        ! grep -qs '^ready' "$folder/home/data/postmaster.pid" || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    down
    return 1
}

down() {
    local tries
    kill -INT "$server" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" || true
}

# The keeper owns the folder and the server. It says the server's address (or nothing), and clears up when its standard input ends:
# that is when this script is done, and as well when somebody kills it.
keep() {
    trap '' HUP INT TERM
    local folder server="" password tries port
    folder="$(mktemp -d "${TMPDIR:-/tmp}/postern-postgres.XXXXXX")"
    # shellcheck disable=SC2064 # the folder of now is meant
    trap "rm -rf '$folder'" EXIT
    password="$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
    {
        if prepare "$password"; then
            for ((tries = 0; tries < 10; tries++)); do
                # Free by chance; the next one when it is not.
                port=$((20000 + SRANDOM % 40000))
                up "$port" && break
                port=""
            done
        fi
    } >"$folder/log" 2>&1 </dev/null
    if [ -z "${port:-}" ]; then
        tail -n 20 "$folder/log" >&2
        return 1
    fi
    printf '%s %s\n' "$bin" "postgres://postern:$password@127.0.0.1:$port/"
    exec >&-
    read -r _ || true
    cd /
    down
}

coproc KEEPER { keep; }
keeper="$KEEPER_PID" said="${KEEPER[0]}" hold="${KEEPER[1]}"
read -r bin url <&"$said" || die "PostgreSQL did not start"

status=0
(
    # Only this script holds the keeper: a process that the tests left behind must not.
    exec {hold}>&- {said}<&-
    export POSTERN_TEST_POSTGRES="$url" POSTERN_TEST_POSTGRES_BIN="$bin"
    # Here a test that starts a server of its own has no excuse.
    export POSTERN_TEST_REQUIRE_POSTGRES=1
    [ -z "$user" ] || export POSTERN_TEST_POSTGRES_USER="$user"
    exec "$@"
) || status=$?
exec {hold}>&-
wait "$keeper" || warn "PostgreSQL's folder could not be cleared up"
exit "$status"
