//! `[database]`: where the data is.

use std::time::Duration;

pub use super::database_url::{DatabaseKind, DatabaseUrl};
use super::error::ConfigError;
use super::raw::Origin;
use super::reader::Reader;
use crate::server::secrets::Secret;

/// `[database]`
#[derive(Debug, Clone)]
pub struct Database {
    /// `url`: `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`. Default `sqlite:var/postern.sqlite`.
    pub url: DatabaseUrl,
    /// `password`, `password_file`: of the PostgreSQL user, where it is not in the URL.
    pub password: Option<Secret>,
    /// `busy_timeout`: how long a writer waits for a lock or a connection, default 5s, 100ms..1m.
    pub busy_timeout: Duration,
    /// `connections`: most connections to PostgreSQL, default 16, 2..500. SQLite has one writer and four readers.
    pub connections: u32,
}

pub(super) fn read(reader: &mut Reader) -> Result<Database, ConfigError> {
    let mut section = reader.section("database");
    let allowed =
        "sqlite:PATH or postgres://USER@HOST:PORT/NAME, such as \"sqlite:var/postern.sqlite\"";
    let url = section.parsed("url", allowed, DatabaseUrl::parse)?;
    if url.as_ref().is_some_and(DatabaseUrl::has_password)
        && section.origin("url") == Some(&Origin::Flag)
    {
        let complaint =
            "no secret on the command line, others can read it; use database.password_file";
        return Err(section.refuse("url", complaint));
    }
    let url = url.unwrap_or_default();
    let password = section.secret("password")?;
    if password.is_some() && url.has_password() {
        return Err(section.refuse(
            "password",
            "database.url holds a password as well, set only one",
        ));
    }
    let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
    Ok(Database {
        password,
        busy_timeout: section.duration("busy_timeout", Duration::from_secs(5), bounds)?,
        connections: section.number("connections", 16, 2..=500)?,
        url,
    })
}
