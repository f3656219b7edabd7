//! `[retention]`: how long what is over is kept.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;
use super::units::DAY;

/// `[retention]`
#[derive(Debug, Clone)]
pub struct Retention {
    /// `requests`: requests and mails with their attempts and transcripts; default 30d, 3d..3650d (longer than any link lives).
    pub requests: Duration,
    /// `audit`: default 400d, 30d..3650d; none keeps it for ever ("never").
    pub audit: Option<Duration>,
}

pub(super) fn read(reader: &mut Reader) -> Result<Retention, ConfigError> {
    let mut section = reader.section("retention");
    let allowed = "a duration from 30d to 3650d, such as \"400d\", or \"never\"";
    let audit = section.parsed("audit", allowed, |text| match text {
        "never" | "0" => Some(None),
        text => humantime::parse_duration(text)
            .ok()
            .filter(|span| (30 * DAY..=3_650 * DAY).contains(span))
            .map(Some),
    })?;
    Ok(Retention {
        requests: section.duration("requests", 30 * DAY, 3 * DAY..=3_650 * DAY)?,
        audit: audit.unwrap_or(Some(400 * DAY)),
    })
}
