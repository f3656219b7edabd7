# shellcheck shell=bash
# Where PostgreSQL's server programs are. Tests start servers of their own from them; nothing here touches one that runs.

# What scripts/setup-postgres.sh unpacks where the system has none.
postgres_unpacked="$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools/postgres"
postgres_oldest=15

# postgres_fits FOLDER: whether initdb, postgres and pg_ctl are in there and new enough.
postgres_fits() {
    [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ] || return 1
    local version
    # "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 18beta1"
    version="$("$1/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9]*\).*/\1/p')"
    [ "${version:-0}" -ge "$postgres_oldest" ]
}

# postgres_bin: prints the folder of the programs: the one that POSTERN_TEST_POSTGRES_BIN names, the newest of Debian's or
# Red Hat's packages, PATH's, the unpacked ones.
postgres_bin() {
    local folder on_path
    if [ -n "${POSTERN_TEST_POSTGRES_BIN:-}" ]; then
        postgres_fits "$POSTERN_TEST_POSTGRES_BIN" && echo "$POSTERN_TEST_POSTGRES_BIN"
        return
    fi
    on_path="$(command -v postgres || true)"
    while read -r folder; do
        if postgres_fits "$folder"; then
            echo "$folder"
            return 0
        fi
    done < <(
        printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -Vr
        # A link's target: initdb looks for postgres beside itself.
        [ -z "$on_path" ] || dirname "$(readlink -f "$on_path")"
        echo "$postgres_unpacked/bin"
    )
    return 1
}
