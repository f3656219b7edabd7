//! `[smtp]`: the relay that mail leaves through.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::error::ConfigError;
use super::origin_url::{OriginUrl, is_loopback, is_name};
use super::reader::Reader;
use super::section::Section;
use super::{Sandbox, Site};
use crate::server::secrets::Secret;

/// `[smtp]`: the relay that mail leaves through.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `host`: default 127.0.0.1 (the sandbox mailbox).
    pub host: String,
    /// `port`: default the sandbox mailbox's (1025) while mail goes there, else 25, 587 or 465 by `tls`.
    pub port: u16,
    /// `tls`: "none" (loopback hosts only), "starttls", "implicit". Default none for a loopback host, starttls for others.
    pub tls: TlsMode,
    /// `username`, with `password` or `password_file`.
    pub credentials: Option<(String, Secret)>,
    /// `timeout`: for one whole attempt, default 30s, 1s..10m.
    pub timeout: Duration,
    /// `ca_file`: extra roots in PEM, for a relay with a private CA.
    pub ca_file: Option<PathBuf>,
    /// `helo`: the name we give in EHLO; default the host of public_url.
    pub helo: String,
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Not at all; loopback hosts only.
    None,
    /// By STARTTLS, which must succeed.
    StartTls,
    /// From the first byte.
    Implicit,
}

impl TlsMode {
    /// The name in the settings and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTls => "starttls",
            Self::Implicit => "implicit",
        }
    }
}

pub(super) fn read(
    reader: &mut Reader,
    site: &Site,
    sandbox: &Sandbox,
) -> Result<Smtp, ConfigError> {
    let mut section = reader.section("smtp");
    let sandbox_host = sandbox.listen.ip().to_string();
    let host = section.parsed("host", "a host name or an address", host)?;
    let host = host.unwrap_or_else(|| sandbox_host.clone());
    let modes = [
        ("none", TlsMode::None),
        ("starttls", TlsMode::StartTls),
        ("implicit", TlsMode::Implicit),
    ];
    let safest = if is_loopback(&host) {
        TlsMode::None
    } else {
        TlsMode::StartTls
    };
    let tls = section.choice("tls", &modes)?.unwrap_or(safest);
    let usual = match tls {
        TlsMode::None if sandbox.enabled && host == sandbox_host => sandbox.listen.port(),
        TlsMode::None => 25,
        TlsMode::StartTls => 587,
        TlsMode::Implicit => 465,
    };
    let minute = Duration::from_secs(60);
    let bounds = Duration::from_secs(1)..=10 * minute;
    let allowed = "the path of a file with certificates in PEM";
    let found = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_file());
    Ok(Smtp {
        port: section.number("port", usual, 1..=u16::MAX)?,
        credentials: credentials(&mut section)?,
        timeout: section.duration("timeout", minute / 2, bounds)?,
        ca_file: section.parsed("ca_file", allowed, found)?,
        helo: section
            .parsed(
                "helo",
                "a host name or an address literal such as \"[192.0.2.1]\"",
                helo,
            )?
            .or_else(|| OriginUrl::parse(&site.public_url).map(|origin| origin.helo()))
            .unwrap_or_else(|| "localhost".to_owned()),
        host,
        tls,
    })
}

/// A name and a password, or neither.
fn credentials(section: &mut Section<'_>) -> Result<Option<(String, Secret)>, ConfigError> {
    let username = Some(section.text("username", "", 255)?).filter(|name| !name.is_empty());
    match (username, section.secret("password")?) {
        (Some(username), Some(password)) => Ok(Some((username, password))),
        (None, None) => Ok(None),
        (Some(_), None) => {
            let complaint = "needs smtp.password or smtp.password_file as well";
            Err(section.refuse("username", complaint))
        }
        (None, Some(_)) => Err(section.refuse("username", "must be set, because smtp.password is")),
    }
}

fn host(text: &str) -> Option<String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let fits = is_name(bare) || bare.parse::<IpAddr>().is_ok();
    fits.then(|| bare.to_ascii_lowercase())
}

fn helo(text: &str) -> Option<String> {
    let literal = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = |inner: &str| {
        inner
            .strip_prefix("IPv6:")
            .unwrap_or(inner)
            .parse::<IpAddr>()
    };
    let fits = literal.map_or_else(|| is_name(text), |inner| address(inner).is_ok());
    fits.then(|| text.to_owned())
}
