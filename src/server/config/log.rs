//! `[log]`: what is written to the log.

use tracing_subscriber::EnvFilter;

use super::Environment;
use super::error::ConfigError;
use super::reader::Reader;

/// `[log]`
#[derive(Debug, Clone)]
pub struct Log {
    /// `level`: a tracing filter, default "info".
    pub level: String,
    /// `format`: "text" (default in development) or "json" (default in production).
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

pub(super) fn read(reader: &mut Reader, env: Environment) -> Result<Log, ConfigError> {
    let mut section = reader.section("log");
    let allowed = "a filter, such as \"info\" or \"warn,postern=debug\"";
    let level = section.parsed("level", allowed, |text| {
        EnvFilter::try_new(text).ok().map(|_| text.to_owned())
    })?;
    let usual = match env {
        Environment::Development => LogFormat::Text,
        Environment::Production => LogFormat::Json,
    };
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    Ok(Log {
        level: level.unwrap_or_else(|| "info".to_owned()),
        format: section.choice("format", &formats)?.unwrap_or(usual),
    })
}
