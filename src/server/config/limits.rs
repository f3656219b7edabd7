//! `[limits]`: how much is too much.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;
use super::units::{MINUTE, SECOND};

/// `[limits]`
#[derive(Debug, Clone)]
pub struct Limits {
    /// `per_identifier`: default 10, 1..10000.
    pub per_identifier: u32,
    /// `per_address`: by client address (IPv6 by /64), default 60, 1..100000.
    pub per_address: u32,
    /// `wrong_codes_per_hour`: of all clients, until the alarm; default 1000, 10..1000000.
    pub wrong_codes_per_hour: u32,
    /// `mails_per_hour`: all sending, default 1000, 1..1000000.
    pub mails_per_hour: u32,
    /// `body_bytes`: largest request body, default 16384, 1024..1048576.
    pub body_bytes: usize,
    /// `request_timeout`: default 30s, 1s..5m.
    pub request_timeout: Duration,
    /// `connections`: all at once, default 512, 16..65536.
    pub connections: usize,
    /// `connections_per_client`: from one client address (IPv6 by /64) that is no trusted proxy's; requests behind one. Default 64,
    /// 2..65536.
    pub connections_per_client: usize,
    /// `header_timeout`: from connecting to a whole request header, default 10s, 1s..1m.
    pub header_timeout: Duration,
    /// `idle_timeout`: from an answer to the next whole header, and for an answer that is not taken; default 75s, 1s..10m.
    pub idle_timeout: Duration,
    /// `http2_streams`: requests at once in one HTTP/2 connection, default 16, 0..1000; 0: HTTP/2 is not spoken.
    pub http2_streams: u32,
}

pub(super) fn read(reader: &mut Reader) -> Result<Limits, ConfigError> {
    let mut section = reader.section("limits");
    Ok(Limits {
        per_identifier: section.number("per_identifier", 10, 1..=10_000)?,
        per_address: section.number("per_address", 60, 1..=100_000)?,
        wrong_codes_per_hour: section.number("wrong_codes_per_hour", 1_000, 10..=1_000_000)?,
        mails_per_hour: section.number("mails_per_hour", 1_000, 1..=1_000_000)?,
        body_bytes: section.number("body_bytes", 16_384, 1_024..=1_048_576)?,
        request_timeout: section.duration("request_timeout", 30 * SECOND, SECOND..=5 * MINUTE)?,
        connections: section.number("connections", 512, 16..=65_536)?,
        connections_per_client: section.number("connections_per_client", 64, 2..=65_536)?,
        header_timeout: section.duration("header_timeout", 10 * SECOND, SECOND..=MINUTE)?,
        idle_timeout: section.duration("idle_timeout", 75 * SECOND, SECOND..=10 * MINUTE)?,
        http2_streams: section.number("http2_streams", 16, 0..=1_000)?,
    })
}
