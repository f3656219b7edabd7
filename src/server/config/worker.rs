//! `[worker]`: who sends the mail.

use super::error::ConfigError;
use super::reader::Reader;

/// `[worker]`
#[derive(Debug, Clone)]
pub struct Worker {
    /// `enabled`: whether `postern serve` works on the outbox, default true. Where not, a `postern worker` must.
    pub enabled: bool,
}

pub(super) fn read(reader: &mut Reader) -> Result<Worker, ConfigError> {
    let mut section = reader.section("worker");
    Ok(Worker {
        enabled: section.switch("enabled", true)?,
    })
}
