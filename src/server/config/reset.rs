//! `[reset]`: the reset flow.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;
use super::units::{DAY, HOUR, MINUTE};
use crate::domain::identifier::IdentifierMode;
use crate::domain::lockout::LockScope;

/// `[reset]`
#[derive(Debug, Clone)]
pub struct Reset {
    /// `identifier`: "either" (default), "username", "email".
    pub identifier: IdentifierMode,
    /// `token_lifetime`: default 20m, 1m..24h; a warning above 60m.
    pub token_lifetime: Duration,
    /// `send_window`: a request not sent within this time is dropped; default 30m, 1m..24h.
    pub send_window: Duration,
    /// `session_lifetime`: from the exchange to the new password; default 10m, 1m..1h.
    pub session_lifetime: Duration,
    /// `mail_spacing`: between two mails to one account; default 1m, 0s..1h.
    pub mail_spacing: Duration,
    /// `wrong_usernames`: in a row, across tokens, until the lock; default 3, 1..10.
    pub wrong_usernames: u32,
    /// `lock_scope`: "account" (default) or "reset".
    pub lock_scope: LockScope,
    /// `lock_duration`: default 1h, 1m..30d.
    pub lock_duration: Duration,
    /// `second_notice_after`: default 24h, 1m..30d.
    pub second_notice_after: Duration,
    /// `not_me_lifetime`: how long a "this was not me" link works; default 30d, 1h..90d.
    pub not_me_lifetime: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Result<Reset, ConfigError> {
    let mut section = reader.section("reset");
    let identifiers = [
        ("either", IdentifierMode::Either),
        ("username", IdentifierMode::Username),
        ("email", IdentifierMode::Email),
    ];
    let scopes = [("account", LockScope::Account), ("reset", LockScope::Reset)];
    Ok(Reset {
        identifier: section
            .choice("identifier", &identifiers)?
            .unwrap_or(IdentifierMode::Either),
        token_lifetime: section.duration("token_lifetime", 20 * MINUTE, MINUTE..=24 * HOUR)?,
        send_window: section.duration("send_window", 30 * MINUTE, MINUTE..=24 * HOUR)?,
        session_lifetime: section.duration("session_lifetime", 10 * MINUTE, MINUTE..=HOUR)?,
        mail_spacing: section.duration("mail_spacing", MINUTE, Duration::ZERO..=HOUR)?,
        wrong_usernames: section.number("wrong_usernames", 3, 1..=10)?,
        lock_scope: section
            .choice("lock_scope", &scopes)?
            .unwrap_or(LockScope::Account),
        lock_duration: section.duration("lock_duration", HOUR, MINUTE..=30 * DAY)?,
        second_notice_after: section.duration("second_notice_after", DAY, MINUTE..=30 * DAY)?,
        not_me_lifetime: section.duration("not_me_lifetime", 30 * DAY, HOUR..=90 * DAY)?,
    })
}
