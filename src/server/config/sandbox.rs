//! `[sandbox]`: the mailbox that development sends to.

use std::net::SocketAddr;

use super::Environment;
use super::error::ConfigError;
use super::reader::Reader;

/// `[sandbox]`: development only.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// `enabled`: default true in development; refused in production.
    pub enabled: bool,
    /// `listen`: loopback only, default 127.0.0.1:1025.
    pub listen: SocketAddr,
    /// `max_messages`: oldest go first, default 500, 1..10000.
    pub max_messages: usize,
    /// `max_bytes`: of one message, default 5242880 (5 MiB), 1024..52428800; the whole is bounded by 20 times this.
    pub max_bytes: usize,
}

pub(super) fn read(reader: &mut Reader, env: Environment) -> Result<Sandbox, ConfigError> {
    let mut section = reader.section("sandbox");
    let allowed = "a loopback address and port, such as \"127.0.0.1:1025\"";
    let loopback = |text: &str| {
        text.parse()
            .ok()
            .filter(|listen: &SocketAddr| listen.ip().is_loopback())
    };
    let listen = section.parsed("listen", allowed, loopback)?;
    Ok(Sandbox {
        enabled: section.switch("enabled", env == Environment::Development)?,
        listen: listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 1025))),
        max_messages: section.number("max_messages", 500, 1..=10_000)?,
        max_bytes: section.number("max_bytes", 5_242_880, 1_024..=52_428_800)?,
    })
}
