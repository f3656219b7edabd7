//! Why a database cannot be opened, in words for whoever set it up: one line, with what to do.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Error};

use super::{Result, StoreError};

/// The oldest PostgreSQL that is tested.
const OLDEST: i32 = 15;

/// Connects once, outside of any pool: a pool tries until its time is over and keeps the reason to itself.
pub(super) async fn look(options: &PgConnectOptions, patience: Duration) -> Result<()> {
    let looked = tokio::time::timeout(patience, ask(options)).await;
    let Ok(answer) = looked else {
        let words = format!("no answer within {}", humantime::format_duration(patience));
        return Err(StoreError::Unusable(words));
    };
    match answer? {
        Found { version, .. } if version < OLDEST * 10_000 => Err(StoreError::Unusable(format!(
            "this is PostgreSQL {}; {OLDEST} is the oldest that will do",
            version / 10_000
        ))),
        Found { encoding, .. } if encoding != "UTF8" => Err(StoreError::Unusable(format!(
            "the database's encoding is {encoding}; make it with ENCODING 'UTF8'"
        ))),
        Found { read_only, .. } if read_only == "on" => Err(StoreError::Unusable(
            "this server only reads (a standby, or default_transaction_read_only)".to_owned(),
        )),
        Found { .. } => Ok(()),
    }
}

/// What a server tells of itself.
struct Found {
    /// As `server_version_num` has it: 150018 is 15.18.
    version: i32,
    encoding: String,
    read_only: String,
}

async fn ask(options: &PgConnectOptions) -> Result<Found> {
    let mut connection: PgConnection = options.connect().await.map_err(told)?;
    let (version, encoding, read_only) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), \
         current_setting('transaction_read_only')",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(Found {
        version,
        encoding,
        read_only,
    })
}

/// What a driver said at connecting or at the first look.
pub(super) fn told(error: Error) -> StoreError {
    let words = match &error {
        Error::Io(io) => format!("nobody answers there: {io}"),
        Error::Tls(tls) => format!("TLS failed: {tls}"),
        Error::Configuration(why) => format!("the URL cannot be read: {why}"),
        Error::Database(db) => match db.code().as_deref() {
            // PostgreSQL: invalid_authorization_specification, invalid_password.
            Some("28000" | "28P01") => format!("user or password is refused: {}", db.message()),
            // invalid_catalog_name
            Some("3D000") => format!("{}; make it first (createdb)", db.message()),
            // PostgreSQL: read_only_sql_transaction
            Some("25006") => "this server only reads (a standby?)".to_owned(),
            // SQLITE_CANTOPEN
            Some("14") => {
                "the file cannot be opened: is it a folder, or not ours to read?".to_owned()
            }
            // SQLITE_NOTADB
            Some("26") => "the file is no SQLite database".to_owned(),
            // SQLITE_CORRUPT
            Some("11") => {
                "the file is damaged (SQLite says \"malformed\"); restore a copy".to_owned()
            }
            // SQLITE_READONLY with its extended codes
            Some(code) if code.parse().is_ok_and(|code: i64| code & 0xff == 8) => {
                "the file, or its folder, cannot be written to".to_owned()
            }
            _ => return error.into(),
        },
        _ => return error.into(),
    };
    StoreError::Unusable(words)
}

/// The same for what a first write met.
pub(super) fn refined(error: StoreError) -> StoreError {
    match error {
        StoreError::Fault(error) => told(error),
        other => other,
    }
}
