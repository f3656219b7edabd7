//! `[session]` and `[sign_up]`: how people come in, and for how long.

use std::time::Duration;

use super::Environment;
use super::error::ConfigError;
use super::reader::Reader;
use super::units::{DAY, HOUR, MINUTE};

/// `[session]`
#[derive(Debug, Clone)]
pub struct Session {
    /// `idle`: default 12h, 5m..30d.
    pub idle: Duration,
    /// `absolute`: default 30d, 1h..365d; not below idle.
    pub absolute: Duration,
    /// `max_failures`: failed sign-ins in a row until the account is locked for `[reset] lock_duration`; default 100, 5..100 (NIST SP 800-63B-4 3.2.2).
    pub max_failures: u32,
}

/// `[sign_up]`
#[derive(Debug, Clone)]
pub struct SignUp {
    /// `enabled`: default true.
    pub enabled: bool,
    /// `link_lifetime`: also of address verification; default 1h, 5m..24h.
    pub link_lifetime: Duration,
    /// `demo_account`: make one on an empty database; default true in development, refused in production.
    pub demo_account: bool,
}

pub(super) fn read(reader: &mut Reader) -> Result<Session, ConfigError> {
    let mut section = reader.section("session");
    Ok(Session {
        idle: section.duration("idle", 12 * HOUR, 5 * MINUTE..=30 * DAY)?,
        absolute: section.duration("absolute", 30 * DAY, HOUR..=365 * DAY)?,
        max_failures: section.number("max_failures", 100, 5..=100)?,
    })
}

pub(super) fn read_sign_up(reader: &mut Reader, env: Environment) -> Result<SignUp, ConfigError> {
    let mut section = reader.section("sign_up");
    Ok(SignUp {
        enabled: section.switch("enabled", true)?,
        link_lifetime: section.duration("link_lifetime", HOUR, 5 * MINUTE..=24 * HOUR)?,
        demo_account: section.switch("demo_account", env == Environment::Development)?,
    })
}
