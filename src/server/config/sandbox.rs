//! `[sandbox]`: the mailbox that development sends to.

use std::net::SocketAddr;

use super::Environment;
use super::error::ConfigError;
use super::reader::Reader;
use crate::domain::smtp::faults::Script;
use crate::server::secrets::Secret;

/// `[sandbox]`: development only.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// `enabled`: default true in development; refused in production.
    pub enabled: bool,
    /// `listen`: loopback only, default 127.0.0.1:1025.
    pub listen: SocketAddr,
    /// `listen_tls`: loopback only, TLS from the first byte; default none.
    pub listen_tls: Option<SocketAddr>,
    /// `starttls`: default false; a fault script about TLS offers it, too.
    pub starttls: bool,
    /// `username`, with `password` or `password_file`: who may send; default anybody.
    pub credentials: Option<(String, Secret)>,
    /// `faults`: what goes wrong on purpose; default nothing.
    pub faults: Script,
    /// `max_messages`: oldest go first, default 500, 1..10000.
    pub max_messages: usize,
    /// `max_bytes`: of one message, default 5242880 (5 MiB), 1024..52428800; the whole is bounded by 20 times this.
    pub max_bytes: usize,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: SocketAddr::from(([127, 0, 0, 1], 1025)),
            listen_tls: None,
            starttls: false,
            credentials: None,
            faults: Script::default(),
            max_messages: 500,
            max_bytes: 5_242_880,
        }
    }
}

pub(super) fn read(reader: &mut Reader, env: Environment) -> Result<Sandbox, ConfigError> {
    let mut section = reader.section("sandbox");
    let usual = Sandbox::default();
    let loopback = |text: &str| {
        text.parse()
            .ok()
            .filter(|listen: &SocketAddr| listen.ip().is_loopback())
    };
    let allowed = |example: &str| format!("a loopback address and port, such as \"{example}\"");
    let listen = section.parsed("listen", allowed("127.0.0.1:1025"), loopback)?;
    let listen_tls = section.parsed("listen_tls", allowed("127.0.0.1:1465"), loopback)?;
    let username = Some(section.text("username", "", 255)?).filter(|name| !name.is_empty());
    let credentials = match (username, section.secret("password")?) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        (Some(_), None) => {
            let complaint = "needs sandbox.password or sandbox.password_file as well";
            return Err(section.refuse("username", complaint));
        }
        (None, Some(_)) => {
            let complaint = "must be set, because sandbox.password is";
            return Err(section.refuse("username", complaint));
        }
    };
    let allowed = "a fault script: docs/sandbox-faults.md";
    let script = section.parsed("faults", allowed, |text| Some(text.to_owned()))?;
    let faults = Script::parse(&script.unwrap_or_default()).map_err(|errors| {
        let first = errors.first().map(ToString::to_string);
        section.refuse("faults", first.unwrap_or_else(|| allowed.to_owned()))
    })?;
    Ok(Sandbox {
        enabled: section.switch("enabled", env == Environment::Development)?,
        listen: listen.unwrap_or(usual.listen),
        listen_tls,
        starttls: section.switch("starttls", usual.starttls)?,
        credentials,
        faults,
        max_messages: section.number("max_messages", usual.max_messages, 1..=10_000)?,
        max_bytes: section.number("max_bytes", usual.max_bytes, 1_024..=52_428_800)?,
    })
}
