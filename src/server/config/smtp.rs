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
    /// `auth`: how to sign in; none ("auto") takes the best that is offered.
    pub auth: Option<AuthMechanism>,
    /// `timeout`: for one whole attempt, default 150s, 1s..10m.
    pub timeout: Duration,
    /// `connect_timeout`: for the name and the connection, default 10s, 1s..2m.
    pub connect_timeout: Duration,
    /// `command_timeout`: for the greeting, the handshake and each reply, default 30s, 1s..5m.
    pub command_timeout: Duration,
    /// `data_timeout`: for the message and the reply to it, default 120s, 1s..10m.
    pub data_timeout: Duration,
    /// `ca_file`: extra roots in PEM, for a relay with a private CA.
    pub ca_file: Option<PathBuf>,
    /// No setting: the sandbox's own authority in PEM, once a running server has made one.
    pub ca_pem: Option<String>,
    /// `client_cert` and `client_key`: for a relay that wants to see a certificate of ours.
    pub client: Option<(PathBuf, PathBuf)>,
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

/// How to sign in to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMechanism {
    /// RFC 4616.
    Plain,
    /// The same in two answers; never standardised, widely spoken.
    Login,
    /// Google's and Microsoft's OAuth 2.0: the password is an access token.
    XOAuth2,
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
    let second = Duration::from_secs(1);
    let minute = 60 * second;
    let mechanisms = [
        ("auto", None),
        ("plain", Some(AuthMechanism::Plain)),
        ("login", Some(AuthMechanism::Login)),
        ("xoauth2", Some(AuthMechanism::XOAuth2)),
    ];
    let client = client(&mut section)?;
    let allowed = "the path of a file with certificates in PEM";
    let found = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_file());
    Ok(Smtp {
        port: section.number("port", usual, 1..=u16::MAX)?,
        credentials: credentials(&mut section)?,
        auth: section.choice("auth", &mechanisms)?.flatten(),
        timeout: section.duration("timeout", 150 * second, second..=10 * minute)?,
        connect_timeout: section.duration("connect_timeout", 10 * second, second..=2 * minute)?,
        command_timeout: section.duration("command_timeout", 30 * second, second..=5 * minute)?,
        data_timeout: section.duration("data_timeout", 2 * minute, second..=10 * minute)?,
        client,
        ca_file: section.parsed("ca_file", allowed, found)?,
        ca_pem: None,
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

/// A certificate and its key, or neither.
fn client(section: &mut Section<'_>) -> Result<Option<(PathBuf, PathBuf)>, ConfigError> {
    let file = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_file());
    let certificate = section.parsed(
        "client_cert",
        "the path of a file with a certificate in PEM",
        file,
    )?;
    let key = section.parsed(
        "client_key",
        "the path of a file with a private key in PEM",
        file,
    )?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(section.refuse("client_cert", "needs smtp.client_key as well")),
        (None, Some(_)) => Err(section.refuse("client_key", "needs smtp.client_cert as well")),
    }
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

/// A host name or an address, without brackets, in lower case.
pub fn host(text: &str) -> Option<String> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let fits = is_name(bare) || bare.parse::<IpAddr>().is_ok();
    fits.then(|| bare.to_ascii_lowercase())
}

/// A host name, or an address literal (RFC 5321 4.1.3).
pub fn helo(text: &str) -> Option<String> {
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
