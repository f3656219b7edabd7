//! `[database]`: where the data is.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;

/// `[database]`
#[derive(Debug, Clone)]
pub struct Database {
    /// `url`: `sqlite:PATH`. Default `sqlite:var/postern.sqlite`. (postgres: a later version; refused with a clear line.)
    pub url: String,
    /// `busy_timeout`: how long a writer waits for the lock, default 5s, 100ms..1m.
    pub busy_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Result<Database, ConfigError> {
    let mut section = reader.section("database");
    let postgres = |text: &str| text.starts_with("postgres:") || text.starts_with("postgresql:");
    let url = section.parsed(
        "url",
        "sqlite:PATH, such as \"sqlite:var/postern.sqlite\"",
        |text| {
            let path = text.strip_prefix("sqlite:")?;
            let fits = !path.trim_matches('/').is_empty() && !path.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        },
    );
    let url = match url {
        Err(_) if section.written("url").is_some_and(postgres) => {
            let complaint = "PostgreSQL comes with a later version; this one takes sqlite:PATH";
            return Err(section.refuse("url", complaint));
        }
        url => url?.unwrap_or_else(|| "sqlite:var/postern.sqlite".to_owned()),
    };
    let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
    Ok(Database {
        url,
        busy_timeout: section.duration("busy_timeout", Duration::from_secs(5), bounds)?,
    })
}
