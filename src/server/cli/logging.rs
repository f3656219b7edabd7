//! The log: to standard error, as text for people or JSON for programs. Short commands only warn, unless asked for more.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::exit::CliError;
use crate::server::config::{Log, LogFormat};

/// Starts the log of this process.
pub fn start(settings: &Log, serves: bool, verbose: u8) -> Result<(), CliError> {
    let level = level(settings, serves, verbose);
    let filter = EnvFilter::try_new(level).map_err(anyhow::Error::from)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| CliError::Failed(anyhow::anyhow!("the log cannot be started: {error}")))
}

fn level(settings: &Log, serves: bool, verbose: u8) -> &str {
    match (serves, verbose) {
        (true, 0) => &settings.level,
        (false, 0) => "warn",
        (false, 1) => "info",
        (true, 1) | (false, 2) => "info,postern=debug",
        _ => "debug,postern=trace",
    }
}
